"""What a client of MCP can ask of luahost, whatever transport it comes by."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any

from mcp.server.lowlevel import Server
from mcp.shared.exceptions import MCPError
from mcp_types import (
    INVALID_PARAMS,
    CallToolRequestParams,
    CallToolResult,
    ElicitRequest,
    ElicitRequestFormParams,
    ElicitResult,
    InputRequiredResult,
    ListResourcesResult,
    ListResourceTemplatesResult,
    ListToolsResult,
    ReadResourceResult,
    Tool,
)
from mcp_types.version import MODERN_PROTOCOL_VERSIONS

from luahost import __version__
from luahost.agents import TOOLS, ToolResult, definitions, perform, system_prompt
from luahost.agents.dialects import call_tool_result
from luahost.agents.perform import refused
from luahost.agents.tools import EXECUTE
from luahost.errors import UsageError
from luahost.mcp import resources
from luahost.mcp.approval import SCHEMA, Approver, can_ask, question, refuse
from luahost.mcp.execution import Execution, Executions, Question

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from mcp.server import ServerRequestContext
    from mcp.server.context import CallNext, HandlerResult
    from mcp_types import PaginatedRequestParams, ReadResourceRequestParams

    from luahost.calls.approval import ApprovalRequest, Approve
    from luahost.host import Host

PAUSE = 0.25
"""Seconds between two notifications of progress, at least."""

HEARTBEAT = 10.0
"""Seconds after which a run that makes no call is said to go on."""

ANSWER = "approve"
"""The name of the question in a result that asks one."""

WITH_DATA = ("2025-06-18", "2025-11-25")
"""The versions whose result of a tool is as `call_tool_result` writes it, data and all."""

_CALL = {"name", "arguments", "_meta"}  # what a call of a tool may have in these versions


class Service:
    """The requests of all clients, answered by one host. `options` are those of `Host.run`, for every run."""

    def __init__(self, host: Host, options: Mapping[str, Any], *, max_chars: int) -> None:
        self._host = host
        self._max_chars = max_chars
        self.executions = Executions(host, options, max_chars)
        self._tools = ListToolsResult(tools=[Tool.model_validate(each) for each in definitions("mcp")])

    def close(self) -> None:
        """Close the host; runs have ended before."""
        self._host.close()

    def server(self) -> Server[Any]:
        """The protocol's side of it."""
        made: Server[Any] = Server(
            "luahost",
            version=__version__,
            title="luahost",
            instructions=system_prompt(self._host),
            get_tool_input_schema=lambda name: TOOLS[name].input_schema if name in TOOLS else None,
            on_list_tools=self._list_tools,
            on_call_tool=self._call_tool,
            on_list_resources=self._list_resources,
            on_list_resource_templates=self._list_templates,
            on_read_resource=self._read_resource,
        )
        # In place of a span of OpenTelemetry for each message, which nobody exports.
        made.middleware[:] = [self._at_once]
        return made

    # -- the reference ---------------------------------------------------------------------------------------

    async def _list_tools(self, _: ServerRequestContext, __: PaginatedRequestParams | None) -> ListToolsResult:
        return self._tools

    async def _list_resources(self, _: ServerRequestContext, __: PaginatedRequestParams | None) -> ListResourcesResult:
        return resources.listed(self._host.dispatcher.catalog)

    async def _list_templates(
        self, _: ServerRequestContext, __: PaginatedRequestParams | None
    ) -> ListResourceTemplatesResult:
        return resources.templates()

    async def _read_resource(self, ctx: ServerRequestContext, params: ReadResourceRequestParams) -> ReadResourceResult:
        return resources.read(self._host.dispatcher.catalog, str(params.uri), modern=_is_modern(ctx))

    # -- runs ------------------------------------------------------------------------------------------------

    async def _at_once(self, ctx: ServerRequestContext, call_next: CallNext) -> HandlerResult:
        """A call of `execute_lua` that is as plain as most are: the SDK reads and writes it by way of five models, and
        that takes long beside a short run. All else goes on as ever.
        """
        params = ctx.params or {}
        is_plain = (
            ctx.method == "tools/call"
            and ctx.request_id is not None
            and ctx.protocol_version in WITH_DATA
            and ctx.session.client_params is not None  # the handshake is done
            and params.get("name") == EXECUTE.name
            and isinstance(params.get("arguments", {}), dict)
            and ("_meta" not in params or ctx.meta is not None)
            and _CALL.issuperset(params)
        )
        if not is_plain:
            return await call_next(ctx)
        outcome = await self._outcome(ctx, self._begun(ctx, params.get("arguments")))
        # These versions ask in the middle of a request: no question is the end of one.
        return None if isinstance(outcome, Question) else call_tool_result(outcome)

    async def _call_tool(
        self, ctx: ServerRequestContext, params: CallToolRequestParams
    ) -> CallToolResult | InputRequiredResult:
        if params.name != EXECUTE.name:
            done = perform(self._host, params.name, params.arguments, max_chars=self._max_chars)
            return _result(done)
        is_back = params.request_state is not None
        execution = self._resumed(params) if is_back else self._begun(ctx, params.arguments)
        outcome = await self._outcome(ctx, execution)
        return self._asking(execution, outcome, params) if isinstance(outcome, Question) else _result(outcome)

    async def _outcome(self, ctx: ServerRequestContext, execution: Execution) -> ToolResult | Question:
        """What comes of a run, or what it asks; one that is cancelled meanwhile has ended."""
        outcome: ToolResult | Question | None = None
        try:
            if _wants_progress(ctx):
                async with _followed(ctx, execution):
                    outcome = await execution.outcome()
            else:
                outcome = await execution.outcome()
        except asyncio.CancelledError:
            await execution.end()
            raise
        except UsageError as error:  # the folder that the server was given is there no more
            outcome = refused(error, EXECUTE, self._max_chars)
        finally:
            if not isinstance(outcome, Question):
                self.executions.forget(execution)
        return outcome

    def _begun(self, ctx: ServerRequestContext, arguments: Any) -> Execution:
        ask: Approve | None = refuse
        if can_ask(ctx.session.client_capabilities):
            ask = None if _is_modern(ctx) else Approver(_Elicitation(ctx))
        return self.executions.begin(arguments, ask=ask, follow=_wants_progress(ctx), owner=_owner(ctx))

    def _asking(self, execution: Execution, asked: Question, params: CallToolRequestParams) -> InputRequiredResult:
        """The end of a request whose run asks something: the client makes it again, with the answer."""
        form = ElicitRequestFormParams(message=question(asked.request), requested_schema=SCHEMA)
        return InputRequiredResult(
            input_requests={ANSWER: ElicitRequest(params=form)},
            request_state=self.executions.park(execution, params.arguments),
        )

    def _resumed(self, params: CallToolRequestParams) -> Execution:
        execution = self.executions.resume(params.request_state or "", params.arguments)
        if execution is None:
            raise MCPError(INVALID_PARAMS, "the run that asked this has ended: call the tool again")
        answer = (params.input_responses or {}).get(ANSWER)
        asked = execution.question
        if asked is not None and not asked.answer.done():
            asked.answer.set_result(answer if isinstance(answer, ElicitResult) else ElicitResult(action="cancel"))
        return execution


