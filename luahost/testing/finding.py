"""What the checks find: where, and what is wrong."""

from __future__ import annotations

from typing import NamedTuple


class Finding(NamedTuple):
    """One thing that is wrong: `place` is the integration, a function, or a part of one; `check` what looked."""

    place: str
    check: str
    problem: str

    def __str__(self) -> str:
        return f"{self.place}: {self.problem} [{self.check}]"
