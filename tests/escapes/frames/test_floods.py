"""Too much of everything: the host's time, threads and memory stay its own."""

from __future__ import annotations

import os
import resource
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from luahost import Limits
from luahost.lua.asked import MAX_AT_ONCE
from tests.processes import descendants, linux

SLEEP = b'Q%d {"op": "sleep", "seconds": 1000}'
CALL = b'Q%d {"op": "call", "function": "devin.get_session", "arguments": {"session_id": "sess_abc123"}}'
DESCRIBE = b'Q%d {"op": "describe"}'
DOCS = b'Q%d {"op": "docs", "docs": "read", "text": "devin"}'


def flood(body: bytes) -> str:
    """Sends the same request for ever and reads no answer."""
    return f"n = 1\nwhile True:\n    frame(*({body!r} % i for i in range(n, n + 500)))\n    n += 500"


def resident_mib() -> float:
    """What this process holds in memory now."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * resource.getpagesize() / (1 << 20)


def settle(hostile: Any) -> None:
    """Wait until the calls that had begun when their run ended have all reached Devin: the next test counts its own."""
    before, quiet = -1, 0
    while quiet < 5:
        time.sleep(0.05)
        now = len(hostile.requests())
        before, quiet = now, quiet + 1 if now == before else 0


@pytest.mark.parametrize("body", [SLEEP, CALL, DESCRIBE, DOCS], ids=["sleep", "call", "describe", "docs"])
def test_requests_without_end_hold_nobody_up(hostile: Any, body: bytes) -> None:
    error = hostile.error(flood(body), wall=0.5, within=10)
    assert error.code in ("internal_error", "limit_exceeded")
    assert sum(thread.name == "luahost-call" for thread in threading.enumerate()) <= MAX_AT_ONCE * 2  # two hosts'


@linux
def test_requests_without_end_take_little_of_the_memory(hostile: Any) -> None:
    before = resident_mib()
    hostile.error(flood(SLEEP), wall=1, within=10)
    assert resident_mib() - before < 48


def test_calls_of_a_run_that_is_over_do_not_hold_up_the_next(hostile: Any, host: Any) -> None:
    hostile.error(flood(CALL), wall=1, within=10, calls=None)
    found = host.run("return app.integrations.devin.get_session('sess_abc123').session_id")
    assert found.error is None
    assert found.elapsed_ms < 2000
    settle(hostile)


def test_calls_without_end_stop_at_their_limit(hostile: Any) -> None:
    found = hostile.run(flood(CALL), wall=1, within=10, calls=5)
    assert found.error is not None  # of too many requests at once, when they come faster than calls are counted
    assert len(found.calls) <= 5
    assert len(hostile.requests()) <= 5


@pytest.mark.parametrize("body", ["b'O0 '", "b'O0 x'", "b'O0 ' + bytes(65536)"], ids=["empty", "tiny", "large"])
def test_output_without_end_ends(hostile: Any, body: str) -> None:
    program = f"while True:\n    frame(*[{body}] * 200)"
    error = hostile.error(program, wall=0.5, within=10, output_bytes=100_000)
    assert error.details["limit"] in ("output_bytes", "wall", "cpu")
    assert hostile.seconds < 3


@linux
def test_output_of_nothing_takes_no_memory(hostile: Any) -> None:
    before = resident_mib()
    hostile.error("one = pack(b'O0 ')\nwhile True:\n    raw(one * 5000)", wall=1, within=10)
    assert resident_mib() - before < 32


def test_frames_of_the_largest_size_end_with_a_limit(hostile: Any) -> None:
    program = "body = b'O0 ' + bytes(32 << 20)\nwhile True:\n    frame(body)"
    assert hostile.error(program, wall=2, within=10, memory_mib=None).details["limit"] == "output_bytes"


def test_a_process_that_takes_no_answer_does_not_outlive_the_wall(
    hostile: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("luahost.lua.child.SILENCE", 20.0)
    program = f"for i in range(3000):\n    frame({DOCS!r} % i)\nrest()"
    hostile.error(program, wall=1, within=15)
    assert hostile.seconds < 10


def test_a_process_that_computes_for_ever_ends_with_its_processor_time(hostile: Any) -> None:
    assert hostile.error("while True:\n    pass", cpu=0.3, wall=10).details["limit"] == "cpu"
    assert hostile.seconds < 5


# What has ended the state itself, which then says why on the descriptor for errors.
BREAKING = [
    "local t = {} for i = 1, 127 do t = {t} end error{message = 'x', details = t}",
    r"return ('\1'):rep(5 * 2 ^ 20), 7",
    r"error(('\1'):rep(7 * 2 ^ 20))",
]


@linux
def test_last_words_that_nobody_reads_hold_nobody_up(host: Any) -> None:
    host.run("return 1")
    fd = None
    while fd is None:
        try:
            fd = os.open(f"/proc/{max(descendants(os.getpid()))}/fd/2", os.O_WRONLY | os.O_NONBLOCK)
        except FileNotFoundError:  # the process of the run before was about to end
            continue
        except PermissionError:
            pytest.skip("only root may open another process's descriptors")
    with suppress(BlockingIOError):
        while os.write(fd, bytes(4096)):
            pass
    os.close(fd)
    for source in BREAKING:
        found = host.run(source, limits=Limits(wall=3))
        assert found.error is not None
        assert (found.error.details or {}).get("limit") != "wall"
