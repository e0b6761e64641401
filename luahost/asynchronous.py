"""Running a script from an event loop."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, TypedDict

from luahost.calls.cancellation import Cancellation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from concurrent.futures import Executor
    from pathlib import Path

    from luahost.calls.approval import Approve
    from luahost.results import CallRecord, Limits, Result


class RunOptions(TypedDict, total=False):
    """The options of `Host.run` that `run_async` takes as well."""

    name: str
    args: Mapping[str, Any] | None
    words: Iterable[str]
    account: str
    modules: str | Path | None
    files: str | Path | None
    limits: Limits | None
    approve: Approve | None
    dry_run: bool
    cancellation: Cancellation | None
    on_output: Callable[[bytes], None] | None
    on_notice: Callable[[str], None] | None
    on_call: Callable[[CallRecord], None] | None
    keep_output: bool
    owner: str | None


async def run_async(run: Callable[..., Result], threads: Executor, options: RunOptions) -> Result:
    """Call `run` in one of `threads`; a task that is cancelled ends the run, and goes on when its process has ended."""
    loop = asyncio.get_running_loop()
    cancellation = options.get("cancellation") or Cancellation()
    options["cancellation"] = cancellation
    running = loop.run_in_executor(threads, partial(run, loop=loop, **options))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        cancellation.cancel()
        with suppress(Exception):  # what it gave or raised nobody waits for any more
            await running
        raise
