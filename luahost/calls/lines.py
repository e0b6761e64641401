"""The file of a journal: lines that are whole, or not there."""

from __future__ import annotations

import json
import os
import threading
import time

from luahost.errors import InternalError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

VERSION = 1
"""Of what the lines of a journal say; luahost.calls.history tells what that is."""

BYTES = "\0bytes"
"""The name under which bytes stand in JSON, each as the character of its number."""


def plain(value: Any) -> Any:
    """What stands for bytes; raises TypeError for what has no JSON form."""
    if isinstance(value, bytes):
        return {BYTES: value.decode("latin-1")}
    raise TypeError(f"{type(value).__name__} has no JSON form")


def with_bytes(value: Any) -> Any:
    """A value as it was before it was written."""
    if isinstance(value, dict):
        if len(value) == 1 and isinstance(value.get(BYTES), str):
            return value[BYTES].encode("latin-1")
        return {name: with_bytes(each) for name, each in value.items()}
    return [with_bytes(each) for each in value] if isinstance(value, list) else value


_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=plain).encode


class Lines:
    """The lines of run `run_id` in an open `file`, of which `size` bytes are good; without a file nothing is written.

    `folder` is where a new file has its name.

    Thread-safe.
    """

    def __init__(self, run_id: str, file: int | None, size: int = 0, folder: str | None = None) -> None:
        self._run_id = run_id
        self._file = file
        self._good = size
        self._folder = folder
        self._writing = threading.Lock()
        self._settling = threading.Lock()

    def write(
        self, event: str, fields: dict[str, Any], *, sure: bool = False, redact: Callable[[str], str] | None = None
    ) -> None:
        """Append a line; raises InternalError when it is not there as a whole.

        `sure` waits until it is on the disk. `redact` covers what must not be in its text.
        """
        file = self._file
        if file is None:
            return
        try:
            text = _encode({"event": event, "at": time.time(), **fields})
        except (TypeError, ValueError, RecursionError) as error:
            raise InternalError(f"the journal cannot hold it: {error}", hint="give plain JSON values") from None
        data = (redact(text) if redact else text).encode("utf-8", "surrogatepass") + b"\n"
        try:
            with self._writing:
                if self._file is None:
                    return  # closed meanwhile: its number may be another file's by now
                self._append(file, data)
            if sure:
                os.fsync(file)
                self._settle_name()
        except OSError as error:
            raise InternalError(
                f"the journal of run {self._run_id} cannot be written: {error.strerror}",
                hint="make room, then resume the run; or run without a journal: --no-journal",
            ) from None

    def _settle_name(self) -> None:
        """See, once, that the file's name is on the disk as well."""
        with self._settling:  # one does it, and no other goes on before it is done
            if self._folder is None:
                return
            opened = os.open(self._folder, os.O_RDONLY)
            try:
                os.fsync(opened)
            finally:
                os.close(opened)
            self._folder = None

    def _append(self, file: int, data: bytes) -> None:
        """All of it, or none: half of a line would hide those behind it."""
        try:
            written = os.write(file, data)
            while written < len(data):
                written += os.write(file, data[written:])
        except OSError:
            os.ftruncate(file, self._good)
            raise
        self._good += len(data)

    def mend(self) -> None:
        """Take away what stands behind the good lines: half of one, from a run that died."""
        if self._file is not None:
            os.ftruncate(self._file, self._good)

    def close(self) -> None:
        with self._writing:
            file, self._file = self._file, None
        if file is not None:
            os.close(file)
