"""isolation="none", ten host calls in each run, beside other ways to have Lua in a process."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING

from tests.benchmarks import others, ours
from tests.benchmarks.figures import ABSENT, Figure, Pair, beside, interleaved, mean, seconds, timed

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.benchmarks.figures import Work

SCRIPT = "local f = app.integrations.bench.give_back for i = 1, 10 do f(i) end"
BARE_SCRIPT = b"local f = give_back for i = 1, 10 do f(i) end"
PHP_SCRIPT = "local f = bench.give_back for i = 1, 10 do f(i) end"
PAUSE = 0.003


def _made_before(make: Callable[[], Work]) -> float:
    """The time of a work that is made, and then waits a little: a host makes its next state meanwhile."""
    work = make()
    time.sleep(PAUSE)
    return seconds(work)


def _bare() -> Work:
    return partial(others.lupa_state().execute, BARE_SCRIPT)


def _new_bare() -> None:
    _bare()()


def here() -> list[Figure]:
    with ours.host(isolation="none") as host:
        run = ours.runner(host, SCRIPT)
        ready = beside(150, _made_before, lambda: run, _bare, settle=0)
        steady = beside(25, mean(100), run, _new_bare)
        php = ABSENT if others.php() is None else interleaved(5, lambda: others.php_sandbox(PHP_SCRIPT, 300))[0]
    return [
        timed("from a ready state / bare lupa, a state made before", ready, wanted="at most 2"),
        timed("back to back / bare lupa, a new state each", steady),
        timed("the same / php-luasandbox, a new one each", Pair(steady.ours, php)),
    ]
