"""What a model is given: four tools, a prompt that teaches them, and what comes of a tool call.

    tools.py     the tools, declared once
    perform.py   a tool by its name, for whoever speaks to a model: `Host.handle`, the MCP server
    render.py    what came of a run, as text and as data, of a size that a model can read
    dialects.py  definitions and calls as the APIs of OpenAI and Anthropic, and MCP, write them
    prompt.py    the fragment of a system prompt; its words are in prompt.md

It stands below the host, and is handed one.
"""

from __future__ import annotations

from luahost.agents.dialects import DIALECTS, definitions, handle, handle_async
from luahost.agents.perform import MAX_CHARS, Runs, ToolResult, perform, perform_async
from luahost.agents.prompt import system_prompt
from luahost.agents.tools import TOOLS, Tool

__all__ = [
    "DIALECTS",
    "MAX_CHARS",
    "TOOLS",
    "Runs",
    "Tool",
    "ToolResult",
    "definitions",
    "handle",
    "handle_async",
    "perform",
    "perform_async",
    "system_prompt",
]
