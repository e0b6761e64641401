"""The environment and config.toml, read in this one place.

`$LUAHOST_HOME` moves everything: configuration lies in it, state in its folder `state`. Without it both lie
in the platform's user folders, never in the working directory.
"""

from __future__ import annotations

import os
import sys

from luahost.errors import UsageError
from luahost.results import Limits

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    from luahost.calls.policy import Rule

HOME = "LUAHOST_HOME"
ACCOUNT_KEYS = ("org_id", "base_url", "api_version")


class Timing:
    """Everything that waits: seconds, and how often. config.toml's tables [http], [idempotency] and [keyring]."""

    __slots__ = ("connect_timeout", "keyring_timeout", "retries", "settle", "timeout")

    def __init__(
        self,
        connect_timeout: float = 10.0,
        timeout: float = 60.0,
        retries: int = 3,
        settle: float = 30.0,
        keyring_timeout: float = 20.0,
    ) -> None:
        self.connect_timeout = connect_timeout
        self.timeout = timeout
        self.retries = retries
        self.settle = settle
        self.keyring_timeout = keyring_timeout


class Keeping:
    """How long the journals of runs are kept, and how many: config.toml's table [journal]."""

    __slots__ = NAMES = ("keep_days", "max_mib")

    def __init__(self, keep_days: float = 30.0, max_mib: float = 512.0) -> None:
        self.keep_days = keep_days
        self.max_mib = max_mib


def user_folders(environ: Mapping[str, str]) -> tuple[str, str]:
    """The platform's folders for configuration and state."""
    if sys.platform == "linux":
        # The XDG rule: every run needs it, and platformdirs takes longer to import than LuaJIT to start.
        home = environ.get("HOME") or os.path.expanduser("~")  # noqa: PTH111
        bases = [
            given if (given := environ.get(name, "")).startswith("/") else f"{home}/{usual}"
            for name, usual in (("XDG_CONFIG_HOME", ".config"), ("XDG_STATE_HOME", ".local/state"))
        ]
        folders = f"{bases[0]}/luahost", f"{bases[1]}/luahost"
    else:
        import platformdirs

        folders = platformdirs.user_config_dir("luahost"), platformdirs.user_state_dir("luahost")
    return folders


