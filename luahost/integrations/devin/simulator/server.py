"""The simulator, or any WSGI application, as a real HTTP/1.1 server on loopback."""

from __future__ import annotations

import contextlib
import io
import ipaddress
import socket
import socketserver
import sys
import threading
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import unquote, urlsplit

from .answers import Refusal, phrase, refused
from .faults import LostAnswer

if TYPE_CHECKING:
    from types import TracebackType

    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

MAX_BODY = 16 * 1024 * 1024
_MOST_DRAINED = 64 * 1024 * 1024  # of a refused body: read, or the client would never see the refusal


class _Exchange(BaseHTTPRequestHandler):
    """A connection: requests one after another, each handed to the application."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 120  # seconds of idleness
    server: _Listener

    def handle_one_request(self) -> None:
        try:
            self.requestline = self.request_version = self.command = ""
            self.raw_requestline = self.rfile.readline(65537)
            if not self.raw_requestline:
                self.close_connection = True
            elif len(self.raw_requestline) > 65536:
                self.send_error(414)
            elif self.parse_request():
                self._answer()
        except (LostAnswer, OSError):
            self.close_connection = True  # and nothing is sent, which is what a lost answer looks like

    def handle_expect_100(self) -> bool:
        return True  # "100 Continue" is sent by _body, once the announced length is acceptable

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """What the base class calls for a request it cannot parse."""
        del explain
        self.close_connection = True
        refusal = refused(Refusal(int(code), message), version=None, path=getattr(self, "path", ""))
        headers = [*refusal.headers.items(), ("connection", "close")]
        self._send(f"{refusal.status} {phrase(refusal.status)}", headers, refusal.body)

    def _answer(self) -> None:
        try:
            environ = self._environ(self._body())
        except Refusal as refusal:
            self.send_error(refusal.status, refusal.detail)
            self._drain()
            return
        status, headers, content = _run(self.server.app, environ)
        if self.close_connection:
            headers.append(("connection", "close"))
        self._send(status, headers, content)

    def _body(self) -> bytes:
        length = self.headers.get("content-length")
        chunked = self.headers.get("transfer-encoding")
        if chunked is not None and (chunked.lower() != "chunked" or length is not None):
            raise Refusal(400, "Unsupported Transfer-Encoding")
        size = length or "0"
        if not (size.isascii() and size.isdecimal()):
            raise Refusal(400, "Invalid Content-Length")
        if len(size) > 18 or int(size) > MAX_BODY:
            raise Refusal(413, f"The body is larger than {MAX_BODY} bytes")
        if self.headers.get("expect", "").lower() == "100-continue":
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        if chunked is not None:
            return self._chunks()
        body = self.rfile.read(int(size))
        if len(body) < int(size):
            raise ConnectionError("the client left in the middle of its body")
        return body

    def _chunks(self) -> bytes:
        body = bytearray()
        while True:
            head = self.rfile.readline(256).split(b";")[0].strip()
            try:
                size = int(head, 16)
            except ValueError:
                raise Refusal(400, "Invalid chunk") from None
            if size < 0:
                raise Refusal(400, "Invalid chunk")
            if len(body) + size > MAX_BODY:
                raise Refusal(413, f"The body is larger than {MAX_BODY} bytes")
            if size == 0:
                while self.rfile.readline(65537).strip():  # trailers
                    pass
                return bytes(body)
            body += self.rfile.read(size)
            if self.rfile.readline(3).strip():
                raise Refusal(400, "Invalid chunk")

    def _drain(self) -> None:
        self.connection.settimeout(1.0)
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_WR)
            left = _MOST_DRAINED
            while left > 0 and (read := self.rfile.read1(65536)):
                left -= len(read)

    def _environ(self, body: bytes) -> WSGIEnvironment:
        try:
            target = urlsplit(self.path)
        except ValueError:
            raise Refusal(400, "Invalid request target") from None
        environ: dict[str, Any] = {
            "REQUEST_METHOD": self.command,
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote(target.path, "latin-1"),
            "QUERY_STRING": target.query,
            "CONTENT_LENGTH": str(len(body)),
            "SERVER_NAME": self.server.host,
            "SERVER_PORT": str(self.server.port),
            "SERVER_PROTOCOL": self.request_version,
            "REMOTE_ADDR": self.client_address[0],
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }
        for name, value in self.headers.items():
            key = name.upper().replace("-", "_")
            if key == "CONTENT_TYPE":
                environ[key] = value
            elif key != "CONTENT_LENGTH" and "_" not in name:
                environ[f"HTTP_{key}"] = value
        return environ

    def _send(self, status: str, headers: list[tuple[str, str]], content: bytes) -> None:
        bare = status.startswith(("1", "204", "304"))  # by HTTP these have neither body nor length
        named = [(name, value) for name, value in headers if name.lower() != "content-length"]
        if not bare:
            named.append(("content-length", str(len(content))))
        head = "".join(f"{name}: {value}\r\n" for name, value in named)
        shown = b"" if bare or self.command == "HEAD" else content
        # In one write, so that no answer waits for the acknowledgement of its own head.
        self.wfile.write(f"HTTP/1.1 {status}\r\n{head}\r\n".encode("latin-1") + shown)


def _run(app: WSGIApplication, environ: WSGIEnvironment) -> tuple[str, list[tuple[str, str]], bytes]:
    """Calls the application to its end; an exception of its own (but LostAnswer) is a 500."""
    started: list[tuple[str, list[tuple[str, str]]]] = []
    written: list[bytes] = []

    def start_response(status: str, headers: list[tuple[str, str]], exc_info: object = None, /) -> Any:
        del exc_info
        started.append((status, list(headers)))
        return written.append

    try:
        content = app(environ, start_response)
        try:
            written.extend(content)
        finally:
            close = getattr(content, "close", None)
            if close is not None:
                close()
        status, headers = started[-1]
    except LostAnswer:
        raise
    except Exception:  # noqa: BLE001 - a broken application must not take the connection down in silence
        broken = refused(Refusal(500), version=None, path=environ["PATH_INFO"])
        return f"500 {phrase(500)}", list(broken.headers.items()), broken.body
    return status, headers, b"".join(written)


class _Listener(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, app: WSGIApplication, host: str, port: int) -> None:
        self.app = app
        self.host = host
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._open: set[socket.socket] = set()
        self._opening = threading.Lock()
        super().__init__((host, port), _Exchange)
        self.port: int = self.server_address[1]

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._opening:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._opening:
            self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A connection that breaks is the client's affair; the base class would print it."""

    def disconnect(self) -> None:
        """Ends the connections that clients still keep alive."""
        with self._opening:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)


class Server:
    """Serves `app` on a loopback address; port 0 picks a free one, and one in use is an OSError.

    It listens from the moment it is made, answers from `start` or `serve_forever` on, and leaves
    neither socket nor connection open after `close`.
    """

    def __init__(self, app: WSGIApplication, *, port: int = 0, host: str = "127.0.0.1") -> None:
        if host != "localhost" and not ipaddress.ip_address(host).is_loopback:
            raise ValueError(f"the simulator listens on loopback only, not on {host}")
        self._listener = _Listener(app, host, port)
        self._serving = False
        self._closed = False
        self.port = self._listener.port
        self.url = f"http://{f'[{host}]' if ':' in host else host}:{self.port}"

    def start(self) -> None:
        """Answers from a background thread from now on."""
        self._serving = True
        threading.Thread(target=self._serve, name="devin-simulator", daemon=True).start()

    def serve_forever(self) -> None:
        """Answers in this thread until another one calls `close`."""
        self._serving = True
        self._serve()

    def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        if self._serving:
            self._listener.shutdown()
        self._listener.server_close()
        self._listener.disconnect()

    def _serve(self) -> None:
        self._listener.serve_forever(poll_interval=0.05)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
