"""`luahost repl`: what a person sees at a terminal, with prompt_toolkit and with readline, and what a pipe gets."""

from __future__ import annotations

import fcntl
import json
import os
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Self

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from luahost.integrations.devin.simulator import Simulator
    from luahost.integrations.devin.simulator.server import Server
    from tests.conftest import Command

    Start = Callable[..., "Terminal"]

ESCAPE = re.compile(r"\033(\[[0-9;?]*[A-Za-z]|\][^\007]*\007|[=>]|\([A-Z])")
BLOCK = "string.rep('a', 1e6):find(('.-'):rep(20) .. 'b')"
"""One call of a C function that takes hours."""


class Terminal:
    """`luahost repl` at a terminal of its own."""

    def __init__(self, words: tuple[str, ...], env: dict[str, str]) -> None:
        self._ours, theirs = os.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 100, 0, 0))
        self.settings = termios.tcgetattr(theirs)
        self._theirs = theirs
        self.raw = ""
        self._at = 0

        def take_terminal() -> None:
            os.setsid()
            fcntl.ioctl(2, termios.TIOCSCTTY, 0)

        self.process = subprocess.Popen(
            [sys.executable, "-m", "luahost", "repl", *words],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env={**os.environ, "TERM": "xterm", "PROMPT_TOOLKIT_NO_CPR": "1", **env},
            preexec_fn=take_terminal,  # noqa: PLW1509 (a test has no other threads)
        )

    def until(self, text: str, seconds: float = 30) -> str:
        """What is written from the last such place on, without what moves the cursor, up to and with `text`."""
        end = time.monotonic() + seconds
        while text not in (seen := self.seen()[self._at :]):
            assert time.monotonic() < end, f"{text!r} does not come: {self.seen()[self._at :]!r}"
            assert self._read(), f"{text!r} does not come: {self.seen()[self._at :]!r}"
        until = seen.index(text) + len(text)
        self._at += until
        return seen[:until]

    def _read(self) -> bool:
        if not select.select([self._ours], [], [], 0.1)[0]:
            return self.process.poll() is None
        self.raw += os.read(self._ours, 65536).decode(errors="replace")
        return True

    def seen(self) -> str:
        return ESCAPE.sub("", self.raw)

    def type(self, text: str) -> Terminal:
        os.write(self._ours, text.encode())
        return self

    def chunk(self, text: str, number: int) -> str:
        """Type the chunk of this number; what is written until the next may be typed."""
        self.type(f"{text}\r")
        return self.until(f"[{number + 1}]>")

    def interrupt(self, until: str) -> str:
        """Type Ctrl-C, as a person does: again, where nothing comes of it; what is written up to and with `until`."""
        for _ in range(5):
            self.type("\x03")
            with suppress(AssertionError):
                return self.until(until, 4)
        return self.until(until, 0)

    def is_as_it_was(self) -> bool:
        """Whether the terminal is left as it was found."""
        return bool(termios.tcgetattr(self._theirs)[3] == self.settings[3])

    def end(self, seconds: float = 30) -> int:
        """Its exit code."""
        end = time.monotonic() + seconds
        while self.process.poll() is None:
            assert time.monotonic() < end, self.seen()
            self._read()
        while select.select([self._ours], [], [], 0)[0]:
            self._read()
        return self.process.returncode

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self._ours)
        os.close(self._theirs)


@pytest.fixture(params=["prompt_toolkit", "readline"])
def start(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Start]:
    """Starts one at its first prompt: with prompt_toolkit, and as where that is not installed."""
    env: dict[str, str] = {}
    if request.param == "readline":
        package = tmp_path / "without" / "prompt_toolkit"
        package.mkdir(parents=True)
        (package / "__init__.py").write_text("raise ModuleNotFoundError(__name__)\n")
        env["PYTHONPATH"] = str(package.parent)
    running: list[Terminal] = []

    def begin(*words: str, prompt: str = "[1]>", **more: str) -> Terminal:
        running.append(Terminal(words or ("--simulate",), {**env, **more}))
        running[-1].until(prompt)
        return running[-1]

    yield begin
    for each in running:
        each.__exit__()


def only(prompt: str) -> pytest.MarkDecorator:
    """For what both prompts do alike: one is enough."""
    return pytest.mark.parametrize("start", [prompt], indirect=True)


def test_globals_last_locals_do_not_and_values_are_printed(start: Start) -> None:
    terminal = start()
    terminal.chunk("x = 20; local y = 1", 1)
    assert "\n21\r" in terminal.chunk("=x + 1", 2)
    assert "\nnil\r" in terminal.chunk("y", 3)
    assert '{a = "b"}\t"c"' in terminal.chunk('{ a = "b" }, "c"', 4)
    terminal.type("\x04")
    assert terminal.end() == 0
    assert terminal.is_as_it_was()
    assert "simulator" in terminal.seen()


