"""The host's handle on one process that runs scripts: exchange frames, watch its time, end it."""

from __future__ import annotations

import os
import select
import threading
import time

# signal itself makes enumerations of them, for half a millisecond; type checkers do not know what it is made of.
from _signal import SIGKILL  # type: ignore[import-not-found]
from contextlib import suppress

from luahost.errors import InternalError
from luahost.lua import confine
from luahost.lua.frames import Splitter, pack
from luahost.lua.spawn import start

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from luahost.lua.spawn import Process

SILENCE = 30.0
"""Seconds after which a process that neither computes nor waits for its host, or takes no answer, counts as dead."""

_CHUNK = 1 << 16  # the allocator maps larger pieces anew each time
_MIB = 1 << 20
_MAX_DIGITS = 15
_PAGE = os.sysconf("SC_PAGESIZE")
_LITTLE = 0.0005  # seconds of processor time
_KEPT = 12 << 20  # bytes that a process may have kept of its last run, and still serve another
_SLACK = 10  # seconds of processor time for which a process that serves many runs keeps the kernel's limit as it is


class ChildDied(Exception):
    """The process ended without a result: `signal` killed it, or it left with `status`; `said` is its last words."""

    def __init__(self, status: int, said: str = "") -> None:
        self.signal = -status if status < 0 else None
        self.status = status
        self.said = said
        super().__init__(f"status {status}: {said}")


class Child:
    """A process that waits for what to run.

    `send` may be called from any thread; everything else from the one that runs the script.

    source  the descriptor that its frames come from
    seal    which walls stand
    space   bytes of address space that it had before any script
    reap    waits for the process to end, and gives its exit code, negative for a signal
    """

    def __init__(
        self, pid: int, to: int, source: int, *, seal: confine.Seal, space: int, reap: Callable[[int], int]
    ) -> None:
        self.pid = pid
        self.seal = seal
        self.runs = 0
        self.source = source
        self._to = to
        self._space = space
        self._reap = reap
        self._poll = select.poll()
        self._poll.register(source, select.POLLIN)
        self._splitter = Splitter()
        self._sending = threading.Lock()
        self._status: int | None = None
        self._closed = False
        self._cpu_used: float | None = None
        self._statm: int | None = None
        self._wake: tuple[int, int] | None = None
        self._deadline: float | None = None
        self._cpu_before = 0.0
        self._limited: tuple[int | None, int | None] = (None, None)
        os.set_blocking(to, False)  # a child that takes no answers must not hold up its host

    # -- one run --------------------------------------------------------------------------------------------

    def limit(self, cpu: float | None, memory_mib: int | None, deadline: float | None) -> None:
        """Set what the next run may use: seconds of processor time, and MiB beyond what the process has taken.

        `deadline` is when the run is over, on the monotonic clock.
        """
        self.runs += 1
        self._deadline = deadline
        self._cpu_before = self._cpu_clock() or 0.0
        # The kernel counts whole seconds from the start of the process. It is the second line, and may come later.
        seconds = None if cpu is None else int(self._cpu_before + cpu) + 2
        if self.runs > 1 and seconds and self._limited[0] and 0 <= self._limited[0] - seconds < _SLACK:
            seconds = self._limited[0]
        elif self.runs > 1 and seconds:
            seconds += _SLACK
        space = None if memory_mib is None else self._space + memory_mib * _MIB
        if not confine.SET_BY_HOST:
            self._write((b"%d %d" % (seconds or 0, space or 0)).ljust(32))
        elif self._limited != (seconds, space):
            try:
                confine.limit(self.pid, seconds, space)
            except OSError as error:
                raise InternalError(f"the limits of the script's process cannot be set: {error.strerror}") from None
        self._limited = (seconds, space)

    def send(self, frame: bytes, within: float | None = None) -> None:
        """Send one frame; a child that is gone, or takes nothing for 30 s, is noticed where its frames are read.

        `within` so many seconds it must be taken, and whatever else is sent meanwhile.
        """
        if within is not None:
            self._deadline = time.monotonic() + within
        if not self._sending.acquire(timeout=-1 if within is None else within):
            return
        try:
            if not self._closed:
                self._write(pack(frame))
        finally:
            self._sending.release()

    def send_all(self, frames: Iterable[bytes]) -> None:
        """Send several, likewise."""
        for frame in frames:
            self.send(frame)

    def send_at_once(self, frame: bytes) -> bool:
        """Send one frame if nobody has to wait for that; whether it was sent."""
        data = pack(frame)
        if len(data) > select.PIPE_BUF or not self._sending.acquire(blocking=False):
            return False
        try:
            if not self._closed:
                os.write(self._to, data)  # of so few bytes it takes all, or none
        except BlockingIOError:
            return False
        except BrokenPipeError:
            pass
        finally:
            self._sending.release()
        return True

    def offer(self, frame: bytes) -> memoryview | None:
        """Send as much of the first frame of a run as is taken at once; what is left is for `send_rest`."""
        data = pack(frame)
        try:
            taken = os.write(self._to, data)
        except BrokenPipeError:
            return None
        except BlockingIOError:
            taken = 0
        return memoryview(data)[taken:] if taken < len(data) else None

    def send_rest(self, data: memoryview) -> None:
        """Send the rest of a frame, likewise from any thread."""
        with self._sending:
            if not self._closed:
                self._write(data)

    def _write(self, data: bytes | memoryview) -> None:
        with suppress(BrokenPipeError):
            while data:
                try:
                    data = data[os.write(self._to, data) :]
                except BlockingIOError:
                    poll = select.poll()
                    poll.register(self._to, select.POLLOUT)
                    left = SILENCE if self._deadline is None else self._deadline - time.monotonic()
                    if not poll.poll(max(0.0, min(left, SILENCE)) * 1000):
                        self.kill()
                        return
                    data = memoryview(data)  # what is left is not copied each time

    def wait(self, seconds: float) -> bool:
        """Wait so long until it says something, or until `wake`; whether it has said something."""
        ready = self._poll.poll(max(0.0, seconds) * 1000)
        return any(descriptor == self.source for descriptor, _ in ready)

    def frames(self) -> Iterable[bytes]:
        """The frames that have come; none where it is a part of one. It has said something: see `wait`.

        Raises ChildDied at the end of the child's output, InternalError for what is not a frame.
        """
        data = os.read(self.source, _CHUNK)
        if not data:
            raise ChildDied(self.end(), self.last_words())
        return self._splitter.feed(data)

    def left_over(self) -> Iterable[bytes]:
        """The frames that came with the last ones and were not taken, since something went wrong before."""
        return self._splitter.feed(b"")

    def wake(self) -> None:
        """Have `wait` return early, now or when it is next called; from any thread, after `allow_wake`."""
        if self._wake is not None:
            os.write(self._wake[1], b"\0")

    def allow_wake(self) -> None:
        """Get ready for `wake`. One pipe does for all runs: each call of the kernel lets other threads in between."""
        if self._wake is None:
            self._wake = os.pipe()
            os.set_blocking(self._wake[0], False)
            self._poll.register(self._wake[0], select.POLLIN)

    def forget_wake(self) -> None:
        """Undo a `wake` that came when nobody waited any more."""
        if self._wake is not None:
            with suppress(BlockingIOError):
                os.read(self._wake[0], _CHUNK)

    def cpu_seconds(self) -> float | None:
        """Processor time of this run so far, None where the system does not tell."""
        now = self._cpu_clock()
        self._cpu_used = None if now is None else now - self._cpu_before
        return self._cpu_used

    def _cpu_clock(self) -> float | None:
        try:
            return time.clock_gettime(~self.pid << 3 | 2)  # linux: CPUCLOCK_SCHED of a process, clock_getcpuclockid(3)
        except (OSError, OverflowError, AttributeError):
            return None

    def is_ready(self) -> bool:
        """Whether it waits for a script: it lives, and has said nothing since its last result."""
        return self._splitter.empty and self._status is None and not self._poll.poll(0)

    def was_brief(self) -> bool:
        """Whether its last run computed too little to have made it grow: a page takes time to be had."""
        return self._cpu_used is not None and self._cpu_used < _LITTLE

    def has_grown(self) -> bool:
        """Whether it has kept memory of its last run, which the next one would miss."""
        if self._statm is None:
            try:
                self._statm = os.open(f"/proc/{self.pid}/statm", os.O_RDONLY | os.O_CLOEXEC)
            except OSError:
                return True  # not to be known: better a new one
        try:
            pages = int(os.pread(self._statm, 64, 0).split()[0])
        except (OSError, IndexError):  # it is gone
            return True
        return pages * _PAGE > self._space + _KEPT

    def last_words(self) -> str:
        """What it has written to its standard error."""
        return ""

    # -- its end --------------------------------------------------------------------------------------------

    def kill(self) -> None:
        """Have it end, without waiting for that."""
        if self._status is None:
            with suppress(ProcessLookupError, PermissionError):  # macOS says the latter of a zombie
                os.kill(self.pid, SIGKILL)

    def end(self) -> int:
        """End it, and give how it ended."""
        if self._status is None:
            self.kill()
            self._status = self._reap(self.pid)
        return self._status

    def close(self) -> None:
        """End it and forget it. Calling it again does nothing."""
        if self._closed:
            return
        self.end()
        with self._sending:
            self._closed = True
            for fd in (self._to, self.source, self._statm, *(self._wake or ())):
                if fd is not None:
                    os.close(fd)


