"""What is no frame: lengths that none has, and streams that end or never go on."""

from __future__ import annotations

from typing import Any

import pytest

NOT_FRAMES = {
    "length 0": "raw(bytes(4))",
    "length 4 GiB": r"raw(b'\xff\xff\xff\xff' + b'Q1 {}')",
    "one byte too long": "raw((64 * 2**20 + 1).to_bytes(4, 'little') + b'Q1 {}')",
    "text": "raw(b'Traceback (most recent call last):\\n' * 100)",
    "random bytes": "raw(os.urandom(100000))",
    "zero bytes": "raw(bytes(1 << 20))",
    "a frame, then none": "frame(b'O0 x'); raw(bytes(4))",
}


@pytest.mark.parametrize("program", NOT_FRAMES.values(), ids=NOT_FRAMES)
def test_what_is_no_frame_ends_the_run_at_once(hostile: Any, program: str) -> None:
    assert hostile.error(f"{program}\nrest()").code == "internal_error"
    assert hostile.seconds < 2


CUT = {
    "in the length": "raw(bytes([9, 0]))",
    "after the length": "raw((9).to_bytes(4, 'little'))",
    "in the body": "raw((9).to_bytes(4, 'little') + b'R0 {')",
    "of the largest": "raw((64 * 2**20).to_bytes(4, 'little') + b'Q1 ' + bytes(1 << 20))",
}


@pytest.mark.parametrize("program", CUT.values(), ids=CUT)
def test_a_death_in_the_middle_of_a_frame_is_told(hostile: Any, program: str) -> None:
    error = hostile.error(f"{program}\nos._exit(7)")
    assert (error.code, "7" in error.message) == ("internal_error", True)


@pytest.mark.parametrize("program", CUT.values(), ids=CUT)
def test_a_frame_that_never_ends_ends_with_the_wall(hostile: Any, program: str) -> None:
    error = hostile.error(f"{program}\nrest()", wall=0.5)
    assert (error.code, error.details["limit"]) == ("limit_exceeded", "wall")
    assert hostile.seconds < 3


def test_a_frame_that_comes_byte_by_byte_ends_with_the_wall(hostile: Any) -> None:
    program = "raw((10**6).to_bytes(4, 'little'))\nwhile True:\n    raw(b'x')\n    time.sleep(0.001)"
    assert hostile.error(program, wall=0.5).details["limit"] == "wall"


def test_a_frame_in_two_parts_is_whole(hostile: Any) -> None:
    found = hostile.run("data = pack(result(values=[5]))\nraw(data[:6])\ntime.sleep(0.05)\nraw(data[6:])\nrest()")
    assert (found.error, found.value) == (None, 5)


@pytest.mark.parametrize("how", ["os._exit(0)", "os._exit(1)", "os.kill(os.getpid(), 9)", "os.kill(os.getpid(), 11)"])
def test_a_death_without_a_result_is_no_success(hostile: Any, how: str) -> None:
    assert hostile.error(f"frame(b'O0 x')\n{how}").code in ("internal_error", "limit_exceeded")


def test_a_pipe_that_is_closed_by_a_process_that_lives_is_its_end(hostile: Any) -> None:
    assert hostile.error("os.close(1)\nos.close(0)\nrest()").code == "internal_error"
    assert hostile.seconds < 2


def test_what_a_process_says_on_stderr_holds_nobody_up(hostile: Any) -> None:
    error = hostile.error("os.write(2, b'x' * 60000 + b'\\xff\\x1b[2J\\n')\nos._exit(5)")
    assert error.code == "internal_error"
    assert len(error.message) < 1000
    assert hostile.error("os.write(2, b'x' * 1000000)", wall=0.5).details["limit"] == "wall"


@pytest.mark.parametrize(
    "hello", ["raw(b'hello')", "frame(b'hello')", "frame(b'')", "frame(b'9' * 9999)", "os._exit(0)"]
)
def test_a_process_that_does_not_say_that_it_is_ready_is_an_error(hostile: Any, hello: str) -> None:
    prelude, _, _ = PRELUDE_WITHOUT_HELLO.partition('frame(b"%d')
    assert hostile.error(f"{hello}\nrest() if {hello[0]!r} != 'r' else os._exit(0)", prelude=prelude).code == (
        "internal_error"
    )


PRELUDE_WITHOUT_HELLO = """
import os, time
def raw(data):
    os.write(1, data)
def frame(body):
    raw(len(body).to_bytes(4, "little") + body)
def rest():
    time.sleep(60)
"""
