"""A pool of ready processes: forked ahead of need from one that never held a key, sealed, each waiting for a script.

A thread of the pool's own, its keeper, starts the parent of them all and lives as long as the pool, since the kernel
kills the parent when the thread that started it ends; it forks, ends and counts them. Whoever runs a script only
takes a ready one and gives it back.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from contextlib import suppress
from queue import Empty, SimpleQueue

from luahost.errors import InternalError, LuaHostError, UsageError
from luahost.lua.child import SILENCE, Child
from luahost.lua.confine import Seal
from luahost.lua.spawn import above_standard, execute, pipe

STOCK = 8
"""The most processes that wait ready for their first script."""

IDLE = 5.0
"""Seconds without a run after which a pool keeps one process ready, and no other."""

_PAUSE = 0.001  # seconds without a run in which the stock is refilled, so that a run need not share the processor
_HELLO_SIZE = 4096
_ATTEMPTS = 16  # processes that a run is offered, should they have died


class Parent:
    """The process that the others are forked from. Thread-safe, but for the thread that makes it: it must live on."""

    def __init__(self, *, reuse: bool) -> None:
        self._lock = threading.Lock()
        self._control, theirs = socket.socketpair()
        self._errors, errors_child = pipe()
        os.set_blocking(errors_child, False)  # nobody reads the last words of a process: they must not hold it up
        null = above_standard(os.open(os.devnull, os.O_RDWR))
        socket_child = above_standard(theirs.detach())
        try:
            self.pid = execute("serve_forks", socket_child, null, errors_child, "reuse" if reuse else "once")
        except InternalError:
            self._control.close()
            os.close(self._errors)
            raise
        finally:
            for fd in (socket_child, null, errors_child):
                os.close(fd)
        self._control.settimeout(SILENCE)
        try:
            space, _, seal = self._exchange(b"", _HELLO_SIZE)[0].partition(b"\n")
            self.space, self.seal = int(space), Seal.decode(seal)
        except InternalError:
            self.close()
            raise

    def _exchange(self, request: bytes, size: int, fds: int = 0) -> tuple[bytes, list[int]]:
        """Ask, and give what is answered; raises InternalError where nothing is, with what the process said last."""
        with self._lock:
            try:
                self._control.sendall(request)
                found, ends, _, _ = socket.recv_fds(self._control, size, fds, getattr(socket, "MSG_CMSG_CLOEXEC", 0))
            except OSError:
                found, ends = b"", []
        if found:
            return found, ends
        said = b""
        with suppress(OSError):
            os.set_blocking(self._errors, False)
            said = os.read(self._errors, 4096)
        last = said.decode("utf-8", "replace").strip().splitlines()[-1:]
        raise InternalError(
            "no process for scripts can be started" + (f": {last[0][:200]}" if last else ""), hint="run it again"
        )

    def fork(self) -> Child:
        """A further process, ready for a script."""
        found, ends = self._exchange(b"F\0\0\0\0", 4, 2)
        to, source = (above_standard(fd) for fd in ends)
        return Child(int.from_bytes(found, "little"), to, source, seal=self.seal, space=self.space, reap=self.wait)

    def wait(self, pid: int) -> int:
        """Wait for one that ends, and give its exit code, negative for a signal."""
        try:
            status, _ = self._exchange(b"W" + pid.to_bytes(4, "little"), 4)
        except InternalError:
            return -9  # the parent is gone, and all that it forked with it
        return os.waitstatus_to_exitcode(int.from_bytes(status, "little"))

    def close(self) -> None:
        self._control.close()
        os.close(self._errors)
        with suppress(ProcessLookupError):
            os.kill(self.pid, 9)
        with suppress(ChildProcessError):  # somebody else in this program has waited for it
            os.waitpid(self.pid, 0)


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
        self._changed = threading.Condition(threading.Lock())
        self._jobs: SimpleQueue[Child | None] = SimpleQueue()
        self._ready: list[Child] = []
        self._idle: dict[str, list[Child]] = {}
        self._all: set[Child] = set()
        self._waiting = 0
        self._stock = 1
        self._problem: LuaHostError | None = None
        self._keeper: threading.Thread | None = None
        self._closed = False

    # -- taking and giving back -----------------------------------------------------------------------------

    def take(self, owner: str = "", timeout: float | None = None) -> Child | None:
        """A ready process; when all are busy, wait for one up to `timeout` seconds, then None.

        Raises InternalError where none can be started.
        """
        if self._program != os.getpid():
            self._forget()
        until = None if timeout is None else time.monotonic() + timeout
        for _ in range(_ATTEMPTS):
            with self._changed:
                child = self._pop(owner) or self._wait(owner, until)
            if child is None or child.is_ready():
                return child
            self._jobs.put(child)  # it has died meanwhile, or said what it was not asked
        raise InternalError("the processes for scripts end before they are used", hint="luahost doctor may say why")

    def _pop(self, owner: str) -> Child | None:
        if self._closed:
            raise UsageError("this host is closed")
        idle = self._idle.get(owner)
        if idle:
            return idle.pop()
        return self._ready.pop() if self._ready else None

    def _wait(self, owner: str, until: float | None) -> Child | None:
        if self._keeper is None:
            self._keeper = threading.Thread(target=self._keep, name="luahost-pool", daemon=True)
            self._keeper.start()
        self._stock = min(STOCK, self._stock * 2)
        self._waiting += 1
        self._problem = None
        try:
            while True:
                self._jobs.put(None)
                left = None if until is None else until - time.monotonic()
                if left is not None and left <= 0:
                    return None
                self._changed.wait(left)
                child = self._pop(owner)
                if child is not None:
                    return child
                if self._problem is not None:
                    raise self._problem
        finally:
            self._waiting -= 1

    def give_back(self, child: Child, owner: str = "", *, fit: bool) -> None:
        """Done with a process; `fit` says that it ended its run as it should."""
        fit = fit and child.runs < self._reuse and not child.has_grown()
        with self._changed:
            if fit and not self._closed:
                self._idle.setdefault(owner, []).append(child)
                if self._waiting:
                    self._changed.notify()
                return
        child.kill()
        self._jobs.put(child)

    def close(self) -> None:
        """End all processes. Calling it again does nothing."""
        with self._changed:
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
            for child in doomed:
                self._bury(child)
            try:
                while self._is_short():
                    parent = parent or Parent(reuse=self._reuse > 1)
                    self._add(parent.fork())
            except (LuaHostError, OSError) as error:
                if parent is not None:
                    parent.close()
                    parent = None
                self._fail(error)
        for child in list(self._all):
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
        with self._changed:
            if self._closed or len(self._all) >= self._most:
                return False
            return len(self._ready) < max(self._waiting, 1 if self._reuse > 1 else self._stock)

    def _add(self, child: Child) -> None:
        with self._changed:
            self._all.add(child)
            self._ready.append(child)
            self._changed.notify()

    def _bury(self, child: Child) -> None:
        child.close()
        with self._changed:
            self._all.discard(child)

    def _fail(self, error: LuaHostError | OSError) -> None:
        with self._changed:
            if isinstance(error, OSError):
                error = InternalError(f"no process for scripts can be started: {error.strerror}")
            self._problem = error
            self._changed.notify_all()

    def _shrink(self) -> list[Child]:
        """After a while without runs: one ready process is enough."""
        with self._changed:
            self._stock = 1
            doomed = [each for idle in self._idle.values() for each in idle] + self._ready[1:]
            self._idle.clear()
            del self._ready[1:]
            return doomed
