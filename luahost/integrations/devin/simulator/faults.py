"""Trouble on request: answers that are late, wrong, lost or refused for coming too fast."""

from __future__ import annotations

import math
import re
from collections import deque
from typing import TYPE_CHECKING, Any, Literal

from .answers import Answer, Refusal, encoded, refused

if TYPE_CHECKING:
    from .request import Request


class LostAnswer(Exception):
    """Raised out of the WSGI call: the transport must drop the connection without an answer."""


class Fault:
    """One rule of `Simulator.fail`."""

    def __init__(
        self,
        *,
        method: str | None,
        path: str | None,
        times: int | None,
        status: int | None,
        body: Any,
        headers: dict[str, str] | None,
        delay: float,
        lose: str | None,
        performed: bool,
        after: int,
    ) -> None:
        if lose not in (None, "before", "after"):
            raise ValueError(f'lose is "before" or "after", not {lose!r}')
        self._method = method.upper() if method is not None else None
        self._path = re.compile(path) if path is not None else None
        self._left = times
        self._let_through = after
        self._body = body
        self._headers = {name.lower(): value for name, value in (headers or {}).items()}
        self.status = status
        self.delay = delay
        self.lose = lose
        # Without a status there is no answer but the real one, so the request has to be done.
        self.performed = lose == "after" or (lose is None and (performed or status is None))

    def strikes(self, request: Request) -> bool:
        """Whether the rule applies to this request; counts it if so."""
        if self._method is not None and self._method != request.method:
            return False
        if self._path is not None and self._path.search(request.path) is None:
            return False
        if self._let_through > 0:
            self._let_through -= 1
            return False
        if self._left is None:
            return True
        self._left -= 1
        return self._left >= 0

    def answer(self, real: Answer | None, request: Request) -> Answer:
        """What is sent: the real answer as far as the rule says nothing else."""
        if self.status is not None:
            real = refused(Refusal(self.status), version=request.version, path=request.path)
        if real is None:
            raise LostAnswer
        content = real.body
        headers = dict(real.headers)
        if self._body is not None:
            content, headers["content-type"] = _content(self._body)
        return Answer(real.status, content, {**headers, **self._headers})


def _content(body: Any) -> tuple[bytes, str]:
    if isinstance(body, bytes):
        return body, "application/octet-stream"
    if isinstance(body, str):
        return body.encode(), "text/plain; charset=utf-8"
    return encoded(body), "application/json"


class RateLimit:
    """So many requests in any window of `per` seconds, for each account and API version."""

    def __init__(self, requests: int, per: float, retry_after: int | Literal["exact"] | None) -> None:
        self._requests = requests
        self._per = per
        self._retry_after = retry_after
        self._taken: dict[tuple[str, str], deque[float]] = {}

    def take(self, key: tuple[str, str], now: float) -> None:
        """Counts a request, or refuses it; what is refused does not count."""
        taken = self._taken.setdefault(key, deque())
        while taken and taken[0] <= now - self._per:
            taken.popleft()
        if len(taken) >= self._requests:
            raise Refusal(429, "Too many requests", headers=self._headers(taken, now))
        taken.append(now)

    def _headers(self, taken: deque[float], now: float) -> dict[str, str]:
        if self._retry_after is None:
            return {}
        free = (taken[0] if taken else now) + self._per
        wait = max(1, math.ceil(free - now)) if self._retry_after == "exact" else self._retry_after
        return {"retry-after": str(wait)}
