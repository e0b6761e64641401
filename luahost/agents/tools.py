"""The four tools, declared once; `dialects` writes them for each API.

Every word is read by a model in every conversation: a tool says no more than what is needed to call it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from luahost.calls import arguments
from luahost.errors import InvalidArguments
from luahost.reference.schema import object_schema
from luahost.spec import Function, Param

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """One tool. `outside` says that it may change what is outside; the others only read the reference."""

    name: str
    title: str
    description: str
    params: tuple[Param, ...] = ()
    output_schema: Mapping[str, Any]
    outside: bool = False
    _function: Function = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # Its arguments are checked as those of a script's calls are.
        made = Function(name=self.name, summary="", access="read", handler=lambda *_: None, params=self.params)
        object.__setattr__(self, "_function", made)

    @property
    def input_schema(self) -> dict[str, Any]:
        return object_schema(self.params)

    @property
    def annotations(self) -> dict[str, bool]:
        """The hints of MCP's ToolAnnotations."""
        return {
            "readOnlyHint": not self.outside,
            "destructiveHint": self.outside,
            "idempotentHint": not self.outside,
            "openWorldHint": self.outside,
        }

    def check(self, given: Any) -> dict[str, Any]:
        """The arguments as declared; raises InvalidArguments that names every problem, and how it is called."""
        try:
            return arguments.check(self._function, {} if given is None else given)
        except InvalidArguments as error:
            raise InvalidArguments(error.message, hint=self._usage(), details=error.details) from None
        except RecursionError:
            raise InvalidArguments("the arguments are nested too deeply", hint=self._usage()) from None

    def _usage(self) -> str:
        pairs = ", ".join(f'"{each.name}"{"" if each.required else "?"}: {each.type}' for each in self.params)
        return f"the arguments of {self.name} are a JSON object: {{{pairs}}}"


def _output(properties: dict[str, Any], required: Iterable[str]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(required)}


def _list(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


_TEXT = {"type": "string"}
_ERROR = _output({"code": _TEXT, "message": _TEXT, "hint": _TEXT, "line": {"type": "integer"}}, ["code", "message"])

EXECUTE = Tool(
    name="execute_lua",
    title="Run a Lua script",
    description=(
        "Run a Lua script in a sandbox, with app.integrations.<name>.<function>{…} to call APIs. It gives what the "
        "script returns and prints. Look functions up first."
    ),
    params=(
        Param(name="code", type="string", required=True, min_length=1, description="Lua source"),
        Param(name="args", type="object", description="Values for the global args"),
        Param(name="account", type="string", min_length=1, description="Account of calls that name none"),
    ),
    output_schema=_output(
        {
            "ok": {"type": "boolean"},
            "output": {**_TEXT, "description": "What the script printed"},
            "values": {"type": "array", "description": "What it returned"},
            "error": {"anyOf": [_ERROR, {"type": "null"}]},  # some clients know no list of types
            "calls": _list(_output({"call": _TEXT, "account": _TEXT, "status": _TEXT}, ["call"])),
            "notices": _list(_TEXT),
            "plan": {**_list(_output({"call": _TEXT}, ["call"])), "description": "What a dry run would have done"},
            "cut": {**_list(_TEXT), "description": "What was too long and is not all here"},
        },
        ["ok"],
    ),
    outside=True,
)

LIST = Tool(
    name="lua_list_docs",
    title="List the reference",
    description="Names of all functions and pages.",
    output_schema=_output({"listing": _TEXT}, ["listing"]),
)

SEARCH = Tool(
    name="lua_search_docs",
    title="Search the reference",
    description="Functions and pages for something that you want to do, the best first.",
    params=(Param(name="query", type="string", required=True, min_length=1, description="As in: start a task"),),
    output_schema=_output(
        {"results": _list(_output({"page": _TEXT, "call": _TEXT, "summary": _TEXT}, ["page", "summary"]))}, ["results"]
    ),
)

READ = Tool(
    name="lua_read_doc",
    title="Read a page of the reference",
    description="A page: parameters, what a function gives, examples.",
    params=(
        Param(name="page", type="string", required=True, min_length=1, description="As in: devin.create_session, each"),
    ),
    output_schema=_output({"page": _TEXT, "markdown": _TEXT}, ["page", "markdown"]),
)

TOOLS: Mapping[str, Tool] = {tool.name: tool for tool in (EXECUTE, LIST, SEARCH, READ)}
"""All tools by name."""
