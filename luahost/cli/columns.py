"""How much room text takes on a terminal."""

from __future__ import annotations

import unicodedata


def plain(text: object) -> str:
    """`text` in one line without anything that moves a cursor: what others wrote may be shown so."""
    return "".join(each if each.isprintable() else "?" for each in " ".join(str(text).split()))


def width(text: str) -> int:
    """The columns that `text` takes."""
    return len(text) if text.isascii() else sum(map(_columns, text))


def _columns(character: str) -> int:
    """Of one character: two for a wide one, none for one that is put upon another."""
    if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def fit(text: str, columns: int) -> str:
    """`text`, cut with an ellipsis where it takes more columns."""
    if width(text) <= columns:
        return text
    left, kept = columns - 1, []
    for character in text:
        left -= _columns(character)
        if left < 0:
            break
        kept.append(character)
    return "".join(kept) + "…" if columns > 0 else ""


def pad(text: str, columns: int) -> str:
    """`text`, cut or filled with spaces, so that it takes just as many columns."""
    text = fit(text, columns)
    return text + " " * (columns - width(text))
