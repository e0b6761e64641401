"""MCP's own inspector, in command-line mode, over both transports: a client of other people's making."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests.checks import others
from tests.mcp.conftest import TOKEN

if TYPE_CHECKING:
    from tests.mcp.conftest import Http

INSPECTOR = others.find("mcp-inspector-cli")

pytestmark = pytest.mark.skipif(
    INSPECTOR is None, reason="MCP's inspector is not installed: make .venv/.others gets it where npm is"
)


@pytest.fixture(params=["stdio", "http"])
def server(request: pytest.FixtureRequest, plain: Http) -> list[str]:
    """The words that tell the inspector which server."""
    if request.param == "http":
        return [plain.url, "--transport", "http", "--header", f"Authorization: Bearer {TOKEN}"]
    return [sys.executable, "-m", "luahost", "mcp", "--simulate"]


def inspected(server: list[str], *words: str) -> Any:
    command = [str(INSPECTOR), "--cli", *server, *words]
    return json.loads(subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout)


def test_it_lists_the_tools(server: list[str]) -> None:
    tools = {tool["name"]: tool for tool in inspected(server, "--method", "tools/list")["tools"]}
    assert set(tools) == {"execute_lua", "lua_list_docs", "lua_search_docs", "lua_read_doc"}
    assert all({"annotations", "outputSchema"} <= set(tool) for tool in tools.values())


def test_it_runs_a_script(server: list[str]) -> None:
    code = "code=print(app.integrations.devin.list_sessions().total) return 6 * 7"
    found = inspected(server, "--method", "tools/call", "--tool-name", "execute_lua", "--tool-arg", code)
    assert (found["isError"], found["structuredContent"]["values"]) == (False, [42])
    assert [call["status"] for call in found["structuredContent"]["calls"]] == ["ok"]


def test_it_reads_a_page(server: list[str]) -> None:
    found = inspected(server, "--method", "resources/read", "--uri", "luahost://docs/devin.create_session")
    assert "prompt" in found["contents"][0]["text"]
