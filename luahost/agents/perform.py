"""A tool, performed: what a model wrote goes in, and text and data that it can use come out."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from luahost import strict
from luahost.agents import render
from luahost.agents.tools import EXECUTE, LIST, READ, TOOLS
from luahost.calls.names import did_you_mean
from luahost.errors import InvalidArguments, LuaHostError, UsageError
from luahost.reference import pages

if TYPE_CHECKING:
    from collections.abc import Mapping

    from luahost.agents.tools import Tool
    from luahost.results import Limits, Result
    from luahost.spec import Function

MAX_CHARS = 20_000
"""Characters of a tool's text, and of its data as JSON, unless said otherwise: some 5,000 tokens."""

_LEAST_CHARS = 1_000
_MOST_PARAMETERS = 5  # of a function in the results of a search


class Runs(Protocol):
    """What is needed of a host."""

    @property
    def limits(self) -> Limits: ...

    @property
    def dispatcher(self) -> Any: ...

    @property
    def run(self) -> Any: ...

    @property
    def run_async(self) -> Any: ...


class ToolResult(NamedTuple):
    """What a model is told, as text; the same as data, None where there is none; and whether it failed.

    `result` is the run's own, whole, of a script that was run.
    """

    text: str
    structured: dict[str, Any] | None = None
    is_error: bool = False
    result: Result | None = None


def perform(host: Runs, name: Any, arguments: Any, /, *, max_chars: int = MAX_CHARS, **run_options: Any) -> ToolResult:
    """Perform the tool `name`; what is wrong with a call, or with its script, is in the result.

    `run_options` are those of `Host.run`. Its `account` holds where the arguments name none, and its `args` beside
    theirs: of two values of one name, the program's counts.

    Raises UsageError where the program itself is wrong: a closed host, a folder that is not there.
    """
    found = _found(host, name, arguments, max_chars, run_options)
    return found if isinstance(found, ToolResult) else found.told(host.run(found.code, **found.options))


async def perform_async(
    host: Runs, name: Any, arguments: Any, /, *, max_chars: int = MAX_CHARS, **run_options: Any
) -> ToolResult:
    """`perform`, by `Host.run_async`, whose options these are."""
    found = _found(host, name, arguments, max_chars, run_options)
    if isinstance(found, ToolResult):
        return found
    result = await host.run_async(found.code, **found.options)
    if not render.takes_long(result):
        return found.told(result)
    from asyncio import to_thread  # a program without an event loop need not wait for it

    return await to_thread(found.told, result)


class _Script(NamedTuple):
    """A script that is to be run, and with what options."""

    code: str
    options: dict[str, Any]
    max_chars: int

    def told(self, result: Result) -> ToolResult:
        text, structured = render.run(result, self.code, self.options["name"], self.max_chars)
        return ToolResult(_sound(text), structured, result.error is not None, result)


def _found(host: Runs, name: Any, arguments: Any, max_chars: int, options: Mapping[str, Any]) -> ToolResult | _Script:
    """What a call is answered with, or the script that it wants to be run."""
    if isinstance(max_chars, bool) or not isinstance(max_chars, int) or max_chars < _LEAST_CHARS:
        raise UsageError(f"max_chars: a whole number of at least {_LEAST_CHARS} was expected, not {max_chars!r}")
    tool = TOOLS.get(name) if isinstance(name, str) else None
    try:
        if tool is None:
            raise _unknown(name)
        given = tool.check(arguments)
        if tool is EXECUTE:
            return _script(given, max_chars, options)
        return _look_up(host, tool, given, max_chars)
    except UsageError:
        raise
    except LuaHostError as error:
        return refused(error, tool, max_chars)


def refused(error: LuaHostError, tool: Tool | None = None, max_chars: int = MAX_CHARS) -> ToolResult:
    """The result of a call that was not carried out."""
    text = render.error_text(error, max_chars)
    if tool is not EXECUTE:
        return ToolResult(_sound(text), is_error=True)
    data = json.dumps({"ok": False, "error": render.error_data(error, max_chars)}, ensure_ascii=False, default=repr)
    return ToolResult(_sound(text), json.loads(_sound(data)), is_error=True)


def _unknown(name: Any) -> LuaHostError:
    shown = name if isinstance(name, str) else repr(name)
    shown = shown if len(shown) <= 100 else shown[:97] + "..."
    return InvalidArguments(
        f"there is no tool {shown!r}{did_you_mean(shown, TOOLS)}",
        hint=f"tools: {', '.join(TOOLS)}; functions of integrations are called by a script, in execute_lua",
    )


def _script(given: dict[str, Any], max_chars: int, options: Mapping[str, Any]) -> _Script:
    args = given.get("args", {})
    try:
        if args:
            json.dumps(args, allow_nan=False)
            strict.check_depth({"args": args}, strict.DEEPEST)
    except (TypeError, ValueError, RecursionError) as problem:
        raise InvalidArguments(f"'args' cannot be given to a script: {problem}", hint="give plain JSON") from None
    whole = {
        "name": "script.lua",
        **options,
        "args": {**args, **(options.get("args") or {})},
        "account": given.get("account") or options.get("account") or "default",
    }
    return _Script(given["code"], whole, max_chars)


def _look_up(host: Runs, tool: Tool, given: dict[str, Any], max_chars: int) -> ToolResult:
    catalog = host.dispatcher.catalog
    if tool is LIST:
        listing = pages.read(catalog, "")
        return ToolResult(_fit(listing, max_chars), {"listing": render.within(listing, max_chars - 20, _fit)})
    if tool is READ:
        page, markdown = given["page"], pages.read(catalog, given["page"])
        room = max_chars - 40 - len(json.dumps(page))
        return ToolResult(_fit(markdown, max_chars), {"page": page, "markdown": render.within(markdown, room, _fit)})
    found = pages.index(catalog).search(given["query"])
    lines = [f"{each.page}{_parameters(each.function)}: {each.summary}" for each in found]
    text = "\n".join(lines) or "Nothing fits. Say it in other words, or see lua_list_docs."
    results = pages.search(catalog, given["query"])
    return ToolResult(_fit(text, max_chars), {"results": render.first_of(results, max_chars - 20)})


def _parameters(function: Function | None) -> str:
    if function is None:
        return ""
    names = [f"{each.name}{'' if each.required else '?'}" for each in function.params]
    more = ["…"] if len(names) > _MOST_PARAMETERS else []
    return f"{{{', '.join(names[:_MOST_PARAMETERS] + more)}}}"


def _fit(text: str, most: int) -> str:
    return render.start_of(text, most, "this page", "read the page of one function, as in devin.create_session")


def _sound(text: str) -> str:
    """Text that can be sent: halves of surrogate pairs, which JSON can bring, become question marks."""
    return text.encode("utf-8", "replace").decode()
