"""What a journal tells: the run as it went, read from its lines.

A journal is a file of JSON objects, one a line, only ever appended. Each has `event` and `at`, seconds since 1970:

    run      the first line: `version`, `run_id`, `luahost`, `name`, `source` and its `sha256`, `seed`, `now` (where
             time was simulated), `account`, `args`, `words`, `limits`, `modules` and `files` (folders), `isolation`,
             `pid`, `host`
    module   the text of a module that the script required: `name`, `file`, `source`
    account  what a call's account was: `integration`, `account`, `base_url`, `org_id` (null until known),
             `api_version`, and `key`, by which it is seen whether the key is still the same
    call     a call, before it is made: its number `n`, `task`, `call`, `account`, `access`, `arguments` (sensitive ones
             covered), `walk` where a list is walked, and `keyed` where it carries a key by which it is found again
    sent     the write `n` is about to leave; it does so when this is on the disk
    unsent   it has not left after all
    answer   what the call `n` gave: `status`, and `result` or `error`, `policy`, and `now` where time was simulated; of
             a walk, `pages` in place of a result
    page     a page of the walk `n`: what it was, `last` after the last one, or `error`
    sleep    a `task` begins to sleep: `seconds`
    time     what a `task` was told of the time: `times`, pairs of a number and an answer, and `clock`, how often it has
             asked
    output   `bytes` of a `task`'s output have been delivered in all
    approved somebody has approved the call `n`
    end      how it ended: `status` (done, failed, suspended, interrupted), `error`, `elapsed_ms`, `calls`, and
             `reopen`, the calls that a resumed run makes anew
    resume   it goes on: `pid`, `host`

A last line that is not complete was being written when the run died, and does not count.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

from luahost.calls.journals import content
from luahost.calls.lines import VERSION
from luahost.errors import UsageError, from_fields, may_have_happened

if TYPE_CHECKING:
    from pathlib import Path


class RecordedCall:
    """One call of a journal. `status` is None for one that was not answered; `sent` says that a write had left."""

    __slots__ = (
        "access", "account", "answered_at", "arguments", "at", "call", "error", "keyed", "n", "now", "pages", "policy",
        "result", "sent", "status", "task", "walk",
    )  # fmt: skip

    def __init__(self, event: dict[str, Any]) -> None:
        self.n: int = event["n"]
        self.task: str = event["task"]
        self.call: str = event["call"]
        self.account: str = event["account"]
        self.access: str = event["access"]
        self.arguments: dict[str, Any] = event["arguments"]
        self.walk: bool = event.get("walk", False)
        self.keyed: bool = event.get("keyed", False)
        self.at: float = event["at"]
        self.sent = False
        self.status: str | None = None
        self.answered_at: float | None = None
        self.result: Any = None
        self.error: dict[str, Any] | None = None
        self.policy: dict[str, Any] | None = None
        self.pages: list[dict[str, Any]] = []
        self.now: float | None = None

    def reopen(self) -> None:
        """Forget the answer: the call is to be made anew. Of a walk that has begun, the page that failed."""
        if self.pages:
            self.pages = [page for page in self.pages if "error" not in page]
        else:
            self.status = self.answered_at = self.error = None

    def answer(self, event: dict[str, Any]) -> None:
        self.status, self.answered_at = event["status"], event["at"]
        self.result, self.error, self.policy = event.get("result"), event.get("error"), event.get("policy")
        self.now = event.get("now")
        if self.status == "error" and not may_have_happened(from_fields(self.error or {})):
            self.sent = False

    def __str__(self) -> str:
        return call_text(self.call, self.account, self.arguments)


def call_text(call: str, account: str, arguments: dict[str, Any]) -> str:
    """A call as people read it, cut after a few hundred characters."""
    shown = json.dumps(arguments, ensure_ascii=False, sort_keys=True, default=str)
    return f"{call} on account {account} with {shown if len(shown) <= 300 else shown[:297] + '...'}"


class History:
    """One run as its journal tells it. `size` is where its last whole line ends, in bytes."""

    def __init__(self, path: Path) -> None:
        from luahost.calls.fields import check  # a run that only writes a journal needs none of it

        self._check = check
        self.path = path
        self.header: dict[str, Any] = {}
        self.modules: dict[str, dict[str, str]] = {}
        self.accounts: dict[tuple[str, str], dict[str, Any]] = {}
        self.calls: dict[int, RecordedCall] = {}
        self.sleeps: dict[str, list[tuple[float, float]]] = {}
        self.times: dict[str, list[list[int]]] = {}
        self.clock: dict[str, int] = {}
        self.output: dict[str, int] = {}
        self.approved: set[int] = set()
        self.end: dict[str, Any] | None = None
        self.pauses: list[tuple[float, float]] = []
        """Each time that it was resumed: when it had last been heard of, and when it went on."""
        self.last_at = 0.0
        self.size = 0

    @property
    def run_id(self) -> str:
        return str(self.header["run_id"])

    @property
    def pending(self) -> list[RecordedCall]:
        """The calls that wait for somebody's approval."""
        if self.end is None or self.end["status"] != "suspended":
            return []
        return [self.calls[n] for n in self.end.get("reopen") or () if self.calls[n].policy is not None]

    @property
    def unknown(self) -> list[RecordedCall]:
        """The writes that had left, have no answer, and carry no key by which they could be found."""
        return [
            each
            for each in self.calls.values()
            if each.sent and each.status is None and each.access == "write" and not each.keyed
        ]

    def reopen(self) -> None:
        """As a resumed run sees it: what ended it the last time is to be made anew."""
        for n in (self.end or {}).get("reopen") or ():
            self.calls[n].reopen()
        self.end = None

    # -- its lines ------------------------------------------------------------------------------------------

    def _run(self, event: dict[str, Any]) -> None:
        self.header = event

    def _module(self, event: dict[str, Any]) -> None:
        self.modules[event["name"]] = {"source": event["source"], "file": event["file"]}

    def _account(self, event: dict[str, Any]) -> None:
        self.accounts[event["integration"], event["account"]] = event

    def _call(self, event: dict[str, Any]) -> None:
        made = RecordedCall(event)
        if made.n in self.calls:
            raise ValueError(f"there is a call {made.n} already")
        self.calls[made.n] = made

    def _known(self, n: int) -> RecordedCall:
        try:
            return self.calls[n]
        except KeyError:
            raise ValueError(f"there is no call {n}") from None

    def _sent(self, event: dict[str, Any]) -> None:
        self._known(event["n"]).sent = True

    def _unsent(self, event: dict[str, Any]) -> None:
        self._known(event["n"]).sent = False

    def _answer(self, event: dict[str, Any]) -> None:
        self._known(event["n"]).answer(event)

    def _page(self, event: dict[str, Any]) -> None:
        self._known(event["n"]).pages.append(event)

    def _sleep(self, event: dict[str, Any]) -> None:
        self.sleeps.setdefault(event["task"], []).append((event["at"], event["seconds"]))

    def _time(self, event: dict[str, Any]) -> None:
        self.times.setdefault(event["task"], []).extend(event["times"])
        self.clock[event["task"]] = event["clock"]

    def _output(self, event: dict[str, Any]) -> None:
        self.output[event.get("task", "")] = event["bytes"]

    def _approved(self, event: dict[str, Any]) -> None:
        self.approved.add(self._known(event["n"]).n)

    def _end(self, event: dict[str, Any]) -> None:
        for n in event.get("reopen") or ():
            self._known(n)
        self.end = event

    def _resume(self, event: dict[str, Any]) -> None:
        self.reopen()
        self.pauses.append((self.last_at, event["at"]))

    def take(self, event: dict[str, Any]) -> None:
        """Learn one line; an event unknown here is of a later luahost, and passed over.

        Raises ValueError for a line that is not as it should be.
        """
        if event["event"] == "run" and event.get("version") != VERSION:
            raise UsageError(
                f"{self.path}:1: this journal has version {event.get('version')!r}, and {VERSION} is understood",
                hint="use the luahost that wrote it",
            )
        self._check(event)
        learn = _LEARN.get(event["event"])
        if learn is not None:
            learn(self, event)
        self.last_at = max(self.last_at, event["at"])


