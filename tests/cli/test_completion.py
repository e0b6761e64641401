"""`luahost completion`: what each word may become, and that the shells put it in."""

from __future__ import annotations

import fcntl
import os
import select
import shutil
import subprocess
import sys
import termios
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from luahost.cli import COMMANDS
from luahost.cli.candidates import candidates, parser_of

if TYPE_CHECKING:
    from tests.conftest import Command


def words(line: str) -> list[str]:
    """The candidates for the last word of a line."""
    return [value for value, _ in candidates(line.split(" "))]


@pytest.fixture(autouse=True)
def accounts(home: Path) -> None:
    home.mkdir()
    (home / "config.toml").write_text('[integrations.devin.accounts.acme]\norg_id = "org-1"\n')


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_has_its_options(command: str) -> None:
    parser_of(command)
    assert command in words(command[:2])
    assert words(f"{command} --he") == ["--help"]


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("ru", ["run", "runs"]),
        ("--ver", ["--version"]),
        ("help doc", ["docs", "doctor"]),
        ("nosuch ", []),
        ("run --acc", ["--account"]),
        ("run --account ", ["default", "acme"]),
        ("run --simulate --account ", ["default", "personal", "work", "acme"]),
        ("run --account=a", ["--account=acme"]),
        ("run --isolation ", ["process", "none"]),
        ("run ", [":files"]),
        ("run --files ", [":folders"]),
        ("run --args ", [":files"]),
        ("run --timeout ", []),
        ("run x.lua --acc", [":files"]),
        ("run -e print(1) --acc", ["--account"]),
        ("run --simulate --simu", []),
        ("run --set a=1 --set", ["--set"]),
        ("call devin.get_session_t", ["devin.get_session_tags"]),
        ("call devin.get_session ", ["session_id="]),
        ("call devin.get_session session_id=x ", []),
        ("call devin.create_session devin_mode=fu", ["devin_mode=fusion"]),
        ("call devin.nosuch ", []),
        ("docs devin.get_session_t", ["devin.get_session_tags"]),
        ("docs wait", ["wait_until"]),
        ("schema devin.get_session_t", ["devin.get_session_tags"]),
        ("accounts ", ["list", "add", "test", "remove"]),
        ("accounts remove ", ["default", "acme"]),
        ("accounts add ", []),
        ("accounts list --integration ", ["devin"]),
        ("runs show ", []),
        ("runs trace --chr", ["--chrome"]),
        ("completion ", ["bash", "zsh", "fish"]),
        ("mcp --print-config curs", ["cursor"]),
        ("repl --require-seal f", ["full"]),
    ],
)
def test_what_a_word_may_become(line: str, found: list[str]) -> None:
    assert words(line) == found


def test_runs_are_named_the_newest_first(luahost: Command) -> None:
    luahost("run", "-e", "print(1)")
    last, newest = words("runs show ")
    assert last == "last"
    assert words(f"run --resume {newest[:-1]}") == [newest]


def test_a_settings_file_that_cannot_be_used_completes_nothing(luahost: Command, home: Path) -> None:
    (home / "config.toml").write_text("nonsense")
    got = luahost("completion", "--words", "run", "--account", "")
    assert (got.code, got.out, got.err) == (2, "", "")


def test_an_unknown_shell_is_wrong_usage(luahost: Command) -> None:
    got = luahost("completion", "tcsh")
    assert (got.code, got.out) == (2, "")
    assert "bash" in got.err


# -- in the shells themselves -----------------------------------------------------------------------------------------


@pytest.fixture
def path(tmp_path: Path) -> str:
    """A PATH on which luahost is this one, and a folder with files to complete as the working directory."""
    command = tmp_path / "bin" / "luahost"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nPYTHONPATH="{Path(__file__).parents[2]}" exec "{sys.executable}" -m luahost "$@"\n')
    command.chmod(0o755)
    work = tmp_path / "work"
    (work / "a folder").mkdir(parents=True)
    (work / "a script.lua").write_text("")
    return f"{command.parent}:{os.environ['PATH']}"


