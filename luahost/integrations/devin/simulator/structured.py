"""Structured output: an object that fits the JSON Schema a session was created with."""

from __future__ import annotations

import math
from contextlib import contextmanager
from fractions import Fraction
from functools import reduce
from itertools import count, pairwise
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_MOST_VALUES = 1000  # in one output: a short schema can ask for a very large one
_MOST_LEVELS = 50
_MOST_LETTERS = 10_000

_FORMATS = {
    "date-time": "2026-04-05T09:00:00Z",
    "date": "2026-04-05",
    "time": "09:00:00Z",
    "email": "ada@example.com",
    "hostname": "example.com",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "uri": "https://example.com/",
    "uri-reference": "/simulated",
    "iri": "https://example.com/",
    "uuid": "5f0c7a3e-2f4b-4c1d-9a66-0d3a5b7c9e11",
    "json-pointer": "/simulated",
    "regex": ".*",
}
_KINDS: dict[str, Callable[[Any], bool]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
}


class _NothingFitsError(Exception):
    """There is no such value, or none that this module finds."""


def output_for(schema: dict[str, Any]) -> dict[str, Any] | None:
    """The simplest object that fits the schema, None when none is found.

    Patterns, `not`, conditions, dependencies, uniqueness and `contains` are not looked at.
    """
    try:
        found = _Maker(schema).make(schema if "$ref" in schema else _both({"type": "object"}, schema))
    except _NothingFitsError:
        return None
    return found if isinstance(found, dict) else None


class _Maker:
    def __init__(self, root: dict[str, Any]) -> None:
        self._root = root
        self._left = _MOST_VALUES
        self._level = 0
        self._open = {"#"}  # the references that are being followed
        self._makers: dict[str, Callable[[dict[str, Any]], Any]] = {
            "object": self._object,
            "array": self._array,
            "string": self._string,
            "number": self._number,
            "integer": self._integer,
            "boolean": lambda _: True,
            "null": lambda _: None,
        }

    def make(self, schema: Any) -> Any:
        """A value that fits; raises _NothingFitsError."""
        self._left -= 1
        if schema is False or self._left < 0 or self._level > _MOST_LEVELS:
            raise _NothingFitsError
        self._level += 1
        try:
            return "simulated" if schema is True else self._made(schema)
        finally:
            self._level -= 1

    def _made(self, schema: dict[str, Any]) -> Any:
        if "$ref" in schema:
            with self._opened(schema) as parts:
                return self.make(parts[0])  # draft 7 ignores what stands beside it
        if "allOf" in schema:
            with self._opened(*schema["allOf"]) as parts:
                return self.make(reduce(_both, parts, _without(schema, "allOf")))
        for word in ("anyOf", "oneOf"):
            if word in schema:
                return self._first_of(schema[word], _without(schema, word))
        return self._of_kind(schema)

    def _first_of(self, options: list[Any], rest: dict[str, Any]) -> Any:
        for option in options:
            try:
                with self._opened(option) as parts:
                    return self.make(_both(rest, parts[0]))
            except _NothingFitsError:
                continue
        raise _NothingFitsError

    @contextmanager
    def _opened(self, *schemas: Any) -> Iterator[list[Any]]:
        """Schemas with the references among them followed; none is followed inside of itself, which has no end."""
        references = [schema["$ref"] for schema in schemas if isinstance(schema, dict) and "$ref" in schema]
        if not self._open.isdisjoint(references):
            raise _NothingFitsError
        self._open.update(references)
        try:
            yield [
                self._resolved(schema["$ref"]) if isinstance(schema, dict) and "$ref" in schema else schema
                for schema in schemas
            ]
        finally:
            self._open.difference_update(references)

    def _of_kind(self, schema: dict[str, Any]) -> Any:
        kinds = _kinds(schema)
        given = [schema[word] for word in ("const", "default") if word in schema] + schema.get("enum", [])
        known = [value for value in given if any(_KINDS[kind](value) for kind in kinds)]
        if known:
            return known[0]
        if "const" in schema or "enum" in schema:
            raise _NothingFitsError
        for kind in kinds:
            try:
                return self._makers[kind](schema)
            except _NothingFitsError:
                continue
        raise _NothingFitsError

    def _object(self, schema: dict[str, Any]) -> dict[str, Any]:
        properties, required = schema.get("properties", {}), schema.get("required", [])
        others = schema.get("additionalProperties", True)
        most = schema.get("maxProperties", math.inf)
        made = {name: self.make(properties.get(name, others)) for name in required}
        for name in properties:
            if name not in made and len(made) < most:
                try:
                    made[name] = self.make(properties[name])
                except _NothingFitsError:  # what nobody wants may be left out
                    continue
        for number in count(1):
            if len(made) >= schema.get("minProperties", 0):
                break
            made.setdefault(f"property {number}", self.make(others))
        if len(made) > most:
            raise _NothingFitsError
        return {name: made[name] for name in sorted(made, key=[*properties, *made].index)}

    def _array(self, schema: dict[str, Any]) -> list[Any]:
        items, least, most = schema.get("items"), schema.get("minItems", 0), schema.get("maxItems", math.inf)
        firsts = items if isinstance(items, list) else []
        others = schema.get("additionalItems", True) if isinstance(items, list) else True if items is None else items
        wanted = max(least, len(firsts), 1 if items not in (None, False) else 0)
        made: list[Any] = []
        while len(made) < min(wanted, most):
            try:
                made.append(self.make(firsts[len(made)] if len(made) < len(firsts) else others))
            except _NothingFitsError:
                break
        if not least <= len(made) <= most:
            raise _NothingFitsError
        return made

    def _string(self, schema: dict[str, Any]) -> str:
        least, most = schema.get("minLength", 0), schema.get("maxLength", math.inf)
        if schema.get("format") in _FORMATS:
            word = _FORMATS[schema["format"]]
        elif least > _MOST_LETTERS:
            raise _NothingFitsError
        else:
            word = "simulated".ljust(int(least), ".")[: int(min(most, _MOST_LETTERS))]
        if not least <= len(word) <= most:
            raise _NothingFitsError
        return word

    def _number(self, schema: dict[str, Any]) -> float:
        found = _number(schema, whole=False)
        # A float cannot hold every whole number, and an integer is a number too.
        return int(found) if found.denominator == 1 and abs(found) > 2**53 else float(found)

    def _integer(self, schema: dict[str, Any]) -> int:
        return int(_number(schema, whole=True))

    def _resolved(self, reference: str) -> Any:
        found: Any = self._root
        for part in reference.removeprefix("#").split("/")[1:]:
            name = part.replace("~1", "/").replace("~0", "~")
            if isinstance(found, list) and name.isdecimal() and int(name) < len(found):
                found = found[int(name)]
            elif isinstance(found, dict) and name in found:
                found = found[name]
            else:
                raise _NothingFitsError
        if not isinstance(found, dict | bool):
            raise _NothingFitsError
        return found


