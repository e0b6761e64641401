"""What `accounts add` stores: keys in the system's keyring, and an index, since a keyring cannot be listed."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from luahost.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from luahost.calls.settings import Settings


class Keyring:
    """The system's keyring, with a time limit: a locked one may ask somebody who is not there.

    `problem` says why the last look-up could not be made, None when it could.
    """

    def __init__(self, integration: str, timeout: float) -> None:
        self._service = f"luahost:{integration}"
        self._timeout = timeout
        self.problem: str | None = None
        self._silent = False

    def get(self, name: str) -> str | None:
        """The text stored for an account; None when there is none, or no keyring that answers."""
        try:
            found: str | None = self._within_time(lambda keyring: keyring.get_password(self._service, name))

        except KeyringUnavailable as error:
            self.problem = str(error)
            return None
        self.problem = None
        return found

    def is_plain(self) -> bool:
        """Whether what it keeps stands in a file as it is."""
        try:
            import keyring

            return "Plaintext" in type(keyring.get_keyring()).__name__
        except Exception:  # noqa: BLE001 (backends raise anything)
            return False

    def set(self, name: str, text: str) -> None:
        """Store text for an account, and see that it is there; raises KeyringUnavailable."""

        def store(keyring: Any) -> str | None:
            keyring.set_password(self._service, name, text)
            found: str | None = keyring.get_password(self._service, name)
            return found

        # The null backend takes everything and keeps nothing: only reading it back tells.
        if self._within_time(store) != text:
            raise KeyringUnavailable("the keyring did not keep the key")

    def delete(self, name: str) -> bool:
        """Forget an account's key; False when there was none. Raises KeyringUnavailable."""

        def forget(keyring: Any) -> bool:
            if keyring.get_password(self._service, name) is None:
                return False
            keyring.delete_password(self._service, name)
            return True

        return bool(self._within_time(forget))

    def _within_time(self, work: Callable[[Any], Any]) -> Any:
        silence = f"the keyring did not answer within {self._timeout:g} s: is it locked?"
        if self._silent:
            raise KeyringUnavailable(silence)  # asked once, it need not be waited for again
        outcome: list[Any] = []
        failure: list[str] = []

        def attempt() -> None:
            try:
                import keyring

                outcome.append(work(keyring))
            except Exception as error:  # noqa: BLE001 (backends raise anything, D-Bus errors among them)
                failure.append(f"the keyring cannot be used: {type(error).__name__}")

        thread = threading.Thread(target=attempt, name="luahost-keyring", daemon=True)
        thread.start()
        thread.join(self._timeout)
        if outcome:
            return outcome[0]
        self._silent = not failure
        raise KeyringUnavailable(failure[0] if failure else silence)


class KeyringUnavailable(Exception):
    """There is no keyring, or it does not answer."""


# -- accounts.json: a keyring cannot be listed, so this says which accounts it holds ----------------------------


def read_index(settings: Settings) -> dict[str, dict[str, Any]]:
    """The accounts that `accounts add` stored: by integration, then by name. It holds no secret."""
    file = Path(settings.config_folder, "accounts.json")
    try:
        accounts = json.loads(file.read_text("utf-8"))["accounts"]
        found = {name: dict(entries) for name, entries in accounts.items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError, KeyError, TypeError, AttributeError):
        raise UsageError(
            f"{file}: cannot be read as an index of accounts", hint="remove it, and add the accounts again"
        ) from None
    return found


def check_index(settings: Settings) -> None:
    """Raise UsageError when the index could not be written; to be called before a key is stored."""
    folder = Path(settings.config_folder)
    probe = folder / ".accounts.json.probe"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise _not_writable(folder, error) from None


def _not_writable(path: Path, error: OSError) -> UsageError:
    return UsageError(f"{path}: cannot be written: {error.strerror}", hint="set LUAHOST_HOME to another folder")


def write_index(settings: Settings, accounts: Mapping[str, Mapping[str, Any]]) -> None:
    """Replace the index as a whole, so that no reader sees half of it."""
    file = Path(settings.config_folder, "accounts.json")
    draft = file.with_suffix(".json.new")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        draft.write_text(json.dumps({"version": 1, "accounts": accounts}, indent=2, sort_keys=True) + "\n", "utf-8")
        draft.replace(file)
    except OSError as error:
        raise _not_writable(file, error) from None
