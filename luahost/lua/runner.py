"""Running a script through a bridge: in a child process, or here."""

from __future__ import annotations

import signal
import threading
import time
from contextlib import contextmanager
from queue import Empty, SimpleQueue

from luahost.calls.run import limit_exceeded
from luahost.errors import Cancelled, InternalError, LuaHostError
from luahost.lua import confine
from luahost.lua.bridge import start_frame
from luahost.lua.child import Child, ChildDied

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from luahost.calls.run import Run
    from luahost.lua.bridge import Bridge

SILENCE = 30.0
"""Seconds after which a child that neither computes nor waits for its host counts as dead."""


def run_in_child(bridge: Bridge, run: Run, start: dict[str, Any], child: Child | None = None) -> None:
    """Run in a child process, which is gone when this returns.

    Raises LimitExceeded, InternalError when the child died, and whatever interrupts the thread.
    """
    child = child or Child()
    try:
        child.send(confine.settings(run.limits.cpu, run.limits.memory_mib))
        child.send(start_frame(start))
        waiting = _Waiting(child)

        def reply(frame: bytes) -> None:
            waiting.answered()
            child.send(frame)

        while bridge.result is None:
            left = run.remaining()
            if left is not None and left <= 0:
                raise run.wall_exceeded()
            for frame in child.frames(SILENCE if left is None else min(left, SILENCE)):
                if frame[:1] == b"Q":
                    waiting.asked()
                if frame[:1] == b"R" and run.is_over():
                    raise run.wall_exceeded()
                bridge.receive(frame, reply)
            if child.silent and (left is None or left > SILENCE):
                waiting.check()
    except ChildDied as died:
        raise _why(died, run) from None
    finally:
        child.close()


class _Waiting:
    """Whether a silent child waits for its host, computes, or is dead."""

    def __init__(self, child: Child) -> None:
        self._child = child
        self._open = 0
        self._lock = threading.Lock()
        self._cpu: float | None = None

    def asked(self) -> None:
        with self._lock:
            self._open += 1

    def answered(self) -> None:
        with self._lock:
            self._open -= 1

    def check(self) -> None:
        """Called after a long silence: raises InternalError when nothing explains it."""
        before, self._cpu = self._cpu, self._child.cpu_seconds()
        if self._open == 0 and before is not None and self._cpu is not None and self._cpu - before < 0.05:
            raise InternalError("the script's process has stopped: it neither computes nor waits", hint="run it again")


def _why(died: ChildDied, run: Run) -> LuaHostError:
    """What a child's death means."""
    if died.signal == signal.SIGXCPU:
        return limit_exceeded("cpu", run.limits.cpu, run.limits.cpu or 0)
    if "not enough memory" in died.stderr or "MemoryError" in died.stderr:
        return limit_exceeded("memory_mib", run.limits.memory_mib, run.limits.memory_mib or 0)
    if died.signal:
        how = f"was ended by signal {died.signal} ({signal.Signals(died.signal).name})"
    else:
        how = f"ended with status {died.status}"
    said = died.stderr.splitlines()[-1][:200] if died.stderr else ""
    return InternalError(f"the script's process {how}" + (f": {said}" if said else ""), hint="run it again")


@contextmanager
def _signals_noted(note: Callable[[], object]) -> Iterator[None]:
    """Where Ctrl-C would raise KeyboardInterrupt, call `note` instead: raised into Lua, pcall could catch it."""
    taken = []
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGINT, signal.SIGTERM):
            if signal.getsignal(number) is signal.default_int_handler:
                signal.signal(number, lambda *_: note())
                taken.append(number)
    try:
        yield
    finally:
        for number in taken:
            signal.signal(number, signal.default_int_handler)


def run_here(bridge: Bridge, run: Run, start: dict[str, Any]) -> None:
    """Run in this process and thread, for scripts that are trusted: C functions cannot be interrupted.

    Raises LimitExceeded, InternalError, and whatever interrupts the thread.
    """
    from luahost.lua.engine import Engine, EngineError

    answers: SimpleQueue[bytes] = SimpleQueue()
    answers.put(start_frame(start))
    ended: list[BaseException] = []
    cpu_started = time.thread_time()

    def check() -> None:
        left = run.remaining()
        if left is not None and left <= 0:
            raise run.wall_exceeded()
        if run.limits.cpu is not None and time.thread_time() - cpu_started > run.limits.cpu:
            raise limit_exceeded("cpu", run.limits.cpu, round(time.thread_time() - cpu_started, 2))

    def border(frame: bytes) -> bytes:
        """Never raises into Lua: what goes wrong here ends the run, and is raised when Lua has returned."""
        try:
            if ended:
                return b"X0 "
            check()
            if not frame:
                return answers.get(timeout=run.remaining())
            if frame[:1] != b"T":
                bridge.receive(frame, answers.put)
        except Empty:
            ended.append(run.wall_exceeded())
        except BaseException as error:  # noqa: BLE001
            ended.append(error)
        return b"X0 " if ended else b""

    def note() -> None:
        ended.append(KeyboardInterrupt())
        answers.put(b"X0 ")  # wakes a script that waits

    try:
        with _signals_noted(note):
            Engine().run(border, guarded=True)
    except EngineError as error:
        if not ended:
            raise InternalError(f"the Lua state ended: {error}") from None
    if ended:
        raise ended[0]
    if bridge.result is None:
        raise Cancelled("the run ended without a result")
