"""From text to the tree of syntax.py, by tree-sitter's grammar of Lua."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from luahost.calls.arguments import UNKNOWN
from luahost.check.syntax import (
    Assignment,
    Block,
    Call,
    Constant,
    Entry,
    Index,
    Lambda,
    Local,
    Loop,
    Name,
    Operation,
    Perform,
    Return,
    Several,
    Single,
    Table,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tree_sitter import Node

    from luahost.check.syntax import Expression, Statement

_ESCAPE = re.compile(rb"\\(?:(\d{1,3})|x([0-9A-Fa-f]{2})|z\s*|(\r?\n)|(.))", re.DOTALL)
_LETTERS = dict(zip(b"abfnrtv\\\"'", b"\a\b\f\n\r\t\v\\\"'", strict=True))
_DEEPEST = 150  # levels of the tree; LuaJIT takes no more than 200, and nobody writes so many


class Unreadable(Exception):
    """Lua that the grammar does not know, or nested too deep to be looked at."""


def read(source: str) -> list[Statement]:
    """The statements of a text that LuaJIT compiles. Raises Unreadable."""
    import tree_sitter
    import tree_sitter_lua

    parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_lua.language()))
    root = parser.parse(source.encode()).root_node
    if root.has_error:
        raise Unreadable
    return _Reader().block(root)


class _Reader:
    def __init__(self) -> None:
        self._depth = 0
        self._returns: list[Return] = []

    # -- statements -------------------------------------------------------------------------------------------

    def block(self, node: Node | None) -> list[Statement]:
        found: list[Statement] = []
        for child in node.named_children if node is not None else ():
            self._statement(child, found)
        return found

    def _statement(self, node: Node, found: list[Statement]) -> None:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise Unreadable
        kind, at = node.type, node.start_byte
        if kind == "function_call":
            call = self.expression(node)
            if isinstance(call, Call):
                found.append(Perform(at, call))
        elif kind == "variable_declaration":
            found.append(self._local(node))
        elif kind == "assignment_statement":
            targets, values = _named(node)
            found.append(Assignment(at, self._all(targets), self._all(values)))
        elif kind == "function_declaration":
            found.append(self._function(node))
        elif kind == "if_statement":
            found += self._branches(node)
        elif kind == "return_statement":
            lists = [child for child in node.named_children if child.type == "expression_list"]
            made = Return(at, self._all(lists[0]) if lists else [])
            found.append(made)
            self._returns.append(made)
        elif kind == "for_statement":
            found.append(self._loop(node))
        elif kind in ("while_statement", "repeat_statement", "do_statement"):
            condition = node.child_by_field_name("condition")
            body = self.block(node.child_by_field_name("body"))
            found.append(Block(at, body, condition and self.expression(condition), kind == "repeat_statement"))
        elif kind not in ("comment", "break_statement", "goto_statement", "label_statement", "empty_statement"):
            raise Unreadable
        self._depth -= 1

    def _local(self, node: Node) -> Local:
        inner = _named(node)[0]
        lists = _named(inner) if inner.type == "assignment_statement" else [inner]
        names = [Name(each.start_byte, _text(each)) for each in lists[0].children_by_field_name("name")]
        return Local(node.start_byte, names, self._all(lists[1]) if len(lists) > 1 else [])

    def _function(self, node: Node) -> Statement:
        name = node.child_by_field_name("name")
        made = self._lambda(node)
        if name is None:
            raise Unreadable
        if name.type == "method_index_expression":
            made.params.insert(0, Name(node.start_byte, "self"))
        if node.children[0].type == "local":
            return Local(node.start_byte, [Name(name.start_byte, _text(name))], [made], recursive=True)
        return Assignment(node.start_byte, [self.expression(name)], [made])

    def _branches(self, node: Node) -> Iterable[Statement]:
        for part in (node, *node.children_by_field_name("alternative")):
            condition = part.child_by_field_name("condition")
            body = part.child_by_field_name("consequence" if condition is not None else "body")
            yield Block(part.start_byte, self.block(body), condition and self.expression(condition))

    def _loop(self, node: Node) -> Loop:
        clause = node.child_by_field_name("clause")
        body = self.block(node.child_by_field_name("body"))
        if clause is None:
            raise Unreadable
        if clause.type == "for_generic_clause":
            names, values = _named(clause)
            found = [Name(each.start_byte, _text(each)) for each in names.children_by_field_name("name")]
            return Loop(node.start_byte, found, self._all(values), body, each=True)
        name, *numbers = _named(clause)
        return Loop(node.start_byte, [Name(name.start_byte, _text(name))], [*map(self.expression, numbers)], body)

    # -- expressions ------------------------------------------------------------------------------------------

    def _all(self, node: Node) -> list[Expression]:
        return [self.expression(child) for child in node.named_children if child.type not in ("comment", "attribute")]

    def expression(self, node: Node) -> Expression:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise Unreadable
        found = self._expression(node)
        self._depth -= 1
        return found

    def _expression(self, node: Node) -> Expression:
        kind, at = node.type, node.start_byte
        if kind == "identifier":
            return Name(at, _text(node))
        if kind == "string":
            return Constant(at, _string(node))
        if kind == "number":
            return Constant(at, _number(_text(node)))
        if kind in ("nil", "true", "false"):
            return Constant(at, {"nil": None, "true": True, "false": False}[kind])
        if kind == "dot_index_expression":
            of, key = _named(node)
            return Index(at, self.expression(of), Constant(key.start_byte, _text(key)), key.start_byte)
        if kind == "method_index_expression":  # of `function a:b()`
            of, key = _named(node)
            return Index(at, self.expression(of), Constant(key.start_byte, _text(key)), key.start_byte)
        if kind == "bracket_index_expression":
            of, key = _named(node)
            return Index(at, self.expression(of), self.expression(key), key.start_byte)
        if kind == "function_call":
            return self._call(node)
        if kind == "table_constructor":
            return Table(at, [self._entry(each) for each in node.named_children if each.type == "field"])
        if kind == "function_definition":
            return self._lambda(node)
        if kind in ("binary_expression", "unary_expression"):
            operator = next(child.type for child in node.children if not child.is_named)
            return Operation(at, operator, [self.expression(child) for child in _named(node)])
        if kind == "parenthesized_expression":
            return Single(at, self.expression(_named(node)[0]))
        if kind == "vararg_expression":
            return Several(at)
        raise Unreadable

    def _call(self, node: Node) -> Call:
        callee, arguments = _named(node)
        args = self._all(arguments)
        if callee.type == "method_index_expression":
            of, method = _named(callee)
            return Call(node.start_byte, self.expression(of), args, _text(method), method.start_byte)
        return Call(node.start_byte, self.expression(callee), args)

    def _entry(self, node: Node) -> Entry:
        key, value = node.child_by_field_name("name"), node.child_by_field_name("value")
        if value is None:
            raise Unreadable
        if key is None:
            return Entry(node.start_byte, None, self.expression(value))
        if node.children[0].type == "[":
            return Entry(node.start_byte, self.expression(key), self.expression(value))
        return Entry(node.start_byte, Constant(key.start_byte, _text(key)), self.expression(value))

    def _lambda(self, node: Node) -> Lambda:
        outer, self._returns = self._returns, []
        parameters = node.child_by_field_name("parameters")
        names = parameters.children_by_field_name("name") if parameters is not None else []
        params = [Name(each.start_byte, _text(each)) for each in names]
        made = Lambda(node.start_byte, params, self.block(node.child_by_field_name("body")), self._returns)
        self._returns = outer
        return made


def _named(node: Node) -> list[Node]:
    return [child for child in node.named_children if child.type != "comment"]


def _text(node: Node) -> str:
    return (node.text or b"").decode()


def _number(text: str) -> object:
    """A number as Python has it; UNKNOWN for those that are of LuaJIT's own kinds."""
    try:
        value = float.fromhex(text) if text[:2] in ("0x", "0X") else float(text)
    except (ValueError, OverflowError):
        return UNKNOWN
    return int(value) if value.is_integer() and abs(value) < 2**53 else value


def _string(node: Node) -> object:
    """A text; UNKNOWN where it is none in UTF-8."""
    data = node.text or b""
    if data[:1] == b"[":
        level = data.index(b"[", 1) + 1
        data = data[level:-level].replace(b"\r\n", b"\n")
        data = data.removeprefix(b"\n")
    else:
        data = _ESCAPE.sub(_unescaped, data[1:-1])
    try:
        return data.decode()
    except UnicodeDecodeError:
        return UNKNOWN


def _unescaped(found: re.Match[bytes]) -> bytes:
    decimal, hexadecimal, line, letter = found.groups()
    if decimal or hexadecimal:
        return bytes([int(decimal) & 255 if decimal else int(hexadecimal, 16)])
    if letter == b"u":
        return b"\xff"  # not worth reading: it then counts as no text, and is not looked at
    return b"\n" if line else bytes([_LETTERS.get(letter[0], letter[0])]) if letter else b""
