"""When a run did what: its calls and sleeps on one line of time, for those who draw it."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from luahost.calls.history import History, RecordedCall


class Span:
    """What a task did from `begin` to `end`, seconds since 1970: a call, or a sleep where `call` is None.

    `status` is the call's: "ok", "error", "unknown" or "planned", and of one without an answer "running", "waiting"
    (for somebody's approval), "unknown" (a write that had left) or "unanswered".
    """

    __slots__ = ("begin", "call", "end", "status", "task")

    def __init__(self, task: str, begin: float, end: float, call: RecordedCall | None, status: str) -> None:
        self.task = task
        self.begin = begin
        self.end = end
        self.call = call
        self.status = status

    @property
    def seconds(self) -> float:
        return self.end - self.begin


class Timeline:
    """A run's spans, by the time they began; and its parts, one from each start or resumption to where that ended.

    `now` is the present time for a run that is alive, None for any other.
    """

    def __init__(self, history: History, now: float | None) -> None:
        self.history = history
        last = history.last_at if now is None else max(now, history.last_at)
        bounds: list[float] = [history.header["at"], *(at for pause in history.pauses for at in pause), last]
        bounds = list(accumulate(bounds, max))  # a clock may have been set back meanwhile
        self.parts: list[tuple[float, float]] = list(zip(bounds[::2], bounds[1::2], strict=True))
        spans = [self._call(each, alive=now is not None) for each in history.calls.values()]
        self.spans = sorted([*spans, *self._sleeps(spans)], key=lambda each: (each.begin, each.call is not None))

    @property
    def seconds(self) -> float:
        """How long the run has lasted, without the time in which nobody had resumed it."""
        return sum(end - begin for begin, end in self.parts)

    def elapsed(self, at: float) -> float:
        """How long the run had lasted then."""
        return sum(max(0.0, min(at, end) - begin) for begin, end in self.parts)

    def _call(self, call: RecordedCall, *, alive: bool) -> Span:
        # One that was made anew after a resumption began then, as far as its answer is concerned. Whether it has been
        # made anew is known by its answer only.
        alive = alive and call.at >= self.parts[-1][0]
        known = call.answered_at if call.answered_at is not None else self.parts[-1][1] if alive else None
        begin, end = self._part(call.at if known is None else known)
        begin = max(begin, call.at)
        end = end if known is None else known
        if call.status is not None and call not in self.history.pending:
            return Span(call.task, begin, max(begin, end), call, call.status)
        if call in self.history.pending:
            status = "waiting"
        elif alive:
            status = "running"
        else:
            status = "unknown" if call.sent else "unanswered"
        return Span(call.task, begin, max(begin, end), call, status)

    def _part(self, at: float) -> tuple[float, float]:
        return next((part for part in reversed(self.parts) if part[0] <= at), self.parts[0])

    def _sleeps(self, calls: list[Span]) -> list[Span]:
        """Sleeps last until what their task did next: where time is simulated, no time at all."""
        found = []
        for task, sleeps in self.history.sleeps.items():
            begins = sorted([*(each.begin for each in calls if each.task == task), *(at for at, _ in sleeps)])
            for at, seconds in sleeps:
                following = next((begin for begin in begins if begin > at), self._part(at)[1])
                found.append(Span(task, at, max(at, min(at + seconds, following)), None, "sleep"))
        return found
