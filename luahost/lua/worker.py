"""The child process: a fresh interpreter that owns one Lua state and knows no credential.

It is started by `luahost.lua.child`, isolated (`-I -S`), with an empty environment but TZ. Descriptor 0
brings frames from the host and 1 takes them to it; each is a length of four bytes, little-endian, and that
many bytes. Whatever goes wrong ends this process: the host sees that, and says so.
"""

from __future__ import annotations

import _thread
import os
import select

from luahost.lua import confine
from luahost.lua.engine import Engine, EngineError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from _thread import LockType

_HIGHEST_FD = 1 << 16


def _watch_host(ready: LockType) -> None:
    """End this process when its host is gone, even in the middle of a loop that reads nothing."""
    poll = select.poll()
    poll.register(0, 0)  # POLLHUP is always reported: the last writer has closed
    ready.release()
    poll.poll()
    os._exit(1)


def _read(size: int) -> bytes:
    parts = []
    while size:
        part = os.read(0, size)
        if not part:
            os._exit(1)
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def _write(data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(1, view) :]


def _receive() -> bytes:
    return _read(int.from_bytes(_read(4), "little"))


def _border(frame: bytes) -> bytes:
    """Submit a frame, or wait for the host's next one. Never raises into Lua."""
    try:
        if frame:
            _write(len(frame).to_bytes(4, "little") + frame)
            return b""
        return _receive()
    except BaseException:  # noqa: BLE001 (a host that is gone, or memory that is: both end this process)
        os._exit(1)


def main() -> None:
    """Serve one run, then wait to be ended: the host need not wait for an interpreter's goodbye."""
    os.closerange(3, _HIGHEST_FD)
    os.chdir("/")
    watching = _thread.allocate_lock()
    watching.acquire()
    _thread.start_new_thread(_watch_host, (watching,))
    engine = Engine()
    # glibc reserves address space for a thread's first allocation: it must not count as the script's memory.
    watching.acquire()
    confine.apply(_receive())
    try:
        engine.run(_border, guarded=False)
    except EngineError as error:
        os.write(2, str(error).encode("utf-8", "replace")[:4096])
        os._exit(3)
    os._exit(0)
