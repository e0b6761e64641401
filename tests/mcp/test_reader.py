"""Requests of HTTP as they arrive: what stands around a body, and other protocols that a client offers."""

from __future__ import annotations

import http.client
import json
import socket
from contextlib import closing
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from luahost.mcp.reader import LARGEST
from tests.mcp.conftest import HELLO, TOKEN

if TYPE_CHECKING:
    from tests.mcp.conftest import Http

START = b"POST /mcp HTTP/1.1\r\nHost: x\r\n"


def said(served: Http, *sent: bytes) -> bytes:
    """What comes back on a connection after the last that is sent, until it ends; something does after each."""
    where = urlsplit(served.url)
    with closing(socket.create_connection((where.hostname, where.port), timeout=20)) as connection:
        for part in sent[:-1]:
            connection.sendall(part)
            assert connection.recv(1 << 16)
        connection.sendall(sent[-1])
        with connection.makefile("rb") as answer:
            return answer.read()


@pytest.mark.parametrize("offer", ["h2c", "websocket"])
@pytest.mark.parametrize("chunked", [False, True], ids=["of a length", "in chunks"])
def test_a_client_that_offers_another_protocol_is_answered_in_this_one(plain: Http, offer: str, chunked: bool) -> None:
    headers = {
        "Authorization": f"Bearer {TOKEN}",
        "Content-Type": "application/json",
        "Accept": "application/json, text/event-stream",
        "Connection": "Upgrade, HTTP2-Settings",
        "Upgrade": offer,
        "HTTP2-Settings": "AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA",
    }
    body = json.dumps(HELLO).encode()
    with closing(http.client.HTTPConnection(urlsplit(plain.url).netloc, timeout=20)) as connection:
        for _ in range(2):
            connection.request("POST", "/mcp", iter([body[:9], body[9:]]) if chunked else body, headers)
            answer = connection.getresponse()
            assert (answer.status, b"serverInfo" in answer.read()) == (200, True)


def test_there_is_nothing_to_connect_to(plain: Http) -> None:
    assert said(plain, b"CONNECT example.org:443 HTTP/1.1\r\nHost: example.org:443\r\n\r\n").startswith(b"HTTP/1.1 400")


@pytest.mark.parametrize(
    "sent",
    [[b"POST /"], [START + b"X: "], [START + b"Transfer-Encoding: chunked\r\n\r\n", b"0\r\nX: "]],
    ids=["a path", "a header", "what follows the last chunk"],
)
def test_what_stands_around_a_body_has_an_end(plain: Http, sent: list[bytes]) -> None:
    *before, begun = sent
    answer = said(plain, *before, begun + b"y" * (LARGEST + 1 - len(begun)))
    assert b"HTTP/1.1 400" in answer
    assert str(LARGEST).encode() in answer
