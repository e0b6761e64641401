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
    """The first page, and the number by which the next one is asked for."""
    if len(run.walks) >= MOST:
        raise LimitExceeded(f"more than {MOST} lists are walked at once", hint="end one before the next")
    number = len(run.walks) + 1
    while number in run.walks:
        number += 1
    run.walks[number] = walk
    return step(run, number)


def step(run: Run, number: Any) -> dict[str, Any]:
    """The next page of the walk `number`: `entries`, and `walk` while there may be more."""
    walk = run.walks.get(number) if isinstance(number, int) else None
    if walk is None:
        raise InternalError("the script's process asked for the page of a list that it does not walk")
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
