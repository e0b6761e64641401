"""Running a script from an event loop."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from contextvars import copy_context
from functools import partial
from typing import TYPE_CHECKING, Any, TypedDict

from luahost.calls.cancellation import Cancellation
from luahost.lua.on_loop import OnLoop

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop, Future
    from collections.abc import Callable, Coroutine, Iterable, Mapping
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


_CALLED = ("on_output", "on_notice", "on_begin", "on_call")
"""The functions that are called in threads."""


async def run_async(
    run: Callable[..., Result],
    threads: Executor,
    options: RunOptions,
    on_loop: Callable[..., Coroutine[Any, Any, Result]] | None,
) -> Result:
    """`run` a script in one of `threads`, or `on_loop`, where that can be and nothing that the options ask for takes
    long. A task that is cancelled ends the run, and goes on when its process has ended.
    """
    loop = asyncio.get_running_loop()
    cancellation, given = Cancellation(), options.get("cancellation")
    options["cancellation"] = cancellation  # its own: a task that is cancelled ends no other's run
    if given is not None:
        given.wakes(cancellation.cancel)
    begun = None
    try:
        if on_loop is not None and not _takes_long(options):
            waiting = OnLoop(loop)
            running = waiting.drive(on_loop(waiting, loop=loop, **options))
        else:
            # In the task's own context: what traces a program finds there what this run is part of.
            begun = threads.submit(copy_context().run, partial(run, loop=loop, **options))
            running = asyncio.wrap_future(begun)
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        cancellation.cancel()
        if begun is None or not begun.cancel():
            running.add_done_callback(_look_at)
            with suppress(Exception):  # what it gave or raised nobody waits for any more
                await asyncio.shield(running)
        raise
    finally:
        if given is not None:
            given.forget(cancellation.cancel)


def _look_at(ended: Future[Result]) -> None:
    """Otherwise asyncio reports an error that nobody has heard of."""
    if not ended.cancelled():
        ended.exception()


def _takes_long(options: RunOptions) -> bool:
    """Whether more is to be done than to wait: an account that is looked up may be in files and in a keyring."""
    limits = options.get("limits")
    asks = options.get("dry_run") or (limits is not None and limits.calls_per_function)
    looks_up = options.get("account", "default") != "default"
    return bool(asks) or looks_up or any(options.get(name) is not None for name in _CALLED)
