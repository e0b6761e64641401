"""Threads that make calls, so that the thread that runs a script can stop waiting at any moment."""

from __future__ import annotations

import os
import threading
from _queue import Empty, SimpleQueue  # what queue is made of, without what it imports
from contextlib import suppress

from luahost.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

MOST = 1024  # a call may wait for hours: for a session, or for somebody to approve it


class Workers:
    """Up to 1024 daemon threads, made as they are needed and kept, with their connections, until `close`.

    They are daemons because a read that nobody waits for any more must not keep the process alive.
    """

    def __init__(self) -> None:
        self._begin()

    def _begin(self) -> None:
        """Anew too in a program that has forked: threads do not come along."""
        self._program = os.getpid()
        self._jobs: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._idle: SimpleQueue[None] = SimpleQueue()  # an entry for each thread that waits; Ctrl-C leaves it unlocked
        self._lock = threading.Lock()
        self._count = 0
        self._closed = False

    def submit(self, job: Callable[[], None]) -> None:
        """Have some thread run `job`, which must not raise. Raises UsageError after `close`: nobody would run it."""
        if self._program != os.getpid():
            self._begin()
        self._check_open()
        self._jobs.put(job)  # without the lock, which each call would wait for
        self._check_open()  # the last thread may have left between the two
        with suppress(Empty):
            self._idle.get_nowait()
            return
        with self._lock:
            self._check_open()
            if self._count < MOST:
                self._count += 1
                threading.Thread(target=self._work, name="luahost-call", daemon=True).start()

    def _check_open(self) -> None:
        if self._closed:
            raise UsageError("this host is closed")

    def _work(self) -> None:
        while True:
            job = self._jobs.get()
            if job is None:
                return
            job()
            del job  # an idle thread keeps nothing of the last run alive
            self._idle.put(None)

    def abandon(self) -> None:
        """`close` without a lock."""
        for _ in range(self._count):
            self._jobs.put(None)

    def close(self) -> None:
        with self._lock:
            self._closed = True
            for _ in range(self._count):
                self._jobs.put(None)
            self._count = 0
