"""Which variable each name of a script is, and where it gets its values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from luahost.check.syntax import (
    Assignment,
    Block,
    Call,
    Index,
    Lambda,
    Local,
    Loop,
    Name,
    Operation,
    Perform,
    Several,
    Single,
    Table,
    Variable,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from luahost.check.syntax import Expression, Statement

_BY_NAME = frozenset({"_G", "load", "require"})
"""Globals through which others can be set without being named."""


class Scopes:
    """The variables of one text. `globals` are those that it names.

    `requires` are its calls of require; `hidden` says that it may set globals in a way that cannot be seen.
    """

    def __init__(self, body: list[Statement]) -> None:
        self.globals: dict[str, Variable] = {}
        self.requires: list[Call] = []
        self.hidden = False
        self._scopes: list[dict[str, Variable]] = []
        self._block(body)

    def assigned(self) -> set[str]:
        """The globals that the text sets."""
        return {name for name, variable in self.globals.items() if variable.sources}

    # -- statements -------------------------------------------------------------------------------------------

    def _block(self, body: list[Statement], names: Sequence[Name] = (), until: Expression | None = None) -> None:
        self._scopes.append({})
        for name in names:
            self._declare(name).sources.append(None)
        for statement in body:
            self._statement(statement)
        if until is not None:
            self._expression(until)
        self._scopes.pop()

    def _statement(self, statement: Statement) -> None:
        if isinstance(statement, Local):
            self._local(statement)
        elif isinstance(statement, Assignment):
            for value in statement.values:
                self._expression(value)
            for at, target in enumerate(statement.targets):
                if isinstance(target, Name):
                    target.variable = self._find(target.name)
                    target.variable.sources.append(_source(statement.values, at))
                else:
                    self._expression(target)
                    if isinstance(target, Index) and isinstance(target.object, Name) and target.object.variable:
                        target.object.variable.is_changed = True
        elif isinstance(statement, Perform):
            self._expression(statement.call)
        elif isinstance(statement, Block):
            if statement.condition is not None and not statement.last:
                self._expression(statement.condition)
            self._block(statement.body, until=statement.condition if statement.last else None)
        elif isinstance(statement, Loop):
            for value in statement.values:
                self._expression(value)
            self._block(statement.body, statement.names)
        else:
            for value in statement.values:
                self._expression(value)

    def _local(self, statement: Local) -> None:
        if statement.recursive:
            self._declare(statement.names[0])
        for value in statement.values:
            self._expression(value)
        for at, name in enumerate(statement.names):
            variable = name.variable if statement.recursive and name.variable else self._declare(name)
            if statement.values:
                variable.sources.append(_source(statement.values, at))

    def _declare(self, name: Name) -> Variable:
        name.variable = self._scopes[-1][name.name] = Variable(name.name)
        return name.variable

    def _find(self, name: str) -> Variable:
        for scope in reversed(self._scopes):
            if name in scope:
                return scope[name]
        return self.globals.setdefault(name, Variable(name, is_global=True))

    # -- expressions ------------------------------------------------------------------------------------------

    def _expression(self, node: Expression, *, used: bool = False) -> None:
        """`used` says that the value is called or looked into, so that it would be missed if it were not there."""
        if isinstance(node, Name):
            variable = node.variable = self._find(node.name)
            variable.reads.append(node)
            self.hidden = self.hidden or (variable.is_global and node.name in _BY_NAME and not used)
        elif isinstance(node, Index):
            self._expression(node.object, used=True)
            self._expression(node.key)
            # Of _G.name = value the assignment is not followed to the global.
            self.hidden = self.hidden or (isinstance(node.object, Name) and self._is_global(node.object, "_G"))
        elif isinstance(node, Call):
            self._call(node)
        elif isinstance(node, Table):
            for entry in node.entries:
                if entry.key is not None:
                    self._expression(entry.key)
                self._expression(entry.value)
        elif isinstance(node, Lambda):
            self._block(node.body, node.params)
        elif isinstance(node, Operation):
            for operand in node.operands:
                self._expression(operand)
        elif isinstance(node, Single):
            self._expression(node.inner, used=used)

    def _call(self, node: Call) -> None:
        self._expression(node.callee, used=True)
        for arg in node.args:
            self._expression(arg)
            if isinstance(arg, Name) and arg.variable is not None:
                arg.variable.passed.append(node)
        if isinstance(node.callee, Name) and self._is_global(node.callee, "require"):
            self.requires.append(node)
        elif isinstance(node.callee, Name) and self._is_global(node.callee, "load"):
            self.hidden = True

    @staticmethod
    def _is_global(node: Name, name: str) -> bool:
        return node.name == name and node.variable is not None and node.variable.is_global


def _source(values: list[Expression], at: int) -> tuple[Expression, int] | None:
    """What a variable gets that is the one at `at` of an assignment; None where that is nothing to go by."""
    if at < len(values):
        return values[at], 0
    return (values[-1], at - len(values) + 1) if isinstance(values[-1], Call | Several) else None
