"""The MCP server: what a run adds to a tool call, and how many calls a second several clients get.

Messages are written and read as they are: the official client takes longer for one than the server does.
"""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from tests.benchmarks.figures import Figure, a_second, beside, free, pair_of, rounds_of, row, timed, typical

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CLIENTS = 8
TRIVIAL = "return 1"
WORKING = "local enough = os.clock() + 0.005 while os.clock() < enough do end return 1"
TOKEN = "a-token-of-the-benchmarks"

_HELLO = {
    "protocolVersion": "2025-06-18",
    "capabilities": {},
    "clientInfo": {"name": "benchmark", "version": "0"},
}


def _message(method: str, params: dict[str, Any] | None = None, number: int | None = None) -> bytes:
    made = {"jsonrpc": "2.0", "method": method, "id": number, "params": params}
    return json.dumps({name: value for name, value in made.items() if value is not None}).encode()


def _call(tool: str, **arguments: Any) -> bytes:
    return _message("tools/call", {"name": tool, "arguments": arguments}, 1)


def _checked(answer: bytes) -> bytes:
    if b'"isError":false' not in answer:
        raise RuntimeError(answer.decode()[:300])
    return answer


@contextmanager
def _stdio() -> Iterator[Callable[[bytes], bytes]]:
    """Asks a server of its own on pipes."""
    words = [sys.executable, "-m", "luahost", "mcp", "--simulate"]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        into, out = server.stdin, server.stdout

        def ask(message: bytes) -> bytes:
            into.write(message + b"\n")
            into.flush()
            return out.readline()

        ask(_message("initialize", _HELLO, 0))
        into.write(_message("notifications/initialized") + b"\n")
        yield lambda message: _checked(ask(message))
        into.close()


@contextmanager
def _http_server() -> Iterator[str]:
    words = [sys.executable, "-m", "luahost", "mcp", "--simulate", "--http", "0"]
    env = {**os.environ, "LUAHOST_MCP_TOKEN": TOKEN}
    with subprocess.Popen(words, stderr=subprocess.PIPE, env=env) as server:
        assert server.stderr is not None
        try:
            yield server.stderr.readline().decode().split()[3]
        finally:
            server.terminate()


@contextmanager
def _http(url: str) -> Iterator[Callable[[bytes], bytes]]:
    """Asks the server in a session of its own."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc)
    headers = {
        "Authorization": f"Bearer {TOKEN}",
        "Content-Type": "application/json",
        "Accept": "application/json, text/event-stream",
    }

    def ask(message: bytes) -> bytes:
        connection.request("POST", "/mcp", message, headers)
        answer = connection.getresponse()
        headers.setdefault("Mcp-Session-Id", answer.headers.get("Mcp-Session-Id", ""))
        return answer.read()

    ask(_message("initialize", _HELLO, 0))
    ask(_message("notifications/initialized"))
    yield lambda message: _checked(ask(message))
    connection.close()


def _several(asks: list[Callable[[bytes], bytes]], code: str) -> Callable[[], object]:
    """A call by whichever client is free: as many threads as clients call it."""
    message = _call("execute_lua", code=code)
    idle = list(asks)

    def work() -> None:
        ask = idle.pop()
        ask(message)
        idle.append(ask)

    return work


def _throughput(asks: list[Callable[[bytes], bytes]], code: str, runs: int, rounds: int) -> Any:
    """Calls a second of all clients, beside those of one."""
    work = _several(asks, code)
    eight, one = rounds_of(
        rounds, lambda: a_second(len(asks), runs)(work), lambda: a_second(1, runs * 2)(work), settle=0.05
    )
    return pair_of(eight, one)


def mcp() -> list[Figure]:
    with ExitStack() as stack:
        asks = [stack.enter_context(_stdio()) for _ in range(CLIENTS)]
        ask = asks[0]
        execute, constant = _call("execute_lua", code=TRIVIAL), _call("lua_list_docs")
        call = beside(15, typical(40), lambda: ask(execute), lambda: ask(constant))
        own = _throughput(asks, TRIVIAL, 60, 7)
    with ExitStack() as stack:
        url = stack.enter_context(_http_server())
        clients = [stack.enter_context(_http(url)) for _ in range(CLIENTS)]
        web = beside(15, typical(40), lambda: clients[0](execute), lambda: clients[0](constant))
        shared = _throughput(clients, TRIVIAL, 150, 15)
        working = _throughput(clients, WORKING, 60, 7)
    return [
        timed("stdio: execute_lua / lua_list_docs", call, "ms", "at most 2"),
        timed("HTTP: execute_lua / lua_list_docs", web, "ms"),
        row(f"stdio: {CLIENTS} clients with a server each / one", own, "runs/s"),
        row(f"HTTP: {CLIENTS} clients of one server / one", shared, "runs/s", free("at least 1.5")),
        row("HTTP: the same, with 5 ms of computing / one", working, "runs/s", free("at least 1.5")),
    ]
