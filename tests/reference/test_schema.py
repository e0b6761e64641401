"""A function's JSON Schema says what its call would."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

from luahost.calls.arguments import check
from luahost.errors import InvalidArguments
from luahost.integrations.devin import DEVIN
from luahost.reference.schema import arguments_schema

if TYPE_CHECKING:
    from luahost.spec import Function, Param

SAMPLES = [
    "", "a", "a\nb", "ü", "..", "notes.txt", 'a"b', "owner/name", "x/owner/name/", "!macro", "devin-abc123",
    "0 9 * * 1", "0 9 * *", "2026-12-01T09:00:00Z", "2026-12-01", "https://example.com/x", "https://x y",
    "x https://example.com", "http://127.0.0.1:80/x", "http://127.0.0.1:80/x y", "http://evil.example/",
]  # fmt: skip
PATTERNS = [
    pytest.param(function, param, id=f"{function.name}-{param.name}")
    for function in DEVIN.functions
    for param in function.params
    if param.pattern
]


@pytest.mark.parametrize("function", DEVIN.functions, ids=lambda function: function.name)
def test_each_schema_is_a_schema(function: Function) -> None:
    Draft202012Validator.check_schema(arguments_schema(DEVIN, function))


@pytest.mark.parametrize(("function", "param"), PATTERNS)
def test_a_pattern_agrees_with_the_call_s_own_check(function: Function, param: Param) -> None:
    schema = arguments_schema(DEVIN, function)["properties"][param.name]
    for sample in SAMPLES:
        value: Any = [sample] if param.items else sample
        assert Draft202012Validator(schema).is_valid(value) == accepts(function, param.name, value), sample


@pytest.mark.parametrize(("function", "param"), PATTERNS)
def test_a_pattern_has_no_piece_that_javascript_refuses(function: Function, param: Param) -> None:
    """ECMA 262 with its u flag: no inline flags, and only punctuation of the syntax is escaped."""
    assert param.pattern is not None
    assert "(?" not in re.sub(r"\(\?[:=!]", "", param.pattern)
    assert re.findall(r"\\[^dDsSwWbBnrtx\[\](){}.*+?^$|/\\]", param.pattern) == []


def accepts(function: Function, name: str, value: Any) -> bool:
    try:
        check(function, {name: value})
    except InvalidArguments as error:
        return all(problem["parameter"] != name for problem in error.details["problems"])
    return True
