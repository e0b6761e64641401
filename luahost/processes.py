"""The processes that run a host's scripts."""

from __future__ import annotations

import threading

from luahost.errors import Cancelled, Unsupported
from luahost.lua.runner import NeverBegan, run_in_child

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from luahost.calls.run import Run
    from luahost.lua.bridge import Bridge
    from luahost.lua.child import Child
    from luahost.lua.lasting import LastingState
    from luahost.lua.pool import Pool
    from luahost.lua.waiting import Waiting

_NOBODY = "\0"
"""The owner of processes that serve one run: nothing is ever given back to it."""

_ATTEMPTS = 3  # processes that are tried for a run, where others were killed before they said a word


class Processes:
    """Runs scripts in processes of a pool, which is made when the first is wanted. Thread-safe.

    `require_seal` is the least level of their walls; `reuse` and `most` are those of the pool.
    """

    def __init__(self, *, require_seal: str, reuse: int, most: int) -> None:
        self.most = most
        self._require_seal = require_seal
        self._reuse = reuse
        self._pool: Pool | None = None
        self._lock = threading.Lock()

    async def run(self, bridge: Bridge, run: Run, start: dict[str, Any], owner: str | None, waiting: Waiting) -> None:
        """Run in a process that serves `owner`, or this run alone where that is None.

        See `luahost.lua.runner.run_in_child` for what is raised.
        """
        for _ in range(_ATTEMPTS - 1):
            try:
                await self._run_once(bridge, run, start, owner, waiting)
            except NeverBegan:
                continue
            return
        await self._run_once(bridge, run, start, owner, waiting)

    async def _run_once(
        self, bridge: Bridge, run: Run, start: dict[str, Any], owner: str | None, waiting: Waiting
    ) -> None:
        pool = self._made()
        key = _NOBODY if owner is None else owner
        child = pool.take_ready(key)
        fit = False

        def wait() -> None:
            nonlocal child  # it is given back also where an event loop is closed before that hears of it
            child = pool.take(key, run.remaining(), run.cancellation)

        try:
            if child is None:
                await waiting.elsewhere(wait)
            if child is None:
                raise Cancelled("the run was cancelled") if run.cancelled else run.wall_exceeded()
            await self.run_in(child, bridge, run, start, waiting)
            fit = bridge.is_clean() and owner is not None
        finally:
            if child is not None:
                pool.give_back(child, key, fit=fit)

    async def run_in(self, child: Child, bridge: Bridge, run: Run, start: dict[str, Any], waiting: Waiting) -> None:
        """Run in this process, if its walls suffice."""
        self._check_seal(child, run)
        await run_in_child(bridge, run, start, child, waiting)

    def run_lasting(self, state: LastingState, bridge: Bridge, run: Run, start: dict[str, Any]) -> None:
        """Run a chunk in a state that lasts, likewise."""
        if not state.met:
            state.meet()
        self._check_seal(state.child, run)
        state.run(bridge, run, start)

    def has_ready(self, owner: str | None) -> bool:
        """Whether a run of that owner would have a process at once."""
        return self._pool is not None and self._pool.has_ready(_NOBODY if owner is None else owner)

    def _check_seal(self, child: Child, run: Run) -> None:
        run.seal, run.missing_walls = child.seal.level, child.seal.missing
        if not child.seal.satisfies(self._require_seal):
            raise Unsupported(
                f"the seal is {child.seal}; {self._require_seal} is required",
                hint="docs/security.md says what each wall needs; luahost doctor shows this system's",
            )

    def _made(self) -> Pool:
        """The pool; its module takes longer to import than a single run, started early, needs in all."""
        with self._lock:
            if self._pool is None:
                from luahost.lua.pool import Pool

                self._pool = Pool(reuse=self._reuse, most=self.most)
            return self._pool

    def close(self) -> None:
        if self._pool is not None:
            self._pool.close()

    def abandon(self) -> None:
        """`close` without a lock, for a host that nobody holds any more."""
        if self._pool is not None:
            self._pool.abandon()
