"""The line on a terminal that says what a run does: what a person sees of it, and that it disturbs nothing."""

from __future__ import annotations

import fcntl
import os
import re
import select
import struct
import subprocess
import sys
import termios
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Self, TypeAlias

import pytest

from luahost.cli.columns import fit, pad, width
from luahost.cli.live import PATIENCE, Live, said
from luahost.results import CallRecord

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from luahost.integrations.devin.simulator import Simulator
    from luahost.integrations.devin.simulator.server import Server

CLEARED = r"\r\033\[2K"
SLOW = "app.integrations.devin.get_current_user()"


class Screen:
    """What a terminal shows of what is written to it: as much of a terminal as this line needs."""

    def __init__(self) -> None:
        self.rows = [""]
        self.seen: list[str] = []
        """Each row as it was before it was cleared."""
        self._at = 0

    def take(self, text: str) -> None:
        for part in re.findall(r"\033\[[0-9?]*[a-zA-Z]|[^\033]", text):
            if part == "\n":
                self.rows.append("")
            elif part == "\r":
                self._at = 0
            elif part.endswith("K"):
                assert part == "\033[2K"
                self.seen.append(self.rows[-1])
                self.rows[-1] = ""
            elif not part.startswith("\033"):
                row = self.rows[-1].ljust(self._at)
                self.rows[-1] = row[: self._at] + part + row[self._at + 1 :]
                self._at += 1


class AtTerminal:
    """A command at a terminal of its own."""

    def __init__(self, *words: str, columns: int = 80, stdout: Any = None, env: dict[str, str] | None = None) -> None:
        self._ours, theirs = os.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        self.raw = ""
        self.screen = Screen()

        def take_terminal() -> None:
            os.setsid()
            fcntl.ioctl(2, termios.TIOCSCTTY, 0)

        self.process = subprocess.Popen(
            [sys.executable, "-m", "luahost", *words],
            stdin=theirs,
            stdout=stdout or theirs,
            stderr=theirs,
            env={**os.environ, "TERM": "xterm", **(env or {})},
            preexec_fn=take_terminal,  # noqa: PLW1509 (a test has no other threads)
        )
        os.close(theirs)

    def read(self, until: str | None = None) -> str:
        """What is written until then, or until the command has ended."""
        deadline = time.monotonic() + 30
        while until is None or until not in self.raw:
            assert time.monotonic() < deadline, self.raw
            if not select.select([self._ours], [], [], 0.1)[0]:
                continue
            try:
                text = os.read(self._ours, 65536).decode().replace("\r\n", "\n\r")
            except OSError:  # nobody holds the other end any more
                break
            self.raw += text
            self.screen.take(text)
        return self.raw

    def type(self, text: str) -> None:
        os.write(self._ours, text.encode())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self._ours)


@pytest.fixture
def slow(simulator: Simulator, server: Server, monkeypatch: pytest.MonkeyPatch) -> Simulator:
    """An API that takes a while to say who asks."""
    monkeypatch.setenv("LUAHOST_DEVIN_API_KEY", simulator.keys["v3"]["default"])
    monkeypatch.setenv("LUAHOST_DEVIN_BASE_URL", server.url)
    simulator.fail(path="/self$", delay=0.7, times=None)
    return simulator


def test_the_call_its_account_the_seconds_and_the_calls_done_are_shown_and_then_gone(slow: Simulator) -> None:
    with AtTerminal("run", "-e", f"print('first') {SLOW} print('last')") as terminal:
        terminal.read()
    shown = [row for row in terminal.screen.seen if row]
    assert all(re.fullmatch(r"devin\.get_current_user on default, \d\.\d s; 0 calls done", row) for row in shown)
    assert 2 <= len(shown) <= 20  # eight times a second, from half a second on
    assert terminal.screen.rows == ["first", "last", ""]


