"""What is found: where, what is wrong, what to write."""

from __future__ import annotations

from typing import Any, NamedTuple

SLIP = "slip"
"""The code of what Lua lets pass, and what is hardly meant."""


class Finding(NamedTuple):
    """One mistake. Lines and columns are counted from 1, columns in characters."""

    file: str
    line: int
    column: int
    code: str
    message: str
    hint: str | None = None

    def as_dict(self) -> dict[str, Any]:
        return {name: value for name, value in self._asdict().items() if value is not None}


class Positions:
    """Lines and columns of a text's bytes."""

    def __init__(self, source: str) -> None:
        self._data = source.encode()
        self._starts = [0]
        at = self._data.find(b"\n")
        while at >= 0:
            self._starts.append(at + 1)
            at = self._data.find(b"\n", at + 1)

    def of(self, at: int) -> tuple[int, int]:
        from bisect import bisect_right

        line = bisect_right(self._starts, at)
        return line, len(self._data[self._starts[line - 1] : at].decode("utf-8", "replace")) + 1
