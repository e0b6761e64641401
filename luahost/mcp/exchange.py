"""One request over HTTP and what goes back: JSON, or a stream of events where more is sent than the answer."""

from __future__ import annotations

import asyncio
import json
import logging
from functools import cached_property
from typing import TYPE_CHECKING, Any

import anyio
from mcp.shared.exceptions import MCPError, NoBackChannelError
from mcp.shared.jsonrpc_dispatcher import handler_exception_to_error_data, progress_token_from_params
from mcp.shared.message import ServerMessageMetadata
from mcp.shared.transport_context import TransportContext
from mcp_types import INTERNAL_ERROR, ErrorData
from starlette.requests import Request

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mcp.shared.dispatcher import CallOptions, OnRequest
    from mcp.shared.message import MessageMetadata
    from mcp_types import JSONRPCRequest, RequestId
    from starlette.types import Receive, Scope, Send

CANCELLED = -32800
"""The code of the answer to a request that its client has cancelled, as the SDK has it."""

SOON = 0.02
"""Seconds after which it is watched whether the client has left: few requests take as long, and watching takes time."""

QUIET = 1.0
"""Seconds without an answer after which a stream begins, so that nobody on the way takes the server for dead."""

PAUSE = 15.0
"""Seconds between two signs of life in a stream."""

_JSON = (b"content-type", b"application/json")
_EVENTS = [(b"content-type", b"text/event-stream"), (b"cache-control", b"no-cache, no-transform")]
_TRANSPORT = TransportContext(kind="streamable-http", can_send_request=True)

_encode = json.JSONEncoder(separators=(",", ":")).encode  # made anew for each message, it takes as long as the message
_log = logging.getLogger(__name__)


def encoded(message: dict[str, Any]) -> bytes:
    """A message of JSON-RPC as it is sent."""
    return _encode({"jsonrpc": "2.0", **message}).encode()


async def reply(send: Send, status: int, body: bytes = b"", *headers: tuple[bytes, bytes]) -> None:
    """A whole answer; what is in it, is JSON."""
    kind = (_JSON,) if body else ()
    length = (b"content-length", str(len(body)).encode())
    await send({"type": "http.response.start", "status": status, "headers": [*kind, length, *headers]})
    await send({"type": "http.response.body", "body": body})


class Questions:
    """What the server has asked one client, until the answers come. They come as requests of their own."""

    def __init__(self) -> None:
        self._number = 0
        self._open: dict[str, asyncio.Future[dict[str, Any]]] = {}  # some clients write a number as a text

    def new(self) -> tuple[int, asyncio.Future[dict[str, Any]]]:
        """The id of a new one, and where its answer will be."""
        self._number += 1
        answer = self._open[str(self._number)] = asyncio.get_running_loop().create_future()
        return self._number, answer

    def forget(self, number: int) -> None:
        self._open.pop(str(number), None)

    def answered(self, number: RequestId | None, answer: dict[str, Any] | ErrorData) -> None:
        """An answer has come; one to what was not asked, or not any more, counts for nothing."""
        found = self._open.get(str(number))
        if found is None or found.done():
            return
        if isinstance(answer, ErrorData):
            found.set_exception(MCPError.from_error_data(answer))
        else:
            found.set_result(answer)


