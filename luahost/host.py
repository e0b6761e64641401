"""The host: all parts together, as a program uses them."""

from __future__ import annotations

import os
import threading

from luahost.calls.run import GRACE, Run
from luahost.calls.settings import Settings
from luahost.calls.workers import Workers
from luahost.errors import Cancelled, LuaHostError, Unsupported, UsageError
from luahost.lua.bridge import Bridge
from luahost.lua.confine import LEVELS
from luahost.lua.modules import Modules
from luahost.lua.runner import NeverBegan, run_in_child
from luahost.lua.source import decode
from luahost.outcome import Interrupted, call_result, meta, run_result
from luahost.parts import Parts
from luahost.results import Limits, Result

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path
    from types import TracebackType
    from typing import Any, Self

    from luahost.calls.dispatch import Dispatcher
    from luahost.calls.policy import Policy
    from luahost.lua.child import Child, Single
    from luahost.lua.pool import Pool
    from luahost.spec import Files, Integration

ISOLATIONS = ("process", "none")

_ATTEMPTS = 3  # processes that are tried for a run, where others were killed before they said a word


def _folder(files: str | Path | None) -> Files | None:
    if files is None:
        return None
    from luahost.calls.files import Folder

    return Folder(files)


class Host:
    """Runs Lua scripts, and answers their calls. Thread-safe; a context manager that closes its connections.

    accounts      keys by integration and account; then no other source of keys is read
    policy        what may be called, or a function that says so at the first call; default: read allow, write ask
    limits        what one run may use
    isolation     "process": a child process that never sees a key; "none": here, for scripts that you trust
    require_seal  the least level of its walls: "full", "partial", or "none" for what this system has
    reuse         runs of one owner that a process serves, each in a state of its own; 1: a process for each run
    processes     the most processes at a time; further runs wait
    simulate      answer from the integrations' simulators: no network, no key
    state         folder of the idempotency ledger; None: the user's own; False: nothing on disk
    integrations  further integrations beside the built-in and installed ones

    Without arguments it reads the same settings as the command line.
    """

    def __init__(
        self,
        *,
        accounts: Mapping[str, Mapping[str, Mapping[str, Any]]] | None = None,
        policy: Policy | Callable[[], Policy] | None = None,
        limits: Limits | None = None,
        isolation: str = "process",
        simulate: bool = False,
        state: str | Path | bool | None = None,
        integrations: Iterable[Integration] = (),
        settings: Settings | None = None,
        require_seal: str = "none",
        reuse: int = 1,
        processes: int = 64,
    ) -> None:
        if isolation not in ISOLATIONS:
            raise UsageError(f"isolation {isolation!r} is not known", hint=f"known: {', '.join(ISOLATIONS)}")
        if require_seal not in LEVELS:
            raise UsageError(f"seal {require_seal!r} is not known", hint=f"known: {', '.join(LEVELS)}")
        if isolation == "none" and require_seal != "none":
            raise UsageError("isolation 'none' has no seal", hint="use isolation 'process', or require none")
        for name, number in (("reuse", reuse), ("processes", processes)):
            if isinstance(number, bool) or not isinstance(number, int) or number < 1:
                raise UsageError(f"{name}: a whole number of at least 1 was expected, not {number!r}")
        if state is True:
            raise UsageError("state is a folder, or False for nothing on disk")
        self.isolation = isolation
        self._require_seal = require_seal
        self.simulate = simulate
        self._settings = settings or Settings.load()
        self.limits = limits or self._settings.limits(Limits())
        integrations = tuple(integrations)
        self._parts = Parts(
            settings=self._settings,
            policy=policy,
            limits=self.limits,
            accounts=accounts,
            simulate=simulate,
            state=state,
            integrations=integrations,
        )
        self._workers = Workers()
        self._pool: Pool | None = None
        self._pool_size = (reuse, processes)
        self._lock = threading.Lock()
        self._closed = False
        if accounts is not None or integrations:
            _ = self.dispatcher  # what was passed is checked at once

    # -- running --------------------------------------------------------------------------------------------

    def run(
        self,
        source: str | bytes,
        *,
        name: str = "script.lua",
        args: Mapping[str, Any] | None = None,
        words: Iterable[str] = (),
        account: str = "default",
        modules: str | Path | None = None,
        files: str | Path | None = None,
        limits: Limits | None = None,
        on_output: Callable[[bytes], None] | None = None,
        on_notice: Callable[[str], None] | None = None,
        keep_output: bool = True,
        child: Single | None = None,
        owner: str = "",
    ) -> Result:
        """Run a script. What it does wrong is in `Result.error`; nothing that it does raises here.

        name       what errors call it
        args       the global `args`; `words` are its `arg` and `...`
        account    what bare calls use
        modules    the folder that `require` reads
        files      the folder whose files calls may read and write; without one, none
        on_output  gets output as it is printed; keep_output=False leaves `Result.output` empty
        on_notice  gets notices as they come; they are in `Result.meta["notices"]` as well
        child      a child process that was started before, to save its start-up time; it is ended, and not closed
        owner      on whose behalf: a process that is reused serves one owner

        Raises Interrupted on Ctrl-C, when the script and its process have ended.
        """
        self._open()
        if limits is not None and limits.calls_per_function:
            self.dispatcher.check_limits(limits)
        run = Run(
            limits=limits or self.limits,
            account=account,
            clock=self._parts.clock(),
            on_notice=on_notice,
            files=_folder(files),
        )
        bridge = Bridge(
            run,
            self._parts.services(self._workers.submit),
            modules=Modules(modules),
            on_output=on_output,
            keep_output=keep_output,
        )
        error: LuaHostError | None = None
        interrupted = False
        try:
            try:
                start = self._start(source, name, args or {}, list(words), run)
                if self.isolation == "none":
                    from luahost.lua.here import run_here

                    run_here(bridge, run, start)
                elif child is not None:
                    child.meet()
                    self._run_in(child, bridge, run, start)
                else:
                    self._run_in_pool(bridge, run, start, owner)
                error = bridge.error()
            except UsageError:
                raise
            except LuaHostError as problem:
                error = problem
            except KeyboardInterrupt:
                interrupted = True
                error = Cancelled("interrupted")
            finally:
                run.stop()
                if child is not None:
                    child.kill()
            run.settle(GRACE)
        except KeyboardInterrupt:
            interrupted = True
            error = error or Cancelled("interrupted")
        result = run_result(run, self._meta(run), bridge, error)
        if interrupted:
            raise Interrupted(result)
        return result

    def _run_in(self, child: Child, bridge: Bridge, run: Run, start: dict[str, Any]) -> None:
        run.seal, run.missing_walls = child.seal.level, child.seal.missing
        if not child.seal.satisfies(self._require_seal):
            raise Unsupported(
                f"the seal is {child.seal}; {self._require_seal} is required",
                hint="docs/security.md says what each wall needs; luahost doctor shows this system's",
            )
        run_in_child(bridge, run, start, child)

    def _run_in_pool(self, bridge: Bridge, run: Run, start: dict[str, Any], owner: str) -> None:
        for _ in range(_ATTEMPTS - 1):
            try:
                self._run_once_in_pool(bridge, run, start, owner)
            except NeverBegan:
                continue
            return
        self._run_once_in_pool(bridge, run, start, owner)

    def _run_once_in_pool(self, bridge: Bridge, run: Run, start: dict[str, Any], owner: str) -> None:
        pool = self._processes()
        child = pool.take(owner, run.remaining())
        if child is None:
            raise run.wall_exceeded()
        fit = False
        try:
            self._run_in(child, bridge, run, start)
            fit = bridge.is_clean()
        finally:
            pool.give_back(child, owner, fit=fit)

    def _processes(self) -> Pool:
        """The pool; its module takes longer to import than a single run, started early, needs in all."""
        with self._lock:
            if self._pool is None:
                from luahost.lua.pool import Pool

                reuse, most = self._pool_size
                self._pool = Pool(reuse=reuse, most=most)
            return self._pool

    async def run_async(self, source: str | bytes, **options: Any) -> Result:
        """`run`, in a thread, so that an event loop goes on meanwhile."""
        import asyncio

        return await asyncio.to_thread(self.run, source, **options)

    def call(
        self,
        name: str,
        arguments: Mapping[str, Any] | None = None,
        *,
        account: str = "default",
        files: str | Path | None = None,
        on_notice: Callable[[str], None] | None = None,
    ) -> Any:
        """Make one call without a script; raises the error classes of luahost.errors.

        On Ctrl-C a write that was already sent is awaited, a notice says when its outcome stays unknown, and
        Interrupted is raised; its result has what the call gave, if it did, as its value.
        """
        self._open()
        run = Run(
            limits=self.limits,
            account=account,
            clock=self._parts.clock(),
            on_notice=on_notice,
            files=_folder(files),
        )
        done = threading.Event()
        outcome: list[Any] = []
        problem: list[BaseException] = []

        def make() -> None:
            try:
                outcome.append(self.dispatcher.call(run, name, arguments=dict(arguments or {})))
            except BaseException as error:  # noqa: BLE001 (raised again below, where somebody waits)
                problem.append(error)
            finally:
                done.set()

        self._workers.submit(make)
        try:
            if not done.wait(run.remaining()):
                raise run.wall_exceeded()
        except (KeyboardInterrupt, LuaHostError) as ending:
            run.stop()
            run.settle(GRACE)
            done.wait(1)  # a write that has settled is about to hand over its outcome
            if isinstance(ending, KeyboardInterrupt):
                raise Interrupted(call_result(run, self._meta(run), outcome, problem)) from None
            if not (outcome or problem):
                raise
        if problem:
            raise problem[0]
        return outcome[0]

    def _start(self, source: str | bytes, name: str, args: Mapping[str, Any], words: list[str], run: Run) -> Any:
        data = source.encode("utf-8", "surrogatepass") if isinstance(source, str) else source
        text = decode(data, name)
        self._check_account(run.account)
        return {
            "source": text,
            "name": name if name.isprintable() else "".join(c if c.isprintable() else "?" for c in name),
            "account": run.account,
            "args": dict(args),
            "words": words,
            "seed": int.from_bytes(os.urandom(4), "little") >> 1,
            "now": run.clock.time() if run.clock else None,
        }

    def _check_account(self, account: str) -> None:
        """An account that no integration has is an error at once, not at the first call that may never come."""
        if account == "default":
            return
        for name in self.dispatcher.catalog:
            if account in self.dispatcher.account_names(name):
                return
        name = next(iter(self.dispatcher.catalog))
        raise self.dispatcher.unknown_account(name, account)

    def _meta(self, run: Run) -> dict[str, Any]:
        return meta(run, isolation=self.isolation, simulated=self.simulate)

    # -- the parts ------------------------------------------------------------------------------------------

    @property
    def dispatcher(self) -> Dispatcher:
        """The road of calls; made, with all that it imports, when something is first called or looked up."""
        return self._parts.dispatcher

    def simulation(self, integration: str) -> Any:
        """The simulated API of an integration, for tests: its sessions, requests and faults."""
        return self._parts.simulation(integration)

    # -- the end --------------------------------------------------------------------------------------------

    def _open(self) -> None:
        if self._closed:
            raise UsageError("this host is closed")

    def close(self) -> None:
        """Close connections and threads. Calling it again does nothing."""
        self._closed = True
        if self._pool is not None:
            self._pool.close()
        self._workers.close()
        self._parts.close()

    def __del__(self) -> None:
        """One that is dropped without `close` leaves nothing either. It may happen anywhere: no lock is taken."""
        pool = getattr(self, "_pool", None)
        if pool is not None:
            pool.abandon()
        if hasattr(self, "_workers"):
            self._workers.abandon()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
