"""`luahost accounts`: a key goes in, is verified, is kept, and is never shown."""

from __future__ import annotations

import json
import os
import pty
import select
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from luahost.integrations.devin.simulator import Simulator
    from luahost.integrations.devin.simulator.server import Server
    from tests.conftest import Command, Finished

FILE = "keyrings.alt.file.PlaintextKeyring"
FAIL = "keyring.backends.fail.Keyring"
NULL = "keyring.backends.null.Keyring"


@pytest.fixture(autouse=True)
def _keyring(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A real keyring, in a file of this test's own."""
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", FILE)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))


@pytest.fixture
def key(simulator: Simulator) -> str:
    return simulator.keys["v3"]["work"]


@pytest.fixture
def add(luahost: Command, server: Server, key: str) -> Finished:
    """The account work, added."""
    done = luahost("accounts", "add", "work", "--with-token", "--base-url", server.url, stdin=f"{key}\n".encode())
    assert done.code == 0, done
    return done


def listed(luahost: Command, name: str, env: dict[str, str] | None = None) -> dict[str, object]:
    found = luahost("accounts", "list", "--json", env=env).json
    return next(each for each in found if each["name"] == name)


# -- add --------------------------------------------------------------------------------------------------------


def test_an_account_that_was_added_is_used(luahost: Command, simulator: Simulator, add: Finished) -> None:
    done = luahost("run", "-e", "print(app.integrations.devin.work.get_current_user().name)")
    assert done.code == 0, done
    assert simulator.requests[-1].account == "work"


def test_a_keyring_that_hides_nothing_is_told_when_a_key_goes_there(add: Finished) -> None:
    assert "this keyring is a file in which keys stand as they are" in add.err


def test_the_key_is_verified_with_the_server_it_is_for(simulator: Simulator, add: Finished) -> None:
    assert [each.status for each in simulator.requests] == [200]
    assert simulator.requests[0].account == "work"


def test_the_key_is_nowhere_but_in_the_keyring(home: Path, add: Finished, key: str) -> None:
    assert key not in add.out + add.err
    for file in home.rglob("*"):
        if file.is_file():
            assert key not in file.read_text("utf-8")
    assert "work" in json.loads((home / "accounts.json").read_text("utf-8"))["accounts"]["devin"]


def test_an_added_account_is_told_as_json(luahost: Command, server: Server, key: str) -> None:
    words = ["accounts", "add", "work", "--with-token", "--json", "--base-url", server.url]
    done = luahost(*words, stdin=key.encode())
    assert (done.json["name"], done.json["stored"]) == ("work", True)
    assert key not in done.out + done.err


def test_an_old_key_is_kept_for_v1(luahost: Command, simulator: Simulator, server: Server) -> None:
    old = simulator.keys["v1"]["personal"]
    words = ["accounts", "add", "personal", "--with-token", "--base-url", server.url]
    assert luahost(*words, stdin=old.encode()).code == 0
    assert listed(luahost, "personal")["api_version"] == "v1"


def test_a_wrong_key_is_not_stored(luahost: Command, server: Server, home: Path) -> None:
    words = ["accounts", "add", "work", "--with-token", "--base-url", server.url]
    done = luahost(*words, stdin=b"cog_wrong\n")
    assert (done.code, done.out, done.err.count("\n")) == (4, "", 1)
    assert "cog_wrong" not in done.err
    assert not (home / "accounts.json").exists()


def test_a_wrong_key_does_not_replace_the_right_one(luahost: Command, server: Server, add: Finished) -> None:
    words = ["accounts", "add", "work", "--with-token", "--base-url", server.url]
    assert luahost(*words, stdin=b"cog_wrong\n").code == 4
    assert luahost("accounts", "test", "work").code == 0


@pytest.mark.parametrize("text", [b"", b"\n\n", b"cog_a\ncog_b\n", b"cog a", b"\xff\n"])
def test_what_is_no_key_is_one_line(luahost: Command, server: Server, text: bytes) -> None:
    words = ["accounts", "add", "work", "--with-token", "--base-url", server.url]
    done = luahost(*words, stdin=text)
    assert done.code in (2, 4), done
    assert (done.out, done.err.count("\n")) == ("", 1)


def test_a_line_break_from_another_system_at_the_end_of_a_key_is_no_part_of_it(
    luahost: Command, server: Server, key: str
) -> None:
    words = ["accounts", "add", "work", "--with-token", "--base-url", server.url]
    assert luahost(*words, stdin=f"{key}\r\n".encode()).code == 0


@pytest.mark.parametrize("name", ["Work", "2nd", "a-b", "", "create_session", "a\nb", "ü"])
def test_what_is_no_name_is_wrong_usage_in_one_line(luahost: Command, server: Server, name: str) -> None:
    words = ["accounts", "add", name, "--with-token", "--base-url", server.url]
    done = luahost(*words, stdin=b"cog_x")
    assert (done.code, done.err.count("\n")) == (2, 1), done
    assert "cannot be an account's name" in done.err


@pytest.mark.parametrize("url", ["http://devin.example", "nonsense", "https://user:word@devin.example"])
def test_a_key_is_sent_to_no_address_that_is_unsafe(luahost: Command, url: str) -> None:
    done = luahost("accounts", "add", "work", "--with-token", "--base-url", url, stdin=b"cog_x")
    assert (done.code, done.err.count("\n")) == (2, 1), done


def test_an_unreachable_server_stores_nothing(luahost: Command, home: Path) -> None:
    words = ["accounts", "add", "work", "--with-token", "--base-url", "http://127.0.0.1:9"]
    assert luahost(*words, stdin=b"cog_x").code == 6
    assert not (home / "accounts.json").exists()


@pytest.mark.parametrize("backend", [FAIL, NULL, "no.such.Keyring"])
def test_a_keyring_that_keeps_nothing_is_said_with_the_variable_to_set(
    luahost: Command, server: Server, home: Path, key: str, backend: str
) -> None:
    words = ["accounts", "add", "work", "--with-token", "--base-url", server.url]
    done = luahost(*words, stdin=key.encode(), env={"PYTHON_KEYRING_BACKEND": backend})
    assert (done.code, done.err.count("\n")) == (2, 1), done
    assert "LUAHOST_DEVIN_WORK_API_KEY" in done.err
    assert key not in done.err
    assert not (home / "accounts.json").exists()


def test_a_home_that_cannot_be_written_is_one_line(luahost: Command, server: Server, key: str) -> None:
    words = ["accounts", "add", "work", "--with-token", "--base-url", server.url]
    done = luahost(*words, stdin=key.encode(), env={"LUAHOST_HOME": "/proc/luahost"})
    assert "Traceback" not in done.err
    assert (done.code, done.err.count("\n")) == (2, 1), done
    assert "/proc/luahost" in done.err


def test_without_a_terminal_it_says_how_to_give_the_key(luahost: Command) -> None:
    done = luahost("accounts", "add", "work")
    assert (done.code, done.err.count("\n")) == (2, 1)
    assert "--with-token" in done.err


class Terminal:
    """A terminal, and a command that somebody types at."""

    def __init__(self, *words: str) -> None:
        self.master, slave = pty.openpty()
        # A new session whose leader opens the terminal: then it is the one that getpass asks at.
        command = ["sh", "-c", 'exec "$@" <"$0" >"$0" 2>&1', os.ttyname(slave), sys.executable, "-m", "luahost"]
        self.process = subprocess.Popen([*command, *words], start_new_session=True)
        self.slave = slave
        self.seen = b""

    def read(self, until: bytes | None = None) -> None:
        """Read until this is seen, or until the command has ended."""
        end = time.monotonic() + 20
        while (until is None or until not in self.seen) and time.monotonic() < end:
            if select.select([self.master], [], [], 0.1)[0]:
                self.seen += os.read(self.master, 4096)
            elif self.process.poll() is not None:
                break
        assert until is None or until in self.seen, self.seen

    def type(self, text: str) -> None:
        os.write(self.master, text.encode())

    def end(self) -> int:
        try:
            self.read()
            return self.process.wait(20)
        finally:
            self.process.kill()
            self.process.wait()
            os.close(self.master)
            os.close(self.slave)


def test_a_key_typed_at_a_terminal_is_not_echoed(luahost: Command, server: Server, key: str) -> None:
    terminal = Terminal("accounts", "add", "work", "--base-url", server.url)
    terminal.read(b"(not shown): ")
    terminal.type(key + "\n")
    assert terminal.end() == 0, terminal.seen
    assert b"the key works" in terminal.seen
    assert key.encode() not in terminal.seen
    assert luahost("accounts", "test", "work").code == 0


def test_an_empty_line_typed_at_a_terminal_is_no_key(server: Server) -> None:
    terminal = Terminal("accounts", "add", "work", "--base-url", server.url)
    terminal.read(b"(not shown): ")
    terminal.type("\n")
    assert terminal.end() == 2
    assert b"no key was given" in terminal.seen


@pytest.mark.parametrize("typed", ["\x03", "\x04"])
def test_leaving_at_the_question_is_no_traceback(server: Server, home: Path, typed: str) -> None:
    terminal = Terminal("accounts", "add", "work", "--base-url", server.url)
    terminal.read(b"(not shown): ")
    terminal.type(typed)
    code = terminal.end()
    assert b"Traceback" not in terminal.seen
    assert b"\nluahost: " in terminal.seen
    assert code == (130 if typed == "\x03" else 2)
    assert not (home / "accounts.json").exists()


# -- list -------------------------------------------------------------------------------------------------------


def test_list_shows_where_each_value_comes_from_and_never_the_value_of_a_key(
    luahost: Command, home: Path, add: Finished, key: str
) -> None:
    (home / "config.toml").write_text('[integrations.devin.accounts.night]\norg_id = "org-9"\n')
    env = {
        "LUAHOST_DEVIN_API_KEY": "cog_first_secret",
        "LUAHOST_DEVIN_BASE_URL": "https://devin.example/v1",
        "DEVIN_API_KEY": "cog_second_secret",
        "LUAHOST_DEVIN_NIGHT_API_KEY": "cog_third_secret",
    }
    assert listed(luahost, "default", env)["sources"] == {
        "api_key": "LUAHOST_DEVIN_API_KEY",
        "base_url": "LUAHOST_DEVIN_BASE_URL",
        "api_version": "LUAHOST_DEVIN_BASE_URL",
    }
    night = listed(luahost, "night", env)
    assert (night["org_id"], night["ready"]) == ("org-9", True)
    sources = night["sources"]
    assert isinstance(sources, dict)
    assert (sources["api_key"], sources["org_id"]) == ("LUAHOST_DEVIN_NIGHT_API_KEY", "config.toml")
    for words in (["list"], ["list", "--json"]):
        done = luahost("accounts", *words, env=env)
        assert done.code == 0
        assert "LUAHOST_DEVIN_API_KEY" in done.out
        assert "keyring" in done.out
        assert "secret" not in done.out + done.err
        assert key not in done.out + done.err


def test_the_vendors_variable_is_the_last_of_the_environment(luahost: Command) -> None:
    default = listed(luahost, "default", {"DEVIN_API_KEY": "cog_x", "DEVIN_BASE_URL": "https://devin.example"})
    sources = default["sources"]
    assert isinstance(sources, dict)
    assert (sources["api_key"], sources["base_url"]) == ("DEVIN_API_KEY", "DEVIN_BASE_URL")


def test_the_environment_goes_before_the_keyring(luahost: Command, add: Finished) -> None:
    sources = listed(luahost, "work", {"LUAHOST_DEVIN_WORK_API_KEY": "cog_x"})["sources"]
    assert isinstance(sources, dict)
    assert sources["api_key"] == "LUAHOST_DEVIN_WORK_API_KEY"


def test_a_key_in_the_keyring_goes_to_no_other_host(luahost: Command, home: Path, add: Finished) -> None:
    (home / "config.toml").write_text('[integrations.devin.accounts.work]\nbase_url = "https://other.example"\n')
    done = luahost("accounts", "test", "work")
    assert done.code == 4
    assert "https://other.example" in done.out + done.err


def test_an_account_without_a_key_is_listed_with_what_to_do(luahost: Command) -> None:
    default = listed(luahost, "default")
    assert default["ready"] is False
    assert "luahost accounts add default" in str(default["hint"])


@pytest.mark.parametrize("backend", [FAIL, NULL, "no.such.Keyring"])
def test_list_needs_no_keyring(luahost: Command, backend: str) -> None:
    env = {"PYTHON_KEYRING_BACKEND": backend, "LUAHOST_DEVIN_API_KEY": "cog_x"}
    assert listed(luahost, "default", env)["ready"] is True


# -- test and remove --------------------------------------------------------------------------------------------


def test_test_says_whose_key_it_is(luahost: Command, add: Finished) -> None:
    done = luahost("accounts", "test", "work")
    assert (done.code, done.out) == (0, "work: works, as CI Bot\n")


def test_test_tells_each_account_and_ends_with_the_worst(luahost: Command, add: Finished) -> None:
    done = luahost("accounts", "test", "--json")
    assert done.code == 4
    assert {each["name"]: each["works"] for each in done.json} == {"default": False, "work": True}


def test_test_of_an_unknown_account_is_wrong_usage_in_one_line(luahost: Command) -> None:
    done = luahost("accounts", "test", "nobody")
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1), done


def test_a_removed_account_is_gone(luahost: Command, home: Path, add: Finished, tmp_path: Path, key: str) -> None:
    assert luahost("accounts", "remove", "work").code == 0
    assert [each["name"] for each in luahost("accounts", "list", "--json").json] == ["default"]
    assert luahost("call", "devin.list_sessions", "--account", "work").code == 2
    for file in (tmp_path / "data").rglob("*"):
        if file.is_file():
            assert key not in file.read_text("utf-8")


@pytest.mark.parametrize("name", ["nobody", "default", "Bad!"])
def test_what_was_never_stored_cannot_be_removed(luahost: Command, name: str) -> None:
    done = luahost("accounts", "remove", name)
    assert (done.code, done.err.count("\n")) == (2, 1)


def test_a_keyring_that_fails_removes_nothing(luahost: Command, home: Path, add: Finished) -> None:
    done = luahost("accounts", "remove", "work", env={"PYTHON_KEYRING_BACKEND": FAIL})
    assert (done.code, done.err.count("\n")) == (2, 1)
    assert "work" in (home / "accounts.json").read_text("utf-8")
