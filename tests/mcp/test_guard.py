"""Who may speak to the server over HTTP."""

from __future__ import annotations

import http.client
import json
from contextlib import closing
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from luahost.mcp.guard import Guard, is_loopback
from tests.mcp.conftest import HELLO, TOKEN, run

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.mcp.conftest import Http


def ask(served: Http, path: str = "/mcp", method: str = "POST", **headers: str | None) -> tuple[int, Any, Any]:
    """Status, headers and body of the answer to a first request; a header that is None is left out."""
    usual: dict[str, str | None] = {
        "Authorization": f"Bearer {TOKEN}",
        "Content-Type": "application/json",
        "Accept": "application/json, text/event-stream",
    }
    given = {**usual, **{name.replace("_", "-"): value for name, value in headers.items()}}
    with closing(http.client.HTTPConnection(urlsplit(served.url).netloc, timeout=20)) as connection:
        sent = {name: value for name, value in given.items() if value is not None}
        connection.request(method, path, json.dumps(HELLO), sent)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read().decode()


def test_the_token_opens(plain: Http) -> None:
    status, _, body = ask(plain)
    assert status == 200
    assert "serverInfo" in body


@pytest.mark.parametrize(
    "given", [None, "Bearer", f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", f"Basic {TOKEN}", TOKEN, "Bearer ü"]
)  # fmt: skip
@pytest.mark.parametrize("method", ["POST", "GET", "DELETE", "OPTIONS"])
def test_whatever_else_is_refused_and_told_what_is_wanted(plain: Http, given: str | None, method: str) -> None:
    status, headers, body = ask(plain, method=method, Authorization=given)
    assert status == 401
    assert headers["WWW-Authenticate"].startswith("Bearer")
    assert "bearer token" in json.loads(body)["error"]
    assert TOKEN not in body


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://127.0.0.1", "http://localhost:1", "http://127.0.0.1.evil.example"]
)  # fmt: skip
def test_a_web_page_is_refused_even_with_the_token(plain: Http, origin: str) -> None:
    status, _, body = ask(plain, Origin=origin)
    assert status == 403
    assert "web pages" in body


def test_a_page_of_the_server_itself_would_not_be(plain: Http) -> None:
    assert ask(plain, Origin=f"http://{urlsplit(plain.url).netloc}")[0] == 200


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "127.0.0.1:1", "localhost.evil.example:{port}"])
def test_a_name_that_was_made_to_lead_here_is_refused(plain: Http, host: str) -> None:
    status, _, body = ask(plain, Host=host.format(port=urlsplit(plain.url).port))
    assert status == 421
    assert "not called" in body


def test_this_machine_may_be_called_localhost(plain: Http) -> None:
    assert ask(plain, Host=f"localhost:{urlsplit(plain.url).port}")[0] == 200


@pytest.mark.parametrize("path", ["/", "/mcp/", "/sse", "/mcpx"])
def test_there_is_nothing_but_mcp(plain: Http, path: str) -> None:
    status, _, body = ask(plain, path)
    assert status == 404
    assert "MCP is at /mcp" in body


def test_without_a_token_the_other_checks_hold(serve: Callable[..., Http]) -> None:
    served = serve("--simulate", "--no-token", env={})
    assert ask(served, Authorization=None)[0] == 200
    assert ask(served, Authorization=None, Origin="https://evil.example")[0] == 403
    assert ask(served, Authorization=None, Host="evil.example")[0] == 421


@pytest.mark.parametrize(
    ("host", "is_it"),
    [("127.0.0.1", True), ("127.8.8.8", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("::", False),
     ("192.168.1.7", False), ("example.org", False)],
)  # fmt: skip
def test_loopback_is_known(host: str, is_it: bool) -> None:
    assert is_loopback(host) is is_it


def test_where_other_machines_come_any_name_will_do_but_no_other_page() -> None:
    passed: list[int] = []

    async def app(*_: Any) -> None:
        passed.append(200)

    async def status(**headers: str) -> int:
        said: list[Any] = []

        async def send(message: Any) -> None:
            said.append(message)

        given = {"authorization": f"Bearer {TOKEN}", **headers}
        scope = {"type": "http", "path": "/mcp", "headers": [(k.encode(), v.encode()) for k, v in given.items()]}
        passed.clear()
        await Guard(app, host="0.0.0.0", port=8000, token=TOKEN)(scope, app, send)  # type: ignore[arg-type]
        return passed[0] if passed else int(said[0]["status"])

    assert run(status(host="build.example")) == 200
    assert run(status(host="build.example", origin="https://build.example")) == 200
    assert run(status(host="build.example", origin="https://evil.example")) == 403
    assert run(status(host="build.example", authorization="Bearer x")) == 401


def test_a_web_socket_gets_no_answer() -> None:
    passed: list[Any] = []

    async def app(*scope: Any) -> None:
        passed.append(scope)

    run(Guard(app, host="127.0.0.1", port=8000, token=None)({"type": "websocket"}, app, app))  # type: ignore[arg-type]
    assert not passed
