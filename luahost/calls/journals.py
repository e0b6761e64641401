"""The journals of a state folder: a file for each run, locked by whoever writes it."""

from __future__ import annotations

import errno
import os
import re
import stat
import time
from contextlib import suppress

from luahost.errors import InternalError, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path

    from luahost.calls.history import History

_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-")
_SHORTEST, _LONGEST = 6, 80
MARK = ".pruned"
"""A file of the folder: it was last written when journals were last pruned."""

_BEGAN = rb'\{"event":\s?"run",\s?"at":\s?([0-9]{1,11}(?:\.[0-9]+)?)[,}]'
_READING = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK  # a pipe of that name must not make anybody wait
_LIST = "luahost runs list shows the runs there are"
_DAY = 86400.0
_MOST_NEAR = 5  # ids in one message
_TRIES, _PAUSE = 20, 0.02  # for a lock: whoever looks at a journal's state holds it for a moment


def new_id() -> str:
    """The id of a run that begins now: ids in alphabetical order are in order of time."""
    return f"{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}-{os.urandom(4).hex()}"


def is_id(text: str) -> bool:
    """Whether a run can be called that: small letters, digits, hyphens."""  # a pattern would take time to compile
    return _SHORTEST <= len(text) <= _LONGEST and _LETTERS.issuperset(text) and text[0] != "-"


class Journals:
    """Those below one state folder, in its folder `runs`."""

    def __init__(self, state: str | Path) -> None:
        self.place = os.path.join(state, "runs")  # noqa: PTH118 (pathlib takes longer to import than a journal to begin)

    @property
    def folder(self) -> Path:
        from pathlib import Path

        return Path(self.place)

    def path(self, run_id: str) -> Path:
        """Where the journal of a run lies, if it has one; raises UsageError for what is no id."""
        from pathlib import Path

        return Path(self._path(run_id))

    def _path(self, run_id: str) -> str:
        if not is_id(run_id):
            raise UsageError(f"{run_id!r} is not the id of a run", hint="luahost runs list shows the ids there are")
        return f"{self.place}{os.sep}{run_id}.jsonl"

    def ids(self) -> list[str]:
        """The ids of all runs; other files in the folder are nobody's."""
        try:
            names = [each.name for each in self.folder.iterdir()]
        except FileNotFoundError:
            return []
        except OSError as error:
            raise UsageError(f"{self.folder}: {error.strerror}") from None
        return sorted(name[:-6] for name in names if name.endswith(".jsonl") and is_id(name[:-6]))

    def newest_first(self) -> list[str]:
        """The ids by the time their runs began; only the first line of each file is read for that."""
        return sorted(self.ids(), key=lambda run_id: (_began(self._path(run_id)), run_id), reverse=True)

    def find(self, words: str) -> str:
        """The id that `words` mean: an id, a beginning of one alone, or `last`, the newest; raises UsageError."""
        ids = self.ids()
        if words in ids:
            return words
        if words == "last" and ids:
            return self.newest_first()[0]
        near = [each for each in ids if each.startswith(words)] if words else []
        if len(near) == 1:
            return near[0]
        if near:
            newest = sorted(near, reverse=True)[:_MOST_NEAR]
            more = ", …" if len(near) > len(newest) else ""
            raise UsageError(
                f"{words!r} is the beginning of {len(near)} runs", hint=f"write more of it: {', '.join(newest)}{more}"
            )
        raise self._absent(words)

    def read(self, run_id: str) -> History:
        """What a run's journal tells; raises UsageError."""
        from luahost.calls.history import parsed

        path = self.path(run_id)
        try:
            file = os.open(path, _READING | os.O_NOFOLLOW)
        except FileNotFoundError:
            raise self._absent(run_id) from None
        except OSError as error:
            raise _refused(path, error) from None
        try:
            return parsed(path, content(file, path))
        finally:
            os.close(file)

    def status(self, run_id: str) -> str | None:
        """How a run stands: "running", "died", or how it ended; None where it has no journal. Raises UsageError."""
        path = self.path(run_id)
        if not path.exists():
            return None
        if is_locked(path):
            return "running"
        ended = self.read(run_id).end
        return "died" if ended is None else str(ended["status"])

    def are_fresh(self) -> bool:
        """Whether they were pruned within the last day."""
        try:
            return abs(time.time() - os.stat(f"{self.place}{os.sep}{MARK}").st_mtime) < _DAY  # noqa: PTH116
        except OSError:
            return False

    # -- their files ----------------------------------------------------------------------------------------

    def create(self, run_id: str) -> int:
        """A new, locked journal: its file descriptor. Raises InternalError where there cannot be one."""
        path = self._path(run_id)
        try:
            os.makedirs(self.place, mode=0o700, exist_ok=True)  # noqa: PTH103
            file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o600)
        except FileExistsError:
            raise UsageError(f"run {run_id} has a journal already", hint="resume it, or choose another id") from None
        except OSError as error:
            raise InternalError(
                f"the journal {path} cannot be written: {error.strerror}",
                hint="set LUAHOST_HOME to a folder that can be written, or run without a journal: --no-journal",
            ) from None
        try:
            _lock_new(file, path)
        except BaseException:
            os.close(file)
            raise
        return file

    def open(self, run_id: str) -> int:
        """The journal of a run that is over, locked: its file descriptor.

        Raises UsageError for one that is alive, and for one that somebody else may have written: what it says would be
        done here.
        """
        path = self._path(run_id)
        try:
            file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOFOLLOW)
        except FileNotFoundError:
            raise self._absent(run_id) from None
        except OSError as error:
            raise _refused(path, error, "a run is resumed where its journal can be written") from None
        try:
            _check_own(file, path)
            _lock_old(file, path, run_id)
            gone = not os.fstat(file).st_nlink  # removed between opening and locking it
        except BaseException:
            os.close(file)
            raise
        if gone:
            os.close(file)
            raise self._absent(run_id)
        return file

    def _absent(self, words: str) -> UsageError:
        return UsageError(f"there is no run {words!r} in {self.place}", hint=_LIST)


