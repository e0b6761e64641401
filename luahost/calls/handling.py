"""What a handler is given: its call, and behind it the account in use."""

from __future__ import annotations

import hmac
import threading
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from luahost.calls.base_urls import is_loopback
from luahost.calls.idempotency import Once
from luahost.errors import InternalError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from luahost.calls.accounts import Account
    from luahost.calls.connections import Transport
    from luahost.calls.ledger import Ledger
    from luahost.calls.pending import Pending
    from luahost.calls.run import Run
    from luahost.calls.settings import Timing
    from luahost.spec import Creation, Files, Function, Http


_DRY_PAUSE = 0.05  # seconds between two looks at an API in a dry run, where waiting takes no time


class Connection:
    """An account in use: its transport, and what was found out about it.

    `app` is a simulated API, `network` a WSGI application that answers in place of the network.
    """

    def __init__(self, account: Account, timing: Timing, app: Any, network: Any = None) -> None:
        self.account = account
        self.simulated = app is not None
        self.timing = timing
        self._app = app if network is None else network
        self._transport: Transport | None = None
        self._facts: dict[str, Any] = {}
        self._lock = threading.Lock()
        self._making = threading.Lock()  # another one: what is found out is found by sending

    @property
    def transport(self) -> Transport:
        """What sends; made, with all that it imports, when something is sent."""
        with self._making:
            if self._transport is None:
                from luahost.calls.connections import Transport

                self._transport = Transport(self.account, self.timing, self._app)
            return self._transport

    def remember(self, name: str, find: Callable[[], Any]) -> Any:
        # One at a time, so that calls in flight together do not all ask.
        with self._lock:
            if name not in self._facts:
                self._facts[name] = find()
            return self._facts[name]

    @property
    def org_id(self) -> str | None:
        """The account's organisation, as it was set or has been found out."""
        return self.account.org_id or self._facts.get("org_id")

    def identity(self, salt: str) -> dict[str, Any]:
        """What this account is, for a run that is resumed to see that it is still the same. `key` tells keys apart."""
        account = self.account
        key = hmac.new(salt.encode(), account.api_key.encode(), "sha256").hexdigest()[:12] if account.api_key else ""
        return {
            "integration": account.integration,
            "account": account.name,
            "base_url": "simulated" if self.simulated else account.base_url,
            "org_id": self.org_id,
            "api_version": account.version,
            "key": key,
        }

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()


class Rewriting:
    """A folder of files where each may be overwritten."""

    def __init__(self, files: Files) -> None:
        self._files = files

    def read(self, name: str, most: int) -> bytes:
        return self._files.read(name, most)

    def write(self, name: str, content: bytes, *, overwrite: bool) -> str:  # noqa: ARG002 (whatever it says)
        return self._files.write(name, content, overwrite=True)


class HandlerCall:
    """One call, as its handler sees it; see `luahost.spec.Call`."""

    def __init__(
        self,
        ledger: Callable[[], Ledger],
        connection: Connection,
        function: Function,
        run: Run,
        pending: Pending,
        secrets: list[str],
        walked: Sequence[dict[str, Any]] = (),
    ) -> None:
        self._ledger = ledger
        self._connection = connection
        self._function = function
        self._run = run
        self._pending = pending
        self._secrets = secrets
        self._http: Http | None = None
        self.walked = walked

    @property
    def function(self) -> Function:
        return self._function

    @property
    def http(self) -> Http:
        if self._http is None:
            if not self._connection.account.base_url:
                raise InternalError(f"{self._connection.account.integration} has no base_url: nothing can be sent")
            from luahost.calls.http import Client

            self._http = Client(self._connection.transport, self._run, self._pending, self._secrets)
        return self._http

    def moved(self, connection: Connection, ledger: Callable[[], Ledger]) -> HandlerCall:
        """The same call on another connection."""
        return HandlerCall(ledger, connection, self._function, self._run, self._pending, self._secrets)

    def of(self, function: Function) -> HandlerCall:
        """A call of another function, made for this one."""
        return HandlerCall(self._ledger, self._connection, function, self._run, self._pending, self._secrets)

    def connection_to(self, account: Account, app: Any) -> Connection:
        """A connection to a simulated API in place of this one's."""
        return Connection(account, self._connection.timing, app)

    def plan(self) -> None:
        """Say that nothing is sent: the call is one that a dry run would make."""
        self._pending.planned = True

    def begin_page(self) -> None:
        """What is asked for from here on is a page of its own: the limit of a response's bytes counts anew."""
        self._http = None

    @property
    def files(self) -> Files:
        entry = self._pending.entry
        # What a call has written that died before its answer was written down, it may write again.
        return self._run.files if entry is None or entry.known is None else Rewriting(self._run.files)

    def sleep(self, seconds: float) -> None:
        real = not self._connection.simulated
        if real and self._run.dry_run is not None and self._run.clock is not None:
            self._run.clock.sleep(seconds)  # what is waited for is not simulated, and the run's time is
            seconds = min(seconds, _DRY_PAUSE)
        # A write that has left is none that is given up: its handler waits on, as long as the run lasts.
        self._run.sleep(seconds, None if self._pending.sent else self._pending, real=real)

    def time(self) -> float:
        clock = self._run.clock
        if clock is None or (self._run.dry_run is None and not self._connection.simulated):
            return time.monotonic()
        return clock.time()

    @property
    def account(self) -> str:
        return self._connection.account.name

    @property
    def version(self) -> str:
        return self._connection.account.version

    @property
    def org_id(self) -> str | None:
        return self._connection.account.org_id

    @property
    def base_url(self) -> str:
        return self._connection.account.base_url

    @property
    def is_local(self) -> bool:
        return self._connection.simulated or is_loopback(urlsplit(self.base_url).hostname or "")

    def notice(self, text: str) -> None:
        self._run.notice(self._connection.account.redact(text))

    def remember(self, name: str, find: Callable[[], Any]) -> Any:
        return self._connection.remember(name, find)

    @property
    def run_key(self) -> str | None:
        entry = self._pending.entry
        return entry.run_key if entry is not None else None

    def once(self, key: str, arguments: Mapping[str, Any], creation: Creation) -> Any:
        return self._once(key, arguments, creation).create()

    def _once(self, key: str, arguments: Mapping[str, Any], creation: Creation) -> Once:
        return Once(
            ledger=self._ledger(),
            timing=self._connection.timing,
            account=self._connection.account,
            function=self._function,
            run=self._run,
            pending=self._pending,
            creation=creation,
            key=key,
            arguments=arguments,
            entry=self._pending.entry if key == self.run_key else None,
        )
