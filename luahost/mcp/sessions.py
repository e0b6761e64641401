"""Sessions over HTTP, for the protocol with a handshake.

The transport of the SDK starts seven tasks for each request and answers every one with a stream, which takes half a
millisecond of the one thread that all clients share. Here a request is handled by the task that has received it.
"""

from __future__ import annotations

import secrets
import time
from typing import TYPE_CHECKING, Any

import anyio
import pydantic_core
from mcp.server.connection import Connection
from mcp.server.runner import ServerRunner
from mcp.shared.exceptions import NoBackChannelError
from mcp.shared.jsonrpc_dispatcher import cancelled_request_id_from_params
from mcp.shared.transport_context import TransportContext
from mcp_types import (
    INVALID_PARAMS,
    INVALID_REQUEST,
    PARSE_ERROR,
    JSONRPCNotification,
    JSONRPCRequest,
    JSONRPCResponse,
    jsonrpc_message_adapter,
)
from pydantic import ValidationError

from luahost.mcp.exchange import Exchange, Questions, encoded, reply

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mcp.server.lowlevel import Server
    from mcp.shared.dispatcher import CallOptions
    from mcp.shared.message import MessageMetadata
    from mcp_types import JSONRPCMessage, RequestId
    from starlette.types import Receive, Scope, Send

LARGEST = 4 << 20
"""Bytes of a request."""

MOST = 10_000
"""Sessions at a time."""

IDLE = 30 * 60.0
"""Seconds without a request after which a session is over."""

_SESSION = b"mcp-session-id"
_JSON = {b"application/json", b"application/*"}
_EVENTS = {b"text/event-stream", b"text/*"}


class Refused(Exception):
    """A request that is no request of a session: its status, and what is said about it."""

    def __init__(self, status: int, why: str, code: int = INVALID_REQUEST) -> None:
        super().__init__(why)
        self.status = status
        self.code = code


