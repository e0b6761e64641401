"""Results that no honest script gives: a program that reads them meets no surprise."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

from luahost.errors import BY_CODE


def outcome(hostile: Any, body: str | dict[str, Any], **options: Any) -> Any:
    text = body if isinstance(body, str) else json.dumps({"ok": True, "values": [], "memory": 1, **body})
    return hostile.run(f"frame(b'R0 ' + {text.encode()!r})\nrest()", **options)


@pytest.mark.parametrize(
    "body",
    [
        "",
        "x",
        "[]",
        "null",
        "1",
        '"ok"',
        "{",
        "{} {}",
        "[" * 100_000,
        '{"a":' * 100_000,
        '{"ok": ' + "9" * 5000 + "}",
        "\0",
    ],
)
def test_a_result_that_is_no_object_is_an_error(hostile: Any, body: str) -> None:
    found = outcome(hostile, body)
    assert found.error is not None
    assert found.error.code == "internal_error"


@pytest.mark.parametrize("ok", [1, "yes", "true", [], [True], {}, None, 0, 1.0])
def test_only_true_is_a_success(hostile: Any, ok: Any) -> None:
    found = outcome(hostile, {"ok": ok})
    assert found.ok is False
    assert found.error is not None


@pytest.mark.parametrize(
    "memory", ["-1", "1e308", "-1e308", '"1"', "[]", "{}", "null", "1e15", "123456789012345678", "true"]
)
def test_a_size_of_memory_that_is_none_is_left_out(hostile: Any, memory: str) -> None:
    found = outcome(hostile, f'{{"ok": true, "values": [], "memory": {memory}}}')
    assert found.memory_bytes is None or 0 <= found.memory_bytes < 1 << 50


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "[1, [NaN]]", '{"a": -1e999}'])
@pytest.mark.parametrize("field", ["values", "memory", "error"])
def test_a_number_that_is_none_does_not_reach_the_program(hostile: Any, number: str, field: str) -> None:
    content = {"values": f"[{number}]", "memory": number, "error": f'{{"message": "m", "details": {number}}}'}[field]
    found = outcome(hostile, f'{{"ok": {"false" if field == "error" else "true"}, "{field}": {content}}}')
    numbers = [value for value in found.values if isinstance(value, float)]
    assert all(map(math.isfinite, numbers))


@pytest.mark.parametrize("values", [1, "x", {}, None, True, {"0": 1}])
def test_values_that_are_no_list_are_none(hostile: Any, values: Any) -> None:
    found = outcome(hostile, {"values": values})
    assert (found.values, found.value) == ([], None)


@pytest.mark.parametrize("text", [r'"\ud800"', r'"\udfff\ud800"', r'{"\ud800": "\ud800"}', r'["a\ud83d"]'])
def test_half_a_character_does_not_reach_the_program(hostile: Any, text: str) -> None:
    found = outcome(hostile, f'{{"ok": true, "values": [{text}]}}')
    json.dumps(found.values, ensure_ascii=False).encode()
    found = outcome(hostile, f'{{"ok": false, "error": {{"message": {text}, "hint": {text}, "details": {text}}}}}')
    json.dumps(found.error.fields(), ensure_ascii=False).encode()


@pytest.mark.parametrize(
    "error", [None, 1, "x", [], ["x"], True, {}, {"message": None}, {"message": []}, {"code": "x"}]
)
def test_an_error_that_is_none_is_an_error_all_the_same(hostile: Any, error: Any) -> None:
    found = outcome(hostile, {"ok": False, "error": error})
    assert found.error is not None
    assert found.error.code in BY_CODE
    assert isinstance(found.error.message, str)


WILD: list[Any] = [None, True, -1, 1.5, 10**30, "x", "\0\x1b[2J", [], ["x"], {}, {"x": {}}, "x" * 100_000]
FIELDS = [
    "code",
    "message",
    "hint",
    "call",
    "account",
    "status",
    "retryable",
    "retry_after",
    "request_id",
    "file",
    "line",
    "traceback",
]


@pytest.mark.parametrize("field", FIELDS)
def test_a_field_of_an_error_has_its_type_or_is_absent(hostile: Any, field: str) -> None:
    kinds: dict[str, Any] = {"status": int, "line": int, "retryable": bool, "retry_after": (int, float)}
    for value in WILD:
        found = outcome(hostile, {"ok": False, "error": {"message": "m", field: value}})
        shown = found.error.fields().get(field)
        assert shown is None or isinstance(shown, kinds.get(field, str))
        assert not (isinstance(shown, bool) and field != "retryable")
        assert found.error.code in BY_CODE


@pytest.mark.parametrize(
    "code", ["usage", "UsageError", "", "x" * 100_000, "internal", "__class__", "\ud800", "limit_exceeded\0"]
)
def test_a_code_that_does_not_exist_is_a_script_error(hostile: Any, code: str) -> None:
    assert outcome(hostile, {"ok": False, "error": {"code": code, "message": "m"}}).error.code == "script_error"


@pytest.mark.parametrize("code", ["internal_error", "limit_exceeded", "unauthorized"])
def test_a_message_of_a_million_characters_is_only_a_message(hostile: Any, code: str) -> None:
    found = outcome(hostile, json.dumps({"ok": False, "error": {"code": code, "message": "é" * 500_000}}), within=5)
    assert found.error is not None
    assert found.ok is False


def test_what_comes_after_the_result_counts_for_nothing(hostile: Any) -> None:
    call = b'{"op": "call", "function": "devin.create_session", "arguments": {"prompt": "after the end"}}'
    program = f"""
frame(result(values=["first"]), b"Q1 " + {call!r}, b"O0 late", result(ok=False, values=["second"]), b"garbage")
rest()
"""
    found = hostile.run(program)
    assert (found.values == ["first"]) == found.ok
    assert "second" not in found.values
    assert found.calls == []
    assert hostile.requests() == []


def test_a_result_before_the_answer_to_a_write_waits_for_its_outcome(hostile: Any) -> None:
    call = b'{"op": "call", "function": "devin.create_session", "arguments": {"prompt": "x"}}'
    found = hostile.run(f"frame(b'Q1 ' + {call!r})\ntime.sleep(0.2)\nframe(result())\nrest()")
    assert [record.status for record in found.calls] == ["ok"]
    assert [line.split()[0] for line in hostile.requests()] == ["POST"]
