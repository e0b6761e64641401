"""Waiting on an event loop."""

from __future__ import annotations

import threading
from concurrent.futures import Future as Outcome
from contextlib import suppress
from contextvars import copy_context
from types import coroutine
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import ref

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop, Future, TimerHandle
    from collections.abc import Callable, Coroutine, Generator

    from luahost.calls.cancellation import Cancellation
    from luahost.lua.child import Child

T = TypeVar("T")


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
        outcome: Outcome[T] = Outcome()

        def do(run: Coroutine[Any, Any, Any]) -> None:
            try:
                outcome.set_result(self._context.copy().run(work))
            except BaseException as problem:  # noqa: BLE001 (raised again below, where somebody waits)
                outcome.set_exception(problem)
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
        return outcome.result()

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
