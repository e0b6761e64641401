"""An API whose functions name their endpoints: how an endpoint becomes a request, and the answer its result.

A function names an endpoint for each version, as in "GET /v3/notes/{note_id}". What the path wants is taken from the
arguments; the rest is the query of what reads or deletes, and the body of what writes.
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from luahost.rest import lists
from luahost.rest.answers import promised
from luahost.spec import quote

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from luahost.spec import Call

    Json = dict[str, Any]
    Pages = Callable[[Call, Json], Iterator[Json]]

_PLACE = re.compile(r"\{(\w+)\}")


class Place(NamedTuple):
    """What fills a place of a path that is no argument as it was given.

    `text` gives it, quoted, from the call and the value of `argument`; None where there is no such argument.
    """

    text: Callable[[Call, Any], str]
    argument: str | None = None


class Api:
    """Makes requests of endpoints. `places` fill what is no plain argument in paths, by name; `most` are the entries
    that a page may have.
    """

    def __init__(self, *, places: Mapping[str, Place] = MappingProxyType({}), most: int = 100) -> None:
        self._places = places
        self._most = most

    def send(
        self,
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
        path, rest = self._path(call, template, arguments)
        rest = {(names or {}).get(name, name): value for name, value in rest.items()}
        if method == "GET":
            asked = pairs(rest)
            return call.http.get(path, asked) if listing is None else call.http.get_page(path, asked, listing)
        if method == "DELETE":
            return call.http.write(method, path, query=pairs(rest))
        asked = pairs({name: value for name, value in rest.items() if name in query})
        body = {name: value for name, value in rest.items() if name not in query}
        return call.http.write(
            method, path, body or None if method == "POST" and not self._has_body(call) else body, query=asked
        )

    def _has_body(self, call: Call) -> bool:
        """Whether a function has parameters beyond those of its path."""
        names = _PLACE.findall(call.function.endpoints[call.version])
        taken = {self._places[name].argument if name in self._places else name for name in names}
        return any(param.name not in taken for param in call.function.params)

    def _path(self, call: Call, template: str, arguments: Json) -> tuple[str, Json]:
        """The path with its places filled, and the arguments that are left."""
        rest = dict(arguments)

        def fill(place: re.Match[str]) -> str:
            name = place[1]
            if name not in self._places:
                return quote(rest.pop(name))
            text, argument = self._places[name]
            return text(call, None if argument is None else rest.pop(argument))

        return _PLACE.sub(fill, template), rest

    def request(
        self,
        *,
        query: frozenset[str] = frozenset(),
        names: Mapping[str, Mapping[str, str]] | None = None,
        shape: Callable[[Call, Any, Json], Any] | None = None,
    ) -> Callable[[Call, Json], Json]:
        """The handler of a function that is one request.

        query  arguments that go into the query although it writes
        names  what each version of the API calls arguments, where it is something else
        shape  makes of the call, the answer and the arguments what is promised
        """

        def handle(call: Call, arguments: Json) -> Json:
            answer = self.send(call, arguments, query=query, names=(names or {}).get(call.version))
            return promised(call, answer if shape is None else shape(call, answer, arguments))

        return handle

    # -- lists, for Function.pages ----------------------------------------------------------------------------

    def cursor_pages(
        self,
        *,
        items: str = "items",
        size: str = "first",
        after: str = "after",
        cursor: str = "end_cursor",
        more: str | None = "has_next_page",
    ) -> Pages:
        """A list by cursor: the answer has the entries in `items` and says in `cursor` where the next page begins.

        The query has the page's `size`, and `after` that cursor. `more` is the field that says whether there is another
        page; without one, there is where there is a cursor.
        """
        return lists.by_cursor(
            self.send, self._most, items=items, size_name=size, after=after, cursor_name=cursor, more=more
        )

    def offset_pages(self, items: str, key: str, *, more: bool) -> Pages:
        """A list by `limit` and `offset`, whose entries the API calls `items` and tells apart by `key`.

        `more` says that a page tells in `has_next_page` whether there is another; else the last one is not full. An
        entry that moves from page to page, because another was made meanwhile, is given once.
        """
        return lists.by_offset(self.send, self._most, items, key, more=more)

    def numbered_pages(
        self, key: str, *, items: str | None = None, size: str = "per_page", page: str = "page"
    ) -> Pages:
        """A list by the number of its `page`, from 1, each of `size` entries; the last one is not full.

        The entries are in the field `items`, or are the answer itself; `key` tells them apart, as in `offset_pages`.
        """
        return lists.by_number(self.send, self._most, items, key, size, page)

    def single_page(self, shape: Callable[[Any], list[Any]]) -> Pages:
        """A list that the API gives whole, without pages; `shape` finds the entries in the answer."""
        return lists.whole(self.send, shape)


def pairs(arguments: Json) -> list[tuple[str, str]]:
    """Arguments as a query; what is a list is said once for each of its entries."""
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
