"""How parameters and results are written in the reference."""

from __future__ import annotations

import pytest

from luahost.reference.markdown import explained
from luahost.spec import Param


@pytest.mark.parametrize(
    ("bounds", "text"),
    [
        ({"minimum": 0, "maximum": 10**9}, "How long (0 to 1000000000)"),
        ({"minimum": 10**7}, "How long (at least 10000000)"),
        ({"minimum": 0.5}, "How long (at least 0.5)"),
        ({}, "How long"),
    ],
)
def test_bounds_are_written_in_full(bounds: dict[str, float], text: str) -> None:
    least, most = bounds.get("minimum"), bounds.get("maximum")
    param = Param(name="timeout", type="number", description="How long", minimum=least, maximum=most)
    assert explained(param) == text
