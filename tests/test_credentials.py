"""A key is in no error, log, output, result, traceback, file or process but where it must be: in the request."""

from __future__ import annotations

import json
import logging
import os
import socket
import struct
import threading
import time
import traceback
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Self

import pytest

from luahost import Host, Limits, LuaHostError, Policy
from luahost.calls.settings import Settings
from tests.processes import PROC, children, linux

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from luahost.integrations.devin.simulator import Simulator
    from luahost.integrations.devin.simulator.server import Server

CANARY = "cog_canary0123456789abcdefCANARY"
ALLOW = Policy(read="allow", write="allow")
CALLS: list[tuple[str, dict[str, Any]]] = [
    ("devin.create_session", {"prompt": "x"}),
    ("devin.create_session", {"prompt": "x", "idempotency_key": "k"}),
    ("devin.get_session", {"session_id": "sess_abc123"}),
    ("devin.list_sessions", {}),
    ("devin.send_message", {"session_id": "sess_abc123", "message": "x"}),
    ("devin.get_current_user", {}),
]


class Echo:
    """A server that says `answer` to everything, with `@` replaced by the Authorization header that it got."""

    def __init__(self, answer: bytes | None) -> None:
        self._answer = answer
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.keys: list[str] = []

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with suppress(OSError), connection:
            data = b""
            while b"\r\n\r\n" not in data:
                data += connection.recv(65536)
            line = next(each for each in data.split(b"\r\n") if each.lower().startswith(b"authorization:"))
            key = line.partition(b": ")[2]
            self.keys.append(key.decode())
            if self._answer is None:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                return
            connection.sendall(self._answer.replace(b"@", key))
            with suppress(OSError):
                connection.shutdown(socket.SHUT_WR)
                connection.settimeout(1)
                connection.recv(65536)


def http(status: str, body: str = '{"detail": "@"}', **headers: str) -> bytes:
    named = {"Content-Type": "application/json", "Connection": "close", **headers}
    head = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in named.items())
    return f"HTTP/1.1 {status}\r\n{head}\r\n{body}".encode()


ANSWERS: dict[str, bytes | None] = {
    "success": http(
        "200 OK", '{"session_id": "@", "items": ["@"], "sessions": ["@"], "@": "@", "status": "@", "created_at": 1}'
    ),
    "wrong-shape": http("200 OK", '["@"]'),
    "no-json": http("200 OK", "@"),
    "cut": http("200 OK", '{"a": "@'),
    "deep": http("200 OK", "[" * 5000 + '"@"'),
    "kind": http("200 OK", "{}", Content_Type="text/@"),
    "html": http("200 OK", "<html>@</html>", Content_Type="text/html"),
    "reason": http("400 @", ""),
    "reason-500": http("500 @", ""),
    "redirect": http("302 Found", "@", Location="https://evil.test/?@"),
    "redirect-bad": http("302 Found", "@", Location="http://[@"),
    "request-id": http("500 Oops", "{}", X_Request_Id="@"),
    "retry-after": http("429 Slow", "{}", Retry_After="@"),
    "422": http("422 What", '{"detail": [{"loc": ["@"], "msg": "@", "input": "@"}]}'),
    "problem": http("422 What", '{"title": "@", "detail": "@", "errors": [{"loc": ["@"], "msg": "@"}]}'),
    "status-line": b"@\r\n\r\n",
    "status-code": b"HTTP/1.1 @ OK\r\n\r\n",
    "version": b"HTTP/@ 200 OK\r\n\r\n",
    "header-junk": b"HTTP/1.1 200 OK\r\n@\r\nContent-Type: application/json\r\n\r\n{}",
    "header-name": b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n@@: 1\r\nbad header @\r\n\r\n{}",
    "length": http("200 OK", "{}", Content_Length="@"),
    "length-two": http("200 OK", "{}", Content_Length="1, @"),
    "encoding": http("200 OK", "@", Content_Encoding="gzip"),
    "chunk": http("200 OK", "@\r\n", Transfer_Encoding="chunked"),
    "short": http("200 OK", '{"a": "@"', Content_Length="5000"),
    "empty": b"",
    "reset": None,
    **{
        f"status-{status}": http(f"{status} Said", '{"detail": "you sent @"}')
        for status in (400, 401, 403, 404, 408, 409, 429, 500, 501, 503)
    },
}


