"""The journals of a state folder: a file for each run, locked by whoever writes it."""

from __future__ import annotations

import os
import re
import time

from luahost.errors import InternalError, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from luahost.calls.history import History

_ID = re.compile(r"[a-z0-9][a-z0-9-]{5,79}")
MARK = ".pruned"
"""A file of the folder: it was last written when journals were last pruned."""

_DAY = 86400.0
_TRIES, _PAUSE = 20, 0.02  # for a lock: whoever looks at a journal's state holds it for a moment


def new_id() -> str:
    """The id of a run that begins now: ids in alphabetical order are in order of time."""
    return f"{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}-{os.urandom(4).hex()}"


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
        if not _ID.fullmatch(run_id):
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
        return sorted(name[:-6] for name in names if name.endswith(".jsonl") and _ID.fullmatch(name[:-6]))

    def find(self, words: str) -> str:
        """The id that `words` mean: an id, a beginning of one alone, or `last`; raises UsageError."""
        ids = self.ids()
        if words in ids:
            return words
        if words == "last" and ids:
            return max(ids, key=lambda each: self.path(each).stat().st_mtime)
        near = [each for each in ids if each.startswith(words)] if words else []
        if len(near) == 1:
            return near[0]
        if near:
            raise UsageError(f"{words!r} is the beginning of {len(near)} runs", hint=", ".join(near[:5]))
        raise self._absent(words)

    def read(self, run_id: str) -> History:
        """What a run's journal tells; raises UsageError."""
        from luahost.calls.history import read

        return read(self.path(run_id))

    def status(self, run_id: str) -> str | None:
        """How a run stands: "running", "died", or how it ended; None where it has no journal. Raises UsageError."""
        path = self.path(run_id)
        if not path.exists():
            return None
        if is_locked(path):
            return "running"
        ended = self.read(run_id).end
        return "died" if ended is None else str(ended["status"])

    def each(self) -> Iterator[tuple[str, History | UsageError]]:
        """All runs, the newest first, each with what it tells or why it cannot."""
        found: list[tuple[float, str, History | UsageError]] = []
        for run_id in self.ids():
            try:
                history = self.read(run_id)
            except UsageError as error:
                found.append((_changed(self.path(run_id)), run_id, error))
            else:
                found.append((history.header["at"], run_id, history))
        for _, run_id, told in sorted(found, key=lambda each: each[:2], reverse=True):
            yield run_id, told

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
        _lock(file)
        return file

    def open(self, run_id: str) -> int:
        """The journal of a run that is over, locked: its file descriptor. Raises UsageError for one that is alive."""
        path = self._path(run_id)
        try:
            file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CLOEXEC)
        except FileNotFoundError:
            raise self._absent(run_id) from None
        except OSError as error:
            raise UsageError(
                f"{path}: {error.strerror}", hint="a run is resumed where its journal can be written"
            ) from None
        try:
            _lock_soon(file, run_id)
            gone = not os.fstat(file).st_nlink  # removed between opening and locking it
        except BaseException:
            os.close(file)
            raise
        if gone:
            os.close(file)
            raise self._absent(run_id)
        return file

    def _absent(self, words: str) -> UsageError:
        return UsageError(
            f"there is no run {words!r} in {self.place}", hint="luahost runs list shows the runs there are"
        )


def _lock_soon(file: int, run_id: str) -> None:
    for _ in range(_TRIES):
        if _lock(file):
            return
        time.sleep(_PAUSE)
    raise UsageError(
        f"run {run_id} is still alive: its journal is being written",
        hint="wait for its end, or end its process; luahost runs show tells which",
    )


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
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        return not _lock(file, shared=True)
    finally:
        os.close(file)


def _changed(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0
