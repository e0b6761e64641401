"""Standard input and output: nothing but messages of the protocol, and no credential anywhere."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests.mcp.conftest import BUSY, HELLO, READY, Raw, burning, call, run, until

if TYPE_CHECKING:
    from collections.abc import Callable

    from luahost.integrations.devin.simulator import Simulator
    from luahost.integrations.devin.simulator.server import Server

CANARY = "cog_canary_0123456789abcdef0123456789abcdef"

PRINTS = """
import os, sys
from luahost.agents import perform_async
from luahost.mcp import execution

async def loudly(*args, **options):
    print("printed by accident")
    sys.stdout.write("written by accident\\n")
    os.write(1, b"written to the descriptor by accident\\n")
    return await perform_async(*args, **options)

execution.perform_async = loudly
from luahost.cli import entry
entry()
"""


def ended(server: Raw) -> tuple[bytes, bytes]:
    """All that a server wrote to stdout and stderr, once its input has ended."""
    out, err = server.process.communicate(timeout=20)
    return b"".join(server.lines) + out, err


def test_whatever_prints_by_accident_does_not_reach_the_client(raw: Callable[..., Raw]) -> None:
    server = raw(command=[sys.executable, "-c", PRINTS, "mcp", "--simulate"]).hello()
    found = server.ask(call(1, "execute_lua", {"code": "print('hi')"}))
    assert found["result"]["structuredContent"]["output"] == "hi\n"
    out, err = ended(server)
    assert [json.loads(line)["jsonrpc"] for line in out.splitlines()] == ["2.0", "2.0"]
    for said in (b"printed", b"written by", b"descriptor"):
        assert said in err


def test_a_key_is_nowhere_in_what_is_written(raw: Callable[..., Raw], simulator: Simulator, server: Server) -> None:
    env = {"LUAHOST_DEVIN_API_KEY": CANARY, "LUAHOST_DEVIN_BASE_URL": server.url}
    served = raw(env=env).hello()
    code = "local ok, err = pcall(app.integrations.devin.list_sessions) print(err) dump(_G) return err"
    refused = served.ask(call(1, "execute_lua", {"code": code}))["result"]["structuredContent"]
    assert refused["calls"][0]["error"] == "unauthorized"
    for at, arguments in enumerate(({"code": "return 1", "account": "x"}, {"code": CREATE}, {"code": 1})):
        served.ask(call(at + 2, "execute_lua", arguments))
    out, err = ended(served)
    assert CANARY.encode() not in out + err
    assert simulator.requests


CREATE = "app.integrations.devin.create_session{ prompt = 'x' }"


def test_several_calls_of_one_client_run_side_by_side(raw: Callable[..., Raw]) -> None:
    server = raw("--simulate").hello()
    slow = "local t = os.clock() + 1 while os.clock() < t do end return 'slow'"
    server.send(call(1, "execute_lua", {"code": slow}))
    server.send(call(2, "execute_lua", {"code": "return 'fast'"}))
    assert [server.answer()["id"] for _ in range(2)] == [2, 1]


def test_input_that_ends_at_once_ends_the_server(raw: Callable[..., Raw]) -> None:
    server = raw("--simulate")
    assert ended(server) == (b"", b"")
    assert server.process.returncode == 0


def test_input_may_be_a_file(tmp_path: Any) -> None:
    lines = [HELLO, READY, call(1, "lua_list_docs", {})]
    (tmp_path / "in").write_text("".join(json.dumps(line) + "\n" for line in lines))
    with (tmp_path / "in").open("rb") as file:
        done = subprocess.run(
            [sys.executable, "-m", "luahost", "mcp", "--simulate"],
            stdin=file,
            capture_output=True,
            timeout=30,
            check=True,
        )
    assert json.loads(done.stdout.splitlines()[0])["result"]["serverInfo"]["name"] == "luahost"
    assert done.stderr == b""


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_server_while_its_input_is_open(raw: Callable[..., Raw], how: signal.Signals) -> None:
    server = raw("--simulate", "--timeout", "30", "--cpu-limit", "30").hello()
    server.send(call(1, "execute_lua", {"code": BUSY}))
    busy = run(until(lambda: burning(server.process.pid)))
    server.process.send_signal(how)
    assert server.process.wait(10) == 0
    assert server.process.stderr is not None
    assert server.process.stderr.read() == b""
    assert busy
