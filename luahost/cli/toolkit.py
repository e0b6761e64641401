"""A prompt with prompt_toolkit (extra `repl`): chunks of many lines are edited as one, with a menu of completions."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from prompt_toolkit import PromptSession
from prompt_toolkit.completion import Completer, Completion
from prompt_toolkit.history import InMemoryHistory
from prompt_toolkit.key_binding import KeyBindings
from prompt_toolkit.lexers import PygmentsLexer
from prompt_toolkit.output import ColorDepth

from luahost.cli.prompts import goes_on, more

if TYPE_CHECKING:
    from collections.abc import Iterable

    from prompt_toolkit.buffer import Buffer
    from prompt_toolkit.completion import CompleteEvent
    from prompt_toolkit.document import Document
    from prompt_toolkit.key_binding import KeyPressEvent

    from luahost.cli.prompts import Complete
    from luahost.cli.remembered import Remembered

_INDENT = "  "
_OPENS = re.compile(r"(\b(then|do|else|repeat)|[({]|\bfunction\b[^()]*\([^()]*\))\s*$")  # what has an end further down
_CLOSES = re.compile(r"\s*(end\b|else\b|elseif\b|until\b|[)}])")


class Toolkit:
    """Enter gives the chunk when it is whole, and begins a further line where it is not."""

    def __init__(self, remembered: Remembered, complete: Complete) -> None:
        self._remembered = remembered
        self._name = ""
        keys = KeyBindings()
        keys.add("enter")(_enter)
        self._session: PromptSession[str] = PromptSession(
            lambda: f"{self._name}> ",
            multiline=True,
            key_bindings=keys,
            prompt_continuation=lambda width, _number, _wrapped: more(self._name).rjust(width),
            completer=_Completions(complete),
            complete_while_typing=False,
            lexer=PygmentsLexer.from_filename("chunk.lua"),
            history=InMemoryHistory(remembered.entries),
            color_depth=ColorDepth.DEPTH_1_BIT if os.environ.get("NO_COLOR") else None,
        )

    def read(self, name: str) -> str | None:
        self._name = name
        try:
            text = self._session.prompt()
        except EOFError:
            return None
        if text.strip():
            self._remembered.add(text)
        return text


def _enter(event: KeyPressEvent) -> None:
    buffer = event.current_buffer
    _pull_back(buffer)
    if buffer.document.on_last_line and not goes_on(buffer.text):
        buffer.validate_and_handle()
        return
    line = buffer.document.current_line_before_cursor
    buffer.insert_text("\n" + _blank(line) + (_INDENT if _OPENS.search(line) else ""))


def _pull_back(buffer: Buffer) -> None:
    """A line that closes a block stands as far to the left as the one that has opened it."""
    document = buffer.document
    if not document.cursor_position_row or not _CLOSES.match(document.current_line):
        return
    above = document.lines[document.cursor_position_row - 1]
    inside = _blank(above) + (_INDENT if _OPENS.search(above) else "")
    if inside and _blank(document.current_line) == inside:
        buffer.transform_current_line(lambda line: line.removeprefix(_INDENT))


def _blank(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]


class _Completions(Completer):
    def __init__(self, complete: Complete) -> None:
        self._complete = complete

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:  # noqa: ARG002
        for each in self._complete(document.text_before_cursor):
            yield Completion(each.text, -each.typed, display_meta=each.about)
