"""A pool of ready processes: forked ahead of need from one that never held a key, sealed, each waiting for a script.

A thread of the pool's own, its keeper, starts the parent of them all and lives as long as the pool, since the kernel
kills the parent when the thread that started it ends; it forks, ends and counts them. Whoever runs a script only
takes a ready one and gives it back.
"""

from __future__ import annotations

import os
import threading
import time
from contextlib import suppress
from queue import Empty, SimpleQueue

from luahost.errors import InternalError, LuaHostError, UsageError
from luahost.lua.parent import Parent

TYPE_CHECKING = False
if TYPE_CHECKING:
    from luahost.calls.cancellation import Cancellation
    from luahost.lua.child import Child

STOCK = 8
"""The most processes that wait ready for their first script."""

IDLE = 5.0
"""Seconds without a run after which a pool keeps one process ready, and no other."""

_PAUSE = 0.001  # seconds without a run in which the stock is refilled, so that a run need not share the processor
_ATTEMPTS = 16  # processes that a run is offered, should they have died


class Pool:
    """Ready processes, up to `most` at a time. Thread-safe.

    With `reuse` above 1 a process serves up to that many runs of one owner, each in a state of its own.
    Nothing is started before the first `take`.
    """

    def __init__(self, *, reuse: int = 1, most: int = 64) -> None:
        self._reuse = reuse
        self._most = most
        self._forget()

    def _forget(self) -> None:
        """Begin anew; in a program that has forked, the pool of the one that forked it is not this one's."""
        self._program = os.getpid()
        # Taken by itself: in a condition's own `with`, Ctrl-C may come when it is taken and before it is known to be.
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)
        self._jobs: SimpleQueue[Child | None] = SimpleQueue()
        self._ready: list[Child] = []
        self._idle: dict[str, list[Child]] = {}
        self._all: set[Child] = set()
        self._waiting: list[str] = []
        self._stock = 1
        self._problem: LuaHostError | None = None
        self._keeper: threading.Thread | None = None
        self._closed = False

    # -- taking and giving back -----------------------------------------------------------------------------

    def take(
        self, owner: str = "", timeout: float | None = None, cancellation: Cancellation | None = None
    ) -> Child | None:
        """A ready process; when all are busy, wait for one up to `timeout` seconds or until cancelled, then None.

        Raises InternalError where none can be started.
        """
        if self._program != os.getpid():
            self._forget()
        until = None if timeout is None else time.monotonic() + timeout
        for _ in range(_ATTEMPTS):
            child = self._taken(owner, until, cancellation)
            if child is None or child.is_ready():
                return child
            self._discard(child)  # it has died meanwhile, or said what it was not asked
        raise InternalError("the processes for scripts end before they are used", hint="luahost doctor may say why")

    def take_ready(self, owner: str = "") -> Child | None:
        """A process that need not be waited for, None where there is none."""
        if self._program != os.getpid():
            self._forget()
        while True:
            with self._lock:
                child = self._at_once(owner)
            if child is None or child.is_ready():
                return child
            self._discard(child)  # likewise

    def has_ready(self, owner: str = "") -> bool:
        """Whether there is one now that nobody else waits for."""
        found = self._idle.get(owner) or (self._ready and not self._waiting)
        return bool(found) and self._program == os.getpid()

    def _at_once(self, owner: str) -> Child | None:
        """One that need not be waited for. Whoever waits comes first, but for what rests for this owner alone."""
        others_wait = self._waiting and not self._idle.get(owner)
        return None if others_wait and not self._closed else self._pop(owner)

    def _pop(self, owner: str) -> Child | None:
        if self._closed:
            raise UsageError("this host is closed")
        idle = self._idle.get(owner)
        if idle:
            return idle.pop()
        if not self._ready:
            return None
        child = self._ready.pop()
        if self._reuse > 1 and not self._ready:
            self._jobs.put(None)  # one is ready for whoever comes next, although nothing is to be ended
        return child

    def abandon(self) -> None:
        """`close` without waiting and without a lock: for a host that nobody holds any more, from anywhere."""
        self._closed = True
        self._jobs.put(None)

    def _taken(self, owner: str, until: float | None, cancellation: Cancellation | None) -> Child | None:
        if cancellation is None:
            with self._lock:
                return self._at_once(owner) or self._wait(owner, until)
        # Whoever cancels must not wait for the pool: a thread passes it on.
        cancellation.wakes(self._wake_soon)
        try:
            with self._lock:
                return self._at_once(owner) or self._wait(owner, until, cancellation)
        finally:
            cancellation.forget(self._wake_soon)

    def _wake_soon(self) -> None:
        threading.Thread(target=self._wake, name="luahost-wake", daemon=True).start()

    def _wake(self) -> None:
        with self._lock:
            self._changed.notify_all()

    def _wait(self, owner: str, until: float | None, cancellation: Cancellation | None = None) -> Child | None:
        if self._keeper is None:
            self._keeper = threading.Thread(target=self._keep, name="luahost-pool", daemon=True)
            self._keeper.start()
        self._stock = min(STOCK, self._stock * 2)
        self._waiting.append(owner)
        self._problem = None
        try:
            while True:
                self._jobs.put(None)
                left = None if until is None else until - time.monotonic()
                if (left is not None and left <= 0) or (cancellation is not None and cancellation.cancelled):
                    return None
                self._changed.wait(left)
                child = self._pop(owner)
                if child is not None:
                    return child
                if self._problem is not None:
                    raise self._problem
        finally:
            self._waiting.remove(owner)

    def give_back(self, child: Child, owner: str = "", *, fit: bool) -> None:
        """Done with a process; `fit` says that it ended its run as it should."""
        rests = fit
        fit = fit and child.runs < self._reuse and (child.was_brief() or not child.has_grown())
        with self._lock:
            if fit and not self._closed and not self._is_wanted_by_another(owner):
                self._idle.setdefault(owner, []).append(child)
                if self._waiting:
                    self._changed.notify_all()  # one of them may be its owner
                return
        if not rests:
            child.kill()  # one that rests can wait: killing takes time, and somebody waits for the result
        self._discard(child)

    def _discard(self, child: Child) -> None:
        with self._lock:
            if not self._closed:
                self._jobs.put(child)
                return
        child.close()  # the keeper has gone, or is about to

    def _is_wanted_by_another(self, owner: str) -> bool:
        """Whether its place is: then the owner, who does not wait, must not keep it."""
        return bool(self._waiting) and owner not in self._waiting and len(self._all) >= self._most

    def close(self) -> None:
        """End all processes. Calling it again does nothing."""
        with self._lock:
            if self._closed or self._program != os.getpid():
                return
            self._closed = True
            self._changed.notify_all()
            keeper = self._keeper
        if keeper is not None:
            self._jobs.put(None)
            keeper.join()

    # -- the keeper -----------------------------------------------------------------------------------------

    def _keep(self) -> None:
        parent: Parent | None = None
        while True:
            doomed = self._next_jobs()
            if self._closed:
                break
            for child in doomed + self._make_room():
                self._bury(child)
            try:
                while self._is_short():
                    if parent is None:
                        parent = Parent(reuse=self._reuse > 1)
                        child = parent.fork()
                    else:
                        try:
                            child = parent.fork()
                        except InternalError:  # it has died since it forked the last one
                            parent.close()
                            parent = None
                            continue
                    self._add(child)
            except Exception as error:  # noqa: BLE001 (whatever it is, somebody waits to hear of it)
                if parent is not None:
                    parent.close()
                    parent = None
                self._fail(error)
        with self._lock:
            doomed += [*self._ready, *(each for idle in self._idle.values() for each in idle)]
            with suppress(Empty):
                while True:
                    doomed += filter(None, [self._jobs.get_nowait()])
            for child in self._all.difference(doomed):
                child.kill()  # whoever runs a script in it closes it
        for child in doomed:
            self._bury(child)
        if parent is not None:
            parent.close()

    def _next_jobs(self) -> list[Child]:
        """Wait for something to do; the processes to bury. Small work is left for a moment without runs."""
        doomed: list[Child] = []
        timeout = IDLE
        while True:
            try:
                child = self._jobs.get(timeout=timeout)
            except Empty:
                if timeout == IDLE:
                    doomed += self._shrink()
                return doomed
            if child is not None:
                doomed.append(child)
            if self._closed or self._waiting or not self._ready:
                return doomed
            timeout = _PAUSE

    def _is_short(self) -> bool:
        with self._lock:
            if self._closed or len(self._all) >= self._most:
                return False
            return len(self._ready) < max(len(self._waiting), 1 if self._reuse > 1 else self._stock)

    def _make_room(self) -> list[Child]:
        """When somebody waits and all processes exist, one that rests for another owner goes."""
        with self._lock:
            if self._waiting and not self._ready and len(self._all) >= self._most:
                for owner, idle in self._idle.items():
                    if idle and owner not in self._waiting:
                        return [idle.pop(0)]
            return []

    def _add(self, child: Child) -> None:
        with self._lock:
            self._all.add(child)
            self._ready.append(child)
            self._changed.notify()

    def _bury(self, child: Child) -> None:
        child.close()
        with self._lock:
            self._all.discard(child)

    def _fail(self, error: Exception) -> None:
        with self._lock:
            if not isinstance(error, LuaHostError):
                why = error.strerror if isinstance(error, OSError) else f"{type(error).__name__}: {error}"
                error = InternalError(f"no process for scripts can be started: {why}", hint="run it again")
            self._problem = error
            self._changed.notify_all()

    def _shrink(self) -> list[Child]:
        """After a while without runs: one ready process is enough."""
        with self._lock:
            self._stock = 1
            doomed = [each for idle in self._idle.values() for each in idle] + self._ready[1:]
            self._idle.clear()
            del self._ready[1:]
            return doomed
