"""Pages of lists, asked for by a process that walks none, or as no script walks them."""

from __future__ import annotations

import json
from typing import Any

import pytest

NUMBERS: list[Any] = [
    None, 0, 1, -1, 2, 10**15, -(10**30), 10**30, 1.0, 1.5, True, False, "", "1", "first", [], [1], {}, {"walk": 1},
    "\ud800", 1e308,
]  # fmt: skip
LIST = {"op": "call", "function": "devin.list_sessions", "arguments": {}, "walk": True}


def more(number: Any) -> bytes:
    return json.dumps({"op": "more", "walk": number}).encode()


@pytest.mark.parametrize("walking", [False, True])
def test_the_page_of_a_list_that_is_not_walked_is_refused(hostile: Any, walking: bool) -> None:
    numbers = [each for each in NUMBERS if not walking or each != 1 or isinstance(each, (bool, float))]
    begin = [json.dumps(LIST).encode()] if walking else []
    answers = hostile.answers(*begin, b'{"op":"more"}', *map(more, numbers))[len(begin) :]
    assert {(answer["ok"], answer["error"]["code"]) for answer in answers} == {(False, "internal_error")}
    assert len(answers) == len(numbers) + 1
    assert len(hostile.requests()) == len(begin)


def test_a_walk_that_has_ended_is_not_taken_up_again(hostile: Any) -> None:
    answers = hostile.answers(json.dumps(LIST).encode(), *[more(1)] * 4)
    assert [answer["ok"] for answer in answers] == [True, True, False, False, False]
    assert (answers[0]["value"]["walk"], answers[1]["value"]) == (1, {"entries": []})
    assert len(hostile.requests()) == 1


@pytest.mark.parametrize(
    "call",
    [
        {"function": "devin.get_session", "arguments": {"session_id": "sess_abc123"}},
        {"function": "devin.create_session", "arguments": {"prompt": "x"}},
        {"function": "devin.get_current_user", "arguments": {}},
    ],
)
def test_what_lists_nothing_cannot_be_walked(hostile: Any, call: dict[str, Any]) -> None:
    answers = hostile.answers(json.dumps({"op": "call", "walk": True, **call}).encode())
    assert [answer["error"]["code"] for answer in answers] == ["invalid_arguments"]
    assert hostile.requests() == []


@pytest.mark.parametrize("walk", [1, "true", [True], {"": 1}])
def test_only_true_asks_for_a_walk(hostile: Any, walk: Any) -> None:
    (answer,) = hostile.answers(json.dumps({**LIST, "walk": walk}).encode())
    assert "sessions" in answer["value"]


def test_one_page_asked_for_many_times_at_once_is_answered_each_time(hostile: Any) -> None:
    asked = [b"Q%d " % number + more(1) for number in range(2, 202)]
    program = f"""
ask(b'Q1 ' + {json.dumps(LIST).encode()!r})
frame(*{asked!r})
got = [json.loads(told(receive())) for _ in range({len(asked)})]
frame(b'O0 ' + json.dumps(got).encode(), result())
rest()
"""
    result = hostile.run(program, output_bytes=64 << 20)
    assert result.error is None, result.error.fields()
    answers = json.loads(result.output)
    assert [answer["value"] for answer in answers if answer["ok"]] == [{"entries": []}] * sum(
        answer["ok"] for answer in answers
    )
    assert any(answer["ok"] for answer in answers)
    assert {answer["error"]["code"] for answer in answers if not answer["ok"]} <= {"limit_exceeded"}
    assert len(hostile.requests()) == 1
    assert len(result.calls) == 1


def test_a_thousand_lists_begun_at_once_hold_up_nothing(hostile: Any) -> None:
    asked = [b"Q%d " % number + json.dumps(LIST).encode() for number in range(1000)]
    program = f"""
frame(*{asked!r})
got = [json.loads(told(receive())) for _ in range({len(asked)})]
numbers = sorted(each["value"]["walk"] for each in got if each["ok"])
later = [json.loads(told(ask(b'Q7 ' + json.dumps({{"op": "more", "walk": number}}).encode())))["ok"]
         for number in numbers]
frame(b'O0 ' + json.dumps([len(numbers), len(set(numbers)), sum(later)]).encode(), result())
rest()
"""
    result = hostile.run(program, within=30, wall=25, calls=None, output_bytes=64 << 20)
    assert result.error is None, result.error.fields()
    begun, different, kept = json.loads(result.output)
    assert begun == different
    assert kept <= 256
    assert len(result.calls) == 1000
