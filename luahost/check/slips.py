"""What Lua lets pass and what is hardly meant: nothing is raised, and the script does not do what it seems to."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from luahost.check.syntax import Call, Constant, Index, Lambda, Name, Perform, Table
from luahost.check.values import Builtin, Callee

if TYPE_CHECKING:
    from collections.abc import Iterator

    from luahost.check.syntax import Expression, Operation
    from luahost.check.values import Values
    from luahost.spec import Field, Function


_LOOKS = frozenset({"dump", "ipairs", "json.encode", "next", "pairs", "print", "select", "tostring", "type", "unpack"})
"""Functions that leave a table as it is."""

_CURLY = "\u2018\u2019\u201c\u201d"


class Slip(NamedTuple):
    at: int
    message: str
    hint: str | None


def null(node: Expression) -> Slip:
    """json.null in a condition."""
    return Slip(node.at, "json.null is true in a condition, as everything but nil and false is", "write x == json.null")


def quoted(node: Name) -> Iterator[Slip]:
    """A text in curly quotes, which LuaJIT reads as a name."""
    variable = node.variable
    if node.name[0] in _CURLY and variable is not None and variable.is_global and not variable.sources:
        told = "curly quotes are no quotes: this is a name, and nothing sets it"
        yield Slip(node.at, told, 'write straight ones: "text"')


# -- lists ---------------------------------------------------------------------------------------------------------


def _list_of(values: Values, node: Expression) -> Callee | None:
    """The call that has given the value, where its entries are in a field and nothing has put others into it."""
    value = values.of(node)
    if not (isinstance(value, Callee) and value.given and value.function.returns):
        return None
    if isinstance(node, Name) and node.variable is not None:
        callees = [values.of(call.callee) for call in node.variable.passed]
        if node.variable.is_changed or not all(isinstance(each, Builtin) and each.name in _LOOKS for each in callees):
            return None
    return value


def _whole(node: Expression, given: Callee, what: str) -> Slip:
    function = given.function
    fields = [function.entries] if function.pages is not None else _lists(function)
    variable = node.name if isinstance(node, Name) else f"{given.name}()"
    hint = f"write {variable}.{fields[0]}" if fields else f"write the field that is meant, as in {variable}.FIELD"
    told = f"the list is in its field {fields[0]}" if fields else "it has no list but in its fields"
    return Slip(node.at, f"{what} what {given.name} gives finds nothing: {told}", hint)


def _lists(function: Function) -> list[str]:
    return [field.name for field in function.returns if field.type == "array"]


def length(values: Values, node: Operation) -> Iterator[Slip]:
    """#result, for the whole result of a call."""
    given = _list_of(values, node.operands[0])
    if given is not None:
        yield _whole(node.operands[0], given, "# of")


def entries(values: Values, node: Index) -> Iterator[Slip]:
    """result[1] of the whole result; result.items where the entries have another name."""
    given = _list_of(values, node.object)
    key = node.key.value if isinstance(node.key, Constant) else None
    if given is None:
        return
    if isinstance(key, int) and not isinstance(key, bool):
        yield _whole(node.object, given, f"[{key}] in")
    elif given.function.pages is not None and isinstance(key, str) and key not in _fields(given.function):
        others = {each.entries for each in given.integration.functions if each.pages is not None}
        if key in others:
            told = f"what {given.name} gives has no {key}: its entries are in {given.function.entries}"
            yield Slip(node.key_at, told, f"write .{given.function.entries}")


def _fields(function: Function) -> set[str]:
    return {function.entries, *(field.name for field in function.returns)}


# -- comparisons ---------------------------------------------------------------------------------------------------


def compared(values: Values, node: Operation) -> Iterator[Slip]:
    """result.status == "finished": a text that the field never is."""
    for one, other in (node.operands, node.operands[::-1]):
        text = other.value if isinstance(other, Constant) else None
        key = one.key.value if isinstance(one, Index) and isinstance(one.key, Constant) else None
        if not (isinstance(one, Index) and isinstance(text, str) and isinstance(key, str)):
            continue
        given = values.given(one.object)
        fields = [field for each in given for field in each.function.returns if field.name == key]
        if len(fields) < len(given) or any(not field.enum or text in field.enum for field in fields):
            continue
        if given:
            known = ", ".join(dict.fromkeys(word for field in fields for word in field.enum))
            hint = next((f"write .{field.name} for that" for each in given for field in _saying(each, text)), None)
            told = f"{key} is never {text!r} in what {given[-1].name} gives"
            yield Slip(one.key_at, told, hint or f"it is one of {known}")


def _saying(given: Callee, text: str) -> list[Field]:
    """The fields that can be this text."""
    return [field for field in given.function.returns if text in field.enum]


# -- calls ---------------------------------------------------------------------------------------------------------


def call(values: Values, node: Call, *, taken: bool) -> Iterator[Slip]:
    """Of a call whose values are `taken`, or not."""
    callee = values.of(node.callee)
    if node.method is not None:
        return
    if isinstance(callee, Lambda):
        if taken and not any(each.values for each in callee.returns):
            yield from _forgotten(values, callee, "its value is taken")
        return
    first = node.args[0] if node.args else None
    if not isinstance(callee, Builtin) or first is None:
        return
    if callee.name == "ipairs" and (given := _list_of(values, first)) is not None:
        yield _whole(first, given, "ipairs over")
    elif callee.name in ("pcall", "xpcall") and (given := _given(values, first)) is not None:
        then = ", handler" if callee.name == "xpcall" else ""
        told = f"{callee.name} is given what {given.name} gave: the call is made before, and its errors are not caught"
        yield Slip(first.at, told, f"write {callee.name}({given.name}{then}, arguments)")
    elif callee.name == "wait_until":
        yield from _waits(values, first)
    elif callee.name == "parallel":
        yield from _tasks(values, node, taken=taken)


def _given(values: Values, node: Expression) -> Callee | None:
    value = values.of(node)
    return value if isinstance(value, Callee) and value.given and isinstance(node, Call) else None


def _waits(values: Values, options: Expression) -> Iterator[Slip]:
    table = values.of(options)
    for entry in table.entries if isinstance(table, Table) else ():
        key, check = entry.key, values.of(entry.value)
        if not (isinstance(key, Constant) and key.value == "check" and isinstance(check, Lambda)):
            continue
        if not any(each.values for each in check.returns):
            yield Slip(check.at, "check gives nothing, so wait_until waits until its timeout", "write return in it")


def _tasks(values: Values, node: Call, *, taken: bool) -> Iterator[Slip]:
    """Functions that give nothing to parallel, whose results are taken."""
    table = values.of(node.args[0])
    functions = [values.of(arg) for arg in node.args[1:2]]
    if isinstance(table, Table) and not functions:
        functions = [values.of(entry.value) for entry in table.entries]
    # With options, settle may be one of them: then it is whether it went well that is taken.
    is_plain = len(node.args) < 3 and all(entry.key is None for entry in getattr(table, "entries", ()))
    for function in functions if taken and is_plain else ():
        if isinstance(function, Lambda) and not any(each.values for each in function.returns):
            yield from _forgotten(values, function, "parallel gives what it returns", access="read")


def _forgotten(values: Values, function: Lambda, why: str, access: str | None = None) -> Iterator[Slip]:
    """A function that ends with a call, of that access, and gives nothing."""
    last = function.body[-1] if function.body else None
    given = _given(values, last.call) if isinstance(last, Perform) else None
    if isinstance(last, Perform) and given is not None and access in (None, given.function.access):
        told = f"the function ends without giving what {given.name} gives, and {why}"
        yield Slip(last.at, told, "write return before it")
