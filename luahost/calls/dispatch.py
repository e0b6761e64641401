"""The road that every call takes: find, check, allow, credentials, handler, record."""

from __future__ import annotations

import threading
from fnmatch import filter as filter_names
from typing import TYPE_CHECKING, Any

from luahost.calls import arguments as args, names, walks
from luahost.calls.accounts import DEFAULT, Account, Accounts, check_name
from luahost.calls.changes import check_changes
from luahost.calls.cover import Cover, cover_error
from luahost.calls.handling import Connection, HandlerCall
from luahost.errors import (
    InternalError,
    InvalidArguments,
    LuaHostError,
    UnknownAccount,
    UnknownFunction,
    UnknownIntegration,
    UsageError,
)
from luahost.results import CallRecord
from luahost.spec import ACCOUNT_NAME

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from luahost.calls.ledger import Ledger
    from luahost.calls.policy import Policy
    from luahost.calls.run import Pending, Run
    from luahost.calls.settings import Settings, Timing
    from luahost.results import Limits
    from luahost.spec import Function, Integration, Simulation

_VERBS = {
    "add", "append", "archive", "cancel", "close", "copy", "create", "delete", "do", "download", "fetch",
    "find", "generate", "get", "list", "make", "message", "new", "open", "poll", "post", "put", "read",
    "remove", "rename", "replace", "restart", "resume", "run", "search", "send", "set", "show", "start", "stop",
    "suspend", "terminate", "unarchive", "update", "upload", "wait",
}  # fmt: skip


