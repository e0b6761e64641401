"""The Lua blocks of a text that has lost its fences: between lines that are known."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from luahost.reference.blocks import Block, Found

if TYPE_CHECKING:
    from re import Pattern

_PROSE = r"[^=(){}\[\]]*"

BEGIN = re.compile(rf"Examples?:?|With {_PROSE}|[A-Z]{_PROSE}:")
END = re.compile(
    rf"[A-Z]{_PROSE}|[A-Z].*[.:]|[a-z][a-z0-9]*(?:_[a-z0-9]+)+|app\.integrations\.[\w.]+ (?:reads|writes)\. .*"
)
"""Of a reference page as `luahost docs` writes it, with its markup taken away: a block stands behind a title or a
sentence with a colon, and before the next prose or the name of the next function."""


def between(text: str, begin: Pattern[str] = BEGIN, end: Pattern[str] = END) -> Found:
    """The blocks that begin after a line which `begin` matches as a whole, and end before one that `end` matches."""
    found = Found()
    inside: int | None = None
    lines = [*re.sub(r"\r\n?", "\n", text).split("\n")]
    for number, line in enumerate(lines, 1):
        starts = begin.fullmatch(line.strip()) is not None
        if inside is not None and (starts or end.fullmatch(line.strip())):
            _add(found, lines, inside, number)
            inside = None
        if starts:
            inside = number + 1
    if inside is not None:
        _add(found, lines, inside, len(lines) + 1)
    return found


def _add(found: Found, lines: list[str], first: int, end: int) -> None:
    """The lines from `first` to before `end`, unless they are blank."""
    code = "\n".join(lines[first - 1 : end - 1]).rstrip()
    if code.strip():
        found.blocks.append(Block(code + "\n", first, end))
