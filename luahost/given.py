"""What a host is given, checked: a word that is not known would be noticed at the first run, or never."""

from __future__ import annotations

from luahost.errors import UsageError
from luahost.lua.confine import LEVELS
from luahost.results import Limits

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

ISOLATIONS = ("process", "none")


def check(
    *,
    policy: Any,
    limits: Any,
    isolation: Any,
    state: Any,
    journal: Any,
    approve: Any,
    require_seal: Any,
    reuse: Any,
    processes: Any,
) -> None:
    """Raise UsageError for the first that cannot be; each is as `luahost.Host` has it."""
    if isolation not in ISOLATIONS:
        raise UsageError(f"isolation {isolation!r} is not known", hint=f"known: {', '.join(ISOLATIONS)}")
    if require_seal not in LEVELS:
        raise UsageError(f"seal {require_seal!r} is not known", hint=f"known: {', '.join(LEVELS)}")
    if isolation == "none" and require_seal != "none":
        raise UsageError("isolation 'none' has no seal", hint="use isolation 'process', or require none")
    for name, number in (("reuse", reuse), ("processes", processes)):
        if isinstance(number, bool) or not isinstance(number, int) or number < 1:
            raise UsageError(f"{name}: a whole number of at least 1 was expected, not {number!r}")
    if state is True:
        raise UsageError("state is a folder, or False for nothing on disk")
    if journal not in (True, False, "if-possible"):
        raise UsageError(f"journal: True, False or 'if-possible' was expected, not {journal!r}")
    if journal is True and state is False:
        raise UsageError("a journal needs a folder: state is False", hint="give state a folder")
    if approve is not None and not callable(approve):
        raise UsageError(f"approve: a function was expected, not {approve!r}")
    if limits is not None and not isinstance(limits, Limits):
        raise UsageError(f"limits: a Limits was expected, not {limits!r}", hint="as in Limits(wall=30)")
    if policy is not None and not callable(policy) and not hasattr(policy, "decide"):
        raise UsageError(f"policy: a Policy was expected, not {policy!r}", hint='as in Policy(write="allow")')
