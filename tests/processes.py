"""What /proc says of processes: those that this one has started, whether they live, and what they do."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

PROC = Path("/proc")
linux = pytest.mark.skipif(not PROC.joinpath("self/stat").exists(), reason="reads /proc")

SHARED: set[int] = set()
"""Servers that tests share: neither they nor what they start are the doing of one test."""


def stat(pid: int) -> list[str]:
    """The words of /proc/PID/stat from the state on, none of a process that is not there."""
    try:
        return (PROC / str(pid) / "stat").read_text("utf-8", "replace").rsplit(") ", 1)[1].split()
    except OSError:
        return []


def alive(pid: int) -> bool:
    """Whether it has not ended; one that waits to be buried has."""
    return bool(words := stat(pid)) and words[0] not in "ZX"


def parent(pid: int) -> int:
    """The process that has started it, 0 when that is gone."""
    words = stat(pid)
    return int(words[1]) if words else 0


def _parents() -> dict[int, int]:
    """Of all that live, by whom they were started."""
    found = {}
    for folder in PROC.iterdir() if PROC.joinpath("self/stat").exists() else ():
        with suppress(ValueError):
            if (words := stat(int(folder.name))) and words[0] not in "ZX":
                found[int(folder.name)] = int(words[1])
    return found


def children(pid: int) -> set[int]:
    """The processes that `pid` has started and that live, those of `SHARED` left out."""
    return {child for child, parent in _parents().items() if parent == pid} - SHARED


def descendants(pid: int) -> set[int]:
    """The same, and those that they have started."""
    parents = _parents()
    found: set[int] = set()
    while new := {child for child, parent in parents.items() if parent in found | {pid}} - found - SHARED:
        found |= new
    return found


def wait_until(condition: Callable[[], bool], seconds: float = 5) -> bool:
    """Whether it becomes true before long."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True
