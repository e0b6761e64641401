"""What a host, and a run, is given, checked: a word that is not known would be noticed at the first run, or never."""

from __future__ import annotations

from collections.abc import Mapping

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
    integrations: Any,
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
    check_limits(limits)
    for each in integrations:
        if not hasattr(each, "functions"):
            raise UsageError(
                f"integrations: an Integration was expected, not {each!r}",
                hint='a function belongs to one: Integration(name="own", …, functions=[…])',
            )
    if policy is not None and not callable(policy) and not hasattr(policy, "decide"):
        raise UsageError(f"policy: a Policy was expected, not {policy!r}", hint='as in Policy(write="allow")')


def check_limits(limits: Any) -> None:
    if limits is not None and not isinstance(limits, Limits):
        raise UsageError(f"limits: a Limits was expected, not {limits!r}", hint="as in Limits(wall=30)")


def check_run(source: Any, args: Any, limits: Any) -> None:
    """Raise UsageError for what is no script, or nothing to run it with; each is as `Host.run` has it."""
    if not isinstance(source, (str, bytes)):
        hint = "Path(…).read_bytes() reads a file"
        raise UsageError(f"source: the text of a script was expected, not {source!r}", hint=hint)
    if args is not None and not isinstance(args, Mapping):
        raise UsageError(f"args: names and values were expected, not {args!r}", hint='as in {"name": "value"}')
    check_limits(limits)
