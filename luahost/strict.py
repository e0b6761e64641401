"""JSON as RFC 8259 has it: Python's own decoder also takes NaN and Infinity, and makes infinity of 1e999."""

from __future__ import annotations

import json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


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
