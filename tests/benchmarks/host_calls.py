"""What a call from a script to its host costs, where the host's function returns at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.benchmarks import others, ours
from tests.benchmarks.figures import Figure, beside, growth, timed

if TYPE_CHECKING:
    from collections.abc import Callable

    from luahost import Host

CALLS = 400
"""More than a thousand end a monty session."""

SCRIPT = "local f = app.integrations.bench.{} for i = 1, args.n do f(i) end"
THEIR_SCRIPT = "for i in range(N):\n    give_back(i)\n"


def _calls(host: Host, function: str) -> Callable[[int], object]:
    script = SCRIPT.format(function)
    return lambda n: ours.run(host, script, {"n": n})


def _monty_calls() -> Callable[[int], object] | None:
    pool = others.monty_pool()
    if pool is None:
        return None
    lookup = {"give_back": lambda value: value}
    return lambda n: others.monty_run(pool, THEIR_SCRIPT, inputs={"N": n}, external_lookup=lookup)


def host_calls() -> list[Figure]:
    theirs = _monty_calls()
    with ours.host(reuse=ours.EVER) as host, ours.host(isolation="none") as here:
        inline = beside(25, growth(CALLS), _calls(host, "give_back"), theirs)
        later = beside(15, growth(CALLS), _calls(host, "give_later"), theirs)
        near = beside(15, growth(CALLS), _calls(here, "give_back"), theirs)
    return [
        timed("a call that returns at once / monty's external function", inline, wanted="at most 1.2"),
        timed("one that a worker thread answers / the same", later),
        timed('isolation="none" / the same', near),
    ]
