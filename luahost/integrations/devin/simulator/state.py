"""A simulator that goes on after a restart.

The same seed, clock and requests give the same organisation. So the file of a state is the log of
the requests that changed something, each with its time, and a restart does them again.
"""

from __future__ import annotations

import base64
import fcntl
import io
import json
import math
import os
import stat
import threading
import time
from typing import TYPE_CHECKING, Any, NoReturn

from .answers import Refusal
from .application import Simulator
from .clock import ScaledClock, VirtualClock

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from .request import Request

_MARK = "state of luahost simulate"
_FORMAT = 1
_NEVER = 253402300800.0  # the year 10000, which no date of Python reaches


class StateError(Exception):
    """The file cannot hold the state; the message says why."""


def resume(path: str, *, accounts: Iterable[str], seed: int | None = None, speed: float = 1.0) -> Simulator:
    """A simulator as it was when the file was last written, which from now on writes every change.

    The file is made if there is none or an empty one. Time has gone on meanwhile, as fast as it last
    went. `seed` is for a new file (0 if None); another than the file's is an error.
    """
    file = _File(path)
    try:
        return _resumed(file, list(accounts), seed, speed)
    except BaseException:
        file.close()
        raise


def _resumed(file: _File, accounts: list[str], seed: int | None, speed: float) -> Simulator:
    starts: list[dict[str, Any]] = []
    requests: list[tuple[int, dict[str, Any]]] = []
    latest = -math.inf
    for line, entry in file.entries():
        if entry["at"] < latest:
            raise file.broken(line, "time goes backwards")
        latest = entry["at"]
        if "mark" in entry:
            starts.append(entry)
        else:
            requests.append((line, entry))
    now = time.time()
    if starts:
        first, last = starts[0], starts[-1]
        if seed is not None and seed != first["seed"]:
            raise StateError(f"the state in {file.path} has seed {first['seed']}, not {seed}")
        seed = first["seed"]
        known = [account for start in starts for account in start["accounts"]]
        accounts = list(dict.fromkeys([*known, *accounts]))
        begun = first["at"]
        now = max(latest, last["at"] + max(0.0, now - last["machine"]) * last["speed"])
    else:
        seed = seed or 0
        begun = now
    simulator = Simulator(accounts=accounts, seed=seed, clock=VirtualClock(begun))
    for line, entry in requests:
        try:
            _repeat(simulator, entry, line, file)
        except ValueError as problem:
            raise file.broken(line, str(problem)) from None
    head = {"mark": _MARK, "format": _FORMAT, "seed": seed, "accounts": accounts}
    file.secure()
    file.append({**head, "at": now, "machine": time.time(), "speed": speed})
    simulator.clock = ScaledClock(now, speed)
    simulator.on_change = file.record
    return simulator


def _repeat(simulator: Simulator, entry: dict[str, Any], line: int, file: _File) -> None:
    key = simulator.keys[entry["version"]].get(entry["account"])
    if key is None:
        raise file.broken(line, f"there is no account {entry['account']}")
    body = entry["body"].encode() if "body" in entry else base64.b64decode(entry["base64"])
    environ: dict[str, Any] = {
        "REQUEST_METHOD": entry["method"],
        "PATH_INFO": entry["path"].encode().decode("latin-1"),
        "QUERY_STRING": entry["query"],
        "CONTENT_TYPE": entry["content_type"],
        "CONTENT_LENGTH": str(len(body)),
        "HTTP_AUTHORIZATION": f"Bearer {key}",
        "wsgi.input": io.BytesIO(body),
    }
    simulator.clock = VirtualClock(entry["at"])
    simulator(environ, lambda *_: lambda _: None)
    status = simulator.requests[-1].status
    if status is None or status >= 400:
        raise file.broken(line, f"{entry['method']} {entry['path']} is now answered with {status}")