def everything_said(error: BaseException) -> str:
    """An error as programs may show it: itself, its fields, its causes, and the traceback."""
    parts = [*traceback.format_exception(error)]
    seen: list[BaseException] = []
    queue: list[BaseException | None] = [error]
    while queue:
        each = queue.pop()
        if each is None or each in seen:
            continue
        seen.append(each)
        parts += [repr(each), str(each), repr(each.args), repr(vars(each))]
        if isinstance(each, LuaHostError):
            parts.append(json.dumps(each.fields()))
        queue += [each.__cause__, each.__context__]
    return "\n".join(parts)


def keys_within(error: BaseException) -> list[str]:
    """Where in an error and its causes a key can be reached: attributes that a reporter of errors follows."""
    found: list[str] = []
    seen: set[int] = set()
    queue: list[tuple[str, Any, int]] = [(type(error).__name__, error, 0)]
    while queue:
        place, each, depth = queue.pop()
        if id(each) in seen or depth > 6:
            continue
        seen.add(id(each))
        if isinstance(each, (str, bytes)):
            text = each if isinstance(each, str) else each.decode("latin-1")
            if CANARY in text:
                found.append(place)
        elif isinstance(each, dict):
            queue += [(f"{place}[{name!r}]", value, depth + 1) for name, value in each.items()]
        elif isinstance(each, (list, tuple, set)):
            queue += [(f"{place}[]", value, depth + 1) for value in each]
        elif isinstance(each, BaseException):
            for name in ("args", "__cause__", "__context__", "request", "response", "reason", "doc", "object"):
                queue.append((f"{place}.{name}", getattr(each, name, None), depth + 1))
            queue.append((f"{place}.__dict__", vars(each), depth + 1))
        elif type(each).__module__.startswith(("requests", "urllib3")) and hasattr(each, "headers"):
            queue.append((f"{place}.headers", dict(each.headers), depth + 1))
    return found


@pytest.fixture
def host_for(tmp_path: Path) -> Iterator[Callable[..., Host]]:
    made: list[Host] = []

    def make(url: str, **options: Any) -> Host:
        tables = {"http": {"retries": 1, "timeout": 1, "connect_timeout": 0.5}, "idempotency": {"settle": 0.1}}
        account = {"api_key": CANARY, "base_url": url, "org_id": "org-1"}
        options = {"policy": ALLOW, "limits": Limits(wall=6), "state": tmp_path / "state", **options}
        settings = Settings({}, str(tmp_path), str(tmp_path), tables)
        made.append(Host(accounts={"devin": {"default": account}}, settings=settings, **options))
        return made[-1]

    yield make
    for each in made:
        each.close()


