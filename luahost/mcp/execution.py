"""One run on behalf of a client: made in a thread, followed while it goes on, ended when its client has gone."""

from __future__ import annotations

import asyncio
import secrets
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from contextvars import copy_context
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import anyio
from mcp.shared.exceptions import MCPError
from mcp_types import INTERNAL_ERROR

from luahost.agents import ToolResult, perform
from luahost.agents.tools import EXECUTE
from luahost.calls.cancellation import Cancellation
from luahost.calls.run import GRACE
from luahost.mcp.approval import Approver

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mcp_types import ElicitResult

    from luahost.calls.approval import ApprovalRequest, Approve
    from luahost.host import Host
    from luahost.results import CallRecord

MOST = 64
"""Runs at a time; further ones wait."""

PATIENCE = 600.0
"""Seconds that a run waits for a client to come back with an answer, where no limit ends it before."""


class Question(NamedTuple):
    """What a run asks, and where the answer goes."""

    request: ApprovalRequest
    answer: asyncio.Future[ElicitResult]


class Execution:
    """A run that goes on, whoever waits for it. It belongs to the event loop that began it."""

    def __init__(self, on_end: Callable[[Execution, ToolResult | BaseException], None]) -> None:
        self.loop = asyncio.get_running_loop()
        self._on_end = on_end
        self.cancellation = Cancellation()
        self.calls = 0
        self.latest = ""
        """The call that ended last."""
        self.followed = asyncio.Event()
        """Set when there is something to tell a client that follows the run."""
        self.question: Question | None = None
        self._news = asyncio.Event()
        self._over = asyncio.Event()
        self._came: ToolResult | BaseException | None = None

    def make(self, run: Callable[[], ToolResult]) -> None:
        """Make the run, in whatever thread this is called."""
        try:
            came: ToolResult | BaseException = run()
        except BaseException as problem:  # noqa: BLE001 (raised again where somebody waits)
            came = problem
        self._on_end(self, came)

    def over(self, came: ToolResult | BaseException) -> None:
        """Tell whoever waits what came of it; on the event loop."""
        self._came = came
        self._news.set()
        self._over.set()

    def on_call(self, record: CallRecord) -> None:
        """Count a call; from any thread."""
        self.calls += 1
        self.latest = record.call
        self.loop.call_soon_threadsafe(self.followed.set)

    async def ask(self, request: ApprovalRequest) -> ElicitResult:
        """Put a question to whoever waits for this run, and wait for the answer."""
        self.question = Question(request, self.loop.create_future())
        self._news.set()
        try:
            return await self.question.answer
        finally:
            self.question = None

    async def outcome(self) -> ToolResult | Question:
        """What came of the run, or the question that it waits for."""
        while True:
            if isinstance(self._came, BaseException):
                raise self._came
            if self._came is not None:
                return self._came
            question = self.question
            if question is not None and not question.answer.done():
                return question
            self._news.clear()
            await self._news.wait()

    def cancel(self) -> None:
        """End the run: its process is killed, and no further write leaves."""
        self.cancellation.cancel()

    async def end(self) -> None:
        """End the run, and wait until it has; shielded, for a task group cancels those in it again and again."""
        self.cancel()
        with anyio.move_on_after(GRACE, shield=True):
            await self._over.wait()


class Executions:
    """All runs that have not ended, and those that wait for their client to come back with an answer."""

    def __init__(self, host: Host, options: Mapping[str, Any], max_chars: int) -> None:
        self._host = host
        self._options = options
        self._max_chars = max_chars
        self._threads = ThreadPoolExecutor(MOST, "luahost-mcp")
        self._going_on: set[Execution] = set()
        self._ended: deque[tuple[Execution, ToolResult | BaseException]] = deque()
        self._told = False
        self._parked: dict[str, tuple[Execution, Any]] = {}
        self._is_ending = False

    def warm(self) -> None:
        """Have everything ready that the first run needs, in a thread."""
        self._threads.submit(self._host.run, "return")

    def begin(self, arguments: Any, *, ask: Approve | None, follow: bool, owner: str | None) -> Execution:
        """Begin a run of `execute_lua`; without `ask` it asks whoever waits for it. Raises MCPError after `close`."""
        if self._is_ending:
            raise MCPError(INTERNAL_ERROR, "the server is ending, and begins no further run")
        execution = Execution(self._end_soon)
        options = {
            **self._options,
            "approve": ask or Approver(execution.ask),
            "loop": execution.loop,
            "cancellation": execution.cancellation,
            "owner": owner,
            **({"on_call": execution.on_call} if follow else {}),
        }
        run = partial(perform, self._host, EXECUTE.name, arguments, max_chars=self._max_chars, **options)
        # In the request's own context, which says what it is part of to those who trace it.
        self._threads.submit(copy_context().run, execution.make, run)
        self._going_on.add(execution)
        return execution

    def _end_soon(self, execution: Execution, came: ToolResult | BaseException) -> None:
        """From the thread of a run. The event loop is woken once for all runs that end until it has turned to them."""
        self._ended.append((execution, came))
        if not self._told:
            self._told = True
            with suppress(RuntimeError):  # the loop has been closed: nobody waits any more
                execution.loop.call_soon_threadsafe(self._tell_ended)

    def _tell_ended(self) -> None:
        self._told = False  # first: a run that ends from here on wakes the loop again
        while self._ended:
            execution, came = self._ended.popleft()
            execution.over(came)

    def forget(self, execution: Execution) -> None:
        """It has ended."""
        self._going_on.discard(execution)

    # -- runs whose client has to come back ------------------------------------------------------------------

    def park(self, execution: Execution, asked: Any) -> str:
        """Keep a run until its client comes back with the name that this gives, which nobody can guess."""
        name = secrets.token_urlsafe(32)
        self._parked[name] = (execution, asked)
        execution.loop.call_later(PATIENCE, self._give_up, name)
        return name

    def resume(self, name: str, asked: Any) -> Execution | None:
        """The run of that name, once; None where there is none, or where it is of another call."""
        execution, of = self._parked.get(name, (None, None))
        if execution is None or of != asked:
            return None
        del self._parked[name]
        return execution

    def _give_up(self, name: str) -> None:
        execution, _ = self._parked.pop(name, (None, None))
        if execution is not None:
            execution.cancel()
            self.forget(execution)

    async def close(self) -> None:
        """End all runs, and begin no further one; those whose writes have been sent are awaited."""
        self._is_ending = True
        if self._going_on:
            await asyncio.gather(*(execution.end() for execution in list(self._going_on)))
        self._threads.shutdown(wait=False)
