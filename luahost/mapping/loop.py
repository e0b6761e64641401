"""Performing tasks by an executor: a bounded number at a time, each record as it comes."""

from __future__ import annotations

from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future, wait
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, NamedTuple

from luahost.errors import InternalError, LuaHostError
from luahost.mapping.crew import Crew
from luahost.mapping.task import cancel, failure, fatal, perform

if TYPE_CHECKING:
    from collections.abc import Iterator

    from luahost.mapping.inputs import Input
    from luahost.mapping.task import Record, Task

    Finished = SimpleQueue[Future[Record]]

PATIENCE = 35.0
"""Seconds that runs have to end in, when the map is ended: writes that were sent are awaited for 30."""


class Due(NamedTuple):
    """An input and its task; None where the input itself is the failure."""

    input: Input
    task: Task | None


class Loop:
    """The tasks of a map that are in the hands of an executor, `at_once` at most."""

    def __init__(self, executor: Executor, at_once: int, job: str) -> None:
        self._executor = executor
        self._at_once = at_once
        self._job = job
        self._finished: Finished = SimpleQueue()
        self._under_way: dict[Future[Record], Due] = {}

    def records(self, dues: Iterator[Due]) -> Iterator[tuple[Input, Record]]:
        """Each input and what came of it, as they finish; raises the error that concerns all of them."""
        more = True
        while True:
            while more and len(self._under_way) < self._at_once:
                due = next(dues, None)
                if due is None:
                    more = False
                elif due.task is None:
                    problem = due.input.problem or InternalError("an input without arguments")
                    yield due.input, failure(problem)
                else:
                    self._submit(due, due.task)
            if not self._under_way:
                return
            yield self._one(self._finished.get())

    def _submit(self, due: Due, task: Task) -> None:
        try:
            future = self._executor.submit(perform, task)
        except BrokenExecutor as error:
            raise _broken(error) from error
        self._under_way[future] = due
        future.add_done_callback(self._finished.put)

    def _one(self, future: Future[Record]) -> tuple[Input, Record]:
        due = self._under_way.pop(future)
        run_id = due.task["run_id"] if due.task else None
        try:
            record = future.result()
        except (BrokenExecutor, ImportError) as error:
            raise _broken(error) from error
        except CancelledError:
            raise InternalError(
                "the executor has cancelled a run", hint="run the same map again: it goes on where it was"
            ) from None
        except Exception as error:  # noqa: BLE001 (whatever the executor has to say, of this task alone)
            text = str(error).splitlines()[0] if str(error) else ""
            return due.input, failure(InternalError(f"the executor failed: {type(error).__name__}: {text}"), run_id)
        problem = fatal(record)
        if problem is not None:
            raise problem
        return due.input, record

    def end(self) -> Iterator[tuple[Input, Record]]:
        """End what is under way; the inputs that were done by then. Those that were cut short are not among them."""
        if not self._under_way:
            return
        for future in list(self._under_way):
            if not isinstance(self._executor, Crew) and future.cancel():
                del self._under_way[future]
        if isinstance(self._executor, Crew):
            self._executor.stop()
        cancel(self._job)
        wait(self._under_way, PATIENCE)
        for future in [each for each in self._under_way if each.done()]:
            try:
                one, record = self._one(future)
            except LuaHostError:
                continue
            if record["ok"] or record["error"]["code"] != "cancelled":
                yield one, record


def _broken(error: Any) -> InternalError:
    return InternalError(
        f"the executor's workers cannot go on: {type(error).__name__}: {error}",
        hint="workers need the same luahost; run the same map again: it goes on where it was",
    )
