"""What there is to call: integrations, functions and accounts by name, and the errors for names that there are not."""

from __future__ import annotations

from fnmatch import filter as filter_names
from typing import TYPE_CHECKING, Any

from luahost.calls import names
from luahost.calls.accounts import DEFAULT, Accounts, add_command, check_name
from luahost.errors import LuaHostError, UnknownAccount, UnknownFunction, UnknownIntegration, UsageError
from luahost.spec import ACCOUNT_NAME

if TYPE_CHECKING:
    from collections.abc import Mapping

    from luahost.calls.policy import Policy
    from luahost.calls.settings import Settings
    from luahost.integrations.catalog import Refused
    from luahost.results import Limits
    from luahost.spec import Function, Integration, Simulation


class Directory:
    """Finds what a name means. `passed` are the accounts that the program gave, by integration; then no other source
    is read. `simulations` are the simulated APIs that answer in place of the real ones, by integration.
    """

    def __init__(
        self,
        *,
        catalog: Mapping[str, Integration],
        settings: Settings,
        passed: Mapping[str, Mapping[str, Mapping[str, Any]]] | None,
        simulations: Mapping[str, Simulation] | None,
        keyring_timeout: float,
    ) -> None:
        self.catalog = catalog
        self.refused: tuple[Refused, ...] = getattr(catalog, "refused", ())
        self._left_out = {each.name for each in self.refused} - {*catalog}
        self._simulations = simulations or {}
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
                keyring_timeout=keyring_timeout,
            )
            for name, integration in catalog.items()
        }
        for name in passed or {}:
            if name not in catalog:
                raise UnknownIntegration(f"accounts: {name!r} is not an integration")

    def check_names(self, settings: Settings, policy: Policy) -> None:
        """A misspelt rule would allow what somebody meant to deny: every name in the settings must exist."""
        for name in settings.integrations():
            if name in self._left_out:
                continue  # it is there, and cannot be used: a notice says so
            if name not in self.catalog:
                raise UsageError(
                    f"{settings.config_file}: unknown integration {name!r}{names.did_you_mean(name, self.catalog)}",
                    hint=f"known: {', '.join(self.catalog)}",
                )
            for account in settings.accounts(name):
                try:
                    check_name(self.catalog[name], account)
                except UsageError as error:
                    raise UsageError(f"{settings.config_file}: {error.message}", hint=error.hint) from None
        for rule in policy.all_rules():
            if rule.integration in self._left_out:
                continue
            functions = [function.name for function in self.integration(rule.integration).functions]
            known = ["read", "write", *functions]
            if rule.subject not in known and not ("*" in rule.subject and filter_names(functions, rule.subject)):
                place = f"{settings.config_file}: " if rule in settings.rules() else ""
                near = names.suggest_function(rule.subject, self.integration(rule.integration).functions)
                near = near or names.suggest(rule.subject, known)
                guess = f" (did you mean {near!r}?)" if near else ""
                raise UsageError(
                    f"{place}permission {rule.subject!r} of {rule.integration}: there is no such function{guess}",
                    hint="write read, write, a function, or a pattern such as list_*",
                )
            if rule.account and not rule.source and rule.account not in self.account_names(rule.integration):
                accounts = self.account_names(rule.integration)
                raise UsageError(
                    f"permission {rule.subject!r} of {rule.integration}: there is no account {rule.account!r}"
                    f"{names.did_you_mean(rule.account, accounts)}",
                    hint=f"accounts: {', '.join(accounts)}",
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

    def check_account(self, account: str) -> None:
        """Raise UnknownAccount for one that no integration has."""
        if not any(account in self.account_names(name) for name in self.catalog):
            raise self.unknown_account(next(iter(self.catalog)), account)

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

    def integration(self, name: str) -> Integration:
        found = self.catalog.get(name)
        if found is None:
            raise self._unknown_integration(name)
        return found

    def _unknown_integration(self, name: str) -> UnknownIntegration:
        known = sorted(self.catalog)
        left_out = next((str(each) for each in self.refused if each.name == name), None)
        return UnknownIntegration(
            f"unknown integration {name!r}{'' if left_out else names.did_you_mean(name, known)}",
            hint=left_out or f"known: {', '.join(known)}",
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

    def function(self, call: str) -> Function | None:
        """The same function alone; None where there is none."""
        found = self._functions.get(call)
        return None if found is None else found[1]

    def is_inline(self, call: str) -> bool:
        """Whether it may be called without a thread of its own."""
        found = self.function(call)
        return found is not None and found.inline

    def unknown(self, integration: str, account: str | None, name: str) -> LuaHostError:
        """The error for a name that an integration does not have: a function or an account, whichever was meant."""
        if integration not in self.catalog:
            return self._unknown_integration(integration)
        functions = self.catalog[integration].functions
        accounts = self.account_names(integration)
        near_account = names.suggest(name, accounts)
        near_function = names.suggest_function(name, functions)
        place = f"{integration}.{account}" if account else integration
        hint = f"functions: {names.nearest(name, [function.name for function in functions])}; {names.ALL}"
        verb = name.partition("_")[0].lower()
        meant_function = bool(near_function) or verb in names.VERBS
        if near_account and (not near_function or "_" not in name):
            meant_function = False
        if account is not None or meant_function:
            guess = f" (did you mean {near_function!r}?)" if near_function else ""
            return UnknownFunction(f"{place} has no function {name!r}{guess}", hint=hint)
        guess, also = (f" (did you mean {near_account!r}?)", "") if near_account else ("", f"{hint}; ")
        return UnknownAccount(
            f"{integration} has no account and no function {name!r}{guess}",
            account=name,
            hint=f"accounts: {', '.join(accounts)}; {also}add one with {add_command(integration, 'NAME')}",
        )

    def unknown_account(self, integration: str, account: str) -> UnknownAccount:
        known = self.account_names(integration)
        name = account if ACCOUNT_NAME.match(account) else "NAME"
        return UnknownAccount(
            f"{integration} has no account {account!r}{names.did_you_mean(account, known)}",
            hint=f"accounts: {', '.join(known)}; add one with {add_command(integration, name)}",
        )
