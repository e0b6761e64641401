"""`make bench`: how fast, as ratios taken in one run, since machines differ and drift. Nothing here fails.

Each figure is a median over rounds in which the things compared take turns.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import requests
from rich.console import Console
from rich.table import Table

from luahost import Host, Limits

if TYPE_CHECKING:
    from collections.abc import Callable

ROUNDS = 21
CALLS = 150
LINE = 'print("hello")'
BARE = f"import lupa.luajit21 as lupa; lupa.LuaRuntime().execute({LINE!r})"


def seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def process(*words: str) -> Callable[[], object]:
    return lambda: subprocess.run(words, stdout=subprocess.DEVNULL, check=True)


def interleaved(rounds: int, **works: Callable[[], float]) -> dict[str, float]:
    """The median of each, the works taking turns; one round before is not counted."""
    found: dict[str, list[float]] = {name: [] for name in works}
    for at in range(rounds + 1):
        for name, work in works.items():
            value = work()
            if at:
                found[name].append(value)
    return {name: statistics.median(values) for name, values in found.items()}


def start_up() -> list[tuple[str, float, float, str]]:
    luahost = str(Path(sys.executable).with_name("luahost"))
    run, bare = process(luahost, "run", "-e", LINE), process(sys.executable, "-c", BARE)
    median = interleaved(ROUNDS, run=lambda: seconds(run), bare=lambda: seconds(bare))
    return [("luahost run of one line / python with lupa", median["run"], median["bare"], "at most 3.0, aim 2.2")]


def calls() -> list[tuple[str, float, float, str]]:
    """A brokered get_session, as a ratio to the same request made with requests alone."""
    server = subprocess.Popen(
        [sys.executable, "-m", "luahost", "simulate", "--json"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    try:
        assert server.stdout is not None
        told = json.loads(server.stdout.readline())
        key = told["keys"]["v3"]["default"]
        url = f"{told['url']}/v3/organizations/{told['org_id']}/sessions/devin-sess_abc123"
        accounts = {"devin": {"default": {"api_key": key, "base_url": told["url"], "org_id": told["org_id"]}}}
        limits = Limits(cpu=None, wall=None, calls=None)
        with requests.Session() as session:
            session.headers["Authorization"] = f"Bearer {key}"

            def plain() -> float:
                return seconds(lambda: [session.get(url) for _ in range(CALLS)]) / CALLS

            def brokered(isolation: str) -> Callable[[], float]:
                host = Host(accounts=accounts, limits=limits, isolation=isolation, state=False)
                # The difference of a longer and a shorter run leaves out what starting costs.
                script = "local f = app.integrations.devin.get_session for _ = 1, args.n do f('sess_abc123') end"

                def run(n: int) -> float:
                    return seconds(lambda: host.run(script, args={"n": n}))

                return lambda: (run(CALLS + 10) - run(10)) / CALLS

            median = interleaved(9, plain=plain, process=brokered("process"), none=brokered("none"))
    finally:
        server.terminate()
        server.wait()
    return [
        ("get_session, child process / requests.get", median["process"], median["plain"], "at most 1.25"),
        ("get_session, same process / requests.get", median["none"], median["plain"], "at most 1.10"),
    ]


def main() -> None:
    table = Table("what", "ms", "of ms", "ratio", "wanted", title=f"processors: {sorted(os.sched_getaffinity(0))}")
    for what, ours, theirs, wanted in (*start_up(), *calls()):
        table.add_row(what, f"{ours * 1000:.2f}", f"{theirs * 1000:.2f}", f"{ours / theirs:.2f}", wanted)
    Console().print(table)


if __name__ == "__main__":
    main()
