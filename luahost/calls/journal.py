"""The journal of one run as it goes: it is told of everything, and answers what it knows from before.

luahost.calls.history says what its lines are.
"""

from __future__ import annotations

import os
import threading
import time

from luahost.calls.lines import VERSION, Lines
from luahost.calls.recorded import Asked, Entry, Recorded
from luahost.errors import Cancelled, Conflict, InternalError, LimitExceeded, OutcomeUnknown, ScriptError, Unsupported

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any

    from luahost.calls.handling import Connection
    from luahost.calls.history import History, RecordedCall
    from luahost.calls.run import Run
    from luahost.errors import LuaHostError
    from luahost.results import CallRecord, Result

ASSUMPTIONS = ("done", "not-done")
"""What somebody may say of a write whose answer was lost."""


class Journal:
    """One run's. Thread-safe.

    file      where it is written, open and locked; None: nothing is
    folder    where a new file is
    history   what is known from before; None for a run that begins
    alone     answer from the history and from nothing else: a replay
    assume    what is taken for so of a write whose answer was lost: "done", "not-done" or by its number, {3: "done"}
    """

    def __init__(
        self,
        run_id: str,
        file: int | None,
        history: History | None = None,
        *,
        folder: str | None = None,
        alone: bool = False,
        assume: str | Mapping[int, str] | None = None,
    ) -> None:
        self.run_id = run_id
        self.alone = alone
        self._history = history
        self._assume = assume
        self._lines = Lines(run_id, file, history.size if history is not None else 0, folder)
        self._recorded = Recorded(history)
        self._lock = threading.Lock()
        self._run: Run | None = None
        self._asked: dict[int, dict[str, Any]] = {}
        self._pending: list[dict[str, Any]] = []
        self._stopped_by: LuaHostError | None = None
        self._told = False
        self._failed: dict[tuple[str, str], int] = {}
        self._failing: set[int] = set()
        self._last: dict[str, int] = {}  # by task: its last call
        self._slept: dict[str, int] = {}
        self._accounts = dict(history.accounts) if history else {}
        self._met: dict[tuple[str, str], str | None] = {}
        self._first_account = history.header["account"] if history else None

    def bind(self, run: Run) -> None:
        """Say which run it is, before it begins."""
        self._run = run

    # -- its life -------------------------------------------------------------------------------------------

    def begin(self, header: Mapping[str, Any]) -> None:
        """The first line."""
        self._lines.write("run", {"version": VERSION, "run_id": self.run_id, **header, **_process()})

    def resume(self) -> None:
        """The run goes on. What was half written when it died is taken away."""
        self._lines.mend()
        self._lines.write("resume", _process())

    def approve(self, numbers: Iterable[int]) -> None:
        """Somebody has approved these calls."""
        for n in numbers:
            if self._history is not None:
                self._history.approved.add(n)
            self._lines.write("approved", {"n": n}, sure=True)

    def end(self, result: Result) -> None:
        """The run is over; the journal is closed, and free for whoever resumes it."""
        error = result.error
        reopen = self._to_reopen(error)
        if error is not None and error.code == "approval_required":
            self._pending = [self._asked[n] for n in reopen if n in self._asked]
        fields = {
            "status": _status(result),
            "error": error.fields() if error else None,
            "elapsed_ms": result.elapsed_ms,
            "calls": len(result.calls),
            "reopen": reopen,
        }
        self._try_to_write("end", fields)
        self.close()

    def close(self) -> None:
        self._lines.close()

    def _to_reopen(self, error: LuaHostError | None) -> list[int]:
        """The calls that a resumed run makes anew: what the run has ended with, or was suspended at.

        With them those that failed last in each task of a `parallel` which had not ended: an outage stops them all, and
        one error is told.
        """
        if error is None:
            return []
        if self._run is not None and self._run.fate is not None and error.code == "approval_required":
            return sorted(self._asked)
        ended_with = self._failed.get((error.code, error.message), 0)
        if not ended_with and error.code == "script_error":
            ended_with = max(self._last.values(), default=0)
        failed = self._failing
        last = list(self._last.items())  # a call that nobody waits for any more may still begin
        found = {n for task, n in last if task and n in failed and not self._was_handled(task, n)}
        return sorted(found | ({ended_with} & failed))

    def _was_handled(self, task: str, n: int) -> bool:
        """Whether what has begun a task has called something after the task's last call `n`."""
        while task:
            task = task.rpartition("/")[0]
            if self._last.get(task, 0) > n:
                return True
        return False

    # -- what a script does besides calling -----------------------------------------------------------------

    @property
    def times_known(self) -> dict[str, Any]:
        """What a resumed script is told of the time: by task, how often it had asked, and the answers."""
        history = self._history
        return {"times": history.times, "clock": history.clock} if history is not None and history.clock else {}

    def times(self, task: str, times: Any, clock: Any) -> None:
        """A task has asked for the time `clock` times so far; `times` has each new answer, with its number."""
        pairs = times if isinstance(times, list) else []
        for pair in pairs:
            if not (isinstance(pair, list) and len(pair) == 2 and all(isinstance(each, int) for each in pair)):
                raise InternalError("the script's process told of times that are none")
        if isinstance(clock, bool) or not isinstance(clock, int):
            raise InternalError("the script's process told of times that are none")
        history = self._history
        if history is None or clock > history.clock.get(task, 0):
            self._lines.write("time", {"task": task, "times": pairs, "clock": clock})

    def pause(self, task: str, seconds: float) -> float:
        """How long a task that sleeps has still to wait: not at all where it has slept before."""
        with self._lock:
            number = self._slept.get(task, 0)
            self._slept[task] = number + 1
        if self.alone:
            return seconds if self._run is not None and self._run.clock is not None else 0.0
        known = self._history.sleeps.get(task, []) if self._history is not None else []
        if number < len(known):
            began, lasted = known[number]
            return max(0.0, min(seconds, began + lasted - time.time()))
        self._lines.write("sleep", {"task": task, "seconds": seconds})
        return seconds

    def module(self, name: str, read: Callable[[str], dict[str, str]]) -> dict[str, str]:
        """The text of a module: as it was, where this run has read it before."""
        known = self._history.modules.get(name) if self._history is not None else None
        if known is not None:
            return dict(known)
        if self.alone:
            raise ScriptError(f"module {name!r} not found: the journal of run {self.run_id} has none of that name")
        found = read(name)
        self._lines.write("module", {"name": name, **found})
        return found

    def delivered(self, task: str) -> int:
        """Bytes of a task's output that have been delivered before."""
        return self._history.output.get(task, 0) if self._history is not None and not self.alone else 0

    def output(self, task: str, delivered: int) -> None:
        """So many bytes of a task's output have been delivered in all."""
        self._try_to_write("output", {"task": task, "bytes": delivered} if task else {"bytes": delivered})

    # -- calls ----------------------------------------------------------------------------------------------

    def call(
        self,
        record: CallRecord,
        shown: dict[str, Any],
        access: str,
        *,
        walk: bool,
        unordered: bool,
        keyed: bool = False,
    ) -> Entry:
        """A call that is about to be made: what is known of it.

        Within its task it is known by function, account and arguments, in order among equals: the order of a table's
        keys differs from process to process. Where a task calls something else while others of its calls have not come
        again, it goes another way: that ends the run, but for a read of a script that is `unordered`.
        """
        asked = Asked(record.task, record.call, record.account, shown, walk=walk)
        with self._lock:
            known, occurrence = self._recorded.take(asked)
            if known is None and not self.alone:
                if asked.task and self._recorded.is_over(asked.task):
                    raise Cancelled("this task was cancelled before it called this", retryable=False)
                if self._recorded.has_more(asked.task) and (access == "write" or not unordered):
                    raise self._other_way(asked)
                n = self._recorded.number()
        if known is not None:
            n = known.n
        if self.alone and (known is None or known.status is None):
            lacks = "no such call" if known is None else "no answer to this call"
            raise Unsupported(
                f"the journal of run {self.run_id} has {lacks}: {asked}",
                hint="a replay answers from its journal alone; record it anew where the script has changed",
            )
        if known is None:
            fields = {"n": n, "task": asked.task, "call": asked.call, "account": asked.account, "access": access}
            more = {**({"walk": True} if walk else {}), **({"keyed": True} if keyed else {})}
            self._lines.write("call", {**fields, "arguments": shown, **more})
        self._last[asked.task] = n
        entry = Entry(n, asked, known, self.run_id, occurrence)
        entry.approved = self._history is not None and n in self._history.approved
        return entry

    def _other_way(self, asked: Asked) -> Any:
        expected = self._recorded.expected(asked.task)
        return self._stop(
            Conflict(
                f"the script goes another way than before: it calls {asked}, "
                f"where run {self.run_id} had called {expected}",
                hint=f"nothing more was sent; luahost runs show {self.run_id} lists what was done",
                details={"expected": str(expected), "called": str(asked)},
            )
        )

    def _stop(self, error: Any) -> Any:
        """End the run with `error`, whatever the script makes of it."""
        self._stopped_by = error
        if self._run is not None:
            self._run.end_with(error)
        return error

    def settle(self, entry: Entry, *, keyed: bool) -> Any:
        """Of a write that had left, and was not answered: whether it counts as done, when nothing is sent.

        Under a key it is found again. Raises OutcomeUnknown where nobody says what became of it.
        """
        if entry.fresh or keyed or entry.known is None or entry.known.access != "write":
            return False
        said = self.said(entry)
        if said is not None:
            return said == "done"
        raise self.unknown(entry)

    def said(self, entry: Entry) -> str | None:
        """What somebody has said of a write whose answer was lost."""
        if self._assume is None or isinstance(self._assume, str):
            return self._assume
        return self._assume.get(entry.n)

    def unknown(self, entry: Entry) -> Any:
        """Ends the run: nobody has said what became of a write that had left."""
        history = self._history
        others = [] if history is None else [each for each in history.unknown if each.n != entry.n]
        also = f"; so had {', '.join(f'{each.n} ({each.call})' for each in others)}" if others else ""
        words = " ".join(f"--assume {n}=done" for n in sorted([entry.n, *(each.n for each in others)]))
        return self._stop(
            OutcomeUnknown(
                f"call {entry.n} had left when the run died, and nobody knows whether it happened: {entry.known}{also}",
                hint=f"look, and say so of each: luahost run --resume {self.run_id} {words} (or =not-done)",
            )
        )

    def sent(self, entry: Entry) -> None:
        """A write is about to leave; it may when this returns."""
        if entry.connection is not None:
            self.account(entry.connection)  # its organisation may be known only now
        entry.has_left = True
        self._lines.write("sent", {"n": entry.n}, sure=True)

    def unsent(self, entry: Entry) -> None:
        """It has not left after all."""
        self._try_to_write("unsent", {"n": entry.n})

    def answer(
        self, entry: Entry, record: CallRecord, result: Any, redact: Callable[[str], str], *, pages: bool = False
    ) -> None:
        """What a call has given; of a walk, its pages follow."""
        told = {"pages": True} if pages else {"result": result}
        fields = {"n": entry.n, "status": "ok", **told, "policy": record.policy}
        if self._run is not None and self._run.clock is not None:
            fields["now"] = self._run.clock.time()
        self._try_to_write("answer", fields, redact)

    def fail(
        self, entry: Entry | None, record: CallRecord, error: LuaHostError, *, over: bool, page: bool = False
    ) -> None:
        """What a call, or a page of its walk, has raised.

        `over`: the run is over, and an error that only says so is none of the call's.
        """
        if entry is None:
            return
        if error is self._stopped_by or isinstance(error, Cancelled) or (over and isinstance(error, LimitExceeded)):
            return
        self._failed[error.code, error.message] = entry.n
        self._failing.add(entry.n)
        if error.code == "approval_required":
            shown = {name: getattr(record, name) for name in ("call", "account", "arguments")}
            self._asked[entry.n] = {"n": entry.n, **shown}
        if page:
            self._try_to_write("page", {"n": entry.n, "error": error.fields()}, None)
        elif not entry.answered:
            self._fail(entry, record, error)

    def _fail(self, entry: Entry, record: CallRecord, error: LuaHostError) -> None:
        status = "unknown" if error.code == "outcome_unknown" else "error"
        self._try_to_write(
            "answer", {"n": entry.n, "status": status, "error": error.fields(), "policy": record.policy}, None
        )

    def page(self, entry: Entry, fields: dict[str, Any], redact: Callable[[str], str]) -> None:
        """One page of a walk."""
        self._try_to_write("page", {"n": entry.n, **fields}, redact)

    def _try_to_write(self, event: str, fields: dict[str, Any], redact: Callable[[str], str] | None = None) -> None:
        """Write down what has happened. The script is told all the same: its next call fails before it is sent."""
        try:
            self._lines.write(event, fields, redact=redact)
        except InternalError as error:
            with self._lock:
                told, self._told = self._told, True
            if self._run is not None and not told:
                self._run.notice(f"{error.message}; {error.hint}")

    def replays(self, integration: str, account: str) -> bool:
        """Whether this is the replay of a run that had such an account, which need not be known here."""
        return self.alone and (account == self._first_account or account in self.account_names(integration))

    def account_names(self, integration: str) -> list[str]:
        """The accounts of an integration on which the run had called something."""
        return [account for name, account in self._accounts if name == integration]

    def account(self, connection: Connection) -> None:
        """What an account was that a call is made on; written when it is new, or more is known of it."""
        at = connection.account.integration, connection.account.name
        if at in self._met and self._met[at] == connection.org_id:
            return
        with self._lock:  # no call goes on before the line is there, nor where it cannot be
            facts = connection.identity(self.run_id)
            known = self._accounts.get(at)
            if known is None or any(known.get(name) != value for name, value in facts.items()):
                self._lines.write("account", facts)
                self._accounts[at] = facts
            self._met[at] = facts["org_id"]

    @property
    def pending(self) -> list[dict[str, Any]]:
        """The calls that the run was suspended at, once it has ended."""
        return self._pending

    def left_over(self) -> list[RecordedCall]:
        """The writes of the history that this run has not made again."""
        with self._lock:
            return self._recorded.writes_left()


def _process() -> dict[str, Any]:
    return {"pid": os.getpid(), "host": os.uname().nodename if hasattr(os, "uname") else ""}


def _status(result: Result) -> str:
    error = result.error
    if error is None:
        return "done"
    if error.code == "approval_required":
        return "suspended"
    return "interrupted" if error.code == "cancelled" else "failed"