class Session:
    """What is known of one client, and its requests that are not answered yet."""

    def __init__(self, name: str, server: Server[Any]) -> None:
        self.name = name
        self.used = time.monotonic()
        self.going_on: set[Exchange] = set()
        self._questions = Questions()
        self._connection = Connection.for_loop(_Nobody(), session_id=name)
        self._runner = ServerRunner(server, self._connection, {})

    @property
    def is_open(self) -> bool:
        """Whether the client has introduced itself, as every session begins."""
        return self._connection.initialize_accepted

    @property
    def is_idle(self) -> bool:
        return not self.going_on and time.monotonic() - self.used > IDLE

    async def take(self, message: JSONRPCMessage, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer what the client has sent."""
        self.used = time.monotonic()
        header = (_SESSION, self.name.encode())
        if isinstance(message, JSONRPCRequest):
            exchange = Exchange(message, self._questions, (scope, receive, send), header)
            self.going_on.add(exchange)
            try:
                await exchange.answer(self._runner.on_request)
            finally:
                self.going_on.discard(exchange)
                self.used = time.monotonic()
            return
        await reply(send, 202, b"", header)
        if isinstance(message, JSONRPCNotification):
            await self._notified(message)
        elif isinstance(message, JSONRPCResponse):
            self._questions.answered(message.id, message.result)
        else:
            self._questions.answered(message.id, message.error)

    async def _notified(self, message: JSONRPCNotification) -> None:
        if message.method == "notifications/cancelled":
            cancelled = str(cancelled_request_id_from_params(message.params))
            for each in list(self.going_on):  # a client may use an id twice, and write a number as a text here
                if str(each.request_id) == cancelled:
                    each.cancel()
            return
        await self._runner.on_notify(_Nobody(), message.method, message.params)

    def end(self) -> None:
        """End what is done for the client."""
        for exchange in list(self.going_on):
            exchange.cancel()


class Sessions:
    """The sessions of all clients; an ASGI application."""

    def __init__(self, server: Server[Any]) -> None:
        self._server = server
        self._sessions: dict[str, Session] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request of HTTP."""
        headers = dict(scope["headers"])
        try:
            if scope["method"] == "POST":
                await self._post(headers, scope, receive, send)
            elif scope["method"] == "DELETE":
                session = self._found(headers)
                self._forget(session)
                await reply(send, 200)
            else:  # nothing is told but in answer to a request, so that there is no stream to get
                allowed = (b"allow", b"POST, DELETE")
                await reply(send, 405, _said(INVALID_REQUEST, "requests are sent by POST"), allowed)
        except Refused as why:
            await reply(send, why.status, _said(why.code, str(why)))

    async def _post(self, headers: Mapping[bytes, bytes], scope: Scope, receive: Receive, send: Send) -> None:
        # One header may stand in several lines, which count as one (RFC 9110, 5.3).
        _check(headers, b",".join(value for name, value in scope["headers"] if name == b"accept"))
        message = _parsed(await _body(receive))
        if isinstance(message, JSONRPCRequest) and message.method == "initialize" and _SESSION not in headers:
            session = self._new()
            await session.take(message, scope, receive, send)
            if not session.is_open:
                self._forget(session)
            return
        await self._found(headers).take(message, scope, receive, send)

    def _new(self) -> Session:
        if len(self._sessions) >= MOST:
            for each in [each for each in self._sessions.values() if each.is_idle]:
                self._forget(each)
        if len(self._sessions) >= MOST:
            raise Refused(503, "too many sessions are open")
        session = Session(secrets.token_hex(16), self._server)
        self._sessions[session.name] = session
        return session

    def _found(self, headers: Mapping[bytes, bytes]) -> Session:
        name = headers.get(_SESSION)
        if name is None:
            raise Refused(400, "the header Mcp-Session-Id is missing: a session begins with initialize")
        session = self._sessions.get(name.decode("latin-1"))
        if session is not None and session.is_idle:
            self._forget(session)
            session = None
        if session is None:
            raise Refused(404, "there is no such session, or none any more: initialize another")
        return session

    def _forget(self, session: Session) -> None:
        self._sessions.pop(session.name, None)
        session.end()


class _Nobody:
    """A dispatch context where there is no request to answer, and so no stream to tell anything by."""

    transport = TransportContext(kind="streamable-http", can_send_request=False)
    can_send_request = False
    request_id: RequestId | None = None
    message_metadata: MessageMetadata = None

    def __init__(self) -> None:
        self.cancel_requested = anyio.Event()

    async def send_raw_request(
        self,
        method: str,
        params: Mapping[str, Any] | None,  # noqa: ARG002 (the SDK's)
        opts: CallOptions | None = None,  # noqa: ARG002
    ) -> dict[str, Any]:
        raise NoBackChannelError(method)

    async def notify(self, method: str, params: Mapping[str, Any] | None, opts: CallOptions | None = None) -> None:
        pass

    async def progress(self, progress: float, total: float | None = None, message: str | None = None) -> None:
        pass


def _check(headers: Mapping[bytes, bytes], accept: bytes) -> None:
    """What a client sends and takes; raises Refused."""
    if headers.get(b"content-type", b"").partition(b";")[0].strip().lower() != b"application/json":
        raise Refused(415, "the content type of a request is application/json")
    taken = {each.partition(b";")[0].strip().lower() for each in accept.split(b",")}
    if b"*/*" not in taken and not (taken & _JSON and taken & _EVENTS):
        raise Refused(406, "a client accepts both application/json and text/event-stream")


async def _body(receive: Receive) -> bytes:
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Refused(400, "the request ends before its end")
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > LARGEST:
            raise Refused(413, f"a request has {LARGEST} bytes at most")
        if not message.get("more_body"):
            return b"".join(parts)


def _parsed(body: bytes) -> JSONRPCMessage:
    try:
        decoded = pydantic_core.from_json(body)
        message = jsonrpc_message_adapter.validate_python(decoded, by_name=False)
    except ValidationError as error:
        raise Refused(400, f"this is no message of JSON-RPC 2.0: {error}", INVALID_PARAMS) from None
    except ValueError as error:
        raise Refused(400, f"this is no JSON: {error}", PARSE_ERROR) from None
    # The SDK takes a request with an id of another kind for a notification, which nobody would answer.
    if isinstance(message, JSONRPCNotification) and "id" in decoded and not message.method.startswith("notifications/"):
        raise Refused(400, "the id of a request is a text or a whole number")
    return message


def _said(code: int, why: str) -> bytes:
    return encoded({"id": None, "error": {"code": code, "message": why}})
