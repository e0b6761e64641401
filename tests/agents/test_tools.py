"""The tools as each API wants them: shapes as their own packages have them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, validate

from luahost import Host
from luahost.agents import DIALECTS, TOOLS
from luahost.errors import UsageError

SHAPES = json.loads((Path(__file__).parents[1] / "data/tool_shapes.json").read_text("utf-8"))
NAMES = ["execute_lua", "lua_list_docs", "lua_search_docs", "lua_read_doc"]


@pytest.fixture(scope="module")
def tools() -> dict[str, list[dict[str, Any]]]:
    with Host(simulate=True) as host:
        return {dialect: host.tools(dialect) for dialect in DIALECTS}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_each_definition_has_the_shape_of_its_api(dialect: str, tools: dict[str, Any]) -> None:
    assert len(tools[dialect]) == 4
    for tool in tools[dialect]:
        validate(tool, SHAPES[f"{dialect} tool"])


def test_each_api_has_the_same_tools(tools: dict[str, Any]) -> None:
    assert list(TOOLS) == NAMES
    assert [tool["function"]["name"] for tool in tools["openai"]] == NAMES
    for dialect in ("openai-responses", "anthropic", "mcp"):
        assert [tool["name"] for tool in tools[dialect]] == NAMES


def test_schemas_are_valid_and_refuse_what_is_not_declared(tools: dict[str, Any]) -> None:
    for tool in tools["mcp"]:
        for schema in (tool["inputSchema"], tool["outputSchema"]):
            Draft202012Validator.check_schema(schema)
            assert schema["type"] == "object"
        assert tool["inputSchema"]["additionalProperties"] is False
    required = {tool["name"]: tool["inputSchema"]["required"] for tool in tools["mcp"]}
    assert required == {
        "execute_lua": ["code"],
        "lua_list_docs": [],
        "lua_search_docs": ["query"],
        "lua_read_doc": ["page"],
    }
    assert list(tools["mcp"][0]["inputSchema"]["properties"]) == ["code", "args", "account"]


def test_only_running_a_script_may_change_anything(tools: dict[str, Any]) -> None:
    hints = {tool["name"]: tool["annotations"] for tool in tools["mcp"]}
    assert {name for name, each in hints.items() if not each["readOnlyHint"]} == {"execute_lua"}
    assert {name for name, each in hints.items() if each["destructiveHint"]} == {"execute_lua"}
    assert {name for name, each in hints.items() if each["openWorldHint"]} == {"execute_lua"}


def test_what_a_program_does_to_a_definition_is_its_own(host: Host) -> None:
    host.tools("mcp")[0]["outputSchema"]["properties"].clear()
    host.tools("openai")[0]["function"]["parameters"]["properties"].clear()
    assert host.tools("mcp")[0]["outputSchema"]["properties"]
    assert host.tools("openai")[0]["function"]["parameters"]["properties"]


@pytest.mark.parametrize("dialect", ["open-ai", "", "OPENAI", None, 7])
def test_an_unknown_api_is_the_programs_misuse(host: Host, dialect: Any) -> None:
    with pytest.raises(UsageError, match="not known") as caught:
        host.tools(dialect)
    assert "anthropic" in str(caught.value.hint)


def test_a_host_imports_none_of_this_until_it_is_asked() -> None:
    code = "import sys; from luahost import Host; Host(); print([n for n in sys.modules if 'luahost.agents' in n])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
