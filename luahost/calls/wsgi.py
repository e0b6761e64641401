"""A WSGI application in place of the network: how a simulated API is mounted in this process."""

from __future__ import annotations

import io
import sys
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes, urlsplit

import requests
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict
from urllib3 import HTTPHeaderDict, HTTPResponse

if TYPE_CHECKING:
    from collections.abc import Callable


class WSGIAdapter(BaseAdapter):
    """A requests adapter that asks `app`; whatever it raises is a connection that broke."""

    def __init__(self, app: Callable[..., Any]) -> None:
        super().__init__()
        self._app = app

    def send(self, request: requests.PreparedRequest, *_args: Any, **_kwargs: Any) -> requests.Response:
        started: dict[str, Any] = {}

        def start_response(status: str, headers: list[tuple[str, str]], _exc_info: Any = None) -> None:
            started.update(status=status, headers=headers)

        try:
            answer = self._app(_environ(request), start_response)
            body = b"".join(answer)
            if hasattr(answer, "close"):
                answer.close()
        except Exception as error:
            raise requests.ConnectionError(f"the simulator gave no answer: {type(error).__name__}") from error
        return _response(request, started["status"], started["headers"], body)

    def close(self) -> None:
        """There is no connection to close."""


class Forwarding:
    """A WSGI application that sends what it is asked to the address itself, for who stands in between.

    `unanswered` are the requests that nobody answered, and why not.
    """

    def __init__(self) -> None:
        self.unanswered: list[str] = []

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        scheme, port = environ["wsgi.url_scheme"], environ["SERVER_PORT"]
        usual = {"https": "443", "http": "80"}.get(scheme)
        url = f"{scheme}://{environ['SERVER_NAME']}{'' if port == usual else f':{port}'}{environ['RAW_URI']}"
        headers = {name[5:].replace("_", "-"): value for name, value in environ.items() if name.startswith("HTTP_")}
        if "CONTENT_TYPE" in environ:
            headers["CONTENT-TYPE"] = environ["CONTENT_TYPE"]
        method = environ["REQUEST_METHOD"]
        body = environ["wsgi.input"].read() or None
        with requests.Session() as session:
            session.trust_env = False
            try:
                found = session.request(method, url, headers=headers, data=body, timeout=10, allow_redirects=False)
            except Exception as error:
                self.unanswered.append(f"{method} {url}: {' '.join(str(error).split())[:300]}")
                raise
        found.headers.pop("Content-Encoding", None)  # the content has been decoded
        start_response(f"{found.status_code} {found.reason}", list(found.headers.items()))
        return [found.content]


def _environ(request: requests.PreparedRequest) -> dict[str, Any]:
    parts = urlsplit(request.url or "")
    body = request.body or b""
    data = body.encode() if isinstance(body, str) else bytes(body)
    environ = {
        "REQUEST_METHOD": request.method or "GET",
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(parts.path).decode("latin-1"),
        "RAW_URI": parts.path + (f"?{parts.query}" if parts.query else ""),
        "QUERY_STRING": parts.query,
        "SERVER_NAME": parts.hostname or "localhost",
        "SERVER_PORT": str(parts.port or 443),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "CONTENT_LENGTH": str(len(data)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": parts.scheme,
        "wsgi.input": io.BytesIO(data),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in request.headers.items():
        key = name.upper().replace("-", "_")
        environ[key if key == "CONTENT_TYPE" else "HTTP_" + key] = value
    return environ


def _response(
    request: requests.PreparedRequest, status: str, headers: list[tuple[str, str]], body: bytes
) -> requests.Response:
    code, _, reason = status.partition(" ")
    response = requests.Response()
    response.status_code = int(code)
    response.reason = reason
    response.url = request.url or ""
    response.request = request
    response.headers = CaseInsensitiveDict(headers)
    response.raw = HTTPResponse(
        body=io.BytesIO(body),
        headers=HTTPHeaderDict(headers),
        status=int(code),
        reason=reason,
        preload_content=False,
    )
    return response
