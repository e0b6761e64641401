"""The host's handle on one child process: exchange frames, end it."""

from __future__ import annotations

import os
import select
import signal
import threading
from contextlib import suppress

from luahost.errors import InternalError
from luahost.lua.spawn import start

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from luahost.lua.spawn import Process

MAX_FRAME = 64 << 20
"""Bytes of the largest frame that a child may send; a longer one ends the run."""

_CHUNK = 1 << 18


class ChildDied(Exception):
    """The child ended without a result: `signal` killed it, or it left with `status`; `stderr` is what it said."""

    def __init__(self, status: int, stderr: str) -> None:
        self.signal = -status if status < 0 else None
        self.status = status
        self.stderr = stderr
        super().__init__(f"status {status}: {stderr}")


class Child:
    """A child process that waits for what to run. Use it for one run, then `close` it.

    `send` may be called from any thread; everything else from the one that made it.
    """

    def __init__(self, process: Process | None = None) -> None:
        """Take over a process that `spawn.start` has started, or start one."""
        self.pid, self._to, self._from, self._errors = process or start()
        self._poll = select.poll()
        self._poll.register(self._from, select.POLLIN)
        self._buffer = bytearray()
        self.silent = False
        """Whether nothing at all came in the last wait of `frames`."""
        self._sending = threading.Lock()
        self._status: int | None = None
        self._closed = False

    def send(self, frame: bytes) -> None:
        """Send one frame; a child that is gone is noticed where its frames are read."""
        view = memoryview(len(frame).to_bytes(4, "little") + frame)
        with self._sending:
            if self._closed:
                return
            with suppress(BrokenPipeError):
                while view:
                    view = view[os.write(self._to, view) :]

    def frames(self, timeout: float | None) -> Iterator[bytes]:
        """The frames that came within `timeout` seconds (None: for ever); none when it passed first.

        None also comes of a part of a frame; `silent` tells the two apart.

        Raises ChildDied at the end of the child's output, InternalError for what is not a frame.
        """
        self.silent = not self._poll.poll(None if timeout is None else max(0.0, timeout) * 1000)
        if not self.silent:
            data = os.read(self._from, _CHUNK)
            if not data:
                raise self._died()
            self._buffer += data
        buffer, at = self._buffer, 0
        try:
            while len(buffer) - at >= 4:
                size = int.from_bytes(buffer[at : at + 4], "little")
                if not 0 < size <= MAX_FRAME:
                    raise InternalError("the child process sent something that is not a frame")
                if len(buffer) - at - 4 < size:
                    break
                frame = bytes(buffer[at + 4 : at + 4 + size])
                at += 4 + size
                yield frame
        finally:
            del buffer[:at]

    def cpu_seconds(self) -> float | None:
        """The child's processor time so far, None where the system does not tell."""
        try:
            with open(f"/proc/{self.pid}/stat", "rb") as file:  # noqa: PTH123
                after_name = file.read().rsplit(b") ", 1)[1].split()
        except OSError:
            return None
        return (int(after_name[11]) + int(after_name[12])) / os.sysconf("SC_CLK_TCK")

    def _died(self) -> ChildDied:
        self._end()
        said = b""
        with suppress(OSError):
            os.set_blocking(self._errors, False)
            said = os.read(self._errors, 4096)
        return ChildDied(self._status or 0, said.decode("utf-8", "replace").strip())

    def _end(self) -> None:
        if self._status is None:
            with suppress(ProcessLookupError, PermissionError):  # macOS says the latter of a zombie
                os.killpg(self.pid, signal.SIGKILL)
            _, status = os.waitpid(self.pid, 0)
            self._status = os.waitstatus_to_exitcode(status)

    def close(self) -> None:
        """End the child and everything that it started, and forget it. Calling it again does nothing."""
        if self._closed:
            return
        self._end()
        with self._sending:
            self._closed = True
            for fd in (self._to, self._from, self._errors):
                os.close(fd)
