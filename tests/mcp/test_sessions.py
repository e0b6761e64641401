"""Sessions over HTTP: what is answered with JSON and what with a stream, and what is no request of a session."""

from __future__ import annotations

import asyncio
import http.client
import json
from contextlib import closing
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from mcp.shared.exceptions import MCPError
from mcp_types import ErrorData, JSONRPCNotification, JSONRPCRequest

from luahost.mcp import sessions
from luahost.mcp.exchange import Questions
from tests.mcp.conftest import HELLO, READY, TOKEN, Http, call, run

if TYPE_CHECKING:
    from collections.abc import Callable

USUAL = {
    "Authorization": f"Bearer {TOKEN}",
    "Content-Type": "application/json",
    "Accept": "application/json, text/event-stream",
}
PING = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
SLOW = "local enough = os.clock() + 1.3 while os.clock() < enough do end return 1"


def ask(served: Http, message: Any, *, method: str = "POST", **headers: str | None) -> tuple[int, Any, str]:
    """Status, headers and body; a header that is None is left out, a message of bytes is sent as it is."""
    given = {**USUAL, **{name.replace("_", "-"): value for name, value in headers.items()}}
    body = message if isinstance(message, bytes) else json.dumps(message).encode()
    with closing(http.client.HTTPConnection(urlsplit(served.url).netloc, timeout=20)) as connection:
        connection.request(method, "/mcp", body, {name: value for name, value in given.items() if value is not None})
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read().decode()


@pytest.fixture
def session(plain: Http) -> str:
    status, headers, _ = ask(plain, HELLO)
    assert status == 200
    name = str(headers["Mcp-Session-Id"])
    assert ask(plain, READY, Mcp_Session_Id=name)[0] == 202
    return name


def test_an_answer_that_comes_soon_is_json(plain: Http, session: str) -> None:
    status, headers, body = ask(plain, call(7, "execute_lua", {"code": "return 'ä'"}), Mcp_Session_Id=session)
    assert (status, headers["Content-Type"], headers["Mcp-Session-Id"]) == (200, "application/json", session)
    answer = json.loads(body)
    assert (answer["id"], answer["result"]["structuredContent"]["values"]) == (7, ["ä"])


def test_what_a_client_takes_may_stand_in_two_lines(plain: Http, session: str) -> None:
    body = json.dumps(call(7, "execute_lua", {"code": "return 1"})).encode()
    headers = {**USUAL, "Mcp-Session-Id": session, "Content-Length": str(len(body)), "Accept": "application/json"}
    with closing(http.client.HTTPConnection(urlsplit(plain.url).netloc, timeout=20)) as connection:
        connection.putrequest("POST", "/mcp")
        for name, value in (*headers.items(), ("Accept", "text/event-stream")):
            connection.putheader(name, value)
        connection.endheaders(body)
        assert connection.getresponse().status == 200


def test_one_that_takes_long_is_a_stream_with_a_sign_of_life(plain: Http, session: str) -> None:
    status, headers, body = ask(plain, call(7, "execute_lua", {"code": SLOW}), Mcp_Session_Id=session)
    assert (status, headers["Content-Type"]) == (200, "text/event-stream")
    sign, answer = body.strip().split("\r\n\r\n")
    assert sign.startswith(":")
    event, data = answer.split("\r\n")
    assert event == "event: message"
    assert json.loads(data.removeprefix("data: "))["result"]["structuredContent"]["values"] == [1]


@pytest.mark.parametrize(
    ("message", "headers", "status", "said"),
    [
        (b"{", {}, 400, "no JSON"),
        (b"[]", {}, 400, "JSON-RPC"),
        ({**PING, "id": None}, {}, 400, "whole number"),
        ({**PING, "id": 1.5}, {}, 400, "whole number"),
        (call(1, "lua_list_docs", {}), {"Mcp_Session_Id": None}, 400, "initialize"),
        (call(1, "lua_list_docs", {}), {"Mcp_Session_Id": "another"}, 404, "initialize"),
        (HELLO, {"Mcp_Session_Id": "another"}, 404, "initialize"),
        (call(1, "lua_list_docs", {}), {"Accept": "application/json"}, 406, "text/event-stream"),
        (call(1, "lua_list_docs", {}), {"Content_Type": "text/plain"}, 415, "application/json"),
        (b" " * (sessions.LARGEST + 1), {}, 413, "at most"),
    ],
)
def test_what_is_no_request_of_a_session_is_refused_and_told_why(
    plain: Http, session: str, message: Any, headers: dict[str, str | None], status: int, said: str
) -> None:
    found, _, body = ask(plain, message, method="POST", **{"Mcp_Session_Id": session, **headers})
    assert found == status
    assert said in json.loads(body)["error"]["message"]
    assert ask(plain, call(1, "lua_list_docs", {}), Mcp_Session_Id=session)[0] == 200


