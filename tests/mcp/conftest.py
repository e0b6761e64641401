"""A server as a process of its own, and the official client on both transports, in both eras of the protocol."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client

from tests import processes
from tests.conftest import Command

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine, Iterator

    from mcp_types import CallToolResult


TOKEN = "a-token-of-the-tests-only"
HANDSHAKE, MODERN = "legacy", "auto"
BUSY = "while true do end"


def run(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """Run what a test awaits, for half a minute at most."""

    async def bounded() -> Any:
        async with asyncio.timeout(30):
            return await coroutine

    return asyncio.run(bounded())


def text(result: CallToolResult) -> str:
    return "".join(block.text for block in result.content if block.type == "text")


class Http:
    """`luahost mcp --http 0`, and what it said first."""

    def __init__(self, luahost: Command, *words: str, env: dict[str, str] | None = None) -> None:
        env = {"LUAHOST_MCP_TOKEN": TOKEN} if env is None else env
        self.process = luahost.start("mcp", "--http", "0", *words, env=env, stderr=subprocess.PIPE)
        assert self.process.stderr is not None
        self.said = self.process.stderr.readline().decode()
        self.url = self.said.split()[3]

    @asynccontextmanager
    async def client(self, **options: Any) -> AsyncIterator[Client]:
        async with (
            httpx2.AsyncClient(headers={"Authorization": f"Bearer {TOKEN}"}, timeout=30) as http,
            Client(streamable_http_client(self.url, http_client=http), **options) as client,
        ):
            yield client

    def end(self) -> str:
        """End it; what it said on stderr since."""
        self.process.terminate()
        self.process.wait(20)
        assert self.process.stderr is not None
        return self.process.stderr.read().decode()


@pytest.fixture
def serve(luahost: Command) -> Iterator[Callable[..., Http]]:
    """Starts servers over HTTP, and ends them."""
    started: list[Http] = []

    def start(*words: str, **options: Any) -> Http:
        started.append(Http(luahost, *words, **options))
        return started[-1]

    yield start
    for each in started:
        each.process.kill()
        each.process.communicate()


class Way:
    """One transport in one era: gives clients of servers that it starts."""

    def __init__(self, transport: str, mode: str, serve: Callable[..., Http], plain: Http | None = None) -> None:
        self.transport = transport
        self.mode = mode
        self._serve = serve
        self._plain = plain
        self.server: int | None = None

    @asynccontextmanager
    async def client(self, *words: str, env: dict[str, str] | None = None, **options: Any) -> AsyncIterator[Client]:
        if self.transport == "http":
            served = self._plain if words == ("--simulate",) and not env else None
            served = served or self._serve(*words, env={"LUAHOST_MCP_TOKEN": TOKEN, **(env or {})})
            self.server = served.process.pid
            async with served.client(mode=self.mode, **options) as client:
                yield client
            return
        parameters = StdioServerParameters(
            command=sys.executable, args=["-m", "luahost", "mcp", *words], env={**os.environ, **(env or {})}
        )
        before = processes.children(os.getpid())
        async with Client(parameters, mode=self.mode, **options) as client:
            (self.server,) = processes.children(os.getpid()) - before
            yield client

    def __repr__(self) -> str:
        return f"{self.transport} {self.mode}"


ALL = [("stdio", HANDSHAKE), ("stdio", MODERN), ("http", HANDSHAKE), ("http", MODERN)]


@pytest.fixture(scope="session")
def plain() -> Iterator[Http]:
    """One simulated server over HTTP for all tests that leave nothing behind in it."""
    served = Http(Command({"LUAHOST_HOME": "/nowhere"}), "--simulate")
    processes.SHARED.add(served.process.pid)
    yield served
    processes.SHARED.discard(served.process.pid)
    served.process.kill()
    served.process.communicate()


@pytest.fixture(params=ALL, ids="-".join)
def way(request: pytest.FixtureRequest, serve: Callable[..., Http], plain: Http) -> Way:
    """Both transports, in both eras."""
    transport, mode = request.param
    return Way(transport, mode, serve, plain)


@pytest.fixture(params=[HANDSHAKE, MODERN])
def era(request: pytest.FixtureRequest, serve: Callable[..., Http], plain: Http) -> Way:
    """Both eras, for what no transport has to do with: by a server that is there already."""
    return Way("http", str(request.param), serve, plain)


@pytest.fixture
def stdio(serve: Callable[..., Http]) -> Way:
    """Standard input and output, for what neither transport nor era has to do with."""
    return Way("stdio", HANDSHAKE, serve)


# -- processes -----------------------------------------------------------------------------------------------------


def burning(pid: int) -> set[int]:
    """Those of its descendants that compute."""

    def ticks() -> dict[int, int]:
        return {each: int(stat[11]) for each in processes.descendants(pid) if (stat := processes.stat(each))}

    before = ticks()
    time.sleep(0.1)
    return {each for each, spent in ticks().items() if spent - before.get(each, spent) >= 3}


async def until(fact: Callable[[], Any], seconds: float = 10) -> Any:
    """What becomes true before long."""
    end = time.monotonic() + seconds
    while not (found := fact()):
        assert time.monotonic() < end, "it has not come true"
        await asyncio.sleep(0.02)
    return found


# -- messages as bytes ----------------------------------------------------------------------------------------------

HELLO = {
    "jsonrpc": "2.0",
    "id": "hello",
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": {"name": "raw", "version": "0"},
    },
}
READY = {"jsonrpc": "2.0", "method": "notifications/initialized"}


def call(id_: int, tool: Any, arguments: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": id_, "method": "tools/call", "params": {"name": tool, "arguments": arguments}}


class Raw:
    """`luahost mcp` whose lines are written and read as they are."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process
        self.lines: list[bytes] = []

    def send(self, message: Any) -> None:
        assert self.process.stdin is not None
        line = message if isinstance(message, bytes) else json.dumps(message).encode()
        self.process.stdin.write(line + b"\n")
        self.process.stdin.flush()

    def answer(self) -> Any:
        assert self.process.stdout is not None
        self.lines.append(self.process.stdout.readline())
        return json.loads(self.lines[-1])

    def ask(self, message: Any) -> Any:
        self.send(message)
        return self.answer()

    def hello(self) -> Raw:
        self.ask(HELLO)
        self.send(READY)
        return self

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            if pipe is not None:
                with suppress(BrokenPipeError):
                    pipe.close()


@pytest.fixture
def raw(luahost: Command) -> Iterator[Callable[..., Raw]]:
    """Starts servers on pipes, and ends them."""
    started: list[Raw] = []

    def start(*words: str, command: list[str] | None = None, **options: Any) -> Raw:
        pipe = subprocess.PIPE
        if command is None:
            process = luahost.start("mcp", *words, stdin=pipe, stdout=pipe, stderr=pipe, **options)
        else:
            process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, **options)
        started.append(Raw(process))
        return started[-1]

    yield start
    for each in started:
        each.end()


@pytest.fixture(scope="module")
def patient() -> Iterator[Raw]:
    """One simulated server on pipes for all wrong requests: it goes on after each."""
    pipe = subprocess.PIPE
    process = Command({"LUAHOST_HOME": "/nowhere"}).start("mcp", "--simulate", stdin=pipe, stdout=pipe, stderr=pipe)
    server = Raw(process).hello()
    yield server
    server.end()
