"""Carrying out one run: its script in a process or here, whatever ends it, and the writes that it leaves behind."""

from __future__ import annotations

import os

from luahost.calls.run import GRACE
from luahost.errors import Cancelled, InternalError, LuaHostError, UsageError
from luahost.lua.source import decode
from luahost.outcome import Interrupted, run_result

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from luahost.calls.run import Run
    from luahost.lua.bridge import Bridge
    from luahost.lua.child import Single
    from luahost.lua.lasting import LastingState
    from luahost.lua.waiting import Waiting
    from luahost.processes import Processes
    from luahost.results import Result


def start_of(
    source: str | bytes, name: str, args: Mapping[str, Any], words: list[str], run: Run, seed: int | None
) -> dict[str, Any]:
    """What a script's process is told first; `seed` is that of a run that was made before. Raises SourceError."""
    data = source.encode("utf-8", "surrogatepass") if isinstance(source, str) else source
    return {
        "source": decode(data, name),
        "name": name if name.isprintable() else "".join(c if c.isprintable() else "?" for c in name),
        "account": run.account,
        "args": dict(args),
        "words": words,
        "seed": int.from_bytes(os.urandom(4), "little") >> 1 if seed is None else seed,
        "now": run.clock.time() if run.clock else None,
    }


class Execution:
    """One run on a host: `isolation`, `child`, `owner` and `lasting` are as `Host.run` has them.

    `begin` gives what the script's process is told first, and `about` what is said of the run in `Result.meta`.
    """

    def __init__(
        self,
        run: Run,
        bridge: Bridge,
        *,
        begin: Callable[[], dict[str, Any]],
        about: Callable[[], dict[str, Any]],
        waiting: Waiting,
        isolation: str,
        processes: Processes,
        child: Single | None,
        owner: str | None,
        is_closed: Callable[[], bool],
        lasting: LastingState | None = None,
    ) -> None:
        self._error: LuaHostError | None = None
        self._interrupted = False
        self._run = run
        self._bridge = bridge
        self._begin = begin
        self._about = about
        self._waiting = waiting
        self._isolation = isolation
        self._processes = processes
        self._child = child
        self._owner = owner
        self._is_closed = is_closed
        self._lasting = lasting

    async def result(self) -> Result:
        """What comes of it, once it is known what became of writes that were sent; raises what `Host.run` does."""
        await self._carry_out()
        result = run_result(self._run, self._about, self._bridge, self._error)
        self._run.end_trace(result)
        if self._interrupted:
            raise Interrupted(result)
        return result

    async def _carry_out(self) -> None:
        try:
            await self._run_script()
            await self._settle()
        except KeyboardInterrupt:  # a second one, which may have come at any point of the end
            self._interrupted = True
            self._error = self._error or Cancelled("interrupted")
            self._run.stop()
            self._run.tell_unsettled()
        except BaseException as fault:
            try:
                if not isinstance(fault, GeneratorExit):  # the event loop was closed: nothing can be waited for
                    await self._settle()  # a write that has left is no less known for a fault of ours
            finally:
                self._run.end_trace(fault)
                if self._run.journal is not None:
                    self._run.journal.close()
            raise

    async def _settle(self) -> None:
        if not self._run.is_settled():
            await self._waiting.elsewhere(lambda: self._run.settle(GRACE))

    async def _run_script(self) -> None:
        try:
            await self._execute(self._begin())
            self._error = self._bridge.error()
        except UsageError:
            if not self._is_closed():
                raise
            self._error = Cancelled("the host was closed during this run")
        except LuaHostError as problem:
            ended = self._is_closed() and isinstance(problem, InternalError)
            self._error = Cancelled("the host was closed during this run") if ended else problem
        except KeyboardInterrupt:
            self._interrupted = True
            self._error = Cancelled("interrupted")
        finally:
            self._run.stop()
            if self._child is not None:
                self._child.kill()

    async def _execute(self, start: dict[str, Any]) -> None:
        """Run the script where its isolation says; see `luahost.lua.runner.run_in_child` for what is raised."""
        if self._lasting is not None:
            self._processes.run_lasting(self._lasting, self._bridge, self._run, start)
        elif self._isolation == "none":
            from luahost.lua.here import run_here

            run_here(self._bridge, self._run, start)
        elif self._child is not None:
            self._child.meet()
            await self._processes.run_in(self._child, self._bridge, self._run, start, self._waiting)
        else:
            await self._processes.run(self._bridge, self._run, start, self._owner, self._waiting)