def _kinds(schema: dict[str, Any]) -> list[str]:
    """The types that a value may have, the likeliest first."""
    given = schema.get("type")
    if given is None:
        words = {"object": ("properties", "required"), "array": ("items",), "integer": ("minimum", "maximum")}
        likely = [kind for kind, hints in words.items() if not schema.keys().isdisjoint(hints)]
        return list(dict.fromkeys([*likely, "string", *_KINDS]))
    return sorted(given if isinstance(given, list) else [given], key=lambda kind: kind == "null")


def _number(schema: dict[str, Any], *, whole: bool) -> Fraction:
    def exact(word: str) -> Fraction | None:
        return Fraction(str(schema[word])) if word in schema else None

    low, high, above, below, step = map(
        exact, ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")
    )
    near = [bound for bound in (low, above, high, below) if bound is not None]
    near += [sum(pair, Fraction()) / 2 for pair in pairwise(near)]
    for base in (Fraction(1), Fraction(0), *near):
        for found in _around(base, step or (Fraction(1) if whole else None)):
            fits = (
                (low is None or found >= low)
                and (high is None or found <= high)
                and (above is None or found > above)
                and (below is None or found < below)
                and (step is None or found % step == 0)
                and not (whole and found.denominator != 1)
            )
            if fits:
                return found
    raise _NothingFitsError


def _around(base: Fraction, step: Fraction | None) -> Iterator[Fraction]:
    """The number, its neighbours, and those of them that are multiples of a step."""
    if step is None:
        yield from (base, base + 1, base - 1)
        return
    below = base // step * step
    # An integer that is a multiple of 2.5 is at most so many steps away.
    yield from (below + number * step for number in range(min(step.denominator, 100) + 1))
    yield from (below - number * step for number in range(1, min(step.denominator, 100) + 1))


# How two bounds on the same thing are one.
_STRICTER: dict[str, Callable[..., Any]] = {
    **dict.fromkeys(("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"), max),
    **dict.fromkeys(("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"), min),
    "required": lambda one, other: list(dict.fromkeys([*one, *other])),
    "enum": lambda one, other: [value for value in one if value in other],
    "properties": lambda one, other: {
        **one,
        **{name: _both(one.get(name, True), schema) for name, schema in other.items()},
    },
}


def _both(one: Any, other: Any) -> Any:
    """A schema for what fits two; of keywords that do not add up, the other's holds."""
    if isinstance(one, bool) or isinstance(other, bool):
        return False if one is False or other is False else other if one is True else one
    merged = {**one, **other}
    for word, stricter in _STRICTER.items():
        if word in one and word in other:
            merged[word] = stricter(one[word], other[word])
    if "type" in one and "type" in other:
        merged["type"] = [kind for kind in _kinds(one) if _allows(other, kind)]
        merged["type"] += [kind for kind in _kinds(other) if _allows(one, kind) and kind not in merged["type"]]
    return merged


def _allows(schema: dict[str, Any], kind: str) -> bool:
    kinds = _kinds(schema)
    return kind in kinds or (kind == "integer" and "number" in kinds)


def _without(schema: dict[str, Any], word: str) -> dict[str, Any]:
    return {name: value for name, value in schema.items() if name != word}
