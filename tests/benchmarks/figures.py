"""What a benchmark gives, and how it is measured: the things compared take turns, and the median of each counts."""

from __future__ import annotations

import os
import statistics
import threading
import time
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, TypeAlias, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    Work: TypeAlias = Callable[[], object]

W = TypeVar("W")

ABSENT = "not installed"

SETTLE = 0.005
"""Seconds before each turn, so that what the other left to do behind it (end a child, prepare one) is done."""

PER_SECOND = {"us": 1e6, "ms": 1e3, "s": 1.0}


class Pair(NamedTuple):
    """What was measured of ours and of theirs: numbers, or words that say why there is none.

    `between` are the quartiles of the ratio, taken round by round: how much to believe of it.
    """

    ours: float | str
    theirs: float | str = ""
    between: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One row: a Pair, in `unit`.

    `wanted` is about the ratio, or about `ours` where it names a unit; a row without it is there to compare.
    """

    what: str
    ours: float | str
    theirs: float | str
    between: tuple[float, float] | None
    unit: str
    wanted: str

    @property
    def ratio(self) -> float | None:
        if isinstance(self.ours, str) or isinstance(self.theirs, str) or not self.theirs:
            return None
        return self.ours / self.theirs


def row(what: str, pair: Pair, unit: str, wanted: str = "") -> Figure:
    """A row of figures that are in `unit` already."""
    return Figure(what=what, ours=pair.ours, theirs=pair.theirs, between=pair.between, unit=unit, wanted=wanted)


def timed(what: str, pair: Pair, unit: str = "us", wanted: str = "") -> Figure:
    """A row of times, given in seconds."""
    ours, theirs = (value * PER_SECOND[unit] if isinstance(value, float) else value for value in pair[:2])
    return row(what, Pair(ours, theirs, pair.between), unit, wanted)


def processors() -> list[int]:
    """The processors that this process may use."""
    return sorted(os.sched_getaffinity(0))


def free(wanted: str) -> str:
    """`wanted`, where it is about two processors and this process has them."""
    return wanted if len(processors()) > 1 else ""


# -- measuring ----------------------------------------------------------------------------------------------------


def rounds_of(rounds: int, *measures: Callable[[], float], settle: float = SETTLE) -> list[list[float]]:
    """What each measure gave, the measures taking turns; one round before is not counted."""
    found: list[list[float]] = [[] for _ in measures]
    for at in range(rounds + 1):
        for values, measure in zip(found, measures, strict=True):
            time.sleep(settle)
            value = measure()
            if at:
                values.append(value)
    return found


def interleaved(rounds: int, *measures: Callable[[], float]) -> list[float]:
    """The median of each, the measures taking turns."""
    return [statistics.median(values) for values in rounds_of(rounds, *measures)]


def beside(rounds: int, measure: Callable[[W], float], ours: W, theirs: W | None, *, settle: float = SETTLE) -> Pair:
    """The medians of ours and of theirs, which is None where it is not installed."""
    if theirs is None:
        return Pair(statistics.median(rounds_of(rounds, partial(measure, ours), settle=settle)[0]), ABSENT)
    found = rounds_of(rounds, *each(measure, ours, theirs), settle=settle)
    return pair_of(*found)


def pair_of(ours: list[float], theirs: list[float]) -> Pair:
    """The medians of two that took turns, and the quartiles of their ratio."""
    low, _, high = statistics.quantiles((one / other for one, other in zip(ours, theirs, strict=True)), n=4)
    return Pair(statistics.median(ours), statistics.median(theirs), (low, high))


def each(measure: Callable[[W], float], *works: W) -> list[Callable[[], float]]:
    """One measure of several works, for `interleaved`."""
    return [partial(measure, work) for work in works]


# What is measured of a work: `seconds` is the time of one, alone.


def seconds(work: Work) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def typical(runs: int) -> Callable[[Work], float]:
    """The median time of `runs` back to back."""

    def measure(work: Work) -> float:
        _warm(work, runs)
        return statistics.median(seconds(work) for _ in range(runs))

    return measure


def mean(runs: int) -> Callable[[Work], float]:
    """The time of `runs` back to back, divided by them: what each leaves to do behind it is in it."""

    def measure(work: Work) -> float:
        _warm(work, runs)
        return seconds(lambda: [work() for _ in range(runs)]) / runs

    return measure


def growth(more: int, start: int = 10) -> Callable[[Callable[[int], object]], float]:
    """What one of `more` adds: the time with `start + more` less the time with `start`, so starting is not in it."""

    def measure(work: Callable[[int], object]) -> float:
        short = seconds(lambda: work(start))
        return (seconds(lambda: work(start + more)) - short) / more

    return measure


def a_second(threads: int, runs: int) -> Callable[[Work], float]:
    """How many there are in a second, made by threads that do nothing else, `runs` each."""

    def measure(work: Work) -> float:
        def loop() -> None:
            for _ in range(runs):
                work()

        def together() -> None:
            workers = [threading.Thread(target=loop) for _ in range(threads)]
            for worker in workers:
                worker.start()
            for worker in workers:
                worker.join()

        return threads * runs / seconds(together)

    return measure


def _warm(work: Work, runs: int) -> None:
    """A fifth as many, not counted."""
    for _ in range(runs // 5):
        work()
