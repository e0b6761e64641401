"""Running a script through a bridge, in a process of its own; luahost.lua.here runs it in this one."""

from __future__ import annotations

import time

# signal itself makes enumerations of them, for half a millisecond; type checkers do not know what it is made of.
from _signal import SIGKILL, SIGSYS, SIGXCPU  # type: ignore[import-not-found]
from functools import partial

from luahost.calls.limits import limit_exceeded
from luahost.errors import Cancelled, InternalError, LuaHostError
from luahost.lua.child import SILENCE, ChildDied
from luahost.lua.wire import start_frame

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from luahost.calls.run import Run
    from luahost.lua.bridge import Bridge
    from luahost.lua.child import Child
    from luahost.lua.waiting import Waiting

_SOME_TIME = 0.05  # seconds of processor time that a process takes which is not dead
_LARGE = 1 << 17  # bytes of a frame that takes long to read
_EXIT_OF_PANIC = 1  # how LuaJIT ends a process that has no memory left for an error
_OUT_OF_MEMORY, _SPENT = 11, 13  # as luahost.lua.worker has them, which is not imported here


class NeverBegan(InternalError):
    """The process was killed, or had no room for a further state, before it said a word: another one may try."""


async def run_in_child(bridge: Bridge, run: Run, start: dict[str, Any], child: Child, waiting: Waiting) -> None:
    """Run in a process that waits for a script.

    Raises LimitExceeded, Cancelled, InternalError when the process died, and whatever interrupts the thread: then
    the process is to be ended.
    """
    limits = run.limits
    first = start_frame(start, limits.memory_mib)
    child.limit(limits.cpu, limits.memory_mib, run.deadline)
    await waiting.send(child, first)
    await exchange(bridge, run, child, waiting.replies(child), waiting)


async def exchange(bridge: Bridge, run: Run, child: Child, reply: Callable[[bytes], None], waiting: Waiting) -> None:
    """Take the frames of a script that has begun, until its last or until the run is cancelled.

    Answers go to `reply`. See run_in_child for what is raised.
    """
    waiting.attach(child, run.cancellation)
    try:
        await _exchange(bridge, run, child, reply, waiting)
    finally:
        waiting.detach(child, run.cancellation)


async def _exchange(bridge: Bridge, run: Run, child: Child, reply: Callable[[bytes], None], waiting: Waiting) -> None:
    """Take the frames of the script until its last one."""
    limits = run.limits
    silence: _Silence | None = None
    heard = False
    look_at = None if limits.cpu is None else time.monotonic() + limits.cpu  # sooner it cannot be used up
    try:
        while not bridge.has_ended():
            if run.cancelled:
                raise Cancelled("the run was cancelled")
            now = time.monotonic()
            if look_at is not None and now >= look_at and limits.cpu is not None:
                cpu_left = _cpu_left(child, limits.cpu)
                look_at = None if cpu_left is None else now + cpu_left
            timeout = SILENCE if look_at is None else min(SILENCE, look_at - now)
            if run.deadline is not None:
                left = run.deadline - now
                if left <= 0:
                    raise run.wall_exceeded()
                timeout = min(timeout, left)
            if not await waiting.output(child, timeout):
                silence = silence or _Silence(child, bridge, now)
                silence.check()
                continue
            for frame in child.frames():
                heard = True
                if len(frame) > _LARGE:
                    await waiting.elsewhere(partial(bridge.receive, frame, reply))
                else:
                    bridge.receive(frame, reply)
                if bridge.has_ended():
                    if run.is_over():
                        raise run.wall_exceeded()
                    break
        run.cpu_seconds = child.cpu_seconds()
    except ChildDied as died:
        why = _why(died, run)
        if not heard and (died.signal == SIGKILL or died.status == _SPENT):
            raise NeverBegan(why.message, hint=why.hint) from None
        raise why from None


def _cpu_left(child: Child, allowed: float) -> float | None:
    """Seconds that the script may compute on: at the soonest after so long it has used up its share."""
    used = child.cpu_seconds()
    if used is None:
        return None  # the kernel's own limit holds
    if used >= allowed:
        raise limit_exceeded("cpu", allowed, round(used, 3))
    return allowed - used


class _Silence:
    """Whether a silent child waits for its host, computes, or is dead."""

    def __init__(self, child: Child, bridge: Bridge, since: float) -> None:
        self._child = child
        self._bridge = bridge
        self._since = since
        self._cpu = 0.0

    def check(self) -> None:
        """Called after a silence: raises InternalError when a long one has no explanation."""
        cpu = self._child.cpu_seconds()
        now = time.monotonic()
        if self._bridge.open or cpu is None or cpu - self._cpu > _SOME_TIME:
            self._since, self._cpu = now, cpu or 0.0
        elif now - self._since >= SILENCE:
            raise InternalError("the script's process has stopped: it neither computes nor waits", hint="run it again")


def _name(number: int) -> str:
    from signal import Signals

    try:
        return Signals(number).name
    except ValueError:
        return "of real time"


def _why(died: ChildDied, run: Run) -> LuaHostError:
    """What a child's death means."""
    limits = run.limits
    if died.signal == SIGXCPU:
        return limit_exceeded("cpu", limits.cpu, limits.cpu or 0)
    if died.status == _OUT_OF_MEMORY or (died.status == _EXIT_OF_PANIC and limits.memory_mib):
        return limit_exceeded("memory_mib", limits.memory_mib, limits.memory_mib or 0)
    if died.signal == SIGSYS:
        how = "was ended by the kernel: it asked for a system call that no script needs"
    elif died.signal:
        how = f"was ended by signal {died.signal} ({_name(died.signal)})"
    else:
        how = f"ended with status {died.status}"
    said = died.said.splitlines()[-1][:200] if died.said else ""
    return InternalError(f"the script's process {how}" + (f": {said}" if said else ""), hint="run it again")
