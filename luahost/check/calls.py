"""What calls of integrations are given, as far as the text says it: checked as the call itself would check it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from luahost.calls import arguments
from luahost.calls.changes import check_changes
from luahost.calls.names import suggest
from luahost.check.syntax import Call, Constant, Lambda, Name, Several, Table
from luahost.check.values import NULL, UNKNOWN, Builtin, Callee
from luahost.errors import InvalidArguments

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from luahost.check.syntax import Expression
    from luahost.check.values import Values


class Wrong(NamedTuple):
    """What is wrong with a call, and where: `at` is None for the call as a whole."""

    at: int | None
    message: str
    hint: str | None


class _Given(NamedTuple):
    """A table as far as the text says it: where each name stands, and whether there may be others."""

    values: dict[str, Any]
    places: dict[str, int]
    is_open: bool


_AS_CALLBACK = {"pcall": 1, "xpcall": 2}  # which argument is the first of the function that is called


class Arguments:
    """Checks the arguments of calls in one text."""

    def __init__(self, values: Values) -> None:
        self._values = values

    def wrong(self, callee: Callee, args: Sequence[Expression]) -> Iterator[Wrong]:
        """What is wrong with a call of `callee`; nothing where it is not sure."""
        args = self._without_nil(args)
        if not args:
            yield from self._checked(callee, _Given({}, {}, is_open=False))
            return
        first = self._values.of(args[0])
        if isinstance(first, Table) and len(args) == 1:
            if self._stays(args[0]):
                yield from self._table(callee, first)
        elif isinstance(first, Callee) and first.given and len(args) == 1:
            yield from self._whole(callee, {field.name for field in first.function.returns if field.always})
        elif isinstance(first, Constant) or (len(args) > 1 and isinstance(self._values.of(args[-1]), Constant | Table)):
            yield from self._positional(callee, args)

    def callback(self, callee: Builtin, args: Sequence[Expression]) -> tuple[Callee, Sequence[Expression]] | None:
        """The call that pcall(f, ...) makes, where f is known."""
        first = _AS_CALLBACK.get(callee.name)
        found = self._values.of(args[0]) if first and args else UNKNOWN
        return (found, args[first:]) if isinstance(found, Callee) and not found.given else None

    # -- one call ---------------------------------------------------------------------------------------------

    def _without_nil(self, args: Sequence[Expression]) -> Sequence[Expression]:
        """Without each nil at the end, which is as good as nothing."""
        while args:
            last = self._values.of(args[-1])
            if not (isinstance(last, Constant) and last.value is None):
                break
            args = args[:-1]
        return args

    def _positional(self, callee: Callee, args: Sequence[Expression]) -> Iterator[Wrong]:
        """By position; what is behind a call or ... at the end may be any number of values."""
        is_open = isinstance(args[-1], Call | Several)
        given = [self._plain(arg) for arg in args]
        params = callee.function.params
        if is_open:
            given.pop()
        elif given[-1] is UNKNOWN and len(given) > len(params):
            return  # it may be nil, and then counts for nothing
        try:
            named = arguments.from_positions(callee.function, given)
        except InvalidArguments as error:
            yield Wrong(None, f"{callee.name}: {error.message}", error.hint)
            return
        places = {param.name: arg.at for param, arg in zip(params, args, strict=False)}
        rest = {param.name: UNKNOWN for param in params[len(given) :]} if is_open else {}
        yield from self._checked(callee, _Given({**named, **rest}, places, is_open=False))

    def _table(self, callee: Callee, table: Table) -> Iterator[Wrong]:
        if table.entries and all(entry.key is None for entry in table.entries):
            listed = self._values.of(table.entries[0].value)
            if isinstance(listed, Constant | Table) or listed is NULL:
                yield from self._checked(callee, [None])
            return
        given = self._named(table)
        if given is None:
            yield from self._mixed(callee, table)
        else:
            yield from self._unsent(callee, table)
            yield from self._checked(callee, given)

    def _mixed(self, callee: Callee, table: Table) -> Iterator[Wrong]:
        """A table that has names and, for certain, something without one."""
        named = next((entry for entry in table.entries if entry.key is not None), None)
        key = named.key if named is not None else None
        first = next((entry for entry in table.entries if entry.key is None), None)
        is_there = first is not None and isinstance(self._values.of(first.value), Constant | Table)
        if first is not None and is_there and isinstance(key, Constant):
            # As json.lua says it.
            told = f"{callee.name}: a table has both a list and the name {key.value!r}"
            yield Wrong(first.at, told, arguments.usage(callee.function))

    def _unsent(self, callee: Callee, table: Table) -> Iterator[Wrong]:
        """Values that no call can take: mostly a function that was to be called."""
        for entry in table.entries:
            value = self._values.of(entry.value)
            is_function = isinstance(value, Lambda | Builtin) or (isinstance(value, Callee) and not value.given)
            if isinstance(entry.key, Constant) and is_function:
                # As json.lua says it.
                told = f"{callee.name}: {entry.key.value!r}: a function is not a value that can be sent"
                yield Wrong(entry.at, told, arguments.usage(callee.function))

    def _named(self, table: Table) -> _Given | None:
        """The names of a table and their values; None where it is, or may be, a list."""
        values: dict[str, Any] = {}
        places: dict[str, int] = {}
        is_open = False
        for entry in table.entries:
            if entry.key is None:
                return None
            key = self._values.of(entry.key)
            if not isinstance(key, Constant):
                is_open = True
            elif not isinstance(key.value, str):
                return None
            else:
                value = self._values.of(entry.value)
                if key.value in places:
                    values[key.value] = UNKNOWN  # set twice: LuaJIT sets constants before all else
                elif not (isinstance(value, Constant) and value.value is None):
                    values[key.value] = self._plain(entry.value)
                places.setdefault(key.value, entry.at)
        return _Given(values, places, is_open)

    def _whole(self, callee: Callee, fields: set[str]) -> Iterator[Wrong]:
        """What another function gave, which has these fields."""
        known = {param.name for param in callee.function.params}
        if arguments.wants_one_of(callee.function, fields) and not fields <= known:
            error = arguments.whole_given(callee.function)
            yield Wrong(None, f"{callee.name}: {error.message}", error.hint)

    def _checked(self, callee: Callee, given: _Given | list[Any]) -> Iterator[Wrong]:
        """What the call's own check says; each problem at its place."""
        function, name = callee.function, callee.name
        values: Any = given.values if isinstance(given, _Given) else given
        try:
            clean = arguments.check(function, values)
            if not (isinstance(given, _Given) and given.is_open):
                check_changes(function, values, clean)
        except InvalidArguments as error:
            problems = (error.details or {}).get("problems") if isinstance(given, _Given) else None
            if not problems or not isinstance(given, _Given):
                yield Wrong(None, f"{name}: {error.message}", error.hint)
                return
            known = [param.name for param in function.params]
            meant = {suggest(each["parameter"], known) for each in problems if each["parameter"] not in known}
            for each in problems:
                param, problem = each["parameter"], each["problem"]
                if param in meant and param not in given.values:
                    continue  # it is required, and there, under a misspelt name
                if param in given.values:
                    yield Wrong(given.places.get(param), f"{name}: {problem}", error.hint)
                elif not given.is_open:
                    yield Wrong(None, f"{name}: {problem}", error.hint)

    # -- values -----------------------------------------------------------------------------------------------

    def _plain(self, node: Expression) -> Any:
        """The value as the host would get it; UNKNOWN, also for a part of it, where only the run knows."""
        value = self._values.of(node)
        if value is NULL:
            return None
        if isinstance(value, Constant):
            return value.value
        if not isinstance(value, Table) or not self._stays(node):
            return UNKNOWN
        if all(entry.key is None for entry in value.entries):
            if value.entries and isinstance(value.entries[-1].value, Call | Several):
                return UNKNOWN  # any number of entries
            return [self._plain(entry.value) for entry in value.entries] or {}
        named = self._named(value)
        return named.values if named is not None and not named.is_open else UNKNOWN

    def _stays(self, node: Expression) -> bool:
        """Whether a table is as it was written where it is used: it was written there, or is used in calls alone."""
        if not isinstance(node, Name) or node.variable is None:
            return isinstance(node, Table)
        variable = node.variable
        return len(variable.passed) == len(variable.reads) and all(map(self._reads_only, variable.passed))

    def _reads_only(self, call: Call) -> bool:
        callee = self._values.of(call.callee)
        if isinstance(callee, Builtin):
            return callee.name in ("each", "print", "dump") or self.callback(callee, call.args) is not None
        return call.method is None and isinstance(callee, Callee) and not callee.given
