"""Tools and tool calls as each API writes them: plain dictionaries in, plain dictionaries out.

OpenAI's Chat Completions and Responses, Anthropic's Messages, and the Model Context Protocol.
"""

from __future__ import annotations

import json
from copy import deepcopy
from typing import TYPE_CHECKING, Any, NamedTuple

from luahost.agents.perform import MAX_CHARS, perform, perform_async, refused
from luahost.agents.tools import TOOLS
from luahost.calls.names import did_you_mean
from luahost.errors import InvalidArguments, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from luahost.agents.perform import Runs, ToolResult
    from luahost.agents.tools import Tool

# -- definitions -------------------------------------------------------------------------------------------------


def definitions(dialect: str) -> list[dict[str, Any]]:
    """The tools for the `tools` of a request; raises UsageError for an API that is not known."""
    if dialect not in DIALECTS:
        raise UsageError(
            f"tools for {dialect!r} are not known{did_you_mean(str(dialect), DIALECTS)}",
            hint=f"known: {', '.join(DIALECTS)}",
        )
    return [DIALECTS[dialect](tool) for tool in TOOLS.values()]


def _chat(tool: Tool) -> dict[str, Any]:
    return {
        "type": "function",
        "function": {"name": tool.name, "description": tool.description, "parameters": tool.input_schema},
    }


def _responses(tool: Tool) -> dict[str, Any]:
    # Not strict: that allows no object of free form, which `args` is.
    return {
        "type": "function",
        "name": tool.name,
        "description": tool.description,
        "parameters": tool.input_schema,
        "strict": False,
    }


def _anthropic(tool: Tool) -> dict[str, Any]:
    return {"name": tool.name, "description": tool.description, "input_schema": tool.input_schema}


def _mcp(tool: Tool) -> dict[str, Any]:
    return {
        "name": tool.name,
        "title": tool.title,
        "description": tool.description,
        "inputSchema": tool.input_schema,
        "outputSchema": deepcopy(tool.output_schema),
        "annotations": tool.annotations,
    }


DIALECTS: Mapping[str, Callable[[Tool], dict[str, Any]]] = {
    "openai": _chat,
    "openai-responses": _responses,
    "anthropic": _anthropic,
    "mcp": _mcp,
}
"""The APIs that tools are written for."""


# -- calls -------------------------------------------------------------------------------------------------------


class _Asked(NamedTuple):
    """A tool call, whoever wrote it; `answer` puts what came of it into the API's own shape."""

    name: Any
    arguments: Any
    answer: Callable[[ToolResult], dict[str, Any]]


def handle(host: Runs, tool_call: Any, /, *, max_chars: int = MAX_CHARS, **run_options: Any) -> dict[str, Any]:
    """Perform a tool call of any of these APIs, and give what goes back to the model.

    A dictionary, or an object of the API's own package. Whatever a model did wrong is told to the model; UsageError
    is raised for what is no tool call at all.
    """
    asked, refusal = _read(tool_call, max_chars)
    return asked.answer(refusal or perform(host, asked.name, asked.arguments, max_chars=max_chars, **run_options))


async def handle_async(
    host: Runs, tool_call: Any, /, *, max_chars: int = MAX_CHARS, **run_options: Any
) -> dict[str, Any]:
    """`handle`, by `Host.run_async`, whose options these are."""
    asked, refusal = _read(tool_call, max_chars)
    done = refusal or await perform_async(host, asked.name, asked.arguments, max_chars=max_chars, **run_options)
    return asked.answer(done)


def _read(tool_call: Any, max_chars: int) -> tuple[_Asked, ToolResult | None]:
    """What is asked, and the answer to one whose arguments cannot be read."""
    asked = _asked(_plain(tool_call))
    if not isinstance(asked.arguments, str):
        return asked, None
    try:
        return asked._replace(arguments=_decoded(asked.arguments)), None
    except InvalidArguments as error:
        return asked, refused(error, TOOLS.get(asked.name) if isinstance(asked.name, str) else None, max_chars)


def _plain(tool_call: Any) -> dict[str, Any]:
    if hasattr(tool_call, "model_dump"):  # the objects of the APIs' packages are pydantic models
        tool_call = tool_call.model_dump()
    if not isinstance(tool_call, dict):
        raise UsageError(f"a tool call was expected, not {type(tool_call).__name__}", hint="hand over one at a time")
    return tool_call


def _asked(call: dict[str, Any]) -> _Asked:
    kind = call.get("type")
    if kind == "function" or (kind is None and "function" in call):
        function = call.get("function")
        function = function if isinstance(function, dict) else {}
        return _Asked(
            function.get("name"),
            function.get("arguments"),
            lambda done: {"role": "tool", "tool_call_id": call.get("id", ""), "content": done.text},
        )
    if kind == "function_call":
        return _Asked(
            call.get("name"),
            call.get("arguments"),
            lambda done: {"type": "function_call_output", "call_id": call.get("call_id", ""), "output": done.text},
        )
    if kind == "tool_use":
        return _Asked(
            call.get("name"),
            call.get("input"),
            lambda done: {
                "type": "tool_result",
                "tool_use_id": call.get("id", ""),
                "content": done.text,
                "is_error": done.is_error,
            },
        )
    if kind is None and "name" in call:
        return _Asked(call["name"], call.get("arguments"), call_tool_result)
    raise UsageError(
        f"this is no tool call: {', '.join(map(str, call)) or 'nothing is in it'}",
        hint="hand over one entry of tool_calls, a function_call item, a tool_use block, or MCP's name and arguments",
    )


def call_tool_result(done: ToolResult) -> dict[str, Any]:
    """MCP's CallToolResult."""
    structured = {} if done.structured is None else {"structuredContent": done.structured}
    return {"content": [{"type": "text", "text": done.text}], **structured, "isError": done.is_error}


def _decoded(text: str) -> Any:
    """What a model wrote as JSON; none at all is no arguments."""
    if not text.strip():
        return {}
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as problem:
        raise InvalidArguments(
            f"the arguments are not JSON: {problem}", hint="send one JSON object; escape quotes and line breaks"
        ) from None
