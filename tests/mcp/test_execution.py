"""A run on behalf of a client: it is followed, and ends when it is cancelled or its client has gone."""

from __future__ import annotations

import asyncio
import http.client
import json
import time
from contextlib import closing
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import anyio
import pytest
from mcp.shared.exceptions import MCPError

from luahost import Host
from luahost.agents import ToolResult
from luahost.mcp.execution import Execution, Executions
from luahost.mcp.server import Service, _followed
from tests.mcp.conftest import BUSY, HELLO, TOKEN, Http, Raw, Way, burning, call, run, until
from tests.processes import alive

if TYPE_CHECKING:
    from collections.abc import Callable

    from luahost.integrations.devin.simulator import Simulator
    from luahost.integrations.devin.simulator.server import Server

# -- progress ------------------------------------------------------------------------------------------------------


def test_progress_counts_calls_and_names_the_last(way: Way) -> None:
    told: list[tuple[float, str | None]] = []

    async def hear(progress: float, total: float | None, message: str | None) -> None:
        told.append((progress, message))

    async def act() -> None:
        async with way.client("--simulate") as client:
            # A loop that computes is what takes time here: simulated time passes at once.
            code = """for _ = 1, 4 do
                app.integrations.devin.list_sessions()
                local enough = os.clock() + 0.2
                while os.clock() < enough do end
            end"""
            result = await client.call_tool("execute_lua", {"code": code}, progress_callback=hear)
            assert not result.is_error

    run(act())
    assert len(told) >= 2
    assert {message for _, message in told} == {"devin.list_sessions"}
    counted = [progress for progress, _ in told]
    assert counted == sorted(set(counted))
    assert 2 <= counted[-1] <= 4


def test_progress_is_sent_a_few_times_a_second_at_most(era: Way) -> None:
    told: list[float] = []

    async def hear(progress: float, total: float | None, message: str | None) -> None:
        told.append(progress)

    async def act() -> float:
        async with era.client("--simulate") as client:
            started = time.monotonic()
            code = "for _ = 1, 200 do app.integrations.devin.get_current_user() end"
            await client.call_tool("execute_lua", {"code": code}, progress_callback=hear)
            return time.monotonic() - started

    assert len(told) <= 1 + 4 * run(act())


def test_news_that_comes_as_a_run_ends_does_not_hold_up_its_answer() -> None:
    async def hear(*_: Any, **__: Any) -> None: ...

    async def follow(turns: int) -> None:  # of the event loop between the last news and the end
        ctx: Any = SimpleNamespace(session=SimpleNamespace(report_progress=hear))
        async with _followed(ctx, execution := Execution()):
            await asyncio.sleep(0.01)
            execution.followed.set()
            for _ in range(turns):
                await asyncio.sleep(0)

    async def act() -> None:
        _, late = await asyncio.wait([asyncio.create_task(follow(turns)) for turns in range(8)], timeout=5)
        assert not late

    run(act())


# -- cancelling ----------------------------------------------------------------------------------------------------


def test_a_cancelled_call_ends_its_process_and_the_server_goes_on(way: Way) -> None:
    async def act() -> None:
        async with way.client("--simulate") as client:
            assert way.server is not None
            with anyio.move_on_after(0.5):
                await client.call_tool("execute_lua", {"code": BUSY})
            await until(lambda: not burning(way.server or 0), 3)  # its own limit is 5 s
            found = (await client.call_tool("execute_lua", {"code": "return 2"})).structured_content
            assert found["values"] == [2]

    run(act())


def test_a_cancelled_call_sends_no_further_write(way: Way, simulator: Simulator, server: Server) -> None:
    env = {"LUAHOST_DEVIN_API_KEY": simulator.keys["v3"]["default"], "LUAHOST_DEVIN_BASE_URL": server.url}
    code = "while true do app.integrations.devin.create_session{ prompt = 'again' } sleep(0.1) end"

    def writes() -> int:
        return sum(request.method == "POST" for request in simulator.requests)

    async def act() -> None:
        async with way.client("--allow-writes", env=env) as client:
            calling = asyncio.create_task(client.call_tool("execute_lua", {"code": code}))
            await until(lambda: writes() >= 2)
            calling.cancel()
            await asyncio.sleep(0.3)
            sent = writes()
            await asyncio.sleep(0.5)
            assert writes() == sent

    run(act())


# -- clients that leave --------------------------------------------------------------------------------------------


def test_a_client_that_closes_the_pipe_ends_run_and_server(raw: Callable[..., Raw]) -> None:
    server = raw("--simulate", "--timeout", "30", "--cpu-limit", "30").hello()
    server.send(call(1, "execute_lua", {"code": BUSY}))
    run(until(lambda: burning(server.process.pid)))
    assert server.process.stdin is not None
    server.process.stdin.close()
    assert server.process.wait(10) == 0
    assert server.process.stderr is not None
    assert server.process.stderr.read() == b""


