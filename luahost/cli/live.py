"""A line on the terminal that says what a run does while calls are under way. Imported where there is a terminal."""

from __future__ import annotations

import os
import select
import sys
import threading
import time
from contextlib import suppress

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Literal

    from luahost.asynchronous import AgainOptions
    from luahost.results import CallRecord

PATIENCE = 0.5
"""Seconds that a run has lasted before anything is said."""

PERIOD = 1 / 8  # seconds from one drawing to the next
_CLEAR = b"\r\033[2K"
_DIM, _RESET = "\033[2m", "\033[0m"


def live() -> Live | None:
    """The line on stderr; None where nobody would see it."""
    if not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        return None
    return Live(2, shares_stdout=_is_same_terminal(1, 2), dim=not os.environ.get("NO_COLOR"))


class Live:
    """The line on the terminal `fd`; one daemon thread draws it, from the first call on.

    It is never there while something else is written or asked, and where the output goes to the same terminal
    (`shares_stdout`) it does not come back before that has ended its own line.
    """

    def __init__(self, fd: int, *, shares_stdout: bool, dim: bool) -> None:
        self._fd = fd
        self._shares_stdout = shares_stdout
        self._dim = dim
        self._changed = threading.Condition()
        self._began = time.monotonic()
        self._calls: dict[int, tuple[CallRecord, float]] = {}
        self._done = 0
        self._holds = 0
        self._drawn = False
        self._inside_line = False
        self._quiet_until = 0.0
        self._closed = False
        self._thread: threading.Thread | None = None

    # -- what it is told ------------------------------------------------------------------------------------

    def begin(self, record: CallRecord) -> None:
        """A call begins."""
        with self._changed:
            self._calls[id(record)] = record, time.monotonic()
            if self._thread is None:
                self._thread = threading.Thread(target=self._draw_on, name="luahost-live", daemon=True)
                self._thread.start()
            elif len(self._calls) == 1:
                self._changed.notify()

    def end(self, record: CallRecord) -> None:
        """A call is over."""
        with self._changed:
            self._calls.pop(id(record), None)
            self._done += 1

    def surround(self, options: AgainOptions) -> None:
        """Have what `Host.run` is given find the line out of its way when it writes or asks; and be told of calls."""
        names: tuple[Literal["on_output", "on_notice", "approve"], ...] = ("on_output", "on_notice", "approve")
        for name in names:
            function: Callable[[Any], Any] | None = options.get(name)
            if function is not None:
                options[name] = self._paused(function)
        options["on_begin"], options["on_call"] = self.begin, self.end

    def _paused(self, write: Callable[[Any], Any]) -> Callable[[Any], Any]:
        def paused(what: Any) -> Any:
            with self._changed:
                self._clear()
                self._holds += 1
            try:
                return write(what)
            finally:
                with self._changed:
                    self._holds -= 1
                    if isinstance(what, bytes):
                        self._inside_line = self._shares_stdout and not what.endswith(b"\n")
                    # What went into a pipe may come to this terminal a moment later.
                    self._quiet_until = time.monotonic() + PERIOD

        return paused

    def close(self) -> None:
        """The line is gone for good."""
        with self._changed:
            self._closed = True
            self._clear()
            self._changed.notify()

    # -- drawing --------------------------------------------------------------------------------------------

    def _draw_on(self) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._closed, max(0.0, self._began + PATIENCE - time.monotonic()))
            while not self._closed:
                if self._calls:
                    self._draw()
                elif self._drawn:
                    self._clear()
                else:
                    self._changed.wait_for(lambda: self._closed or self._calls)
                # Also before the first drawing, and the clearing: the line of one short call after another is one line.
                self._changed.wait_for(lambda: self._closed, PERIOD)

    def _draw(self) -> None:
        now = time.monotonic()
        if self._holds or self._inside_line or now < self._quiet_until or not self._is_ours():
            return
        oldest, began = next(iter(self._calls.values()))
        text = cut(said(oldest, now - began, self._done, len(self._calls) - 1), self._columns() - 1)
        if self._dim:
            text = f"{_DIM}{text}{_RESET}"
        self._drawn = self._write(_CLEAR + text.encode("utf-8", "replace"))

    def _clear(self) -> None:
        if self._drawn and self._is_ours():
            self._write(_CLEAR)
        self._drawn = False

    def _write(self, data: bytes) -> bool:
        """Write it if the terminal takes it now: one that was stopped (Ctrl-S) holds up no run."""
        with suppress(OSError):
            poll = select.poll()
            poll.register(self._fd, select.POLLOUT)
            if poll.poll(0):
                os.write(self._fd, data)
                return True
        return False

    def _is_ours(self) -> bool:
        """Whether this is in the terminal's foreground, and not in the background of somebody's shell."""
        try:
            return os.tcgetpgrp(self._fd) == os.getpgrp()
        except OSError:  # not the terminal that controls this process
            return True

    def _columns(self) -> int:
        try:
            return os.get_terminal_size(self._fd).columns or 80
        except OSError:
            return 80


def said(record: CallRecord, seconds: float, done: int, others: int) -> str:
    """What the line says: the call that has been under way the longest, and how far the run is."""
    text = f"{record.call} on {record.account}, {_time(seconds)}; {done} call{'' if done == 1 else 's'} done"
    if others:
        text += f", {others} more under way"
    return "".join(each if each.isprintable() else "?" for each in text)


def _time(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes} min {rest:02} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02} min"


def cut(text: str, columns: int) -> str:
    """As much of `text` as fits; a wide character takes two columns, and one that is put upon another none."""
    if len(text) <= columns and text.isascii():
        return text
    from luahost.cli.columns import fit

    return fit(text, columns)


def _is_same_terminal(one: int, other: int) -> bool:
    try:
        return os.isatty(one) and os.fstat(one).st_rdev == os.fstat(other).st_rdev
    except OSError:
        return False
