"""Cron expressions of five fields, as far as to tell a right one from a wrong one."""

from __future__ import annotations

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")

# lowest, highest, names of the first values
_FIELDS: tuple[tuple[int, int, tuple[str, ...]], ...] = (
    (0, 59, ()),
    (0, 23, ()),
    (1, 31, ()),
    (1, 12, _MONTHS),
    (0, 7, _DAYS),  # Sunday is 0 and 7
)


def is_cron(text: str) -> bool:
    parts = text.split()
    return len(parts) == len(_FIELDS) and all(
        _fits(item, *field) for part, field in zip(parts, _FIELDS, strict=True) for item in part.split(",")
    )


def _fits(item: str, low: int, high: int, names: tuple[str, ...]) -> bool:
    span, slash, step = item.partition("/")
    if slash and not (_is_number(step) and int(step) > 0):
        return False
    if span == "*":
        return True
    first, dash, last = span.partition("-")
    ends = [_value(end, low, names) for end in ((first, last) if dash else (first,))]
    known = [end for end in ends if end is not None and low <= end <= high]
    return len(known) == len(ends) and known == sorted(known)


def _value(word: str, low: int, names: tuple[str, ...]) -> int | None:
    if word.lower() in names:
        return low + names.index(word.lower())
    return int(word) if _is_number(word) else None


def _is_number(word: str) -> bool:
    # Longer ones are out of every range, and int() refuses the very long.
    return word.isascii() and word.isdecimal() and len(word) <= 4
