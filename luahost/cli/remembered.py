"""What was typed at the prompt before: a file of its own in the state folder, that nobody else can read."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path

_KEPT = 1000  # entries
_MOST = 2 * _KEPT  # beyond so many the file is written anew


class Remembered:
    """The entries of the file, the oldest first, each a chunk of one or more lines."""

    def __init__(self, folder: str) -> None:
        self._path = Path(folder) / "repl_history.jsonl"
        self.entries: list[str] = []
        self.problem: str | None = None
        """Why nothing is kept, where that is so."""
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._open(os.O_APPEND)  # here and now, so that a problem is known
            lines = self._path.read_bytes().splitlines()
        except OSError as error:
            self.problem = f"what is typed is not kept: {self._path}: {error.strerror}"
            return
        for line in lines:
            with suppress(ValueError):
                entry = json.loads(line)
                self.entries += [entry] if isinstance(entry, str) else []
        self.entries = self.entries[-_KEPT:]
        if len(lines) > _MOST:
            with suppress(OSError):
                new = self._path.with_suffix(f".{os.getpid()}")
                new.touch(0o600)
                new.write_text("".join(f"{json.dumps(entry)}\n" for entry in self.entries), "utf-8")
                new.replace(self._path)

    def _open(self, how: int, data: bytes = b"") -> None:
        fd = os.open(self._path, os.O_WRONLY | os.O_CREAT | how, 0o600)
        try:
            os.fchmod(fd, 0o600)
            os.write(fd, data)
        finally:
            os.close(fd)

    def add(self, entry: str) -> None:
        """Keep an entry; one that is the same as the last is not kept twice."""
        if self.entries[-1:] == [entry]:
            return
        self.entries.append(entry)
        if self.problem is None:
            with suppress(OSError):
                self._open(os.O_APPEND, json.dumps(entry).encode() + b"\n")
