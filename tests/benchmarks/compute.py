"""A loop that only computes. Scripts tell the time by os.clock, ours and luajit's alike, so no start is in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.benchmarks import others, ours
from tests.benchmarks.figures import Figure, beside, seconds, timed

if TYPE_CHECKING:
    from collections.abc import Callable

STEPS, FEWER = 10**8, 10**6
LOOP = "local t = os.clock() local s = 0 for i = 1, {} do s = s + i end {}(os.clock() - t)"
WHOLE_LOOP = f"local s = 0 for i = 1, {FEWER} do s = s + i end return s"
MONTY_LOOP = f"s = 0\nfor i in range({FEWER}):\n    s += i\ns\n"


def compute() -> list[Figure]:
    theirs = others.monty_runner(others.monty_pool(), MONTY_LOOP)
    script = LOOP.format(STEPS, "return ")
    with ours.host(reuse=ours.EVER) as host:
        loop = beside(
            9,
            _told,
            lambda: float(ours.run(host, script).value),
            others.luajit(LOOP.format(STEPS, "print")),
        )
        whole = beside(5, seconds, ours.runner(host, WHOLE_LOOP), theirs)
    return [
        timed(f"{STEPS:,} steps, by os.clock / the luajit binary", loop, "ms", "at most 1.05"),
        timed(f"{FEWER:,} steps, the whole run / monty's", whole, "ms"),
    ]


def _told(clock: Callable[[], float]) -> float:
    return clock()
