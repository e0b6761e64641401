"""`luahost check` as a command: what it prints, its exit codes, accounts, modules, integrations of others."""

from __future__ import annotations

import io
import json
import sys
from typing import TYPE_CHECKING

import pytest

from luahost.cli import main
from tests.conftest import Finished

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Command

    Run = Callable[..., Finished]

SLIP = b'app.integrations.devin.start_session{ prompt = "x" }\n'
GOOD = b'app.integrations.devin.create_session{ prompt = "x" }\n'
STAGING = b"app.integrations.devin.staging.list_sessions()\n"


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """The command in this process, which needs no other: nothing of a script is run."""

    def check(*words: str, stdin: bytes = b"") -> Finished:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        code = main(["check", *words])
        said = capsys.readouterr()
        return Finished(code, said.out.encode(), said.err)

    return check


@pytest.fixture
def script(tmp_path: Path) -> Path:
    return tmp_path / "script.lua"


def test_a_finding_has_its_place_and_ends_with_1(luahost: Command, script: Path) -> None:
    script.write_bytes(b"\n" + SLIP)
    done = luahost("check", str(script))
    message = "devin has no function 'start_session' (did you mean 'create_session'?)"
    assert (done.code, done.out, done.err) == (1, f"{script}:2:24: {message}\n", "")


def test_what_to_write_stands_below_where_the_message_does_not_say_it(run: Run, script: Path) -> None:
    script.write_bytes(b"io.write('x')\n")
    done = run(str(script))
    assert done.out == f"{script}:1:1: there is no io.write\n    write print(...)\n"


def test_a_good_script_ends_with_0_and_says_nothing(run: Run, script: Path) -> None:
    script.write_bytes(GOOD)
    done = run(str(script))
    assert (done.code, done.out, done.err) == (0, "", "")


def test_every_file_is_checked(run: Run, tmp_path: Path) -> None:
    names = [str(tmp_path / name) for name in ("a.lua", "b.lua", "c.lua")]
    for name, text in zip(names, (SLIP, GOOD, b"x = = 1"), strict=True):
        (tmp_path / name).write_bytes(text)
    done = run(*names)
    assert done.code == 1
    assert [line.partition(":")[0] for line in done.out.splitlines() if not line.startswith(" ")] == [
        names[0],
        names[2],
    ]


def test_standard_input_is_a_script(run: Run) -> None:
    done = run("-", stdin=SLIP)
    assert done.code == 1
    assert done.out.startswith("-:1:24: ")
    assert run("-", stdin=GOOD).code == 0


def test_json_has_every_finding_and_is_empty_without_any(run: Run) -> None:
    done = run("--json", "-", stdin=b"#!/usr/bin/env lua\nlocal s = 'x'\nif s != 'y' then end")
    assert done.code == 1
    (found,) = done.json
    assert (found["file"], found["line"], found["column"], found["code"]) == ("-", 3, 6, "syntax_error")
    assert "Lua has no !=" in found["message"]
    assert "write ~=" in found["hint"]
    assert run("--json", "-", stdin=GOOD).json == []


def test_nothing_of_a_script_is_run(luahost: Command) -> None:
    done = luahost("check", "-", stdin=b"print('ran') while true do end", timeout=20)
    assert (done.code, done.out) == (0, "")


@pytest.mark.parametrize(
    ("data", "line", "message"),
    [
        (b"\x1bLJ\x02", 1, "bytecode"),
        (b"print(1)\n\xff", 2, "not UTF-8"),
        (b"f(" * 300 + b")" * 300, 1, "too complex"),
        (b"x = 'abc\n", 1, "unfinished string"),
        (b"x = 'abc\\255')", 1, "near"),
    ],
)
def test_a_text_that_is_no_lua_is_one_finding(run: Run, data: bytes, line: int, message: str) -> None:
    (found,) = run("--json", "-", stdin=data).json
    assert found["line"] == line
    assert message in found["message"]


@pytest.mark.parametrize(
    "data", [b"", b"\xef\xbb\xbfprint(1)", b"-- only this", b"return " + b"(" * 150 + b"1" + b")" * 150]
)
def test_an_odd_text_that_is_lua_has_no_finding(run: Run, data: bytes) -> None:
    assert run("-", stdin=data).code == 0


