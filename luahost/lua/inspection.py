"""What Lua says of a text that is not run: whether it compiles, what would be said of a mistake, what a script has."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any

from luahost.lua.engine import Engine, sources

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

LONGEST = 65536
"""Bytes of a text that are read for an explanation; of a longer one, only the line itself is."""


def ask(questions: Sequence[dict[str, Any]]) -> list[Any]:
    """The answers of one state, which runs nothing of what it is asked about."""
    answers: list[bytes] = []

    def border(frame: bytes) -> bytes:
        if not frame:
            return json.dumps(questions).encode()
        answers.append(frame)
        return b""

    Engine(border, sources("inspect")).run()
    found: list[Any] = json.loads(answers[0].decode("utf-8", "replace"))  # a message may quote half a character
    return found


@cache
def sandbox() -> dict[str, Any]:
    """What a script has: of each global its kind or, of a library, the kinds of its members by name."""
    found: dict[str, Any] = ask([{"op": "sandbox"}])[0]
    return found


@cache
def missing_modules() -> dict[str, str]:
    """Modules that scripts ask for and that are nowhere, and what to write instead; by the letters they begin with."""
    found: dict[str, str] = ask([{"op": "modules"}])[0]
    return found


def syntax_error(source: str, name: str) -> dict[str, Any]:
    """`message`, `line` and, where it is known, `hint` of what LuaJIT says of a text; empty where it compiles."""
    found: dict[str, Any] = ask([{"op": "compile", "source": source, "name": name}])[0]
    return found


def explanations(source: str, failures: Iterable[tuple[str, int, str]]) -> list[tuple[str | None, str | None]]:
    """Of each failure what is wrong, and what to write.

    It has Lua's message, its line in `source`, and a text to be read in that line's place, empty for the line itself.
    """
    lines = source.split("\n")
    is_long = len(source.encode()) > LONGEST
    questions = []
    for message, line, text in failures:
        if text or is_long:
            questions.append({"op": "explain", "message": message, "line": 1, "source": text or lines[line - 1]})
        else:
            questions.append({"op": "explain", "message": message, "line": line, "source": source})
    return [
        (fields["message"].removeprefix(asked["message"]).removeprefix(": ") or None, fields.get("hint"))
        for asked, fields in zip(questions, ask(questions) if questions else (), strict=True)
    ]