class Exchange:
    """What the SDK calls a dispatch context: by it whoever handles a request can tell and ask the client meanwhile."""

    transport = _TRANSPORT

    def __init__(
        self,
        request: JSONRPCRequest,
        questions: Questions,
        http: tuple[Scope, Receive, Send],
        *headers: tuple[bytes, bytes],
    ) -> None:
        scope, self._receive, self._send = http
        self._request = request
        self._questions = questions
        self._headers = headers
        self.request_id: RequestId | None = request.id
        self.message_metadata: MessageMetadata = ServerMessageMetadata(request_context=Request(scope))
        self._progress_token = progress_token_from_params(request.params)
        self._work: asyncio.Timeout | None = None
        """What is done for the request, as long as it is."""
        self._watching: asyncio.Task[None] | None = None
        self._sending = asyncio.Lock()
        self._is_stream = False
        self._is_over = False
        self._has_left = False

    # -- for whoever handles the request ---------------------------------------------------------------------

    @cached_property
    def cancel_requested(self) -> anyio.Event:
        """Set when the client has cancelled the request; made for whoever looks."""
        return anyio.Event()

    @property
    def can_send_request(self) -> bool:
        return not self._is_over

    async def notify(self, method: str, params: Mapping[str, Any] | None, opts: CallOptions | None = None) -> None:  # noqa: ARG002 (the SDK's)
        """Tell the client; nothing happens where the answer has been sent."""
        await self._event({"method": method, **({} if params is None else {"params": params})})

    async def progress(self, progress: float, total: float | None = None, message: str | None = None) -> None:
        """Tell a client that wants to know how far its request is."""
        if self._progress_token is not None:
            told = {"progress": progress, "total": total, "message": message}
            params = {name: value for name, value in told.items() if value is not None}
            await self.notify("notifications/progress", {"progressToken": self._progress_token, **params})

    async def send_raw_request(
        self,
        method: str,
        params: Mapping[str, Any] | None,
        opts: CallOptions | None = None,  # noqa: ARG002 (the SDK's; the server gives none)
    ) -> dict[str, Any]:
        """Ask the client; raises MCPError for an error that it answers with."""
        if self._is_over:
            raise NoBackChannelError(method)
        number, answer = self._questions.new()
        try:
            await self._event({"id": number, "method": method, **({} if params is None else {"params": params})})
            return await answer
        except asyncio.CancelledError:
            with anyio.CancelScope(shield=True):
                await self.notify("notifications/cancelled", {"requestId": number})
            raise
        finally:
            self._questions.forget(number)

    # -- for the session -------------------------------------------------------------------------------------

    def cancel(self) -> None:
        """End what is done for this request; it is answered with an error that says so."""
        self.cancel_requested.set()
        self._end_work()

    def _end_work(self) -> None:
        work, self._work = self._work, None
        if work is not None:
            work.reschedule(0)

    async def answer(self, handle: OnRequest) -> None:
        """Have the request handled, and send what comes of it, if the client is still there."""
        soon = asyncio.get_running_loop().call_later(SOON, self._begin_to_watch)
        try:
            async with asyncio.timeout(None) as self._work:
                outcome = await self._outcome(handle)
        except TimeoutError:  # it was not waited for to its end
            outcome = _error(ErrorData(code=CANCELLED, message="Request cancelled"))
        finally:
            self._work = None
            soon.cancel()
            if self._watching is not None:
                self._watching.cancel()
        if self._has_left:
            return
        await self._end({"id": self._request.id, **outcome})

    async def _outcome(self, handle: OnRequest) -> dict[str, Any]:
        try:
            return {"result": await handle(self, self._request.method, self._request.params)}
        except Exception as error:  # noqa: BLE001 (whatever it is, the client waits to hear of it)
            known = handler_exception_to_error_data(error)
            if known is None:
                _log.exception("%s", self._request.method)
                known = ErrorData(code=INTERNAL_ERROR, message="Internal server error")
            return _error(known)

    # -- what is sent ----------------------------------------------------------------------------------------

    async def _end(self, answer: dict[str, Any]) -> None:
        self._is_over = True
        if not self._is_stream:
            await reply(self._send, 200, encoded(answer), *self._headers)
            return
        async with self._sending:
            await self._send({"type": "http.response.body", "body": _framed(answer)})

    async def _event(self, message: dict[str, Any]) -> None:
        await self._stream(_framed(message))

    async def _stream(self, data: bytes) -> None:
        """Send a part of a stream, which begins with the first."""
        async with self._sending:  # several tasks have something to tell
            if self._is_over:
                return
            if not self._is_stream:
                self._is_stream = True
                await self._send({"type": "http.response.start", "status": 200, "headers": [*_EVENTS, *self._headers]})
            await self._send({"type": "http.response.body", "body": data, "more_body": True})

    def _begin_to_watch(self) -> None:
        self._watching = asyncio.create_task(self._watch())

    async def _watch(self) -> None:
        """End what is done when the client leaves; give a sign of life until then."""
        pause = QUIET
        while True:
            try:
                async with asyncio.timeout(pause):
                    while (await self._receive())["type"] != "http.disconnect":
                        pass
            except TimeoutError:
                await self._stream(b": luahost goes on\r\n\r\n")
                pause = PAUSE
            else:
                break
        self._has_left = True
        self._end_work()


def _error(error: ErrorData) -> dict[str, Any]:
    return {"error": error.model_dump(mode="json", by_alias=True, exclude_none=True)}


def _framed(message: dict[str, Any]) -> bytes:
    return b"event: message\r\ndata: " + encoded(message) + b"\r\n\r\n"
