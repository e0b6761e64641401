"""Whether a value is a JSON Schema of draft 7, by the shape of each keyword it uses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .answers import encoded, failure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .checks import Loc, Verdict

_MOST_FAULTS = 20  # in one answer
TYPES = ("array", "boolean", "integer", "null", "number", "object", "string")


def json_schema(value: Any, loc: Loc) -> Verdict:
    """A JSON Schema as structured output takes it: of an object, at most 64 KB, without external references."""
    if not isinstance(value, dict):
        yield failure(loc, "Input should be a valid dictionary", "dict_type")
        return
    if len(encoded(value)) > 64 * 1024:
        yield failure(loc, "Schema should be at most 64 KB", "value_error")
        return
    wrong = list(_faults(value))
    for path, msg in wrong[:_MOST_FAULTS]:
        yield failure((*loc, *path), msg, "value_error")
    if wrong:
        return
    if any(not reference.startswith("#") for reference in _references(value)):
        yield failure(loc, "Schema should not refer to other documents", "value_error")
    if "object" not in _listed(value.get("type", "object")):
        yield failure((*loc, "type"), "Schema should describe an object", "value_error")


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for inner in value.values():
            yield from _references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _references(inner)


def _faults(value: Any, path: Loc = ()) -> Iterator[tuple[Loc, str]]:
    """Every place in a schema that is not as draft 7 has it, and what it should be."""
    if isinstance(value, bool):
        return
    if not isinstance(value, dict):
        yield path, "Input should be a schema: an object or a boolean"
        return
    for word, inner in value.items():
        expected, fits = _SHAPES.get(word, ("", None))
        if fits is not None and not fits(inner):
            yield (*path, word), f"Input should be {expected}"
        else:
            for place, schema in _held(word, inner):
                yield from _faults(schema, (*path, *place))


def _held(word: str, value: Any) -> Iterator[tuple[Loc, Any]]:
    """The schemas that a keyword holds, and where in it."""
    if word in _HOLD_NAMED:
        for name, schema in value.items():
            if not (word == "dependencies" and _are_names(schema)):
                yield (word, name), schema
    elif word in _HOLD_SOME and isinstance(value, list):
        for place, schema in enumerate(value):
            yield (word, place), schema
    elif word in _HOLD_ONE:
        yield (word,), value


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_size(value: Any) -> bool:
    return _is_number(value) and value >= 0 and value == value // 1


def _is_list(value: Any) -> bool:
    return isinstance(value, list)


def _is_mapping(value: Any) -> bool:
    return isinstance(value, dict)


def _are_names(value: Any) -> bool:
    return isinstance(value, list) and all(map(_is_text, value)) and len(set(value)) == len(value)


def _are_types(value: Any) -> bool:
    return _are_names(_listed(value)) and bool(_listed(value)) and set(_listed(value)) <= set(TYPES)


_HOLD_NAMED = frozenset({"properties", "patternProperties", "definitions", "dependencies"})
_HOLD_SOME = frozenset({"allOf", "anyOf", "oneOf", "items"})
_HOLD_ONE = frozenset(
    {"items", "additionalItems", "additionalProperties", "contains", "propertyNames", "not", "if", "then", "else"}
)
# keyword → what it should be, and whether a value is that; what is not here holds schemas, or anything
_SHAPES: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "type": (f"one of {', '.join(TYPES)}, or a list of them", _are_types),
    "enum": ("a list", _is_list),
    "examples": ("a list", _is_list),
    "required": ("a list of different names", _are_names),
    "multipleOf": ("a number above 0", lambda value: _is_number(value) and value > 0),
    "items": ("a schema or a list of schemas", lambda value: value != []),
    "uniqueItems": ("a boolean", _is_flag),
    "readOnly": ("a boolean", _is_flag),
    **dict.fromkeys(("allOf", "anyOf", "oneOf"), ("a list of schemas", lambda value: _is_list(value) and bool(value))),
    **dict.fromkeys(sorted(_HOLD_NAMED), ("an object of schemas", _is_mapping)),
    **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"), ("a number", _is_number)),
    **dict.fromkeys(
        ("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"),
        ("a whole number from 0", _is_size),
    ),
    **dict.fromkeys(
        (
            "$id",
            "$schema",
            "$ref",
            "$comment",
            "title",
            "description",
            "format",
            "pattern",
            "contentMediaType",
            "contentEncoding",
        ),
        ("a string", _is_text),
    ),
}