def test_what_is_printed_on_the_same_terminal_stays_whole(slow: Simulator) -> None:
    code = f"print('one') {SLOW} print('two\\nthree') {SLOW} print('four')"
    with AtTerminal("run", "--max-output", "17", "-e", code) as terminal:  # the limit cuts the last line short
        terminal.read()
    assert terminal.screen.rows[:3] == ["one", "two", "three"]
    assert terminal.screen.rows[3].startswith("fou")
    assert any("1 call done" in row for row in terminal.screen.seen)


def test_the_output_may_go_elsewhere(slow: Simulator) -> None:
    with AtTerminal("run", "-e", f"print('one') {SLOW} print('two')", stdout=subprocess.PIPE) as terminal:
        terminal.read()
        output, _ = terminal.process.communicate()
    assert output == b"one\ntwo\n"
    assert any("devin.get_current_user" in row for row in terminal.screen.seen)
    assert terminal.screen.rows == [""]


def test_an_error_follows_on_a_line_of_its_own(slow: Simulator) -> None:
    slow.clear_faults()
    slow.fail(status=500, delay=0.7, times=None)
    with AtTerminal("run", "-e", "app.integrations.devin.create_session('x')") as terminal:
        terminal.read()
    assert any("devin.create_session" in row for row in terminal.screen.seen)
    assert terminal.screen.rows[0].startswith("-e:1: devin.create_session: ")


def test_a_question_has_the_terminal_to_itself(slow: Simulator) -> None:
    code = "app.integrations.devin.create_session('x')"
    with AtTerminal("run", "--confirm", "-e", code) as terminal:
        terminal.read("iew it whole: ")
        time.sleep(PATIENCE + 0.5)
        terminal.type("y\n")
        terminal.read()
    before, _, after = terminal.raw.partition("iew it whole: y\n")
    assert "\033[2K" not in before
    assert "devin.create_session on default, " in after
    assert terminal.process.returncode == 0


def test_nothing_is_shown_on_a_dumb_terminal_and_with_json(slow: Simulator) -> None:
    with AtTerminal("run", "-e", SLOW, env={"TERM": "dumb"}) as dumb, AtTerminal("run", "--json", "-e", SLOW) as json:
        assert "\033" not in dumb.read() + json.read()


def test_it_is_cut_to_the_terminals_width_and_has_no_colour_where_none_is_wanted(slow: Simulator) -> None:
    with AtTerminal("run", "-e", SLOW, columns=24, env={"NO_COLOR": "1"}) as terminal:
        terminal.read()
    assert {row for row in terminal.screen.seen if row} == {"devin.get_current_user…"}
    assert set(re.findall(r"\033\[[0-9]*[a-zA-Z]", terminal.raw)) == {"\033[2K"}