def test_a_block_goes_on_until_it_is_whole(start: Start) -> None:
    terminal = start()
    terminal.type("for i = 1, 2 do\r")
    terminal.until("...>")
    terminal.type("print('line ' .. i)\r")
    terminal.until("...>")
    assert "line 1\r\nline 2\r\n" in terminal.chunk("end", 1)
    terminal.type("print(\r")
    terminal.until("...>")
    terminal.interrupt("[2]>")  # forgets what was typed, and does not leave; Python's readline may miss the first
    assert "\n3\r" in terminal.chunk("1 + 2", 2)


def test_ctrl_c_ends_the_chunk_and_keeps_the_state(start: Start) -> None:
    terminal = start()
    terminal.chunk("x = 'kept'", 1)
    terminal.type("print('begun') while true do pcall(function() while true do end end) end\r").until("begun\r")
    terminal.type("\x03")
    assert "interrupted" in terminal.until("[3]>", 5)
    assert '"kept"' in terminal.chunk("x", 3)
    assert "gone" not in terminal.seen()


@only("prompt_toolkit")
def test_where_a_c_function_must_be_killed_it_says_that_the_state_is_gone(start: Start) -> None:
    terminal = start()
    terminal.chunk("x = 'kept'", 1)
    terminal.type(f"print('begun') {BLOCK}\r").until("begun\r")
    terminal.type("\x03")
    assert "the state is gone" in terminal.until("[3]>", 10)
    assert "\nnil\r" in terminal.chunk("x", 3)


@only("prompt_toolkit")
def test_errors_are_coloured_and_name_the_chunk_and_its_line(start: Start) -> None:
    terminal = start()
    terminal.chunk("function f(t)\r  return t.a.b\rend", 1)
    said = terminal.chunk("f{}", 2)
    assert "[1]:2: attempt to index field 'a' (a nil value)" in said
    assert "return t.a.b\r" in said
    assert "[2]:1: in main chunk" in said
    assert "\033[1;31m[1]:2:" in terminal.raw
    assert "traceback" not in terminal.chunk("error('one line says it')", 3)


@only("prompt_toolkit")
def test_no_color_means_none(start: Start) -> None:
    terminal = start(NO_COLOR="1")
    assert "[1]:1: no" in terminal.chunk("error('no')", 1)
    assert not re.search(r"\033\[[0-9;]*3[0-7]", terminal.raw)


def test_what_was_typed_is_there_the_next_time_for_its_user_alone(start: Start, home: Path) -> None:
    terminal = start()
    terminal.chunk("print('once')", 1)
    terminal.type("\x04").end()
    [file] = home.joinpath("state").glob("repl_history*")
    assert file.stat().st_mode & 0o777 == 0o600
    assert json.loads(file.read_text()) == "print('once')"
    again = start()
    again.type("\x1b[A")
    again.until("print('once')")
    again.type("\r")
    assert "\nonce\r" in again.until("[2]>")


@only("readline")
def test_a_folder_that_cannot_be_written_is_told_once(start: Start, home: Path) -> None:
    home.mkdir()
    (home / "state").write_text("")
    terminal = start()
    assert terminal.seen().count("is not kept") == 1
    assert "\n2\r" in terminal.chunk("1 + 1", 1)


def test_tab_completes(start: Start) -> None:
    terminal = start()
    terminal.chunk("remembered = 'a global'", 1)
    terminal.chunk("devin = app.integrations.devin", 2)
    for number, (typed, rest, after, value) in enumerate(
        [
            ("type(app.integrations.devin.pers", "onal", ")", "table"),
            ("devin.create_session{ pro", "mpt =", "'x' }.session_id:gsub('.+', 'made')", "made"),
            ("string.rever", "se", "('abc')", "cba"),
            ("remem", "bered", "", "a global"),
        ],
        3,
    ):
        terminal.type(typed).until(typed[-5:])
        terminal.type("\t").until(rest)
        terminal.type(f"{after}\r").until(f'"{value}"')
        terminal.until(f"[{number + 1}]>")


def test_commands(start: Start) -> None:
    terminal = start()
    assert ":reset" in terminal.type(":help\r").until("whole.")
    terminal.type(":calls\r").until("no call was made yet")
    terminal.chunk("x = app.integrations.devin.work.create_session{ prompt = 'Fix it' }.session_id", 1)
    shown = terminal.type(":calls\r").until('prompt="Fix it"')
    assert re.search(r"\[1\] +devin\.create_session +work +ok +\d+ +prompt=", shown)
    terminal.type(":reset\r").until("a new state")
    assert "\nnil\r" in terminal.chunk("x", 2)
    terminal.type(":rest\r").until("did you mean ':reset'")
    terminal.type(":reset all\r").until("takes no words")
    terminal.type(":docs devin.create_sesion\r").until("did you mean 'devin.create_session'")
    terminal.type(":docs devin.get_session\r").until("devin.get_session")
    terminal.type(":quit\r")
    assert terminal.end() == 0


