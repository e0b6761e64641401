"""Keeping the journals of a folder within an age and a size."""

from __future__ import annotations

import fcntl
import os
import re
import stat
import time
from contextlib import suppress

from luahost.calls.journals import MARK

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path

_NAME = re.compile(r"([a-z0-9][a-z0-9-]{5,79})\.jsonl")  # any run's, see luahost.calls.journals
_MADE = re.compile(r"[0-9]{8}-[0-9]{6}-[0-9a-f]{8}")  # an id that was not given, but made
_BEGINNING = b'{"event":"run",'
_DAY = 86400.0
_HOUR = 3600.0  # somebody may be about to resume a run that has just stopped, as its last words say


class Removed:
    """A journal that is gone: the id of its run, how many bytes it had, and when it was last written."""

    __slots__ = ("bytes", "changed", "run_id")

    def __init__(self, run_id: str, size: int, changed: float) -> None:
        self.run_id = run_id
        self.bytes = size
        self.changed = changed


def prune_daily(folder: Path, keep_days: float, max_mib: float) -> list[Removed]:
    """`prune`, where it has not been done today; what cannot be done is left for another day.

    A journal that was written within the last hour stays.
    """
    mark = folder / MARK
    with suppress(OSError):
        try:
            if abs(time.time() - mark.stat().st_mtime) < _DAY:
                return []
            os.utime(mark)  # before it is done, so that one process does it
        except FileNotFoundError:
            mark.touch(0o600)
        return prune(folder, keep_days, max_mib, least=_HOUR)
    return []


def prune(folder: Path, keep_days: float | None, max_mib: float | None, *, least: float = 0.0) -> list[Removed]:
    """Remove journals that were last written more than `keep_days` ago, and then the oldest, until all take `max_mib`.

    None is no limit; what was written less than `least` seconds ago stays in any case. The journal of a run that is
    alive stays, and so does every file that is no journal's.
    """
    now = time.time()
    found = sorted(_journals(folder), key=lambda each: (each.changed, each.run_id))
    total = sum(each.bytes for each in found)
    removed = []
    for each in found:
        old = keep_days is not None and now - each.changed >= keep_days * _DAY
        large = max_mib is not None and total > max_mib * (1 << 20)
        young = now - each.changed < least
        if (old or large) and not young and _remove(folder / f"{each.run_id}.jsonl"):
            removed.append(each)
            total -= each.bytes
    return removed


def _journals(folder: Path) -> list[Removed]:
    found = []
    with suppress(FileNotFoundError), os.scandir(folder) as entries:
        for entry in entries:
            name = _NAME.fullmatch(entry.name)
            if name is None:
                continue
            run_id = name[1]
            with suppress(OSError):  # gone meanwhile
                about = entry.stat(follow_symlinks=False)
                if stat.S_ISREG(about.st_mode) and (_MADE.fullmatch(run_id) or _is_journal(entry.path)):
                    found.append(Removed(run_id, about.st_size, about.st_mtime))
    return found


def _is_journal(path: str) -> bool:
    """Whether a file whose name alone does not tell begins as journals do."""
    with open(path, "rb") as file:  # noqa: PTH123
        return file.read(len(_BEGINNING)) == _BEGINNING


def _remove(path: Path) -> bool:
    """Remove it, unless a run that is alive has it locked; nobody resumes it meanwhile."""
    with suppress(OSError):
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink()
        finally:
            os.close(file)
        return True
    return False
