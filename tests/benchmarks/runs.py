"""How long a run takes, and how many there are in a second."""

from __future__ import annotations

import asyncio
from functools import partial

from tests.benchmarks import others, ours
from tests.benchmarks.figures import (
    Figure,
    a_second,
    beside,
    free,
    mean,
    pair_of,
    processors,
    rounds_of,
    row,
    seconds,
    timed,
    typical,
)

SCRIPT, THEIR_SCRIPT = "return 1+1", "1+1"
PAUSE = 0.005
PAUSED = f"after a pause of {PAUSE * 1000:.0f} ms"


def reuse() -> list[Figure]:
    """A child that is used again, with a fresh state each run."""
    theirs = others.monty_runner(others.monty_pool(), THEIR_SCRIPT)
    with ours.host(reuse=ours.EVER) as host:
        run = ours.runner(host, SCRIPT)
        one = beside(40, typical(100), run, theirs)
        rested = beside(150, seconds, run, theirs, settle=PAUSE)
        two = beside(15, a_second(threads=2, runs=250), run, theirs)
    wanted = "at most 0.8" if len(processors()) > 1 else "at most 3"
    return [
        timed(f"`{SCRIPT}`, back to back / monty's checkout and run", one, wanted=wanted),
        timed(f"the same, {PAUSED}", rested),
        row("two threads / monty's two threads", two, "runs/s", free("at least 1.0")),
    ]


def loop() -> list[Figure]:
    """Runs from one event loop, beside those from threads."""
    with ours.host(reuse=ours.EVER) as host, asyncio.Runner() as runner:

        async def several(tasks: int, runs: int) -> None:
            async def task() -> None:
                for _ in range(runs):
                    if (await host.run_async(SCRIPT)).value != 2:
                        raise RuntimeError("a run has failed")

            await asyncio.gather(*(task() for _ in range(tasks)))

        def by_tasks(tasks: int, runs: int) -> float:
            return tasks * runs / seconds(lambda: runner.run(several(tasks, runs)))

        def by_threads(threads: int, runs: int) -> float:
            return a_second(threads, runs)(ours.runner(host, SCRIPT))

        one, alone, eight, threads = rounds_of(
            15, *(partial(by, count, 800 // count) for count in (1, 8) for by in (by_tasks, by_threads))
        )
    return [
        row("run_async, one after another / run", pair_of(one, alone), "runs/s"),
        row("8 tasks of run_async / 8 threads of run", pair_of(eight, threads), "runs/s"),
        row("8 tasks / one", pair_of(eight, one), "runs/s"),
    ]


def single() -> list[Figure]:
    """A child of its own for each run."""
    theirs = others.monty_runner(others.monty_pool(max_checkouts_per_worker=1), THEIR_SCRIPT)
    with ours.host() as host:
        run = ours.runner(host, SCRIPT)
        steady = beside(15, mean(60), run, theirs)
        waiting = beside(150, seconds, run, theirs, settle=PAUSE)
    return [
        timed("steady load / monty with a worker for each checkout", steady, "ms", free("at most 1.2 ms")),
        timed(f"until the result, {PAUSED} / the same", waiting, "ms", free("at most 0.3 ms")),
    ]
