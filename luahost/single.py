"""One call without a script."""

from __future__ import annotations

import threading

from luahost.calls.run import GRACE
from luahost.errors import LuaHostError
from luahost.outcome import Interrupted, call_result

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from luahost.calls.dispatch import Dispatcher
    from luahost.calls.run import Run
    from luahost.calls.workers import Workers


def make_call(
    run: Run,
    dispatcher: Dispatcher,
    workers: Workers,
    meta: Callable[[Run], dict[str, Any]],
    name: str,
    arguments: dict[str, Any],
) -> Any:
    """What the call gives; see `luahost.host.Host.call`. A thread makes it, so that this one can stop waiting."""
    done = threading.Event()
    outcome: list[Any] = []
    problem: list[BaseException] = []

    def make() -> None:
        try:
            outcome.append(dispatcher.call(run, name, arguments=arguments))
        except BaseException as error:  # noqa: BLE001 (raised again below, where somebody waits)
            problem.append(error)
        finally:
            done.set()

    workers.submit(make)
    try:
        if not done.wait(run.remaining()):
            raise run.wall_exceeded()
    except (KeyboardInterrupt, LuaHostError) as ending:
        run.stop()
        run.settle(GRACE)
        done.wait(1)  # a write that has settled is about to hand over its outcome
        if isinstance(ending, KeyboardInterrupt):
            raise Interrupted(call_result(run, meta(run), outcome, problem)) from None
        if not (outcome or problem):
            raise
    if problem:
        raise problem[0]
    return outcome[0]
