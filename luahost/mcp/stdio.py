"""MCP over standard input and output, for the one client that started this process."""

from __future__ import annotations

import sys
from contextlib import redirect_stdout
from typing import TYPE_CHECKING, Any, Self

from mcp.server.stdio import stdio_server
from mcp.shared.message import SessionMessage
from mcp_types import PARSE_ERROR, ErrorData, JSONRPCError

if TYPE_CHECKING:
    from luahost.mcp.server import Service


async def serve(service: Service) -> None:
    """Serve until the client closes our input.

    Only messages of the protocol go to stdout: what anything else prints there goes to stderr.
    """
    server = service.server()
    try:
        async with stdio_server() as (read, write):
            with redirect_stdout(sys.stderr):
                service.executions.warm()
                await server.run(_Answering(read, write), write, server.create_initialization_options())
    except* BrokenPipeError:
        pass  # the client has gone without closing our input first


class _Answering:
    """A stream of messages; what is none is answered with an error, where the SDK would be silent."""

    def __init__(self, read: Any, write: Any) -> None:
        self._read = read
        self._write = write

    @property
    def last_context(self) -> Any:
        return self._read.last_context

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Any:
        return await self._next(self._read.__anext__)

    async def receive(self) -> Any:
        return await self._next(self._read.receive)

    async def _next(self, take: Any) -> Any:
        while isinstance(message := await take(), Exception):
            error = ErrorData(code=PARSE_ERROR, message="this line is no message of JSON-RPC 2.0")
            await self._write.send(SessionMessage(JSONRPCError(jsonrpc="2.0", id=None, error=error)))
        return message

    async def aclose(self) -> None:
        await self._read.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()
