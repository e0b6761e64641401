"""A process that serves several runs gives none of them what another was to have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from luahost import Limits

if TYPE_CHECKING:
    from collections.abc import Iterator

    from luahost import Host

LIMITS = Limits(memory_mib=64, output_bytes=8 << 20)

# Fills the memory so that there is room for a request, and none for its answer.
FILL = """
local held, n = {}, 0
local function hold(size) n = n + 1 held[n] = ("x"):rep(size - n) end
while n < 48 do hold(2 ^ 20) end
for _, size in ipairs{2 ^ 18, 2 ^ 14} do
  while pcall(print, ("x"):rep(32768)) and pcall(hold, size) do end
  held[n] = nil
end
while pcall(print, ("x"):rep(32768)) and pcall(hold, 4096) do end
hold({left}) -- what the texts of that print took themselves
"""

# Lets go of it, and has the border collect it: the process then looks like any other.
EMPTY = "\nheld = nil print(('x'):rep(60000))"


@pytest.fixture
def reused(site: Any) -> Iterator[Host]:
    with site.new_host("reuse", "reused") as host:
        yield host
    site.devin.simulator.clear_faults()


def test_an_answer_that_nobody_read_is_not_the_next_runs_first_frame(reused: Host) -> None:
    for left in range(80_000, 150_000, 10_000):
        reused.run(FILL.replace("{left}", str(left)) + "pcall(docs.list)" + EMPTY, limits=LIMITS)
        following = reused.run("return 'as if nothing had been'")
        assert following.value == "as if nothing had been", following.error


def test_an_answer_that_comes_too_late_is_not_the_next_runs(reused: Host, site: Any) -> None:
    sent = 0
    for left in range(95_000, 135_000, 10_000):
        site.devin.simulator.fail(path="devin-slow", status=200, body={"session_id": "another run's"}, delay=0.2)
        site.devin.simulator.fail(path="sess_abc123", delay=0.4)
        filled = "local get = app.integrations.devin.get_session" + FILL.replace("{left}", str(left))
        sent += len(reused.run(filled + "pcall(get, 'slow')" + EMPTY, limits=LIMITS).calls)
        following = reused.run("return app.integrations.devin.get_session('sess_abc123').session_id")
        site.devin.simulator.clear_faults()
        assert following.error is None, following.error.fields()
        assert following.value != "another run's"
    assert sent  # or the memory was never filled as it was meant to be
