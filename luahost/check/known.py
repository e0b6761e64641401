"""What there is for a script to use: integrations, accounts, the sandbox's globals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from luahost.calls.accounts import DEFAULT, check_name
from luahost.calls.directory import Directory
from luahost.errors import UsageError
from luahost.lua.inspection import sandbox

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from luahost.calls.settings import Settings
    from luahost.errors import LuaHostError
    from luahost.spec import Integration


def account_list(text: str | None) -> list[str] | None:
    """The accounts that `--accounts a,b` names; raises UsageError for none, as an empty variable gives."""
    found = None if text is None else [name.strip() for name in text.split(",") if name.strip()]
    if found == []:
        raise UsageError("--accounts names no account", hint="as in --accounts work,personal; or leave it out")
    return found


class Known:
    """What scripts are checked against. `accounts` are those to go by in place of the configured ones."""

    def __init__(
        self, catalog: Mapping[str, Integration], settings: Settings, accounts: Sequence[str] | None = None
    ) -> None:
        """Raises UsageError for an account that none can be."""
        for name in accounts or ():
            for integration in catalog.values():
                check_name(integration, name)
        named: dict[str, dict[str, dict[str, Any]]] = {
            name: {account: {} for account in accounts or ()} for name in catalog
        }
        self.catalog = catalog
        self._directory = Directory(
            catalog=catalog,
            settings=settings,
            passed=None if accounts is None else named,
            simulations=None,
            keyring_timeout=0,
        )
        self.globals: Mapping[str, Any] = sandbox()
        self._accounts: dict[str, list[str]] = {}
        self._unknown: dict[tuple[str, str | None, str], LuaHostError] = {}

    def account_names(self, integration: str) -> list[str]:
        if integration not in self._accounts:
            self._accounts[integration] = self._directory.account_names(integration)
        return self._accounts[integration]

    def unknown(self, integration: str, account: str | None, name: str) -> LuaHostError:
        """The error for a name that an integration does not have. What is alike takes time to find, so it is kept."""
        key = (integration, account, name)
        if key not in self._unknown:
            self._unknown[key] = self._directory.unknown(*key)
        return self._unknown[key]

    def are_accounts_known(self, integration: str) -> bool:
        """Whether other accounts than these are mistakes: not where nothing but the default one is set up here."""
        return self.account_names(integration) != [DEFAULT]
