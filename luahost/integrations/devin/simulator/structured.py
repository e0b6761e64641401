"""Structured output: a value that fits the JSON Schema a session was created with."""

from __future__ import annotations

from typing import Any

_PLAIN: dict[str, Any] = {"string": "simulated", "integer": 1, "number": 1.0, "boolean": True, "null": None}


def example_of(schema: Any, root: Any = None, depth: int = 0) -> Any:
    """The simplest value of the schema's shape; bounds and patterns are not looked at."""
    root = schema if root is None else root
    if not isinstance(schema, dict) or depth > 20:
        return None
    for word in ("const", "default"):
        if word in schema:
            return schema[word]
    if schema.get("enum"):
        return schema["enum"][0]
    if isinstance(schema.get("$ref"), str):
        return example_of(_resolved(schema["$ref"], root), root, depth + 1)
    for word in ("anyOf", "oneOf", "allOf"):
        if isinstance(schema.get(word), list) and schema[word]:
            return example_of(schema[word][0], root, depth + 1)
    kind = schema.get("type", "object" if "properties" in schema else "string")
    kind = kind[0] if isinstance(kind, list) and kind else kind
    if kind == "object":
        properties = schema.get("properties")
        known = properties.items() if isinstance(properties, dict) else ()
        return {name: example_of(inner, root, depth + 1) for name, inner in known}
    if kind == "array":
        return [example_of(schema["items"], root, depth + 1)] if isinstance(schema.get("items"), dict) else []
    return _PLAIN.get(kind) if isinstance(kind, str) else None


def _resolved(reference: str, root: Any) -> Any:
    found = root
    for part in reference.removeprefix("#").split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        if not isinstance(found, dict) or name not in found:
            return {}
        found = found[name]
    return found
