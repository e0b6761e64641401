"""JSON Schema (2020-12) of a function's arguments, from its spec."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from luahost.spec import Function, Integration, Param


def arguments_schema(integration: Integration, function: Function) -> dict[str, Any]:
    """What a JSON object of arguments must look like; nothing else is accepted."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"{integration.name}.{function.name}",
        "description": function.summary,
        "type": "object",
        "properties": {param.name: _param(param) for param in function.params},
        "required": [param.name for param in function.params if param.required],
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
        each["properties"] = {field.name: _param(field) for field in param.fields}
        each["required"] = [field.name for field in param.fields if field.required]
        each["additionalProperties"] = False
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