_EVENTS = (
    "run", "module", "account", "call", "sent", "unsent", "answer", "page", "sleep", "time", "output", "approved",
    "end", "resume",
)  # fmt: skip
_LEARN: dict[str, Any] = {name: getattr(History, f"_{name}") for name in _EVENTS}


def read(path: Path) -> History:
    """The history that a journal tells, wherever it lies and whatever it is called.

    Raises UsageError for a file that cannot be read, and with the line for one that is not a journal's.
    """
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise UsageError(f"{path}: {reason}", hint="luahost runs list shows the runs there are") from None
    try:
        return _told(path, content(file, path))
    finally:
        os.close(file)


def parsed(path: Path, data: bytes) -> History:
    """The same of the bytes of a file among the journals, which is called as its run is."""
    found = _told(path, data)
    if found.run_id != path.stem:
        raise UsageError(
            f"{path}:1: this is the journal of run {found.run_id}, under another name",
            hint="give it its name back; luahost run --replay plays it as it is",
        )
    return found


def _told(path: Path, data: bytes) -> History:
    found = History(path)
    found.size = data.rfind(b"\n") + 1
    for number, line in enumerate(data[: found.size].splitlines(), 1):
        try:
            event = json.loads(line)
            if not isinstance(event, dict) or not isinstance(event.get("event"), str):
                raise ValueError("it is no event")  # noqa: TRY301, TRY004
            if (number == 1) != (event["event"] == "run"):
                raise ValueError("a journal begins with one line that says what was run")  # noqa: TRY301
            found.take(event)
        except (ValueError, RecursionError) as error:
            hint = "name a run's file, as runs show tells; or the file was damaged"
            if number > 1:
                hint = "the file was damaged or edited; what it says up to there is on the lines above"
            raise UsageError(f"{path}:{number}: not a line of a journal: {_reason(error)}", hint=hint) from None
    if not found.header:
        raise UsageError(f"{path}: not a journal: it has no first line", hint="nothing had happened yet: run it anew")
    return found


def _reason(error: Exception) -> str:
    if isinstance(error, (json.JSONDecodeError, UnicodeDecodeError)):
        return "it is not JSON"
    return "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