def test_a_client_that_is_killed_leaves_nothing_behind(raw: Callable[..., Raw]) -> None:
    server = raw("--simulate", "--timeout", "30", "--cpu-limit", "30").hello()
    server.send(call(1, "execute_lua", {"code": "print(('x'):rep(100000)) return ('y'):rep(100000)"}))
    for pipe in (server.process.stdin, server.process.stdout):
        assert pipe is not None
        pipe.close()
    assert server.process.wait(10) == 0
    assert server.process.stderr is not None
    assert b"Traceback" not in server.process.stderr.read()


def _request(served: Http, message: Any, **headers: str) -> http.client.HTTPConnection:
    """A request whose answer nobody has read yet."""
    connection = http.client.HTTPConnection(urlsplit(served.url).netloc, timeout=20)
    connection.request(
        "POST",
        "/mcp",
        json.dumps(message),
        {
            "Authorization": f"Bearer {TOKEN}",
            "Content-Type": "application/json",
            "Accept": "application/json, text/event-stream",
            **headers,
        },
    )
    return connection


def _status(connection: http.client.HTTPConnection) -> tuple[int, str]:
    """How a request was answered, and in which session."""
    with closing(connection):
        answer = connection.getresponse()
        answer.close()
        return answer.status, answer.headers.get("Mcp-Session-Id", "")


def _session(served: Http) -> dict[str, str]:
    status, session = _status(_request(served, HELLO))
    assert status == 200
    return {"Mcp-Session-Id": session, "MCP-Protocol-Version": "2025-06-18"}


MODERN_HEADERS = {"MCP-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/call", "Mcp-Name": "execute_lua"}


def _modern_call(code: str) -> dict[str, Any]:
    made = call(1, "execute_lua", {"code": code})
    about = {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
        "io.modelcontextprotocol/clientInfo": {"name": "raw", "version": "0"},
    }
    return {**made, "params": {**made["params"], "_meta": about}}


@pytest.mark.parametrize("era", ["handshake", "modern"])
def test_a_connection_that_is_closed_ends_its_run(serve: Callable[..., Http], era: str) -> None:
    served = serve("--simulate", "--timeout", "30", "--cpu-limit", "30")
    if era == "modern":
        connection = _request(served, _modern_call(BUSY), **MODERN_HEADERS)
    else:
        connection = _request(served, call(1, "execute_lua", {"code": BUSY}), **_session(served))
    run(until(lambda: burning(served.process.pid)))
    connection.close()
    run(until(lambda: not burning(served.process.pid)))
    assert _status(_request(served, HELLO))[0] == 200


def test_a_session_that_is_deleted_ends_its_runs(serve: Callable[..., Http]) -> None:
    served = serve("--simulate", "--timeout", "30", "--cpu-limit", "30")
    headers = _session(served)
    running = _request(served, call(1, "execute_lua", {"code": BUSY}), **headers)
    run(until(lambda: burning(served.process.pid)))
    deleting = http.client.HTTPConnection(urlsplit(served.url).netloc, timeout=20)
    deleting.request("DELETE", "/mcp", headers={"Authorization": f"Bearer {TOKEN}", **headers})
    assert _status(deleting)[0] == 200
    run(until(lambda: not burning(served.process.pid)))
    running.close()
    assert _status(_request(served, call(2, "execute_lua", {"code": "return 1"}), **headers))[0] == 404


def test_the_end_of_the_server_is_the_end_of_its_runs(serve: Callable[..., Http]) -> None:
    served = serve("--simulate", "--timeout", "30", "--cpu-limit", "30")
    running = _request(served, call(1, "execute_lua", {"code": BUSY}), **_session(served))
    busy = run(until(lambda: burning(served.process.pid)))
    said = served.end()
    running.close()
    assert (served.process.returncode, said) == (0, "")
    run(until(lambda: not any(map(alive, busy))))


def test_a_run_that_fails_for_a_fault_of_ours_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("can't start new thread")

    async def act() -> None:
        with Host(simulate=True, state=False) as host:
            service = Service(host, {}, max_chars=20_000)
            execution = service.executions.begin({"code": "return 1"}, ask=None, follow=False, owner="")
            ctx: Any = SimpleNamespace(meta=None)
            with pytest.raises(RuntimeError):
                await service._outcome(ctx, execution)
            assert not service.executions._going_on

    monkeypatch.setattr(Host, "run_async", fail)
    run(act())


def test_no_run_begins_while_the_server_ends() -> None:
    async def act() -> None:
        with Host(simulate=True, state=False) as host:
            executions = Executions(host, {}, 20_000)
            waits = Execution()
            sent: asyncio.Future[ToolResult] = asyncio.get_running_loop().create_future()

            async def write() -> ToolResult:  # one that has been sent: its outcome is awaited
                return await sent

            waits.begin(write())
            executions._going_on.add(waits)
            closing = asyncio.create_task(executions.close())
            await until(lambda: waits.cancellation.cancelled)
            with pytest.raises(MCPError, match="ending"):
                executions.begin({"code": "return 1"}, ask=None, follow=False, owner="")
            assert not closing.done()
            sent.set_result(ToolResult(""))
            await closing

    run(act())
