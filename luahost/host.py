"""The host: all parts together, as a program uses them."""

from __future__ import annotations

import sys
import threading
from functools import partial

from luahost import durable, given
from luahost.calls.run import Run
from luahost.calls.settings import Settings
from luahost.calls.workers import Workers
from luahost.errors import UsageError
from luahost.execution import Execution, start_of
from luahost.lua.bridge import Bridge
from luahost.lua.modules import Modules
from luahost.lua.waiting import IN_THREAD, complete
from luahost.outcome import meta
from luahost.parts import Parts
from luahost.processes import Processes
from luahost.results import Limits, Result
from luahost.single import make_call

TYPE_CHECKING = False
if TYPE_CHECKING:
    from asyncio import AbstractEventLoop
    from collections.abc import Callable, Coroutine, Iterable, Mapping
    from concurrent.futures import Executor
    from pathlib import Path
    from types import TracebackType
    from typing import Any, Self, Unpack

    from luahost.asynchronous import AgainOptions, RunOptions
    from luahost.calls.approval import Approve
    from luahost.calls.cancellation import Cancellation
    from luahost.calls.dispatch import Dispatcher
    from luahost.calls.journals import Journals
    from luahost.calls.policy import Policy
    from luahost.calls.settings import Keeping
    from luahost.durable import Again
    from luahost.lua.child import Single
    from luahost.lua.lasting import LastingState
    from luahost.lua.waiting import Waiting
    from luahost.results import CallRecord
    from luahost.spec import Files, Function, Integration


def _folder(files: str | Path | None, *, dry_run: bool) -> Files | None:
    if files is None:
        return None
    from luahost.calls.files import Folder

    return Folder(files, dry_run=dry_run)


