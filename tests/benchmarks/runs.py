"""How long a run takes, and how many there are in a second."""

from __future__ import annotations

from tests.benchmarks import others, ours
from tests.benchmarks.figures import Figure, a_second, beside, free, mean, processors, row, seconds, timed, typical

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
