"""One account's connections: a `requests.Session` for each thread, with deadlines, retries and a covered log.

Whether to repeat, how long to wait and when to give up are urllib3's `Retry` with a deadline; a read ends at
its deadline in total time, however slowly a server drips.
"""

from __future__ import annotations

import http.client
import io
import logging
import os
import threading
import time
from typing import TYPE_CHECKING, Any

import requests
from requests.adapters import HTTPAdapter
from requests.cookies import RequestsCookieJar
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError
from urllib3.util.retry import Retry

from luahost import __version__
from luahost.calls import answers
from luahost.calls.base_urls import is_loopback

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse

    from luahost.calls.accounts import Account
    from luahost.calls.settings import Timing

CHUNK = 1 << 16
_RETRIED = frozenset({429, 502, 503, 504})
current = threading.local()
"""Of this thread's request: `deadline`, when it must be over, and `sending`, whether it has begun to leave."""


def time_left() -> float:
    return float(current.deadline - time.monotonic())


# -- a deadline that holds for headers and bodies ----------------------------------------------------------------


class _DeadlineReader(io.RawIOBase):
    """A socket's file that gives each read no more than what is left of the total time."""

    def __init__(self, sock: Any) -> None:
        self._sock = sock
        self._raw = sock.makefile("rb", buffering=0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = time_left()
        if left <= 0:
            raise TimeoutError("the deadline has passed")
        self._sock.settimeout(left)
        count: int | None = self._raw.readinto(buffer)
        return count

    def close(self) -> None:
        if not self.closed:
            self._raw.close()
        super().close()


class _DeadlineResponse(http.client.HTTPResponse):
    def __init__(self, sock: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp.close()
        self.fp = io.BufferedReader(_DeadlineReader(sock), CHUNK)

    def begin(self) -> None:
        broken = False
        try:
            super().begin()
            self.msg.defects.clear()  # what urllib3 cannot parse it logs
            self.msg.set_payload("")
        except http.client.RemoteDisconnected:
            raise
        except (http.client.BadStatusLine, http.client.UnknownProtocol):
            broken = True
        if broken:  # told without what was sent: logs and tracebacks show it, and it may be the key
            raise http.client.BadStatusLine("an answer that is not HTTP")


class _Connection(HTTPConnection):
    """Is made within the deadline, and knows when a request begins to leave."""

    response_class = _DeadlineResponse

    def connect(self) -> None:
        left = time_left()
        if left <= 0:
            raise ConnectTimeoutError(self, "the deadline passed while connecting")
        self.timeout = min(self.timeout, left) if isinstance(self.timeout, (int, float)) else left
        try:
            super().connect()
        finally:
            current.sending = False  # the CONNECT of a tunnel is no request
        if time_left() <= 0:
            raise ConnectTimeoutError(self, "the deadline passed while connecting")

    def send(self, data: Any) -> None:
        if self.sock is None and self.auto_open:
            self.connect()
        current.sending = True  # what fails from here on may have been received
        super().send(data)


class _SecureConnection(_Connection, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


_POOLS = {"http": _Pool, "https": _SecurePool}


class _Retry(Retry):
    """urllib3's Retry, except that a wait which would outlast the deadline is not begun."""

    def increment(self, *args: Any, **kwargs: Any) -> _Retry:
        new = super().increment(*args, **kwargs)
        response = kwargs.get("response")
        wait = (response is not None and new.get_retry_after(response)) or new.get_backoff_time()
        if wait >= time_left():
            error = kwargs.get("error")
            raise MaxRetryError(kwargs["_pool"], "", error) from error
        if response is not None and not 0 <= (response.length_remaining or -1) <= CHUNK:
            response.close()  # urllib3 would read on to an end that may be far
        return new

    def get_retry_after(self, response: BaseHTTPResponse) -> float | None:
        return answers.retry_after(response.headers.get("retry-after"), response.headers.get("date"))


class _Adapter(HTTPAdapter):
    def send(self, *args: Any, **kwargs: Any) -> requests.Response:
        current.sending = False
        return super().send(*args, **kwargs)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(*args, **kwargs)
        manager.pool_classes_by_scheme = _POOLS
        return manager


class _NoCookies(RequestsCookieJar):
    """Nothing that a server sets is sent back: a run leaves no trace for the next."""

    def set_cookie(self, *_args: Any, **_kwargs: Any) -> None:
        return


# -- one account's connections -----------------------------------------------------------------------------------


class _Cover(logging.Filter):
    """Keeps keys out of urllib3's own log, which quotes what servers say."""

    def __init__(self) -> None:
        super().__init__()
        self.accounts: dict[str, Account] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        text = record.getMessage()
        for account in list(self.accounts.values()):
            text = account.redact(text)
        record.msg, record.args, record.exc_info, record.exc_text = text, (), None, None
        return True


_cover = _Cover()
for _name in ("urllib3.connection", "urllib3.connectionpool", "urllib3.util.retry"):
    logging.getLogger(_name).addFilter(_cover)


class Transport:
    """The connections of one account: a `requests.Session` for each thread, kept until `close`.

    `app` is a simulated API, a WSGI application, answering in place of the network.
    """

    def __init__(self, account: Account, timing: Timing, app: Any = None) -> None:
        self.account = account
        self.timing = timing
        self._app = app
        self._local = threading.local()
        self._sessions: list[requests.Session] = []
        self._lock = threading.Lock()
        _cover.accounts[account.api_key] = account

    def session(self, *, repeat: bool) -> requests.Session:
        """The session of this thread; `repeat` is for requests that change nothing."""
        name = "reading" if repeat else "writing"
        session: requests.Session | None = getattr(self._local, name, None)
        if session is None:
            session = self._make(repeat=repeat)
            setattr(self._local, name, session)
            with self._lock:
                self._sessions.append(session)
        return session

    def _make(self, *, repeat: bool) -> requests.Session:
        session = requests.Session()
        # Proxies and certificates are taken over below; .netrc and cookies never are.
        session.trust_env = False
        session.cookies = _NoCookies()
        session.headers.update(
            {"User-Agent": f"luahost/{__version__}", "Accept": "application/json", "Connection": "keep-alive"}
        )
        session.verify = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or True
        parts = requests.compat.urlsplit(self.account.base_url)
        if not is_loopback(parts.hostname or ""):
            session.proxies = requests.utils.get_environ_proxies(self.account.base_url)
        if self._app is not None:
            from luahost.calls.wsgi import WSGIAdapter

            session.mount(self.account.base_url, WSGIAdapter(self._app))
            return session
        count = self.timing.retries
        retry = _Retry(
            total=count,
            connect=count,  # the connection was never made: repeating is harmless for writes too
            read=count if repeat else False,
            status=count if repeat else 0,
            other=0,
            redirect=0,
            allowed_methods=frozenset({"GET"}),
            status_forcelist=_RETRIED if repeat else frozenset(),
            backoff_factor=0.25,
            backoff_jitter=0.25,
            backoff_max=20,
            raise_on_status=False,
            raise_on_redirect=False,
            respect_retry_after_header=repeat,
        )
        adapter = _Adapter(max_retries=retry)
        session.mount("https://", adapter)
        session.mount("http://", adapter)
        return session

    def close(self) -> None:
        with self._lock:
            for session in self._sessions:
                session.close()
            self._sessions.clear()
