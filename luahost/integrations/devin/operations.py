"""One operation of the API for each version: how a function's endpoint becomes a request, and the answer its result.

A function names its endpoints, as in "GET /v3/organizations/{org_id}/notes/{note_id}". What the path wants is taken
from the arguments; the rest is the query of what reads or deletes, and the body of what writes.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from luahost.errors import InvalidResponse, MissingCredentials
from luahost.spec import Listing, quote

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from luahost.spec import Call

Json = dict[str, Any]

PAGE = 200
"""Entries a page, where a list is read to its end: the API's most."""

_PLACE = re.compile(r"\{(\w+)\}")


def organization(call: Call) -> str:
    """The organisation's id: as set, else asked for once an account."""
    return call.org_id or call.remember("org_id", lambda: _find_organization(call))


def _find_organization(call: Call) -> str:
    found = expect(call.http.get("/v3/self"), None, "GET /v3/self").get("org_id")
    if not isinstance(found, str) or not found:
        raise MissingCredentials(
            "the key belongs to no single organisation, so org_id must be set",
            hint="set org_id in config.toml, or beside the key: LUAHOST_DEVIN_ORG_ID, "
            "LUAHOST_DEVIN_<ACCOUNT>_ORG_ID, "
            "or DEVIN_ORG_ID where the key is in DEVIN_API_KEY",
        )
    return found


def in_path(session_id: str) -> str:
    """A session's id as paths want it: with `devin-`, which v3 leaves out of what it answers."""
    return quote(session_id if session_id.startswith("devin-") else f"devin-{session_id}")


def expect(answer: Any, field: str | None, what: str) -> Json:
    """The answer as an object that has `field`; raises InvalidResponse, naming what is missing."""
    if not isinstance(answer, dict):
        raise InvalidResponse(f"the answer to {what} is not an object", details={"answer": answer})
    if field is not None and not isinstance(answer.get(field), str):
        raise InvalidResponse(f"the answer to {what} has no {field}", details={"answer": answer, "field": field})
    return answer


def send(
    call: Call,
    arguments: Json,
    *,
    endpoint: str | None = None,
    query: frozenset[str] = frozenset(),
    names: Mapping[str, str] | None = None,
    listing: str | None = None,
) -> Any:
    """Make the request of a function's endpoint, and give the JSON of the answer.

    endpoint  another one than the function's own
    query     arguments that go into the query although it writes
    names     what the API calls arguments, where it is something else
    listing   the long list in what is read
    """
    method, _, template = (endpoint or call.function.endpoints[call.version]).partition(" ")
    path, rest = _path(call, template, arguments)
    rest = {(names or {}).get(name, name): value for name, value in rest.items()}
    if method == "GET":
        return call.http.get(path, pairs(rest)) if listing is None else call.http.get_page(path, pairs(rest), listing)
    if method == "DELETE":
        return call.http.write(method, path, query=pairs(rest))
    asked = pairs({name: value for name, value in rest.items() if name in query})
    body = {name: value for name, value in rest.items() if name not in query}
    return call.http.write(
        method, path, body or None if method == "POST" and not _has_body(call) else body, query=asked
    )


def _has_body(call: Call) -> bool:
    """Whether a function has parameters beyond those of its path."""
    template = call.function.endpoints[call.version]
    places = {*_PLACE.findall(template), "session_id" if "{devin_id}" in template else ""}
    return any(param.name not in places for param in call.function.params)


def _path(call: Call, template: str, arguments: Json) -> tuple[str, Json]:
    """The path with its places filled, and the arguments that are left."""
    rest = dict(arguments)

    def fill(place: re.Match[str]) -> str:
        name = place[1]
        if name == "org_id":
            return quote(organization(call))
        if name in ("devin_id", "session_id"):
            return in_path(rest.pop("session_id"))
        return quote(rest.pop(name))

    return _PLACE.sub(fill, template), rest


def pairs(arguments: Json) -> list[tuple[str, str]]:
    """Arguments as a query: a list is repeated (what FastAPI reads; whether the API splits commas is not known)."""
    found = []
    for name, value in arguments.items():
        for each in value if isinstance(value, list) else [value]:
            text = (
                str(each).lower()
                if isinstance(each, bool)
                else f"{each:.14g}"
                if isinstance(each, float)
                else str(each)
            )
            found.append((name, text))
    return found


# -- results ------------------------------------------------------------------------------------------------------


def promised(call: Call, answer: Any) -> Json:
    """The answer as a table that has every field the reference promises; raises InvalidResponse, with the rest kept."""
    if isinstance(answer, list):
        answer = {call.function.entries: answer}
    if answer is None:
        answer = {}
    found = expect(answer, None, call.function.name)
    for field in call.function.returns:
        given = not field.versions or call.version in field.versions
        if field.always and given and found.get(field.name) is None:
            raise InvalidResponse(f"the answer has no {field.name}", details={"answer": found, "field": field.name})
    return found


def simple(
    *,
    query: frozenset[str] = frozenset(),
    names: Mapping[str, Mapping[str, str]] | None = None,
    shape: Callable[[Call, Any, Json], Any] | None = None,
) -> Callable[[Call, Json], Json]:
    """The handler of a function that is one request.

    `names` are what each version calls arguments; `shape` makes an answer what is promised.
    """

    def handle(call: Call, arguments: Json) -> Json:
        answer = send(call, arguments, query=query, names=(names or {}).get(call.version))
        return promised(call, answer if shape is None else shape(call, answer, arguments))

    return handle


# -- lists --------------------------------------------------------------------------------------------------------


