"""Ctrl-C at each moment at which it may come."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


def at_each_moment(act: Callable[[], object], check: Callable[[], bool]) -> int:
    """Interrupt `act` a bit later each time, until it ends before that; what is to be true after each. How often."""
    seen = at = 0

    def interrupt(_: Any, event: str, __: Any) -> Any:
        nonlocal seen
        seen += event in ("call", "return")  # where Python looks for signals
        if seen == at and event in ("call", "return"):
            raise KeyboardInterrupt
        return interrupt

    while seen == at:
        seen, at = 0, at + 1
        sys.settrace(interrupt)
        try:
            act()
        except KeyboardInterrupt:
            pass
        finally:
            sys.settrace(None)
        assert check(), at
    return at
