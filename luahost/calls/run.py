"""One run, as its calls see it: all that they may use, and what is known of them."""

from __future__ import annotations

import threading
import time

from luahost.calls.limits import limit_exceeded
from luahost.calls.pending import Pending
from luahost.errors import Cancelled, LimitExceeded, LuaHostError, PermissionDenied, from_fields

TYPE_CHECKING = False
if TYPE_CHECKING:
    from asyncio import AbstractEventLoop
    from collections.abc import Callable
    from typing import Any

    from luahost.calls.approval import Approve
    from luahost.calls.cancellation import Cancellation
    from luahost.calls.dry_run import DryRun
    from luahost.calls.journal import Journal
    from luahost.calls.pending import Clock, Spans
    from luahost.calls.walks import Walk
    from luahost.results import CallRecord, Limits, Result
    from luahost.spec import Files


GRACE = 30.0
"""Seconds that a write which was already sent is awaited beyond the end of its run."""


_MOST_TEXT = 16 << 20  # characters that the records of one run keep
_LONGEST = 1000  # characters of a value beyond that


def _cut(value: Any) -> Any:
    if isinstance(value, str) and len(value) > _LONGEST:
        return f"{value[:_LONGEST]}… ({len(value)} characters)"
    return value


class Run:
    """What one run may touch: its account, limits and deadline, and the record of its calls. Thread-safe.

    `clock` is a simulator's; without one, time passes as it does. `approve` is who is asked about calls, on the event
    `loop` where there is one. In a `dry_run` no write is sent. A `journal` is told of all that happens, and answers
    what it knows. With `suspend` a call that needs an approval which nobody gives ends the run.
    """

    def __init__(
        self,
        *,
        limits: Limits,
        account: str = "default",
        clock: Clock | None = None,
        on_notice: Callable[[str], None] | None = None,
        on_begin: Callable[[CallRecord], None] | None = None,
        on_call: Callable[[CallRecord], None] | None = None,
        files: Files | None = None,
        approve: Approve | None = None,
        loop: AbstractEventLoop | None = None,
        cancellation: Cancellation | None = None,
        dry_run: DryRun | None = None,
        journal: Journal | None = None,
        suspend: bool = False,
    ) -> None:
        self.limits = limits
        self.account = account
        self.clock = clock
        self.approve = approve
        self.loop = loop
        self.cancellation = cancellation
        self.dry_run = dry_run
        self.suspend = suspend
        self.journal = journal
        if journal is not None:
            journal.bind(self)
        self.fate: LuaHostError | None = None
        """What the run ends with, whatever the script makes of it: nothing that it does counts any more."""
        self.records: list[CallRecord] = []
        self.notices: list[str] = []
        self.seal = "none"
        """How far the script's process is walled off: "full", "partial" or "none"; and what is missing, and why."""
        self.missing_walls: dict[str, str] = {}
        self.cpu_seconds: float | None = None
        """Processor time of the script, once it has ended."""
        self._files = files
        self.walks: dict[int, Walk] = {}
        """The lists that the script walks, by number; the one that was left the longest comes first."""
        self.walks_begun = 0
        self.waited = 0.0
        """Seconds for which the script has waited for its host."""
        self.started = time.monotonic()
        self.deadline = self.started + limits.wall if limits.wall is not None else None
        self._on_notice = on_notice
        self._on_begin = on_begin
        self._on_call = on_call
        self.spans: Spans | None = None
        self.stopped = False
        self._pending: set[Pending] = set()
        self._doubtful: list[CallRecord] = []
        self._leaving = 0  # writes whose journal is being told that they leave
        self._text_kept = 0
        self._lock = threading.RLock()  # taken by itself, as in luahost.lua.pool
        self._changed = threading.Condition(self._lock)

    @property
    def files(self) -> Files:
        """The folder that this run may use."""
        if self._files is None:
            raise PermissionDenied(
                "this run has no folder for files",
                hint="give it one with --files DIR, or Host.run(files=…), or use the content itself",
            )
        return self._files

    def notice(self, text: str) -> None:
        with self._lock:
            self.notices.append(text)
        if self._on_notice:
            self._on_notice(text)

    # -- the calls ------------------------------------------------------------------------------------------

    def begin(self, record: CallRecord) -> Pending:
        """Count and record one call, which `end` is told of; raises LimitExceeded for one too many."""
        pending = Pending(record)
        with self._lock:
            self.check_open()
            self._count(record.call)
            self.records.append(record)
            self._pending.add(pending)
        if self.spans is not None:
            self.spans.begin(pending)
        if self._on_begin:
            self._on_begin(record)
        return pending

    def end(self, pending: Pending, problem: LuaHostError | None) -> None:
        """The call is over, and how; with neither a result nor a problem, something has interrupted it."""
        record = pending.record
        with self._lock:
            given_up = pending.cancelled  # `give_up` has ended it, and told of it
            if not given_up:
                self._note_end(pending, problem)
                self._pending.discard(pending)
                if pending.sent or problem is not None:
                    self._changed.notify_all()
        if self.spans is not None:
            self.spans.end(pending, problem)
        if self._on_call and not given_up:
            self._on_call(record)

    @staticmethod
    def _note_end(pending: Pending, problem: LuaHostError | None) -> None:
        record = pending.record
        if problem is not None:
            record.status = "unknown" if problem.code == "outcome_unknown" else "error"
            record.error = problem.fields()
        elif not pending.done:
            record.status = "unknown" if pending.sent else "error"
        else:
            record.status = "planned" if pending.planned else "ok"
        record.duration_ms = milliseconds(time.monotonic() - pending.started)

    def give_up(self, pending: Pending, problem: LuaHostError) -> bool:
        """End a call that nobody waits for any more, with `problem`: it sends no write, and its result is dropped.

        False where a write has left already: that call goes on, so that its outcome is known. So does each in a run
        that is to end: it may be the call that the run is suspended at.
        """
        record = pending.record
        with self._lock:
            if pending.sent or pending.cancelled or self.fate is not None or pending not in self._pending:
                return pending.cancelled
            pending.cancelled = True
            record.status = "error"
            record.error = problem.fields()
            record.duration_ms = milliseconds(time.monotonic() - pending.started)
            self._pending.discard(pending)
            self._changed.notify_all()
        if self._on_call:
            self._on_call(record)
        return True

    def _count(self, call: str) -> None:
        most = self.limits.calls
        if most is not None and len(self.records) >= most:
            raise limit_exceeded("calls", most, len(self.records) + 1)
        per_function = self.limits.calls_per_function
        if per_function and call in per_function:
            made = sum(record.call == call for record in self.records)
            if made >= per_function[call]:
                raise limit_exceeded("calls_per_function", per_function[call], made + 1, call)

    def kept(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """Arguments as a record keeps them: whole, until a run's records hold megabytes of text; then long ones cut."""
        size = sum(len(value) for value in arguments.values() if isinstance(value, str))
        with self._lock:
            fits = self._text_kept + size <= _MOST_TEXT
            if fits:
                self._text_kept += size
        return arguments if fits else {name: _cut(value) for name, value in arguments.items()}

    def check_open(self) -> None:
        """Raises Cancelled when the run has ended, and its fate when that is known: nothing begins after that."""
        if self.fate is not None:
            raise from_fields(self.fate.fields())
        if self.stopped or self.cancelled:
            raise Cancelled("the run ended before this was called")

    def begin_write(self, pending: Pending) -> None:
        """Say that a write leaves now, to the journal first.

        Raises Cancelled when the run has ended meanwhile, or the call was given up.
        """
        if pending.sent or pending.entry is None or self.journal is None:
            self._leave(pending)
            return
        with self._lock:
            self.check_open()  # within the lock: a run that ends after this waits until the journal knows the rest
            self._leaving += 1
        try:
            self.journal.sent(pending.entry)  # not within the lock: a disk takes its time
            try:
                self._leave(pending)
            except Cancelled:
                self.journal.unsent(pending.entry)
                raise
        finally:
            with self._lock:
                self._leaving -= 1
                self._changed.notify_all()

    def _leave(self, pending: Pending) -> None:
        with self._lock:
            ends = self.stopped or self.cancelled or self.is_over() or (self.fate is not None and not pending.sent)
            leaves = not (pending.cancelled or ends)
            pending.sent = pending.sent or leaves
        if not leaves:
            raise Cancelled(
                "this was given up before it was sent" if pending.cancelled else "the run ended before this was sent"
            )

    def deadline_for(self, pending: Pending) -> float | None:
        """When this call must end, in seconds of time.monotonic; None for never."""
        if self.deadline is None:
            return None
        return self.deadline + GRACE if pending.sent else self.deadline

    def sleep(self, seconds: float, pending: Pending | None = None, *, real: bool = False) -> None:
        """Wait, on the simulator's clock at once; no longer than the run (or the pending call) may last.

        `real` is for a call that nobody simulates in a run whose time is simulated.
        """
        if self.clock is not None and not real:
            self.clock.sleep(seconds)
            return
        end = time.monotonic() + seconds
        limit = self.deadline_for(pending) if pending else self.deadline
        if limit is not None:
            end = min(end, limit)
        if pending and pending.sent:
            time.sleep(max(0.0, end - time.monotonic()))
        else:
            with self._lock:
                self._changed.wait_for(
                    lambda: self.stopped or self.fate or (pending is not None and pending.cancelled),
                    max(0.0, end - time.monotonic()),
                )
            if self.fate is not None:
                self.check_open()
            if self.stopped or (pending is not None and pending.cancelled):
                raise Cancelled("the run ended meanwhile")
            if self.is_over():
                raise self.wall_exceeded()

    def wait_for(self, ready: Callable[[], bool]) -> None:
        """Wait until `ready`, which `wake` has looked at again, or until the run is over, or is to end."""
        with self._lock:
            while not (ready() or self.stopped or self.fate or self.is_over()):
                self._changed.wait(self.remaining())

    def wait_until(self, when: Callable[[], float]) -> bool:
        """Wait until `when` says, on the monotonic clock, which each `wake` asks anew. False when the run ends."""
        with self._lock:
            while not self.stopped:
                left = when() - time.monotonic()
                if left <= 0:
                    return True
                self._changed.wait(left)
        return False

    def wake(self) -> None:
        """Have whoever waits look again."""
        with self._lock:
            self._changed.notify_all()

    # -- the end --------------------------------------------------------------------------------------------

    def begin_trace(self, name: str, isolation: str) -> None:
        """Begin the span of the whole run, a script called `name`."""
        if self.spans is not None:
            self.spans.begin_run(name, isolation=isolation, run_id=self.journal.run_id if self.journal else None)

    def end_trace(self, came: Result | BaseException) -> None:
        """End it; an exception is one that goes to whoever called `Host.run`."""
        if self.spans is not None:
            self.spans.end_run(came)

    def end_with(self, error: LuaHostError, pending: Pending | None = None) -> None:
        """Have the run end with this error: from now on nothing is sent, nothing printed, and every wait is over.

        Not for a `pending` call that was given up: the script goes on without it.
        """
        with self._lock:
            if pending is not None and pending.cancelled:
                return
            self.fate = self.fate or error
            self._changed.notify_all()

    def elapsed_ms(self) -> float:
        return milliseconds(time.monotonic() - self.started)

    def remaining(self) -> float | None:
        """Seconds until the deadline, None without one."""
        return None if self.deadline is None else self.deadline - time.monotonic()

    @property
    def cancelled(self) -> bool:
        return self.cancellation is not None and self.cancellation.cancelled

    def is_over(self) -> bool:
        """Whether the deadline has passed."""
        return self.deadline is not None and time.monotonic() >= self.deadline

    def wall_exceeded(self) -> LimitExceeded:
        used = round(time.monotonic() - self.started, 1)
        return limit_exceeded("wall", self.limits.wall, used)

    def stop(self) -> None:
        """End the run for its calls: no new write leaves, and reads are not waited for."""
        now = time.monotonic()
        with self._lock:
            self.stopped = True
            self.deadline = now if self.deadline is None else min(self.deadline, now)
            self._changed.notify_all()

    def unsettled(self) -> list[CallRecord]:
        """The writes that were sent and have not been answered."""
        with self._lock:
            return [pending.record for pending in self._pending if pending.sent]

    def is_settled(self) -> bool:
        """Whether no write is under way."""
        if not (self._pending or self._leaving):
            return True
        with self._lock:
            return self._has_settled()

    def _has_settled(self) -> bool:
        return not (self._leaving or any(pending.sent for pending in self._pending))

    def settle(self, seconds: float = GRACE) -> None:
        """Wait for the writes that were already sent, so that their outcome is known; say which are not."""
        if self.is_settled():
            return
        waiting = len(self.unsettled())
        if waiting:
            writes = "a write" if waiting == 1 else f"{waiting} writes"
            self.notice(f"{writes} already sent: waiting up to {seconds:.0f} s for the outcome (Ctrl-C leaves at once)")
        try:
            with self._lock:
                self._changed.wait_for(self._has_settled, seconds)
        finally:
            self.tell_unsettled()

    def tell_unsettled(self) -> None:
        """Say, once, of which writes nobody knows the outcome."""
        for record in self.unsettled():
            if record in self._doubtful:
                continue
            self._doubtful.append(record)
            shown = ", ".join(f"{name}={value!r}" for name, value in record.arguments.items())
            self.notice(
                f"unknown whether it happened: {record.call} on account {record.account}, "
                f"{shown if len(shown) <= 120 else shown[:117] + '...'}; look before you do it again"
            )

    def calls(self) -> list[CallRecord]:
        """The records as they are now. A read that nobody waits for any more counts as cancelled."""
        with self._lock:
            abandoned = [pending.record for pending in self._pending if not pending.sent]
            return [
                record.copy(status="error", error=Cancelled("the run ended first").fields())
                if record in abandoned
                else record.copy()
                for record in self.records
            ]


def milliseconds(seconds: float) -> float:
    """To the microsecond; `round` takes far longer."""
    return int(seconds * 1e6) / 1e3
