"""JSON Schema (2020-12) of a function's arguments, from its spec."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from luahost.spec import Function, Integration, Param


def arguments_schema(integration: Integration, function: Function) -> dict[str, Any]:
    """What a JSON object of arguments must look like; nothing else is accepted."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"{integration.name}.{function.name}",
        "description": function.summary,
        **object_schema(function.params),
    }


def object_schema(params: Iterable[Param]) -> dict[str, Any]:
    """The schema of an object that has these parameters, and no others."""
    params = tuple(params)
    return {
        "type": "object",
        "properties": {param.name: _param(param) for param in params},
        "required": [param.name for param in params if param.required],
        "additionalProperties": False,
    }


def _param(param: Param) -> dict[str, Any]:
    kind = "string" if param.type == "bytes" else param.type
    found: dict[str, Any] = {"type": kind, "description": param.description}
    each = found
    if param.items:
        each = found["items"] = {"type": param.items}
    if param.enum:
        each["enum"] = list(param.enum)
    if param.pattern:
        each["pattern"] = f"^(?:{param.pattern})$"  # the whole text, as the call's check has it
    if param.fields:
        each.update(object_schema(param.fields))
    lengths = ("minItems", "maxItems") if param.type == "array" else ("minLength", "maxLength")
    bounds = {
        "minimum": param.minimum,
        "maximum": param.maximum,
        lengths[0]: param.min_length,
        lengths[1]: param.max_length,
    }
    found.update({name: value for name, value in bounds.items() if value is not None})
    if param.sensitive:
        found["writeOnly"] = True
    return found
