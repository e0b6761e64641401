"""What an expression is known to be without running: followed through variables that get one value and no other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from luahost.calls.arguments import UNKNOWN
from luahost.check.syntax import Call, Constant, Index, Lambda, Name, Operation, Single, Table
from luahost.spec import ACCOUNT_NAME

if TYPE_CHECKING:
    from luahost.check.known import Known
    from luahost.check.syntax import Expression, Variable
    from luahost.spec import Function, Integration


@dataclass(frozen=True, slots=True)
class Place:
    """`app`, or `app.integrations`, as `name` says."""

    name: str


@dataclass(frozen=True, slots=True)
class Space:
    """The functions of an integration, on the account that is used where none is named (None), on one that is named, or
    on one that only the run knows (empty).
    """

    integration: Integration
    account: str | None

    @property
    def name(self) -> str:
        account = "" if self.account is None else f".{self.account or '[...]'}"
        return f"app.integrations.{self.integration.name}{account}"


@dataclass(frozen=True, slots=True)
class Callee:
    """A function of an integration; `given` is its result, once it is called."""

    integration: Integration
    function: Function
    given: bool = False

    @property
    def name(self) -> str:
        return f"{self.integration.name}.{self.function.name}"


@dataclass(frozen=True, slots=True)
class Library:
    name: str


@dataclass(frozen=True, slots=True)
class Builtin:
    """A function of the sandbox's, by its whole name: string.format."""

    name: str


@dataclass(frozen=True, slots=True)
class Absent:
    """What a script does not have, by its whole name: os.execute, collectgarbage."""

    name: str


class _Null:
    """json.null."""


NULL = _Null()

Value: TypeAlias = Any
"""One of the above, UNKNOWN, or the Constant, Table or Lambda as it is written."""


