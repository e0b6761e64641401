"""require: modules below one folder, as text."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from luahost import Host
    from luahost.errors import LuaHostError
    from tests.conftest import Command

    Write = Callable[[str, str | bytes], Path]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "modules"
    made.mkdir()
    return made


@pytest.fixture
def write(folder: Path) -> Write:
    def make(name: str, text: str | bytes) -> Path:
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text.encode() if isinstance(text, str) else text)
        return file

    return make


def value(host: Host, source: str, folder: Path) -> Any:
    result = host.run(source, modules=folder)
    assert result.ok, result.error and result.error.fields()
    return result.value


def failure(host: Host, source: str, folder: Path | None) -> LuaHostError:
    result = host.run(source, modules=folder)
    assert result.error is not None, result.values
    return result.error


# -- what a module gives ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "file"),
    [("a", "a.lua"), ("a.b", "a/b.lua"), ("a.b.c", "a/b/c.lua"), ("A_1", "A_1.lua"), ("1", "1.lua"), ("_", "_.lua")],
)
def test_a_name_with_dots_is_a_path_below_the_folder(
    host: Host, folder: Path, write: Write, name: str, file: str
) -> None:
    write(file, "return 'found'")
    assert value(host, f"return require('{name}')", folder) == "found"


def test_a_module_runs_once_and_gives_the_same_value_again(host: Host, folder: Path, write: Write) -> None:
    write("m.lua", "print('ran') return {}")
    result = host.run("return require('m') == require('m')", modules=folder)
    assert (result.value, result.output) == (True, "ran\n")


@pytest.mark.parametrize(
    ("text", "given"), [("", True), ("return nil", True), ("return false", False), ("return 5", 5)]
)
def test_a_module_without_a_value_gives_true(host: Host, folder: Path, write: Write, text: str, given: object) -> None:
    write("m.lua", f"print('ran') {text}")
    result = host.run("require('m') return require('m')", modules=folder)
    assert (result.value, result.output) == (given, "ran\n")


def test_a_module_sees_the_globals_of_the_script_and_its_own_name(host: Host, folder: Path, write: Write) -> None:
    write("m.lua", "shared = shared + 1 return {(...), _G.shared, type(app), type(io)}")
    assert value(host, "shared = 1 return require('m')", folder) == ["m", 2, "table", "nil"]


def test_a_module_of_one_run_is_not_there_in_the_next(host: Host, folder: Path, write: Write) -> None:
    write("m.lua", "return {n = 0}")
    source = "local m = require('m') m.n = m.n + 1 return m.n"
    assert [value(host, source, folder) for _ in range(2)] == [1, 1]


def test_a_module_can_make_calls(host: Host, folder: Path, write: Write) -> None:
    write("m.lua", "return app.integrations.devin.get_current_user().name")
    assert value(host, "return require('m')", folder) == "Ada Lovelace"


def test_require_json_gives_the_global_even_beside_a_file_of_that_name(host: Host, folder: Path, write: Write) -> None:
    write("json.lua", "return 'mine'")
    assert value(host, "return require('json') == json", folder) is True


@pytest.mark.parametrize("text", ["\ufeffreturn 1", "#!/usr/bin/lua\nreturn 1", "return\r\n1\r\n", "return 1 -- é"])
def test_a_module_is_text_as_a_script_is(host: Host, folder: Path, write: Write, text: str) -> None:
    write("m.lua", text)
    assert value(host, "return require('m')", folder) == 1


def test_a_large_module_arrives_whole(host: Host, folder: Path, write: Write) -> None:
    write("m.lua", "return {\n" + "'é" + "x" * 97 + "',\n" * 1 + ("'" + "y" * 97 + "',\n") * 5000 + "}")
    assert value(host, "return #require('m')", folder) == 5001


# -- what is refused ----------------------------------------------------------------------------------------------

WRONG = [
    "", ".", "..", "a.", ".a", "a..b", "../secret", "a/b", "/etc/passwd", "a\\b", "a b", "a-b", "a\0b", "é", "a.lua/",
    "a\n", "~", "a;b", "*", "%s", "..secret", "a" + ".b" * 2000 + ".",
]  # fmt: skip


def test_what_is_not_a_name_is_refused(host: Host, folder: Path, write: Write) -> None:
    write("../secret.lua", "return 'secret'")
    source = """local taken = {}
    for _, name in ipairs(args.names) do
      local ok, e = pcall(require, name)
      if ok or e.code ~= 'invalid_arguments' or not e:find('^require: ') then table.insert(taken, name) end
    end return json.array(taken)"""
    result = host.run(source, args={"names": WRONG}, modules=folder)
    assert (result.error, result.value) == (None, [])


@pytest.mark.parametrize("name", ["nil", "5", "{}", "print", r"'\255'", ""])
def test_a_name_is_text(host: Host, folder: Path, name: str) -> None:
    error = failure(host, f"\nlocal x = require({name})", folder)
    assert (error.code, error.line) == ("invalid_arguments", 2)
    assert error.message.startswith("require: ")


@pytest.mark.parametrize("name", ["nope", "a.nope", "folder", "a" * 300])
def test_a_module_that_is_not_there_is_an_error_with_the_file_that_was_looked_for(
    host: Host, folder: Path, name: str
) -> None:
    (folder / "folder.lua").mkdir()
    error = failure(host, f"\nlocal x = require('{name}')", folder)
    assert (error.code, error.file, error.line) == ("script_error", "script.lua", 2)
    assert "module" in error.message


def test_a_name_of_thousands_of_letters_is_none(host: Host, folder: Path) -> None:
    error = failure(host, "\nlocal x = require('x' .. ('.y'):rep(3000))", folder)
    assert (error.code, error.line, len(error.message) < 200) == ("invalid_arguments", 2, True)


def test_a_run_without_a_folder_has_no_modules(host: Host) -> None:
    error = failure(host, "require('m')", None)
    assert (error.code, "no folder" in error.message) == ("script_error", True)


@pytest.mark.parametrize("what", ["file", "folder", "chain"])
def test_a_link_out_of_the_folder_is_refused(host: Host, folder: Path, write: Write, what: str) -> None:
    secret = write("../outside/m.lua", "return 'secret'")
    if what == "file":
        (folder / "m.lua").symlink_to(secret)
    elif what == "folder":
        (folder / "m").symlink_to(secret.parent)
    else:
        (folder / "n.lua").symlink_to(secret)
        (folder / "m.lua").symlink_to("n.lua")
    error = failure(host, f"require('{'m.m' if what == 'folder' else 'm'}')", folder)
    assert (error.code, "outside" in error.message) == ("script_error", True)


def test_a_link_within_the_folder_is_followed(host: Host, folder: Path, write: Write) -> None:
    write("real/m.lua", "return 'found'")
    (folder / "m.lua").symlink_to("real/m.lua")
    assert value(host, "return require('m')", folder) == "found"


def test_the_folder_itself_may_be_a_link(host: Host, folder: Path, write: Write) -> None:
    write("m.lua", "return 'found'")
    link = folder.parent / "link"
    link.symlink_to(folder)
    assert value(host, "return require('m')", link) == "found"


def test_a_link_to_itself_is_an_error_of_the_script(host: Host, folder: Path) -> None:
    (folder / "m.lua").symlink_to("m.lua")
    assert failure(host, "require('m')", folder).code == "script_error"


@pytest.mark.parametrize(
    ("data", "word"), [(b"\x1bLJ\x02\x00", "bytecode"), (b"return '\xff'", "UTF-8"), (b"\x1b", "bytecode")]
)
def test_what_is_no_text_is_refused(host: Host, folder: Path, write: Write, data: bytes, word: str) -> None:
    write("m.lua", data)
    error = failure(host, "\nrequire('m')", folder)
    assert (error.code in ("script_error", "syntax_error"), word in error.message) == (True, True)


def test_a_pipe_in_place_of_a_module_does_not_hold_the_run_up(luahost: Command, folder: Path, isolation: str) -> None:
    os.mkfifo(folder / "m.lua")
    words = ("run", "--isolation", isolation, "--timeout", "1", "--modules", str(folder), "-e", "require('m')")
    try:
        assert luahost(*words, timeout=4).code in (1, 3)
    except subprocess.TimeoutExpired:
        pytest.fail("the run did not end")


# -- errors in modules --------------------------------------------------------------------------------------------


def test_an_error_in_a_module_carries_the_file_and_line_of_the_module(host: Host, folder: Path, write: Write) -> None:
    file = write("sub/m.lua", "\n\nerror('in the module')")
    error = failure(host, "local m = require('sub.m')", folder)
    assert (error.code, error.message, error.file, error.line) == ("script_error", "in the module", str(file), 3)
    assert error.traceback is not None
    assert "script.lua:1: in main chunk" in error.traceback
    assert "luahost" not in error.traceback.replace(str(folder.parent), "")


def test_an_error_in_a_function_of_a_module_carries_its_line(host: Host, folder: Path, write: Write) -> None:
    file = write("m.lua", "return {\n f = function()\n  app.integrations.devin.get_session{}\n end}")
    error = failure(host, "\n\nrequire('m').f()", folder)
    assert (error.code, error.file, error.line) == ("invalid_arguments", str(file), 3)


@pytest.mark.parametrize("name", ["m", "deep.er.m"])
def test_a_syntax_error_in_a_module_carries_its_file_and_line(
    host: Host, folder: Path, write: Write, name: str
) -> None:
    file = write(name.replace(".", "/") + ".lua", "\nx = = 1")
    error = failure(host, f"local m = require('{name}')", folder)
    assert (error.code, error.file, error.line) == ("syntax_error", str(file), 2)
    assert error.message == "unexpected symbol near '='"


def test_a_folder_whose_name_looks_like_a_position_confuses_no_line(host: Host, tmp_path: Path) -> None:
    folder = tmp_path / "a:7: b"
    folder.mkdir()
    (folder / "m.lua").write_text("\n\nx = = 1")
    error = failure(host, "local m = require('m')", folder)
    assert (error.code, error.file, error.line) == ("syntax_error", str(folder / "m.lua"), 3)


def test_a_module_that_failed_says_so_again_and_not_that_it_requires_itself(
    host: Host, folder: Path, write: Write
) -> None:
    write("m.lua", "error('no luck')")
    source = "pcall(require, 'm') local ok, e = pcall(require, 'm') return tostring(e)"
    assert "no luck" in value(host, source, folder)


@pytest.mark.parametrize("chain", [["m"], ["m", "n"], ["m", "n", "o"]])
def test_modules_that_require_each_other_in_a_circle_are_an_error(
    host: Host, folder: Path, write: Write, chain: list[str]
) -> None:
    for name, next_name in zip(chain, [*chain[1:], chain[0]], strict=True):
        write(f"{name}.lua", f"return require('{next_name}') and 1")
    error = failure(host, "local m = require('m')", folder)
    assert (error.code, "requires itself" in error.message) == ("script_error", True)


def test_two_modules_may_require_the_same_third(host: Host, folder: Path, write: Write) -> None:
    write("a.lua", "return require('c')")
    write("b.lua", "return require('c')")
    write("c.lua", "return {}")
    assert value(host, "return require('a') == require('b')", folder) is True


def test_a_module_that_yields_while_it_loads_is_loaded_in_the_end(host: Host, folder: Path, write: Write) -> None:
    write("m.lua", "coroutine.yield(1) return 'done'")
    source = "local c = coroutine.wrap(function() return require('m') end) return {c(), c(), require('m')}"
    assert value(host, source, folder) == [1, "done", "done"]


# -- the command line ---------------------------------------------------------------------------------------------


def test_the_command_line_reads_modules_beside_the_script(luahost: Command, folder: Path, write: Write) -> None:
    write("lib/m.lua", "return 'beside'")
    script = write("s.lua", "print(require('lib.m'))")
    assert luahost("run", str(script)).out == "beside\n"


def test_a_script_on_the_command_line_has_only_the_modules_that_are_given(
    luahost: Command, folder: Path, write: Write
) -> None:
    write("m.lua", "return 'given'")
    code = "print(require('m'))"
    assert luahost("run", "--modules", str(folder), "-e", code).out == "given\n"
    refused = luahost("run", "-e", code, cwd=folder)
    assert (refused.code, "no folder" in refused.err) == (1, True)
