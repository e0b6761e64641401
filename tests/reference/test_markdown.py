"""How parameters and results are written in the reference."""

from __future__ import annotations

import pytest

from luahost.integrations.devin import DEVIN
from luahost.reference.markdown import explained, function_page
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


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("list_sessions", "| `has_next_page` | boolean | no | Whether there is a next page (v3) |"),
        ("list_schedules", "| `has_next_page` | boolean | no | Whether there is a next page |"),
        ("get_session", "| `created_at` | integer | v3 | When it was created, in seconds since 1970 |"),
    ],
)
def test_a_field_that_not_every_version_gives_names_those_that_do(name: str, line: str) -> None:
    function = DEVIN.function(name)
    assert function is not None
    assert line in function_page(DEVIN, function).splitlines()
