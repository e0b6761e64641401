"""Bad input: one line that says what, where and what to do, the right exit code, and never Python's traceback."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from luahost.integrations.devin.simulator import Simulator
    from luahost.integrations.devin.simulator.server import Server
    from tests.conftest import Command, Finished

CALL = ["call", "devin.list_sessions"]
FULL = pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full")  # noqa: PTH110


def one_line(done: Finished, code: int, *parts: str) -> None:
    """Nothing on stdout, one line on stderr with all these parts, and this exit code."""
    assert done.code == code, done
    assert done.out == ""
    assert done.err.count("\n") == 1, done.err
    assert "Traceback" not in done.err
    for part in parts:
        assert part in done.err


def shell(redirection: str, *words: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """The command with its descriptors changed by a shell."""
    command = ["sh", "-c", f'exec "$@" {redirection}', "sh", sys.executable, "-m", "luahost", *words]
    return subprocess.run(command, input=stdin, capture_output=True, check=False, timeout=60)


# -- scripts ----------------------------------------------------------------------------------------------------


def test_a_missing_script(luahost: Command) -> None:
    one_line(luahost("run", "none.lua"), 2, "none.lua: No such file or directory")


def test_a_folder_in_place_of_a_script(luahost: Command, tmp_path: Path) -> None:
    one_line(luahost("run", str(tmp_path)), 2, f"{tmp_path}: Is a directory")


def test_a_script_whose_name_is_too_long(luahost: Command) -> None:
    one_line(luahost("run", "x" * 5000), 2, "File name too long")


def test_a_script_whose_name_is_no_text(luahost: Command) -> None:
    one_line(luahost("run", b"none\xff.lua"), 2, "No such file")  # type: ignore[arg-type]


@pytest.mark.parametrize("text", [b"", b" \n\t\n", b"\xef\xbb\xbf"])
def test_an_empty_script(luahost: Command, tmp_path: Path, text: bytes) -> None:
    (tmp_path / "it.lua").write_bytes(text)
    one_line(luahost("run", "it.lua", cwd=tmp_path), 2, "it.lua: the script is empty")


def test_an_empty_script_on_standard_input(luahost: Command) -> None:
    one_line(luahost("run", "-"), 2, "stdin: the script is empty")


def test_a_script_that_is_not_utf_8_in_one_line_that_names_the_place_once(luahost: Command, tmp_path: Path) -> None:
    (tmp_path / "it.lua").write_bytes(b"print(1)\n-- caf\xe9\n")
    done = luahost("run", "it.lua", cwd=tmp_path)
    one_line(done, 1, "it.lua:2: not UTF-8", "save the file as UTF-8")
    assert done.err.count("it.lua") == 1


def test_json_names_the_line_that_is_not_utf_8(luahost: Command) -> None:
    error = luahost("run", "--json", "-", stdin=b"print(1)\n\xff").json["error"]
    assert (error["code"], error["file"], error["line"]) == ("syntax_error", "stdin", 2)


def test_bytecode(luahost: Command, tmp_path: Path) -> None:
    (tmp_path / "it.lua").write_bytes(b"\x1bLJ\x02\x00")
    one_line(luahost("run", "it.lua", cwd=tmp_path), 1, "it.lua: this is bytecode", "run the source")


@pytest.mark.parametrize(("text", "place"), [("print(", "1"), ("x = 1\ny = = 2\n", "2"), ("goto nowhere", "1")])
def test_a_syntax_error_begins_with_its_place(luahost: Command, tmp_path: Path, text: str, place: str) -> None:
    (tmp_path / "it.lua").write_text(text)
    done = luahost("run", "it.lua", cwd=tmp_path)
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith(f"it.lua:{place}: ")
    assert "traceback" not in done.err.lower()


def test_a_script_deeper_than_the_compiler_goes_is_an_error_of_the_script(luahost: Command) -> None:
    done = luahost("run", "-", stdin=b"x=" + b"(" * 100_000)
    assert done.code == 1, done.err[:300]
    assert done.err.startswith("stdin:1: ")


# -- accounts and keys ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["nobody", "Bad!", "", "a\nb"])
def test_an_unknown_account_is_one_line_before_anything_runs(luahost: Command, name: str) -> None:
    one_line(luahost("run", "--account", name, "-e", "print('ran')"), 1, "no account", "accounts: default")


def test_an_unknown_account_of_a_call(luahost: Command) -> None:
    one_line(luahost(*CALL, "--account", "nobody"), 2, "no account 'nobody'", "luahost accounts add nobody")


@pytest.mark.parametrize("key", ["cog_a\nb", "cog_a\r", "cog_a b", "ключ", "cog_\x1b[2J"])
def test_a_key_that_no_header_takes_is_never_shown(luahost: Command, key: str) -> None:
    done = luahost(*CALL, env={"LUAHOST_DEVIN_API_KEY": key})
    one_line(done, 4, "the key from LUAHOST_DEVIN_API_KEY has a", "set it again")
    assert key not in done.err


def test_a_key_with_a_line_break_is_named(luahost: Command) -> None:
    one_line(luahost(*CALL, env={"LUAHOST_DEVIN_API_KEY": "cog_a\nb"}), 4, "line break")


@pytest.mark.parametrize("url", ["http://devin.example", "ftp://127.0.0.1", "nonsense", "https://u:p@h", "https://h:x"])
def test_a_base_url_that_cannot_be_used_names_its_source(luahost: Command, url: str) -> None:
    env = {"LUAHOST_DEVIN_API_KEY": "cog_x", "LUAHOST_DEVIN_BASE_URL": url}
    one_line(luahost(*CALL, env=env), 4, "LUAHOST_DEVIN_BASE_URL", "https://HOST")


def test_an_unreachable_host(luahost: Command) -> None:
    env = {"LUAHOST_DEVIN_API_KEY": "cog_x", "LUAHOST_DEVIN_BASE_URL": "http://127.0.0.1:9"}
    one_line(luahost(*CALL, env=env), 6, "cannot reach 127.0.0.1:9: Connection refused", "check the network")


def test_an_unknown_version_of_the_api(luahost: Command) -> None:
    env = {"LUAHOST_DEVIN_API_KEY": "cog_x", "LUAHOST_DEVIN_API_VERSION": "v9"}
    one_line(luahost(*CALL, env=env), 4, "'v9'", "LUAHOST_DEVIN_API_VERSION", "v3, v1")


# -- settings ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("x = [", "not valid TOML"),
        ("\udcff", "not UTF-8; save the file as UTF-8"),
        ("[limit]\ncpu = 3", "did you mean 'limits'?"),
        ("[limits]\ncpuu = 3", "did you mean 'cpu'?"),
        ('[limits]\ncpu = "3"', "a number was expected"),
        ("[limits]\ncpu = nan", "must be above 0"),
        ("[limits]\nwall = 1e300", "wall"),
        ("[limits]\ncpu = 1e300", "cpu"),
        ("[limits]\nmemory_mib = 100000000000000", "memory_mib"),
        ("limits = 3", "a table was expected"),
        ("[http]\ntimeout = nan", "[http] timeout: a number of seconds above 0 was expected"),
        ("[http]\nconnect_timeout = nan", "timeout"),
        ("[http]\nretries = 1.5", "[http] retries: a whole number of 0 or more"),
        ("[idempotency]\nsettle = -1", "[idempotency] settle: a number of seconds of 0 or more"),
        ("[integrations]\ndevin = 3", "a table was expected"),
        ("[integrations.devni.permissions]\nwrite = 'deny'", "devni"),
        ('[integrations.devin.permissions]\nread = "maybe"', "allow, ask or deny"),
        ('[integrations.devin.permissions]\ncreate_sesion = "deny"', "create_sesion"),
        ('[integrations.devin.accounts.Work]\norg_id = "x"', "lower-case"),
        ('[integrations.devin.accounts.create_session]\norg_id = "x"', "create_session"),
        ('[integrations.devin.accounts.work]\napi_key = "x"', "luahost accounts add work"),
        ("[integrations.devin.accounts.work]\norg_id = 5", "text in quotes"),
        ('[integrations.devin.accounts.work]\norg = "x"', "did you mean 'org_id'?"),
    ],
)
def test_a_broken_config_is_one_line_that_names_the_file_once(
    luahost: Command, home: Path, text: str, part: str
) -> None:
    home.mkdir()
    (home / "config.toml").write_bytes(text.encode("utf-8", "surrogateescape"))
    done = luahost(*CALL, "--simulate")
    one_line(done, 2, f"{home}/config.toml: ", part)
    assert done.err.count("config.toml") == 1, done.err


@pytest.mark.parametrize("words", [["run", "-e", "print(1)"], ["accounts", "list"], ["doctor"], ["simulate", "--json"]])
def test_every_command_that_needs_settings_says_what_is_broken(luahost: Command, home: Path, words: list[str]) -> None:
    home.mkdir()
    (home / "config.toml").write_text("x = [")
    one_line(luahost(*words), 2, f"{home}/config.toml: not valid TOML")


def test_a_config_that_is_a_folder(luahost: Command, home: Path) -> None:
    (home / "config.toml").mkdir(parents=True)
    one_line(luahost("run", "-e", "print(1)"), 2, "config.toml: cannot be read: Is a directory")


def test_a_home_that_is_a_file(luahost: Command, home: Path) -> None:
    home.write_text("")
    one_line(luahost("run", "-e", "print(1)"), 2, "Not a directory")


def test_a_home_of_nobody(luahost: Command) -> None:
    one_line(luahost("run", "-e", "print(1)", env={"LUAHOST_HOME": "~nobody-here/x"}), 2, "LUAHOST_HOME")


def test_an_index_of_accounts_that_is_none(luahost: Command, home: Path) -> None:
    home.mkdir()
    (home / "accounts.json").write_text("[")
    one_line(luahost("accounts", "list"), 2, "accounts.json", "remove it")


def test_a_home_that_cannot_be_written_is_named_when_it_is_needed(
    luahost: Command, simulator: Simulator, server: Server
) -> None:
    env = {
        "LUAHOST_HOME": "/proc/luahost",
        "LUAHOST_DEVIN_API_KEY": simulator.keys["v3"]["default"],
        "LUAHOST_DEVIN_BASE_URL": server.url,
    }
    done = luahost("call", "devin.create_session", "prompt=x", "idempotency_key=k", env=env)
    one_line(done, 6, "/proc/luahost", "set LUAHOST_HOME")
    assert not any(each.method == "POST" for each in simulator.requests)


# -- options ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    [
        ["--timeout", "0"],
        ["--timeout", "-1"],
        ["--timeout", "nan"],
        ["--timeout", "inf"],
        ["--cpu-limit", "1e300"],
        ["--memory-limit", "1"],
        ["--memory-limit", "99999999999999999999"],
        ["--max-calls", "0"],
        ["--max-output", "-3"],
        ["--set", "x"],
        ["--set", "=x"],
        ["--set", "x:=["],
        ["--set", "x:=NaN"],
        ["--set", "x:=1e999"],
        ["--args", "none.json"],
        ["--args", "/"],
    ],
)
def test_an_option_that_cannot_be_used_is_one_line_that_names_it(luahost: Command, words: list[str]) -> None:
    one_line(luahost("run", *words, "-e", "print('ran')"), 2)


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        (["--timeout", "0"], ["--timeout: limit wall: must be above 0"]),
        (["--memory-limit", "1"], ["--memory-limit: limit memory_mib: at least 8"]),
        (["--max-calls", "0"], ["--max-calls: limit calls: must be above 0"]),
        (["--modules", "nosuch"], ["--modules nosuch: there is no such folder"]),
    ],
)
def test_an_option_is_named_as_it_was_typed(luahost: Command, words: list[str], parts: list[str]) -> None:
    one_line(luahost("run", *words, "-e", "print('ran')"), 2, *parts)


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (["run", "--acount", "work", "x.lua"], "unrecognized arguments: --acount (did you mean '--account'?)"),
        (["runs", "list", "--limt", "3"], "--limt 3 (did you mean '--limit'?)"),
        (["call", "devin.list_sessions", "--simulat"], "--simulat (did you mean '--simulate'?)"),
        (["doctor", "--jsn=1"], "--jsn=1 (did you mean '--json'?)"),
    ],
)
def test_a_misspelt_option_is_named_with_what_was_meant(luahost: Command, words: list[str], meant: str) -> None:
    done = luahost(*words)
    assert (done.code, done.out) == (2, "")
    assert f"{meant}; luahost " in done.err
    assert done.err.count("\n") == 1


@pytest.mark.parametrize("option", ["--resume", "--replay"])
def test_a_run_without_a_name_is_not_there(luahost: Command, option: str) -> None:
    one_line(luahost("run", option, ""), 2, "there is no run ''")


@pytest.mark.parametrize("text", [b"[1]", b"{", b"\xff", b'{"x": NaN}', b"[" * 100_000])
def test_a_file_of_args_that_is_no_json_object(luahost: Command, tmp_path: Path, text: bytes) -> None:
    (tmp_path / "a.json").write_bytes(text)
    one_line(luahost("run", "--args", "a.json", "-e", "print('ran')", cwd=tmp_path), 2, "a.json")


def test_a_file_of_args_that_is_no_text(luahost: Command, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes('{"x": 1}'.encode("utf-16"))
    done = luahost("run", "--args", "a.json", "-e", "print('ran')", cwd=tmp_path)
    one_line(done, 2, "--args a.json: not UTF-8; save the file as UTF-8")


@pytest.mark.parametrize("seconds", ["1e10", "1e300"])
def test_a_limit_of_time_beyond_all_clocks_is_no_traceback(luahost: Command, isolation: str, seconds: str) -> None:
    done = luahost("run", "--isolation", isolation, "--timeout", seconds, "-e", "sleep(0.01) print('ran')")
    assert "Traceback" not in done.err
    assert done.code in (0, 2)


@pytest.mark.parametrize(
    "words",
    [
        ["run"],
        ["run", "-e"],
        ["run", "--bogus", "x"],
        ["run", "--timeout", "soon", "x"],
        ["run", "--isolation", "magic", "x"],
        ["call"],
        ["search"],
        ["schema"],
        ["accounts"],
        ["accounts", "lst"],
        ["accounts", "add"],
        ["list", "extra"],
        ["doctor", "extra"],
        ["simulate", "extra"],
        ["--json"],
    ],
)
def test_wrong_usage_ends_with_2_and_says_why(luahost: Command, words: list[str]) -> None:
    done = luahost(*words)
    assert (done.code, done.out) == (2, "")
    assert done.err.splitlines()[-1].startswith("luahost")
    assert "Traceback" not in done.err


# -- descriptors ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words", [["run", "-"], ["accounts", "add", "x", "--with-token"], ["call", "devin.create_session", "-"]]
)
def test_a_closed_standard_input_is_one_line(words: list[str]) -> None:
    done = shell("<&-", *words)
    assert (done.returncode, done.stdout) == (2, b""), done.stderr
    assert done.stderr.count(b"\n") == 1, done.stderr


def test_a_script_that_needs_no_input_runs_without_any() -> None:
    assert shell("<&-", "run", "-e", "print('ran')").stdout == b"ran\n"


@pytest.mark.parametrize(
    "words",
    [
        ["--help"],
        ["list"],
        ["list", "--json"],
        ["docs", "devin"],
        ["doctor"],
        [*CALL, "--simulate"],
        ["run", "-e", "print(1)"],
        ["run", "--json", "-e", "print(1)"],
    ],
)
@pytest.mark.parametrize("redirection", [">&-", pytest.param(">/dev/full", marks=FULL)])
def test_an_output_that_takes_nothing_is_no_traceback(words: list[str], redirection: str) -> None:
    done = shell(redirection, *words)
    assert b"Traceback" not in done.stderr
    assert b"Exception ignored" not in done.stderr
    assert done.stderr.count(b"\n") <= 1, done.stderr


@FULL
def test_a_full_disk_is_named_and_is_no_success(luahost: Command) -> None:
    done = shell(">/dev/full", "run", "-e", "print(1)")
    assert done.returncode not in (0, 1)
    assert b"the output cannot be written: No space left on device" in done.stderr


def test_without_a_place_for_errors_the_exit_code_still_tells() -> None:
    assert shell("2>&-", "run", "-e", "print(1)").returncode == 0
    assert shell("2>&-", "run", "none.lua").returncode == 2


def test_without_a_place_for_errors_they_do_not_go_into_the_output() -> None:
    assert shell("2>&-", "run", "-e", "print(1) error('x')").stdout == b"1\n"


def test_a_folder_as_standard_input_is_no_success() -> None:
    assert shell("</", "run", "-").returncode != 0


@pytest.mark.parametrize("encoding", ["ascii", "utf-8"])
def test_a_message_in_any_alphabet_is_said_whatever_the_terminal_can_show(luahost: Command, encoding: str) -> None:
    done = luahost("docs", "ünï 名", env={"PYTHONIOENCODING": encoding})
    one_line(done, 2, "there is no page")
