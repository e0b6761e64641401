"""The calls of a run that is made again: which of those that were made before is meant."""

from __future__ import annotations

import json
from collections import deque

from luahost.calls.lines import plain, with_bytes
from luahost.errors import InternalError, from_fields

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from luahost.calls.handling import Connection
    from luahost.calls.history import History, RecordedCall

_sorted = json.JSONEncoder(sort_keys=True, default=plain).encode


class RecordedClock:
    """Simulated time as a journal tells it: what each answer said, and what was slept."""

    def __init__(self, now: float) -> None:
        self._now = now

    def time(self) -> float:
        return self._now

    def sleep(self, seconds: float) -> None:
        self._now += seconds

    def set(self, now: float) -> None:
        self._now = max(self._now, now)


class Asked:
    """A call as it is recognised: by task, function, account and arguments, whatever their order."""

    __slots__ = ("account", "arguments", "call", "key", "task")

    def __init__(self, task: str, call: str, account: str, arguments: dict[str, Any], *, walk: bool) -> None:
        self.task = task
        self.call = call
        self.account = account
        self.arguments = arguments
        self.key = task, call, account, _sorted(arguments), walk

    def __str__(self) -> str:
        from luahost.calls.history import call_text  # most runs name no call

        told = call_text(self.call, self.account, self.arguments)
        return f"{told} (in task {self.task})" if self.task else told


class Entry:
    """One call as the journal knows it.

    `answered` says that `answer` has it, and nothing is sent. `fresh` that it has never left; else it may have
    happened already.
    """

    __slots__ = ("_asked", "_occurrence", "_run_id", "approved", "connection", "fresh", "has_left", "known", "n")

    def __init__(self, n: int, asked: Asked, known: RecordedCall | None, run_id: str, occurrence: int) -> None:
        self.n = n
        self.known = known
        self.fresh = known is None or not known.sent
        self.approved = False
        self.has_left = False
        """Whether it has left in this attempt."""
        self.connection: Connection | None = None
        self._asked = asked
        self._run_id = run_id
        self._occurrence = occurrence

    @property
    def run_key(self) -> str:
        """An idempotency key that is this call's alone, in this run and whatever resumes it."""
        return f"{self._run_id}:{_sorted(self._asked.key)}:{self._occurrence}"

    @property
    def answered(self) -> bool:
        return self.known is not None and self.known.status is not None

    @property
    def has_failed(self) -> bool:
        return self.known is not None and self.known.error is not None

    @property
    def pages(self) -> list[dict[str, Any]]:
        """What the journal has of a walk's pages."""
        return self.known.pages if self.known is not None else []

    def answer(self) -> Any:
        """What the call gave; raises what it raised."""
        known = self.known
        if known is None or known.status is None:
            raise InternalError("this call was not answered before")
        if known.error is not None:
            raise from_fields(known.error)
        return with_bytes(known.result)


class Recorded:
    """The calls of a `history`, or of none, as they come again."""

    def __init__(self, history: History | None) -> None:
        self._waiting: dict[tuple[Any, ...], deque[RecordedCall]] = {}
        self._left: dict[str, int] = {}
        self._counted: dict[tuple[Any, ...], int] = {}
        self._next = 1
        self._calls: list[RecordedCall] = [] if history is None else list(history.calls.values())
        self._over: dict[str, bool] = {}
        if history is not None:
            self._next = max(history.calls, default=0) + 1
            for _, each in sorted(history.calls.items()):
                asked = Asked(each.task, each.call, each.account, each.arguments, walk=each.walk)
                self._waiting.setdefault(asked.key, deque()).append(each)
                self._left[each.task] = self._left.get(each.task, 0) + 1

    def take(self, asked: Asked) -> tuple[RecordedCall | None, int]:
        """The call that is meant, in order among equals, and how many equals have come; None for a new one."""
        waiting = self._waiting.get(asked.key)
        occurrence = self._counted[asked.key] = self._counted.get(asked.key, 0) + 1
        if not waiting:
            return None, occurrence
        self._left[asked.task] -= 1
        return waiting.popleft(), occurrence

    def number(self) -> int:
        """The number of a new call."""
        found, self._next = self._next, self._next + 1
        return found

    def has_more(self, task: str) -> bool:
        """Whether calls of a task have not come again."""
        return bool(self._left.get(task))

    def expected(self, task: str) -> RecordedCall:
        """The first of them."""
        left = (each for calls in self._waiting.values() for each in calls if each.task == task)
        return min(left, key=lambda each: each.n)

    def is_over(self, task: str) -> bool:
        """Whether the `parallel` of a task had ended, since what has begun it had called something after it.

        What such a task has not called by then it never called: it was cancelled.
        """
        parent, _, last = task.rpartition("/")
        group = f"{parent}/" if parent else ""
        group += last.partition(".")[0] + "."
        if group not in self._over:
            within = [each.n for each in self._calls if each.task.startswith(group)]
            around = f"{parent}/"
            after = (
                each.n
                for each in self._calls
                if not each.task.startswith(group) and (not parent or f"{each.task}/".startswith(around))
            )
            self._over[group] = bool(within) and max(after, default=0) > max(within)
        return self._over[group] or (bool(parent) and self.is_over(parent))

    def writes_left(self) -> list[RecordedCall]:
        """The writes that have not come again."""
        return [each for calls in self._waiting.values() for each in calls if each.access == "write"]
