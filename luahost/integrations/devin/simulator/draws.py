"""Chance that repeats: every id and duration comes from the seed and the name of what it is for."""

from __future__ import annotations

import hashlib


def drawn_hex(seed: int, *words: object, length: int = 32) -> str:
    text = ":".join(str(word) for word in (seed, *words))
    return hashlib.sha256(text.encode()).hexdigest()[:length]


def drawn_between(low: float, high: float, seed: int, *words: object) -> float:
    """A duration in [low, high), in whole milliseconds so that sums print the same everywhere."""
    share = int(drawn_hex(seed, *words, length=13), 16) / 16**13
    return round(low + share * (high - low), 3)