class Host:
    """Runs Lua scripts, and answers their calls. Thread-safe; a context manager that closes its connections.

    accounts      keys by integration and account; then no other source of keys is read
    policy        what may be called, or a function that says so at the first call; default: read allow, write ask
    approve       who is asked where the policy says `ask`: gets an ApprovalRequest, gives True or False; may be async
    limits        what one run may use
    isolation     "process": a child process that never sees a key; "none": here, for scripts that you trust
    require_seal  the least level of its walls: "full", "partial", or "none" for what this system has
    reuse         runs of one owner that a process serves, each in a state of its own; 1: a process for each run
    processes     the most processes at a time; further runs wait
    simulate      answer from the integrations' simulators: no network, no key
    state         folder of the idempotency ledger and the journals; None: the user's own; False: nothing on disk
    journal       write down each run as it goes, so that it can be resumed; "if-possible": where it cannot, say so
    noted         what each journal keeps besides, for whoever resumes its run: JSON values
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
        journal: bool | str = False,
        noted: Mapping[str, Any] | None = None,
        integrations: Iterable[Integration] = (),
        approve: Approve | None = None,
        settings: Settings | None = None,
        require_seal: str = "none",
        reuse: int = 1,
        processes: int = 64,
    ) -> None:
        integrations = tuple(integrations)
        given.check(
            policy=policy, limits=limits, isolation=isolation, state=state, journal=journal, approve=approve,
            require_seal=require_seal, reuse=reuse, processes=processes, integrations=integrations,
        )  # fmt: skip
        self.approve = approve
        self.isolation = isolation
        self.simulate = simulate
        self.noted = noted or {}
        self.journal = False if state is False else journal
        self._settings = settings or Settings.load()
        self.limits = limits or self._settings.limits(Limits())
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
        self._threads: Executor | None = None
        self._processes = Processes(require_seal=require_seal, reuse=reuse, most=processes)
        self._keeping: Keeping | None = None  # once there is a journal to keep
        self._lock = threading.Lock()
        self._closed = False
        self._lender: Host | None = None  # whose processes and threads it uses, where they are not its own
        if accounts is not None or integrations or getattr(policy, "rules", None):
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
        approve: Approve | None = None,
        loop: AbstractEventLoop | None = None,
        dry_run: bool = False,
        cancellation: Cancellation | None = None,
        on_output: Callable[[bytes], None] | None = None,
        on_notice: Callable[[str], None] | None = None,
        on_begin: Callable[[CallRecord], None] | None = None,
        on_call: Callable[[CallRecord], None] | None = None,
        keep_output: bool = True,
        child: Single | None = None,
        owner: str | None = "",
        run_id: str | None = None,
        suspend: bool = False,
        again: Again | None = None,
        lasting: LastingState | None = None,
    ) -> Result:
        """Run a script. What it does wrong is in `Result.error`; nothing that it does raises here.

        name          what errors call it
        args          the global `args`; `words` are its `arg` and `...`
        account       what bare calls use
        modules       the folder that `require` reads
        files         the folder whose files calls may read and write; without one, none
        limits        in place of the host's
        approve       in place of the host's; one that is async runs on `loop`, or on a loop of its own
        dry_run       send no write: answer it from the simulator; `Result.meta["plan"]` is what would have been done
        cancellation  ends the run when its `cancel` is called
        on_output     gets output as it is printed; keep_output=False leaves `Result.output` empty
        on_notice     gets notices as they come; they are in `Result.meta["notices"]` as well
        on_begin      gets the record of each call when it begins, with no more than its name and account
        on_call       gets the record of each call when it is over, in the thread that made it
        child         a child process that was started before, to save its start-up time; it is ended, and not closed
        owner         on whose behalf: a process that is reused serves one owner; None: this run alone
        run_id        what its journal is called, where there is one; None: a new id
        suspend       end the run at a call that needs approval which nobody is there to give, whatever the script would
                      make of the error: `resume` goes on from there
        again         a run that was made before; what `resume` and `replay` give
        lasting       a state that lasts, for this chunk and others: a process, and there is no journal

        Raises Interrupted on Ctrl-C, when the script and its process have ended.
        """
        execution = self._execution(
            source, IN_THREAD, name=name, args=args, words=words, account=account, modules=modules, files=files,
            limits=limits, approve=approve, loop=loop, dry_run=dry_run, cancellation=cancellation, on_output=on_output,
            on_notice=on_notice, on_begin=on_begin, on_call=on_call, keep_output=keep_output, child=child, owner=owner,
            run_id=run_id, suspend=suspend, again=again, lasting=lasting,
        )  # fmt: skip
        return complete(execution.result())

    def _execution(
        self,
        source: str | bytes,
        waiting: Waiting,
        *,
        name: str = "script.lua",
        args: Mapping[str, Any] | None = None,
        words: Iterable[str] = (),
        account: str = "default",
        modules: str | Path | None = None,
        files: str | Path | None = None,
        limits: Limits | None = None,
        approve: Approve | None = None,
        loop: AbstractEventLoop | None = None,
        dry_run: bool = False,
        cancellation: Cancellation | None = None,
        on_output: Callable[[bytes], None] | None = None,
        on_notice: Callable[[str], None] | None = None,
        on_begin: Callable[[CallRecord], None] | None = None,
        on_call: Callable[[CallRecord], None] | None = None,
        keep_output: bool = True,
        child: Single | None = None,
        owner: str | None = "",
        run_id: str | None = None,
        suspend: bool = False,
        again: Again | None = None,
        lasting: LastingState | None = None,
    ) -> Execution:
        """A run that has yet to begin, with the options of `run`."""
        self._open()
        given.check_run(source, args, limits)
        if limits is not None and limits.calls_per_function:
            self.dispatcher.check_limits(limits)
        run = self._new_run(
            account, files, dry_run=dry_run, limits=limits, on_notice=on_notice, on_begin=on_begin, on_call=on_call,
            approve=approve, loop=loop, cancellation=cancellation, suspend=suspend, again=again, lasting=lasting,
        )  # fmt: skip
        bridge = Bridge(
            run, self._parts.services(self._workers.submit), modules=Modules(modules), on_output=on_output,
            keep_output=keep_output, never_blocks=waiting.never_blocks,
        )  # fmt: skip

        def begin() -> dict[str, Any]:
            start = start_of(
                source, name, args or {}, list(words), run, None if again is None else again.header["seed"]
            )
            if again is None:
                if run.account != "default":  # an error at once, not at the first call that may never come
                    self.dispatcher.check_account(run.account)
                if self.journal and lasting is None and not dry_run:
                    self._write_down(run, start, run_id, modules, files)
            elif again.has_moved:
                run.notice("the time zone is another one than when this run began: os.date may tell other dates")
            if run.journal is not None:
                start["durable"] = run.journal.times_known
            run.begin_trace(name, self.isolation)
            return start

        return Execution(
            run, bridge, begin=begin, about=partial(self._meta, run), waiting=waiting, isolation=self.isolation,
            processes=self._processes, child=child, owner=owner, is_closed=lambda: self.closed, lasting=lasting,
        )  # fmt: skip

    def resume(
        self,
        run_id: str,
        *,
        approved: Iterable[int] = (),
        assume: str | Mapping[int, str] | None = None,
        **options: Unpack[AgainOptions],
    ) -> Result:
        """Go on with a run that has a journal, and died, failed, was interrupted or suspended.

        It runs from its start: what the journal answers is not sent again; the first call without an answer is made.

        approved  the numbers of calls that are approved, of those that it was suspended at
        assume    "done" or "not-done", for writes whose answer was lost and that nothing can tell of; or {number: word}
        options   those of `run` that are not the script's own; `limits` in place of the ones that it had

        Raises UsageError where it cannot go on: no such run, alive, done, or an account that is another one now.
        """
        self._open()
        if self.simulate:
            raise UsageError("a run is resumed where it was made, and a simulation keeps nothing of it")
        again = durable.resume(self.journals, run_id, self.dispatcher, approved, assume)
        return self._again(again, options)

    def replay(self, journal: str | Path, source: str | None = None, **options: Unpack[AgainOptions]) -> Result:
        """Run a script again as its journal tells, a file or the id of a run: nothing is sent, and nothing waits.

        A call that the journal has no answer to is an error. With a `source`, the journal must be of that script.
        Raises UsageError for what is no journal.
        """
        self._open()
        return self._again(durable.replay(journal, source, lambda: self.journals), options)

    def _again(self, again: Again, options: AgainOptions) -> Result:
        over = {name: value for name, value in options.items() if value is not None}
        try:
            return self.run(again.header["source"], again=again, **{**again.options, **over})
        finally:
            again.journal.close()

    async def run_async(self, source: str | bytes, **options: Unpack[RunOptions]) -> Result:
        """`run`, while the event loop goes on. Cancelling the task ends the run.

        An async `approve` runs on the task's event loop; the other functions are called in threads.
        """
        from luahost.asynchronous import run_async

        self._open()
        with self._lock:
            if self._threads is None:
                from concurrent.futures import ThreadPoolExecutor

                self._threads = ThreadPoolExecutor(self._processes.most, "luahost-run")

        def on_loop(waiting: Waiting, **options: Any) -> Coroutine[Any, Any, Result]:
            return self._execution(source, waiting, **options).result()

        # A journal waits for the disk, and a run for a process where none is ready.
        suits = self.isolation == "process" and not self.journal and self._processes.has_ready(options.get("owner", ""))
        return await run_async(partial(self.run, source), self._threads, options, on_loop if suits else None)

    def call(
        self,
        name: str,
        arguments: Mapping[str, Any] | None = None,
        *,
        account: str = "default",
        files: str | Path | None = None,
        approve: Approve | None = None,
        dry_run: bool = False,
        on_notice: Callable[[str], None] | None = None,
    ) -> Any:
        """Make one call without a script; raises the error classes of luahost.errors. The options are those of `run`.

        On Ctrl-C a write that was already sent is awaited, a notice says when its outcome stays unknown, and
        Interrupted is raised; its result has what the call gave, if it did, as its value.
        """
        self._open()
        run = self._new_run(account, files, dry_run=dry_run, on_notice=on_notice, approve=approve)
        return make_call(run, self.dispatcher, self._workers, self._meta, name, dict(arguments or {}))

    def _new_run(
        self,
        account: str,
        files: str | Path | None,
        *,
        dry_run: bool,
        limits: Limits | None = None,
        on_notice: Callable[[str], None] | None = None,
        on_begin: Callable[[CallRecord], None] | None = None,
        on_call: Callable[[CallRecord], None] | None = None,
        approve: Approve | None = None,
        loop: AbstractEventLoop | None = None,
        cancellation: Cancellation | None = None,
        suspend: bool = False,
        again: Again | None = None,
        lasting: LastingState | None = None,
    ) -> Run:
        dry = (lasting.dry_run if lasting else None) or self._parts.dry_run() if dry_run else None
        if lasting is not None:
            lasting.dry_run = dry
        clock = dry.clock if dry is not None else again.clock if again is not None else self._parts.clock()
        made = Run(
            limits=limits or self.limits,
            account=account,
            clock=clock,
            on_notice=on_notice,
            on_begin=on_begin,
            on_call=on_call,
            files=_folder(files, dry_run=dry_run),
            approve=approve or self.approve,
            loop=loop,
            cancellation=cancellation,
            dry_run=dry,
            journal=None if again is None else again.journal,
            suspend=suspend,
        )
        if "opentelemetry" in sys.modules:
            from luahost import telemetry

            before = None if again is None else again.journal

            def function(call: str) -> Function | None:
                return self.dispatcher.function(call)  # made when something is called, and not before

            made.spans = telemetry.spans(account, function, simulated=self.simulate, before=before)
        return made

    def _write_down(
        self,
        run: Run,
        start: Mapping[str, Any],
        run_id: str | None,
        modules: str | Path | None,
        files: str | Path | None,
    ) -> None:
        """Begin the run's journal. Where there can be none, that is an error, or a notice if it need not be."""
        self._keeping = self._settings.keeping()
        try:
            header = durable.header(
                start, run, isolation=self.isolation, modules=modules, files=files, noted=self.noted
            )
            run.journal = durable.begin(self.journals, run_id, header)
            run.journal.bind(run)
        except UsageError as error:
            if self.journal is True or run_id is not None:
                raise
            run.notice(f"this run cannot be resumed: {error.message}")

    def _meta(self, run: Run) -> dict[str, Any]:
        return meta(run, isolation=self.isolation, simulated=self.simulate)

    # -- for models -----------------------------------------------------------------------------------------

    def tools(self, dialect: str) -> list[dict[str, Any]]:
        """Four tools for a model's API: "openai", "openai-responses", "anthropic" or "mcp"."""
        from luahost import agents

        return agents.definitions(dialect)

    def handle(self, tool_call: Any, *, max_chars: int = 20_000, **options: Unpack[RunOptions]) -> dict[str, Any]:
        """Perform a tool call as such an API gave it; the answer goes back to the model. Options are those of `run`.

        What a model does wrong is told to the model, and raises nothing. The answer has `max_chars` characters at most.
        """
        from luahost import agents

        self._open()
        return agents.handle(self, tool_call, max_chars=max_chars, **options)

    async def handle_async(
        self, tool_call: Any, *, max_chars: int = 20_000, **options: Unpack[RunOptions]
    ) -> dict[str, Any]:
        """`handle`, while the event loop goes on; see `run_async`."""
        from luahost import agents

        self._open()
        return await agents.handle_async(self, tool_call, max_chars=max_chars, **options)

    def system_prompt(self) -> str:
        """A fragment of a system prompt: what a model has to know before its first script, in under 600 tokens."""
        from luahost import agents

        return agents.system_prompt(self)

    # -- the parts ------------------------------------------------------------------------------------------

    @property
    def journals(self) -> Journals:
        """The journals of its state folder."""
        from luahost.calls.journals import Journals

        if self._parts.state is None:
            raise UsageError("this host has no state folder", hint="give it one: Host(state=FOLDER)")
        return Journals(self._parts.state)

    @property
    def dispatcher(self) -> Dispatcher:
        """The road of calls; made, with all that it imports, when something is first called or looked up."""
        return self._parts.dispatcher

    def simulation(self, integration: str) -> Any:
        """The simulated API of an integration, for tests: its sessions, requests and faults."""
        return self._parts.simulation(integration)

    def fresh(self) -> Host:
        """A host of the same settings whose simulators and memory of creates begin anew, as tests want it.

        It shares this one's processes and threads, so that it costs next to nothing; it is closed before this one is.
        """
        from copy import copy

        self._open()
        made = copy(self)
        vars(made).update(_parts=self._parts.anew(), _threads=None, _keeping=None, _lock=threading.Lock(), _lender=self)
        return made

    # -- the end --------------------------------------------------------------------------------------------

    def _open(self) -> None:
        if self.closed:
            raise UsageError("this host is closed")

    @property
    def closed(self) -> bool:
        """Whether it was closed, or the host whose processes it shares."""
        return self._closed or (self._lender is not None and self._lender.closed)

    def close(self) -> None:
        """Close connections and threads. Calling it again does nothing."""
        self._closed = True
        if self._lender is None:
            self._processes.close()
            self._workers.close()
        if self._keeping is not None:
            durable.prune(self.journals, self._keeping)
            self._keeping = None
        if self._threads is not None:
            self._threads.shutdown(wait=False)
        self._parts.close()

    def __del__(self) -> None:
        """One that is dropped without `close` leaves nothing either. It may happen anywhere: no lock is taken."""
        if getattr(self, "_lender", None) is not None:
            return
        if hasattr(self, "_processes"):
            self._processes.abandon()
        if hasattr(self, "_workers"):
            self._workers.abandon()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
