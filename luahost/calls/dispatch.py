"""The road that every call takes: find, check, allow, credentials, handler, record."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from luahost.calls import approval, arguments as args, recall, walks
from luahost.calls.accounts import Account, simulated_account
from luahost.calls.changes import check_changes
from luahost.calls.checked import Checked
from luahost.calls.cover import Cover, cover_error
from luahost.calls.directory import Directory
from luahost.calls.handling import Connection, HandlerCall
from luahost.calls.policy import denied
from luahost.errors import (
    InternalError,
    InvalidArguments,
    LuaHostError,
    Unsupported,
)
from luahost.results import CallRecord

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from luahost.calls.ledger import Ledger
    from luahost.calls.pending import Pending
    from luahost.calls.policy import Policy
    from luahost.calls.run import Run
    from luahost.calls.settings import Settings, Timing
    from luahost.spec import Integration, Simulation


class Dispatcher(Directory):
    """Answers calls by name. Thread-safe; it lives as long as its host and keeps accounts and connections.

    `passed` and `simulations` are those of Directory; where all is `simulated`, what has no simulator is not asked.
    `networks` are WSGI applications that answer in place of the network, by integration.
    """

    def __init__(
        self,
        *,
        catalog: Mapping[str, Integration],
        settings: Settings,
        policy: Policy,
        ledger: Callable[[], Ledger],
        passed: Mapping[str, Mapping[str, Mapping[str, Any]]] | None = None,
        simulations: Mapping[str, Simulation] | None = None,
        simulated: bool = False,
        networks: Mapping[str, Any] | None = None,
    ) -> None:
        timing = settings.timing()
        super().__init__(
            catalog=catalog,
            settings=settings,
            passed=passed,
            simulations=simulations,
            keyring_timeout=timing.keyring_timeout,
        )
        self.policy = policy
        self._simulated_versions = {
            name: settings.environ.get(f"LUAHOST_{name.upper()}_API_VERSION") for name in self._simulations
        }
        self.timing: Timing = timing
        self._simulated = simulated
        self._networks = networks or {}
        self._make_ledger = ledger
        self._ledger: Ledger | None = None
        self._lock = threading.Lock()
        self._resolving = threading.Lock()
        self._connected: dict[tuple[str, str], Connection] = {}
        self.check_names(settings, policy)

    # -- call -----------------------------------------------------------------------------------------------

    def call(
        self,
        run: Run,
        name: str,
        *,
        arguments: Any = None,
        positional: list[Any] | None = None,
        account: str | None = None,
        walk: bool = False,
        task: str = "",
        unordered: bool = False,
        on_begin: Callable[[Pending], None] | None = None,
    ) -> Any:
        """Make one call and give its result, plain JSON values; raises LuaHostError.

        With `walk` the result is the first page of a list, as `luahost.calls.walks.step` gives it. `task` is the part
        of the script that calls, where several run at once; `unordered` says that it has walked a table whose order
        differs from process to process. `on_begin` is given the call as it begins; what it raises ends the call.
        """
        account = run.account if account is None else account
        record = CallRecord(name, account, task)
        pending = run.begin(record)
        problem: LuaHostError | None = None
        secrets: list[str] = []
        try:
            if on_begin is not None:
                on_begin(pending)
            given = arguments if positional is None else args.from_positions(self.find(name)[1], positional)
            checked = self._check(run, pending, given, secrets, walk=walk)
            if run.journal is None:
                found = self.make(run, checked)
            else:
                found = recall.make(run, run.journal, self, checked, unordered=unordered)
            pending.done = True
        except LuaHostError as error:
            problem = self._own(error, name, account, secrets)
        except Exception as error:  # noqa: BLE001 (told by its kind)
            problem = self._own(error, name, account, secrets)
        else:
            return found
        finally:
            if problem is not None and run.journal is not None:
                run.journal.fail(pending.entry, record, problem, over=run.stopped or run.is_over())
            run.end(pending, problem)
        raise problem

    def _own(self, error: Exception, name: str, account: str, secrets: list[str]) -> LuaHostError:
        """An error of the call `name`: with its name, without what led to it, which holds the request and the key."""
        if not isinstance(error, LuaHostError):
            # A handler's own fault: its kind says enough, and its text could say too much.
            error = InternalError(
                f"the function failed: {type(error).__name__}",
                hint="a function that raises one of luahost.errors tells a script what is wrong",
            )
        error.message = str(error.message)
        error.call = name
        error.account = account
        error.retryable = bool(error.retryable)
        if not error.message.startswith(f"{name}: "):
            error.message = f"{name}: {error.message}"
        # Should a server have sent back the key, or what the spec calls sensitive.
        connection = self._connected.get((name.partition(".")[0], account))
        if connection is not None:
            cover_error(error, connection.account.cover)
        Cover(secrets).error(error)
        error.__cause__ = error.__context__ = None
        return error.with_traceback(None)

    def _check(self, run: Run, pending: Pending, given: Any, secrets: list[str], *, walk: bool) -> Checked:
        """Find the function, and check what it is given; raises InvalidArguments and such. The record has it then."""
        record = pending.record
        integration, function = self.find(record.call)
        given = {} if given is None else given
        secrets += args.secrets(function, given)
        if walk and function.pages is None:
            raise walks.no_list(integration)
        try:
            clean = args.check(function, given)
            check_changes(function, given, clean)
        except InvalidArguments:
            record.arguments = run.kept(args.shown(function, given))
            raise
        shown = args.shown(function, clean)
        record.arguments = run.kept(shown)
        account = record.account
        known = (integration.name, account) in self._connected or account in self.account_names(integration.name)
        if not known and not (run.journal is not None and run.journal.replays(integration.name, account)):
            raise self.unknown_account(integration.name, account)
        return Checked(integration, function, pending, clean, shown, secrets, walk)

    def make(self, run: Run, checked: Checked) -> Any:
        """Make a call that was checked, if it may be made."""
        function, clean, dry = checked.function, checked.arguments, run.dry_run
        self.allow(run, checked)
        if checked.walk:
            return self.walk(run, checked, self.pages(run, checked))
        call = self._handler_call(run, checked)
        if dry is None and function.access == "write" and not function.endpoints:
            run.begin_write(
                checked.pending
            )  # what it does, nobody but itself can tell: from here on it may have happened
        return function.handler(call, clean) if dry is None else dry.answer(checked.integration, function, call, clean)

    def pages(self, run: Run, checked: Checked, walked: Sequence[dict[str, Any]] = ()) -> Iterator[dict[str, Any]]:
        """The pages of a list, those after the ones that were `walked` before."""
        function, clean, dry = checked.function, checked.arguments, run.dry_run
        checked.begin_page = (call := self._handler_call(run, checked, walked)).begin_page
        if dry is not None:
            return dry.pages(checked.integration, function, call, clean)
        return function.pages(call, clean) if function.pages is not None else iter(())

    def walk(self, run: Run, checked: Checked, pages: Iterator[dict[str, Any]]) -> Any:
        """Begin to walk along `pages`: the first of them."""

        def stepped(step: Callable[[], Any]) -> Any:
            return self._stepped(run, step, checked)

        def begin_page() -> None:
            checked.begin_page()  # another one's, when a walk goes on where it once stopped

        return walks.begin(run, walks.Walk(pages, checked.function.entries, begin_page, stepped))

    def _handler_call(self, run: Run, checked: Checked, walked: Sequence[dict[str, Any]] = ()) -> HandlerCall:
        record = checked.pending.record
        connection = self._connect(checked.integration, record.account)
        if run.journal is not None:
            run.journal.account(connection)
            if checked.pending.entry is not None:
                checked.pending.entry.connection = connection
        args.check_version(checked.function, checked.arguments, connection.account.version, record.account)
        return HandlerCall(self.ledger, connection, checked.function, run, checked.pending, checked.secrets, walked)

    def redact(self, checked: Checked) -> Callable[[str], str]:
        """Takes the key of a call's account out of any text."""
        connection = self._connected.get((checked.integration.name, checked.pending.record.account))
        return connection.account.redact if connection is not None else str

    def allow(self, run: Run, checked: Checked) -> None:
        """Return when the call may be made; raise PermissionDenied or ApprovalRequired when not. Record why."""
        integration, function, pending = checked.integration, checked.function, checked.pending
        record = pending.record
        verdict = self.policy.decide(integration.name, function, record.account)
        record.policy = {"decision": verdict.decision, "rule": verdict.rule}
        if verdict.decision == "deny":
            raise denied(verdict, integration.name, function)
        if verdict.decision == "ask" and run.dry_run is None:
            approved = pending.entry is not None and pending.entry.approved
            record.policy["approved"] = approved
            if not approved:
                record.policy["approved"] = approval.seek(run, checked, verdict)
            run.check_open()

    def _stepped(self, run: Run, step: Callable[[], Any], checked: Checked) -> Any:
        """One page more of a list; an error there is the call's, which has begun long ago."""
        record, entry = checked.pending.record, checked.pending.entry
        try:
            return step()
        except Exception as error:  # noqa: BLE001 (told by its kind)
            problem = self._own(error, record.call, record.account, checked.secrets)
        record.status, record.error = "error", problem.fields()
        if run.journal is not None:
            run.journal.fail(entry, record, problem, over=run.stopped or run.is_over(), page=True)
        raise problem

    # -- credentials and connections ------------------------------------------------------------------------

    def identity(self, integration: str, account: str, salt: str) -> dict[str, Any]:
        """What an account is now; see `Connection.identity`. Raises LuaHostError where it has no key."""
        return self._connect(self.integration(integration), account).identity(salt)

    def _connect(self, integration: Integration, name: str) -> Connection:
        at = (integration.name, name)
        found = self._connected.get(at)
        if found is not None:
            return found
        with self._resolving:  # one at a time: a locked keyring is asked once, not by every call in flight
            with self._lock:
                found = self._connected.get(at)
            if found is None:
                app = self._simulations.get(integration.name)
                network = self._networks.get(integration.name)
                found = Connection(self._account(integration, name), self.timing, app, network)
                with self._lock:
                    self._connected[at] = found
        return found

    def _account(self, integration: Integration, name: str) -> Account:
        if not integration.needs_key:
            return Account(integration.name, name, "", "", "", None, {})
        simulation = self._simulations.get(integration.name)
        if simulation is None:
            if self._simulated:
                raise Unsupported(
                    f"{integration.name} has no simulator, and in a simulation nothing is sent",
                    hint="a dry run reads what is there, and sends no write",
                )
            return self.accounts[integration.name].resolve(name)
        version = self._simulated_versions[integration.name] or integration.versions[0]
        if version not in simulation.keys:
            raise InvalidArguments(f"api_version {version!r} is not known", hint=f"known: {', '.join(simulation.keys)}")
        return simulated_account(integration, name, simulation, version)

    def ledger(self) -> Ledger:
        with self._lock:
            if self._ledger is None:
                self._ledger = self._make_ledger()
            return self._ledger

    def close(self) -> None:
        """Close all connections."""
        with self._lock:
            for connection in self._connected.values():
                connection.close()
            self._connected.clear()
