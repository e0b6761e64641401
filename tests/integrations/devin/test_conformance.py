"""Devin's integration keeps what every integration has to."""

from __future__ import annotations

from luahost.integrations.devin import DEVIN
from luahost.testing import check_integration


def test_it_conforms() -> None:
    check_integration(DEVIN)
