"""Query parameters, read by a declaration: name → how its text becomes a value."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime
from typing import TYPE_CHECKING, Any

from .answers import Failure, failure, invalid

if TYPE_CHECKING:
    from .request import Request

Reader = Callable[[list[str]], Any]  # raises _UnfitError with what the value should be


class _UnfitError(ValueError):
    def __init__(self, msg: str, kind: str) -> None:
        super().__init__(msg)
        self.msg = msg
        self.kind = kind


def word(values: list[str]) -> str:
    return values[-1]


def count(*, at_least: int | None = None, at_most: int | None = None) -> Reader:
    def read(values: list[str]) -> int:
        try:
            number = int(values[-1])
        except ValueError:
            msg = "Input should be a valid integer, unable to parse string as an integer"
            raise _UnfitError(msg, "int_parsing") from None
        if at_least is not None and number < at_least:
            raise _UnfitError(f"Input should be greater than or equal to {at_least}", "greater_than_equal")
        if at_most is not None and number > at_most:
            raise _UnfitError(f"Input should be less than or equal to {at_most}", "less_than_equal")
        return number

    return read


def yes_or_no(values: list[str]) -> bool:
    known = {
        "true": True,
        "1": True,
        "yes": True,
        "on": True,
        "false": False,
        "0": False,
        "no": False,
        "off": False,
    }
    try:
        return known[values[-1].lower()]
    except KeyError:
        msg = "Input should be a valid boolean, unable to interpret input"
        raise _UnfitError(msg, "bool_parsing") from None


def words(values: list[str]) -> list[str]:
    """Repeated keys and comma-joined values alike: clients send both, and which are taken is unknown."""
    return [part for value in values for part in value.split(",") if part]


def milliseconds(values: list[str]) -> int:
    """A moment, written as such a number since the epoch or in ISO 8601 with a timezone."""
    text = values[-1]
    try:
        if text.isascii() and text.removeprefix("-").isdecimal():
            return int(text)
        when = datetime.fromisoformat(text)
    except ValueError:
        raise _UnfitError("Input should be a valid timestamp", "datetime_parsing") from None
    if when.tzinfo is None:
        raise _UnfitError("Input should have timezone info", "timezone_aware")
    return int(when.timestamp() * 1000)


def one_of(*known: str) -> Reader:
    def read(values: list[str]) -> str:
        if values[-1] not in known:
            raise _UnfitError(f"Input should be {' or '.join(repr(name) for name in known)}", "enum")
        return values[-1]

    return read


def some_of(*known: str) -> Reader:
    one = one_of(*known)

    def read(values: list[str]) -> list[str]:
        return [one([value]) for value in words(values)]

    return read


def read_query(request: Request, readers: dict[str, Reader], *, required: Collection[str] = ()) -> dict[str, Any]:
    """Every declared parameter that was sent, as its value; one 422 lists all that do not fit."""
    found: dict[str, Any] = {}
    failures: list[Failure] = []
    for name, reader in readers.items():
        if name in request.query:
            try:
                found[name] = reader(request.query[name])
            except _UnfitError as unfit:
                failures.append(failure(("query", name), unfit.msg, unfit.kind))
        elif name in required:
            failures.append(failure(("query", name), "Field required", "missing"))
    if failures:
        raise invalid(*failures)
    return found