def content(file: int, path: str | Path) -> bytes:
    """All that is in an open file, of the name `path`; raises UsageError for what is none, such as a pipe."""
    try:
        if not stat.S_ISREG(os.fstat(file).st_mode):
            raise UsageError(f"{path}: not a journal: this is no regular file", hint=_LIST)
        with open(file, "rb", closefd=False) as opened:
            opened.seek(0)
            return opened.read()
    except OSError as error:
        raise _refused(path, error) from None


def _refused(path: str | Path, error: OSError, hint: str | None = None) -> UsageError:
    if error.errno == errno.ELOOP:
        return UsageError(f"{path}: this is a link, and a journal is a file", hint="luahost run --replay follows it")
    return UsageError(f"{path}: {error.strerror}", hint=hint or _LIST)


def _check_own(file: int, path: str) -> None:
    """Raises UsageError for what is no file, not this user's, or can be written by others."""
    about = os.fstat(file)
    if not stat.S_ISREG(about.st_mode):
        raise UsageError(f"{path}: not a journal: this is no regular file", hint=_LIST)
    if about.st_uid != os.geteuid():
        raise UsageError(
            f"{path}: this journal belongs to another user, and is not gone on with",
            hint="only its owner can resume the run",
        )
    if about.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise UsageError(
            f"{path}: others can write this journal, and may have done so",
            hint=f"look at it: luahost runs show; where it is right, chmod go-w {path}",
        )


def _began(path: str) -> float:
    """When the run of a journal began; of what tells nothing of it, when it was last written."""
    try:
        file = os.open(path, _READING | os.O_NOFOLLOW)
        try:
            about = os.fstat(file)
            if not stat.S_ISREG(about.st_mode):
                return about.st_mtime
            with open(file, "rb", closefd=False) as opened:
                found = re.match(_BEGAN, opened.read(80))
            return float(found[1]) if found else about.st_mtime
        finally:
            os.close(file)
    except OSError:
        return 0.0


def _lock_new(file: int, path: str) -> None:
    """Lock a file that was made just now; raises InternalError, and removes it, where that cannot be."""
    hint = "set LUAHOST_HOME to a folder of a disk that has locks, or run without a journal: --no-journal"
    try:
        mine = _lock_soon(file)
    except OSError as error:
        reason = error.strerror
    else:
        if mine and os.fstat(file).st_nlink:
            return
        reason, hint = "it was locked or removed as soon as it was there", "run it again"
    with suppress(OSError):
        os.unlink(path)  # noqa: PTH108
    raise InternalError(f"the journal {path} cannot be locked: {reason}", hint=hint)


def _lock_old(file: int, path: str, run_id: str) -> None:
    try:
        mine = _lock_soon(file)
    except OSError as error:
        raise UsageError(f"{path} cannot be locked: {error.strerror}", hint=_LIST) from None
    if not mine:
        raise UsageError(
            f"run {run_id} is still alive: its journal is being written",
            hint="wait for its end, or end its process; luahost runs show tells which",
        )


def _lock_soon(file: int) -> bool:
    """The same as `_lock`, with patience for whoever only looks at it."""
    for _ in range(_TRIES):
        if _lock(file):
            return True
        time.sleep(_PAUSE)
    return False


def _lock(file: int, *, shared: bool = False) -> bool:
    """Lock a file as long as it is open here; False where somebody else has. The kernel frees it whatever happens."""
    try:
        import fcntl
    except ImportError:  # no POSIX: nobody can tell whether a run is alive
        return True
    try:
        fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def is_locked(path: Path) -> bool:
    """Whether a run that writes this journal is alive."""
    try:
        file = os.open(path, _READING | os.O_NOFOLLOW)
    except OSError:
        return False
    try:
        return not _lock(file, shared=True)
    except OSError:
        return False  # there are no locks there
    finally:
        os.close(file)
