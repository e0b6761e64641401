"""Lists that a script walks page by page: one call, and its pages as they are asked for."""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING, Any

from luahost.errors import InternalError, InvalidArguments, InvalidResponse, LimitExceeded
from luahost.spec import Listing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from luahost.calls.run import Run
    from luahost.spec import Integration

MOST = 256
"""The most lists that one run may walk at once."""

_changing = threading.Lock()  # of any run's walks; held for a moment only


def no_list(integration: Integration) -> InvalidArguments:
    """The error for a function that `each` was given and that is none of a list."""
    lists = ", ".join(each.name for each in integration.functions if each.pages is not None)
    return InvalidArguments("this is no function of a list, which each could walk", hint=f"lists: {lists}")


class Page(dict[str, Any]):
    """What a script gets: `entries`, and `walk`, by which it asks for more. `text`: how that is sent, if known."""

    text: bytes | None = None


class Walk:
    """One list on its way. While a script reads a page the next is fetched: no more than that one is held.

    `guard` runs a step of it, and makes errors what errors of that call are.
    """

    def __init__(
        self,
        pages: Iterator[dict[str, Any]],
        entries: str,
        begin_page: Callable[[], None],
        guard: Callable[[Callable[[], Any]], Any],
    ) -> None:
        self._pages = pages
        self._entries = entries
        self._begin_page = begin_page
        self._guard = guard
        self._ahead: list[Callable[[], Page]] = []
        self._lock = threading.Lock()
        self.number = 0

    def next(self) -> Page:
        """The next page, one without entries and `walk` after the last. Raises LuaHostError."""
        with self._lock:
            return self._guard(self._ahead.pop() if self._ahead else self._next)  # type: ignore[no-any-return]

    def fetch(self, encode: Callable[[Page], bytes]) -> None:
        """Have the next page ready, and its text; what goes wrong is raised when it is asked for."""
        with self._lock:
            if self._ahead:
                return
            try:
                page = self._next()
                page.text = encode(page)
            except Exception as error:  # noqa: BLE001
                self._ahead.append(partial(_raise, error))
            else:
                self._ahead.append(lambda: page)

    def _next(self) -> Page:
        self._begin_page()
        page = next(self._pages, None)
        if page is None:
            return Page(entries=[])
        entries = page.get(self._entries)
        if not isinstance(entries, (list, Listing)):
            raise InvalidResponse(f"the answer has no list {self._entries}")
        return Page(entries=entries, walk=self.number)


def _raise(error: Exception) -> Page:
    raise error


def begin(run: Run, walk: Walk) -> Page:
    """The first page, and the number by which the next one is asked for.

    A script that leaves a loop early tells nobody: beyond `MOST`, the list that was left the longest is forgotten.
    """
    with _changing:
        run.walks_begun += 1
        walk.number = run.walks_begun
        run.walks[walk.number] = walk
        if len(run.walks) > MOST:
            del run.walks[next(iter(run.walks))]
    return step(run, walk.number)


def step(run: Run, number: Any) -> Page:
    """The next page of the walk `number`."""
    if isinstance(number, bool) or not isinstance(number, int) or not 0 < number <= run.walks_begun:
        raise InternalError("the script's process asked for the page of a list that it does not walk")
    with _changing:
        walk = run.walks.pop(number, None)
        if walk is None:
            raise LimitExceeded(
                f"this list was left for more than {MOST} others, and they cannot all be walked at once",
                hint="end one loop before the next, or read a list whole",
            )
        run.walks[number] = walk  # the last to be forgotten
    try:
        page = walk.next()
    except BaseException:
        run.walks.pop(number, None)
        raise
    if "walk" not in page:
        run.walks.pop(number, None)
    return page


def fetch(run: Run, page: Any, encode: Callable[[Page], bytes]) -> None:
    """After a page has been sent: fetch the one that follows it, if there is one."""
    walk = run.walks.get(page.get("walk", 0)) if isinstance(page, Page) else None
    if walk is not None:
        walk.fetch(encode)
