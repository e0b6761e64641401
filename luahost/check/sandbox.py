"""Calls of what the sandbox has beside Lua: each, parallel, sleep. What is said is what they say themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from luahost.calls.walks import no_list
from luahost.check.calls import Wrong
from luahost.check.syntax import Constant, Lambda, Table
from luahost.check.values import UNKNOWN, Builtin, Callee

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from luahost.check.calls import Arguments
    from luahost.check.syntax import Entry, Expression
    from luahost.check.values import Value, Values


_WAITING = ("check", "timeout", "every")
_TOGETHER = ("limit", "settle")


def _names(value: Value) -> dict[str, Entry] | None:
    """The entries of a table as it is written, by their names; None for what is no such table, or not sure."""
    if not isinstance(value, Table):
        return None
    keys = [entry.key for entry in value.entries]
    if not all(isinstance(key, Constant) and isinstance(key.value, str) for key in keys):
        return None
    return {str(entry.key.value): entry for entry in value.entries if isinstance(entry.key, Constant)}


class Sandbox:
    """Checks the arguments of such calls in one text."""

    def __init__(self, values: Values, arguments: Arguments) -> None:
        self._values = values
        self._arguments = arguments

    def wrong(self, name: str, args: Sequence[Expression]) -> Iterator[Wrong]:
        """What is wrong with a call of the function `name`; nothing for another, or where it is not sure."""
        kind = self._kind(self._values.of(args[0])) if args else None
        if name == "each" and args:
            yield from self._each(args, kind)
        elif name == "parallel" and args:
            yield from self._parallel(args, kind)
        elif name == "wait_until" and args:
            yield from self._wait_until(args[0], kind)
        elif name == "sleep" and kind not in (None, "a number"):
            yield Wrong(
                args[0].at, f"sleep: a number of seconds, 0 or more, was expected, not {kind}", "as in sleep(5)"
            )
        elif name == "json.decode" and kind not in (None, "a string"):
            yield Wrong(args[0].at, f"json.decode: a string was expected, not {kind}", None)

    def _wait_until(self, given: Expression, kind: str | None) -> Iterator[Wrong]:
        value = self._values.of(given)
        hint = "as in wait_until{ check = function() return ... end, timeout = 60 }"
        if isinstance(value, Lambda | Builtin) or kind not in (None, "a table"):
            yield Wrong(given.at, "wait_until: 'check' must be a function", hint)
            return
        names = _names(value)
        if names is None:
            return
        for name, entry in names.items():
            if name not in _WAITING:
                yield Wrong(entry.at, f"wait_until: unknown parameter '{name}'", f"known: {', '.join(_WAITING)}")
        check = names.get("check")
        if check is None or self._kind(self._values.of(check.value)) is not None:
            yield Wrong(given.at, "wait_until: 'check' must be a function", hint)

    def _each(self, args: Sequence[Expression], kind: str | None) -> Iterator[Wrong]:
        callee = self._values.of(args[0])
        if isinstance(callee, Constant) and kind is not None:
            yield Wrong(args[0].at, f"each: a function that lists was expected, not {kind}",
                        "as in each(app.integrations.devin.list_sessions, { tags = {...} })")  # fmt: skip
        if not isinstance(callee, Callee):
            return
        if callee.given:
            yield Wrong(args[0].at, "each: a function that lists was expected, not a table: name the function itself, "
                        "without calling it", f"as in each(app.integrations.{callee.name}, {{ ... }})")  # fmt: skip
        elif callee.function.pages is None:
            error = no_list(callee.integration)
            yield Wrong(args[0].at, f"{callee.name}: {error.message}", error.hint)
        elif len(args) <= 1 or isinstance(self._values.of(args[1]), Table):
            yield from self._arguments.wrong(callee, args[1:])

    def _parallel(self, args: Sequence[Expression], kind: str | None) -> Iterator[Wrong]:
        if kind not in (None, "a table"):
            yield Wrong(args[0].at, f"parallel: a table was expected, not {kind}", "as in parallel{ f, g }")
        for name, entry in (_names(self._values.of(args[-1])) or {}).items():
            if len(args) > 1 and name not in _TOGETHER:
                yield Wrong(entry.at, f"parallel: unknown option '{name}'", f"known: {', '.join(_TOGETHER)}")
        first = self._values.of(args[0])
        if isinstance(first, Lambda | Builtin) or (isinstance(first, Callee) and not first.given):
            told = "parallel: one table of functions was expected, not a function"
            yield Wrong(args[0].at, told, "write braces: parallel{ f, g }")
        if not isinstance(args[0], Table) or (len(args) > 1 and not isinstance(self._values.of(args[1]), Table)):
            return  # a list, and the function for its entries
        for at, entry in enumerate((each for each in args[0].entries if each.key is None), 1):
            kind = self._kind(self._values.of(entry.value))
            if kind not in (None, "nil"):
                told = f"parallel: entry {at} is {kind}, and a function was expected"
                hint = "a call in the braces is made before parallel: write function() return f(x) end"
                yield Wrong(entry.at, told, hint)

    @staticmethod
    def _kind(value: Value) -> str | None:
        """What a value is that is no function, as Lua calls it; None where that is not sure."""
        if isinstance(value, Table) or (isinstance(value, Callee) and value.given and value.function.returns):
            return "a table"
        if isinstance(value, Constant) and value is not UNKNOWN:
            if value.value is None or isinstance(value.value, bool):
                return "nil" if value.value is None else "a boolean"
            return "a string" if isinstance(value.value, str) else "a number"
        return None
