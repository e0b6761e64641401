"""Where chunks come from: a terminal with prompt_toolkit, one with readline, or lines of a pipe or file."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Protocol

from luahost.cli import output
from luahost.lua.unfinished import is_unfinished

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from luahost.cli.remembered import Remembered
    from luahost.reference.completing import Candidate

    Complete = Callable[[str], Sequence[Candidate]]

MORE = "..."


class Prompt(Protocol):
    """Gives chunks."""

    def read(self, name: str) -> str | None:
        """The next chunk, called `name` where it is asked for; None at the end. KeyboardInterrupt gives one up."""


def goes_on(text: str) -> bool:
    """Whether the next line belongs to it."""
    return not text.startswith(":") and is_unfinished(text)


def more(name: str) -> str:
    return MORE.rjust(len(name)) + "> "


def _whole(first: str | None, further: Callable[[], str | None]) -> str | None:
    """A chunk from its first line, and as many more as it takes."""
    text = first
    while text is not None and goes_on(text):
        line = further()
        if line is None:
            return text
        text += f"\n{line}"
    return text


class Lines:
    """Lines of a pipe or file, without a prompt. A chunk stands at its own lines, so that errors name them."""

    def __init__(self) -> None:
        self._count = 0

    def read(self, name: str) -> str | None:  # noqa: ARG002
        before = self._count
        text = _whole(self._line(), self._line)
        return None if text is None else "\n" * before + text

    def _line(self) -> str | None:
        line = sys.stdin.buffer.readline()
        if not line:
            return None
        self._count += 1
        text = line.decode("utf-8", "surrogateescape").rstrip("\r\n")
        if self._count == 1:
            text = text.removeprefix("\ufeff")
            text = "" if text.startswith("#!") else text
        return text


class Plain:
    """A terminal with Python's own readline, or without where this Python has none."""

    def __init__(self, remembered: Remembered, complete: Complete) -> None:
        self._remembered = remembered
        self._complete = complete
        self._found: list[str] = []
        self._readline = sys.stdout.isatty()
        try:
            import readline
        except ImportError:
            self._readline = False
        if not self._readline:
            return
        for entry in remembered.entries:
            for line in entry.splitlines():
                readline.add_history(line)
        readline.set_completer_delims(" \t\n")
        readline.set_completer(self._candidate)
        is_libedit = "libedit" in (readline.__doc__ or "")
        readline.parse_and_bind("bind ^I rl_complete" if is_libedit else "tab: complete")

    def read(self, name: str) -> str | None:
        self._before = ""
        text = _whole(self._line(f"{name}> "), lambda: self._line(more(name)))
        if text and text.strip():
            self._remembered.add(text)
        return text

    def _line(self, prompt: str) -> str | None:
        try:
            if self._readline:
                line = input(prompt)
            else:  # the prompt is not for what takes the output
                print(prompt, end="", file=sys.stderr, flush=True)
                line = sys.stdin.readline()
        except KeyboardInterrupt:
            print(file=sys.stderr)
            raise
        except EOFError:
            line = ""
        else:
            line += "\n" if self._readline else ""
        if not line:
            print(file=sys.stderr)  # what comes next stands on a line of its own
            return None
        self._before += line
        return line.rstrip("\n")

    def _candidate(self, typed: str, state: int) -> str | None:
        import readline

        if state == 0:
            text = readline.get_line_buffer()[: readline.get_endidx()]
            self._found = [typed[: len(typed) - each.typed] + each.text for each in self._complete(self._before + text)]
        return self._found[state] if state < len(self._found) else None


def at_terminal(remembered: Remembered, complete: Complete) -> Prompt:
    """The best prompt that there is: prompt_toolkit where it is installed, readline elsewhere."""
    if sys.stdout.isatty() and os.environ.get("TERM") not in (None, "dumb"):
        try:
            from luahost.cli.toolkit import Toolkit
        except ModuleNotFoundError:
            pass
        except ImportError as error:
            output.note(f"prompt_toolkit cannot be imported ({error}): the prompt is a plain one")
        else:
            return Toolkit(remembered, complete)
    return Plain(remembered, complete)
