"""A state that lasts: chunks run one after another in a process of its own; one that is stopped leaves it usable."""

from __future__ import annotations

import re
import time

from luahost.errors import Cancelled, LimitExceeded
from luahost.lua import confine
from luahost.lua.child import ChildDied, Single
from luahost.lua.runner import exchange
from luahost.lua.spawn import start
from luahost.lua.waiting import IN_THREAD, complete
from luahost.lua.wire import start_frame

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Self

    from luahost.calls.dry_run import DryRun
    from luahost.calls.run import Run
    from luahost.lua.bridge import Bridge

PATIENCE = 1.0
"""Seconds that a chunk has to end in when it is to stop: beyond them its process is killed, and the state is gone."""

GONE = "the state is gone: what was set is not there any more, and a new one begins"

_NAME = re.compile(r"[A-Za-z_]\w{0,63}(\.[A-Za-z_]\w{0,63})?", re.ASCII)
_MOST_NAMES = 2000


class LastingState:
    """One state for many runs, of one thread. Each chunk has its own limits; memory is the state's as a whole.

    A context manager that ends its process. The first starts at once, in its own time.
    """

    def __init__(self) -> None:
        self.dry_run: DryRun | None = None
        """What answers the dry runs of its chunks: they see what the ones before have made."""
        self._begin()

    def _begin(self) -> None:
        self.child = Single(start("serve_chunks"))
        self.names: list[str] = []
        """The globals that the last chunk has left, and the members of libraries, as in string.find."""
        self._number = 0
        self.met = False
        """Whether its process is known to be ready."""

    def meet(self) -> None:
        """Wait for its process. Raises InternalError where it does not get ready."""
        try:
            self.child.meet()
            self.met = True
        finally:
            if not self.met:
                self.reset()

    def run(self, bridge: Bridge, run: Run, start: dict[str, Any]) -> None:
        """Run a chunk. `args` and words are those of the first; see run_in_child for what is raised.

        Where that, or the chunk itself, has cost the state, a notice says so.
        """
        self._number += 1
        if self._number > 1:
            start = {**start, "args": {}, "words": []}
        child, limits = self.child, run.limits
        first = start_frame(start, limits.memory_mib, self._number)
        reply = _Reply(child.send)
        kept = False
        try:
            if self._number == 1 or confine.SET_BY_HOST:  # elsewhere the first limits hold for all chunks together
                child.limit(limits.cpu, limits.memory_mib, run.deadline)
            child.send(first)
            complete(exchange(bridge, run, child, reply, IN_THREAD))
            kept = True
        except (KeyboardInterrupt, LimitExceeded, Cancelled):
            run.stop()
            kept = bridge.has_ended() or self._stop()
            raise
        finally:
            reply.open = False
            if kept:
                self.names = _names(bridge.result)
            else:
                self.reset()
                run.notice(GONE)

    def _stop(self) -> bool:
        """Have the chunk stop; whether it did."""
        until = time.monotonic() + PATIENCE
        self.child.send(b"X%d " % self._number, PATIENCE)
        last = b"R%d " % self._number
        frames = self.child.left_over()
        try:
            while not any(frame.startswith(last) for frame in frames):
                left = until - time.monotonic()
                if left <= 0:
                    return False
                frames = self.child.frames() if self.child.wait(left) else ()
        except ChildDied:
            return False
        return True

    def reset(self) -> None:
        """Throw the state away, and begin a new one."""
        try:
            self.child.close()
        finally:
            self._begin()  # also where a further Ctrl-C comes meanwhile

    def close(self) -> None:
        self.child.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Reply:
    """Sends answers to a chunk as long as it runs: what comes later nobody waits for."""

    def __init__(self, send: Callable[[bytes], None]) -> None:
        self.open = True
        self._send = send

    def __call__(self, frame: bytes) -> None:
        if self.open:
            self._send(frame)


def _names(result: dict[str, Any] | None) -> list[str]:
    """What may be completed; the process that says so may be hostile."""
    found = result.get("names") if result else None
    if not isinstance(found, list):
        return []
    return [name for name in found[:_MOST_NAMES] if isinstance(name, str) and _NAME.fullmatch(name)]
