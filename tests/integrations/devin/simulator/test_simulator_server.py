from __future__ import annotations

import http.client
import json
import socket
import threading
from typing import TYPE_CHECKING, Any

import pytest

from luahost.integrations.devin.simulator import RealClock, Simulator
from luahost.integrations.devin.simulator.server import MAX_BODY, Server

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def server(simulator: Any) -> Iterator[Server]:
    with Server(simulator) as running:
        yield running


@pytest.fixture
def connection(server: Server) -> Iterator[http.client.HTTPConnection]:
    opened = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    yield opened
    opened.close()


def raw(server: Server, request: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connected:
        connected.sendall(request)
        received = b""
        while part := connected.recv(65536):
            received += part
        return received


def test_one_connection_serves_many_requests(simulator: Simulator, connection: http.client.HTTPConnection) -> None:
    sockets = set()
    for _ in range(3):
        connection.request("GET", "/v3/self", headers={"Authorization": f"Bearer {simulator.keys['v3']['work']}"})
        sockets.add(connection.sock)
        response = connection.getresponse()
        content = response.read()
        assert response.version == 11
        assert response.headers["content-length"] == str(len(content))
        assert json.loads(content)["service_user_name"] == "CI Bot"
    assert len(sockets) == 1


def test_a_path_is_decoded_once_and_text_is_utf8(simulator: Simulator, connection: http.client.HTTPConnection) -> None:
    headers = {
        "Authorization": f"Bearer {simulator.keys['v1']['default']}",
        "Content-Type": "application/json",
    }
    connection.request("POST", "/v1/sessions", '{"prompt": "h\u00e9", "tags": ["\u00fc"]}'.encode(), headers)
    session_id = json.loads(connection.getresponse().read())["session_id"]
    connection.request("GET", f"/v1/sessions/{session_id.replace('-', '%2D')}?tags=%C3%BC", headers=headers)
    assert "h\u00e9".encode() in connection.getresponse().read()
    assert simulator.requests[-1].query == {"tags": ["\u00fc"]}


def test_a_lost_answer_closes_the_connection_with_nothing_sent(simulator: Simulator, server: Server) -> None:
    simulator.fail(lose="after")
    assert raw(server, b"GET /v3/self HTTP/1.1\r\nHost: x\r\n\r\n") == b""


def test_head_has_a_length_and_no_body(connection: http.client.HTTPConnection) -> None:
    connection.request("HEAD", "/v3/self")
    response = connection.getresponse()
    assert (response.status, response.read()) == (405, b"")
    assert int(response.headers["content-length"]) > 0


def test_a_method_nobody_knows_is_a_405(connection: http.client.HTTPConnection) -> None:
    connection.request("BREW", "/v3/self")
    assert connection.getresponse().status == 405


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"POST /v1/sessions HTTP/1.1\r\nContent-Length: ten\r\n\r\n", 400),
        (b"POST /v1/sessions HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400),
        (b"POST /v1/sessions HTTP/1.1\r\nContent-Length: \xc2\xb2\r\n\r\n", 400),
        (b"POST /v1/sessions HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n", 400),
        (b"POST /v1/sessions HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
        (b"POST /v1/sessions HTTP/1.1\r\nContent-Length: 99999999999999999999999\r\n\r\n", 413),
        (b"POST /v1/sessions HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nfffffff\r\n", 413),
        (b"nonsense\r\n\r\n", 400),
        (b"GET http://[bad/ HTTP/1.1\r\n\r\n", 400),
        (b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n", 414),
    ],
)
def test_a_malformed_request_is_answered_and_the_connection_closed(
    server: Server, request_bytes: bytes, status: int
) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connected:
        connected.sendall(request_bytes)
        connected.shutdown(socket.SHUT_WR)
        response = http.client.HTTPResponse(connected)
        response.begin()
        content = json.loads(response.read())
    assert (response.status, content["status"]) == (status, status)
    assert response.headers["connection"] == "close"


def test_a_body_that_is_too_large_is_refused_in_a_way_the_client_sees(
    simulator: Simulator, connection: http.client.HTTPConnection
) -> None:
    connection.request("POST", "/v1/sessions", b"x" * (MAX_BODY + 1))
    assert connection.getresponse().status == 413
    assert simulator.requests == []


def test_a_chunked_body_arrives_whole(simulator: Simulator, connection: http.client.HTTPConnection) -> None:
    headers = {
        "Authorization": f"Bearer {simulator.keys['v1']['default']}",
        "Content-Type": "application/json",
    }
    parts = iter([b'{"pro', b'mpt": "p"}'])
    connection.request("POST", "/v1/sessions", parts, headers, encode_chunked=True)
    assert connection.getresponse().status == 200
    assert simulator.requests[-1].body == {"prompt": "p"}


def test_a_client_that_expects_to_be_asked_is_told_to_continue(server: Server) -> None:
    head = b"POST / HTTP/1.1\r\nExpect: 100-continue\r\nConnection: close\r\nContent-Length: 2\r\n\r\n"
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connected:
        connected.sendall(head)
        assert connected.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connected.sendall(b"{}")
        assert connected.recv(100).startswith(b"HTTP/1.1 404 ")


def test_an_answer_without_a_body_has_no_length(simulator: Simulator, server: Server) -> None:
    simulator.fail(status=204)
    answer = raw(server, b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 204 ")
    assert b"content-length" not in answer.lower()
    assert answer.endswith(b"\r\n\r\n")


def test_an_application_that_breaks_is_a_500_and_prints_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    def broken(_environ: Any, _start_response: Any) -> Any:
        raise RuntimeError("broken")

    with Server(broken) as server:
        answer = raw(server, b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 500 ")
    assert capfd.readouterr() == ("", "")


def test_nothing_is_logged(simulator: Simulator, server: Server, capfd: pytest.CaptureFixture[str]) -> None:
    simulator.fail(lose="before")
    raw(server, b"GET / HTTP/1.1\r\n\r\n")
    raw(server, b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n")
    raw(server, b"bad\r\n\r\n")
    assert capfd.readouterr() == ("", "")


def test_a_port_in_use_is_an_os_error(simulator: Simulator, server: Server) -> None:
    with pytest.raises(OSError, match="in use"):
        Server(simulator, port=server.port)


def test_only_loopback_is_listened_on(simulator: Simulator) -> None:
    with pytest.raises(ValueError, match="loopback"):
        Server(simulator, host="0.0.0.0")


def test_close_ends_what_is_kept_alive_frees_the_port_and_may_be_repeated(simulator: Simulator) -> None:
    server = Server(simulator)
    server.start()
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connected:
        connected.sendall(b"GET / HTTP/1.1\r\n\r\n")
        assert connected.recv(65536).startswith(b"HTTP/1.1 404 ")
        server.close()
        server.close()
        assert connected.recv(1) == b""
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", server.port), timeout=10)
    Server(simulator, port=server.port).close()


def test_serve_forever_answers_until_another_thread_closes(simulator: Simulator) -> None:
    server = Server(simulator)
    serving = threading.Thread(target=server.serve_forever)
    serving.start()
    assert raw(server, b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n").startswith(b"HTTP/1.1 404 ")
    server.close()
    serving.join(5)
    assert not serving.is_alive()


def test_a_slow_answer_holds_up_nobody_else() -> None:
    simulator = Simulator(clock=RealClock())
    simulator.fail(path="slow", delay=2.0)
    with Server(simulator) as server:
        request = b"GET /%s HTTP/1.1\r\nConnection: close\r\n\r\n"
        slow = threading.Thread(target=raw, args=(server, request % b"slow"))
        slow.start()
        raw(server, request % b"quick")
        assert slow.is_alive()
        slow.join()
