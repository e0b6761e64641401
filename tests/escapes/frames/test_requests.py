"""Requests that no honest script makes: each is refused, and none reaches Devin or raises in the host."""

from __future__ import annotations

import json
from typing import Any

import pytest

NOT_OBJECTS = [
    b"",
    b"{",
    b"[]",
    b"null",
    b"1",
    b'"x"',
    b"{}{}",
    b'{"op": "describe"} x',
    b"\xff",
    b'{"op": "\xff"}',
    b"{'op': 1}",
    b"\xef\xbb\xbf{}",
    b'{"op": NaN}',
    b'{"op": "describe",}',
    b"\0",
    b"[" * 100_000,
    b'{"a":' * 100_000,
    b'{"op": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    b'{"op": ' + b"9" * 5000 + b"}",
    b'{"op": "call", "n": ' + b"1" * 100_000 + b"}",
]


@pytest.mark.parametrize("body", range(len(NOT_OBJECTS)))
def test_a_body_that_is_no_request_is_refused(hostile: Any, body: int) -> None:
    for answer in hostile.answers(NOT_OBJECTS[body]):
        assert answer["ok"] is False
    assert hostile.requests() == []


OPERATIONS: list[Any] = [
    None,
    "",
    "Call",
    "call ",
    "__class__",
    "eval",
    "open",
    "result",
    "close",
    "submit",
    ["call"],
    {"op": "call"},
    1,
    True,
    "x" * 100_000,
    "\ud800",
    "call\0",
    "describe.__globals__",
]


def test_an_unknown_operation_is_refused(hostile: Any) -> None:
    answers = hostile.answers(*(json.dumps({"op": each}).encode() for each in OPERATIONS))
    assert [answer["ok"] for answer in answers] == [False] * len(OPERATIONS)
    assert {answer["error"]["code"] for answer in answers} == {"internal_error"}


WRONG: list[Any] = [
    None,
    True,
    0,
    -1,
    1.5,
    1e308,
    "",
    "x",
    "\ud800",
    "\0",
    [],
    ["/x"],
    {},
    {"x": 1},
    "x" * 1_000_000,
    [[[[]]]],
]
CALL = {"op": "call", "function": "devin.get_session", "arguments": {"session_id": "nosuch/../.."}}
FIELDS: list[tuple[dict[str, Any], str]] = [
    ({"op": "call", "arguments": {}}, "function"),
    ({"op": "call", "function": "devin.get_session"}, "arguments"),
    ({"op": "call", "function": "devin.get_session"}, "positional"),
    (CALL, "account"),
    ({"op": "unknown", "name": "x"}, "integration"),
    ({"op": "unknown", "integration": "devin", "name": "x"}, "account"),
    ({"op": "unknown", "integration": "devin"}, "name"),
    ({"op": "module"}, "name"),
    ({"op": "docs", "text": "x"}, "docs"),
    ({"op": "docs", "docs": "read"}, "text"),
    ({"op": "call", "function": "devin.send_message"}, "arguments"),
]


@pytest.mark.parametrize(("request_", "field"), FIELDS, ids=[f"{each['op']}-{field}" for each, field in FIELDS])
def test_a_field_of_the_wrong_type_is_refused(hostile: Any, request_: dict[str, Any], field: str) -> None:
    answers = hostile.answers(*(json.dumps({**request_, field: wrong}).encode() for wrong in WRONG))
    assert len(answers) in (0, len(WRONG))
    for wrong, answer in zip(WRONG, answers, strict=False):
        if (field, wrong) == ("text", ""):  # the page without a name is the short listing
            continue
        assert answer["ok"] is False, (wrong, answer)
        assert len(answer["error"]["message"]) < 2000, wrong
        assert "Traceback" not in answer["error"]["message"]
    assert hostile.requests() == []


def test_a_missing_field_is_refused(hostile: Any) -> None:
    answers = hostile.answers(
        *(json.dumps({"op": op}).encode() for op in ("call", "sleep", "unknown", "module", "docs"))
    )
    assert [answer["ok"] for answer in answers] == [False] * 5


SECONDS: list[Any] = [None, True, -1, -1e-300, 1e308, "1", [], {}, 1e9 + 1, 10**400]


def test_a_sleep_of_no_time_is_refused(hostile: Any) -> None:
    bodies = [json.dumps({"op": "sleep", "seconds": each}).encode() for each in SECONDS]
    answers = hostile.answers(*bodies)
    assert [answer["ok"] for answer in answers] == [False] * len(SECONDS)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999"])
def test_a_number_that_is_none_is_never_slept_nor_sent(hostile: Any, number: str) -> None:
    sleep = f'{{"op": "sleep", "seconds": {number}}}'.encode()
    call = f'{{"op": "call", "function": "devin.get_session", "arguments": {{"session_id": {number}}}}}'.encode()
    for body in (sleep, call):
        for answer in hostile.answers(body, wall=2):
            assert answer["ok"] is False
    assert hostile.requests() == []
    assert hostile.seconds < 2


FUNCTIONS = [
    "devin",
    "devin.",
    ".get_session",
    "devin.get_session.x",
    "devin.__class__",
    "devin.handler",
    "nosuch.get_session",
    "Devin.get_session",
    "devin.get_session\0",
    "devin..get_session",
    "devin.GET_SESSION",
    "../devin.get_session",
]


def test_a_function_that_does_not_exist_is_refused(hostile: Any) -> None:
    bodies = [json.dumps({**CALL, "function": each}).encode() for each in FUNCTIONS]
    answers = hostile.answers(*bodies)
    assert {answer["error"]["code"] for answer in answers} <= {
        "unknown_function",
        "unknown_integration",
        "unknown_account",
    }
    assert hostile.requests() == []


ACCOUNTS = ["nosuch", "", "__class__", "default\0", "DEFAULT", "../work", "default,work", "wörk", "{0}", "%s"]


def test_an_account_that_does_not_exist_is_never_replaced(hostile: Any) -> None:
    arguments = {"session_id": "sess_abc123"}
    bodies = [json.dumps({**CALL, "arguments": arguments, "account": each}).encode() for each in ACCOUNTS]
    answers = hostile.answers(*bodies)
    codes = [answer["error"]["code"] for answer in answers if not answer["ok"]]
    assert codes == ["unknown_account"] * len(ACCOUNTS)
    assert hostile.requests() == []


MODULES = [
    "../conftest",
    "/etc/passwd",
    "a/b",
    "..",
    "",
    ".",
    "a..b",
    "a\0b",
    "\ud800",
    "é",
    "²",
    "x" * 100_000,
    "__init__",
]


def test_a_module_is_never_read_from_elsewhere(hostile: Any) -> None:
    answers = hostile.answers(*(json.dumps({"op": "module", "name": each}).encode() for each in MODULES))
    assert [answer["ok"] for answer in answers] == [False] * len(MODULES)


def test_arguments_that_no_lua_table_gives_are_checked_all_the_same(hostile: Any) -> None:
    many = {f"name{i}": i for i in range(20_000)}
    odd: list[Any] = [
        {"session_id": "a", "session_id\0": 1},
        {"": ""},
        {"\ud800": 1},
        {"session_id": "\ud800"},
        many,
        [[]],
        [None],
    ]
    answers = hostile.answers(*(json.dumps({**CALL, "arguments": each}).encode() for each in odd))
    assert {answer["error"]["code"] for answer in answers} == {"invalid_arguments"}
    assert max(len(answer["error"]["message"]) for answer in answers) < 10_000
    assert hostile.requests() == []


def test_the_same_name_twice_counts_once(hostile: Any) -> None:
    body = (
        b'{"op": "call", "function": "devin.get_session", "function": "devin.nosuch", "arguments": {"session_id": "a"}}'
    )
    assert [answer["ok"] for answer in hostile.answers(body)] == [False]
    assert hostile.requests() == []