def files_with_the_key(*folders: Path) -> list[Path]:
    return [
        file
        for folder in folders
        for file in folder.rglob("*")
        if CANARY in str(file) or (file.is_file() and CANARY.encode() in file.read_bytes())
    ]


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
def test_a_key_that_the_server_sends_back_is_nowhere(
    answer: bytes | None,
    host_for: Callable[..., Host],
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    caplog.set_level(logging.DEBUG)
    said: list[str] = []
    with Echo(answer) as echo:
        host = host_for(echo.url)
        for name, arguments in CALLS:
            try:
                said.append(repr(host.call(name, arguments, on_notice=said.append)))
            except LuaHostError as error:
                said.append(everything_said(error))
    assert f"Bearer {CANARY}" in echo.keys  # it was sent, so it could be sent back
    captured = capfd.readouterr()
    assert CANARY not in "\n".join(said).replace(CANARY.lower(), CANARY)
    assert CANARY not in caplog.text
    assert CANARY not in captured.out + captured.err
    assert files_with_the_key(tmp_path) == []


@pytest.mark.parametrize("name", ["empty", "reset", "short", "redirect-bad", "reason", "no-json"])
def test_no_error_leads_to_the_request_that_holds_the_key(name: str, host_for: Callable[..., Host]) -> None:
    with Echo(ANSWERS[name]) as echo:
        for call, arguments in CALLS:
            with pytest.raises(LuaHostError) as caught:
                host_for(echo.url).call(call, arguments)
            assert keys_within(caught.value) == []


@pytest.mark.parametrize(
    "answer", [ANSWERS[name] for name in ("success", "422", "reason", "kind", "status-line", "reset")]
)
def test_a_script_never_sees_the_key_that_the_server_sends_back(
    answer: bytes | None, isolation: str, host_for: Callable[..., Host], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    script = """
        local devin = app.integrations.devin
        for _, name in ipairs{"get_session", "send_message", "list_sessions", "get_current_user"} do
          local ok, value = pcall(function() return devin[name]{session_id = "abc", message = "x"} end)
          if name == "list_sessions" or name == "get_current_user" then
            ok, value = pcall(function() return devin[name]() end)
          end
          print(ok, value)
          dump(value)
        end
        return devin.get_session("abc")
    """
    output: list[bytes] = []
    with Echo(answer) as echo:
        result = host_for(echo.url, isolation=isolation).run(script, on_output=output.append)
    assert f"Bearer {CANARY}" in echo.keys
    shown = json.dumps(result.as_dict(), default=repr) + repr(result) + repr(result.calls) + b"".join(output).decode()
    if result.error is not None:
        shown += everything_said(result.error)
    assert CANARY not in shown.replace(CANARY.lower(), CANARY)
    assert CANARY not in caplog.text


def test_no_failure_before_an_answer_shows_the_key(
    host_for: Callable[..., Host], caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.DEBUG)
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    with socket.create_server(("127.0.0.1", 0)) as silent:
        urls = [f"http://127.0.0.1:{port}", f"http://127.0.0.1:{silent.getsockname()[1]}"]
        urls += [f"https://127.0.0.1:{silent.getsockname()[1]}"]
        for url in urls:
            for call in ("devin.get_session", "devin.send_message"):
                arguments = {"session_id": "a"} if call == "devin.get_session" else {"session_id": "a", "message": "x"}
                with pytest.raises(LuaHostError) as caught:
                    host_for(url).call(call, arguments)
                assert CANARY not in everything_said(caught.value)
    assert CANARY not in caplog.text


@pytest.mark.parametrize("key", [f"{CANARY}\n", f" {CANARY}", f"{CANARY} x", f"{CANARY}\x00", f"{CANARY}ü"])
def test_a_key_that_cannot_be_used_is_not_shown(key: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    hosts = [
        Host(settings=Settings({"DEVIN_API_KEY": key}, str(tmp_path), str(tmp_path)), state=False),
        Host(accounts={"devin": {"default": {"api_key": key}}}, state=False),
    ]
    for host in hosts:
        with host, pytest.raises(LuaHostError) as caught:
            host.call("devin.list_sessions")
        assert CANARY not in everything_said(caught.value)
    assert CANARY not in caplog.text


@pytest.mark.parametrize("setting", ["base_url", "api_version"])
def test_a_key_pasted_into_another_setting_is_not_shown(setting: str) -> None:
    account = {"api_key": CANARY, setting: CANARY}
    with Host(accounts={"devin": {"default": account}}, state=False) as host, pytest.raises(LuaHostError) as caught:
        host.call("devin.list_sessions")
    assert CANARY not in everything_said(caught.value)


def test_no_part_of_a_host_shows_the_key(host_for: Callable[..., Host]) -> None:
    with Echo(ANSWERS["success"]) as echo:
        host = host_for(echo.url)
        host.call("devin.get_session", {"session_id": "a"})
        dispatcher = host.dispatcher
        parts: list[Any] = [host, dispatcher, *dispatcher.accounts.values(), *dispatcher._connected.values()]
        parts += [each.account for each in dispatcher._connected.values()]
        parts += [each.transport for each in dispatcher._connected.values()]
        parts += [Settings({"DEVIN_API_KEY": CANARY}, "/x", "/y")]
        for part in parts:
            assert CANARY not in f"{part!r} {part}"


def test_a_handler_s_own_fault_shows_no_key(host_for: Callable[..., Host], monkeypatch: pytest.MonkeyPatch) -> None:
    from luahost.calls import answers

    def fail(*_: object, **__: object) -> Any:
        raise RuntimeError(f"a fault that tells {CANARY}")

    monkeypatch.setattr(answers, "read", fail)
    with Echo(ANSWERS["success"]) as echo:
        host = host_for(echo.url, isolation="none")
        result = host.run("app.integrations.devin.get_session('a')")
        with pytest.raises(LuaHostError) as caught:
            host.call("devin.get_session", {"session_id": "a"})
    assert result.error is not None
    assert result.error.code == "internal_error"
    assert CANARY not in json.dumps(result.as_dict())
    assert CANARY not in json.dumps(caught.value.fields())


def open_files(process: Path) -> list[bytes]:
    """What a child has open. One that is being forked this moment has its parent's socket until it closes it."""
    until = time.monotonic() + 2
    while True:
        found = [str(each.readlink()).encode() for each in (process / "fd").iterdir()]
        if time.monotonic() > until or not any(each.startswith(b"socket:") for each in found):
            return found
        time.sleep(0.005)


@linux
def test_no_child_process_gets_the_key(monkeypatch: pytest.MonkeyPatch, simulator: Simulator, server: Server) -> None:
    key = simulator.keys["v3"]["default"]
    monkeypatch.setenv("DEVIN_API_KEY", key)
    monkeypatch.setenv("DEVIN_BASE_URL", server.url)
    seen: list[bytes] = []
    others = children(os.getpid())

    def look(_: bytes) -> None:
        parents = children(os.getpid()) - others
        scripts = {child for each in parents for child in children(each)}
        assert parents
        assert scripts
        for pid in parents | scripts:
            with suppress(OSError):
                seen.extend((PROC / str(pid) / name).read_bytes() for name in ("environ", "cmdline"))
        for pid in scripts:
            with suppress(OSError):
                seen.extend(open_files(PROC / str(pid)))

    script = "app.integrations.devin.list_sessions() print('look') app.integrations.devin.list_sessions()"
    with Host(policy=ALLOW, state=False) as host:
        result = host.run(script, on_output=look)
    assert result.ok, result.error
    assert seen
    assert key.encode() not in b"\n".join(seen)
    assert b"socket:" not in b"\n".join(seen)


def test_the_command_line_shows_no_key_and_keeps_none(luahost: Any, home: Path, tmp_path: Path) -> None:
    script = tmp_path / "script.lua"
    script.write_text("print(pcall(app.integrations.devin.get_session, 'a')) app.integrations.devin.list_sessions()")
    home.mkdir()
    (home / "config.toml").write_text("[http]\nretries = 0\ntimeout = 2\n")
    for name in ("422", "reason", "success", "status-line"):
        with Echo(ANSWERS[name]) as echo:
            env = {"DEVIN_API_KEY": CANARY, "DEVIN_BASE_URL": echo.url, "DEVIN_ORG_ID": "org-1", "PYTHONDEVMODE": "1"}
            for words in (
                ("run", str(script)),
                ("run", "--json", str(script)),
                ("call", "devin.get_session", "session_id=a"),
            ):
                done = luahost(*words, env=env)
                assert CANARY not in (done.out + done.err).replace(CANARY.lower(), CANARY), done
            assert echo.keys
    env = {"DEVIN_API_KEY": CANARY}
    for other in (["doctor"], ["accounts", "list", "--json"], ["list", "--json"]):
        done = luahost(*other, env=env)
        assert CANARY not in done.out + done.err, done
    assert files_with_the_key(home) == []


def test_a_lost_answer_of_the_simulator_shows_no_key(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with Host(simulate=True, policy=ALLOW) as host:
        simulation = host.simulation("devin")
        key = simulation.keys["v3"]["default"]
        simulation.fail(lose="after", times=None)
        with pytest.raises(LuaHostError) as caught:
            host.call("devin.list_sessions")
    assert key not in everything_said(caught.value)
    assert key not in caplog.text


def test_a_run_that_ends_in_the_middle_of_a_call_shows_no_key(host_for: Callable[..., Host], isolation: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        host = host_for(f"http://127.0.0.1:{silent.getsockname()[1]}", isolation=isolation)
        begun = time.monotonic()
        result = host.run("app.integrations.devin.get_session('a')", limits=Limits(wall=0.5))
    assert time.monotonic() - begun < 4
    assert result.error is not None
    assert CANARY not in everything_said(result.error) + json.dumps(result.as_dict())
