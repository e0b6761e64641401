"""What each line of a journal must hold, see luahost.calls.history: a file may have been damaged, edited or made up."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any

from luahost.errors import LuaHostError
from luahost.results import Limits

if TYPE_CHECKING:
    from collections.abc import Callable

_ID = re.compile(r"[a-z0-9][a-z0-9-]{5,79}")  # any run's, see luahost.calls.journals
_LATEST = 1e11  # seconds since 1970, in the year 5138
_MOST = 1 << 53  # the whole numbers that Lua has
_LONGEST = 1e300
_MISSING: Any = object()


class _Field:
    """What a field may be: of one of the types that JSON has, and as `holds` says."""

    __slots__ = ("expected", "holds", "needed", "types")

    def __init__(self, expected: str, *types: type, holds: Callable[[Any], bool] | None = None) -> None:
        self.expected = expected
        self.types = frozenset(types)
        self.holds = holds
        self.needed = True

    def or_absent(self, *others: type) -> _Field:
        """The same of a field that may be missing, or of one of `others`."""
        made = _Field(self.expected, *self.types, *others, holds=self.holds)
        made.needed = False
        return made

    def check(self, name: str, value: Any) -> None:
        if type(value) in self.types and (value is None or self.holds is None or self.holds(value)):
            return
        shown = repr(value)
        raise ValueError(
            f"{name}: {self.expected} was expected, not {shown if len(shown) <= 60 else shown[:57] + '...'}"
        )


def _whole(least: int) -> Callable[[int], bool]:
    return lambda value: least <= value <= _MOST


def _one_of(*words: str) -> _Field:
    return _Field(f"one of {', '.join(words)}", str, holds=words.__contains__)


def _words(value: list[Any]) -> bool:
    return all(type(each) in (str, int, float, bool) for each in value)


def _numbers(value: list[Any]) -> bool:
    return all(type(each) is int and 0 < each <= _MOST for each in value)


def _pairs(value: list[Any]) -> bool:
    return all(
        type(pair) is list and len(pair) == 2 and all(type(each) is int and abs(each) <= _MOST for each in pair)
        for pair in value
    )


def _is_path(value: str) -> bool:
    try:
        return b"\0" not in os.fsencode(value)
    except UnicodeEncodeError:
        return False


def _are_limits(value: dict[str, Any]) -> bool:
    try:
        Limits(**value)
    except (LuaHostError, TypeError):
        return False
    return True


_NONE = type(None)
_TEXT = _Field("a text", str)
_OBJECT = _Field("an object", dict)
_SWITCH = _Field("true or false", bool)
_AT = _Field("seconds since 1970", int, float, holds=lambda value: 0 <= value <= _LATEST)
_NUMBER = _Field("a call's number, from 1 on,", int, holds=_whole(1))
_COUNT = _Field("a whole number, 0 or more,", int, holds=_whole(0))
_TIME = _Field("a number", int, float, holds=lambda value: -_LONGEST <= value <= _LONGEST)
_PROCESS = {"pid": _NUMBER.or_absent(_NONE), "host": _TEXT.or_absent(_NONE)}

FIELDS: dict[str, dict[str, _Field]] = {
    "run": {
        "run_id": _Field("the id of a run", str, holds=lambda value: _ID.fullmatch(value) is not None),
        "name": _TEXT,
        "source": _TEXT,
        "account": _TEXT,
        "seed": _Field("a whole number below 2^31", int, holds=lambda value: 0 <= value < 1 << 31),
        "now": _TIME.or_absent(_NONE),
        "args": _OBJECT.or_absent(_NONE),
        "words": _Field("a list of texts or numbers", list, holds=_words).or_absent(_NONE),
        "limits": _Field("limits of a run", dict, holds=_are_limits).or_absent(_NONE),
        **dict.fromkeys(("modules", "files"), _Field("a folder", str, holds=_is_path).or_absent(_NONE)),
        **dict.fromkeys(("sha256", "luahost", "isolation"), _TEXT.or_absent(_NONE)),
        **_PROCESS,
    },
    "module": {"name": _TEXT, "file": _TEXT, "source": _TEXT},
    "account": {
        **dict.fromkeys(("integration", "account", "base_url", "api_version", "key"), _TEXT),
        "org_id": _TEXT.or_absent(_NONE),
    },
    "call": {
        "n": _NUMBER,
        **dict.fromkeys(("task", "call", "account"), _TEXT),
        "access": _one_of("read", "write"),
        "arguments": _OBJECT,
        "walk": _SWITCH.or_absent(),
        "keyed": _SWITCH.or_absent(),
    },
    "sent": {"n": _NUMBER},
    "unsent": {"n": _NUMBER},
    "answer": {
        "n": _NUMBER,
        "status": _one_of("ok", "error", "unknown", "planned"),
        "error": _OBJECT.or_absent(_NONE),
        "policy": _OBJECT.or_absent(_NONE),
        "pages": _SWITCH.or_absent(),
        "now": _TIME.or_absent(_NONE),
    },
    "page": {
        "n": _NUMBER,
        "rest": _OBJECT.or_absent(),
        "text": _TEXT.or_absent(),
        "field": _TEXT.or_absent(),
        "last": _Field("true", bool, holds=bool).or_absent(),
        "error": _OBJECT.or_absent(),
    },
    "sleep": {
        "task": _TEXT,
        "seconds": _Field("seconds, 0 or more,", int, float, holds=lambda value: 0 <= value <= _LONGEST),
    },
    "time": {"task": _TEXT, "times": _Field("a list of pairs of whole numbers", list, holds=_pairs), "clock": _COUNT},
    "output": {"task": _TEXT.or_absent(), "bytes": _COUNT},
    "approved": {"n": _NUMBER},
    "end": {
        "status": _one_of("done", "failed", "suspended", "interrupted"),
        "error": _OBJECT.or_absent(_NONE),
        "reopen": _Field("a list of calls' numbers", list, holds=_numbers).or_absent(_NONE),
    },
    "resume": _PROCESS,
}
"""Of each event, the fields that are read. All else that a line has is of a later luahost."""

_CHECKS = {
    event: [(name, field, field.types, field.holds, field.needed) for name, field in {"at": _AT, **fields}.items()]
    for event, fields in FIELDS.items()
}


def check(event: dict[str, Any]) -> None:
    """Raises ValueError, with the field, for a line that is not as it should be; one unknown here needs a time."""
    kind = event["event"]
    # A journal has tens of thousands of lines: what is right takes no call of a function but where it must.
    for name, field, types, holds, needed in _CHECKS.get(kind, _OTHERS):
        value = event.get(name, _MISSING)
        if value is _MISSING:
            if needed:
                raise ValueError(f"it has no {name}")
        elif type(value) not in types or (holds is not None and value is not None and not holds(value)):
            field.check(name, value)
    together = _TOGETHER.get(kind)
    if together is not None:
        together(event)


_OTHERS = [("at", _AT, _AT.types, _AT.holds, True)]


def _answer(event: dict[str, Any]) -> None:
    failed = event["status"] in ("error", "unknown")
    if failed != (event.get("error") is not None):
        raise ValueError(f"it has {'no' if failed else 'an'} error, and the status {event['status']}")


def _page(event: dict[str, Any]) -> None:
    if sum(name in event for name in ("rest", "last", "error")) != 1:
        raise ValueError("it has to have one of rest, last and error")
    if ("text" in event) != ("field" in event) or ("text" in event and "rest" not in event):
        raise ValueError("it has to have rest, text and field together")


_TOGETHER: dict[str, Callable[[dict[str, Any]], None]] = {"answer": _answer, "page": _page}
