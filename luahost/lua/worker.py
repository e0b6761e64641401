"""A script's process: an interpreter that owns one Lua state at a time and knows no credential.

Descriptor 0 brings bytes from the host and 1 takes them to it; what they mean is written in luahost/lua/border.lua.
There are three ways to become one: `serve_one` is a process that the host has executed for a single run, `serve_chunks`
one whose state lasts, and `serve_forks` the parent of a pool's processes, which never reads a script itself. All make
their Lua state, put up their walls, and only then is a script read. Whatever goes wrong ends the process: the host sees
that, and says so.
"""

from __future__ import annotations

import _thread
import os
import select
import sys
from contextlib import suppress

from luahost.lua import confine
from luahost.lua.engine import Engine, EngineError, compiled

TYPE_CHECKING = False
if TYPE_CHECKING:
    from _socket import socket

    from luahost.lua.engine import Code

HOST_LOST, OUT_OF_MEMORY, BROKEN, SPENT = 10, 11, 12, 13
"""Exit codes: the host is gone; memory ended where no error could be raised; a fault of the engine's own; what runs
have left in this process leaves no room for the state of the next, which has not begun."""

_CHUNK = 1 << 14
_ASK = b"\3\0\0\0T0 "  # what lasting.lua asks: may this go on?
_HIGHEST_FD = min(max(os.sysconf("SC_OPEN_MAX"), 1 << 16), 1 << 20)


def _border(data: bytes) -> bytes:
    """What a state calls: bytes to write, or none to wait for some. It never raises into Lua."""
    try:
        if data:
            if os.write(1, data) != len(data):
                os._exit(HOST_LOST)  # a pipe takes all, or the interruption has killed us
            return b""
        return os.read(0, _CHUNK) or os._exit(HOST_LOST)
    except MemoryError:
        os._exit(OUT_OF_MEMORY)
    except BaseException:  # noqa: BLE001 (whatever it is, no script may see it)
        os._exit(HOST_LOST)


def _guarded_run(engine: Engine) -> None:
    """Run one script; a state that ends in any other way than by its last frame ends the process."""
    try:
        engine.run()
    except EngineError as error:
        with suppress(OSError):
            os.write(2, str(error).encode("utf-8", "replace")[:4096])
        os._exit(OUT_OF_MEMORY if error.memory else BROKEN)
    except MemoryError:
        os._exit(OUT_OF_MEMORY)  # to tell where it was raised, Python would open files


def _rest() -> None:
    """Wait to be ended: a process that leaves by itself takes processor time from a host that has better to do."""
    while os.read(0, _CHUNK):
        pass
    os._exit(0)


def _watch_host() -> None:
    """Where no signal comes when the host is gone, a thread sees the pipe hang up, even while a script loops."""
    poll = select.poll()
    poll.register(0, 0)  # POLLHUP is always reported: the last writer has closed

    def watch() -> None:
        poll.poll()
        os._exit(HOST_LOST)

    _thread.start_new_thread(watch, ())


def _close(walls: confine.Walls, parent: int) -> None:
    """The last steps before a script is read."""
    if not walls.parent_death_signal and not walls.filtered:  # a filtered process can have no thread
        _watch_host()
    walls.close(parent)


def _take_limits() -> None:
    """Where a host cannot set another process's limits, its first bytes say what this one sets for itself."""
    if not confine.SET_BY_HOST:
        cpu, memory = os.read(0, 32).split()
        confine.limit(0, int(cpu) or None, int(memory) or None)


def _alone() -> int:
    """Cut this process off from what it was started with; gives the process that started it."""
    os.closerange(3, _HIGHEST_FD)
    if hasattr(os, "SCHED_BATCH"):  # a script computes: waking must not take the processor from its host
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
    os.chdir("/")
    return int(sys.argv[1])


def _hello(seal: confine.Seal) -> bytes:
    return b"%d\n%s" % (seal.space, seal.encode())


def serve_one() -> None:
    """Serve one run in this very process."""
    parent = _alone()
    walls = confine.Walls()
    engine = Engine(_border)
    hello = _hello(walls.seal(parent))
    os.write(1, len(hello).to_bytes(4, "little") + hello)
    _take_limits()
    _close(walls, parent)
    _guarded_run(engine)
    _rest()


