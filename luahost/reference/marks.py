"""What a comment says of the block after it, as in `<!-- luahost: account = work -->`.

A setting a line, `name` or `name = value`; several comments before one block add up. In a Lua file the first
comments say it: `-- luahost: account = work`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from luahost import strict
from luahost.calls.names import did_you_mean
from luahost.spec import ACCOUNT_NAME

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

COMMENT = re.compile(r"<!--[ \t]*luahost:(?P<says>.*?)(?P<end>-->|\Z)", re.DOTALL)
_SETTING = re.compile(r"(?P<name>[^=\s]*)[ \t]*(?P<equals>=?)[ \t]*(?P<value>.*)")


class MarkError(Exception):
    """A comment that cannot be used: the line of the document, and why."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(reason)
        self.line = line
        self.reason = reason


@dataclass(kw_only=True)
class Marks:
    """What is said of one block.

    skip     why it is not run
    name     what reports call it
    join     it goes on where the block before it ended
    account  of bare calls
    args     the global `args`
    error    the code of the error that it is to end with, or words of the message
    files    the folder that it is given a copy of, beside the document
    replay   the journal that answers its calls, beside the document
    setup    Lua that runs before it, and that a reader does not see: pairs of a line and its text
    """

    skip: str | None = None
    name: str | None = None
    join: bool = False
    account: str | None = None
    args: Mapping[str, Any] | None = None
    error: str | None = None
    files: str | None = None
    replay: str | None = None
    setup: list[tuple[int, str]] = field(default_factory=list)

    @property
    def of_the_run(self) -> list[str]:
        """The settings that are a whole run's, and so its first block's."""
        return [name for name in ("account", "args", "files", "replay") if getattr(self, name) is not None]


def _args(value: str) -> dict[str, Any]:
    try:
        found = strict.decode(value)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"not JSON: {error}") from None
    if not isinstance(found, dict):
        raise ValueError('a JSON object was expected, as in args = {"ticket": 7}')  # noqa: TRY004 (a user's slip)
    return found


def _account(value: str) -> str:
    if not ACCOUNT_NAME.match(value):
        raise ValueError(f"{value!r} is not the name of an account: lower-case letters, digits and _")
    return value


_READ: dict[str, Callable[[str], Any]] = {
    "skip": str,
    "name": str,
    "account": _account,
    "args": _args,
    "error": str,
    "files": str,
    "replay": str,
}
"""The settings that have a value, and how it is read."""

_NEEDS = {
    "skip": "say why: skip = it costs money",
    "error": "say which: error = not_found, or words of the message",
}

NAMES = (*_READ, "join", "setup")

_SLIP = re.compile(rf"<!--[ \t]*(?P<word>luahost)[ \t]*(?P<colon>:?)\s*(?:{'|'.join(NAMES)})\b", re.IGNORECASE)
"""A comment that is meant for luahost, however it begins."""


def in_comments(text: str, line: int, marks: Marks) -> bool:
    """Add to `marks` what the HTML comments in `text` say, which begins at a line of the document.

    False where none is meant for luahost. Raises MarkError.
    """
    found = False
    for slip in _SLIP.finditer(text):
        if slip["word"] != "luahost" or not slip["colon"]:
            at = line + text.count("\n", 0, slip.start())
            raise MarkError(at, "a comment for luahost begins with luahost: in small letters, and with the colon")
    for comment in COMMENT.finditer(text):
        found = True
        at = line + text.count("\n", 0, comment.start())
        if not comment["end"]:
            raise MarkError(at, "this comment is not closed: --> is missing")
        if not comment["says"].strip():
            raise MarkError(at, f"this comment says nothing; known: {', '.join(NAMES)}")
        lines = list(enumerate(comment["says"].split("\n"), at))
        if lines[0][1].strip() == "setup":
            marks.setup += lines[1:]
        else:
            _settings(lines, marks)
    return found


def in_lua(text: str) -> Marks:
    """What the first comments of a Lua file say. Raises MarkError."""
    marks = Marks()
    for line, words in enumerate(text.split("\n"), 1):
        if not words.startswith(("--", "#!")) and words.strip():
            break
        if words.startswith("-- luahost:"):
            _settings([(line, words.removeprefix("-- luahost:"))], marks)
    if marks.join:
        raise MarkError(1, "a Lua file cannot be joined to another")
    return marks


def _settings(lines: Iterable[tuple[int, str]], marks: Marks) -> None:
    for line, words in lines:
        said = _SETTING.fullmatch(words.strip())
        if said is None or not words.strip():
            continue
        name, value = said["name"], said["value"].strip()
        if name == "join" and not value:
            marks.join = True
            continue
        if name == "setup" or name not in NAMES:
            raise MarkError(line, _unknown(name))
        if name == "join":
            raise MarkError(line, "join has no value: the block goes on where the one before it ended")
        if not said["equals"] or not value:
            raise MarkError(line, f"{name} has no value; {_NEEDS.get(name, f'write {name} = …')}")
        if getattr(marks, name) is not None:
            raise MarkError(line, f"{name} is said twice")
        try:
            setattr(marks, name, _READ[name](value))
        except ValueError as error:
            raise MarkError(line, f"{name}: {error}") from None


def _unknown(name: str) -> str:
    if name == "setup":
        return "setup is a comment of its own: its first line is luahost: setup, and the others are Lua"
    return f"unknown setting {name!r}{did_you_mean(name, NAMES)}; known: {', '.join(NAMES)}"
