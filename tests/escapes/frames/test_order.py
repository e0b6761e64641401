"""Answers belong to their requests, whatever the order and however often an id is used."""

from __future__ import annotations

from typing import Any


def call(number: int, session: str) -> str:
    """A request, as the hostile process writes it."""
    arguments = f'{{"session_id": "{session}"}}'
    return f"""b'Q{number} {{"op": "call", "function": "devin.get_session", "arguments": {arguments}}}'"""


READ_TWO = "got = [receive(), receive()]\nframe(b'O0 ' + b'\\n'.join(got), result())\nrest()"


def test_a_slow_answer_does_not_take_the_place_of_a_quick_one(hostile: Any, site: Any) -> None:
    site.devin.simulator.fail(
        path="devin-slow",
        status=200,
        body={"status": "running", "created_at": 1, "session_id": "the slow one"},
        delay=0.3,
    )
    found = hostile.run(f"frame({call(1, 'slow')}, {call(2, 'sess_abc123')})\n{READ_TWO}")
    first, second = found.output.split("\n")
    assert first.startswith('A2 {"ok":true')
    assert second.startswith('A1 {"ok":true')
    assert "the slow one" in second


def test_two_requests_of_one_id_are_two_requests(hostile: Any) -> None:
    found = hostile.run(f"frame({call(1, 'sess_abc123')}, {call(1, 'nosuch')})\n{READ_TWO}")
    assert sorted('"ok":true' in line for line in found.output.split("\n")) == [False, True]
    assert len(found.calls) == 2


def test_a_result_while_a_read_is_under_way_ends_the_run(hostile: Any, site: Any) -> None:
    site.devin.simulator.fail(path="sess_abc123", delay=2)
    found = hostile.run(f"frame({call(1, 'sess_abc123')})\ntime.sleep(0.1)\nframe(result(values=[1]))\nrest()")
    assert (found.error, found.value) == (None, 1)
    assert [record.status for record in found.calls] == ["error"]
    assert hostile.seconds < 1.5


def test_output_and_requests_are_taken_in_the_order_in_which_they_came(hostile: Any) -> None:
    program = "for i in range(1000):\n    frame(b'O0 %d ' % i)\nframe(result())\nrest()"
    assert hostile.run(program).output == "".join(f"{i} " for i in range(1000))
