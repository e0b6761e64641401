"""`luahost.map`: what a second processor gives, and what processes, threads and journals cost."""

from __future__ import annotations

import os
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

import luahost
from tests.benchmarks.figures import Figure, pair_of, processors, rounds_of, row, seconds

if TYPE_CHECKING:
    from collections.abc import Iterator

SCRIPT = "return args.n"
COUNT = 2000
ROUNDS = 7


def run_all(**options: Any) -> None:
    inputs = ({"n": n} for n in range(COUNT))
    found = sum(each.ok for each in luahost.map(SCRIPT, inputs, **{"state": False, **options}))
    if found != COUNT:
        raise RuntimeError(f"{COUNT - found} runs failed")


def a_second(**options: Any) -> float:
    """Runs in a second, with all that a map does once in it."""
    return COUNT / seconds(partial(run_all, **options))


def with_journals(**options: Any) -> float:
    with tempfile.TemporaryDirectory() as folder:
        return a_second(state=folder, **options)


def in_threads(threads: int) -> float:
    with ThreadPoolExecutor(threads) as executor:
        return a_second(executor=executor)


@contextmanager
def _only(processor: int) -> Iterator[None]:
    """This process, and what it starts meanwhile, on one processor."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, [processor])
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def on_one() -> float:
    with _only(processors()[-1]):
        return a_second()


def in_threads_on_one() -> float:
    with _only(processors()[-1]):
        return in_threads(1)


def mapping() -> list[Figure]:
    """The first two are a map of trivial scripts as it is by default: one worker process for each processor."""
    two, one, threads, alone, journals = rounds_of(
        ROUNDS, a_second, on_one, partial(in_threads, len(processors())), in_threads_on_one, with_journals
    )
    wanted = "at least 1.6" if len(processors()) > 1 else ""
    return [
        row(f"{COUNT:,} times `{SCRIPT}`: all processors / one of them", pair_of(two, one), "runs/s", wanted),
        row("in threads of one process: all processors / one of them", pair_of(threads, alone), "runs/s"),
        row("in worker processes / in threads", pair_of(two, threads), "runs/s"),
        row("with a journal for each run, on this disk / without", pair_of(journals, two), "runs/s"),
    ]
