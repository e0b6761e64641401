"""Worker processes on this machine, as an Executor: what `map` uses where it is given none.

Not concurrent.futures' own processes: those import the caller's main module, which may begin another map; hear Ctrl-C
themselves; outlive a killed parent; and when one dies, all tasks are lost.
"""

from __future__ import annotations

import os
import subprocess
import threading
from collections import deque
from concurrent import futures
from concurrent.futures import Executor, Future
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from luahost.errors import Cancelled, InternalError, LuaHostError
from luahost.mapping import worker
from luahost.mapping.task import failure, perform

if TYPE_CHECKING:
    from collections.abc import Callable

    from luahost.mapping.task import Task

ATTEMPTS = 3
"""Worker processes that may die over one task before it is given up."""

BRIEF = 5.0
"""Milliseconds: a worker whose last run took no longer has the next one at hand, and need not wait for it to come."""

SMALL = 1 << 14
"""Bytes of a task that is sent ahead: it fits into a pipe that nobody reads at the moment."""


def processors() -> int:
    """How many this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class _Order:
    """A task that somebody waits for."""

    __slots__ = ("attempts", "future", "has_begun", "job", "message", "number", "run_id")

    def __init__(self, number: int, task: Task) -> None:
        self.number = number
        self.job = task["job"]
        self.message = worker.encode([number, {name: value for name, value in task.items() if name != "job"}])
        self.run_id = task["run_id"]
        self.future: Future[Any] = Future()
        self.has_begun = False
        """Whether a worker has had it: its future cannot be cancelled any more."""
        self.attempts = 0


class Crew(Executor):
    """Up to `processes` workers that have `jobs` tasks under way between them; started as tasks come.

    A worker that dies is replaced, and its tasks are given to others: a run that has a journal is gone on with.
    """

    def __init__(self, jobs: int, processes: int | None = None) -> None:
        most = min(jobs, processes or processors())
        self._slots = [jobs // most + (at < jobs % most) for at in range(most)]
        self._lock = threading.Lock()
        self._members: list[_Member] = []
        self._waiting: deque[_Order] = deque()
        self._count = 0
        self._closed = False

    def submit(self, fn: Callable[..., Any], /, *args: Any, **_kwargs: Any) -> Future[Any]:
        """Have a worker perform a task: `fn` is `luahost.mapping.task.perform`."""
        if fn is not perform:
            raise TypeError("a crew performs tasks of a map, and nothing else")
        with self._lock:
            if self._closed:
                raise RuntimeError("the workers have been told to end")
            self._count += 1
            order = _Order(self._count, *args)
            self._waiting.append(order)
            alive = [each for each in self._members if not each.dead]
            member = min(alive, key=lambda each: each.load, default=None)
            if (member is None or member.load) and len(alive) < len(self._slots):
                member = self._hire(next((each.at for each in self._members if each.dead), len(self._members)))
        if member is not None:
            member.feed()
        return order.future

    def _hire(self, at: int) -> _Member:
        """Another worker for this place; the lock is held."""
        member = _Member(self, at, self._slots[at])
        self._members[at : at + 1] = [member]
        return member

    def next(self, member: _Member) -> _Order | None:
        """What a worker does next, if it has a hand free."""
        with self._lock:
            ahead = member.is_brief and bool(self._waiting) and len(self._waiting[0].message) < SMALL
            if len(member.in_hand) >= member.slots + ahead or member.dead:
                return None
            while self._waiting:
                order = self._waiting.popleft()
                if order.has_begun or order.future.set_running_or_notify_cancel():
                    order.has_begun = True
                    member.in_hand[order.number] = order
                    return order
        return None

    def idle(self, member: _Member) -> None:
        """A worker has nothing to do: one that has a task at hand, and has not begun it, is asked to give it back."""
        with self._lock:
            if member.in_hand or self._waiting:
                return
            other = next((each for each in self._members if len(each.in_hand) > each.slots and not each.dead), None)
        if other is not None:
            other.recall()

    def returned(self, order: _Order) -> None:
        """A task was given back before it was begun."""
        with self._lock:
            self._waiting.appendleft(order)
            free = [each for each in self._members if not each.in_hand and not each.dead]
        for member in free:
            member.feed()

    def lost(self, member: _Member) -> None:
        """A worker has ended. What it had in hand goes to another; in the end somebody is told."""
        told: list[tuple[_Order, dict[str, Any]]] = []
        replacement = None
        with self._lock:
            member.dead = True
            orders = list(member.in_hand.values())
            member.in_hand.clear()
            status = member.process.wait()
            how = f"killed by signal {-status}" if status < 0 else f"status {status}"
            for order in reversed(orders):
                order.attempts += 1
                if member.began and order.attempts < ATTEMPTS and not self._closed:
                    self._waiting.appendleft(order)
                    continue
                problem = InternalError(
                    f"the worker process ended ({how})" + (f", {order.attempts} times" if order.attempts > 1 else ""),
                    hint="what it had under way can be gone on with: run the same map again",
                )
                told.append((order, failure(problem, order.run_id) if member.began else {"fatal": problem.fields()}))
            if self._waiting and member.began and not self._closed:
                try:
                    replacement = self._hire(member.at)
                except LuaHostError as problem:
                    told += [(order, {"fatal": problem.fields()}) for order in self._waiting]
                    self._waiting.clear()
        for order, record in told:
            order.future.set_result(record)
        if replacement is not None:
            replacement.feed()

    def stop(self) -> None:
        """Have the runs that are under way end: their futures get a record that says so."""
        with self._lock:
            self._closed = True
            members = list(self._members)
            waiting = list(self._waiting)
            self._waiting.clear()
        _cancel(waiting)
        for member in members:
            member.cut()

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        with self._lock:
            self._closed = True
            members = list(self._members)
            waiting = list(self._waiting)
            if cancel_futures:
                self._waiting.clear()
        if cancel_futures:
            _cancel(waiting)
        elif wait:
            futures.wait([order.future for order in waiting])
        for member in members:
            member.dismiss()
        if wait:
            for member in members:
                member.reader.join()


def _cancel(orders: list[_Order]) -> None:
    for order in orders:
        if order.future.cancel():
            order.future.set_running_or_notify_cancel()  # else whoever waits for it waits on
        else:  # a worker had begun it, and died
            order.future.set_result(failure(Cancelled("the map was ended"), order.run_id))


class _Member:
    """One worker process, and the thread that reads its answers and hands it its next task."""

    def __init__(self, crew: Crew, at: int, slots: int) -> None:
        self.at = at
        self.slots = slots
        self.in_hand: dict[int, _Order] = {}
        self.began = False
        self.is_brief = False
        self.dead = False
        self._crew = crew
        self._sending = threading.Lock()
        self._job: str | None = None
        far, self._life = os.pipe()
        try:
            # A session of its own: Ctrl-C at the terminal is for whoever started the map, who ends the runs in order.
            self.process = subprocess.Popen(
                worker.command(far, slots),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                pass_fds=(far,),
                start_new_session=True,
            )
        except OSError as error:
            os.close(self._life)
            raise InternalError(
                f"no worker process can be started: {error.strerror}", hint="try fewer --jobs"
            ) from None
        finally:
            os.close(far)
        self.reader = threading.Thread(target=self._read, name="luahost-crew", daemon=True)
        self.reader.start()

    @property
    def load(self) -> float:
        return len(self.in_hand) / self.slots

    def feed(self) -> None:
        """Send it tasks while it has a hand free and there are some."""
        while (order := self._crew.next(self)) is not None:
            stdin = self.process.stdin
            with self._sending, suppress(BrokenPipeError, ValueError):  # the reader sees its end, and says so
                if stdin is not None:
                    if order.job is not self._job:
                        stdin.write(worker.encode(order.job))
                        self._job = order.job
                    stdin.write(order.message)
                    stdin.flush()

    def _read(self) -> None:
        stdout = self.process.stdout
        if stdout is None:  # never: it is a pipe
            return
        self.began = worker.receive(stdout) == worker.READY
        while self.began and (message := worker.receive(stdout)) is not None:
            number, record = message
            order = self.in_hand.pop(number)
            if record is None:
                self.is_brief = False
                self._crew.returned(order)
                continue
            self.is_brief = self.slots == 1 and record.get("elapsed_ms", BRIEF) < BRIEF
            self.feed()  # first: the worker waits
            order.future.set_result(record)
            if not self.in_hand:
                self._crew.idle(self)
        self._crew.lost(self)
        stdout.close()
        self.dismiss()
        self.cut()

    def recall(self) -> None:
        """Have it give back a task that it has not begun; it answers with none."""
        with self._sending, suppress(OSError):
            if self._life >= 0:
                os.write(self._life, worker.RECALL)

    def cut(self) -> None:
        """Cut its line of life."""
        with self._sending:
            if self._life >= 0:
                os.close(self._life)
                self._life = -1

    def dismiss(self) -> None:
        """No more tasks: it ends when it has answered."""
        with self._sending, suppress(OSError):
            if self.process.stdin is not None:
                self.process.stdin.close()
