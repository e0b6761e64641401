"""What may come next in Lua that is being typed: from the catalogue, and from names that are known to be there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from luahost.spec import Function, Integration, Param

    Catalog = Mapping[str, Integration]

KEYWORDS = (
    "and", "break", "do", "else", "elseif", "end", "false", "for", "function", "goto", "if", "in", "local", "nil",
    "not", "or", "repeat", "return", "then", "true", "until", "while",
)  # fmt: skip
_ROOT = "app.integrations"
_TOKEN = re.compile(
    r"""(?P<comment>--\[(=*)\[.*?(?:\]\2\]|\Z)|--[^\n]*)
    |(?P<long>\[(=*)\[.*?(?:\]\4\]|\Z))
    |(?P<string>"(?:\\.|[^"\\\n])*(?:"|\Z)?|'(?:\\.|[^'\\\n])*(?:'|\Z)?)
    |(?P<path>[A-Za-z_]\w*(?:\.(?:[A-Za-z_]\w*)?)*)
    |(?P<number>\d[\w.]*)
    |(?P<space>\s+)
    |(?P<mark>[=~<>]=|.)""",
    re.DOTALL | re.VERBOSE | re.ASCII,
)
_SET = re.compile(r"\s*([A-Za-z_]\w*)\s*=\s*([\w.]*)(\s*;?\s*\Z)?", re.ASCII)


class Candidate(NamedTuple):
    """What may stand in place of the last `typed` characters, and a few words about it."""

    text: str
    typed: int
    about: str


class _Open(NamedTuple):
    """A bracket that is open: the function whose arguments stand in it, and what was named there already.

    `field` is the name that gets what stands in it.
    """

    mark: str
    callee: str
    field: str
    named: set[str]
    paths: list[str]


class Completer:
    """Completes Lua of one catalogue. `accounts` has the names of each integration's accounts.

    `aliases` says what names stand for, as in {"devin": "app.integrations.devin"}.
    """

    def __init__(self, catalog: Catalog, accounts: Mapping[str, Sequence[str]]) -> None:
        self._catalog = catalog
        self._accounts = accounts
        self.aliases: dict[str, str] = {}

    def learn(self, chunk: str) -> None:
        """Note a chunk that gives a namespace another name, as in `devin = app.integrations.devin`."""
        found = _SET.match(chunk)
        if not found:
            return
        name, path = found[1], self._whole(found[2])
        if found[3] is not None and (path == "app" or path.startswith("app.")):
            self.aliases[name] = path
        else:
            self.aliases.pop(name, None)

    def complete(self, text: str, names: Iterable[str]) -> list[Candidate]:
        """What may come at the end of `text`; `names` are globals, and members of libraries, as in string.find."""
        opened, tokens, kind, last = _read(text)
        function = self.function(opened[-1].callee) if opened and opened[-1].mark == "{" else None
        if kind in ("comment", "long"):
            return []
        if kind == "string":
            if function and tokens[-1] == "=":
                return _values(function.param(tokens[-2]), last)
            above = self.function(opened[-2].callee) if len(opened) > 1 else None
            return _values(above.param(opened[-1].field), last) if above else []
        found = []
        if function and tokens[-1] in ("{", ",", ";"):
            found = _params(function, opened[-1].named, last)
        if not last:
            return found
        return found + self._paths(last, names)

    def function(self, path: str) -> Function | None:
        """The function that a path names, on whichever account."""
        parts = self._whole(path).split(".")
        if parts[:2] != _ROOT.split(".") or not 4 <= len(parts) <= 5 or parts[2] not in self._catalog:
            return None
        return self._catalog[parts[2]].function(parts[-1])

    def _whole(self, path: str) -> str:
        first, dot, rest = path.partition(".")
        return self.aliases.get(first, first) + dot + rest

    def _paths(self, typed: str, names: Iterable[str]) -> list[Candidate]:
        owner, dot, start = typed.rpartition(".")
        members = self._members(self._whole(owner)) if dot else None
        if members is None:
            members = {}
            for name in names:
                above, _, last = name.rpartition(".")
                if above == owner:
                    members[last] = ""
            if not owner:
                members |= dict.fromkeys(KEYWORDS, "")
        return [
            Candidate(name, len(start), about)
            for name, about in sorted(members.items())
            if name.startswith(start) and name != start
        ]

    def _members(self, owner: str) -> dict[str, str] | None:
        """What lies in a namespace, None for what is none."""
        if owner == "app":
            return {"integrations": ""}
        if owner == _ROOT:
            return {name: each.title for name, each in self._catalog.items()}
        parts = owner.removeprefix(f"{_ROOT}.").split(".")
        if not owner.startswith(f"{_ROOT}.") or parts[0] not in self._catalog or len(parts) > 2:
            return None
        accounts = self._accounts.get(parts[0], ())
        if len(parts) == 2 and parts[1] not in accounts:
            return None
        found = {function.name: function.summary for function in self._catalog[parts[0]].functions}
        return found if len(parts) == 2 else {**dict.fromkeys(accounts, "account"), **found}


def _read(text: str) -> tuple[list[_Open], list[str], str, str]:
    """What is open at the end of `text`, its tokens, and the kind and text of a last one that may go on."""
    opened = [_Open("", "", "", set(), [])]
    tokens: list[str] = []
    found = [(token.lastgroup or "", token[0]) for token in _TOKEN.finditer(text)]
    kind, typed = found.pop() if found and found[-1][0] not in ("space", "mark", "number") else ("", "")
    for each, token in found:
        if each in ("space", "comment"):
            continue
        if each == "mark":
            _mark(token, tokens, opened)
        elif each == "path":
            opened[-1].paths.append(token)
        tokens.append(token)
    return opened, tokens, kind, typed


def _mark(mark: str, tokens: list[str], opened: list[_Open]) -> None:
    """Note a bracket, or in a table a name that gets a value."""
    before = tokens[-1] if tokens else ""
    if mark in "({[":
        callee = before if re.fullmatch(r"[A-Za-z_][\w.]*", before) else ""
        if mark == "{" and before == "(":
            callee = opened[-1].callee
        elif mark == "{" and before == "," and opened[-1].callee == "each" and opened[-1].paths:
            callee = opened[-1].paths[0]
        field = tokens[-2] if before == "=" and len(tokens) > 1 else ""
        opened.append(_Open(mark, callee, field, set(), []))
    elif mark in ")}]" and len(opened) > 1:
        opened.pop()
    elif mark == "=":
        opened[-1].named.add(before)


def _params(function: Function, named: set[str], typed: str) -> list[Candidate]:
    return [
        Candidate(f"{param.name} = ", len(typed), _about(param))
        for param in function.params
        if param.name.startswith(typed) and param.name not in named
    ]


def _about(param: Param) -> str:
    return f"{param.type_text}{', required' if param.required else ''}"


def _values(param: Param | None, typed: str) -> list[Candidate]:
    """The values that a parameter takes, where it takes only some, as a text of them is typed."""
    quote, start = typed[0], typed[1:]
    if param is None or quote in start:  # it is closed
        return []
    return [Candidate(f"{value}{quote}", len(start), "") for value in param.enum if value.startswith(start)]
