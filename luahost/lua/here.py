"""Running a script through a bridge in this process and thread, for scripts that are trusted.

The border is the same, and so are the limits; but a C function cannot be interrupted here, and what crashes
LuaJIT crashes this process.
"""

from __future__ import annotations

import signal
import threading
import time
from contextlib import contextmanager
from functools import cache
from queue import Empty, SimpleQueue

from luahost.calls.limits import limit_exceeded
from luahost.errors import Cancelled, InternalError
from luahost.lua.engine import Engine, EngineError, compiled
from luahost.lua.frames import Splitter, pack
from luahost.lua.wire import start_frame

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from luahost.calls.run import Run
    from luahost.lua.bridge import Bridge

_PIECE = 1 << 14  # bytes that a state is given at once; border.lua keeps room for them
_STOP = pack(b"X0 ")


_code = cache(compiled)


def run_here(bridge: Bridge, run: Run, start: dict[str, Any]) -> None:
    """Raises LimitExceeded, Cancelled, InternalError, and whatever interrupts the thread."""
    _Here(bridge, run).run(start)


class _Here:
    """One run, and the host's end of its border."""

    def __init__(self, bridge: Bridge, run: Run) -> None:
        self._bridge = bridge
        self._run = run
        self._answers: SimpleQueue[bytes] = SimpleQueue()
        self._pieces: list[bytes] = []
        self._splitter = Splitter()
        self._ended: list[BaseException] = []
        self._cpu_started = time.thread_time()

    def run(self, start: dict[str, Any]) -> None:
        memory = self._run.limits.memory_mib
        self._reply(start_frame(start, memory))
        if self._run.cancellation is not None:
            self._run.cancellation.wakes(self._cancel)
        try:
            with _signals_noted(self._interrupt):
                Engine(self._border, _code(), guarded=True, max_memory=memory and memory << 20).run()
        except EngineError as error:
            if not self._ended and error.memory and memory:
                raise limit_exceeded("memory_mib", memory, memory) from None
            if not self._ended:
                raise InternalError(f"the Lua state ended: {error}") from None
        finally:
            if self._run.cancellation is not None:
                self._run.cancellation.forget(self._cancel)
        self._run.cpu_seconds = self._cpu_seconds()
        if self._ended:
            raise self._ended[0]
        if self._bridge.result is None:
            raise Cancelled("the run ended without a result")

    def _cpu_seconds(self) -> float:
        return time.thread_time() - self._cpu_started

    def _border(self, data: bytes) -> bytes:
        """Never raises into Lua: what goes wrong here ends the run, and is raised when Lua has returned."""
        try:
            if self._ended:
                return _STOP
            self._check()
            if not data:
                return self._piece()
            for frame in self._splitter.feed(data):
                if frame[:1] != b"T":
                    self._bridge.receive(frame, self._reply)
        except Empty:
            self._ended.append(self._run.wall_exceeded())
        except BaseException as error:  # noqa: BLE001
            self._ended.append(error)
        return _STOP if self._ended else b""

    def _check(self) -> None:
        run, cpu = self._run, self._run.limits.cpu
        if run.is_over():
            raise run.wall_exceeded()
        if cpu is not None and self._cpu_seconds() > cpu:
            raise limit_exceeded("cpu", cpu, round(self._cpu_seconds(), 2))

    def _piece(self) -> bytes:
        """The next bytes for the script; waits for them as long as the run may last."""
        if not self._pieces:
            left = self._run.remaining()
            answer = self._answers.get(timeout=None if left is None else max(0.0, left))
            self._pieces = [answer[at : at + _PIECE] for at in range(0, len(answer), _PIECE)][::-1]
        return self._pieces.pop()

    def _reply(self, frame: bytes) -> None:
        self._answers.put(pack(frame))

    def _interrupt(self) -> None:
        self._end(KeyboardInterrupt())

    def _cancel(self) -> None:
        self._end(Cancelled("the run was cancelled"))

    def _end(self, error: BaseException) -> None:
        self._ended.append(error)
        self._answers.put(_STOP)  # wakes a script that waits


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
