"""Accounts: which exist, where the key of each comes from, and the keyring.

The key of an account comes from the first of: what the program passed (then nothing else is read), the
environment, the keyring. Its host, organisation and version come from the same place, else from config.toml.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from luahost.calls.base_urls import shown, split_base_url
from luahost.calls.cover import cover_error, covered
from luahost.calls.stored import Keyring, read_index
from luahost.errors import MissingCredentials, UsageError
from luahost.spec import ACCOUNT_NAME

if TYPE_CHECKING:
    from collections.abc import Mapping

    from luahost.calls.settings import Settings
    from luahost.errors import LuaHostError
    from luahost.spec import Integration, Simulation

DEFAULT = "default"
NO_KEY = "no key, and none is needed"
_KEY = re.compile(r"[\x21-\x7e]+\Z")
_ORGANIZATION = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,127}\Z")
_PASSED = ("api_key", "org_id", "base_url", "api_version")


@dataclass(frozen=True, slots=True)
class Account:
    """One account, with its key: the host's side only, and covered wherever it could be shown.

    `sources` says where each value comes from, for people; `key_header` and `extra` are those of the integration.
    """

    integration: str
    name: str
    api_key: str = field(repr=False)
    base_url: str
    version: str
    org_id: str | None
    sources: Mapping[str, str]
    key_header: str = "Authorization: Bearer {key}"
    extra: Mapping[str, str] = field(default_factory=dict)

    def headers(self) -> dict[str, str]:
        """What each request has: the key, where there is one, and what the integration sends with it."""
        if not self.api_key:
            return {**self.extra}
        name, _, value = self.key_header.partition(": ")
        return {**self.extra, name: value.replace("{key}", self.api_key)}

    def redact(self, text: str) -> str:
        """`text` without the key, should a server have sent it back."""
        return text.replace(self.api_key, "<redacted>") if self.api_key else text

    def cover(self, value: Any) -> Any:
        """The same JSON value, with the key covered wherever it stands."""
        return covered(value, self.api_key, "<redacted>")

    def cover_error(self, error: LuaHostError) -> None:
        """Cover the key in every field of an error."""
        cover_error(error, self.cover)


@dataclass(frozen=True, slots=True)
class Found:
    """A key and what came with it, before it is checked."""

    source: str
    api_key: str = field(repr=False)
    values: Mapping[str, str]
    value_sources: Mapping[str, str]


def simulated_account(integration: Integration, name: str, simulation: Simulation, version: str) -> Account:
    """An account at a simulated API."""
    sources = dict.fromkeys(("api_key", "base_url", "api_version"), "the simulator")
    key = simulation.keys[version][name]
    more = integration.key_header, integration.headers
    return Account(integration.name, name, key, integration.base_url, version, None, sources, *more)


class Accounts:
    """The accounts of one integration. Looking a name up reads no key; `resolve` does."""

    def __init__(
        self,
        integration: Integration,
        settings: Settings,
        *,
        passed: Mapping[str, Mapping[str, Any]] | None = None,
        keyring_timeout: float = 20.0,
    ) -> None:
        self._integration = integration
        self._settings = settings
        self._passed = passed
        self._keyring = Keyring(integration.name, keyring_timeout)
        if passed is not None:
            if not isinstance(passed, dict):
                raise UsageError(f"accounts of {integration.name}: a dictionary by account name was expected")
            for name, values in passed.items():
                check_name(integration, name)
                if not isinstance(values, dict):
                    raise UsageError(f"account {name}: a dictionary was expected", hint=f"of {', '.join(_PASSED)}")
                unknown = set(values) - set(_PASSED)
                wrong = [key for key in _PASSED[1:] if not isinstance(values.get(key), str | None)]
                if wrong:
                    raise UsageError(f"account {name}: {wrong[0]} must be text")
                if unknown:
                    raise UsageError(
                        f"account {name}: unknown setting {shown(min(map(str, unknown)))}",
                        hint=f"known: {', '.join(_PASSED)}",
                    )

    def names(self) -> list[str]:
        """All accounts that exist, `default` first."""
        if self._passed is not None:
            found = set(self._passed)
        else:
            named = {
                *self._settings.accounts(self._integration.name),
                *read_index(self._settings).get(self._integration.name, {}),
                *self._in_environment(),
            }
            found = {name for name in named if self._usable(name)}
        return [DEFAULT, *sorted(found - {DEFAULT})]

    def resolve(self, name: str) -> Account:
        """The account with its key; raises MissingCredentials when it has none that can be used."""
        found = self._find(name)
        if found is None and self._integration.key_optional:
            found = self._without_key(name)
        if found is None:
            raise MissingCredentials(f"account {name} has no key", account=name, hint=self._how_to_add(name))
        return self._checked(name, found)

    # -- where a key may be ---------------------------------------------------------------------------------

    def _find(self, name: str) -> Found | None:
        if self._passed is not None:
            values = {k: v for k, v in self._passed.get(name, {}).items() if v is not None}
            key = values.pop("api_key", None)
            return Found("the program", key, values, dict.fromkeys(values, "the program")) if key else None
        return self._from_environment(name) or self._from_keyring(name)

    def _prefixes(self, name: str) -> list[str]:
        """The beginnings of the environment variables that can hold this account, first one first."""
        upper = self._integration.name.upper()
        found = [f"LUAHOST_{upper}_{name.upper()}_"]
        if name == DEFAULT:
            found.append(f"LUAHOST_{upper}_")
            if self._integration.vendor_prefix:
                found.append(f"{self._integration.vendor_prefix}_")
        return found

    def _from_environment(self, name: str) -> Found | None:
        environ = self._settings.environ
        for prefix in self._prefixes(name):
            key = environ.get(prefix + "API_KEY")
            if key:
                values, sources = self._with_config(name)
                for setting in ("org_id", "base_url", "api_version"):
                    value = environ.get(prefix + setting.upper())
                    if value:
                        values[setting] = value
                        sources[setting] = prefix + setting.upper()
                return Found(prefix + "API_KEY", key, values, sources)
        return None

    def _without_key(self, name: str) -> Found:
        """An account of an API that answers without a key: what is set of it besides."""
        if self._passed is not None:
            values = {k: v for k, v in self._passed.get(name, {}).items() if v is not None and k != "api_key"}
            return Found(NO_KEY, "", values, dict.fromkeys(values, "the program"))
        values, sources = self._with_config(name)
        for variable in (prefix + "BASE_URL" for prefix in reversed(self._prefixes(name))):
            if value := self._settings.environ.get(variable):
                values["base_url"], sources["base_url"] = value, variable
        return Found(NO_KEY, "", values, sources)

    def _from_keyring(self, name: str) -> Found | None:
        text = self._keyring.get(name)
        if text is None:
            return None
        values, sources = self._with_config(name)
        entry = _keyring_entry(text, self._integration.base_url)
        key = entry.pop("api_key", "")
        configured = values.get("base_url")
        try:
            elsewhere = configured and split_base_url(configured)[0] != split_base_url(entry["base_url"])[0]
        except UsageError as error:
            raise MissingCredentials(f"account {name}: {error.message}", account=name, hint=error.hint) from None
        if elsewhere:
            raise MissingCredentials(
                f"the key of account {name} in the keyring was verified against {entry['base_url']}, "
                f"and config.toml says {configured}",
                account=name,
                hint=f"run luahost accounts add {name} --base-url {configured}, or remove base_url from config.toml",
            )
        values.update(entry)
        sources.update(dict.fromkeys(entry, "keyring"))
        return Found("keyring", key, values, sources)

    def _with_config(self, name: str) -> tuple[dict[str, str], dict[str, str]]:
        entry = self._settings.accounts(self._integration.name).get(name, {})
        values = {key: entry[key] for key in ("org_id", "base_url", "api_version") if entry.get(key)}
        return values, dict.fromkeys(values, "config.toml")

    def _in_environment(self) -> list[str]:
        pattern = re.compile(rf"LUAHOST_{self._integration.name.upper()}_([A-Z][A-Z0-9_]*)_API_KEY\Z")
        matches = (pattern.match(name) for name, value in self._settings.environ.items() if value)
        return [match[1].lower() for match in matches if match]

    def _usable(self, name: str) -> bool:
        return bool(ACCOUNT_NAME.match(name)) and self._integration.function(name) is None

    def ignored(self) -> list[str]:
        """Environment variables that look like a key but name no account: for `doctor`."""
        upper = self._integration.name.upper()
        return [f"LUAHOST_{upper}_{name.upper()}_API_KEY" for name in self._in_environment() if not self._usable(name)]

    # -- what is found must be usable -----------------------------------------------------------------------

    def _checked(self, name: str, found: Found) -> Account:
        def wrong(problem: str, hint: str) -> MissingCredentials:
            return MissingCredentials(f"account {name}: {problem}", account=name, hint=hint)

        if found.source != NO_KEY and (not isinstance(found.api_key, str) or not _KEY.match(found.api_key)):
            raise wrong(f"the key from {found.source} {_what_is_wrong(found.api_key)}", "set it again, in one line")
        sources = {"api_key": found.source, **found.value_sources}
        try:
            base_url, url_version = split_base_url(found.values.get("base_url") or self._integration.base_url)
        except UsageError as error:
            raise wrong(f"{error.message} (from {sources.get('base_url')})", error.hint or "") from None
        version = url_version or found.values.get("api_version")
        if version is None:
            by_key = (v for p, v in self._integration.key_prefixes.items() if found.api_key.startswith(p))
            version = next(by_key, self._integration.versions[0])
            sources["api_version"] = "the key's prefix" if self._integration.key_prefixes else "built in"
        elif url_version:
            sources["api_version"] = sources["base_url"]
        if version not in self._integration.versions:
            known = ", ".join(self._integration.versions)
            raise wrong(
                f"api_version {shown(version)} (from {sources['api_version']}) is not known",
                f"known versions: {known}",
            )
        sources.setdefault("base_url", "built in")
        org_id = found.values.get("org_id")
        if org_id and not _ORGANIZATION.match(org_id):
            raise wrong(
                f"org_id {shown(org_id)} (from {sources['org_id']}) is no organisation's id", "as in org-abc123"
            )
        return Account(
            self._integration.name,
            name,
            found.api_key,
            base_url,
            version,
            found.values.get("org_id"),
            sources,
            self._integration.key_header,
            self._integration.headers,
        )

    def _how_to_add(self, name: str) -> str:
        if self._passed is not None:
            return f"pass accounts={{'{self._integration.name}': {{'{name}': {{'api_key': …}}}}}}"
        variable = self._prefixes(name)[1 if name == DEFAULT else 0] + "API_KEY"
        hint = f"set {variable}, or run {add_command(self._integration.name, name)}"
        return f"{hint} ({self._keyring.problem})" if self._keyring.problem else hint


def add_command(integration: str, name: str) -> str:
    """What stores a key, as it is typed."""
    return f"luahost accounts add {name}" + ("" if integration == "devin" else f" --integration {integration}")


def check_name(integration: Integration, name: str) -> None:
    """Raise UsageError when `name` cannot be an account of this integration."""
    if not isinstance(name, str) or not ACCOUNT_NAME.match(name):
        raise UsageError(f"{name!r} cannot be an account's name", hint="use lower-case letters, digits and _")
    if integration.function(name):
        raise UsageError(f"{name!r} cannot be an account's name: it is a function of {integration.name}")


def _what_is_wrong(key: Any) -> str:
    if not isinstance(key, str):
        return "is not text"
    if "\n" in key or "\r" in key:
        return "has a line break in it"
    return "has a space or another character that no key has"


def _keyring_entry(text: str, base_url: str) -> dict[str, str]:
    """What `accounts add` stored, or a bare key that somebody put there by hand."""
    if text.startswith("{"):
        try:
            entry = json.loads(text)
        except (ValueError, RecursionError):
            entry = {}
        if not isinstance(entry, dict) or not isinstance(entry.get("api_key"), str):
            return {"api_key": "", "base_url": base_url}
        return {key: str(value) for key, value in {"base_url": base_url, **entry}.items() if value}
    return {"api_key": text, "base_url": base_url}
