"""The sleeps of one run: one thread waits for all of them, so that they hold up no call."""

from __future__ import annotations

import threading
import time
from heapq import heappop, heappush
from itertools import count

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from luahost.calls.run import Run

    Sleep = tuple[float, int, object, Callable[[], object]]


class Sleeps:
    """Calls back when time has passed, until its run is over. It goes by the machine's clock. Thread-safe."""

    def __init__(self, run: Run, submit: Callable[[Callable[[], None]], None]) -> None:
        self._run = run
        self._submit = submit
        self._lock = threading.Lock()
        self._waiting: list[Sleep] = []
        self._order = count()
        self._watched = False

    def add(self, seconds: float, wake: Callable[[], object], *, key: object) -> None:
        """Have `wake` called after so many seconds, unless `key` is dropped before."""
        with self._lock:
            due = time.monotonic() + seconds
            heappush(self._waiting, (due, next(self._order), key, wake))
            first, watched = self._waiting[0][2] is key, self._watched
            self._watched = True
        if not watched:
            self._submit(self._watch)
        elif first:
            self._run.wake()

    def drop(self, key: object) -> None:
        """Forget a sleep."""
        with self._lock:
            self._waiting = [each for each in self._waiting if each[2] is not key]
            self._waiting.sort()

    def _watch(self) -> None:
        while self._run.wait_until(self._next_due):
            for wake in self._take_due():
                wake()
            with self._lock:
                if not self._waiting:
                    self._watched = False
                    return

    def _next_due(self) -> float:
        with self._lock:
            return self._waiting[0][0] if self._waiting and self._run.fate is None else 0.0

    def _take_due(self) -> list[Callable[[], object]]:
        taken, now = [], time.monotonic()
        with self._lock:
            while self._waiting and (self._waiting[0][0] <= now or self._run.fate is not None):
                taken.append(heappop(self._waiting)[3])
        return taken