def test_where_stderr_is_no_terminal_nothing_is_imported_and_no_thread_made(luahost: Any) -> None:
    code = (
        "import sys, threading; from luahost.cli import main\n"
        f"main(['run', '--simulate', '-e', '{SLOW}'])\n"
        "print('luahost.cli.live' in sys.modules, any(each.name == 'luahost-live' for each in threading.enumerate()))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout == "False False\n"


# -- without a command ----------------------------------------------------------------------------------------------


@pytest.fixture
def pair() -> Any:
    ours, theirs = os.openpty()
    yield ours, theirs
    os.close(ours)
    os.close(theirs)


def drawn(ours: int, seconds: float) -> str:
    """What is written within some time."""
    until, text = time.monotonic() + seconds, ""
    while (left := until - time.monotonic()) > 0:
        if select.select([ours], [], [], left)[0]:
            text += os.read(ours, 65536).decode()
    return text


def drawn_until(ours: int, pattern: str) -> str:
    """What is written until it has such an end."""
    until, text = time.monotonic() + 30, ""
    while not re.search(f"(?:{pattern})\\Z", text):
        assert time.monotonic() < until, text
        text += drawn(ours, 0.05)
    return text


Lines: TypeAlias = "Callable[..., Live]"


@pytest.fixture
def lines(pair: tuple[int, int]) -> Iterator[Lines]:
    """Makes lines, which are gone after the test: the descriptor will be another's."""
    with ExitStack() as stack:

        def make(*, shares_stdout: bool = False) -> Live:
            line = Live(pair[1], shares_stdout=shares_stdout, dim=False)
            stack.callback(line.close)
            return line

        yield make


def test_a_run_says_nothing_before_it_has_lasted(
    pair: tuple[int, int], lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("luahost.cli.live.PATIENCE", 60)
    line = lines()
    line.begin(CallRecord("devin.get_session", "default"))
    assert drawn(pair[0], 0.3) == ""
    line.close()
    assert drawn(pair[0], 0.1) == ""


def test_several_calls_are_told_as_the_oldest_and_how_many_more(pair: tuple[int, int], lines: Lines) -> None:
    line = lines()
    one, two = CallRecord("devin.wait_session", "work"), CallRecord("devin.get_session", "default")
    line.begin(one)
    line.begin(two)
    drawn_until(pair[0], r"devin\.wait_session on work, \d\.\d s; 0 calls done, 1 more under way")
    line.end(one)
    drawn_until(pair[0], r"devin\.get_session on default, \d\.\d s; 1 call done")
    line.end(two)
    drawn_until(pair[0], CLEARED)
    line.close()
    assert drawn(pair[0], 0.3) == ""


def test_short_calls_one_after_another_are_one_line(pair: tuple[int, int], lines: Lines) -> None:
    line = lines()
    for _ in range(50):
        record = CallRecord("devin.get_session", "default")
        line.begin(record)
        time.sleep(0.02)
        line.end(record)
    rows = drawn_until(pair[0], CLEARED).split("\r\033[2K")[1:]  # cleared when there were no more
    assert rows.count("") < len(rows) / 2  # and not between one call and the next


def test_it_stays_away_while_the_output_is_inside_a_line(pair: tuple[int, int], lines: Lines) -> None:
    line = lines(shares_stdout=True)
    options: Any = {"on_output": lambda _: None, "on_notice": None, "approve": None}
    line.surround(options)
    line.begin(CallRecord("devin.get_session", "default"))
    options["on_output"](b"no newline")
    assert drawn(pair[0], PATIENCE + 0.4) == ""
    options["on_output"](b"\n")
    drawn_until(pair[0], r"devin\.get_session.*")


def test_a_terminal_that_was_stopped_holds_up_no_call(pair: tuple[int, int], lines: Lines) -> None:
    termios.tcflow(pair[1], termios.TCOOFF)  # as Ctrl-S does
    line = lines()
    record = CallRecord("devin.get_session", "default")
    line.begin(record)
    time.sleep(PATIENCE + 0.3)
    began = time.monotonic()
    line.end(record)
    line.close()
    assert time.monotonic() - began < 5  # writing would have waited for Ctrl-Q
    termios.tcflow(pair[1], termios.TCOON)


def test_what_a_script_calls_cannot_move_the_cursor() -> None:
    assert said(CallRecord("devin.\033[2J\n", "default"), 1, 2, 0) == "devin.?[2J? on default, 1.0 s; 2 calls done"


@pytest.mark.parametrize(("seconds", "shown"), [(59.94, "59.9 s"), (61, "1 min 01 s"), (7500, "2 h 05 min")])
def test_long_times_are_told_in_minutes_and_hours(seconds: float, shown: str) -> None:
    assert f", {shown};" in said(CallRecord("a.b", "default"), seconds, 1, 0)


@pytest.mark.parametrize(
    ("text", "columns", "shown"),
    [
        ("plain", 5, "plain"),
        ("plain", 4, "pla…"),
        ("日本語", 6, "日本語"),
        ("日本語", 5, "日本…"),
        ("日本語", 4, "日…"),
        ("e\u0301te\u0301", 3, "e\u0301te\u0301"),
        ("x", 0, ""),
    ],
)
def test_text_is_cut_by_the_columns_it_takes(text: str, columns: int, shown: str) -> None:
    assert fit(text, columns) == shown
    assert width(pad(text, columns)) == columns
