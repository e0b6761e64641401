"""What a script prints: kept, handed on, and bounded."""

from __future__ import annotations

from luahost.calls.limits import limit_exceeded

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from luahost.calls.run import Run


class Output:
    """The output of one run: handed to `on_output` as it comes, and kept if `keep` says so."""

    def __init__(self, run: Run, on_output: Callable[[bytes], None] | None, *, keep: bool) -> None:
        self._run = run
        self._on_output = on_output
        self._kept: list[bytes] | None = [] if keep else None
        self._size = 0
        self._sizes: dict[str, int] = {}  # by task: those of one come in the same order whenever the run is made again

    @property
    def text(self) -> str:
        """The output so far; what is not UTF-8 as U+FFFD."""
        return b"".join(self._kept or ()).decode("utf-8", "replace")

    def write(self, text: bytes, task: str = "") -> None:
        """Take what a task has printed; raises LimitExceeded."""
        if self._run.fate is not None:
            return
        most = self._run.limits.output_bytes
        over = most is not None and self._size + len(text) > most
        if over and most is not None:
            text = text[: most - self._size]
        self._size += len(text)
        if self._kept is not None and text:
            self._kept.append(text)
        if self._on_output and text:
            self._deliver(text, task, self._on_output)
        if over:
            raise limit_exceeded("output_bytes", most, self._size + 1)

    def _deliver(self, text: bytes, task: str, on_output: Callable[[bytes], None]) -> None:
        """Hand it on, but for what an earlier attempt of the run has delivered."""
        journal = self._run.journal
        if journal is None:
            on_output(text)
            return
        before = self._sizes.get(task, 0)
        total = self._sizes[task] = before + len(text)
        text = text[max(0, journal.delivered(task) - before) :]
        if text:
            on_output(text)
            journal.output(task, total)