class _File:
    """One JSON object a line, appended; one process at a time."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._failure: OSError | None = None
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NONBLOCK | os.O_CLOEXEC
        try:
            self._descriptor = os.open(path, flags, 0o600)
        except OSError as problem:
            raise StateError(f"the state file {path} cannot be opened: {problem.strerror}") from None
        if not stat.S_ISREG(os.fstat(self._descriptor).st_mode):
            self.close()
            raise StateError(f"{path} is no regular file")
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as problem:
            self.close()
            taken = isinstance(problem, BlockingIOError)
            why = "is in use by another simulator" if taken else f"cannot be locked: {problem.strerror}"
            raise StateError(f"the state file {path} {why}") from None

    def close(self) -> None:
        os.close(self._descriptor)

    def secure(self) -> None:
        """Session secrets are in it as they were sent: nobody else may read it."""
        os.fchmod(self._descriptor, 0o600)

    def broken(self, line: int, why: str) -> StateError:
        return StateError(f"the state file {self.path} is broken in line {line}: {why}")

    def entries(self) -> Iterator[tuple[int, dict[str, Any]]]:
        """The checked entries with the numbers of their lines; cuts off a last line that was not finished."""
        whole = 0
        with os.fdopen(os.dup(self._descriptor), "rb") as lines:
            for number, line in enumerate(lines, start=1):
                if number == 1 and not _is_start(_parsed(line)):
                    raise StateError(f"{self.path} is not a state file of luahost simulate of format {_FORMAT}")
                if not line.endswith(b"\n"):
                    break  # the process was killed while it wrote, and nobody has had an answer
                entry = _parsed(line)
                if not (_is_start(entry) or _is_request(entry)):
                    raise self.broken(number, "it is neither a start nor a request")
                whole += len(line)
                yield number, entry
        if os.fstat(self._descriptor).st_size > whole:
            os.ftruncate(self._descriptor, whole)

    def append(self, entry: dict[str, Any]) -> None:
        line = json.dumps(entry, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
        size = os.fstat(self._descriptor).st_size
        try:
            written = os.write(self._descriptor, line)
            while written < len(line):  # one write is enough but for enormous bodies and full disks
                written += os.write(self._descriptor, line[written:])
        except OSError:
            os.ftruncate(self._descriptor, size)
            raise

    def record(self, account: str, request: Request, now: float) -> None:
        """Writes a request that has been done; once that has failed, all later ones are refused."""
        entry = {
            "at": now,
            "account": account,
            "version": request.version,
            "method": request.method,
            "path": request.path,
            "query": request.query_string,
            "content_type": request.content_type,
        }
        try:
            text: dict[str, str] = {"body": request.data.decode()}
        except UnicodeDecodeError:
            text = {"base64": base64.b64encode(request.data).decode()}
        with self._lock:
            try:
                if self._failure is None:
                    self.append({**entry, **text})
            except OSError as problem:
                self._failure = problem
            if self._failure is not None:
                self._refuse(self._failure)

    def _refuse(self, problem: OSError) -> NoReturn:
        raise Refusal(500, f"The state file cannot be written: {problem.strerror}")


def _parsed(line: bytes) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None


def _is_start(entry: Any) -> bool:
    return (
        isinstance(entry, dict)
        and (entry.get("mark"), entry.get("format")) == (_MARK, _FORMAT)
        and isinstance(entry.get("seed"), int)
        and isinstance(entry.get("accounts"), list)
        and all(isinstance(account, str) for account in entry["accounts"])
        and all(_is_time(entry.get(name)) for name in ("at", "machine", "speed"))
    )


def _is_request(entry: Any) -> bool:
    return (
        isinstance(entry, dict)
        and _is_time(entry.get("at"))
        and entry.get("version") in ("v1", "v3")
        and all(isinstance(entry.get(name), str) for name in ("account", "method", "path", "query", "content_type"))
        and (isinstance(entry.get("body"), str) or _is_base64(entry.get("base64")))
    )


def _is_time(value: Any) -> bool:
    return isinstance(value, int | float) and 0 <= value < _NEVER


def _is_base64(value: Any) -> bool:
    try:
        base64.b64decode(value, validate=True)
    except (TypeError, ValueError):
        return False
    return True
