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
    from luahost.check.syntax import Expression
    from luahost.check.values import Value, Values


class Sandbox:
    """Checks the arguments of such calls in one text."""

    def __init__(self, values: Values, arguments: Arguments) -> None:
        self._values = values
        self._arguments = arguments

    def wrong(self, name: str, args: Sequence[Expression]) -> Iterator[Wrong]:
        """What is wrong with a call of the function `name`; nothing for another, or where it is not sure."""
        if name == "each" and args:
            yield from self._each(args)
        elif name == "parallel" and args:
            yield from self._parallel(args)
        elif name == "sleep" and args and (kind := self._kind(self._values.of(args[0]))) not in (None, "a number"):
            yield Wrong(
                args[0].at, f"sleep: a number of seconds, 0 or more, was expected, not {kind}", "as in sleep(5)"
            )

    def _each(self, args: Sequence[Expression]) -> Iterator[Wrong]:
        callee = self._values.of(args[0])
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

    def _parallel(self, args: Sequence[Expression]) -> Iterator[Wrong]:
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
