"""What a process that waits for a run takes, as the kernel counts it in /proc/PID/smaps_rollup."""

from __future__ import annotations

import os
import statistics
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from tests.benchmarks import others, ours
from tests.benchmarks.figures import ABSENT, Figure, Pair, row

RUNS, WORKERS = 60, 2
SCRIPT = "local t = {} for i = 1, 100 do t[i] = { name = tostring(i) } end return t"
THEIR_SCRIPT = "[{'name': str(i)} for i in range(100)]"
REST = 0.2
"""Seconds until what the last run left to do is done."""


def _parents() -> dict[int, int]:
    """The parent of every process below this one."""
    children: dict[int, list[int]] = defaultdict(list)
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with suppress(OSError):  # it has ended meanwhile
                after_name = (folder / "stat").read_text().rpartition(")")[2].split()
                children[int(after_name[1])].append(int(folder.name))
    found: dict[int, int] = {}
    waiting = [os.getpid()]
    while waiting:
        parent = waiting.pop()
        found |= dict.fromkeys(children[parent], parent)
        waiting += children[parent]
    return found


def _megabytes(pid: int) -> dict[str, float]:
    """What a process takes: `Pss`, its own and its share of what it shares, and `Private`, its own."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    lines = (line.split() for line in text.splitlines())
    kib = {words[0].rstrip(":"): int(words[1]) for words in lines if words[-1] == "kB"}
    private = kib["Private_Clean"] + kib["Private_Dirty"]
    return {"Pss": kib["Pss"] * 1024 / 1e6, "Private": private * 1024 / 1e6}


def _taken(pids: set[int], counted: str) -> float | str:
    if not pids:
        return "none waits"
    try:
        return statistics.median(_megabytes(pid)[counted] for pid in pids)
    except PermissionError:  # a process that lets nobody look into it
        return "only root may look"
    except OSError as error:
        return str(error.strerror)


def memory() -> list[Figure]:
    before = set(_parents())
    pool = others.monty_pool()
    if pool:
        for _ in range(RUNS):
            others.monty_run(pool, THEIR_SCRIPT)
    monty = set(_parents()) - before
    found = []
    for what, options, wanted in (
        ("a child that is used again", {"reuse": ours.EVER}, "at most 4 MB"),
        ("a child for one run", {}, "at most 4 MB"),
    ):
        with ours.host(**options) as host:
            with ThreadPoolExecutor(WORKERS) as threads:  # as many as monty keeps: they share pages with one another
                list(threads.map(lambda _: ours.run(host, SCRIPT), range(RUNS)))
            time.sleep(REST)
            parents = _parents()
            mine = set(parents) - before - monty
            waiting = mine - set(parents.values())
            found += [_row(f"{what}, PSS / monty's worker", waiting, monty, "Pss", wanted)]
            found += [_row("its private pages / the same", waiting, monty, "Private")]
            found += [_row("the process it is forked from, PSS", mine - waiting, None, "Pss")]
    return found


def _row(what: str, mine: set[int], theirs: set[int] | None, counted: str, wanted: str = "") -> Figure:
    beside: float | str = ""
    if theirs is not None:
        beside = _taken(theirs, counted) if theirs else ABSENT
    return row(what, Pair(_taken(mine, counted), beside), "MB", wanted)
