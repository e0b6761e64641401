"""JSON as RFC 8259 has it, and no deeper than scripts can read it.

Python's own decoder also takes NaN and Infinity, and makes infinity of 1e999.
"""

from __future__ import annotations

import json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

DEEPEST = 128
"""Levels of nesting that a script's side can read and write; luahost/lua/json.lua has the same."""


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON number")


def _finite(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise ValueError(f"{text[:40]} is too large a number")
    return number


decoder = json.JSONDecoder(parse_constant=_no_constant, parse_float=_finite)
"""Raises ValueError, RecursionError for what is nested too deep."""
decode = decoder.decode


def check_depth(value: Any, most: int) -> None:
    """Raise ValueError where lists and objects stand in each other more than `most` levels deep."""
    level = [value]
    for _ in range(most):
        level = (
            [
                inner
                for each in level
                for inner in (each.values() if isinstance(each, dict) else each)
                if isinstance(inner, (dict, list, tuple))
            ]
            if isinstance(level[0], (dict, list, tuple))
            else []
        )
        if not level:
            return
    raise ValueError(f"nested deeper than {most} levels")
