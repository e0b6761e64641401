"""What one run says of its limits."""

from __future__ import annotations

import pytest

from luahost.calls.run import limit_exceeded


@pytest.mark.parametrize(
    ("limit", "allowed", "text"),
    [
        ("response_bytes", 8 << 20, "8388608 bytes"),
        ("output_bytes", 10**9, "1000000000 bytes"),
        ("memory_mib", 64, "64 MiB"),
        ("wall", 60.0, "60 s"),
        ("cpu", 0.05, "0.05 s"),
        ("calls", None, "no limit"),
    ],
)
def test_a_limit_is_written_in_full(limit: str, allowed: float | None, text: str) -> None:
    error = limit_exceeded(limit, allowed, 1)
    assert error.message == f"the run went over its limit of {text} ({limit})"
