"""MCP over streamable HTTP, for several clients of this machine."""

from __future__ import annotations

import asyncio
import logging
import socket
from contextlib import contextmanager
from typing import TYPE_CHECKING

import uvicorn
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp_types.version import HANDSHAKE_PROTOCOL_VERSIONS

from luahost.errors import UsageError
from luahost.mcp.guard import PATH, Guard
from luahost.mcp.reader import Reader
from luahost.mcp.sessions import Sessions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.types import ASGIApp, Receive, Scope, Send

    from luahost.mcp.server import Service

_PATIENCE = 2
"""Seconds that open connections have when the server ends."""


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens there; port 0 picks one. Raises UsageError where that cannot be."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        made = socket.socket(family, kind, protocol)
    except OSError as error:
        raise UsageError(f"--host {host}: {error.strerror}", hint="give an address of this machine") from None
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(address)
        made.listen(128)
    except OSError as error:
        made.close()
        raise UsageError(
            f"port {port} of {host} cannot be used: {error.strerror}", hint="choose another, or --http 0 for a free one"
        ) from None
    return made


def url(listening: socket.socket) -> str:
    """Where clients find the server."""
    host, port = listening.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}{PATH}"


def _by_era(sessions: Sessions, manager: StreamableHTTPSessionManager) -> ASGIApp:
    """The protocol with a handshake is served by sessions, any other by the SDK, which also refuses it."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        version = next((value for name, value in scope["headers"] if name == b"mcp-protocol-version"), None)
        has_handshake = version is None or version.decode("latin-1") in HANDSHAKE_PROTOCOL_VERSIONS
        await (sessions if has_handshake else manager.handle_request)(scope, receive, send)

    return app


class _Server(uvicorn.Server):
    """Leaves signals to the command."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def serve(
    service: Service, listening: socket.socket, *, host: str, token: str | None, stopped: asyncio.Future[None]
) -> None:
    """Serve there until `stopped` is done; then runs end, their clients are told, and writes under way are awaited."""
    made = service.server()
    manager = StreamableHTTPSessionManager(made)
    guarded = Guard(_by_era(Sessions(made), manager), host=host, port=listening.getsockname()[1], token=token)
    config = uvicorn.Config(
        guarded,
        http=Reader,
        lifespan="off",
        ws="none",
        proxy_headers=False,
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_PATIENCE,
    )
    server = _Server(config)
    service.executions.warm()
    async with manager.run():
        serving = asyncio.ensure_future(server.serve(sockets=[listening]))
        await asyncio.wait([serving, stopped], return_when=asyncio.FIRST_COMPLETED)
        await service.executions.close()
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)  # of streams that are cut off nobody need hear
        server.should_exit = True
    await serving
