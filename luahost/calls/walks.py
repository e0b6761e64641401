"""Lists that a script walks page by page: one call, and its pages as they are asked for."""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING, Any

from luahost.errors import InternalError, InvalidResponse, LimitExceeded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from luahost.calls.run import Run

MOST = 256
"""The most lists that one run may walk at once."""

_changing = threading.Lock()  # of any run's walks; held for a moment only


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
        self._ahead: list[Callable[[], list[Any] | None]] = []
        self._lock = threading.Lock()

    def next(self) -> list[Any] | None:
        """The entries of the next page, None after the last. Raises LuaHostError."""
        with self._lock:
            return self._guard(self._ahead.pop() if self._ahead else self._next)  # type: ignore[no-any-return]

    def fetch(self) -> None:
        """Have the next page ready; what goes wrong is raised when it is asked for."""
        with self._lock:
            if self._ahead:
                return
            try:
                entries = self._next()
            except Exception as error:  # noqa: BLE001
                self._ahead.append(partial(_raise, error))
            else:
                self._ahead.append(lambda: entries)

    def _next(self) -> list[Any] | None:
        self._begin_page()
        page = next(self._pages, None)
        if page is None:
            return None
        entries = page.get(self._entries)
        if not isinstance(entries, list):
            raise InvalidResponse(f"the answer has no list {self._entries}")
        return entries


def _raise(error: Exception) -> None:
    raise error


def begin(run: Run, walk: Walk) -> dict[str, Any]:
    """The first page, and the number by which the next one is asked for.

    A script that leaves a loop early tells nobody: beyond `MOST`, the list that was left the longest is forgotten.
    """
    with _changing:
        run.walks_begun += 1
        number = run.walks_begun
        run.walks[number] = walk
        if len(run.walks) > MOST:
            del run.walks[next(iter(run.walks))]
    return step(run, number)


def step(run: Run, number: Any) -> dict[str, Any]:
    """The next page of the walk `number`: `entries`, and `walk` while there may be more."""
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
        entries = walk.next()
    except BaseException:
        run.walks.pop(number, None)
        raise
    if entries is None:
        run.walks.pop(number, None)
        return {"entries": []}
    return {"entries": entries, "walk": number}


def fetch(run: Run, page: Any) -> None:
    """After a page has been sent: fetch the one that follows it, if there is one."""
    walk = run.walks.get(page.get("walk", 0)) if isinstance(page, dict) else None
    if walk is not None:
        walk.fetch()