def pages(call: Call, arguments: Json) -> Iterator[Json]:
    """The pages of a list by cursor: `first` entries each, from `after` on, until `limit` entries are given."""
    entries, limit, size = call.function.entries, arguments.get("limit"), arguments.get("first", PAGE)
    rest = {"first": size, **{name: value for name, value in arguments.items() if name != "limit"}}
    seen: set[str] = set()
    given = sum(len(page[entries]) for page in call.walked)
    if call.walked:
        last = call.walked[-1]
        if not last.get("has_next_page"):
            return
        rest["after"] = last.get("end_cursor")
    while limit is None or given < limit:
        left = None if limit is None else limit - given
        rest["first"] = size if left is None else min(size, left)
        # Where no entry has to be counted, a page is read by whoever looks at it first, a script for instance.
        answer = expect(send(call, rest, listing="items" if left is None else None), None, call.function.name)
        found = _list_of(answer, "items", call.function.name)
        if isinstance(found, Listing) and not _tells_what_follows(answer):
            answer = found.answer
            found = answer["items"]
        page = {**answer, entries: found if left is None or len(found) <= left else found[:left]}
        if entries != "items":
            del page["items"]
        given += 0 if left is None else len(page[entries])
        yield page
        if not page.get("has_next_page"):
            return
        cursor = page.get("end_cursor")
        if not isinstance(cursor, str) or not cursor:
            raise InvalidResponse("the list goes on, and its page does not say where", details={"cursor": cursor})
        if cursor in seen:
            raise InvalidResponse("the pages of the list go round in a circle", details={"cursor": cursor})
        seen.add(cursor)
        rest["after"] = cursor


def _tells_what_follows(page: Json) -> bool:
    more = page.get("has_next_page")
    return more is False or (more is True and isinstance(page.get("end_cursor"), str))


def offset_pages(items: str, key: str, *, more: bool) -> Callable[[Call, Json], Iterator[Json]]:
    """The pages of a list by `offset`, whose entries the API calls `items` and tells apart by `key`.

    `more` says that a page tells whether there is another; else the last one is not full. An entry that moves from
    page to page, because another was made meanwhile, is given once.
    """

    def walk(call: Call, arguments: Json) -> Iterator[Json]:
        entries, limit, size = call.function.entries, arguments.get("limit"), arguments.get("first", PAGE)
        rest = {name: value for name, value in arguments.items() if name not in ("limit", "first")}
        offset, seen, given = rest.pop("offset", 0), set[Any](), 0
        for page in call.walked:
            given += sum(_is_new(each, key, seen) for each in page[entries])
        offset += given
        while limit is None or given < limit:
            asked = size if limit is None else min(size, limit - given)
            answer = send(call, {**rest, "limit": asked, "offset": offset})
            answer = expect(answer, None, call.function.name)
            found = _list_of(answer, items, call.function.name)
            fresh = [each for each in found if _is_new(each, key, seen)]
            page = {**answer, entries: fresh}
            if entries != items:
                del page[items]
            given += len(fresh)
            yield page
            if not page.get("has_next_page") if more else len(found) < asked:
                return
            if not fresh:
                raise InvalidResponse("the pages of the list go round in a circle", details={"offset": offset})
            offset += len(found)

    return walk


def _is_new(entry: Any, key: str, seen: set[Any]) -> bool:
    name = entry.get(key) if isinstance(entry, dict) else None
    if not isinstance(name, str):
        return True
    if name in seen:
        return False
    seen.add(name)
    return True


def _list_of(answer: Json, field: str, what: str) -> Any:
    found = answer.get(field)
    if not isinstance(found, (list, Listing)):
        raise InvalidResponse(f"the answer to {what} has no list {field}", details={"answer": answer, "field": field})
    return found


def single_page(shape: Callable[[Any], list[Any]]) -> Callable[[Call, Json], Iterator[Json]]:
    """A list that the API gives whole, without pages; `shape` finds the entries in the answer."""

    def walk(call: Call, arguments: Json) -> Iterator[Json]:
        if call.walked:
            return  # that was all
        rest = {name: value for name, value in arguments.items() if name != "limit"}
        answer = send(call, rest)
        try:
            found = shape(answer)
        except (KeyError, TypeError):
            found = None
        if not isinstance(found, list):
            details = {"answer": answer, "field": call.function.entries}
            raise InvalidResponse(f"the answer to {call.function.name} has no list", details=details)
        kept = answer if isinstance(answer, dict) else {}
        limit = arguments.get("limit")
        yield {**kept, call.function.entries: found if limit is None else found[:limit]}

    return walk


Pages = "Callable[[Call, Json], Iterator[Json]]"


def by_version(**walks: Callable[[Call, Json], Iterator[Json]]) -> Callable[[Call, Json], Iterator[Json]]:
    """The pages of a list that versions page differently."""
    return lambda call, arguments: walks[call.version](call, arguments)


def _read(page: Json, entries: str) -> Json:
    """The page with all that its answer has."""
    listing = page[entries]
    answer = dict(listing.answer)
    found = answer.pop(listing.field)
    return {**answer, entries: found}


def gathered(call: Call, arguments: Json) -> Json:
    """A list whole, or its first `limit` entries; with `first`, `after` or `offset` and no `limit`, one page of it."""
    walk = call.function.pages
    if walk is None:
        raise TypeError(f"{call.function.name} has no pages")
    entries = call.function.entries
    one = "limit" not in arguments and not {"first", "after", "offset"}.isdisjoint(arguments)
    found: list[Any] = []
    page: Json = {}
    for page in walk(call, arguments):
        if isinstance(page[entries], Listing):
            page = _read(page, entries)  # noqa: PLW2901 (the same page)
        found += page[entries]
        if one:
            break
    return {**page, entries: found}
