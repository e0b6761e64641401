"""Whether output is what a document says, and where it is not."""

from __future__ import annotations

import difflib

MOST_LINES, MOST_COLUMNS = 40, 160  # of a difference that is shown


def same(written: str, real: str) -> bool:
    """Whether they agree, but for blanks at the ends of lines, and for what stands as `...` in what is written.

    A line of `...` alone is any number of lines; within a line it is anything of that line.
    """
    groups: list[list[str]] = [[]]
    for line in _lines(written):
        if line.strip() == "...":
            groups.append([])
        else:
            groups[-1].append(line)
    found = _lines(real)
    first, last = groups[0], groups[-1]
    if len(groups) == 1:
        return len(first) == len(found) and _fit(first, found)
    end = len(found) - len(last)
    if end < len(first) or not _fit(first, found) or not _fit(last, found[end:]):
        return False
    at = len(first)
    for group in groups[1:-1]:  # the first place that fits leaves the most for those behind it
        at = next((i + len(group) for i in range(at, end - len(group) + 1) if _fit(group, found[i:])), end + 1)
    return at <= end


def _fit(written: list[str], real: list[str]) -> bool:
    return all(map(_fits, written, real))


def _fits(written: str, real: str) -> bool:
    first, *parts = written.split("...")
    if not parts:
        return written == real
    *between, last = parts
    end = len(real) - len(last)
    if end < len(first) or not real.startswith(first) or not real.endswith(last):
        return False
    at = len(first)
    for part in between:
        found = real.find(part, at, end)
        if found < 0:
            return False
        at = found + len(part)
    return True


def difference(written: str, real: str) -> tuple[int, str]:
    """The first line of what is written that differs, from 0, and both side by side for people."""
    expected, found = _lines(written), _lines(real)
    first = next((i for i, (a, b) in enumerate(zip(expected, found, strict=False)) if not _fits(a, b)), None)
    if first is None:
        first = min(len(expected), len(found))
    told = [_cut(line) for line in difflib.ndiff(expected[:1000], found[:1000]) if not line.startswith("?")]
    told = [line for line in told if line[:1] in "-+"] if len(told) > MOST_LINES else told
    if len(told) > MOST_LINES:
        told[MOST_LINES:] = [f"… and {len(told) - MOST_LINES} more lines"]
    return first, "\n".join(("- documented", "+ printed", *told))


def _lines(text: str) -> list[str]:
    text = text.rstrip()
    return [line.rstrip() for line in text.split("\n")] if text else []


def _cut(line: str) -> str:
    line = printable(line)
    return line if len(line) <= MOST_COLUMNS else f"{line[:MOST_COLUMNS]}… ({len(line)} characters)"


def printable(text: str) -> str:
    """Text that does nothing to a terminal, in its own lines."""
    return "".join(c if c.isprintable() or c in "\n\t" else f"\\x{ord(c):02x}" for c in text)