def test_a_notification_with_an_id_that_says_nothing_is_one_still(plain: Http, session: str) -> None:
    assert ask(plain, {**READY, "id": None}, Mcp_Session_Id=session)[0] == 202


def test_there_is_no_stream_to_get(plain: Http, session: str) -> None:
    status, headers, _ = ask(plain, b"", method="GET", Mcp_Session_Id=session)
    assert (status, headers["Allow"]) == (405, "POST, DELETE")


def test_no_session_is_left_of_an_introduction_that_is_none(plain: Http) -> None:
    status, headers, body = ask(plain, {**HELLO, "params": {}})
    assert status == 200
    assert "error" in json.loads(body)
    assert ask(plain, call(1, "lua_list_docs", {}), Mcp_Session_Id=headers["Mcp-Session-Id"])[0] == 404


def test_a_cancelled_request_is_answered_with_an_error_that_says_so(serve: Callable[..., Http]) -> None:
    served = serve("--simulate", "--cpu-limit", "30")
    name = ask(served, HELLO)[1]["Mcp-Session-Id"]

    async def act() -> Any:
        endless = call(7, "execute_lua", {"code": "while true do end"})
        running = asyncio.create_task(asyncio.to_thread(ask, served, endless, Mcp_Session_Id=name))
        await asyncio.sleep(0.3)
        cancel = {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 7}}
        assert (await asyncio.to_thread(ask, served, cancel, Mcp_Session_Id=name))[0] == 202
        return json.loads((await running)[2])

    answer = run(act())
    assert (answer["id"], answer["error"]["code"]) == (7, -32800)


@pytest.mark.parametrize("how", ["cancelled", "deleted"])
def test_two_requests_of_one_id_both_end(how: str) -> None:
    cancel = JSONRPCNotification(jsonrpc="2.0", method="notifications/cancelled", params={"requestId": "1"})

    async def act() -> list[Any]:
        sent: list[Any] = []

        async def never(*_: Any) -> Any:
            await asyncio.Event().wait()

        async def send(message: Any) -> None:
            sent.append(message)

        session: Any = sessions.Session("name", server=None)  # type: ignore[arg-type]  # it handles no request
        session._runner = SimpleNamespace(on_request=never)
        request, scope = JSONRPCRequest(jsonrpc="2.0", id=1, method="tools/call"), {"type": "http", "headers": []}
        both = [asyncio.create_task(session.take(request, scope, never, send)) for _ in range(2)]
        await asyncio.sleep(0)
        if how == "deleted":
            session.end()
        else:
            await session._notified(cancel)
        await asyncio.gather(*both)
        assert not session.going_on
        return [json.loads(each["body"])["error"]["code"] for each in sent if "body" in each]

    assert run(act()) == [-32800, -32800]


def test_a_session_that_nobody_uses_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    all_of_them = sessions.Sessions(server=None)  # type: ignore[arg-type]  # no request is made
    first = all_of_them._new()
    headers = {b"mcp-session-id": first.name.encode()}
    assert all_of_them._found(headers) is first
    monkeypatch.setattr(sessions, "IDLE", -1.0)
    with pytest.raises(sessions.Refused, match="any more"):
        all_of_them._found(headers)


def test_when_there_are_too_many_those_that_nobody_uses_make_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "MOST", 2)
    all_of_them = sessions.Sessions(server=None)  # type: ignore[arg-type]  # no request is made
    all_of_them._new()
    all_of_them._new()
    with pytest.raises(sessions.Refused, match="too many"):
        all_of_them._new()
    monkeypatch.setattr(sessions, "IDLE", -1.0)
    assert all_of_them._new()


def test_answers_find_their_questions_and_others_count_for_nothing() -> None:
    async def act() -> None:
        questions = Questions()
        (one, first), (two, second), (three, forgotten) = (questions.new() for _ in range(3))
        questions.forget(three)
        for number in (three, 99, "x", "9" * 5000, None):  # Python reads no number of as many digits
            questions.answered(number, {"action": "accept"})
        questions.answered(str(one), {"action": "accept"})
        questions.answered(two, ErrorData(code=-1, message="no"))
        questions.answered(two, {"action": "accept"})
        assert await first == {"action": "accept"}
        with pytest.raises(MCPError, match="no"):
            await second
        assert not forgotten.done()

    run(act())
