"""A script as a tree: what the other modules of this package look at. No more of Lua is kept than they need.

Every node has `at`, where it begins: a byte of the text, counted from 0.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias


@dataclass(slots=True, eq=False)
class Constant:
    """nil (None), a boolean, a number or a text; UNKNOWN where Python has no such value."""

    at: int
    value: object


@dataclass(slots=True, eq=False)
class Name:
    at: int
    name: str
    variable: Variable | None = None


@dataclass(slots=True, eq=False)
class Index:
    """`object.key` and `object[key]`, where `key_at` is the key."""

    at: int
    object: Expression
    key: Expression
    key_at: int


@dataclass(slots=True, eq=False)
class Call:
    """`callee(args)`; with a `method`, `callee:method(args)`."""

    at: int
    callee: Expression
    args: list[Expression]
    method: str | None = None
    method_at: int = 0


@dataclass(slots=True, eq=False)
class Entry:
    """One entry of a table: with a key, or behind the ones before."""

    at: int
    key: Expression | None
    value: Expression


@dataclass(slots=True, eq=False)
class Table:
    at: int
    entries: list[Entry]


@dataclass(slots=True, eq=False)
class Lambda:
    """A function's parameters and body. `returns` are its own returns."""

    at: int
    params: list[Name]
    body: list[Statement]
    returns: list[Return] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Operation:
    """An operator and what it is for: one operand or two."""

    at: int
    operator: str
    operands: list[Expression]


@dataclass(slots=True, eq=False)
class Several:
    """`...`: any number of values."""

    at: int


@dataclass(slots=True, eq=False)
class Single:
    """An expression in parentheses: one value at most."""

    at: int
    inner: Expression


Expression: TypeAlias = Constant | Name | Index | Call | Table | Lambda | Operation | Several | Single


@dataclass(slots=True, eq=False)
class Local:
    """`local names = values`; of `local function f`, `recursive` says that f is known inside."""

    at: int
    names: list[Name]
    values: list[Expression]
    recursive: bool = False


@dataclass(slots=True, eq=False)
class Assignment:
    at: int
    targets: list[Expression]
    values: list[Expression]


@dataclass(slots=True, eq=False)
class Perform:
    """A call by itself, whose values nobody takes."""

    at: int
    call: Call


@dataclass(slots=True, eq=False)
class Block:
    """Statements with a scope of their own. With a `condition`, it is of a while loop, an if or an elseif; where it is
    `last`, of a repeat loop, which sees what the block declares.
    """

    at: int
    body: list[Statement]
    condition: Expression | None = None
    last: bool = False


@dataclass(slots=True, eq=False)
class Loop:
    """`for names = values` or, where it is `each`, `for names in values`."""

    at: int
    names: list[Name]
    values: list[Expression]
    body: list[Statement]
    each: bool = False


@dataclass(slots=True, eq=False)
class Return:
    at: int
    values: list[Expression]


Statement: TypeAlias = Local | Assignment | Perform | Block | Loop | Return


@dataclass(slots=True, eq=False)
class Variable:
    """A local variable or a global: where it gets values, and each place where it is read.

    `sources` are what is assigned to it, each an expression and which of its values; None for what comes from
    elsewhere: a parameter, a loop. `passed` are the calls that it is an argument of. `is_changed` says that
    a field of it is set.
    """

    name: str
    is_global: bool = False
    sources: list[tuple[Expression, int] | None] = field(default_factory=list)
    reads: list[Name] = field(default_factory=list)
    passed: list[Call] = field(default_factory=list)
    is_changed: bool = False