@only("readline")
def test_limits_hold_for_each_chunk(start: Start) -> None:
    terminal = start("--simulate", "--timeout", "1", "--max-calls", "1")
    call = "app.integrations.devin.get_current_user().email"
    for number in (1, 2):
        assert "@" in terminal.chunk(call, number)
    assert "(calls)" in terminal.chunk(f"{call}, {call}", 3)
    assert "(wall)" in terminal.chunk("x = 1 while true do end", 4)
    assert "\n1\r" in terminal.chunk("x", 5)


@only("prompt_toolkit")
def test_a_write_that_has_left_is_awaited(start: Start, simulator: Simulator, server: Server) -> None:
    simulator.fail(path="/sessions$", delay=1.5, times=1)
    env = {"LUAHOST_DEVIN_API_KEY": simulator.keys["v3"]["default"], "LUAHOST_DEVIN_BASE_URL": server.url}
    terminal = start("--account", "default", **env)
    terminal.type("x = 1 app.integrations.devin.create_session{ prompt = 'p' }\r")
    end = time.monotonic() + 20
    while not any(each.method == "POST" for each in simulator.requests):
        assert time.monotonic() < end
        time.sleep(0.01)
    terminal.type("\x03")
    assert "a write already sent" in terminal.until("[2]>")
    assert "create_session" in terminal.type(":calls\r").until(" ok ")
    assert "\n1\r" in terminal.chunk("x", 2)


@only("readline")
def test_confirm_asks_at_the_terminal(start: Start) -> None:
    terminal = start("--simulate", "--confirm")
    terminal.type("app.integrations.devin.create_session{ prompt = 'p' }.status\r").until("iew it whole: ")
    terminal.type("y\r")
    assert '"new"' in terminal.until("[2]>")


def test_a_signal_to_end_leaves_the_terminal_as_it_was(start: Start) -> None:
    for typed, until in (("1 + 1", "1 + 1"), ("print('begun') while true do end\r", "begun\r")):
        terminal = start()
        terminal.type(typed).until(until)
        terminal.process.send_signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            terminal.process.wait(1)
        terminal.process.send_signal(signal.SIGTERM)  # Python's readline misses one that comes as it takes a key
        assert terminal.end(10) == 130
        assert terminal.is_as_it_was()


# -- from a pipe ------------------------------------------------------------------------------------------------------


def test_lines_of_a_pipe_are_run_without_a_prompt(luahost: Command) -> None:
    lines = b"#!/usr/bin/env x\nt = {}\nfor i = 1, args.n do\nt[i] = i\nend\n=#t\nt\n"
    got = luahost("repl", "--simulate", "--set", "n:=2", stdin=lines)
    assert (got.code, got.out, got.err) == (0, "2\n{1, 2}\n", "")


def test_the_first_error_of_a_pipe_ends_it_with_its_line_and_exit_code(luahost: Command) -> None:
    got = luahost("repl", "--simulate", stdin=b"print(1)\n\nprint(\nnosuch.x)\nprint(2)\n")
    assert (got.code, got.out) == (1, "1\n")
    assert got.err.startswith("stdin:4: attempt to index global 'nosuch' (a nil value)\n    nosuch.x)\n")
    assert luahost("repl", "--simulate", "--read-only", stdin=b"app.integrations.devin.create_session('x')").code == 5
    assert luahost("repl", "--simulate", "--cpu-limit", "0.1", stdin=b"while true do end").code == 3
    assert luahost("repl", "--simulate", stdin=b":nothing\n").code == 2


def test_a_pipe_that_ends_within_a_chunk_is_a_syntax_error(luahost: Command) -> None:
    got = luahost("repl", "--simulate", stdin=b"\nif true then\nprint(1)\n")
    assert (got.code, got.out) == (1, "")
    assert re.match(r"stdin:\d+: 'end' expected", got.err)


def test_each_line_is_run_when_it_comes(luahost: Command) -> None:
    pipe = subprocess.PIPE
    process = luahost.start("repl", "--simulate", stdin=pipe, stdout=pipe)
    assert process.stdin is not None
    assert process.stdout is not None
    with process:
        for n in range(3):
            process.stdin.write(b"x = (x or 0) + 1 print(x)\n")
            process.stdin.flush()
            assert process.stdout.readline() == f"{n + 1}\n".encode()
        process.stdin.close()
    assert process.returncode == 0


@pytest.mark.parametrize(
    ("words", "told", "code"),
    [
        (["file.lua"], "unrecognized arguments: file.lua", 2),
        (["--timeout", "-1"], "must be above 0", 2),
        (["--set", "x"], "K=V was expected", 2),
        (["--account", "nosuch"], "devin has no account 'nosuch'", 2),
    ],
)
def test_wrong_usage_is_told(luahost: Command, words: list[str], told: str, code: int) -> None:
    got = luahost("repl", "--simulate", *words, stdin=b"print(1)\n")
    assert (got.code, got.out) == (code, "")
    assert told in got.err
    assert "Traceback" not in got.err
