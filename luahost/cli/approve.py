"""Asking the person at the terminal whether a call may be made."""

from __future__ import annotations

import sys
import termios
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import TextIO

    from luahost.calls.approval import ApprovalRequest

_WORDS = {"y": True, "yes": True, "n": False, "no": False}
_ALL, _VIEW = ("a", "all"), ("v", "view")
_PLAIN = "\033[0m"  # a script may have left the terminal writing what cannot be seen


class Terminal:
    """An approve function that asks by two streams of a terminal, one call after another."""

    def __init__(self, questions: TextIO, answers: TextIO) -> None:
        self._questions = questions
        self._answers = answers
        self._asking = threading.Lock()
        self._approved: set[tuple[str, str]] = set()

    def __call__(self, request: ApprovalRequest) -> bool:
        """True for yes; at the end of the input, no."""
        with self._asking:
            kind = (request.call, request.account)
            if kind in self._approved:
                return True
            self._say(f"{_PLAIN}\n{request}\n  because of: {request.rule}\n")
            while True:
                self._forget_typed()
                self._say("Allow it? [y]es, [n]o, [a]ll of this function from now on, [v]iew it whole: ")
                word = self._answers.readline()
                answer = word.strip().lower()
                if answer in _VIEW:
                    self._say(f"{request.text()}\n")
                if answer in _ALL:
                    self._approved.add(kind)
                    return True
                if not word or answer in _WORDS:
                    return bool(word) and _WORDS[answer]

    def _forget_typed(self) -> None:
        """What was typed before the question could be seen answers another one: a script's, that only looks like it."""
        with suppress(termios.error, OSError, ValueError):  # no terminal: a test's stream
            termios.tcflush(self._answers, termios.TCIFLUSH)

    def _say(self, text: str) -> None:
        self._questions.write(text)
        self._questions.flush()


def terminal() -> Terminal | None:
    """Somebody to ask at the terminal; None where nobody would see the question, as in CI and cron.

    The command's own streams stay the script's: its input may be a pipe, and its output is not mixed with questions.
    """
    if not sys.stderr.isatty():
        return None
    try:
        questions = open("/dev/tty", "w", encoding="utf-8", errors="replace")  # noqa: PTH123, SIM115
        answers = open("/dev/tty", encoding="utf-8", errors="replace")  # noqa: PTH123, SIM115
    except OSError:
        return None
    return Terminal(questions, answers)
