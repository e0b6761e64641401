"""What a model has to read: tokens by OpenAI's o200k_base, which `bpe-openai` brings along.

Anthropic publishes no tokenizer of its current models.
"""

from __future__ import annotations

import json

from luahost import Host
from luahost.agents import perform
from tests.benchmarks.figures import ABSENT, Figure, Pair, row

TASK = """\
local devin = app.integrations.devin
local made = devin.create_session({ prompt = "Update the changelog" })
local found = {}
for session in each(devin.list_sessions, { limit = 5 }) do
  found[#found + 1] = { id = session.session_id, status = session.status }
end
return made.session_id, found
"""


def texts() -> dict[str, tuple[str, str]]:
    """What is counted, and what is wanted of it."""
    with Host(simulate=True) as host:

        def tool(name: str, **arguments: str) -> str:
            return perform(host, name, arguments, max_chars=10**6).text

        prompt, listing = host.system_prompt(), tool("lua_list_docs")
        tools = {
            dialect: json.dumps(host.tools(dialect), ensure_ascii=False, separators=(",", ":"))
            for dialect in ("openai", "anthropic", "mcp")
        }
        return {
            "the system prompt": (prompt, "under 600 tokens"),
            "four tools, as OpenAI's API takes them": (tools["openai"], ""),
            "the same, as Anthropic's does": (tools["anthropic"], ""),
            "the same, as MCP lists them, with schemas of output": (tools["mcp"], ""),
            "the short listing": (listing, ""),
            "prompt, tools (OpenAI) and listing together": (prompt + tools["openai"] + listing, "under 1,000 tokens"),
            "a search": (tool("lua_search_docs", query="start a task"), ""),
            "the page of create_session": (tool("lua_read_doc", page="devin.create_session"), ""),
            "the page of get_session": (tool("lua_read_doc", page="devin.get_session"), ""),
            "the whole reference": (tool("lua_read_doc", page="devin"), ""),
            "a script of two calls": (TASK, ""),
        }


def tokens() -> list[Figure]:
    try:
        from bpe_openai import get_encoding
    except ImportError:
        return [row("not measured", Pair(ABSENT), "")]
    encoding = get_encoding("o200k_base")
    return [
        row(what, Pair(float(len(encoding.encode(text)))), "tokens", wanted) for what, (text, wanted) in texts().items()
    ]
