"""Streamable HTTP: what the server says of itself, where it listens, and how it ends."""

from __future__ import annotations

import os
import signal
import socket
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from tests.mcp.conftest import TOKEN

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Command
    from tests.mcp.conftest import Http


def test_the_first_line_says_where_it_is(serve: Callable[..., Http]) -> None:
    served = serve("--simulate")
    assert served.said == f"luahost: MCP at http://127.0.0.1:{urlsplit(served.url).port}/mcp (Ctrl-C ends it)\n"


def test_a_token_that_was_made_up_is_shown_once_and_one_that_was_given_never(serve: Callable[..., Http]) -> None:
    said = serve("--simulate", env={}).end()
    assert "clients show this token" in said
    assert "LUAHOST_MCP_TOKEN" in said
    assert TOKEN not in serve("--simulate").end()


def test_a_token_among_the_arguments_is_used_and_warned_about(serve: Callable[..., Http]) -> None:
    served = serve("--simulate", "--token", TOKEN, env={})
    said = served.end()
    assert "list of processes" in said
    assert TOKEN not in said


def test_to_ask_for_no_token_is_said_to_be_a_risk(serve: Callable[..., Http]) -> None:
    assert "every process of this machine" in serve("--simulate", "--no-token", env={}).end()


def test_other_machines_need_a_token_of_ones_own(luahost: Command) -> None:
    for words in (["--host", "0.0.0.0"], ["--host", "0.0.0.0", "--no-token"]):
        done = luahost("mcp", "--simulate", "--http", "0", *words)
        assert done.code == 2
        assert "needs a token" in done.err
        assert len(done.err.splitlines()) == 1


def test_to_listen_to_other_machines_is_said_to_be_a_risk(serve: Callable[..., Http]) -> None:
    said = serve("--simulate", "--host", "0.0.0.0").end()
    assert "not loopback" in said
    assert "nothing is encrypted" in said


def test_a_port_in_use_is_one_line_that_says_which(luahost: Command) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = luahost("mcp", "--simulate", "--http", str(port), env={"LUAHOST_MCP_TOKEN": TOKEN})
    assert done.code == 2
    assert f"port {port}" in done.err
    assert len(done.err.splitlines()) == 1


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_and_frees_its_port(serve: Callable[..., Http], how: signal.Signals) -> None:
    served = serve("--simulate")
    os.kill(served.process.pid, how)
    assert served.process.wait(10) == 0
    with socket.create_server(("127.0.0.1", urlsplit(served.url).port or 0)):
        pass