class _Elicitation:
    """Asks the client in the middle of its request, as it could until 2026."""

    def __init__(self, ctx: ServerRequestContext) -> None:
        self._ctx = ctx

    async def __call__(self, request: ApprovalRequest) -> ElicitResult:
        return await self._ctx.session.elicit_form(question(request), SCHEMA, self._ctx.request_id)


def _result(done: ToolResult) -> CallToolResult:
    return CallToolResult.model_validate(call_tool_result(done))


def _is_modern(ctx: ServerRequestContext) -> bool:
    """Whether the server must not ask in the middle of a request."""
    return ctx.protocol_version in MODERN_PROTOCOL_VERSIONS


def _owner(ctx: ServerRequestContext) -> str | None:
    """On whose behalf a run is: the session over HTTP, nobody's where there is none, the one client of stdio."""
    return "" if ctx.request is None else ctx.request.headers.get("mcp-session-id")


def _wants_progress(ctx: ServerRequestContext) -> bool:
    return ctx.meta is not None and ctx.meta.get("progress_token") is not None


@asynccontextmanager
async def _followed(ctx: ServerRequestContext, execution: Execution) -> AsyncIterator[None]:
    """While a request waits for a run, its client is told of progress."""
    telling = asyncio.create_task(_tell(ctx, execution))
    try:
        yield
    finally:
        telling.cancel()
        with suppress(asyncio.CancelledError):
            await telling


async def _tell(ctx: ServerRequestContext, execution: Execution) -> None:
    """Notifications of progress: the calls that were made, and the last one; it goes up with each, as it must."""
    told, started = 0.0, execution.loop.time()
    while True:
        try:
            async with asyncio.timeout(HEARTBEAT):  # wait_for loses a cancellation that comes with what it waits for
                await execution.followed.wait()
        except TimeoutError:
            told += 0.001
            message = f"running for {execution.loop.time() - started:.0f} s"
        else:
            execution.followed.clear()
            told = max(float(execution.calls), told + 0.001)
            message = execution.latest
        await ctx.session.report_progress(told, message=message)
        await asyncio.sleep(PAUSE)
