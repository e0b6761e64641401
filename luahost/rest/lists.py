"""Lists that an API gives by pages: by cursor, by offset, by number, or whole. `Function.pages` of luahost.rest.Api.

All count `limit` entries to the end, ask for `first` a page, and go on where a resumed run had come to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from luahost.errors import InvalidResponse
from luahost.rest.answers import expect
from luahost.spec import Listing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from luahost.spec import Call

    Json = dict[str, Any]
    Pages = Callable[[Call, Json], Iterator[Json]]
    Send = Callable[..., Any]

_ONE_PAGE = frozenset({"first", "after", "offset", "page"})


def by_cursor(
    send: Send, most: int, *, items: str, size_name: str, after: str, cursor_name: str, more: str | None
) -> Pages:
    def follows(page: Json) -> bool:
        return bool(page.get(more or cursor_name))

    def tells_what_follows(page: Json) -> bool:
        told = page.get(more) if more else True
        return told is False or (told is True and isinstance(page.get(cursor_name), str))

    def walk(call: Call, arguments: Json) -> Iterator[Json]:
        entries, limit, size = call.function.entries, arguments.get("limit"), arguments.get("first", most)
        rest = {size_name: size, **{name: value for name, value in arguments.items() if name not in ("limit", "first")}}
        seen: set[str] = set()
        given = sum(len(page[entries]) for page in call.walked)
        if call.walked:
            last = call.walked[-1]
            if not follows(last):
                return
            rest[after] = last.get(cursor_name)
        while limit is None or given < limit:
            left = None if limit is None else limit - given
            rest[size_name] = size if left is None else min(size, left)
            # Where no entry has to be counted, a page is read by whoever looks at it first, a script for instance.
            answer = expect(send(call, rest, listing=items if left is None else None), None, call.function.name)
            found = _list_of(answer, items, call.function.name)
            if isinstance(found, Listing) and not tells_what_follows(answer):
                answer = found.answer
                found = answer[items]
            page = {**answer, entries: found if left is None or len(found) <= left else found[:left]}
            if entries != items:
                del page[items]
            given += 0 if left is None else len(page[entries])
            yield page
            if not follows(page):
                return
            cursor = page.get(cursor_name)
            if not isinstance(cursor, str) or not cursor:
                raise InvalidResponse("the list goes on, and its page does not say where", details={"cursor": cursor})
            if cursor in seen:
                raise InvalidResponse("the pages of the list go round in a circle", details={"cursor": cursor})
            seen.add(cursor)
            rest[after] = cursor

    return walk


def by_offset(send: Send, most: int, items: str, key: str, *, more: bool) -> Pages:
    def walk(call: Call, arguments: Json) -> Iterator[Json]:
        entries, limit, size = call.function.entries, arguments.get("limit"), arguments.get("first", most)
        rest = {name: value for name, value in arguments.items() if name not in ("limit", "first")}
        offset, seen, given = rest.pop("offset", 0), set[Any](), 0
        for page in call.walked:
            given += sum(_is_new(each, key, seen) for each in page[entries])
        offset += given
        while limit is None or given < limit:
            asked = size if limit is None else min(size, limit - given)
            answer = expect(send(call, {**rest, "limit": asked, "offset": offset}), None, call.function.name)
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


def by_number(send: Send, most: int, items: str | None, key: str, size_name: str, page_name: str) -> Pages:
    def walk(call: Call, arguments: Json) -> Iterator[Json]:
        entries, limit = call.function.entries, arguments.get("limit")
        rest = {name: value for name, value in arguments.items() if name not in ("limit", "first", "page")}
        # The size stays the same from page to page: by it the numbers count.
        size = arguments.get("first", most if limit is None else min(most, limit))
        number, seen, given = arguments.get("page", 1) + len(call.walked), set[Any](), 0
        for page in call.walked:
            given += sum(_is_new(each, key, seen) for each in page[entries])
        while limit is None or given < limit:
            answer = send(call, {**rest, size_name: size, page_name: number})
            whole = {entries: answer} if items is None else expect(answer, None, call.function.name)
            found = _list_of(whole, items or entries, call.function.name)
            fresh = [each for each in found if _is_new(each, key, seen)]
            page = {**whole, entries: fresh if limit is None else fresh[: limit - given]}
            if items not in (None, entries):
                del page[items]
            given += len(page[entries])
            yield page
            if len(found) < size:
                return
            if not fresh:
                raise InvalidResponse("the pages of the list go round in a circle", details={"page": number})
            number += 1

    return walk


def whole(send: Send, shape: Callable[[Any], list[Any]]) -> Pages:
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


def by_version(**walks: Pages) -> Pages:
    """The pages of a list that versions page differently."""
    return lambda call, arguments: walks[call.version](call, arguments)


def gathered(call: Call, arguments: Json) -> Json:
    """The handler of a list: whole, or its first `limit` entries.

    With `first`, `after`, `offset` or `page`, and no `limit`, one page of it.
    """
    walk = call.function.pages
    if walk is None:
        raise TypeError(f"{call.function.name} has no pages")
    entries = call.function.entries
    one = "limit" not in arguments and not _ONE_PAGE.isdisjoint(arguments)
    found: list[Any] = []
    page: Json = {}
    for page in walk(call, arguments):
        if isinstance(page[entries], Listing):
            page = _read(page, entries)  # noqa: PLW2901 (the same page)
        found += page[entries]
        if one:
            break
    return {**page, entries: found}


def _read(page: Json, entries: str) -> Json:
    """The page with all that its answer has."""
    listing = page[entries]
    answer = dict(listing.answer)
    found = answer.pop(listing.field)
    return {**answer, entries: found}


def _list_of(answer: Json, field: str, what: str) -> Any:
    found = answer.get(field)
    if not isinstance(found, (list, Listing)):
        raise InvalidResponse(f"the answer to {what} has no list {field}", details={"answer": answer, "field": field})
    return found


def _is_new(entry: Any, key: str, seen: set[Any]) -> bool:
    name = entry.get(key) if isinstance(entry, dict) else None
    if not isinstance(name, (str, int)):
        return True
    if name in seen:
        return False
    seen.add(name)
    return True
