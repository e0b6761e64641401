"""Names that do not exist: a few of those that do."""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

MOST = 12
"""Names in one message; more of them nobody reads."""

ALL = "luahost list, or docs.list() in a script, names them all"

_LONGEST = 100  # characters of a word that are compared


def nearest(word: str, known: Iterable[str]) -> str:
    """The known names, or those most like `word` and how many more there are."""
    known = list(known)
    if len(known) <= MOST:
        return ", ".join(known)
    matcher = SequenceMatcher(b=word[:_LONGEST])

    def unlike(name: str) -> float:
        matcher.set_seq1(name)
        return -matcher.ratio()

    return f"{', '.join(sorted(known, key=unlike)[:MOST])} and {len(known) - MOST} more"
