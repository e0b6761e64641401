"""HTTP for handlers: requests to one account's host, JSON both ways, errors with names."""

from __future__ import annotations

import http.client
import json
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

import requests
from urllib3.exceptions import ConnectTimeoutError, DecodeError, HTTPError, NewConnectionError

from luahost import __version__
from luahost.calls import answers
from luahost.calls.base_urls import is_loopback
from luahost.calls.connections import CHUNK, current, time_left
from luahost.calls.cover import Cover
from luahost.calls.limits import limit_exceeded
from luahost.errors import (
    CallTimeout,
    Cancelled,
    InternalError,
    InvalidResponse,
    LuaHostError,
    NetworkError,
    OutcomeUnknown,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from urllib3 import BaseHTTPResponse

    from luahost.calls.connections import Transport
    from luahost.calls.pending import Pending
    from luahost.calls.run import Run
    from luahost.spec import Upload

_MOST_REDIRECTS = 5


class Client:
    """What the handler of one call sends its requests with; see `luahost.spec.Http`.

    `secrets` are covered wherever an answer that is an error says them again.
    """

    def __init__(self, transport: Transport, run: Run, pending: Pending, secrets: Iterable[str] = ()) -> None:
        self._transport = transport
        self._account = transport.account
        self._run = run
        self._pending = pending
        pending.target = transport.account
        self._secrets = secrets
        self._received = 0

    def get(self, path: str, query: Iterable[tuple[str, str]] = ()) -> Any:
        """The JSON of the answer; see `luahost.spec.Http.get`."""
        return self.get_page(path, query, None)

    def get_page(self, path: str, query: Iterable[tuple[str, str]], field: str | None) -> Any:
        """The JSON of the answer, one of its lists with its text; see `luahost.spec.Http.get_page`."""
        if (self._run.stopped or self._pending.cancelled) and not self._pending.sent:
            raise Cancelled("the run ended before this was read")
        request = self._prepare("GET", path, list(query), None)
        response, body = self._exchange(request, self._until(), repeat=True)
        return self._read(response, body, write=False, listing=field)

    def write(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        query: Iterable[tuple[str, str]] = (),
        file: Upload | None = None,
    ) -> Any:
        """The JSON of the answer; see `luahost.spec.Http.write`."""
        request = self._prepare(method, path, list(query), body, file)
        self._run.begin_write(self._pending)
        response, content = self._exchange(request, self._until(), repeat=False)
        return self._read(response, content, write=True)

    def download(self, path: str) -> tuple[bytes, str]:
        """The bytes behind a redirect, and their type; see `luahost.spec.Http.download`."""
        request = self._prepare("GET", path, [], None)
        for _ in range(_MOST_REDIRECTS):
            response, body = self._exchange(request, self._until(), repeat=True)
            target = response.headers.get("location")
            if not 300 <= response.status_code < 400 or not target:
                if not 200 <= response.status_code < 300:
                    self._read(response, body, write=False)
                return body, response.headers.get("content-type", "application/octet-stream")
            request = self._elsewhere(request.url or "", target)
        raise InvalidResponse("the download is redirected again and again")

    def _read(self, response: requests.Response, body: bytes, *, write: bool, listing: str | None = None) -> Any:
        if not 200 <= response.status_code < 300:
            body = Cover(self._secrets).body(body)
        return answers.read(response, body, self._account, write=write, listing=listing)

    def _elsewhere(self, here: str, target: str) -> requests.PreparedRequest:
        """A request for what a redirect names: without the key, whatever host it is."""
        request = requests.PreparedRequest()
        try:
            url = urljoin(here, target)
            parts = urlsplit(url)
            local = is_loopback(parts.hostname or "") and is_loopback(urlsplit(self._account.base_url).hostname or "")
            if parts.scheme != "https" and not (parts.scheme == "http" and local):
                raise InvalidResponse(
                    f"the download is redirected to {self._account.redact(url)[:200]}, which is not https"
                )
            request.prepare(method="GET", url=url, headers={"User-Agent": f"luahost/{__version__}"})
        except (requests.RequestException, ValueError):
            raise InvalidResponse("the download is redirected to what is no address") from None
        request.headers.pop("Authorization", None)  # what stood in the address itself
        return request

    def _until(self) -> float:
        end = time.monotonic() + self._transport.timing.timeout
        limit = self._run.deadline_for(self._pending)
        return end if limit is None else min(end, limit)

    def _prepare(
        self, method: str, path: str, query: list[tuple[str, str]], body: Any, file: Upload | None = None
    ) -> requests.PreparedRequest:
        headers = self._account.headers()
        data = None
        if body is not None:
            headers["Content-Type"] = "application/json"
            data = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
        session = self._transport.session(repeat=method == "GET")
        request = requests.PreparedRequest()
        request.prepare(
            method=method,
            url=self._account.base_url + path,
            headers={**session.headers, **headers},
            params=query or None,
            data=data,
            files={file.field: (file.name, file.content)} if file else None,
        )
        return request

    def _exchange(
        self, request: requests.PreparedRequest, deadline: float, *, repeat: bool
    ) -> tuple[requests.Response, bytes]:
        """Send, and read the whole answer before the deadline and within the limit of bytes."""
        try:
            return self._send(request, deadline, repeat=repeat)
        except LuaHostError:
            raise
        except Exception as error:  # noqa: BLE001 (told by its kind)
            failed = self._failed(error, request, write=not repeat)
        raise failed  # not from `error`: beneath it lies the request, which holds the key

    def _send(
        self, request: requests.PreparedRequest, deadline: float, *, repeat: bool
    ) -> tuple[requests.Response, bytes]:
        current.deadline = deadline
        current.sending = True  # until _Adapter knows better
        self._pending.http_status = None
        timing = self._transport.timing
        left = time_left()
        if left <= 0:
            raise CallTimeout("the run's time was over before this was sent")
        session = self._transport.session(repeat=repeat)
        # Not Session.send: that reads the whole body of a redirect, and parses its target.
        response = session.get_adapter(request.url or "").send(
            request,
            stream=True,
            timeout=(min(timing.connect_timeout, left), left),
            verify=session.verify or True,
            proxies=session.proxies,
            cert=None,
        )
        self._pending.http_status = response.status_code
        try:
            return response, self._body(response.raw, write=not repeat)
        finally:
            response.close()

    def _body(self, raw: BaseHTTPResponse, *, write: bool) -> bytes:
        most = self._run.limits.response_bytes
        parts = []
        while part := raw.read(CHUNK, decode_content=True):
            self._received += len(part)
            if most is not None and self._received > most:
                error = limit_exceeded("response_bytes", most, self._received)
                if write:
                    error.hint = f"it was sent, and may have happened: look before you do it again; {error.hint}"
                raise error
            parts.append(part)
        return b"".join(parts)

    def _failed(self, error: Exception, request: requests.PreparedRequest, *, write: bool) -> LuaHostError:
        """The error of a request that was not answered, or not to its end."""
        host = urlsplit(request.url or "").netloc
        wall = self._run.limits.wall
        if not write and wall is not None and time.monotonic() >= self._run.started + wall:
            return self._run.wall_exceeded()
        if not isinstance(error, (requests.RequestException, HTTPError, OSError, http.client.HTTPException)):
            return InternalError(f"the request to {host} failed: {type(error).__name__}")
        causes = list(_causes(error))
        sending = current.sending
        if any(isinstance(cause, (NewConnectionError, ConnectTimeoutError)) for cause in causes):
            return NetworkError(
                f"cannot reach {host}: {_reason(causes)}",
                retryable=True,
                hint="check the network, the proxy settings and the account's base_url",
            )
        if not sending and any(isinstance(cause, requests.exceptions.SSLError) for cause in causes):
            reason = _reason(causes)
            plain = "WRONG_VERSION_NUMBER" in reason  # as OpenSSL says of an answer that is no TLS
            what = "account's base_url: this server may speak http" if plain else "certificates"
            return NetworkError(f"no secure connection to {host}: {reason}", hint=f"check the {what}")
        late = any(isinstance(cause, (TimeoutError, requests.Timeout)) for cause in causes)
        if write and not sending:
            return NetworkError(
                f"nothing was sent to {host}: {_reason(causes)}",
                retryable=True,
                hint="check the network, the proxy settings, the certificates and the account's base_url",
            )
        if write:
            return OutcomeUnknown(
                f"{host} was sent the request, and {'did not answer in time' if late else 'its answer was lost'}: "
                "it may have happened",
                hint="look whether it happened before you do it again",
            )
        if any(isinstance(cause, DecodeError) for cause in causes):
            return InvalidResponse(f"{host} gave an answer that cannot be decompressed")
        if late:
            return CallTimeout(f"{host} did not answer in time", retryable=True)
        reason = _reason(causes)
        hint = "check the account's base_url" if reason == _NO_HTTP else None
        return NetworkError(f"the connection to {host} broke: {reason}", retryable=True, hint=hint)


def _causes(error: BaseException | None) -> Iterable[BaseException]:
    """An error and all that lies beneath it, however requests and urllib3 have wrapped it."""
    seen: list[BaseException] = []
    queue = [error]
    while queue:
        each = queue.pop(0)
        if isinstance(each, BaseException) and each not in seen:
            seen.append(each)
            queue += [each.__cause__, each.__context__, getattr(each, "reason", None), *each.args]
    return seen


_NO_HTTP = "what came is no HTTP"
_WORDS = {  # the first that fits: a kind stands before what it is a kind of
    http.client.RemoteDisconnected: "the server closed it without an answer",
    http.client.BadStatusLine: _NO_HTTP,
    http.client.IncompleteRead: "the answer ended too early",
}


def _reason(causes: Iterable[BaseException]) -> str:
    """What the operating system said, in its words; else what happened, or the kind of error."""
    found: str | None = None
    words: str | None = None
    for cause in causes:
        if isinstance(cause, OSError) and cause.strerror:
            return cause.strerror
        found = found or type(cause).__name__
        words = words or next((said for kind, said in _WORDS.items() if isinstance(cause, kind)), None)
    return words or found or "no reason was given"
