"""Walks through a script and tells what is wrong in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from luahost.calls.names import VERBS
from luahost.check import slips
from luahost.check.calls import Arguments
from luahost.check.findings import SLIP
from luahost.check.sandbox import Sandbox
from luahost.check.syntax import (
    Assignment,
    Block,
    Call,
    Constant,
    Index,
    Lambda,
    Loop,
    Name,
    Operation,
    Perform,
    Return,
    Single,
    Table,
)
from luahost.check.values import NULL, Absent, Builtin, Callee, Library, Place, Space, Values
from luahost.spec import ACCOUNT_NAME

if TYPE_CHECKING:
    from collections.abc import Iterable

    from luahost.check.known import Known
    from luahost.check.syntax import Expression, Statement
    from luahost.errors import LuaHostError


class Mistake(NamedTuple):
    """What is wrong at a byte of the text.

    With `lua` it is what Lua itself would say, and the message is still to be made of that: for the line as it is,
    where `lua` is empty, or for `lua` in its place.
    """

    at: int
    code: str
    message: str
    hint: str | None = None
    lua: str | None = None


class Rules:
    """The mistakes of one text, in `found`."""

    def __init__(self, known: Known, values: Values, body: list[Statement]) -> None:
        self._known = known
        self._values = values
        self._arguments = Arguments(values)
        self._sandbox = Sandbox(values, self._arguments)
        self._absent: list[tuple[str, Mistake]] = []
        self._tested: set[str] = set()
        self._mistakes: list[Mistake] = []
        self._block(body)

    @property
    def found(self) -> list[Mistake]:
        """All mistakes, as they stand in the text. What is tested somewhere may be absent: who asks, knows."""
        absent = [mistake for name, mistake in self._absent if name not in self._tested]
        return sorted(dict.fromkeys(self._mistakes + absent))

    def _tell(self, at: int, error: LuaHostError) -> None:
        self._mistakes.append(Mistake(at, error.code, error.message, error.hint))

    def _add_slips(self, found: Iterable[slips.Slip]) -> None:
        self._mistakes += [Mistake(slip.at, SLIP, slip.message, slip.hint) for slip in found]

    def _say(self, at: int, code: str, message: str, hint: str | None = None) -> None:
        self._mistakes.append(Mistake(at, code, message, hint))

    def _fails(self, at: int, doing: str, kind: str, value: str) -> None:
        """Lua would stop here: `attempt to <doing> <kind> (a <value> value)`, where it knows the kind."""
        what = f"a {value} value" if kind == "a" else f"{kind} (a {value} value)"
        self._mistakes.append(Mistake(at, "script_error", f"attempt to {doing} {what}", lua=""))

    # -- statements -------------------------------------------------------------------------------------------

    def _block(self, body: list[Statement]) -> None:
        for statement in body:
            self._statement(statement)

    def _statement(self, statement: Statement) -> None:
        if isinstance(statement, Perform):
            self._call(statement.call, taken=False)
        elif isinstance(statement, Block):
            if statement.condition is not None:
                self._condition(statement.condition)
            self._block(statement.body)
        elif isinstance(statement, Loop):
            self._loop(statement)
        else:
            if isinstance(statement, Assignment):
                for target in statement.targets:
                    self._target(target)
            for value in statement.values:
                if isinstance(statement, Return) and isinstance(value, Call):
                    self._call(value, taken=False)  # return main() often has nothing to give
                else:
                    self._expression(value)

    def _target(self, target: Expression) -> None:
        if not isinstance(target, Index):
            return
        of = self._values.of(target.object)
        if isinstance(of, Library | Place | Space):
            key = target.key.value if isinstance(target.key, Constant) else "..."
            # As readonly.lua says it.
            message = f"{of.name} is read-only: {str(key)!r} cannot be set"
            self._say(target.key_at, "invalid_arguments", message, "keep your own values in a local variable")
        self._looked_into(target, of)
        self._expression(target.object, used=True)
        self._expression(target.key)

    def _loop(self, loop: Loop) -> None:
        first = self._values.of(loop.values[0])
        is_result = isinstance(first, Callee) and first.given and bool(first.function.returns)
        if loop.each and (is_result or isinstance(loop.values[0], Table)):
            self._fails(loop.values[0].at, "call", "a", "table")
        for value in loop.values:
            self._expression(value)
        self._block(loop.body)

    # -- expressions ------------------------------------------------------------------------------------------

    def _expression(self, node: Expression, *, used: bool = False) -> None:
        """`used` says that the value is called, or looked into: it must then be there."""
        if isinstance(node, Call):
            self._call(node, taken=True)
        elif isinstance(node, Index):
            self._index(node, used=used)
        elif isinstance(node, Operation):
            self._operation(node)
        elif isinstance(node, Single):
            self._expression(node.inner, used=used)
        elif isinstance(node, Lambda):
            self._block(node.body)
        elif isinstance(node, Table):
            for entry in node.entries:
                if entry.key is not None:
                    self._expression(entry.key)
                self._expression(entry.value)
        elif isinstance(node, Name):
            self._add_slips(slips.quoted(node))
            value = self._values.of(node)
            if isinstance(value, Absent) and not used:
                self._tested.add(value.name)

    def _operation(self, node: Operation) -> None:
        if node.operator in ("and", "or", "not"):
            self._condition(node.operands[0])
        else:
            self._expression(node.operands[0])
            if node.operator == "#":
                self._add_slips(slips.length(self._values, node))
            elif node.operator in ("==", "~="):
                self._add_slips(slips.compared(self._values, node))
            elif node.operator == "..":
                for operand in node.operands:
                    self._joined(operand)
        for operand in node.operands[1:]:
            self._expression(operand)

    def _joined(self, node: Expression) -> None:
        """`text .. node`, where node is a function, or the table that a call gives."""
        value = self._values.of(node)
        if not isinstance(value, Callee) or (value.given and not value.function.returns):
            return
        what = "a"
        if isinstance(node, Name):
            what = f"local '{node.name}'"
        elif isinstance(node, Index) and isinstance(node.key, Constant):
            what = f"field '{node.key.value}'"
        self._fails(node.at, "concatenate", what, "table" if value.given else "function")

    def _condition(self, node: Expression) -> None:
        if self._values.of(node) is NULL:
            self._add_slips([slips.null(node)])
        self._expression(node)

    def _index(self, node: Index, *, used: bool) -> None:
        of = self._values.of(node.object)
        value = self._values.of(node)
        self._looked_into(node, of)
        self._unknown_name(node, of, used=used)
        if isinstance(value, Absent) and not used:
            self._tested.add(value.name)
        self._add_slips(slips.entries(self._values, node))
        self._expression(node.object, used=True)
        self._expression(node.key)

    def _looked_into(self, node: Index, of: object) -> None:
        """`of.key`, where `of` is nothing that has keys."""
        if isinstance(of, Absent):
            self._is_absent(node.object, of, "index")
        elif isinstance(of, Callee) and not of.given:
            self._fails(node.key_at, "index", f"field '{of.function.name}'", "function")

    def _is_absent(self, node: Expression, of: Absent, doing: str) -> None:
        _, dot, field = of.name.rpartition(".")
        kind = "field" if dot else "global"
        at = node.key_at if isinstance(node, Index) else node.at
        message = f"attempt to {doing} {kind} '{field}' (a nil value)"
        text = ""
        if isinstance(node, Index) and isinstance(self._values.of(node.object), Library):
            text = f"{of.name}()"  # by the library's own name, whatever the script calls it
        self._absent.append((of.name, Mistake(at, "script_error", message, lua=text)))

    def _unknown_name(self, node: Index, of: object, *, used: bool) -> None:
        """A name that `app`, `app.integrations` or an integration does not have."""
        name = node.key.value if isinstance(node.key, Constant) else None
        if not isinstance(name, str):
            return
        if of == Place("app") and name != "integrations":
            known = name if name in self._known.catalog else "devin"
            self._say(node.key_at, "unknown_integration", f"app has no {name!r}", f"write app.integrations.{known}")
        elif of == Place("app.integrations") and name not in self._known.catalog:
            self._tell(node.key_at, self._known.unknown(name, None, ""))
        elif isinstance(of, Space) and of.integration.function(name) is None:
            integration = of.integration.name
            if of.account is not None:
                if of.account or used:  # of x[y].z, where y may be a function
                    self._tell(node.key_at, self._known.unknown(integration, of.account or None, name))
                return
            if name in self._known.account_names(integration):
                return
            # Where any account is right, what begins with a verb is no account's name.
            verb, more, _ = name.partition("_")
            is_account = bool(ACCOUNT_NAME.match(name)) and not (more and verb in VERBS)
            if self._known.are_accounts_known(integration) or not is_account:
                self._tell(node.key_at, self._known.unknown(integration, None, name))

    # -- calls ------------------------------------------------------------------------------------------------

    def _call(self, node: Call, *, taken: bool) -> None:
        callee = self._values.of(node.callee)
        if node.method is not None:
            self._method(node, callee)
        elif isinstance(callee, Absent):
            self._is_absent(node.callee, callee, "call")
        elif isinstance(callee, Place | Space | Library):
            self._namespace(node, callee)
        elif isinstance(callee, Callee) and not callee.given:
            self._wrong(node, self._arguments.wrong(callee, node.args))
        elif isinstance(callee, Builtin):
            self._builtin(node, callee)
        self._add_slips(slips.call(self._values, node, taken=taken))
        self._expression(node.callee, used=True)
        for arg in node.args:
            self._expression(arg)

    def _wrong(self, node: Call, found: Iterable[tuple[int | None, str, str | None]]) -> None:
        place = node.callee.key_at if isinstance(node.callee, Index) else node.callee.at
        for at, message, hint in found:
            self._say(place if at is None else at, "invalid_arguments", message, hint)

    def _namespace(self, node: Call, callee: Place | Space | Library) -> None:
        place = node.callee.key_at if isinstance(node.callee, Index) else node.at
        if isinstance(callee, Space) and callee.account and not self._known.are_accounts_known(callee.integration.name):
            # An account, had it not been called: no name of one is known here.
            self._tell(place, self._known.unknown(callee.integration.name, None, callee.account))
            return
        # As readonly.lua says it.
        hint = f"call one of its functions, as in {callee.name}.FUNCTION{{...}}"
        self._say(place, "invalid_arguments", f"{callee.name} is a namespace, not a function", hint)

    def _method(self, node: Call, of: object) -> None:
        if isinstance(of, Space):
            function = of.integration.function(node.method or "")
            name = f"{of.integration.name}.{node.method}"
            if function is None:
                key = Constant(node.method_at, node.method)
                self._unknown_name(Index(node.at, node.callee, key, node.method_at), of, used=True)
            else:
                # As namespace.lua says it.
                hint = f"write a dot: app.integrations.{name}{{...}}"
                self._say(node.method_at, "invalid_arguments", f"{name} was called with a colon", hint)
        elif isinstance(of, Library):
            name = f"{of.name}.{node.method}"
            if node.method in self._known.globals[of.name]:
                self._say(node.method_at, "invalid_arguments", f"{name} was called with a colon", f"write {name}(...)")
            else:
                self._fails(node.method_at, "call", f"method '{node.method}'", "nil")
        elif isinstance(of, Absent):
            self._is_absent(node.callee, of, "index")
        elif (
            isinstance(of, Constant) and isinstance(of.value, str) and node.method not in self._known.globals["string"]
        ):
            self._fails(node.method_at, "call", f"method '{node.method}'", "nil")
        elif isinstance(of, Callee) and not of.given:
            self._fails(node.method_at, "index", f"field '{of.function.name}'", "function")

    def _builtin(self, node: Call, callee: Builtin) -> None:
        called = self._arguments.callback(callee, node.args)
        if called is not None:
            self._wrong(node, self._arguments.wrong(*called))
        else:
            self._wrong(node, self._sandbox.wrong(callee.name, node.args))