def _wait(pid: int) -> int:
    try:
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    except ChildProcessError:  # this program ignores SIGCHLD, or another part of it has waited
        return -int(SIGKILL)


class Single(Child):
    """A process that was executed for one run, and says itself how it is sealed."""

    def __init__(self, process: Process | None = None) -> None:
        """Take over a process that `spawn.start` has started, or start one. It becomes ready in its own time."""
        pid, to, source, self._errors = process or start()
        super().__init__(pid, to, source, seal=confine.Seal({}), space=0, reap=_wait)

    def meet(self) -> None:
        """Wait until it is ready. Raises InternalError where it does not become so."""
        until = time.monotonic() + SILENCE
        try:
            while True:
                if not self.wait(until - time.monotonic()):
                    raise InternalError("the script's process does not get ready", hint="run it again")
                for frame in self.frames():
                    space, _, seal = frame.partition(b"\n")
                    if not space.isdigit() or len(space) > _MAX_DIGITS:
                        raise InternalError("the script's process does not say how it is sealed", hint="run it again")
                    self._space, self.seal = int(space), confine.Seal.decode(seal)
                    return
        except ChildDied as died:
            raise InternalError(f"the script's process cannot start: {died.said or died.status}") from None

    def last_words(self) -> str:
        with suppress(OSError):
            os.set_blocking(self._errors, False)
            return os.read(self._errors, 4096).decode("utf-8", "replace").strip()
        return ""

    def close(self) -> None:
        if not self._closed:
            super().close()
            os.close(self._errors)
