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

    from prompt_toolkit.completion import CompleteEvent
    from prompt_toolkit.document import Document
    from prompt_toolkit.key_binding import KeyPressEvent

    from luahost.cli.prompts import Complete
    from luahost.cli.remembered import Remembered

_INDENT = "  "
_OPENS = re.compile(r"(\b(then|do|else|repeat)|[({]|\bfunction\b[^()]*\([^()]*\))\s*$")  # what has an end further down


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
    if buffer.document.on_last_line and not goes_on(buffer.text):
        buffer.validate_and_handle()
        return
    line = buffer.document.current_line_before_cursor
    blank = line[: len(line) - len(line.lstrip())]
    buffer.insert_text("\n" + blank + (_INDENT if _OPENS.search(line) else ""))


class _Completions(Completer):
    def __init__(self, complete: Complete) -> None:
        self._complete = complete

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:  # noqa: ARG002
        for each in self._complete(document.text_before_cursor):
            yield Completion(each.text, -each.typed, display_meta=each.about)
