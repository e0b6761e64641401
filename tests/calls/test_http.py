"""What goes over the wire, and what comes of it: against servers on loopback that misbehave on purpose."""

from __future__ import annotations

import gzip
import json
import os
import socket
import ssl
import struct
import threading
import time
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING, Any, Self

import pytest
import responses

from luahost import Host, Limits, Policy
from luahost.calls.settings import Settings
from luahost.errors import (
    CallTimeout,
    InvalidResponse,
    LimitExceeded,
    LuaHostError,
    NetworkError,
    OutcomeUnknown,
    RateLimited,
    ServerError,
    Unauthorized,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Answer = Callable[["Wire", socket.socket], bool | None]

KEY = "cog_0123456789abcdef"
ALLOW = Policy(read="allow", write="allow")
SESSION = {"session_id": "abc", "status": "running", "created_at": 1}

# Made for these tests, and trusted by nobody: localhost, 127.0.0.1 and api.example.test, until 2120.
CERTIFICATE = """\
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgtscMB1Sy2/1NQEuQ
GZ6VBvnXkkkpCSkqXaPi9bt6eTyhRANCAAQSrAh83rIjGiuSydjcpAOOgXWyGW4s
VFC1NSqr6JcsGlH5RGvz1gBHqmbhRw5MSeV+P5Hg08rYMKjoRP88R0+N
-----END PRIVATE KEY-----
-----BEGIN CERTIFICATE-----
MIIBYTCCAQigAwIBAgIBATAKBggqhkjOPQQDAjAYMRYwFAYDVQQDDA1sdWFob3N0
IHRlc3RzMCAXDTIwMDEwMTAwMDAwMFoYDzIxMjAwMTAxMDAwMDAwWjAYMRYwFAYD
VQQDDA1sdWFob3N0IHRlc3RzMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEEqwI
fN6yIxorksnY3KQDjoF1shluLFRQtTUqq+iXLBpR+URr89YAR6pm4UcOTEnlfj+R
4NPK2DCo6ET/PEdPjaNBMD8wLAYDVR0RBCUwI4IJbG9jYWxob3N0hwR/AAABghBh
cGkuZXhhbXBsZS50ZXN0MA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDRwAw
RAIgTY1mT6GfCEDvHcEM1qHZ9eXjq6XjNtCr7ozZXEJTx18CIE/BSCmEU2coO4I1
CFopSxQSV/hfeFneYk8jPei6YlTe
-----END CERTIFICATE-----
"""


class Wire:
    """A raw server. `answer` writes what it likes for each request, and says True to go on with the connection."""

    def __init__(self, answer: Answer, *, tls: str | None = None) -> None:
        self.requests: list[bytes] = []
        self.connections = 0
        self.sent = 0  # bytes of bodies that left
        self._answer = answer
        self._tls: ssl.SSLContext | None = None
        if tls is not None:
            self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._tls.load_cert_chain(tls)
        self._open: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port: int = self._listener.getsockname()[1]
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"

    def methods(self) -> list[str]:
        return [request.split(b" ", 1)[0].decode() for request in self.requests]

    def header(self, name: str, at: int = -1) -> str | None:
        for line in self.requests[at].partition(b"\r\n\r\n")[0].decode().split("\r\n")[1:]:
            found, _, value = line.partition(": ")
            if found.lower() == name.lower():
                return value
        return None

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for each in self._open:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with suppress(OSError, ValueError):
            if self._tls is not None:
                connection = self._tls.wrap_socket(connection, server_side=True)
                self._open.append(connection)
            while (request := _request(connection)) is not None:
                self.requests.append(request)
                if not self._answer(self, connection):
                    break
        with suppress(OSError):
            connection.close()


def _request(connection: socket.socket) -> bytes | None:
    data = b""
    while b"\r\n\r\n" not in data:
        part = connection.recv(65536)
        if not part:
            return None
        data += part
    head, _, body = data.partition(b"\r\n\r\n")
    length = next(
        (int(line.partition(b":")[2]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0
    )
    while len(body) < length:
        part = connection.recv(65536)
        if not part:
            return None
        body += part
    return head + b"\r\n\r\n" + body


def reply(status: str = "200 OK", body: Any = None, **headers: str) -> bytes:
    content = body if isinstance(body, bytes) else json.dumps(SESSION if body is None else body).encode()
    named = {"Content-Type": "application/json", "Content-Length": str(len(content)), **headers}
    head = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in named.items())
    return f"HTTP/1.1 {status}\r\n{head}\r\n".encode("latin-1") + content


def say(*answers: bytes, keep: bool = True) -> Answer:
    """These answers, one a request; the last for all that follow."""
    left = list(answers)

    def answer(_: Wire, connection: socket.socket) -> bool:
        connection.sendall(left.pop(0) if len(left) > 1 else left[0])
        return keep

    return answer


def drip(head: bytes, piece: bytes, every: float = 0.05) -> Answer:
    """Something at once, then a piece now and again for as long as anybody listens."""

    def answer(_: Wire, connection: socket.socket) -> None:
        connection.sendall(head)
        while True:
            time.sleep(every)
            connection.sendall(piece)

    return answer


def reset(_: Wire, connection: socket.socket) -> None:
    """Break the connection as a machine does that goes down."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def hang_up(_: Wire, __: socket.socket) -> None:
    return


def silent(_: Wire, connection: socket.socket) -> None:
    connection.recv(1)


def flood(head: bytes, total: int, piece: bytes = b" " * 65536) -> Answer:
    """A head and then `total` bytes of body, counted as they leave."""

    def answer(wire: Wire, connection: socket.socket) -> None:
        connection.sendall(head)
        while wire.sent < total:
            connection.sendall(piece)
            wire.sent += len(piece)

    return answer


class Makers:
    """Hosts and servers that are closed when the test ends."""

    def __init__(self, stack: ExitStack, folder: Path) -> None:
        self._stack = stack
        self._folder = folder

    def wire(self, answer: Answer, **options: Any) -> Wire:
        return self._stack.enter_context(Wire(answer, **options))

    def host(self, url: str, *, limits: Limits | None = None, key: str = KEY, **http: float) -> Host:
        """A host whose only account uses `url`, with an organisation, so that each call is one request."""
        settings = Settings({}, str(self._folder), str(self._folder), {"http": {"retries": 1, "timeout": 5, **http}})
        account = {"api_key": key, "base_url": url, "org_id": "org-1"}
        return self._stack.enter_context(
            Host(
                accounts={"devin": {"default": account}},
                policy=ALLOW,
                settings=settings,
                state=False,
                limits=limits or Limits(wall=None),
            )
        )


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Makers]:
    with ExitStack() as stack:
        yield Makers(stack, tmp_path / "settings")


@pytest.fixture
def pem(tmp_path: Path) -> str:
    file = tmp_path / "server.pem"
    file.write_text(CERTIFICATE)
    return str(file)


def read(host: Host) -> Any:
    return host.call("devin.get_session", {"session_id": "abc"})


def write(host: Host) -> Any:
    return host.call("devin.send_message", {"session_id": "abc", "message": "hello"})


def error_of(call: Callable[[Host], Any], host: Host) -> LuaHostError:
    with pytest.raises(LuaHostError) as caught:
        call(host)
    return caught.value


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    return port


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


# -- what is sent ------------------------------------------------------------------------------------------------


@responses.activate
def test_a_request_carries_the_key_the_kind_and_the_name_of_luahost(make: Makers) -> None:
    responses.get("https://api.devin.ai/v3/organizations/org-1/sessions/devin-abc", json=SESSION)
    read(make.host("https://api.devin.ai"))
    headers = responses.calls[0].request.headers
    assert headers["Authorization"] == f"Bearer {KEY}"
    assert headers["Accept"] == "application/json"
    assert headers["User-Agent"].startswith("luahost/")
    assert "Content-Type" not in headers


@responses.activate
def test_a_write_is_json_in_utf_8(make: Makers) -> None:
    responses.post("https://api.devin.ai/v3/organizations/org-1/sessions/devin-abc/messages", json=SESSION)
    make.host("https://api.devin.ai").call("devin.send_message", {"session_id": "abc", "message": "grüße"})
    request = responses.calls[0].request
    assert request.headers["Content-Type"] == "application/json"
    assert request.body == '{"message":"grüße"}'.encode()


def test_a_message_that_is_no_unicode_text_is_an_invalid_argument(make: Makers) -> None:
    wire = make.wire(say(reply()))
    host = make.host(wire.url)
    with pytest.raises(LuaHostError) as caught:
        host.call("devin.send_message", {"session_id": "abc", "message": "half \ud800"})
    assert (caught.value.code, wire.requests) == ("invalid_arguments", [])


def test_a_path_of_the_base_url_comes_before_the_api_s(make: Makers) -> None:
    wire = make.wire(say(reply()))
    read(make.host(f"{wire.url}/gateway/"))
    assert wire.requests[0].startswith(b"GET /gateway/v3/organizations/org-1/sessions/devin-abc HTTP/1.1")


def test_cookies_are_not_sent_back(make: Makers) -> None:
    wire = make.wire(say(reply(Set_Cookie="track=me; Path=/")))
    host = make.host(wire.url)
    read(host)
    read(host)
    assert [wire.header("cookie", at) for at in (0, 1)] == [None, None]


def test_netrc_is_never_read(make: Makers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login mallory password secret\ndefault login mallory password secret\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    wire = make.wire(say(reply()))
    read(make.host(wire.url))
    assert wire.header("authorization") == f"Bearer {KEY}"


def test_reads_one_after_another_use_few_connections(make: Makers) -> None:
    wire = make.wire(say(reply()))
    host = make.host(wire.url)
    for _ in range(30):
        read(host)
    assert (len(wire.requests), wire.connections <= 3) == (30, True), wire.connections


def test_a_write_after_the_server_closed_an_idle_connection_is_sent_on_a_new_one(make: Makers) -> None:
    wire = make.wire(say(reply(), keep=False))
    host = make.host(wire.url)
    write(host)
    time.sleep(0.1)
    write(host)
    assert wire.methods() == ["POST", "POST"]


def test_a_closed_host_leaves_no_connection_open(make: Makers) -> None:
    wire = make.wire(say(reply()))
    host = make.host(wire.url)
    read(host)
    host.close()
    time.sleep(0.1)
    assert wire._open[0].fileno() == -1


# -- deadlines ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "answer",
    [
        silent,
        drip(b"", b"H"),
        drip(HEAD, b"X-Slow: 1\r\n"),
        drip(HEAD + b"X-Endless: ", b"x"),
        drip(HEAD + b"Content-Length: 100000\r\n\r\n", b" "),
        drip(HEAD + b"\r\n", b" "),
        drip(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
        drip(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"0"),
        drip(b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 100 Continue\r\n\r\n"),
    ],
    ids=["silence", "status", "headers", "header", "body", "until-close", "chunks", "chunk-size", "continue"],
)
def test_a_read_ends_at_its_timeout_in_total_time(make: Makers, answer: Answer) -> None:
    host = make.host(make.wire(answer).url, timeout=0.4, retries=3)
    begun = time.monotonic()
    error = error_of(read, host)
    assert time.monotonic() - begun < 1.5  # each attempt alone takes 0.4 s
    assert isinstance(error, CallTimeout), error
    assert error.retryable is True


@pytest.mark.parametrize("answer", [drip(HEAD, b"X-Slow: 1\r\n"), drip(HEAD + b"\r\n", b" ")], ids=["head", "body"])
def test_a_write_whose_answer_drips_beyond_its_timeout_is_unknown(make: Makers, answer: Answer) -> None:
    wire = make.wire(answer)
    begun = time.monotonic()
    error = error_of(write, make.host(wire.url, timeout=0.4, retries=3))
    assert time.monotonic() - begun < 5
    assert isinstance(error, OutcomeUnknown), error
    assert (error.retryable, wire.methods()) == (False, ["POST"])


def test_a_read_ends_at_the_run_s_wall_and_says_so_every_time(make: Makers) -> None:
    host = make.host(make.wire(drip(HEAD + b"\r\n", b" ")).url, limits=Limits(wall=0.4), timeout=30)
    codes: list[str] = []
    threads = [threading.Thread(target=lambda: codes.append(error_of(read, host).code)) for _ in range(12)]
    begun = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert time.monotonic() - begun < 1.5
    assert set(codes) == {"limit_exceeded"}


def test_a_script_s_read_ends_at_its_wall(make: Makers) -> None:
    host = make.host(make.wire(drip(HEAD + b"\r\n", b" ")).url, timeout=30)
    begun = time.monotonic()
    result = host.run('app.integrations.devin.get_session("abc")', limits=Limits(wall=0.6))
    assert time.monotonic() - begun < 2.5
    assert result.error is not None
    assert result.error.code == "limit_exceeded"


@pytest.mark.skipif(not hasattr(os, "posix_spawn"), reason="a full queue drops connections on Linux only")
def test_connecting_again_does_not_outlast_the_deadline(make: Makers) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as deaf, ExitStack() as stack:
        port = deaf.getsockname()[1]
        for _ in range(4):  # fill the queue: whoever comes next gets no answer at all
            filler = stack.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(("127.0.0.1", port))
        host = make.host(f"http://127.0.0.1:{port}", timeout=1.0, connect_timeout=0.8, retries=3)
        begun = time.monotonic()
        error = error_of(read, host)
        assert time.monotonic() - begun < 1.5  # each attempt alone takes 0.8 s
        assert isinstance(error, (NetworkError, CallTimeout)), error


# -- answers that break ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "answer",
    [
        say(HEAD + b'Content-Length: 500\r\n\r\n{"session_id"', keep=False),
        say(HEAD + b'Transfer-Encoding: chunked\r\n\r\n20\r\n{"session_id"', keep=False),
        say(HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}", keep=False),
    ],
    ids=["short", "chunk", "no-size"],
)
def test_a_truncated_body_is_a_network_error_to_a_read_and_unknown_to_a_write(make: Makers, answer: Answer) -> None:
    host = make.host(make.wire(answer).url, retries=0)
    error = error_of(read, host)
    assert isinstance(error, NetworkError), error
    assert error.retryable is True
    assert isinstance(error_of(write, host), OutcomeUnknown)


def test_a_body_that_is_not_the_gzip_it_claims_is_an_invalid_response(make: Makers) -> None:
    error = error_of(read, make.host(make.wire(say(reply(body=b"{}", Content_Encoding="gzip"))).url))
    assert isinstance(error, InvalidResponse), error


@pytest.mark.parametrize("answer", [reset, hang_up, say(b"garbage\r\n\r\n", keep=False)], ids=["reset", "eof", "junk"])
def test_a_read_whose_connection_breaks_is_repeated_as_often_as_set(make: Makers, answer: Answer) -> None:
    wire = make.wire(answer)
    error = error_of(read, make.host(wire.url, retries=2))
    assert isinstance(error, NetworkError), error
    assert (error.retryable, wire.methods()) == (True, ["GET"] * 3)


@pytest.mark.parametrize(
    ("answer", "reason", "hint"),
    [
        (say(b"SSH-2.0-OpenSSH_9.2\r\n", keep=False), "what came is no HTTP", "check the account's base_url"),
        (hang_up, "the server closed it without an answer", None),
        (say(HEAD + b"Content-Length: 99\r\n\r\n{", keep=False), "the answer ended too early", None),
    ],
    ids=["ssh", "eof", "part"],
)
def test_how_a_connection_broke_is_said_in_words(make: Makers, answer: Answer, reason: str, hint: str | None) -> None:
    error = error_of(read, make.host(make.wire(answer).url, retries=0))
    assert (error.message.rpartition("broke: ")[2], error.hint) == (reason, hint)


def test_a_server_of_plain_http_at_an_https_address_is_recognized(make: Makers) -> None:
    def answer(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(4096)
            connection.sendall(reply("400 Bad Request"))

    with socket.create_server(("127.0.0.1", 0)) as listener:
        answering = threading.Thread(target=answer, args=(listener,))
        answering.start()
        error = error_of(read, make.host(f"https://127.0.0.1:{listener.getsockname()[1]}", retries=0))
        answering.join()
    assert error.hint == "check the account's base_url: this server may speak http"


@pytest.mark.parametrize("status", ["429 Slow Down", "502 Bad", "503 Busy", "504 Late"])
def test_a_read_is_repeated_after_a_passing_refusal(make: Makers, status: str) -> None:
    wire = make.wire(say(reply(status, {"detail": "later"}), reply()))
    assert read(make.host(wire.url))["session_id"] == "abc"
    assert wire.methods() == ["GET", "GET"]


@pytest.mark.parametrize("status", ["400 Bad", "401 Who", "403 No", "404 Where", "409 Twice", "422 What", "500 Oops"])
def test_a_read_is_not_repeated_after_a_lasting_refusal(make: Makers, status: str) -> None:
    wire = make.wire(say(reply(status, {"detail": "no"})))
    error_of(read, make.host(wire.url, retries=3))
    assert wire.methods() == ["GET"]


def test_the_error_after_the_last_repetition_is_the_api_s_own(make: Makers) -> None:
    wire = make.wire(say(reply("503 Busy", {"detail": "come back later"})))
    error = error_of(read, make.host(wire.url, retries=2))
    assert isinstance(error, ServerError)
    assert "come back later" in error.message
    assert wire.methods() == ["GET"] * 3


def test_no_repetition_is_made_when_none_is_wanted(make: Makers) -> None:
    wire = make.wire(say(reply("503 Busy", {"detail": "later"})))
    error_of(read, make.host(wire.url, retries=0))
    assert wire.methods() == ["GET"]


# -- Retry-After -------------------------------------------------------------------------------------------------


def test_retry_after_is_waited_for(make: Makers) -> None:
    wire = make.wire(say(reply("429 Slow", {"detail": "slow"}, Retry_After="1"), reply()))
    begun = time.monotonic()
    read(make.host(wire.url))
    assert 1.0 <= time.monotonic() - begun < 2.5


def test_retry_after_beyond_the_deadline_is_not_waited_for(make: Makers) -> None:
    wire = make.wire(say(reply("429 Slow", {"detail": "slow"}, Retry_After="3600")))
    begun = time.monotonic()
    error = error_of(read, make.host(wire.url, retries=3))
    assert time.monotonic() - begun < 60
    assert isinstance(error, RateLimited)
    assert (error.retry_after, error.retryable, len(wire.requests)) == (3600.0, True, 1)


@pytest.mark.parametrize("call", [read, write])
@pytest.mark.parametrize(
    "value",
    ["soon", "-5", "", "\xb2", "9" * 400, "9" * 5000, "Wed, 21 Oct 2015 07:28:00 -0000", "NaN", "1e9", "Fri, 99 X 0"],
    ids=["word", "negative", "empty", "superscript", "huge", "endless", "naive", "nan", "float", "nodate"],
)
def test_a_strange_retry_after_changes_nothing_about_the_error(
    make: Makers, call: Callable[[Host], Any], value: str
) -> None:
    date = "Wed, 21 Oct 2015 07:00:00 GMT"
    wire = make.wire(say(reply("429 Slow", {"detail": "slow"}, Retry_After=value, Date=date)))
    error = error_of(call, make.host(wire.url, retries=0))
    assert isinstance(error, RateLimited), error
    assert error.retry_after is None or 0 <= error.retry_after < float("inf")


def test_a_strange_retry_after_does_not_keep_a_read_from_being_repeated(make: Makers) -> None:
    wire = make.wire(say(reply("429 Slow", {"detail": "slow"}, Retry_After="9" * 5000), reply("429 Slow", {})))
    error = error_of(read, make.host(wire.url, retries=1))
    assert isinstance(error, RateLimited), error


# -- writes ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "answer",
    [
        reset,
        hang_up,
        say(b"garbage\r\n\r\n", keep=False),
        say(HEAD + b"Content-Length: 500\r\n\r\n{", keep=False),
    ],
    ids=["reset", "eof", "junk", "truncated"],
)
def test_a_write_whose_answer_is_lost_is_sent_once_and_unknown(make: Makers, answer: Answer) -> None:
    wire = make.wire(answer)
    error = error_of(write, make.host(wire.url, retries=3))
    assert isinstance(error, OutcomeUnknown), error
    assert (error.retryable, wire.methods()) == (False, ["POST"])


@pytest.mark.parametrize("status", ["429 Slow", "500 Oops", "502 Bad", "503 Busy", "504 Late", "408 Late"])
def test_a_write_that_was_answered_is_never_repeated(make: Makers, status: str) -> None:
    wire = make.wire(say(reply(status, {"detail": "no"}, Retry_After="0")))
    error_of(write, make.host(wire.url, retries=3))
    assert wire.methods() == ["POST"]


def test_a_write_is_repeated_when_the_port_refuses_and_then_opens(make: Makers) -> None:
    wire = make.wire(say(reply()))
    port = free_port()

    def open_late() -> None:
        time.sleep(0.2)
        wire._listener.close()
        wire._listener = socket.create_server(("127.0.0.1", port))
        wire._accept()

    threading.Thread(target=open_late, daemon=True).start()
    assert write(make.host(f"http://127.0.0.1:{port}", retries=3))["session_id"] == "abc"
    assert wire.methods() == ["POST"]


@pytest.mark.parametrize("call", [read, write])
def test_a_port_that_stays_closed_is_a_network_error_that_may_be_tried_again(
    make: Makers, call: Callable[[Host], Any]
) -> None:
    error = error_of(call, make.host(f"http://127.0.0.1:{free_port()}", retries=1))
    assert isinstance(error, NetworkError)
    assert (error.retryable, "refused" in error.message) == (True, True)


def test_a_name_that_does_not_exist_is_a_network_error(make: Makers, monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere(*_: object, **__: object) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", nowhere)
    error = error_of(write, make.host("https://api.example.test", retries=0))
    assert isinstance(error, NetworkError)
    assert error.retryable is True


@pytest.mark.parametrize("proxy", ["socks5://127.0.0.1:9", "http://", "http://127.0.0.1:99999"])
def test_a_write_that_a_wrong_proxy_setting_stops_has_certainly_not_happened(
    make: Makers, monkeypatch: pytest.MonkeyPatch, proxy: str
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    error = error_of(write, make.host("https://api.example.test", retries=0))
    assert isinstance(error, NetworkError), error


def test_a_write_without_the_certificates_it_was_told_to_use_has_certainly_not_happened(
    make: Makers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nonexistent/ca.pem")
    error = error_of(write, make.host("https://api.example.test", retries=0))
    assert isinstance(error, NetworkError), error


def test_a_write_that_the_proxy_does_not_let_through_has_certainly_not_happened(
    make: Makers, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = make.wire(say(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n", keep=False))
    monkeypatch.setenv("HTTPS_PROXY", proxy.url)
    error = error_of(write, make.host("https://api.example.test", retries=0))
    assert isinstance(error, NetworkError), error
    assert proxy.methods() == ["CONNECT"]


# -- TLS ---------------------------------------------------------------------------------------------------------


def test_a_trusted_certificate_is_spoken_to(make: Makers, pem: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", pem)
    assert read(make.host(make.wire(say(reply()), tls=pem).url))["session_id"] == "abc"


@pytest.mark.parametrize("call", [read, write])
def test_a_certificate_that_nobody_vouches_for_gets_no_request(
    make: Makers, pem: str, call: Callable[[Host], Any]
) -> None:
    wire = make.wire(say(reply()), tls=pem)
    error = error_of(call, make.host(wire.url, retries=0))
    assert isinstance(error, NetworkError), error
    assert wire.requests == []


def test_a_write_whose_secure_connection_breaks_after_it_was_sent_is_unknown(
    make: Makers, pem: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_record(_: Wire, connection: socket.socket) -> None:
        with socket.socket(fileno=os.dup(connection.fileno())) as plain:
            plain.sendall(b"this is no TLS record at all" * 10)

    monkeypatch.setenv("REQUESTS_CA_BUNDLE", pem)
    wire = make.wire(break_record, tls=pem)
    error = error_of(write, make.host(wire.url, retries=3))
    assert wire.methods() == ["POST"]
    assert isinstance(error, OutcomeUnknown), error


def test_a_slow_secure_answer_ends_at_the_deadline_too(make: Makers, pem: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", pem)
    host = make.host(make.wire(drip(HEAD + b"\r\n", b" "), tls=pem).url, timeout=0.5)
    begun = time.monotonic()
    assert isinstance(error_of(read, host), CallTimeout)
    assert time.monotonic() - begun < 1.2


# -- proxies and other hosts -------------------------------------------------------------------------------------


def test_a_proxy_of_the_environment_is_used_and_sees_no_key(make: Makers, monkeypatch: pytest.MonkeyPatch) -> None:
    proxy = make.wire(say(b"HTTP/1.1 503 Closed\r\nContent-Length: 0\r\n\r\n", keep=False))
    monkeypatch.setenv("HTTPS_PROXY", proxy.url)
    error_of(read, make.host("https://api.example.test", retries=0))
    assert proxy.requests[0].startswith(b"CONNECT api.example.test:443")
    assert KEY.encode() not in b"".join(proxy.requests)


def test_a_call_goes_through_the_proxy_s_tunnel(make: Makers, pem: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def tunnel(_: Wire, connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem)
        with context.wrap_socket(connection, server_side=True) as inner:
            assert _request(inner)
            inner.sendall(reply())

    proxy = make.wire(tunnel)
    monkeypatch.setenv("HTTPS_PROXY", proxy.url)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", pem)
    assert read(make.host("https://api.example.test", retries=0))["session_id"] == "abc"


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
def test_loopback_never_goes_through_a_proxy(make: Makers, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    proxy = make.wire(say(reply("502 Proxy", {})))
    for variable in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(variable, proxy.url)
    wire = make.wire(say(reply()))
    read(make.host(f"http://{name}:{wire.port}"))
    assert (len(wire.requests), proxy.connections) == (1, 0)


@pytest.mark.parametrize("call", [read, write])
@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 Other", "307 Temporary", "308 Permanent"])
def test_a_redirect_is_not_followed_and_its_target_never_hears_of_it(
    make: Makers, call: Callable[[Host], Any], status: str
) -> None:
    other = make.wire(say(reply()))
    wire = make.wire(say(reply(status, b"", Location=f"{other.url}/steal")))
    error = error_of(call, make.host(wire.url))
    assert isinstance(error, InvalidResponse), error
    assert str(other.port) in error.message
    assert (len(wire.requests), other.connections) == (1, 0)


@pytest.mark.parametrize("target", ["http://[::1", "http://\xff\xfe", "//", "http://a b/", "javascript:x", "\x7f", ""])
def test_a_redirect_to_nonsense_is_an_invalid_response(make: Makers, target: str) -> None:
    wire = make.wire(say(reply("302 Found", b"", Location=target)))
    error = error_of(read, make.host(wire.url, retries=0))
    assert isinstance(error, InvalidResponse), error


# -- how much is read --------------------------------------------------------------------------------------------

SMALL = Limits(wall=None, response_bytes=100_000)
BIG = 64 << 20


@pytest.mark.parametrize("status", ["200 OK", "404 Where", "302 Found"], ids=["answer", "refusal", "redirect"])
def test_no_more_of_a_body_is_read_than_the_limit(make: Makers, status: str) -> None:
    head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nLocation: /x\r\nContent-Length: {BIG}\r\n\r\n"
    wire = make.wire(flood(head.encode(), BIG))
    error = error_of(read, make.host(wire.url, limits=SMALL, retries=0))
    assert wire.sent < BIG / 2
    assert isinstance(error, (LimitExceeded, InvalidResponse)), error


def test_the_body_of_an_answer_that_is_repeated_is_not_read_without_limit(make: Makers) -> None:
    head = f"HTTP/1.1 503 Busy\r\nContent-Type: application/json\r\nContent-Length: {BIG}\r\n\r\n"
    wire = make.wire(flood(head.encode(), BIG))
    error_of(read, make.host(wire.url, limits=SMALL, retries=1))
    assert wire.sent < BIG / 2


def test_a_body_of_many_chunks_is_capped(make: Makers) -> None:
    piece = b"10000\r\n" + b" " * 65536 + b"\r\n"
    wire = make.wire(flood(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", BIG, piece))
    error = error_of(read, make.host(wire.url, limits=SMALL))
    assert isinstance(error, LimitExceeded)
    assert error.details == {"limit": "response_bytes", "allowed": 100_000, "used": error.details["used"]}
    assert wire.sent < BIG / 2


@pytest.mark.parametrize("status", ["200 OK", "500 Oops", "302 Found"])
def test_a_gzip_bomb_is_capped_by_what_it_becomes(make: Makers, status: str) -> None:
    import tracemalloc

    bomb = gzip.compress(b" " * BIG)
    wire = make.wire(say(reply(status, bomb, Content_Encoding="gzip", Location="/x")))
    host = make.host(wire.url, limits=SMALL, retries=0)
    tracemalloc.start()
    try:
        error = error_of(read, host)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert isinstance(error, (LimitExceeded, InvalidResponse)), error
    assert peak < 16 << 20


def test_the_limit_counts_all_pages_of_one_call(make: Makers) -> None:
    pages = [
        reply(body={"items": [{"session_id": "a" * 40_000}], "has_next_page": True, "end_cursor": str(number)})
        for number in range(5)
    ]
    wire = make.wire(say(*pages))
    with pytest.raises(LimitExceeded):
        make.host(wire.url, limits=SMALL).call("devin.list_sessions")
    assert len(wire.requests) == 3


def test_a_compressed_answer_is_read(make: Makers) -> None:
    body = gzip.compress(json.dumps(SESSION).encode())
    assert read(make.host(make.wire(say(reply(body=body, Content_Encoding="gzip"))).url)) == SESSION


def test_an_answer_over_the_limit_to_a_write_says_that_it_may_have_happened(make: Makers) -> None:
    wire = make.wire(say(reply(body={"session_id": "a" * 200_000})))
    error = error_of(write, make.host(wire.url, limits=SMALL))
    assert "may have happened" in f"{error.message} {error.hint}" or isinstance(error, OutcomeUnknown), error


def test_a_refused_key_is_told_apart_from_a_broken_connection(make: Makers) -> None:
    wire = make.wire(say(reply("401 Unauthorized", {"detail": "no such key"})))
    assert isinstance(error_of(read, make.host(wire.url)), Unauthorized)
