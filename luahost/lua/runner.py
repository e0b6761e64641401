"""Running a script through a bridge: in a child process, or here."""

from __future__ import annotations

import signal
import threading
import time
from contextlib import contextmanager
from queue import Empty, SimpleQueue

from luahost.calls.run import limit_exceeded
from luahost.errors import Cancelled, InternalError, LuaHostError
from luahost.lua.bridge import start_frame
from luahost.lua.child import SILENCE, ChildDied
from luahost.lua.frames import Splitter, pack

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from luahost.calls.run import Run
    from luahost.lua.bridge import Bridge
    from luahost.lua.child import Child

_EXIT_OF_PANIC = 1  # how LuaJIT ends a process that has no memory left for an error
_OUT_OF_MEMORY = 11  # luahost.lua.worker.OUT_OF_MEMORY, which is not imported here


def run_in_child(bridge: Bridge, run: Run, start: dict[str, Any], child: Child) -> None:
    """Run in a process that waits for a script.

    Raises LimitExceeded, InternalError when the process died, and whatever interrupts the thread: then the process
    is to be ended.
    """
    limits = run.limits
    first = start_frame(start, limits.memory_mib)
    child.limit(limits.cpu, limits.memory_mib)
    child.send(first)
    waiting = _Waiting(child)
    cpu_left = limits.cpu

    def reply(frame: bytes) -> None:
        waiting.answered()
        child.send(frame)

    try:
        while bridge.result is None:
            left = run.remaining()
            if left is not None and left <= 0:
                raise run.wall_exceeded()
            timeout = SILENCE if left is None or left > SILENCE else left
            for frame in child.frames(timeout if cpu_left is None or cpu_left > timeout else cpu_left):
                if frame[:1] == b"Q":
                    waiting.asked()
                if frame[:1] == b"R" and run.is_over():
                    raise run.wall_exceeded()
                bridge.receive(frame, reply)
            if limits.cpu is not None and bridge.result is None:
                cpu_left = _cpu_left(child, limits.cpu)
            if child.silent:
                waiting.check()
        run.cpu_seconds = child.cpu_seconds()
    except ChildDied as died:
        raise _why(died, run) from None


def _cpu_left(child: Child, allowed: float) -> float | None:
    """Seconds that the script may compute on: at the soonest after so long it has used up its share."""
    used = child.cpu_seconds()
    if used is None:
        return None  # the kernel's own limit holds
    if used >= allowed:
        raise limit_exceeded("cpu", allowed, round(used, 3))
    return allowed - used


class _Waiting:
    """Whether a silent child waits for its host, computes, or is dead."""

    def __init__(self, child: Child) -> None:
        self._child = child
        self._open = 0
        self._lock = threading.Lock()
        self._since = time.monotonic()
        self._cpu = 0.0

    def asked(self) -> None:
        with self._lock:
            self._open += 1

    def answered(self) -> None:
        with self._lock:
            self._open -= 1
            self._since = time.monotonic()

    def check(self) -> None:
        """Called after a silence: raises InternalError when a long one has no explanation."""
        cpu = self._child.cpu_seconds()
        now = time.monotonic()
        if self._open or cpu is None or cpu - self._cpu > 0.05:
            self._since, self._cpu = now, cpu or 0.0
        elif now - self._since >= SILENCE:
            raise InternalError("the script's process has stopped: it neither computes nor waits", hint="run it again")


def _why(died: ChildDied, run: Run) -> LuaHostError:
    """What a child's death means."""
    limits = run.limits
    if died.signal == signal.SIGXCPU:
        return limit_exceeded("cpu", limits.cpu, limits.cpu or 0)
    if died.status == _OUT_OF_MEMORY or (died.status == _EXIT_OF_PANIC and limits.memory_mib):
        return limit_exceeded("memory_mib", limits.memory_mib, limits.memory_mib or 0)
    if died.signal == signal.SIGSYS:
        how = "was ended by the kernel: it asked for a system call that no script needs"
    elif died.signal:
        how = f"was ended by signal {died.signal} ({signal.Signals(died.signal).name})"
    else:
        how = f"ended with status {died.status}"
    said = died.said.splitlines()[-1][:200] if died.said else ""
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
    from luahost.lua.engine import Engine, EngineError, compiled

    answers: SimpleQueue[bytes] = SimpleQueue()
    answers.put(pack(start_frame(start, run.limits.memory_mib)))
    splitter = Splitter()
    stop = pack(b"X0 ")
    ended: list[BaseException] = []
    cpu_started = time.thread_time()

    def check() -> None:
        left = run.remaining()
        if left is not None and left <= 0:
            raise run.wall_exceeded()
        if run.limits.cpu is not None and time.thread_time() - cpu_started > run.limits.cpu:
            raise limit_exceeded("cpu", run.limits.cpu, round(time.thread_time() - cpu_started, 2))

    def reply(frame: bytes) -> None:
        answers.put(pack(frame))

    def border(data: bytes) -> bytes:
        """Never raises into Lua: what goes wrong here ends the run, and is raised when Lua has returned."""
        try:
            if ended:
                return stop
            check()
            if not data:
                return answers.get(timeout=run.remaining())
            for frame in splitter.feed(data):
                if frame[:1] != b"T":
                    bridge.receive(frame, reply)
        except Empty:
            ended.append(run.wall_exceeded())
        except BaseException as error:  # noqa: BLE001
            ended.append(error)
        return stop if ended else b""

    def note() -> None:
        ended.append(KeyboardInterrupt())
        answers.put(stop)  # wakes a script that waits

    try:
        with _signals_noted(note):
            Engine(border, compiled(), guarded=True).run()
    except EngineError as error:
        if not ended:
            raise InternalError(f"the Lua state ended: {error}") from None
    if ended:
        raise ended[0]
    if bridge.result is None:
        raise Cancelled("the run ended without a result")
