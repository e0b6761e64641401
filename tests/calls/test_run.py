"""What one run says of its limits and its calls."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from luahost.calls.run import limit_exceeded

if TYPE_CHECKING:
    from luahost import Host
    from luahost.results import CallRecord


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


def test_each_call_is_told_when_it_is_over_and_how(host: Host) -> None:
    told: list[CallRecord] = []
    code = "pcall(app.integrations.devin.get_session, 'nobody') app.integrations.devin.work.list_sessions()"
    assert host.run(code, on_call=told.append).ok
    assert [(each.call, each.account, each.status) for each in told] == [
        ("devin.get_session", "default", "error"),
        ("devin.list_sessions", "work", "ok"),
    ]
    assert all(each.duration_ms is not None for each in told)
