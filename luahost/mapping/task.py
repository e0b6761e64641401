"""One task of a map, where it is performed: in a worker process, in a thread, or on a machine of a cluster.

A worker keeps the host of its first task, so that further tasks find processes ready, and connections open.
"""

from __future__ import annotations

import json
import threading
from functools import lru_cache
from typing import Any, TypedDict

from luahost import __version__
from luahost.calls.cancellation import Cancellation
from luahost.calls.settings import Settings
from luahost.errors import LuaHostError, UsageError, from_fields
from luahost.host import Host
from luahost.mapping import durably
from luahost.mapping.job import policy_of
from luahost.results import Limits, Result

RUNS_OF_A_PROCESS = 1000  # all runs of a map have one owner, so that a child process may serve many


class Task(TypedDict):
    """One input and what is to be done with it. Plain values: it crosses to other processes and machines."""

    job: str
    line: int
    args: dict[str, Any]
    run_id: str | None
    begun: bool  # its run has written something: without the journal it is not run


Record = dict[str, Any]
"""What came of a task, as plain values; one that has `fatal` says why no task of this map can be performed."""


def perform(task: Task) -> Record:
    """Run the task's script, or go on with its run where that has begun before; never raises a LuaHostError."""
    try:
        job = _job(task["job"])
        cancellation = _begun(task["job"])
        try:
            result = job.run(task, cancellation)
        finally:
            _ended(cancellation)
    except LuaHostError as error:
        return {"fatal": error.fields()}
    record = _record(job, result, task["run_id"])
    if task["begun"] and "writes" in record:
        record["writes"] = record["writes"] or None  # it had, at some time
    return record


def failure(error: LuaHostError, run_id: str | None = None) -> Record:
    """The record of a task that was not, or not wholly, performed: what a run of this id has written nobody knows."""
    none = Result(output="", values=[], error=error, calls=[], elapsed_ms=0.0, memory_bytes=None, meta={})
    return _plain(none, run_id) | ({} if run_id is None else {"writes": None})


def fatal(record: Record) -> LuaHostError | None:
    """The error that ends the whole map, if the record is one."""
    fields = record.get("fatal")
    if fields is None:
        return None
    if fields["code"] == UsageError.code:
        return UsageError(fields["message"], hint=fields.get("hint"))
    return from_fields(fields)


class _Job:
    """A map's script and the host that runs it."""

    def __init__(self, plain: dict[str, Any]) -> None:
        if plain["version"] != __version__:
            raise UsageError(
                f"this worker has luahost {__version__}, and the map was started by {plain['version']}",
                hint="install the same version on all machines",
            )
        self.script: str = plain["script"]
        self.options: dict[str, Any] = plain["run"]
        self.state: str | None = plain["state"]
        self.host = Host(
            settings=Settings.load(),
            policy=None if plain["policy"] is None else policy_of(plain["policy"]),
            limits=Limits(**plain["limits"]),
            reuse=RUNS_OF_A_PROCESS,
            processes=max(plain["at_once"], 1),
            **plain["host"],
            **durably.host_options(self.state),
        )

    def run(self, task: Task, cancellation: Cancellation) -> Result:
        options = {**self.options, "args": task["args"]}
        if self.state is None or task["run_id"] is None:
            return self.host.run(self.script, cancellation=cancellation, **options)
        return durably.run(self.host, task["run_id"], self.script, cancellation, options, has_begun=task["begun"])


@lru_cache(maxsize=4)
def _made(text: str) -> _Job:
    return _Job(json.loads(text))


_making = threading.Lock()


def _job(text: str) -> _Job:
    with _making:  # of threads that begin together, one makes the host
        return _made(text)


def _record(job: _Job, result: Result, run_id: str | None) -> Record:
    error = result.error
    if error is not None and _concerns_all(error):
        return {"fatal": error.fields()}
    record = _plain(result, run_id)
    if error is not None:  # whether running it anew, with another script, would write something twice
        record["writes"] = sum(
            each.status in ("ok", "unknown") and job.host.dispatcher.find(each.call)[1].access == "write"
            for each in result.calls
        )
    return record


def _concerns_all(error: LuaHostError) -> bool:
    """Whether every other input would fail in the same way: what it depends on is no input."""
    return error.code == "syntax_error" or (error.code == "unknown_account" and error.line is None)


def _plain(result: Result, run_id: str | None) -> Record:
    return {
        "ok": result.ok,
        "value": result.value,
        "values": result.values,
        "output": result.output,
        "error": None if result.error is None else result.error.fields(),
        "run_id": run_id,
        "calls": len(result.calls),
        "elapsed_ms": result.elapsed_ms,
    }


# -- ending what is under way -------------------------------------------------------------------------------------

_lock = threading.Lock()
_under_way: dict[Cancellation, str] = {}
_over = threading.Event()


def _begun(job: str) -> Cancellation:
    cancellation = Cancellation()
    with _lock:
        _under_way[cancellation] = job
        if _over.is_set():
            cancellation.cancel()
    return cancellation


def _ended(cancellation: Cancellation) -> None:
    with _lock:
        del _under_way[cancellation]


def cancel(job: str | None = None) -> None:
    """End the runs of a job that are under way in this process; None: of all jobs, and none begins any more.

    What they have sent is awaited, and they can be gone on with.
    """
    with _lock:
        if job is None:
            _over.set()
        for each, its in _under_way.items():
            if job in (None, its):
                each.cancel()
