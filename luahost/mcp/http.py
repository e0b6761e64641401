"""MCP over streamable HTTP, for several clients of this machine."""

from __future__ import annotations

import socket
from contextlib import contextmanager
from typing import TYPE_CHECKING

import uvicorn
from mcp.server.streamable_http_manager import StreamableHTTPASGIApp, StreamableHTTPSessionManager

from luahost.errors import UsageError
from luahost.mcp.guard import PATH, Guard

if TYPE_CHECKING:
    from collections.abc import Iterator

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


class _Server(uvicorn.Server):
    """Leaves signals to the command."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class Serving:
    """The server, from its socket to its end."""

    def __init__(self, service: Service, listening: socket.socket, *, host: str, token: str | None) -> None:
        self._service = service
        self._listening = listening
        manager = StreamableHTTPSessionManager(service.server())
        self._manager = manager
        guarded = Guard(StreamableHTTPASGIApp(manager), host=host, port=listening.getsockname()[1], token=token)
        self._uvicorn = _Server(
            uvicorn.Config(
                guarded,
                lifespan="off",
                log_config=None,
                log_level="warning",
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=_PATIENCE,
            )
        )

    async def serve(self) -> None:
        """Serve until `stop`."""
        self._service.executions.warm()
        async with self._manager.run():
            await self._uvicorn.serve(sockets=[self._listening])

    def stop(self) -> None:
        self._uvicorn.should_exit = True
