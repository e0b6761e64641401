"""Running so that a repeat repeats no write: a run that has begun before is gone on with, from its journal."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any

from luahost.calls.journals import content
from luahost.errors import Cancelled, Conflict, UsageError
from luahost.results import Result

if TYPE_CHECKING:
    from pathlib import Path

    from luahost.calls.cancellation import Cancellation
    from luahost.calls.journals import Journals
    from luahost.errors import LuaHostError
    from luahost.host import Host

PATIENCE = 60.0
"""Seconds to wait for whoever runs the same, before it is told that somebody does."""

STILLBORN = 5.0
"""Seconds after which a journal without a first line is of a process that died before it had done anything."""

_PAUSE = 0.2


def host_options(state: str | None) -> dict[str, Any]:
    """What a host is given so that its runs can be gone on with; None: nothing on disk."""
    return {"state": False} if state is None else {"state": state, "journal": True}


def run(
    host: Host, run_id: str, script: str, cancellation: Cancellation, options: dict[str, Any], *, has_begun: bool
) -> Result:
    """Run under this id, or go on with what has begun under it; of one that has ended well, what it gave.

    Where somebody else runs it, wait for them. One that `has_begun` is not begun anew: its journal has to be there.
    Raises LuaHostError where there can be no journal.
    """
    until = time.monotonic() + PATIENCE
    path = host.journals.path(run_id)
    if has_begun and not path.exists():
        return _nothing(
            Conflict(
                f"the journal of run {run_id} is gone, and it had written something",
                hint=f"put {path} back; or look after this input yourself",
            )
        )
    while True:
        result = _step(host, path, run_id, script, cancellation, options)
        if result is not None:
            return result
        if cancellation.cancelled:
            return _nothing(Cancelled("the run was cancelled"))
        if time.monotonic() >= until:
            hint = "wait for it, or end its process, and run the same map again"
            return _nothing(Conflict(f"run {run_id} is under way elsewhere", hint=hint))
        time.sleep(_PAUSE)


def _step(
    host: Host, path: Path, run_id: str, script: str, cancellation: Cancellation, options: dict[str, Any]
) -> Result | None:
    """Run it or go on with it, as its journal says; None where somebody else is about it."""
    if not path.exists() or _was_stillborn(host.journals, path, run_id):
        return _begin(host, path, run_id, script, cancellation, options)
    if not _has_begun(path):
        return None
    status = None
    try:
        status = host.journals.status(run_id)
        if status == "done":
            return host.replay(path, cancellation=cancellation)
        return None if status in (None, "running") else host.resume(run_id, cancellation=cancellation)
    except UsageError as error:  # of this run alone: it is damaged, or its account is another one now
        return None if _has_moved(host.journals, run_id, status) else _nothing(Conflict(error.message, hint=error.hint))


def _has_moved(journals: Journals, run_id: str, status: str | None) -> bool:
    """Whether somebody else has gone on with a run since it stood so."""
    try:
        return journals.status(run_id) != status
    except UsageError:
        return False


def _begin(
    host: Host, path: Path, run_id: str, script: str, cancellation: Cancellation, options: dict[str, Any]
) -> Result | None:
    try:
        result = host.run(script, run_id=run_id, cancellation=cancellation, **options)
    except UsageError:
        if path.exists():  # somebody else was faster
            return None
        raise
    if result.error is not None and result.run_id is not None and not _has_begun(path):
        raise result.error  # there is no room for journals: nothing more can be run
    return result


def _has_begun(path: Path) -> bool:
    """Whether a journal has its first line."""
    try:
        with path.open("rb") as file:
            return file.readline().endswith(b"\n")
    except OSError:
        return False


def _was_stillborn(journals: Journals, path: Path, run_id: str) -> bool:
    """Take away a journal whose process died before its first line: it had done nothing."""
    try:
        if _has_begun(path) or time.time() - path.stat().st_mtime < STILLBORN:
            return False
        file = journals.open(run_id)  # locked: else what is taken away could be what somebody else has begun meanwhile
    except (OSError, UsageError):
        return False
    try:
        if b"\n" in content(file, path):
            return False
        path.unlink()
    except (OSError, UsageError):
        return False
    finally:
        os.close(file)
    return True


def _nothing(error: LuaHostError) -> Result:
    return Result(output="", values=[], error=error, calls=[], elapsed_ms=0.0, memory_bytes=None, meta={})