class _Inbox:
    """What has come from the host: its bytes as the state takes them, and whether the chunk that runs is to stop.

    See luahost/lua/lasting.lua: S<n> begins chunk n, X<n> stops it.
    """

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._head = b""  # of the frame that is coming, as far as it is looked at
        self._skip = 0  # bytes of it that say nothing here
        self._chunk = b""
        self._poll = select.poll()
        self._poll.register(0, select.POLLIN)
        self.stopped = False

    def _receive(self) -> None:
        data = os.read(0, _CHUNK) or os._exit(HOST_LOST)
        self._pieces.append(data)
        while data:
            taken = min(self._skip or 1, len(data))
            if self._skip:
                self._skip -= taken
            else:
                self._look(data[:1])
            data = data[taken:]

    def _look(self, byte: bytes) -> None:
        """A further byte of a frame's head: its length, its letter, and the number of those that count."""
        self._head += byte
        size = int.from_bytes(self._head[:4], "little")
        kind = self._head[4:5]
        if len(self._head) < 5 or (kind in b"SX" and byte != b" " and len(self._head) < size + 4):
            return
        number = self._head[5:].strip()
        if kind == b"S":
            self._chunk, self.stopped = number, False
        elif kind == b"X":
            self.stopped = number == self._chunk
        self._skip, self._head = size + 4 - len(self._head), b""

    def take(self) -> bytes:
        """The next bytes for the state; waits for them."""
        if not self._pieces:
            self._receive()
        return self._pieces.pop(0)

    def is_stopped(self) -> bool:
        """Whether the chunk that runs is to stop; what answers came before that is kept."""
        while not self.stopped and self._poll.poll(0):
            self._receive()
        return self.stopped


def serve_chunks() -> None:
    """Serve one state that lasts: chunk after chunk, until the host goes away."""
    parent = _alone()
    walls = confine.Walls()
    inbox = _Inbox()

    def border(data: bytes) -> bytes:
        try:
            if data == _ASK:
                return b"stop" if inbox.is_stopped() else b""
            return inbox.take() if not data else _border(data)
        except MemoryError:
            os._exit(OUT_OF_MEMORY)
        except BaseException:  # noqa: BLE001 (whatever it is, no script may see it)
            os._exit(HOST_LOST)

    engine = Engine(border, lasting=True)
    hello = _hello(walls.seal(parent))
    os.write(1, len(hello).to_bytes(4, "little") + hello)
    _take_limits()
    _close(walls, parent)
    _guarded_run(engine)
    _rest()


def serve_forks() -> None:
    """Fork a process whenever the host asks for one on descriptor 0, a socket; report how each has ended.

    A request is a letter and a number in four bytes: F, fork, answered with a process id and the host's two ends
    of its pipes; W, wait for that process, answered with its status. The second argument says whether processes
    serve more than one run.
    """
    parent = _alone()
    import _socket  # what socket is made of, without what it imports: each child shares this memory
    import gc

    control = _socket.socket(fileno=0)
    walls = confine.Walls()
    code = compiled()
    engine = Engine(_border, code, eager=True)
    gc.disable()  # what lives here lives for ever, and is shared with those who are forked
    me = os.getpid()
    os.write(0, _hello(walls.seal(parent)))
    _fork_when_asked(control)
    _close(walls, me)
    _take_limits()
    _guarded_run(engine)
    if sys.argv[2] == "reuse":
        _serve_many(code)
    _rest()


def _serve_many(code: Code) -> None:
    """Run one script after another, each in a state of its own, made while the host is busy with the last result."""
    while True:
        try:
            engine = Engine(_border, code, max_memory=0)
        except Exception:  # noqa: BLE001 (of whatever kind want of memory is here; to tell, Python would open files)
            os._exit(SPENT)
        _take_limits()
        _guarded_run(engine)


def _fork_when_asked(control: socket) -> None:
    """Returns in each process that is forked."""
    from _socket import SCM_RIGHTS, SOL_SOCKET

    while True:
        request = os.read(0, 5)  # the host writes each at once
        if not request:
            os._exit(0)
        number = int.from_bytes(request[1:], "little")
        if request[:1] == b"W":
            _, status = os.waitpid(number, 0)
            os.write(0, status.to_bytes(4, "little"))
            continue
        (to_child, write_to), (read_from, from_child) = os.pipe(), os.pipe()
        pid = os.fork()
        if pid == 0:
            control.detach()
            os.dup2(to_child, 0)
            os.dup2(from_child, 1)
        else:
            ends = b"".join(fd.to_bytes(4, sys.byteorder) for fd in (write_to, read_from))
            control.sendmsg([pid.to_bytes(4, "little")], [(SOL_SOCKET, SCM_RIGHTS, ends)])
        for fd in (to_child, write_to, read_from, from_child):
            os.close(fd)
        if pid == 0:
            return
