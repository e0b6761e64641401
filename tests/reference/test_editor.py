"""Definitions for editors and luacheck: what they say, and what the tools make of scripts with them."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from luahost.calls.settings import Settings
from luahost.check.known import Known
from luahost.check.script import check
from luahost.integrations import catalog
from luahost.lua.inspection import sandbox
from luahost.reference import luals
from luahost.reference.luacheck import luacheckrc
from luahost.spec import Field, Function, Integration, Param
from tests import lua_texts
from tests.checks import others

if TYPE_CHECKING:
    from collections.abc import Iterable

PLANTED = lua_texts.ROOT / "tests" / "data" / "planted.lua"
ACCOUNTS = ["default", "work", "personal", "end"]  # the last is a word of Lua's own
LUACHECK = others.find("luacheck")
LUALS = others.find("lua-language-server")

needs_luacheck = pytest.mark.skipif(
    LUACHECK is None, reason="luacheck is not installed: make .venv/.others gets it where apt-get is"
)
needs_luals = pytest.mark.skipif(
    LUALS is None, reason="lua-language-server is not installed: none of PyPI, npm and Debian has it"
)


def files() -> dict[str, str]:
    """What `luahost stubs` writes."""
    integrations = lua_texts.integrations()
    return {
        ".luarc.json": luals.luarc(),
        ".luacheckrc": luacheckrc(integrations, dict.fromkeys(integrations, ACCOUNTS), sandbox()),
        f"{luals.FOLDER}/globals.lua": luals.globals_stub(),
        **{f"{luals.FOLDER}/{name}.lua": luals.integration_stub(each, ACCOUNTS) for name, each in integrations.items()},
    }


def workspace(folder: Path, scripts: dict[str, str]) -> Path:
    for name, text in {**files(), **scripts}.items():
        path = folder / re.sub(r"[:#]", "_", name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text if path.suffix else f"{text}\n", "utf-8")
    return folder


def as_files(texts: dict[str, str]) -> dict[str, str]:
    return {f"src/{name.replace('/', '_').replace('.', '_')}.lua": text for name, text in texts.items()}


def planted(tool: str) -> list[int]:
    """The lines on which a tool has to find something."""
    lines = PLANTED.read_text("utf-8").splitlines()
    return [number for number, line in enumerate(lines, 1) if re.search(rf"-- [a-z ]*\b{tool}\b", line) and number > 1]


# -- luacheck --------------------------------------------------------------------------------------------------------


def luacheck(folder: Path, *words: str) -> list[str]:
    """Each finding as `file:line:column: message`."""
    command = [str(LUACHECK), "--formatter", "plain", "--no-cache", *words]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    assert not done.stderr, done.stderr
    return done.stdout.splitlines()


@needs_luacheck
def test_luacheck_finds_nothing_in_the_examples(tmp_path: Path) -> None:
    scripts = as_files({name: text for name, text in lua_texts.scripts().items() if "documented" not in name})
    assert luacheck(workspace(tmp_path, scripts), "src") == []


@needs_luacheck
def test_luacheck_finds_nothing_in_the_blocks_of_pages(tmp_path: Path) -> None:
    # A block may end with a variable that shows what a call gives.
    texts = {name: text for name, text in lua_texts.scripts().items() if "documented" in name} | lua_texts.blocks()
    assert luacheck(workspace(tmp_path, as_files(texts)), "--no-unused", "src") == []


@needs_luacheck
def test_luacheck_finds_the_planted_mistakes(tmp_path: Path) -> None:
    found = luacheck(workspace(tmp_path, {"planted.lua": PLANTED.read_text("utf-8")}), "planted.lua")
    assert lines_of(found) == planted("luacheck")


# -- lua-language-server ---------------------------------------------------------------------------------------------


def language_server(folder: Path) -> list[str]:
    """Each warning as `file:line:column`, as `--check` reports it."""
    report = folder / "report.json"
    command = [str(LUALS), "--check", str(folder), "--checklevel=Warning", f"--logpath={folder / 'log'}"]
    command += ["--check_format=json", f"--check_out_path={report}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode in (0, 1), done.stdout + done.stderr
    found = json.loads(report.read_text("utf-8")) if report.exists() else {}
    return [
        f"{Path(uri).name}:{each['range']['start']['line'] + 1}:1: {each['code']}: {each['message']}"
        for uri, warnings in (found or {}).items()
        for each in warnings
    ]


@needs_luals
def test_the_language_server_finds_nothing_in_examples_and_pages(tmp_path: Path) -> None:
    assert language_server(workspace(tmp_path, as_files(lua_texts.scripts() | lua_texts.blocks()))) == []


@needs_luals
def test_the_language_server_finds_the_planted_mistakes(tmp_path: Path) -> None:
    found = language_server(workspace(tmp_path, {"planted.lua": PLANTED.read_text("utf-8")}))
    assert lines_of(found) == planted("luals")


# -- luahost check ---------------------------------------------------------------------------------------------------


def test_check_finds_the_planted_mistakes() -> None:
    known = Known(catalog.load(), Settings({}, "/nowhere", "/nowhere"), ACCOUNTS)
    found = check(PLANTED.read_bytes(), "planted.lua", known)
    assert sorted({one.line for one in found}) == planted("check")


def lines_of(found: Iterable[str]) -> list[int]:
    return sorted({int(one.split(":")[1]) for one in found})


# -- the text itself -------------------------------------------------------------------------------------------------


def test_the_globals_are_those_of_the_sandbox() -> None:
    text = luals.globals_stub()
    declared = set(re.findall(r"^(?:function )?([a-zA-Z_]\w*)(?= ?[=(])", text, re.MULTILINE))
    # Of the libraries of Lua's own that are whole, the language server knows.
    assert declared == set(sandbox()) - {"bit", "coroutine", "math", "string", "table"}
    for library in ("os", "json", "docs"):
        functions = set(re.findall(rf"^function {library}\.(\w+)", text, re.MULTILINE))
        assert functions | ({"null"} if library == "json" else set()) == set(sandbox()[library])


def test_every_function_account_and_parameter_is_in_the_definitions() -> None:
    devin = catalog.load()["devin"]
    text = luals.integration_stub(devin, ACCOUNTS)
    for function in devin.functions:
        assert f"function functions.{function.name}(" in text
        for param in function.params:
            optional = "" if param.required else "?"
            assert re.search(rf"^---@field {param.name}{re.escape(optional)} ", text, re.MULTILINE)
    for name in ACCOUNTS:
        assert f'---@field ["{name}"] luahost.devin.functions' in text


def test_types_choices_and_nested_fields_are_said_as_the_language_server_reads_them() -> None:
    shop = Integration(
        name="shop",
        summary="What we have.\nAnd what not.",
        functions=[
            Function(
                name="order_things",
                summary="Order.",
                access="write",
                handler=lambda _call, _arguments: {},
                params=(
                    Param(name="things", type="array", items="object", required=True, description="What",
                          fields=(Param(name="id", type="string", required=True, description="Which"),)),
                    Param(name="speeds", type="array", items="string", enum=("slow", "fast"), description="How"),
                    Param(name="scan", type="bytes", description="A\npicture"),
                ),
                returns=(
                    Field(name="at", type="integer", description="When", versions=("2",)),
                    Field(name="at", type="string", description="When", versions=("1",)),
                ),
            ),
            Function(name="get_all", summary="All.", access="read", handler=lambda _call, _arguments: {}),
        ],
    )  # fmt: skip
    text = luals.integration_stub(shop, ["default"])
    assert "---@field things luahost.shop.order_things.things[] What" in text
    assert '---@field speeds? ("slow"|"fast")[] How' in text
    assert "---@field scan? string A picture" in text
    assert "---@field at integer|string When" in text
    assert "---@param args luahost.shop.order_things.args" in text
    assert "---What we have.\n---And what not.\n---@class luahost.shop: luahost.shop.functions" in text
    assert "function functions.get_all() end" in text


def test_the_settings_name_the_definitions() -> None:
    settings = json.loads(luals.luarc())
    assert settings["runtime.version"] == "LuaJIT"
    assert settings["runtime.builtin"]["io"] == "disable"
    assert settings["workspace.library"] == [luals.FOLDER]
