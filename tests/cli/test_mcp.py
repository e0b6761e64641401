"""`luahost mcp`: its options, and the configuration that it prints for clients."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tomllib
from typing import TYPE_CHECKING, Any

import pytest
from mcp import Client, StdioServerParameters

from luahost.mcp.clients import CLIENTS

if TYPE_CHECKING:
    from tests.conftest import Command

HTTP = [name for name, client in CLIENTS.items() if client.http is not None]


def printed(luahost: Command, client: str, *words: str, **options: Any) -> Any:
    done = luahost("mcp", "--print-config", client, *words, **options)
    assert done.code == 0, done
    return tomllib.loads(done.out) if client == "codex" else done.json


def entry(client: str, found: Any) -> Any:
    key = {"vscode": "servers", "zed": "context_servers", "codex": "mcp_servers"}.get(client, "mcpServers")
    return found[key]["luahost"]


@pytest.mark.parametrize("client", CLIENTS)
def test_every_client_is_told_how_to_start_the_server(luahost: Command, client: str) -> None:
    made = entry(client, printed(luahost, client, "--account", "work", "--read-only"))
    assert os.access(made["command"], os.X_OK)
    assert made["args"][-4:] == ["mcp", "--account", "work", "--read-only"]


@pytest.mark.parametrize("client", HTTP)
def test_every_client_is_told_where_the_server_is_and_not_the_token(luahost: Command, client: str) -> None:
    env = {"LUAHOST_MCP_TOKEN": "a-secret-of-somebodys"}
    done = luahost("mcp", "--print-config", client, "--http", "8765", env=env)
    assert "http://127.0.0.1:8765/mcp" in done.out
    assert "a-secret" not in done.out + done.err
    assert "LUAHOST_MCP_TOKEN" in done.out + done.err


@pytest.mark.parametrize("client", CLIENTS)
def test_no_configuration_holds_a_key(luahost: Command, client: str) -> None:
    done = luahost("mcp", "--print-config", client, env={"LUAHOST_DEVIN_API_KEY": "cog_canary_0123456789"})
    assert "canary" not in done.out + done.err
    assert "accounts add" in done.err


def test_what_is_printed_starts_a_server_that_works(luahost: Command) -> None:
    made = entry("cursor", printed(luahost, "cursor", "--simulate"))

    async def act() -> Any:
        parameters = StdioServerParameters(command=made["command"], args=made["args"])
        async with asyncio.timeout(20), Client(parameters) as client:
            return (await client.call_tool("execute_lua", {"code": "return 1"})).structured_content

    assert asyncio.run(act())["values"] == [1]


def test_settings_that_lie_elsewhere_are_named(luahost: Command, home: Any) -> None:
    assert entry("cursor", printed(luahost, "cursor"))["env"] == {"LUAHOST_HOME": str(home)}
    assert "env" not in entry("cursor", printed(luahost, "cursor", env={"LUAHOST_HOME": ""}))


def test_codex_is_told_which_variables_to_hand_on(luahost: Command) -> None:
    env = {"LUAHOST_DEVIN_API_KEY": "cog_x", "LUAHOST_MCP_TOKEN": "x" * 20}
    handed_on = entry("codex", printed(luahost, "codex", env=env))["env_vars"]
    assert "LUAHOST_DEVIN_API_KEY" in handed_on
    assert "LUAHOST_MCP_TOKEN" not in handed_on


def test_a_client_that_is_not_known_gets_the_list_of_those_that_are(luahost: Command) -> None:
    done = luahost("mcp", "--print-config", "curser")
    assert done.code == 2
    assert "did you mean 'cursor'" in done.err
    assert "claude-code" in done.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--print-config", "claude-desktop", "--http", "8765"], "starts its servers itself"),
        (["--print-config", "cursor", "--http", "0"], "name one"),
        (["--token", "x" * 20], "--token is for --http"),
        (["--no-token"], "--no-token is for --http"),
        (["--host", "0.0.0.0"], "--host is for --http"),
        (["--http", "70000"], "65535"),
        (["--http", "0", "--token", "short"], "too short"),
        (["--allow-writes", "--read-only"], "exclude each other"),
        (["--max-result", "10"], "at least 1000"),
        (["--simulate", "--account", "wrok"], "known: default"),
        (["--simulate", "--files", "no-such-folder"], "not a folder"),
        (["--simulate", "--timeout", "-1"], "limit wall"),
    ],
)
def test_options_that_cannot_be_are_named_in_one_line(luahost: Command, words: list[str], said: str) -> None:
    done = luahost("mcp", *words)
    assert done.code == 2
    assert said in done.err
    assert "Traceback" not in done.err


def test_at_a_terminal_it_says_who_is_to_start_it(luahost: Command) -> None:
    ours, theirs = os.openpty()
    server = luahost.start("mcp", "--simulate", stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    os.close(theirs)
    try:
        assert server.stderr is not None
        assert b"for a client that starts this; --print-config says how one does" in server.stderr.readline()
    finally:
        server.kill()
        server.communicate()
        os.close(ours)


def test_without_the_extra_one_line_says_what_to_install(home: Any) -> None:
    code = "import sys; sys.modules['mcp'] = None; from luahost.cli import entry; entry()"
    done = subprocess.run([sys.executable, "-c", code, "mcp"], capture_output=True, text=True, timeout=30, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "pip install 'luahost[mcp]'" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    words = [sys.executable, "-c", code, "mcp", "--print-config", "zed"]
    assert b"context_servers" in subprocess.check_output(words, timeout=30, stderr=subprocess.DEVNULL)