class Dispatcher:
    """Answers calls by name. Thread-safe; it lives as long as its host and keeps accounts and connections.

    `passed` are the accounts that the program gave, by integration; then no other source is read. `simulations`
    are the simulated APIs that answer in place of the real ones, by integration.
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
        simulated_version: str | None = None,
    ) -> None:
        self.catalog = catalog
        self.policy = policy
        self.timing: Timing = settings.timing()
        self._simulations = simulations or {}
        self._simulated_version = simulated_version
        self._make_ledger = ledger
        self._ledger: Ledger | None = None
        self._lock = threading.Lock()
        self._resolving = threading.Lock()
        self._connected: dict[tuple[str, str], Connection] = {}
        self._functions = {
            f"{name}.{function.name}": (integration, function)
            for name, integration in catalog.items()
            for function in integration.functions
        }
        self._with_bytes = {
            name: [each.name for each in integration.functions if any(param.type == "bytes" for param in each.params)]
            for name, integration in catalog.items()
        }
        self.accounts = {
            name: Accounts(
                integration,
                settings,
                passed=None if passed is None else passed.get(name, {}),
                keyring_timeout=self.timing.keyring_timeout,
            )
            for name, integration in catalog.items()
        }
        for name in passed or {}:
            if name not in catalog:
                raise UnknownIntegration(f"accounts: {name!r} is not an integration")
        self._check_names(settings)

    def _check_names(self, settings: Settings) -> None:
        """A misspelt rule would allow what somebody meant to deny: every name in the settings must exist."""
        for name in settings.integrations():
            if name not in self.catalog:
                raise UsageError(
                    f"{settings.config_file}: unknown integration {name!r}{args.did_you_mean(name, self.catalog)}",
                    hint=f"known: {', '.join(self.catalog)}",
                )
            for account in settings.accounts(name):
                try:
                    check_name(self.catalog[name], account)
                except UsageError as error:
                    raise UsageError(f"{settings.config_file}: {error.message}", hint=error.hint) from None
        for rule in self.policy.rules:
            functions = [function.name for function in self.integration(rule.integration).functions]
            known = ["read", "write", *functions]
            if rule.subject not in known and not ("*" in rule.subject and filter_names(functions, rule.subject)):
                place = f"{settings.config_file}: " if rule in settings.rules() else ""
                raise UsageError(
                    f"{place}permission {rule.subject!r} of {rule.integration}: there is no such function"
                    f"{args.did_you_mean(rule.subject, known)}",
                    hint="write read, write, a function, or a pattern such as list_*",
                )

    def check_limits(self, limits: Limits) -> None:
        """A limit of a misspelt function would limit nothing: raises UsageError."""
        for call in limits.calls_per_function or ():
            try:
                self.find(call)
            except LuaHostError as error:
                raise UsageError(f"limit calls_per_function: {error.message}", hint=error.hint) from None

    def account_names(self, integration: str) -> list[str]:
        """The accounts that a script may name."""
        if integration in self._simulations:
            simulated = next(iter(self._simulations[integration].keys.values()))
            return [DEFAULT, *sorted(set(simulated) - {DEFAULT})]
        return self.accounts[integration].names()

    def describe(self) -> dict[str, Any]:
        """What Lua makes the namespace of: functions and accounts by integration."""
        return {
            name: {
                "functions": [function.name for function in integration.functions],
                "bytes": self._with_bytes[name],
                "accounts": self.account_names(name),
            }
            for name, integration in self.catalog.items()
        }

    # -- find -----------------------------------------------------------------------------------------------

    def integration(self, name: str) -> Integration:
        found = self.catalog.get(name)
        if found is None:
            raise self._unknown_integration(name)
        return found

    def _unknown_integration(self, name: str) -> UnknownIntegration:
        known = sorted(self.catalog)
        return UnknownIntegration(
            f"unknown integration {name!r}{args.did_you_mean(name, known)}", hint=f"known: {', '.join(known)}"
        )

    def find(self, call: str) -> tuple[Integration, Function]:
        """The function that "devin.create_session" names."""
        found = self._functions.get(call)
        if found is not None:
            return found
        name, _, function_name = call.partition(".")
        integration = self.integration(name)
        function = integration.function(function_name)
        if function is None:
            raise self.unknown(name, None, function_name)
        return integration, function

    def is_inline(self, call: str) -> bool:
        """Whether it may be called without a thread of its own."""
        found = self._functions.get(call)
        return found is not None and found[1].inline

    def unknown(self, integration: str, account: str | None, name: str) -> LuaHostError:
        """The error for a name that an integration does not have: a function or an account, whichever was meant."""
        if integration not in self.catalog:
            return self._unknown_integration(integration)
        functions = [function.name for function in self.catalog[integration].functions]
        accounts = self.account_names(integration)
        near_function, near_account = args.suggest(name, functions), args.suggest(name, accounts)
        place = f"{integration}.{account}" if account else integration
        hint = names.ALL if near_function else f"functions: {names.nearest(name, functions)}; {names.ALL}"
        meant_function = account is not None or near_function or name.partition("_")[0].lower() in _VERBS
        if near_account and not near_function:
            meant_function = account is not None
        if meant_function:
            guess = f" (did you mean {near_function!r}?)" if near_function else ""
            return UnknownFunction(f"{place} has no function {name!r}{guess}", hint=hint)
        guess, also = (f" (did you mean {near_account!r}?)", "") if near_account else ("", f"{hint}; ")
        return UnknownAccount(
            f"{integration} has no account and no function {name!r}{guess}",
            account=name,
            hint=f"accounts: {', '.join(accounts)}; {also}add one with luahost accounts add NAME",
        )

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
    ) -> Any:
        """Make one call and give its result, plain JSON values; raises LuaHostError.

        With `walk` the result is the first page of a list, as `luahost.calls.walks.step` gives it.
        """
        account = run.account if account is None else account
        record = CallRecord(name, account)
        pending = run.begin(record)
        problem: LuaHostError | None = None
        secrets: list[str] = []
        try:
            found = self._call(run, pending, record, name, arguments, positional, account, secrets, walk=walk)
            pending.done = True
        except LuaHostError as error:
            problem = self._own(error, name, account, secrets)
        except Exception as error:  # noqa: BLE001 (told by its kind)
            problem = self._own(error, name, account, secrets)
        else:
            return found
        finally:
            run.end(pending, problem)
        raise problem

    def _own(self, error: Exception, name: str, account: str, secrets: list[str]) -> LuaHostError:
        """An error of the call `name`: with its name, without what led to it, which holds the request and the key."""
        if not isinstance(error, LuaHostError):
            # A handler's own fault: its kind says enough, and its text could say too much.
            error = InternalError(f"failed inside luahost: {type(error).__name__}")
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

    def _call(
        self,
        run: Run,
        pending: Pending,
        record: CallRecord,
        name: str,
        given: Any,
        positional: list[Any] | None,
        account: str,
        secrets: list[str],
        *,
        walk: bool,
    ) -> Any:
        integration, function = self.find(name)
        if positional is not None:
            given = args.from_positions(function, positional)
        given = {} if given is None else given
        secrets += args.secrets(function, given)
        if walk and function.pages is None:
            lists = ", ".join(each.name for each in integration.functions if each.pages is not None)
            raise InvalidArguments("this is no function of a list, which each could walk", hint=f"lists: {lists}")
        try:
            clean = args.check(function, given)
            check_changes(function, given, clean)
        except InvalidArguments:
            record.arguments = run.kept(args.shown(function, given))
            raise
        record.arguments = run.kept(args.shown(function, clean))
        known = (integration.name, account) in self._connected or account in self.account_names(integration.name)
        if not known:
            raise self.unknown_account(integration.name, account)
        self.policy.enforce(integration.name, function, account)
        connection = self._connect(integration, account)
        args.check_version(function, clean, connection.account.version, account)
        call = HandlerCall(self.ledger, connection, function, run, pending, secrets)
        if not walk or function.pages is None:
            return function.handler(call, clean)
        return walks.begin(
            run,
            walks.Walk(
                function.pages(call, clean),
                function.entries,
                call.begin_page,
                lambda step: self._stepped(step, record, name, account, secrets),
            ),
        )

    def _stepped(self, step: Callable[[], Any], record: CallRecord, name: str, account: str, secrets: list[str]) -> Any:
        """One page more of a list; an error there is the call's, which has begun long ago."""
        try:
            return step()
        except Exception as error:  # noqa: BLE001 (told by its kind)
            problem = self._own(error, name, account, secrets)
        record.status, record.error = "error", problem.fields()
        raise problem

    def unknown_account(self, integration: str, account: str) -> UnknownAccount:
        known = self.account_names(integration)
        name = account if ACCOUNT_NAME.match(account) else "NAME"
        return UnknownAccount(
            f"{integration} has no account {account!r}{args.did_you_mean(account, known)}",
            hint=f"accounts: {', '.join(known)}; add one with luahost accounts add {name}",
        )

    # -- credentials and connections ------------------------------------------------------------------------

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
                found = Connection(self._account(integration, name), self.timing, app)
                with self._lock:
                    self._connected[at] = found
        return found

    def _account(self, integration: Integration, name: str) -> Account:
        simulation = self._simulations.get(integration.name)
        if simulation is None:
            return self.accounts[integration.name].resolve(name)
        version = self._simulated_version or integration.versions[0]
        if version not in simulation.keys:
            raise InvalidArguments(f"api_version {version!r} is not known", hint=f"known: {', '.join(simulation.keys)}")
        sources = dict.fromkeys(("api_key", "base_url", "api_version"), "the simulator")
        key = simulation.keys[version][name]
        return Account(integration.name, name, key, integration.base_url, version, None, sources)

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
