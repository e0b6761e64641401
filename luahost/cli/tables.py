"""The result of a call for people: a line a field, and a table for a list of objects."""

from __future__ import annotations

import json
import sys
from typing import Any

from luahost.cli import output

Entries = list[dict[str, Any]]

_FIRST = ("name", "title", "key", "status", "enabled", "frequency", "source", "message")
"""Fields that people look for, in this order; the others follow as the API sends them."""

_GAP = 2
_LEAST = 16  # characters that a text keeps where it is cut


def show(function: str, value: Any) -> None:
    """Print what `function` gave. Whoever needs all of it asks for JSON: a table has the columns that fit."""
    if not isinstance(value, dict):
        output.print_json(value)
        return
    for name, field in value.items():
        if isinstance(field, bytes):  # as they are: a terminal's business, or a pipe's
            print(f"{name}: ", end="", flush=True)
            sys.stdout.buffer.write(field + b"\n")
            sys.stdout.buffer.flush()
        elif isinstance(field, list) and any(field) and all(isinstance(each, dict) for each in field):
            print(f"{name}:", flush=True)
            output.print_table(*table(function, field, output.columns()))
        elif field is not None:
            text = field if isinstance(field, str) else json.dumps(field, ensure_ascii=False)
            print(f"{name}: {text}")


def table(function: str, entries: Entries, width: int) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Heads and rows of the columns that fit into `width`: the entries' own id, what people look for, then the rest.

    Ids and names are never cut but where there is no other way; texts of several words are, to make room.
    """
    cells = {key: [_cell(entry.get(key)) for entry in entries] for key in _ranked(function, entries)}
    whole = {key: max(len(key), *map(len, column)) for key, column in cells.items()}
    widths: dict[str, int] = {}
    left = width
    for key, column in cells.items():
        least = whole[key] if not _is_prose(key, column) else min(whole[key], max(_LEAST, len(key)))
        gap = _GAP if widths else 0
        if not widths or least + gap <= left:
            widths[key] = min(least, width)
            left -= widths[key] + gap
    for key, least in list(widths.items()):
        more = min(whole[key] - least, left)
        widths[key] = least + more
        left -= more
    rows = [tuple(_cut(cells[key][at], widths[key]) for key in widths) for at in range(len(entries))]
    return tuple(_cut(key, widths[key]) for key in widths), rows


def _ranked(function: str, entries: Entries) -> list[str]:
    """The fields that say anything, those first that people look for; what is nested or another thing's id last."""
    keys = list(dict.fromkeys(key for entry in entries for key in entry))
    what = function.rpartition(".")[2]
    own = next((key for key in keys if key.endswith("_id") and key.removesuffix("_id") in what), keys[0])
    said = [key for key in keys if key == own or any(entry.get(key) not in (None, [], {}) for entry in entries)]

    def rank(key: str) -> tuple[int, int]:
        if key == own:
            return 0, 0
        if key in _FIRST:
            return 1, _FIRST.index(key)
        nested = any(isinstance(entry.get(key), list | dict) for entry in entries)
        return (4 if nested else 3 if key.endswith(("_id", "url")) else 2), 0

    return sorted(said, key=rank)


def _cell(value: Any) -> str:
    """A value in one line: nothing for null, JSON for what is nested."""
    if value is None:
        return ""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return " ".join(text.split())


def _is_prose(key: str, column: list[str]) -> bool:
    """Whether half of it is worth reading."""
    return key in _FIRST or any(" " in cell for cell in column)


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"