def needs(shell: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(shutil.which(shell) is None, reason=f"{shell} is not installed")


class Shell:
    """An interactive shell at a terminal of its own, in which luahost is completed."""

    def __init__(self, words: list[str], path: str, work: Path) -> None:
        self.seen = ""
        self._fd, theirs = os.openpty()

        def take_terminal() -> None:
            os.setsid()
            fcntl.ioctl(2, termios.TIOCSCTTY, 0)

        self._process = subprocess.Popen(
            words,
            cwd=work,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env={**os.environ, "PATH": path, "TERM": "dumb", "PS1": "$ ", "HOME": str(work)},
            preexec_fn=take_terminal,  # noqa: PLW1509 (a test has no other threads)
        )
        os.close(theirs)

    def until(self, text: str) -> str:
        end, at = time.monotonic() + 30, len(self.seen)
        while text not in self.seen[at:]:
            assert time.monotonic() < end, self.seen
            if select.select([self._fd], [], [], 0.1)[0]:
                self.seen += os.read(self._fd, 65536).decode(errors="replace")
        return self.seen[at:]

    def type(self, text: str) -> None:
        os.write(self._fd, text.encode())

    def end(self) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._fd)


@needs("bash")
def test_bash_is_given_them(path: str, tmp_path: Path) -> None:
    lines = {
        "luahost doc": ["docs", "doctor"],
        "luahost run --account a": ["acme"],
        "luahost run --account=a": ["acme"],
        "luahost run a": ["a folder", "a script.lua"],
        "luahost run --files=a": ["a folder"],
        "luahost call devin.create_session devin_mode=fu": ["fusion"],
        "luahost call devin.get_session ": ["session_id="],
    }
    script = (
        "source <(luahost completion bash); for COMP_LINE; do COMP_POINT=${#COMP_LINE}; _luahost luahost; "
        'printf "%s|" "${COMPREPLY[@]}"; echo; done'
    )
    got = subprocess.run(
        ["bash", "--norc", "-c", script, "bash", *lines],
        cwd=tmp_path / "work",
        env={**os.environ, "PATH": path},
        capture_output=True,
        check=True,
    )
    assert got.stderr == b""
    found = [sorted(line.split("|")[:-1]) for line in got.stdout.decode().splitlines()]
    assert dict(zip(lines, found, strict=True)) == lines


@needs("bash")
def test_bash_puts_in_what_tab_finds(path: str, tmp_path: Path) -> None:
    shell = Shell(["bash", "--norc", "-i"], path, tmp_path / "work")
    try:
        shell.type("source <(luahost completion bash); echo rea''dy\n")
        shell.until("ready\r")
        shell.type("luahost call devin.get_session_t\t")
        shell.until("ags ")
        shell.type("sess\t")
        shell.until("ion_id=")
    finally:
        shell.end()


@needs("zsh")
def test_zsh_puts_in_what_tab_finds(path: str, tmp_path: Path) -> None:
    shell = Shell(["zsh", "-f", "-i"], path, tmp_path / "work")
    try:
        shell.type("autoload -U compinit; compinit -u -D; source <(luahost completion zsh); echo rea''dy\n")
        shell.until("ready\r")
        shell.type("luahost run --account a\t")
        shell.until("cme")
        shell.type(" a\\ s\t")
        shell.until("cript.lua")
        shell.type("\x15luahost call devin.get_session sess\t")
        shell.until("ion_id=")
        shell.type("\x15luahost doc\t\t")
        shell.until("read a page of the reference")
    finally:
        shell.end()


@needs("fish")
def test_fish_is_given_them_with_what_they_are(path: str, tmp_path: Path) -> None:
    script = "luahost completion fish | source; for line in $argv; complete -C $line; end"
    lines = [
        "luahost doc",
        "luahost run --account a",
        "luahost run a",
        "luahost call devin.create_session devin_mode=fu",
    ]
    env = {**os.environ, "PATH": path, "HOME": str(tmp_path)}
    got = subprocess.run(
        ["fish", "--no-config", "-c", script, *lines], cwd=tmp_path / "work", env=env, capture_output=True, check=True
    )
    found = got.stdout.decode().splitlines()
    assert [line.split("\t")[0] for line in found] == [
        "docs",
        "doctor",
        "acme",
        "a folder/",
        "a script.lua",
        "devin_mode=fusion",
    ]
    assert found[0] == "docs\tread a page of the reference"
