"""How long a run goes on after its limit, where the harness cannot see it: on the main thread of the host."""

from __future__ import annotations

from pathlib import Path

import pytest

from luahost import Host, Limits

SCRIPTS = ("recursion_tries_twice", "pcall_catches_the_end", "coroutines_take_turns", "xpcall_handler_loops")


@pytest.mark.parametrize("isolation", ["process", "none"])
@pytest.mark.parametrize("script", SCRIPTS)
def test_a_run_ends_soon_after_its_limit(script: str, isolation: str) -> None:
    source = Path(__file__).with_name(f"{script}.lua").read_bytes()
    with Host(simulate=True, isolation=isolation) as host:
        result = host.run(source, limits=Limits(cpu=0.05, wall=20))
    assert result.error is not None
    assert result.error.details["limit"] == "cpu"
    assert result.elapsed_ms < 3000