def test_what_is_too_deep_to_be_looked_at_is_told_beside_the_output(run: Run) -> None:
    done = run("-", stdin=b"return " + b" + ".join([b"a"] * 1000))
    assert (done.code, done.out) == (0, "")
    assert "-: only its syntax was checked" in done.err


# -- accounts ------------------------------------------------------------------------------------------------------


def test_without_accounts_any_account_may_be_right(run: Run) -> None:
    assert run("-", stdin=STAGING).code == 0


def test_accounts_that_are_set_up_are_those_that_there_are(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LUAHOST_DEVIN_WORK_API_KEY", "cog_x")
    done = run("-", stdin=STAGING)
    assert done.code == 1
    assert "no account and no function 'staging'" in done.out
    assert run("-", stdin=STAGING.replace(b"staging", b"work")).code == 0


def test_accounts_can_be_named(run: Run) -> None:
    done = run("--accounts", "stating,work", "-", stdin=STAGING)
    assert done.code == 1
    assert "did you mean 'stating'?" in done.out
    assert run("--accounts", " staging, ", "-", stdin=STAGING).code == 0


# -- modules -------------------------------------------------------------------------------------------------------


def test_globals_that_a_module_sets_are_there(run: Run, tmp_path: Path, script: Path) -> None:
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "helpers.lua").write_text("function helper() end\nreturn require('lib.more')")
    (tmp_path / "lib" / "more.lua").write_text("other = print")
    script.write_text("require('lib.helpers')\nhelper()\nother()\nthird()")
    done = run(str(script))
    assert [line.split(":")[1] for line in done.out.splitlines() if line.startswith("/")] == ["4"]
    assert run("--modules", str(tmp_path), "-", stdin=script.read_bytes()).out.startswith("-:4:1: ")


def test_a_module_that_is_not_there_is_found(run: Run, script: Path) -> None:
    script.write_text('local http = require("socket.http")')
    done = run(str(script))
    assert done.code == 1
    assert f"{script}:1:22: module 'socket.http' not found" in done.out
    assert "a script has no network" in done.out


# -- integrations of others ----------------------------------------------------------------------------------------

SHOP = """
from luahost import Integration, function

@function(access="read")
def get_stock(item: str) -> dict[str, int]:
    "How many there are."
    return {"count": 3}

shop = Integration(name="shop", summary="What we have.", functions=[get_stock])
"""


def test_an_installed_integration_counts(luahost: Command, tmp_path: Path) -> None:
    (tmp_path / "shop.py").write_text(SHOP)
    installed = tmp_path / "shop-1.0.dist-info"
    installed.mkdir()
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: shop\nVersion: 1.0\n")
    (installed / "entry_points.txt").write_text("[luahost.integrations]\nshop = shop:shop\n")
    script = b"app.integrations.shop.get_stock{ item = 'lamp' }\napp.integrations.shop.get_stock{ thing = 'lamp' }"
    done = luahost("check", "-", stdin=script, env={"PYTHONPATH": str(tmp_path)})
    assert done.code == 1
    assert "-:2:34: shop.get_stock: unknown parameter 'thing'; known: item" in done.out
    assert "-:1:" not in done.out


# -- wrong usage ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["nowhere.lua"], "nowhere.lua: No such file"),
        (["/"], "/: Is a directory"),
        (["--accounts", "Work", "-"], "'Work' cannot be an account's name"),
        (["--accounts", "get_session", "-"], "it is a function of devin"),
        (["--modules", "nowhere", "-"], "--modules nowhere: there is no such folder"),
        ([], "FILE"),
    ],
)
def test_wrong_usage_ends_with_2_and_one_line(run: Run, words: list[str], message: str) -> None:
    done = run(*words, stdin=b"")
    assert (done.code, done.out) == (2, "")
    assert message in done.err
    assert "Traceback" not in done.err


def test_wrong_usage_is_json_too(run: Run) -> None:
    done = run("--json", "nowhere.lua")
    assert done.code == 2
    assert json.loads(done.out)["error"]["code"] == "usage"


def test_without_the_parser_it_says_what_to_install(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("luahost.cli.check.find_spec", lambda name: None)
    done = run("-", stdin=GOOD)
    assert done.code == 2
    assert "pip install 'luahost[check]'" in done.err
