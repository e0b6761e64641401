"""A simulated API of answers that were written down: what it takes to try an integration without a key or a network."""

from __future__ import annotations

import re
import threading
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

_START = 1775379600.0  # 2026-04-05T09:00:00Z, the same in every run
_PLACE = re.compile(r"\\\{(\w+)\\\}")
_REFUSED = {"401 Unauthorized": "the key is not known", "404 Not Found": "there is no such thing here"}


class Asked(NamedTuple):
    """A request that a Recorded was sent: what stood in its path's places, its query, and its JSON."""

    path: Mapping[str, str]
    query: Mapping[str, str]
    body: Any


class _Clock:
    """Stands still until somebody sleeps."""

    def __init__(self) -> None:
        self._now = _START
        self._lock = threading.Lock()

    def time(self) -> float:
        return self._now

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self._now += max(0.0, seconds)


class Recorded:
    """Answers to requests, by endpoint; an `Integration.simulator` can give one.

    `answers` are by method and path, as in "GET /notes/{note_id}": a JSON value, or a function that makes one of what
    was Asked, None for what is not there. Whatever else is asked gets a 404, and a 401 who has none of the `keys` that
    there are for `accounts`, in each of `versions`. `requests` has the method and the path of each request.
    """

    def __init__(
        self, accounts: Iterable[str], answers: Mapping[str, Any], *, versions: Iterable[str] = ("v1",)
    ) -> None:
        accounts = list(accounts)
        self.keys: Mapping[str, Mapping[str, str]] = {
            version: {account: f"recorded-{version}-{account}" for account in accounts} for version in versions
        }
        self.clock: Any = _Clock()
        self.requests: list[tuple[str, str]] = []
        self._answers = [
            (endpoint.partition(" ")[0], _pattern(endpoint.partition(" ")[2]), answer)
            for endpoint, answer in answers.items()
        ]

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        import json

        method, path = environ["REQUEST_METHOD"], environ["RAW_URI"].partition("?")[0]
        self.requests.append((method, path))
        status, answer = "401 Unauthorized", None
        if self._is_known(environ):
            answer = self._answer(method, path, environ)
            status = "404 Not Found" if answer is None else "200 OK"
        body = json.dumps({"message": _REFUSED[status]} if status in _REFUSED else answer).encode()
        start_response(status, [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
        return [body]

    def _is_known(self, environ: Mapping[str, Any]) -> bool:
        """Whether one of the keys is in a header, whichever the API has for it."""
        keys = {key for by_account in self.keys.values() for key in by_account.values()}
        headers = [value for name, value in environ.items() if name.startswith("HTTP_")]
        return any(key in str(value).split() for key in keys for value in headers)

    def _answer(self, method: str, path: str, environ: Mapping[str, Any]) -> Any:
        from urllib.parse import unquote

        for its_method, pattern, answer in self._answers:
            found = pattern.fullmatch(path) if method == its_method else None
            if found is None:
                continue
            if not callable(answer):
                return answer
            make: Callable[[Asked], Any] = answer
            return make(Asked({k: unquote(v) for k, v in found.groupdict().items()}, *_content(environ)))
        return None


def _content(environ: Mapping[str, Any]) -> tuple[Mapping[str, str], Any]:
    import json
    from urllib.parse import parse_qsl

    body = environ["wsgi.input"].read()
    return dict(parse_qsl(environ["QUERY_STRING"], keep_blank_values=True)), json.loads(body) if body else None


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(_PLACE.sub(r"(?P<\1>[^/]+)", re.escape(path)))
