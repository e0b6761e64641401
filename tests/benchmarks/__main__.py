"""`make bench`: how fast, beside others and as ratios taken in one run, since machines differ and drift.

Nothing here fails: what is wanted is printed beside what was found.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tests.benchmarks import others
from tests.benchmarks.figures import ABSENT, Figure, Pair, row
from tests.benchmarks.sections import SECTIONS

if TYPE_CHECKING:
    from collections.abc import Iterator

    Found = list[tuple[list[int], list[Figure]]]

WIDTH = 132
"""Columns of the tables where there is no terminal to ask."""

PATIENCE = 180.0
"""Seconds that one section may take."""

DIGITS = {"us": 1, "ms": 2, "MB": 2, "runs/s": 0, "tokens": 0}


def affinities(name: str) -> Iterator[list[int]]:
    """The processors on which a section is measured: two, and the latter of them alone."""
    two = sorted(os.sched_getaffinity(0))[:2]
    if SECTIONS[name].free:
        yield two
    if SECTIONS[name].pinned and (len(two) > 1 or not SECTIONS[name].free):
        yield two[-1:]


def measured(name: str, processors: list[int]) -> list[Figure]:
    """The figures of a section; one row that says why, where it cannot be measured."""
    words = [sys.executable, "-m", "tests.benchmarks.measure", name, *map(str, processors)]
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=PATIENCE, check=False)
    except subprocess.TimeoutExpired:
        return [row("not measured", Pair(f"not done in {PATIENCE:.0f} s"), "")]
    if done.returncode:
        why = (done.stderr.strip().splitlines() or [f"status {done.returncode}"])[-1]
        return [row("not measured", Pair(why), "")]
    return [Figure(**each) for each in json.loads(done.stdout)]


def shown(value: float | str, unit: str) -> str:
    return escape(value) if isinstance(value, str) else f"{value:,.{DIGITS[unit]}f} {unit}"


def table(name: str, found: Found) -> Table:
    rows = Table(
        "processors",
        "what: ours / theirs",
        "ours",
        "theirs",
        "ratio",
        "its middle half",
        "wanted",
        title=f"{name}: {SECTIONS[name].title}",
        caption=escape(caption([figure for _, figures in found for figure in figures])),
    )
    for processors, figures in found:
        for figure in figures:
            ratio = "" if figure.ratio is None else f"{figure.ratio:.2f}"
            ours, theirs = (shown(value, figure.unit) for value in (figure.ours, figure.theirs))
            half = "{:.2f} to {:.2f}".format(*figure.between) if figure.between else ""
            rows.add_row(",".join(map(str, processors)), figure.what, ours, theirs, ratio, half, figure.wanted)
        rows.add_section()
    return rows


def caption(figures: list[Figure]) -> str:
    """What to know before the table is believed."""
    said = []
    if any(figure.theirs == ABSENT for figure in figures):
        installs = (others.INSTALL_MONTY, others.INSTALL_LUAJIT, others.INSTALL_PHP)
        said.append(f"to compare with what is not installed: {'; '.join(installs)}")
    if any("monty" in figure.what for figure in figures):
        said.append(others.monty_slowed())
    return "\n".join(filter(None, said))


def as_json(results: dict[str, Found]) -> dict[str, Any]:
    return {
        "python": platform.python_version(),
        "machine": platform.machine(),
        "kernel": platform.release(),
        "load": os.getloadavg(),
        "sections": {
            name: [
                {"processors": processors, "figures": [asdict(figure) | {"ratio": figure.ratio} for figure in figures]}
                for processors, figures in found
            ]
            for name, found in results.items()
        },
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description="Measure luahost beside others.")
    parser.add_argument("sections", nargs="*", metavar="SECTION", help=f"which; all without: {', '.join(SECTIONS)}")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there")
    options = parser.parse_args()
    for name in options.sections:
        if name not in SECTIONS:
            parser.error(f"unknown section {name!r}; known: {', '.join(SECTIONS)}")
    console = Console(width=None if sys.stdout.isatty() else WIDTH)
    results: dict[str, Found] = {}
    for name in options.sections or SECTIONS:
        results[name] = [(processors, measured(name, processors)) for processors in affinities(name)]
        console.print(table(name, results[name]))
    console.print(
        f"Medians of rounds in which ours and theirs took turns; load average {os.getloadavg()[0]:.1f} at the end."
        " Where one processor is named, all is pinned to it, children too."
    )
    if options.json:
        options.json.write_text(json.dumps(as_json(results), indent=2) + "\n")


if __name__ == "__main__":
    main()
