"""The process that a pool's processes are forked from: executed, key-free, sealed but for forking."""

from __future__ import annotations

import os
import socket
import sys
import threading
from contextlib import suppress

from luahost.errors import InternalError
from luahost.lua.child import SILENCE, Child
from luahost.lua.confine import Seal
from luahost.lua.spawn import above_standard, execute, pipe

_HELLO_SIZE = 4096
_MAX_DIGITS = 15
_NO_HELLO = "the parent of the processes for scripts does not say how it is sealed"


class Parent:
    """The process that the others are forked from. Thread-safe, but for the thread that makes it: it must live on."""

    def __init__(self, *, reuse: bool) -> None:
        self._lock = threading.Lock()
        self._control, other = socket.socketpair()
        socket_child = above_standard(other.detach())
        theirs = [socket_child]
        self._errors = -1
        try:
            self._errors, errors_child = pipe()
            theirs.append(errors_child)
            os.set_blocking(errors_child, False)  # nobody reads the last words of a process: they must not hold it up
            null = above_standard(os.open(os.devnull, os.O_RDWR))
            theirs.append(null)
            self.pid = execute("serve_forks", socket_child, null, errors_child, "reuse" if reuse else "once")
        except (InternalError, OSError):
            self._control.close()
            if self._errors >= 0:
                os.close(self._errors)
            raise
        finally:
            for fd in theirs:
                os.close(fd)
        self._control.settimeout(SILENCE)
        try:
            space, _, seal = self._exchange(b"", _HELLO_SIZE)[0].partition(b"\n")
            if not space.isdigit() or len(space) > _MAX_DIGITS:
                raise InternalError(_NO_HELLO, hint="run it again")  # noqa: TRY301 (ended as below)
            self.space, self.seal = int(space), Seal.decode(seal)
        except InternalError:
            self.close()
            raise

    def _exchange(self, request: bytes, size: int, fds: int = 0) -> tuple[bytes, list[int]]:
        """Ask, and give what is answered; raises InternalError where nothing is, with what the process said last."""
        with self._lock:
            try:
                self._control.sendall(request)
                found, ends = self._receive(size, fds)
            except OSError:
                found, ends = b"", []
                self._control.close()  # an answer that comes late must not be taken for another's
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

    def _receive(self, size: int, fds: int) -> tuple[bytes, list[int]]:
        """Bytes, and descriptors that no program of ours inherits: `socket.recv_fds` drops the flag for that."""
        room = socket.CMSG_SPACE(fds * 4) if fds else 0
        found, passed, _, _ = self._control.recvmsg(size, room, getattr(socket, "MSG_CMSG_CLOEXEC", 0))
        data = b"".join(data for _, _, data in passed)
        return found, [int.from_bytes(data[at : at + 4], sys.byteorder) for at in range(0, len(data) - 3, 4)]

    def fork(self) -> Child:
        """A further process, ready for a script."""
        found, ends = self._exchange(b"F\0\0\0\0", 4, 2)
        if len(ends) != 2:
            for fd in ends:
                os.close(fd)
            raise InternalError("no process for scripts can be started: no descriptor is free", hint="close some")
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
        with self._lock:
            self._control.close()
            os.close(self._errors)
            self._errors = -1
        with suppress(ProcessLookupError):
            os.kill(self.pid, 9)
        with suppress(ChildProcessError):  # somebody else in this program has waited for it
            os.waitpid(self.pid, 0)
