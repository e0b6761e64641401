"""How a run waits: in a thread that has nothing else to do, or on an event loop that has.

The road of a run is written once, as coroutines that are handed a Waiting. `InThread` waits where it is called, so that
they never suspend, and `complete` need only call them. `OnLoop` gives the event loop back meanwhile: many runs share a
thread there, and take no turns at the interpreter.
"""

from __future__ import annotations

import threading

# What contextvars and weakref are made of, without what these import.
from _contextvars import copy_context
from _weakref import ref
from contextlib import suppress
from types import coroutine

TYPE_CHECKING = False
if TYPE_CHECKING:
    from asyncio import AbstractEventLoop, Future, TimerHandle
    from collections.abc import Callable, Coroutine, Generator
    from typing import Any, Protocol, TypeVar

    from luahost.calls.cancellation import Cancellation
    from luahost.lua.child import Child

    T = TypeVar("T")

    class Waiting(Protocol):
        """What a run waits for; see InThread."""

        never_blocks: bool

        async def elsewhere(self, work: Callable[[], T]) -> T: ...

        async def send(self, child: Child, frame: bytes) -> None: ...

        def replies(self, child: Child) -> Callable[[bytes], None]: ...

        def attach(self, child: Child, cancellation: Cancellation | None) -> None: ...

        async def output(self, child: Child, seconds: float) -> bool: ...

        def detach(self, child: Child, cancellation: Cancellation | None) -> None: ...


class InThread:
    """Waits in the thread that it is called in, which Ctrl-C may interrupt."""

    never_blocks = False
    """Whether nothing that takes long may be done where this waits."""

    async def elsewhere(self, work: Callable[[], T]) -> T:
        """What `work` gives, which may take long."""
        return work()

    async def send(self, child: Child, frame: bytes) -> None:
        """Send a frame, the first of a run, until it is taken."""
        child.send(frame)

    def replies(self, child: Child) -> Callable[[bytes], None]:
        """What sends the child an answer, from any thread."""
        return child.send

    def attach(self, child: Child, cancellation: Cancellation | None) -> None:
        """Before the first `output`; from now on a cancellation ends each at once."""
        if cancellation is not None:
            child.allow_wake()
            cancellation.wakes(child.wake)

    async def output(self, child: Child, seconds: float) -> bool:
        """Wait so long for something that the child says; whether it has."""
        return child.wait(seconds)

    def detach(self, child: Child, cancellation: Cancellation | None) -> None:
        """After the last `output`."""
        if cancellation is not None:
            cancellation.forget(child.wake)
            if cancellation.cancelled:
                child.forget_wake()


IN_THREAD = InThread()


def complete(run: Coroutine[Any, Any, T]) -> T:
    """What a coroutine gives that waits in this thread."""
    try:
        run.send(None)
    except StopIteration as end:
        came: T = end.value
        return came
    raise RuntimeError("a run has suspended where nobody resumes it")


@coroutine
def _suspend() -> Generator[None, bool, bool]:
    return (yield)


class OnLoop:
    """Waits on the event loop that it is made on, and drives one coroutine there: no task of the loop's, which
    whoever awaits it could cancel in the middle.

    While the coroutine waits, nothing holds it but what the loop is to call. So a loop that is closed in the middle
    lets go of it, and with that it ends: its process is given back.
    """

    never_blocks = True

    def __init__(self, loop: AbstractEventLoop) -> None:
        self._loop = loop
        self._context = copy_context()
        self._run: ref[Coroutine[Any, Any, Any]]
        self._done: Future[Any] = loop.create_future()
        self._timer: TimerHandle | None = None
        self._source: int | None = None
        """What the attached child's frames come from."""
        self._untaken: list[bytes] = []
        """Answers that the child does not take at once."""

    def drive(self, run: Coroutine[Any, Any, T]) -> Future[T]:
        """Begin it at once; its end is where this says."""
        self._run = ref(run)
        self._resume(run, None)
        return self._done

    def _resume(self, run: Coroutine[Any, Any, Any], came: Any) -> None:
        try:
            run.send(came)
        except StopIteration as end:
            if not self._loop.is_closed():
                self._done.set_result(end.value)
        except BaseException as problem:
            if not self._loop.is_closed():
                self._done.set_exception(problem)
            if not isinstance(problem, Exception):
                raise

    async def elsewhere(self, work: Callable[[], T]) -> T:
        """What `work` gives, from a thread of its own; what the child says meanwhile waits in its pipe."""
        came: list[Any] = []

        def do(run: Coroutine[Any, Any, Any]) -> None:
            try:
                came.append(self._context.copy().run(work))
            except BaseException as problem:  # noqa: BLE001 (raised again below, where somebody waits)
                came.append(problem)
                came.append(None)
            try:
                self._loop.call_soon_threadsafe(self._resume, run, None, context=self._context)
            except RuntimeError:  # the loop has been closed: nobody waits any more, and the run ends here
                self._resume(run, None)

        threading.Thread(target=do, args=(self._run(),), name="luahost-elsewhere", daemon=True).start()
        if self._source is not None:
            self._loop.remove_reader(self._source)
        await _suspend()
        if self._source is not None:
            self._watch(self._source)
        if len(came) > 1:
            raise came[0]
        found: T = came[0]
        return found

    async def send(self, child: Child, frame: bytes) -> None:
        """Send the first frame of a run; what is not taken at once, a thread sends."""
        rest = child.offer(frame)
        if rest:
            await self.elsewhere(lambda: child.send_rest(rest))

    def replies(self, child: Child) -> Callable[[bytes], None]:
        here = threading.get_ident()

        def reply(frame: bytes) -> None:
            if threading.get_ident() != here:
                child.send(frame)
            elif self._untaken or not child.send_at_once(frame):
                self._untaken.append(frame)

        return reply

    def attach(self, child: Child, cancellation: Cancellation | None) -> None:
        self._source = child.source
        self._watch(child.source)
        if cancellation is not None:
            cancellation.wakes(self._wake_soon)

    async def output(self, child: Child, seconds: float) -> bool:
        if self._untaken:  # it is heard no further before they are: it may ask without end, and take none
            untaken, self._untaken = self._untaken, []
            await self.elsewhere(lambda: child.send_all(untaken))
            return False  # so long has passed that whoever waits looks at the time again
        self._timer = self._loop.call_later(seconds, self._end_wait, False)
        return await _suspend()

    def _watch(self, source: int) -> None:
        self._loop.add_reader(source, self._end_wait, True, self._run())

    def _end_wait(self, came: bool, _: object = None) -> None:
        timer, self._timer = self._timer, None
        run = self._run()
        if timer is not None and run is not None:  # otherwise it does not wait
            timer.cancel()
            self._resume(run, came)

    def _wake_soon(self) -> None:
        with suppress(RuntimeError):  # the loop has been closed, and with it the run
            self._loop.call_soon_threadsafe(self._end_wait, False, context=self._context)

    def detach(self, child: Child, cancellation: Cancellation | None) -> None:
        self._loop.remove_reader(child.source)
        self._source = None
        if cancellation is not None:
            cancellation.forget(self._wake_soon)
