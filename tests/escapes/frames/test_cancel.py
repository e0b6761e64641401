"""Requests to give up others: of a process that has been taken over, and may name what it likes."""

from __future__ import annotations

import json
from typing import Any

import pytest

SESSION = b'"function": "devin.get_session", "arguments": {"session_id": "sess_abc123"}'
WRONG: list[Any] = [
    None,
    5,
    "5",
    {},
    {"1": 2},
    ["5"],
    [5.0],
    [5.5],
    [True],
    [None],
    [[5]],
    [-1],
    [10**15],
    [10**400],
    [5, "6"],
]


@pytest.mark.parametrize("ids", WRONG, ids=str)
def test_what_is_no_list_of_numbers_is_refused(hostile: Any, ids: Any) -> None:
    (answer,) = hostile.answers(json.dumps({"op": "cancel", "ids": ids}).encode())
    assert (answer["ok"], answer["error"]["code"]) == (False, "internal_error")


@pytest.mark.parametrize("ids", [[], [7], [8], [0], [10**14], list(range(10_000)), [7] * 10_000], ids=repr)
def test_requests_that_there_are_not_are_passed_over(hostile: Any, ids: Any) -> None:
    answers = hostile.answers(json.dumps({"op": "cancel", "ids": ids}).encode(), b'{"op": "describe"}')
    assert [answer["ok"] for answer in answers] == [True, True]


def test_each_request_has_one_answer_however_often_it_is_given_up(hostile: Any) -> None:
    program = """
frame(*(b'Q%d {"op": "sleep", "seconds": 1000}' % i for i in range(1, 101)))
cancel = b'{"op": "cancel", "ids": %s}' % json.dumps(list(range(1, 101)) * 3).encode()
frame(b"Q200 " + cancel, b"Q201 " + cancel)
got = [receive() for _ in range(102)]
frame(b'Q202 {"op": "describe"}')
got.append(receive())
numbers = sorted(int(each[1:].split(b" ")[0]) for each in got)
cancelled = sum(b'"cancelled"' in each for each in got)
frame(b"O0 %d %d" % (numbers == [*range(1, 101), 200, 201, 202], cancelled), result())
rest()
"""
    found = hostile.run(program)
    assert found.output == "1 100"


def test_requests_that_are_given_up_at_once_hold_nobody_up(hostile: Any) -> None:
    program = f"""
for n in range(1, 4000, 20):
    frame(*(b'Q%d {{"op": "call", {SESSION.decode()}}}' % i for i in range(n, n + 20)))
    frame(b'Q9%d {{"op": "cancel", "ids": %s}}' % (n, json.dumps(list(range(n, n + 20))).encode()))
    for _ in range(21):
        receive()
frame(b"O0 done", result())
rest()
"""
    found = hostile.run(program, calls=None, wall=20, within=25)
    assert (found.output, found.error) == ("done", None)
    assert all(record.status == "ok" or record.error["code"] == "cancelled" for record in found.calls)


def test_two_requests_of_one_number_are_no_way_to_an_answer_too_many(hostile: Any) -> None:
    program = """
frame(*(b'Q5 {"op": "sleep", "seconds": 1000}' for _ in range(3)))
frame(b'Q6 {"op": "cancel", "ids": [5, 5, 5]}')
got = [receive()[:2] for _ in range(2)]
frame(b"O0 " + b" ".join(sorted(got)), result())
rest()
"""
    assert hostile.run(program).output == "A5 A6"
