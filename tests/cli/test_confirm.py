"""`--confirm`, `--dry-run` and rules that ask: what a person at a terminal sees, and what happens without one."""

from __future__ import annotations

import fcntl
import os
import select
import subprocess
import sys
import termios
import time
from typing import TYPE_CHECKING, Any, Self

import pytest

if TYPE_CHECKING:
    from pathlib import Path

CREATE = 'print(app.integrations.devin.create_session{ prompt = "Fix it" }.status)'


class Terminal:
    """A command at a terminal of its own; its output goes to a pipe, as with `luahost run … | less`."""

    def __init__(self, *words: str) -> None:
        self._ours, theirs = os.openpty()
        self.seen = ""

        def take_terminal() -> None:
            os.setsid()
            fcntl.ioctl(2, termios.TIOCSCTTY, 0)

        self._process = subprocess.Popen(
            [sys.executable, "-m", "luahost", *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=theirs,
            preexec_fn=take_terminal,  # noqa: PLW1509 (a test has no other threads)
        )
        os.close(theirs)

    def wait_for(self, text: str) -> None:
        deadline = time.monotonic() + 30
        at = len(self.seen)
        while text not in self.seen[at:]:
            assert time.monotonic() < deadline, self.seen
            if select.select([self._ours], [], [], 0.1)[0]:
                self.seen += os.read(self._ours, 65536).decode()

    def type(self, text: str) -> None:
        os.write(self._ours, text.encode())

    def end(self) -> tuple[int, str]:
        """The exit code and the output."""
        output, _ = self._process.communicate(timeout=30)
        while select.select([self._ours], [], [], 0)[0]:
            try:
                self.seen += os.read(self._ours, 65536).decode()
            except OSError:  # nobody holds the other end any more
                break
        return self._process.returncode, output.decode()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.communicate()
        os.close(self._ours)


def test_a_person_is_shown_the_call_and_says_yes() -> None:
    with Terminal("run", "--simulate", "--confirm", "-e", CREATE) as terminal:
        terminal.wait_for("iew it whole: ")
        for words in ("devin.create_session on account default", 'prompt = "Fix it"', "because of: confirm"):
            assert words in terminal.seen
        terminal.type("maybe\n")
        terminal.wait_for("Allow it?")
        terminal.type("y\n")
        assert terminal.end() == (0, "new\n")


def test_what_was_typed_before_the_question_is_no_answer_to_it() -> None:
    fake = (
        "print('Allow it? [y]es, [n]o, [v]iew it whole: \\27[8m') local t = os.clock() while os.clock() - t < 2 do end "
    )
    with Terminal("run", "--simulate", "--confirm", "-e", fake + CREATE) as terminal:
        time.sleep(0.7)  # the fake question goes to the output, which a person may see at the same terminal
        terminal.type("y\n")
        terminal.wait_for("iew it whole: ")
        assert "\033[0m" in terminal.seen
        terminal.type("n\n")
        assert terminal.end()[0] == 5


def test_a_long_value_can_be_seen_whole() -> None:
    code = 'app.integrations.devin.create_session{ prompt = ("nice "):rep(1000) .. "EVIL" .. (" nice"):rep(1000) }'
    with Terminal("run", "--simulate", "--confirm", "-e", code) as terminal:
        terminal.wait_for("iew it whole: ")
        assert "characters are not shown" in terminal.seen
        assert "EVIL" not in terminal.seen
        terminal.type("v\n")
        terminal.wait_for("iew it whole: ")
        assert "EVIL" in terminal.seen
        terminal.type("n\n")
        assert terminal.end()[0] == 5


def test_a_no_ends_the_script_with_exit_code_5() -> None:
    with Terminal("run", "--simulate", "--confirm", "-e", CREATE) as terminal:
        terminal.wait_for("iew it whole: ")
        terminal.type("n\n")
        assert terminal.end() == (5, "")
        assert "refused" in terminal.seen


def test_all_asks_once_for_a_function() -> None:
    with Terminal("run", "--simulate", "--confirm", "-e", f"for i = 1, 3 do {CREATE} end") as terminal:
        terminal.wait_for("iew it whole: ")
        terminal.type("all\n")
        assert terminal.end() == (0, "new\nnew\nnew\n")
    assert terminal.seen.count("Allow it?") == 1


def test_the_end_of_the_input_is_a_no() -> None:
    with Terminal("run", "--simulate", "--confirm", "-e", CREATE) as terminal:
        terminal.wait_for("iew it whole: ")
        terminal.type("\x04")
        assert terminal.end()[0] == 5


def test_ctrl_c_at_the_question_ends_the_run() -> None:
    with Terminal("run", "--simulate", "--confirm", "-e", CREATE) as terminal:
        terminal.wait_for("iew it whole: ")
        terminal.type("\x03")
        assert terminal.end()[0] == 130


def test_a_rule_of_config_toml_asks_in_run_and_call(home: Path) -> None:
    home.mkdir()
    (home / "config.toml").write_text('[integrations.devin.permissions]\ncreate_session = "ask"\n')
    for words in (["run", "--simulate", "-e", CREATE], ["call", "--simulate", "devin.create_session", "prompt=Fix it"]):
        with Terminal(*words) as terminal:
            terminal.wait_for("iew it whole: ")
            assert "devin.create_session = ask (config.toml)" in terminal.seen
            terminal.type("y\n")
            code, output = terminal.end()
            assert (code, "new" in output) == (0, True)


@pytest.mark.parametrize("words", [["--confirm"], ["--confirm", "--json"]])
def test_where_nobody_is_to_be_asked_the_call_is_refused_with_what_to_write(luahost: Any, words: list[str]) -> None:
    finished = luahost("run", "--simulate", *words, "-e", CREATE)
    assert finished.code == 5
    told = finished.err if "--json" not in words else finished.json["error"]["message"] + finished.json["error"]["hint"]
    assert "needs approval" in told
    assert "without --confirm" in told


def test_a_dry_run_lists_what_would_have_been_done(luahost: Any) -> None:
    finished = luahost("run", "--simulate", "--dry-run", "lua_examples/triage.lua")
    assert finished.code == 0, finished
    assert "Done; the session has ended" in finished.out
    assert "dry run: nothing was sent; 2 calls would have been made" in finished.err
    assert "  2. devin.terminate_session on account default\n" in finished.err
    told = luahost("run", "--simulate", "--dry-run", "--json", "lua_examples/triage.lua").json
    assert [each["call"] for each in told["meta"]["plan"]] == [
        "devin.create_session",
        "devin.terminate_session",
    ]


def test_a_dry_run_that_fails_lists_what_came_before(luahost: Any) -> None:
    finished = luahost("run", "--simulate", "--dry-run", "-e", f"{CREATE} error('no more')")
    assert finished.code == 1
    assert "1 call would have been made" in finished.err


def test_a_dry_call_says_that_nothing_was_sent(luahost: Any) -> None:
    finished = luahost("call", "--simulate", "--dry-run", "devin.create_session", "prompt=x")
    assert (finished.code, "status: new" in finished.out) == (0, True)
    assert "nothing was sent" in finished.err
