"""One run on behalf of a client: followed while it goes on, ended when its client has gone."""

from __future__ import annotations

import asyncio
import secrets
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

import anyio
from mcp.shared.exceptions import MCPError
from mcp_types import INTERNAL_ERROR

from luahost.agents import ToolResult, perform_async
from luahost.agents.tools import EXECUTE
from luahost.calls.cancellation import Cancellation
from luahost.calls.run import GRACE
from luahost.errors import LuaHostError
from luahost.mcp.approval import Approver

if TYPE_CHECKING:
    from collections.abc import Coroutine, Mapping

    from mcp_types import ElicitResult

    from luahost.calls.approval import ApprovalRequest, Approve
    from luahost.host import Host
    from luahost.results import CallRecord

PATIENCE = 600.0
"""Seconds that a run waits for a client to come back with an answer, where no limit ends it before."""


class Question(NamedTuple):
    """What a run asks, and where the answer goes."""

    request: ApprovalRequest
    answer: asyncio.Future[ElicitResult]


class Execution:
    """A run that goes on, whoever waits for it. It belongs to the event loop that began it."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.cancellation = Cancellation()
        self.calls = 0
        self.latest = ""
        """The call that ended last."""
        self.followed = asyncio.Event()
        """Set when there is something to tell a client that follows the run."""
        self.question: Question | None = None
        self._news: asyncio.Future[None] | None = None
        """Where somebody waits for the run, or for what it asks."""
        self._running: asyncio.Task[ToolResult]

    def begin(self, run: Coroutine[Any, Any, ToolResult]) -> None:
        """Make the run, in a task of its own, in the context of the request: what traces it finds that there."""
        self._running = self.loop.create_task(run)
        self._running.add_done_callback(self._has_ended)

    def _has_ended(self, running: asyncio.Task[ToolResult]) -> None:
        if not running.cancelled():
            running.exception()  # of one that nobody waits for any more, asyncio need not tell
        self._tell()

    def _tell(self) -> None:
        if self._news is not None and not self._news.done():
            self._news.set_result(None)

    def on_call(self, record: CallRecord) -> None:
        """Count a call; from any thread."""
        self.calls += 1
        self.latest = record.call
        self.loop.call_soon_threadsafe(self.followed.set)

    async def ask(self, request: ApprovalRequest) -> ElicitResult:
        """Put a question to whoever waits for this run, and wait for the answer."""
        self.question = Question(request, self.loop.create_future())
        self._tell()
        try:
            return await self.question.answer
        finally:
            self.question = None

    async def outcome(self) -> ToolResult | Question:
        """What came of the run, or the question that it waits for."""
        while not self._running.done():
            question = self.question
            if question is not None and not question.answer.done():
                return question
            self._news = self.loop.create_future()
            await self._news
        return self._running.result()

    def cancel(self) -> None:
        """End the run: its process is killed, and no further write leaves."""
        self.cancellation.cancel()

    async def end(self) -> None:
        """End the run, and wait until it has; shielded, for a task group cancels those in it again and again."""
        self.cancel()
        with anyio.move_on_after(GRACE, shield=True):
            await asyncio.wait([self._running])


class Executions:
    """All runs that have not ended, and those that wait for their client to come back with an answer."""

    def __init__(self, host: Host, options: Mapping[str, Any], max_chars: int) -> None:
        self._host = host
        self._options = options
        self._max_chars = max_chars
        self._warming: asyncio.Task[None] | None = None
        self._going_on: set[Execution] = set()
        self._parked: dict[str, tuple[Execution, Any]] = {}
        self._is_ending = False

    def warm(self) -> None:
        """Have everything ready that the first run needs, in its own time."""
        self._warming = asyncio.create_task(self._warm())

    async def _warm(self) -> None:
        with suppress(LuaHostError):  # the first run will say it
            await self._host.run_async("return")

    def begin(self, arguments: Any, *, ask: Approve | None, follow: bool, owner: str | None) -> Execution:
        """Begin a run of `execute_lua`; without `ask` it asks whoever waits for it. Raises MCPError after `close`."""
        if self._is_ending:
            raise MCPError(INTERNAL_ERROR, "the server is ending, and begins no further run")
        execution = Execution()
        options = {
            **self._options,
            "approve": ask or Approver(execution.ask),
            "cancellation": execution.cancellation,
            "owner": owner,
            **({"on_call": execution.on_call} if follow else {}),
        }
        execution.begin(perform_async(self._host, EXECUTE.name, arguments, max_chars=self._max_chars, **options))
        self._going_on.add(execution)
        return execution

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
