"""Running a script from an event loop."""

from __future__ import annotations

import asyncio
import contextvars
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, TypedDict

from luahost.calls.cancellation import Cancellation

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop
    from collections.abc import Callable, Iterable, Mapping
    from concurrent.futures import Executor
    from pathlib import Path

    from luahost.calls.approval import Approve
    from luahost.lua.child import Single
    from luahost.results import CallRecord, Limits, Result


class _Options(TypedDict, total=False):
    """What both of the following have."""

    limits: Limits | None
    approve: Approve | None
    cancellation: Cancellation | None
    on_output: Callable[[bytes], None] | None
    on_notice: Callable[[str], None] | None
    on_begin: Callable[[CallRecord], None] | None
    on_call: Callable[[CallRecord], None] | None
    keep_output: bool
    owner: str | None
    suspend: bool


class RunOptions(_Options, total=False):
    """The options of `Host.run` that `run_async` takes as well."""

    name: str
    args: Mapping[str, Any] | None
    words: Iterable[str]
    account: str
    modules: str | Path | None
    files: str | Path | None
    dry_run: bool
    run_id: str | None


class AgainOptions(_Options, total=False):
    """The options of `Host.run` that `resume` and `replay` take: those that are not the script's own."""

    loop: AbstractEventLoop | None
    child: Single | None


async def run_async(run: Callable[..., Result], threads: Executor, options: RunOptions) -> Result:
    """Call `run` in one of `threads`; a task that is cancelled ends the run, and goes on when its process has ended."""
    loop = asyncio.get_running_loop()
    cancellation, given = Cancellation(), options.get("cancellation")
    options["cancellation"] = cancellation  # its own: a task that is cancelled ends no other's run
    if given is not None:
        given.wakes(cancellation.cancel)
    # In the task's own context: what traces a program finds there what this run is part of.
    running = threads.submit(contextvars.copy_context().run, partial(run, loop=loop, **options))
    try:
        return await asyncio.shield(asyncio.wrap_future(running))
    except asyncio.CancelledError:
        cancellation.cancel()
        if not running.cancel():  # it has begun
            with suppress(Exception):  # what it gave or raised nobody waits for any more
                await asyncio.wrap_future(running)
        raise
    finally:
        if given is not None:
            given.forget(cancellation.cancel)
