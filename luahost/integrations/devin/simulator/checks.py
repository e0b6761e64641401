"""What a request must look like, declared field by field; each failure is worded as FastAPI words it."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from .answers import Failure, failure, invalid

if TYPE_CHECKING:
    from .request import Request

Loc = tuple[str | int, ...]
# The failures, and then what is taken in place of the value: None for the value as it is.
Verdict = Generator[Failure, None, Any]
Check = Callable[[Any, Loc], Verdict]

# Of whole numbers. The documentation names no bound, but Python's grow beyond what a float can hold.
_MOST = 2**31 - 1


def text(*, at_least: int = 0, at_most: int | None = None) -> Check:
    def check(value: Any, loc: Loc) -> Verdict:
        if not isinstance(value, str):
            yield failure(loc, "Input should be a valid string", "string_type")
        elif len(value) < at_least:
            yield failure(loc, f"String should have at least {at_least} character", "string_too_short")
        elif at_most is not None and len(value) > at_most:
            yield failure(loc, f"String should have at most {at_most} characters", "string_too_long")

    return check


def matching(pattern: str) -> Check:
    """A text that is of this pattern from its first character to its last."""
    known = re.compile(pattern)

    def check(value: Any, loc: Loc) -> Verdict:
        if not isinstance(value, str):
            yield failure(loc, "Input should be a valid string", "string_type")
        elif known.fullmatch(value) is None:
            yield failure(loc, f"String should match pattern '^{pattern}$'", "string_pattern_mismatch")

    return check


def moment(value: Any, loc: Loc) -> Verdict:
    """An ISO 8601 time that says its timezone."""
    if not isinstance(value, str):
        yield failure(loc, "Input should be a valid datetime", "datetime_type")
        return
    try:
        when = datetime.fromisoformat(value)
        if when.tzinfo is None:
            yield failure(loc, "Input should have timezone info", "timezone_aware")
        else:
            when.astimezone(UTC)
    except (ValueError, OverflowError):
        yield failure(loc, "Input should be a valid datetime", "datetime_parsing")


def whole(*, at_least: int = -_MOST, at_most: int = _MOST) -> Check:
    def check(value: Any, loc: Loc) -> Verdict:
        if isinstance(value, bool) or not isinstance(value, int | float) or value != value // 1:
            yield failure(loc, "Input should be a valid integer", "int_type")
        elif value < at_least:
            yield failure(loc, f"Input should be greater than or equal to {at_least}", "greater_than_equal")
        elif value > at_most:
            yield failure(loc, f"Input should be less than or equal to {at_most}", "less_than_equal")
        else:
            return int(value)  # 2.0 is whole, and an answer says 2
        return None

    return check


def mapping(value: Any, loc: Loc) -> Verdict:
    """An object of any fields."""
    if not isinstance(value, dict):
        yield failure(loc, "Input should be a valid dictionary", "dict_type")


def flag(value: Any, loc: Loc) -> Verdict:
    if not isinstance(value, bool):
        yield failure(loc, "Input should be a valid boolean", "bool_type")


def url(value: Any, loc: Loc) -> Verdict:
    yield from text(at_least=1, at_most=2083)(value, loc)
    if isinstance(value, str) and value and not value.startswith(("http://", "https://")):
        yield failure(loc, "Input should be a valid URL", "url_parsing")


def one_of(*words: str) -> Check:
    expected = " or ".join(repr(word) for word in words)

    def check(value: Any, loc: Loc) -> Verdict:
        if value not in words:
            yield failure(loc, f"Input should be {expected}", "enum")

    return check


def many(item: Check, *, at_least: int = 0, at_most: int | None = None) -> Check:
    def check(value: Any, loc: Loc) -> Verdict:
        if not isinstance(value, list):
            yield failure(loc, "Input should be a valid list", "list_type")
            return
        if len(value) < at_least:
            yield failure(loc, f"List should have at least {at_least} item after validation", "too_short")
        if at_most is not None and len(value) > at_most:
            yield failure(loc, f"List should have at most {at_most} items after validation", "too_long")
        for place, element in enumerate(value):
            taken = yield from item(element, (*loc, place))
            if taken is not None:
                value[place] = taken

    return check


def nullable(inner: Check) -> Check:
    def check(value: Any, loc: Loc) -> Verdict:
        return None if value is None else (yield from inner(value, loc))

    return check


def fields(required: dict[str, Check], optional: dict[str, Check] | None = None) -> Check:
    """An object with these fields; unknown ones are ignored, as the service ignores them."""
    known = {**required, **(optional or {})}

    def check(value: Any, loc: Loc) -> Verdict:
        if not isinstance(value, dict):
            msg = "Input should be a valid dictionary or object to extract fields from"
            yield failure(loc, msg, "model_attributes_type")
            return None
        for name, inner in known.items():
            if name in value:
                taken = yield from inner(value[name], (*loc, name))
                if taken is not None:
                    value[name] = taken
            elif name in required:
                yield failure((*loc, name), "Field required", "missing")
        # Only what has been looked at: a field that this version does not know means nothing later on.
        return {name: inner for name, inner in value.items() if name in known}

    return check


def read_body(request: Request, check: Check) -> dict[str, Any]:
    """The known fields of the body once all have passed, nothing for a null; one 422 lists what did not."""
    body = request.json()
    taken: list[dict[str, Any] | None] = []

    def failures() -> Iterator[Failure]:
        taken.append((yield from check(body, ("body",))))

    found = list(failures())
    if found:
        raise invalid(*found)
    return taken[0] or {}
