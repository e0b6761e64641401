"""Who may speak to the server over HTTP: what stands before every request."""

from __future__ import annotations

import hmac
import ipaddress
import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

PATH = "/mcp"
LOCAL = ("127.0.0.1", "localhost", "[::1]")


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches what listens there."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class Guard:
    """Passes on what comes from a client that has the token, by a name of this server's, and from no web page.

    A page whose name was made to lead here (DNS rebinding) is known by the Host header, any other by its Origin.
    Where other machines may come, by whatever name, only the Origin is compared, with the Host header.
    """

    def __init__(self, app: ASGIApp, *, host: str, port: int, token: str | None) -> None:
        self._app = app
        self._token = None if token is None else token.encode()
        names = (*LOCAL, f"[{host}]" if ":" in host else host)
        self._hosts = {f"{name}:{port}" for name in names} | (set(names) if port == 80 else set())
        self._any_host = not is_loopback(host)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return  # a web socket: nobody speaks MCP by one
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        refused = self._refused(scope["path"], headers)
        if refused is not None:
            await _refuse(send, *refused)
            return
        await self._app(scope, receive, send)

    def _refused(self, path: str, headers: dict[bytes, str]) -> tuple[int, str] | None:
        """The status, and why; None for what may pass."""
        host = headers.get(b"host", "")
        if not self._any_host and host not in self._hosts:
            return 421, f"this server is not called {host[:100]!r}; use one of {', '.join(sorted(self._hosts))}"
        origin = headers.get(b"origin")
        if origin is not None and origin not in (f"http://{host}", f"https://{host}"):
            return 403, f"web pages of {origin[:100]!r} may not use this server"
        if self._token is not None and not self._is_known(headers.get(b"authorization", "")):
            return 401, "a bearer token is needed: luahost mcp says on stderr where it comes from"
        if path != PATH:
            return 404, f"there is nothing at {path[:100]!r}; MCP is at {PATH}"
        return None

    def _is_known(self, authorization: str) -> bool:
        kind, _, given = authorization.partition(" ")
        return kind.lower() == "bearer" and hmac.compare_digest(given.strip().encode("latin-1"), self._token or b"")


async def _refuse(send: Send, status: int, why: str) -> None:
    body = json.dumps({"error": why}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    if status == 401:
        headers.append((b"www-authenticate", b'Bearer realm="luahost mcp"'))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
