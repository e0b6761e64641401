"""One script, checked: its syntax by LuaJIT, all else by its tree."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from luahost.check.findings import Finding, Positions
from luahost.check.reader import Unreadable, read
from luahost.check.required import Required
from luahost.check.rules import Mistake, Rules
from luahost.check.scopes import Scopes
from luahost.check.values import Values
from luahost.lua.inspection import explanations, syntax_error
from luahost.lua.source import SourceError, decode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from luahost.check.known import Known

_IGNORED = re.compile(r"--.*\bluahost-check: ignore\b")
_NEAR = re.compile(r" near '(.+?)'(?:: |$)")


def check(
    data: bytes,
    name: str,
    known: Known,
    modules: str | None = None,
    on_notice: Callable[[str], object] = lambda _text: None,
) -> list[Finding]:
    """What is wrong with a script, in order, but for lines with the comment `-- luahost-check: ignore`.

    `modules` is the folder of its modules, None where that is not known. `on_notice` is told where only the syntax
    could be checked.
    """
    try:
        source = decode(data, name)
    except SourceError as error:
        return [Finding(name, error.line or 1, 1, error.code, error.message, error.hint)]
    problem = syntax_error(source, name)
    if problem:
        line = problem.get("line", 1)
        column = _column(source, line, problem["message"])
        return [Finding(name, line, column, problem["code"], problem["message"], problem.get("hint"))]
    try:
        return _findings(source, name, _mistakes(source, known, modules))
    except (Unreadable, RecursionError):
        on_notice(f"{name}: only its syntax was checked: it is nested too deep, or Lua that the grammar does not know")
        return []


def _mistakes(source: str, known: Known, modules: str | None) -> list[Mistake]:
    body = read(source)
    scopes = Scopes(body)
    required = Required(modules, scopes)
    values = Values(known, required.globals, hidden=required.hidden)
    return [*Rules(known, values, body).found, *(Mistake(*each) for each in required.missing())]


def _column(source: str, line: int, message: str) -> int:
    """Where in its line Lua's parser stopped, as far as the message says it; else where the line begins."""
    text = source.split("\n")[line - 1] if line <= source.count("\n") + 1 else ""
    near = _NEAR.search(message)
    if near and text.count(near[1]) == 1:
        return text.index(near[1]) + 1
    return len(text) - len(text.lstrip()) + 1


def _findings(source: str, name: str, mistakes: Iterable[Mistake]) -> list[Finding]:
    positions = Positions(source)
    placed = [(*positions.of(each.at), each) for each in mistakes]
    lines = source.split("\n")
    placed = [each for each in placed if not _IGNORED.search(lines[each[0] - 1])]
    said = iter(
        explanations(source, [(each.message, line, each.lua) for line, _, each in placed if each.lua is not None])
    )
    found = []
    for line, column, each in placed:
        message, hint = next(said) if each.lua is not None else (each.message, each.hint)
        found.append(Finding(name, line, column, each.code, message or each.message, hint))
    return sorted(found)