class Values:
    """The values of one text's expressions.

    `elsewhere` are the globals that modules set; `hidden` says that others may be set unseen.
    """

    def __init__(self, known: Known, elsewhere: set[str], *, hidden: bool) -> None:
        self._known = known
        self._elsewhere = elsewhere
        self._hidden = hidden
        self._found: dict[int, Value] = {}

    def of(self, node: Expression) -> Value:
        """What it is: asked again while it is being found, as in `a = b; b = a`, it is unknown."""
        key = id(node)
        if key not in self._found:
            self._found[key] = UNKNOWN
            self._found[key] = self._of(node)
        return self._found[key]

    def _of(self, node: Expression) -> Value:
        if isinstance(node, Constant):
            return UNKNOWN if node.value is UNKNOWN else node
        if isinstance(node, Table | Lambda):
            return node
        if isinstance(node, Name):
            return self._variable(node.variable) if node.variable is not None else UNKNOWN
        if isinstance(node, Index):
            return self.member(self.of(node.object), node.key)
        if isinstance(node, Call):
            return self._call(node)
        if isinstance(node, Single):
            return self.of(node.inner)
        return self._operation(node) if isinstance(node, Operation) else UNKNOWN

    def _variable(self, variable: Variable) -> Value:
        if variable.is_global and (variable.name in self._elsewhere):
            return UNKNOWN
        if len(variable.sources) == 1 and variable.sources[0] is not None:
            node, which = variable.sources[0]
            return self.of(node) if which == 0 and not (variable.is_global and self._hidden) else UNKNOWN
        if variable.sources or not variable.is_global:
            return UNKNOWN
        kind = self._known.globals.get(variable.name)
        if variable.name == "app":
            return Place("app")
        if isinstance(kind, dict):
            return Library(variable.name)
        if kind is None and not self._hidden:
            return Absent(variable.name)
        return Builtin(variable.name) if kind == "function" else UNKNOWN

    def given(self, node: Expression) -> list[Callee]:
        """The calls whose results it can be, all of them: none where it may be something else as well."""
        variable = node.variable if isinstance(node, Name) else None
        if variable is None or not variable.sources or (variable.is_global and self._hidden):
            found = [self.of(node)]
        else:
            found = [UNKNOWN if each is None or each[1] else self.of(each[0]) for each in variable.sources]
        given = [each for each in found if isinstance(each, Callee) and each.given]
        return given if len(given) == len(found) else []

    def member(self, of: Value, key: Expression) -> Value:
        """`of[key]`."""
        found = self.of(key)
        name = found.value if isinstance(found, Constant) else None
        if isinstance(of, Space):
            return self._in_space(of, name)
        if not isinstance(name, str):
            return UNKNOWN
        if of == Place("app") and name == "integrations":
            return Place("app.integrations")
        if of == Place("app.integrations") and name in self._known.catalog:
            return Space(self._known.catalog[name], None)
        if isinstance(of, Constant) and isinstance(of.value, str):
            of = Library("string")  # where Lua looks for what a text has
        return self._in_library(of, name) if isinstance(of, Library) else UNKNOWN

    def _in_library(self, of: Library, name: str) -> Value:
        kind = self._known.globals[of.name].get(name)
        if kind is None:
            return Absent(f"{of.name}.{name}")
        if (of.name, name) == ("json", "null"):
            return NULL
        return Builtin(f"{of.name}.{name}") if kind == "function" else UNKNOWN

    def _in_space(self, of: Space, name: Any) -> Value:
        if not isinstance(name, str):
            # A key that only the run knows could be that of a function, which has nothing to be looked into.
            return Space(of.integration, "") if name is None and of.account is None else UNKNOWN
        function = of.integration.function(name)
        if function is not None:
            return Callee(of.integration, function)
        if of.account is None and ACCOUNT_NAME.match(name):
            accounts = self._known.account_names(of.integration.name)
            if name in accounts or not self._known.are_accounts_known(of.integration.name):
                return Space(of.integration, name)
        return UNKNOWN

    def _call(self, node: Call) -> Value:
        callee = self.of(node.callee)
        if node.method is not None:
            return UNKNOWN
        if isinstance(callee, Callee) and not callee.given:
            return Callee(callee.integration, callee.function, given=True)
        if isinstance(callee, Builtin) and node.args:
            first = self.of(node.args[0])
            if callee.name in ("assert", "dump"):
                return first
            if callee.name == "require" and isinstance(first, Constant) and first.value == "json":
                return Library("json")
        return UNKNOWN

    def _operation(self, node: Operation) -> Value:
        if node.operator == "-" and len(node.operands) == 1:
            value = self.of(node.operands[0])
            number = value.value if isinstance(value, Constant) else None
            if isinstance(number, int | float) and not isinstance(number, bool):
                return Constant(node.at, -number)
            return UNKNOWN
        if node.operator == "and":
            left, right = node.operands
            return self.of(right) if self._is_true(left) else self.of(left) if self._is_false(left) else UNKNOWN
        if node.operator == "or":
            return self._either(*node.operands)
        return UNKNOWN

    def _either(self, left: Expression, right: Expression) -> Value:
        if self._is_true(left):
            return self.of(left)
        if self._is_false(left):
            return self.of(right)
        while isinstance(left, Single):
            left = left.inner
        if isinstance(left, Operation) and left.operator == "and":  # x and a or b
            one, other = self.of(left.operands[1]), self.of(right)
            if one == other:
                return one
            if isinstance(one, Space) and isinstance(other, Space) and one.integration is other.integration:
                return Space(one.integration, "")
        return UNKNOWN

    def _is_true(self, node: Expression) -> bool:
        value = self.of(node)
        if isinstance(value, Constant):
            return value.value is not None and value.value is not False
        if isinstance(value, Callee) and value.given:
            return bool(value.function.returns)  # a function that says of no field may give nothing
        return value is not UNKNOWN and not isinstance(value, Absent)

    def _is_false(self, node: Expression) -> bool:
        value = self.of(node)
        return isinstance(value, Constant) and (value.value is None or value.value is False)


__all__ = ["NULL", "UNKNOWN", "Absent", "Builtin", "Callee", "Library", "Place", "Space", "Value", "Values"]