class Settings:
    """What the environment and config.toml say. `environ` is the environment that was read.

    `config_folder` and `state_folder` are absolute paths; the folders need not exist.
    """

    __slots__ = ("config", "config_folder", "environ", "state_folder")

    def __init__(
        self, environ: Mapping[str, str], config_folder: str, state_folder: str, config: Mapping[str, Any] | None = None
    ) -> None:
        self.environ = environ
        self.config_folder = config_folder
        self.state_folder = state_folder
        self.config = config or {}

    @classmethod
    def load(cls, environ: Mapping[str, str] | None = None) -> Settings:
        """Read them; raises UsageError for a config.toml that cannot be used."""
        environ = os.environ if environ is None else environ
        home = environ.get(HOME)
        if home:
            home = os.path.expanduser(home)  # noqa: PTH111
            if home.startswith("~"):
                raise UsageError(f"{HOME}: there is no home of {home.partition('/')[0]}", hint="write the whole path")
            config_folder = os.path.abspath(home)  # noqa: PTH100
            state_folder = f"{config_folder}/state"
        else:
            config_folder, state_folder = user_folders(environ)
        return cls(environ, config_folder, state_folder, _read(f"{config_folder}/config.toml"))

    @property
    def config_file(self) -> str:
        return f"{self.config_folder}/config.toml"

    def limits(self, base: Limits) -> Limits:
        """`base` with what config.toml's [limits] says."""
        table = self._table("limits")
        self._known("limits", table, Limits.NAMES)
        try:
            return base.replace(**table)
        except UsageError as error:
            raise self._wrong(f"[limits]: {error.message}") from None

    def timing(self) -> Timing:
        """How long things may take; see Timing for the defaults."""
        http, idempotency, keyring = (self._table(name) for name in ("http", "idempotency", "keyring"))
        self._known("http", http, ["connect_timeout", "timeout", "retries"])
        self._known("idempotency", idempotency, ["settle"])
        self._known("keyring", keyring, ["timeout"])
        values = {**http, **idempotency, **{f"keyring_{name}": value for name, value in keyring.items()}}
        for name, value in values.items():
            kinds, least = (int, 0) if name == "retries" else ((int, float), 0 if name == "settle" else 1e-3)
            if isinstance(value, bool) or not isinstance(value, kinds) or not least <= value <= 1e6:
                kind = "a whole number" if name == "retries" else "a number of seconds"
                kind += " of 0 or more" if least == 0 else " above 0"
                table = "keyring" if name == "keyring_timeout" else "idempotency" if name == "settle" else "http"
                place = f"[{table}] {name.removeprefix('keyring_')}"
                raise self._wrong(f"{place}: {kind} was expected, not {value!r}")
        return Timing(**values)

    def keeping(self) -> Keeping:
        """How long journals are kept; see Keeping for the defaults."""
        table = self._table("journal")
        self._known("journal", table, Keeping.NAMES)
        for name, value in table.items():
            if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value <= 1e9:
                kind = "days" if name == "keep_days" else "MiB"
                raise self._wrong(f"[journal] {name}: a number of {kind} above 0 was expected, not {value!r}")
        return Keeping(**table)

    def rules(self) -> tuple[Rule, ...]:
        """The permissions of all integrations and accounts."""
        from luahost.calls.policy import rules_from

        found: list[Rule] = []
        for integration, table in self._table("integrations").items():
            place = f"integrations.{integration}"
            tables: list[tuple[str | None, str, dict[str, Any]]] = [
                (None, place, self._sub(table, place, "permissions"))
            ]
            for account, entry in self.accounts(integration).items():
                at = f"{place}.accounts.{account}"
                tables.append((account, at, self._sub(entry, at, "permissions")))
            for name, at, permissions in tables:
                try:
                    found += rules_from(permissions, integration, name)
                except UsageError as error:
                    raise self._wrong(f"[{at}.permissions]: {error.message}", error.hint) from None
        return tuple(found)

    def integrations(self) -> list[str]:
        """The integrations that config.toml names."""
        return list(self._table("integrations"))

    def accounts(self, integration: str) -> dict[str, dict[str, Any]]:
        """The accounts that config.toml names, each with its settings."""
        from luahost.spec import ACCOUNT_NAME

        place = f"integrations.{integration}"
        table = self._sub(self._table("integrations"), "integrations", integration)
        self._known(place, table, ["accounts", "permissions"])
        accounts = self._sub(table, place, "accounts")
        for name, entry in accounts.items():
            at = f"{place}.accounts.{name}"
            if not ACCOUNT_NAME.match(name):
                raise self._wrong(f"[{at}]: an account's name is lower-case letters, digits and _")
            if not isinstance(entry, dict):
                raise self._wrong(f"[{at}]: a table was expected")
            if "api_key" in entry:
                raise self._wrong(f"[{at}]: a key does not belong here", f"run luahost accounts add {name}")
            self._known(at, entry, [*ACCOUNT_KEYS, "permissions"])
            for key in ACCOUNT_KEYS:
                if key in entry and not isinstance(entry[key], str):
                    raise self._wrong(f"[{at}] {key}: text in quotes was expected")
        return accounts

    def _table(self, name: str) -> dict[str, Any]:
        return self._sub(self.config, "", name)

    def _sub(self, table: Any, place: str, name: str) -> dict[str, Any]:
        found = table.get(name, {}) if isinstance(table, dict) else None
        if not isinstance(found, dict):
            raise self._wrong(f"[{'.'.join(filter(None, (place, name)))}]: a table was expected")
        return found

    def _known(self, place: str, table: Mapping[str, Any], known: Iterable[str]) -> None:
        known = list(known)
        for name in table:
            if name not in known:
                from luahost.calls.names import did_you_mean

                raise self._wrong(
                    f"[{place}]: unknown setting {name!r}{did_you_mean(name, known)}",
                    f"known: {', '.join(known)}",
                )

    def _wrong(self, problem: str, hint: str | None = None) -> UsageError:
        return UsageError(f"{self.config_file}: {problem}", hint=hint)


_TABLES = ("http", "idempotency", "integrations", "journal", "keyring", "limits")


def _read(file: str) -> dict[str, Any]:
    try:
        with open(file, "rb") as opened:  # noqa: PTH123
            data = opened.read()
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise UsageError(f"{file}: cannot be read: {error.strerror}") from error
    import tomllib

    try:
        found = tomllib.loads(data.decode("utf-8"))
    except UnicodeDecodeError:
        raise UsageError(f"{file}: not UTF-8", hint="save the file as UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{file}: not valid TOML: {error}", hint="mend the line, or remove the file") from None
    for name in found:
        if name not in _TABLES:
            from luahost.calls.names import did_you_mean

            raise UsageError(
                f"{file}: unknown table [{name}]{did_you_mean(name, _TABLES)}",
                hint=f"known: {', '.join(_TABLES)}",
            )
    return found
