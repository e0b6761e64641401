"""Frames whose letter or id is none."""

from __future__ import annotations

from typing import Any

import pytest

KINDS = [
    "A1 {}",
    "S0 1",
    "X0 ",
    "T0 ",
    "Z0 ",
    "q1 {}",
    "o0 x",
    "r0 {}",
    "\\x000 {}",
    "\\xff1 {}",
    " 1 {}",
    "1 {}",
    "QQ1 {}",
]


@pytest.mark.parametrize("head", KINDS)
def test_an_unknown_kind_ends_the_run(hostile: Any, head: str) -> None:
    assert hostile.error(f"frame(b'{head}')\nrest()").code == "internal_error"
    assert hostile.requests() == []


REQUEST = 'b\' {"op": "describe"}\''
IDS = [
    "b'Q'",
    "b'Qx'",
    "b'Q-1'",
    "b'Q+1'",
    "b'Q1.0'",
    "b'Q 1'",
    "b'Q1\\n'",
    "b'Q0x1'",
    "b'Q\\xd9\\xa1'",
    "b'Q1_0'",
    "b'Q\\x00'",
]


@pytest.mark.parametrize("head", [*IDS, "b'Q' + b'9' * 16", "b'Q' + b'9' * 10**6", "b'Q' + b'1' * (60 * 2**20)"])
def test_an_id_that_is_none_ends_the_run(hostile: Any, head: str) -> None:
    assert hostile.error(f"frame({head} + {REQUEST})\nrest()").code == "internal_error"


@pytest.mark.parametrize("body", ["b'Q1'", "b'Q1 '", "b'R0'", "b'R0 '", "b'Q'", "b'R'", "b'x' * (1 << 20)"])
def test_a_frame_without_a_body_ends_the_run(hostile: Any, body: str) -> None:
    assert hostile.error(f"frame({body})\nrest()").code == "internal_error"


def test_the_largest_id_is_answered_as_it_was_sent(hostile: Any) -> None:
    found = hostile.run("frame(b'O0 ' + ask(b'Q999999999999999 {\"op\": \"describe\"}')[:17], result())\nrest()")
    assert found.output == "A999999999999999 "
