"""Where the results of a map are kept: a line for each input, failures apart, and what map they are of.

    results.jsonl          one JSON object a line for each input that is done, in the order in which they finished
    results.failed.jsonl   the same for those that failed; a later line of an input replaces an earlier one
    results.map.json       the map: its id, its script, and what ties them together; locked while it is under way

Lines are only ever appended, each by one write. Whatever a kill cut off is no line, and is cut away at the next start;
a line that failed and is done later is taken out of the failures when the map ends, or at the next start.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import secrets
import time
from array import array
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from luahost.errors import InternalError, UsageError
from luahost.mapping.inputs import digest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from luahost.mapping.inputs import Input

ID = re.compile(r"[a-z0-9][a-z0-9-]{2,39}")
CHUNK = 1 << 16


def new_id() -> str:
    """An id that no other map has; it begins with the day."""
    return f"map-{time.strftime('%Y%m%d', time.gmtime())}-{secrets.token_hex(4)}"


def checked_id(name: str) -> str:
    if not isinstance(name, str) or not ID.fullmatch(name):
        raise UsageError(
            f"the id {name!r} cannot be used", hint="3 to 40 lower-case letters, digits and hyphens, as in nightly-7"
        )
    return name


class Store:
    """The results of one map in files. `failed_path` is where the failures are."""

    def __init__(self, path: str | os.PathLike[str], about: dict[str, str], map_id: str | None, *, retry: bool) -> None:
        """Open them, or make them; raises UsageError for files of another map, or of none, and for one under way.

        `about` is what has to be the same when the map is gone on with; with `retry` its `digest` may differ, where
        what failed has written nothing.
        """
        self.path = Path(path)
        if self.path.exists() and not self.path.is_file():
            raise UsageError(f"{self.path} is no file", hint="name a file, or leave it out for standard output")
        self.failed_path = self.path.with_name(f"{self.path.stem}.failed{self.path.suffix or '.jsonl'}")
        self._about_path = self.path.with_name(f"{self.path.stem}.map.json")
        self._done = array("Q")
        self._failed: dict[int, bool] = {}
        self.done = 0
        self._out = self._failures = self._lock = -1
        try:
            self._open(about, map_id, retry=retry)
        except OSError as error:
            self._release()
            raise UsageError(
                f"{error.filename or self.path}: {error.strerror}", hint="name a file in a folder that can be written"
            ) from None
        except BaseException:
            self._release()
            raise

    def _open(self, about: dict[str, str], map_id: str | None, *, retry: bool) -> None:
        self._lock = os.open(self._about_path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UsageError(
                f"another map is writing to {self.path}", hint="wait for it, or name another file"
            ) from None
        # Asked within the lock: another map may have come and gone. One that was killed as it began has told nothing.
        told = os.fstat(self._lock).st_size > 0
        fresh = not self.path.exists() or (self.path.stat().st_size == 0 and not told)
        self._out = _appended(self.path)
        if fresh:
            self._failures = _appended(self.failed_path)
            if os.fstat(self._failures).st_size:
                raise UsageError(
                    f"{self.failed_path} is of an earlier map, and {self.path} is not there",
                    hint="remove it too, or name another file",
                )
            self.id = map_id or new_id()
            self._tell(about)
            return
        known = self._known(map_id)
        self.id = known["id"]
        self._failures = _appended(self.failed_path)
        self._load()
        self._compare(known, about, retry=retry)
        if known["digest"] != about["digest"]:
            self._tell(about)

    def _known(self, map_id: str | None) -> dict[str, str]:
        """What map the files are of."""
        try:
            known = json.loads(self._about_path.read_text("utf-8"))
        except ValueError:
            known = None
        if not isinstance(known, dict) or not {"id", "script", "digest", "account"} <= known.keys():
            raise UsageError(
                f"{self.path} is there, and {self._about_path.name} beside it does not say of what map",
                hint="name another file, or remove this one",
            )
        if map_id not in (None, known["id"]):
            raise UsageError(
                f"{self.path} belongs to the map {known['id']}, not to {map_id}", hint="name another file, or no id"
            )
        return known

    def _compare(self, known: dict[str, str], about: dict[str, str], *, retry: bool) -> None:
        for name in ("account", "simulated"):
            if known.get(name) != about[name]:
                raise self._of_another(f"{name} was {known.get(name)}, and is {about[name]}")
        if known["digest"] == about["digest"]:
            return
        if Path(known["script"]).name != Path(about["script"]).name:
            raise self._of_another(f"of {known['script']}")
        if not retry:
            raise UsageError(
                f"{self.path} belongs to {about['script']} as it was: the script has been changed",
                hint="name another file; or, where only failures are left, use --retry-failed",
            )
        wrote = sorted(record["line"] for record in self.failures() if record.get("writes", 0) != 0)
        if wrote:
            lines = ", ".join(map(str, wrote[:5])) + (f" and {len(wrote) - 5} more" if len(wrote) > 5 else "")
            raise UsageError(
                f"{about['script']} has been changed, and had written something before it failed for line {lines}:"
                " the new script would write that again",
                hint="put the script back, or look after those lines yourself and remove them from"
                f" {self.failed_path} and the inputs",
            )

    def _of_another(self, what: str) -> UsageError:
        return UsageError(f"{self.path} belongs to another map: {what}", hint="name another file, or remove this one")

    def _tell(self, about: dict[str, str]) -> None:
        """Say what map this is, so that it is known on the disk before anything is sent."""
        text = json.dumps({"id": self.id, **about}, indent=2, ensure_ascii=True).encode() + b"\n"
        os.pwrite(self._lock, text, 0)
        os.ftruncate(self._lock, len(text))
        os.fsync(self._lock)

    # -- reading ------------------------------------------------------------------------------------------------

    def _load(self) -> None:
        for record in _records(self._out, self.path):
            line = record["line"]
            if line >= len(self._done):
                self._done.frombytes(bytes(8 * (max(line + 1, 2 * len(self._done)) - len(self._done))))
            self.done += not self._done[line]
            self._done[line] = digest(record["args"])
        for record in _records(self._failures, self.failed_path):
            self._failed[record["line"]] = record.get("writes", 0) != 0
        self._compact()

    def is_done(self, one: Input) -> bool:
        """Whether the result of an input is there; raises UsageError where it is that of another input."""
        found = self._done[one.line] if one.line < len(self._done) else 0
        if found and found != one.digest:
            raise self._of_another(f"line {one.line} of the inputs was another when its result was made")
        return bool(found)

    def has_failed(self, one: Input) -> bool:
        return one.line in self._failed

    def has_written(self, one: Input) -> bool:
        """Whether an input that failed had written something before."""
        return self._failed.get(one.line, False)

    @property
    def failed(self) -> int:
        return len(self._failed)

    def failures(self) -> Iterator[dict[str, Any]]:
        """The records of the inputs that failed."""
        latest = {record["line"]: at for at, record in enumerate(_records(self._failures, self.failed_path))}
        for at, record in enumerate(_records(self._failures, self.failed_path)):
            if latest[record["line"]] == at and record["line"] in self._failed:
                yield record

    # -- writing ------------------------------------------------------------------------------------------------

    def add(self, record: dict[str, Any]) -> None:
        """Append a record; raises InternalError where there is no room, and then nothing of it is there."""
        if record["ok"]:
            _append(self._out, self.path, record)
            self.done += 1
            self._failed.pop(record["line"], None)
        else:
            _append(self._failures, self.failed_path, record)
            self._failed[record["line"]] = record.get("writes", 0) != 0

    def _compact(self) -> None:
        """Take out of the failures what is done meanwhile, and what has failed again."""
        for line in [line for line in self._failed if line < len(self._done) and self._done[line]]:
            del self._failed[line]
        if not os.fstat(self._failures).st_size:
            return
        draft = self.failed_path.with_name(f"{self.failed_path.name}.new")
        with draft.open("wb") as file:
            for record in self.failures():
                file.write(_line(record))
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self.failed_path)
        os.close(self._failures)
        self._failures = _appended(self.failed_path)

    def close(self) -> None:
        """What was written is on the disk, and the failures are only those that are left."""
        if self._lock < 0:
            return
        try:
            self._compact()
            os.fsync(self._out)
            os.fsync(self._failures)
        except OSError as error:
            raise _no_room(self.path, error) from None
        finally:
            self._release()

    def __del__(self) -> None:
        """A map that was made ready and never begun."""
        if hasattr(self, "_lock"):
            self._release()

    def _release(self) -> None:
        for fd in (self._out, self._failures, self._lock):
            if fd >= 0:
                os.close(fd)
        self._out = self._failures = self._lock = -1


def _appended(path: Path) -> int:
    """A descriptor that appends, after half a line at the end, which a kill has left, was cut away."""
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o666)
    size = end = os.fstat(fd).st_size
    while end:
        begin = max(0, end - CHUNK)
        newline = os.pread(fd, end - begin, begin).rfind(b"\n")
        if newline >= 0:
            end = begin + newline + 1
            break
        end = begin
    if end < size:
        os.ftruncate(fd, end)
    return fd


def _records(fd: int, path: Path) -> Iterator[dict[str, Any]]:
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_CLOEXEC), "rb") as file:
        left = os.fstat(fd).st_size
        for number, line in enumerate(file, 1):
            left -= len(line)
            if left < 0:
                return
            try:
                record = json.loads(line)
                usable = isinstance(record, dict) and record["line"] > 0 and record["args"] is not Ellipsis
            except (ValueError, KeyError, TypeError):
                usable = False
            if not usable:
                raise UsageError(
                    f"{path}:{number}: not a line of a map's results",
                    hint="mend or remove that line, or name another file",
                )
            yield record


def _line(record: dict[str, Any]) -> bytes:
    try:
        return json.dumps(record, ensure_ascii=False).encode() + b"\n"
    except UnicodeEncodeError:  # half of a surrogate pair
        return json.dumps(record).encode() + b"\n"


def _append(fd: int, path: Path, record: dict[str, Any]) -> None:
    data = _line(record)
    before = os.fstat(fd).st_size
    try:
        written = os.write(fd, data)
        while written < len(data):
            written += os.write(fd, data[written:])  # or it says why not
    except OSError as error:
        with suppress(OSError):
            os.ftruncate(fd, before)
        raise _no_room(path, error) from None


def _no_room(path: Path, error: OSError) -> InternalError:
    return InternalError(
        f"{path}: {error.strerror}", hint="make room, and run the same map again: it goes on where it was"
    )
