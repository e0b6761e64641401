"""Where idempotency keys are kept: claimed by exclusive creation, settled by renaming.

Both are atomic on a local folder and on one that several machines share, so that of all processes that hold
the same key exactly one sends. A key's entry is a small JSON object:

    {"state": "sent", "arguments": HASH, …}                  a create is under way, or its answer was lost
    {"state": "done", "arguments": HASH, "id": "…"}          it was made
    {"state": "free"}                                        it was refused: the key may be used again

A `sent` entry has `until`, the time in seconds since 1970 from which it may be claimed anew if nothing was found,
`lasts`, how long that was from its making, and `tagged`, whether what was made can be found by its tag. Every claim is
a new turn, numbered from 1; the highest turn counts, and none is ever removed.
"""

from __future__ import annotations

import errno
import json
import os
import re
import secrets
import threading
import time
from contextlib import contextmanager, nullcontext, suppress
from typing import TYPE_CHECKING, Any, Protocol

from luahost.errors import InternalError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Entry = dict[str, Any]
_TURN = re.compile(r"[1-9][0-9]*")
_NO_LINKS = (errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EOPNOTSUPP)


class Ledger(Protocol):
    """Entries by name and turn."""

    def held(self, name: str) -> Any:
        """Held while a call sends, where simulated time could outrun it."""

    def read(self, name: str) -> tuple[int, Entry]:
        """The highest turn and its entry; turn 0 and a free entry when there is none."""

    def claim(self, name: str, turn: int, entry: Entry) -> bool:
        """Take a turn; False when somebody else has it."""

    def settle(self, name: str, turn: int, entry: Entry) -> None:
        """Replace the entry of a turn that was claimed."""


FREE: Entry = {"state": "free"}


class MemoryLedger:
    """A ledger for as long as the host lives: for simulations, and for hosts that keep nothing on disk."""

    def __init__(self) -> None:
        self._entries: dict[str, tuple[int, Entry]] = {}
        self._lock = threading.Lock()
        self._held: dict[str, threading.Lock] = {}

    def held(self, name: str) -> threading.Lock:
        with self._lock:
            return self._held.setdefault(name, threading.Lock())

    def read(self, name: str) -> tuple[int, Entry]:
        return self._entries.get(name, (0, FREE))

    def claim(self, name: str, turn: int, entry: Entry) -> bool:
        with self._lock:
            if self.read(name)[0] >= turn:
                return False
            self._entries[name] = turn, entry
            return True

    def settle(self, name: str, turn: int, entry: Entry) -> None:
        with self._lock:
            if self.read(name)[0] == turn:
                self._entries[name] = turn, entry


class FolderLedger:
    """A ledger in a folder: a folder for each key, and in it a file for each turn."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def held(self, _name: str) -> Any:
        return nullcontext()

    def read(self, name: str) -> tuple[int, Entry]:
        try:
            while True:
                turn = max(self._turns(name), default=0)
                if not turn:
                    return 0, FREE
                with suppress(FileNotFoundError):  # a later turn has replaced it meanwhile
                    return turn, self._entry(name, turn)
        except OSError as error:
            raise self._unusable(error) from error

    def claim(self, name: str, turn: int, entry: Entry) -> bool:
        folder = self._folder / name
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            with self._draft(folder, entry) as draft:
                try:
                    os.link(draft, folder / str(turn))  # exclusive, and never half written
                    claimed = True
                except FileExistsError:
                    claimed = draft.stat().st_nlink > 1  # NFS may have repeated a link that it had made
                except OSError as error:
                    if error.errno not in _NO_LINKS:
                        raise
                    claimed = self._create(folder / str(turn), entry)
        except OSError as error:
            raise self._unusable(error) from error
        if claimed:
            _settle_names(folder, self._folder)
        return claimed

    @staticmethod
    def _create(path: Path, entry: Entry) -> bool:
        """Claim where the file system has no hard links: exclusive too, though a crash can leave half a file."""
        try:
            with path.open("x", encoding="utf-8") as file:
                _write(file, entry)
        except FileExistsError:
            return False
        return True

    def settle(self, name: str, turn: int, entry: Entry) -> None:
        folder = self._folder / name
        try:
            with self._draft(folder, entry) as draft:
                draft.replace(folder / str(turn))
        except OSError as error:
            raise self._unusable(error) from error

    @contextmanager
    def _draft(self, folder: Path, entry: Entry) -> Iterator[Path]:
        draft = folder / f"draft-{secrets.token_hex(8)}"
        try:
            with draft.open("x", encoding="utf-8") as file:
                _write(file, entry)
            yield draft
        finally:
            draft.unlink(missing_ok=True)

    def _turns(self, name: str) -> list[int]:
        try:
            return [int(each.name) for each in (self._folder / name).iterdir() if _TURN.fullmatch(each.name)]
        except FileNotFoundError:
            return []

    def _entry(self, name: str, turn: int) -> Entry:
        path = self._folder / name / str(turn)
        for _ in range(100):
            try:
                entry = json.loads(path.read_text("utf-8"))
            except ValueError:
                time.sleep(0.02)  # created, and not written yet: its claimant is between two instructions
                continue
            if isinstance(entry, dict) and entry.get("state") in ("sent", "done", "free"):
                return entry
            break
        raise InternalError(
            f"the idempotency entry {path} cannot be read",
            hint="its claim was cut off: remove the file, after looking whether what it stands for exists",
        )

    def _unusable(self, error: OSError) -> InternalError:
        return InternalError(
            f"the idempotency ledger in {self._folder} cannot be used: {error.strerror}",
            hint="set LUAHOST_HOME to a folder that can be written, or leave idempotency_key out",
        )


def _settle_names(*folders: Path) -> None:
    """See that what they have is on the disk under its name: a claim must outlive a power cut, too."""
    for folder in folders:
        with suppress(OSError):  # of some file systems nobody can ask that
            opened = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(opened)
            finally:
                os.close(opened)


def _write(file: Any, entry: Entry) -> None:
    """Write, and see it on the disk before anything is sent on the strength of it."""
    json.dump(entry, file)
    file.flush()
    os.fsync(file.fileno())
