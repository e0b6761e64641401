"""The simulator as a WSGI application."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Literal

from . import (
    storage,
    v1_attachments,
    v1_audit_logs,
    v1_knowledge,
    v1_playbooks,
    v1_secrets,
    v1_sessions,
    v3_attachments,
    v3_automations,
    v3_consumption,
    v3_insights,
    v3_knowledge,
    v3_metrics,
    v3_people,
    v3_playbooks,
    v3_repositories,
    v3_reviews,
    v3_schedules,
    v3_secrets,
    v3_sessions,
    v3_tags,
)
from .answers import Answer, Refusal, answer, phrase, refused
from .clock import VirtualClock
from .draws import drawn_hex
from .faults import Fault, LostAnswer, RateLimit
from .organization import Organization
from .request import Request
from .routes import Call, Routes

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from _typeshed.wsgi import StartResponse, WSGIEnvironment

    from .clock import Clock
    from .people import Principal

_ROUTES = Routes(
    [
        *v3_people.ROUTES,
        *v3_insights.ROUTES,  # before the sessions: there "insights" would be a session's id
        *v3_sessions.ROUTES,
        *v3_attachments.ROUTES,
        *v3_consumption.ROUTES,
        *v3_metrics.ROUTES,
        *v3_repositories.ROUTES,
        *v3_reviews.ROUTES,
        *v3_secrets.ROUTES,
        *v3_knowledge.ROUTES,
        *v3_playbooks.ROUTES,
        *v3_schedules.ROUTES,
        *v3_automations.ROUTES,
        *v3_tags.ROUTES,
        *v1_sessions.ROUTES,
        *v1_attachments.ROUTES,
        *v1_secrets.ROUTES,
        *v1_knowledge.ROUTES,
        *v1_playbooks.ROUTES,
        *v1_audit_logs.ROUTES,
    ]
)
_CHANGES_NOTHING = frozenset({"GET", "HEAD"})


class RecordedRequest:
    """What was received, and how it was answered; the key is not kept."""

    def __init__(self, request: Request, account: str | None) -> None:
        self.method = request.method
        self.path = request.path
        self.query = request.query
        self.body: Any = request.recorded_body()
        self.account = account
        self.version = request.version
        self.status: int | None = None

    def __repr__(self) -> str:
        return f"<{self.method} {self.path} by {self.account}: {self.status}>"


class Simulator:
    """A Devin with one organisation, to be called as WSGI from any number of threads.

    The same seed, clock and requests give the same bytes. `requests` grows with every request;
    `list_lag` and `allowed_tags` may be set at any time.
    """

    def __init__(
        self,
        *,
        accounts: Iterable[str] = ("default", "work", "personal"),
        seed: int = 0,
        clock: Clock | None = None,
        list_lag: float = 0.0,
        allowed_tags: Collection[str] | None = None,
    ) -> None:
        self.clock: Clock = VirtualClock() if clock is None else clock
        self.requests: list[RecordedRequest] = []
        # Told of every request that may have changed something before it is answered: account, request, time.
        self.on_change: Callable[[str, Request, float], None] | None = None
        self._seed = seed
        self._lock = threading.Lock()
        self._received = 0
        self._faults: list[Fault] = []
        self._rate_limit: RateLimit | None = None
        self._organization = Organization(
            accounts, seed, self.clock.time(), list_lag=list_lag, allowed_tags=allowed_tags
        )

    @property
    def org_id(self) -> str:
        return self._organization.id

    @property
    def keys(self) -> dict[str, dict[str, str]]:
        """The key of each account, for v3 and for v1."""
        people = self._organization.people.by_account
        return {
            "v3": {account: principal.v3_key for account, principal in people.items()},
            "v1": {account: principal.v1_key for account, principal in people.items()},
        }

    @property
    def list_lag(self) -> float:
        """Seconds that a new session stays out of the lists."""
        return self._organization.list_lag

    @list_lag.setter
    def list_lag(self, seconds: float) -> None:
        self._organization.list_lag = seconds

    @property
    def allowed_tags(self) -> Collection[str] | None:
        return self._organization.allowed_tags

    @allowed_tags.setter
    def allowed_tags(self, tags: Collection[str] | None) -> None:
        self._organization.allowed_tags = tags

    @property
    def sessions(self) -> list[dict[str, Any]]:
        """Copies of all sessions in the order of creation, as they are now.

        Each is the session as v3 shows it, with `account`, `prompt`, `options` (the fields it was
        created with) and `messages`.
        """
        with self._lock:
            now = self.clock.time()
            return [
                {**v3_sessions.view(session, self.org_id, now, details=True), **session.snapshot(now)}
                for session in self._organization.sessions.values()
            ]

    def force(self, session_id: str, status: str, status_detail: str | None = None) -> None:
        """Puts a session into a state from now on, for tests that need one which life seldom reaches."""
        with self._lock:
            session = self._organization.session(session_id)
            session.life.enter(self.clock.time(), status, status_detail)

    def fail(
        self,
        *,
        method: str | None = None,
        path: str | None = None,
        times: int | None = 1,
        status: int | None = None,
        body: Any = None,
        headers: dict[str, str] | None = None,
        delay: float = 0.0,
        lose: Literal["before", "after"] | None = None,
        performed: bool = False,
        after: int = 0,
    ) -> None:
        """Adds a rule for requests to come; of the rules that match, the first added applies.

        `path` is a regular expression searched in the path; `after` requests are let through first,
        then the rule holds `times` times (None: for ever). It waits `delay` seconds on the clock,
        then loses the answer before or after the request is done, or answers with `status` (having
        done the request only if `performed`), `body` (bytes, text, or a JSON value) and `headers`;
        what is not given is as in the real answer.
        """
        fault = Fault(
            method=method,
            path=path,
            times=times,
            status=status,
            body=body,
            headers=headers,
            delay=delay,
            lose=lose,
            performed=performed,
            after=after,
        )
        with self._lock:
            self._faults.append(fault)

    def rate_limit(self, requests: int, per: float, retry_after: int | Literal["exact"] | None = "exact") -> None:
        """429 for more than `requests` in `per` seconds by one key, until `clear_faults`.

        `Retry-After` says when there is room again, or this, or (None) is not sent.
        """
        with self._lock:
            self._rate_limit = RateLimit(requests, per, retry_after)

    def clear_faults(self) -> None:
        """Drops all rules of `fail` and the rate limit."""
        with self._lock:
            self._faults.clear()
            self._rate_limit = None

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request = Request(environ)
        holder = self._organization.people.holder(request.authorization)
        record = RecordedRequest(request, holder[1].account if holder is not None else None)
        with self._lock:
            self._received += 1
            request_id = f"req_{drawn_hex(self._seed, 'request', self._received, length=24)}"
            self.requests.append(record)
            fault = next((fault for fault in self._faults if fault.strikes(request)), None)
        sent = self._answer(request, holder, fault)
        record.status = sent.status
        headers = {**sent.headers, "content-length": str(len(sent.body)), "x-request-id": request_id}
        start_response(f"{sent.status} {phrase(sent.status)}", list(headers.items()))
        return [sent.body]

    def _answer(self, request: Request, holder: tuple[str, Principal] | None, fault: Fault | None) -> Answer:
        if fault is None:
            return self._perform(request, holder)
        if fault.delay:
            self.clock.sleep(fault.delay)  # outside the lock: a slow answer holds up nobody else's
        real = self._perform(request, holder) if fault.performed else None
        if fault.lose is not None:
            raise LostAnswer(f"{request.method} {request.path}")
        return fault.answer(real, request)

    def _perform(self, request: Request, holder: tuple[str, Principal] | None) -> Answer:
        with self._lock:
            now = self.clock.time()
            try:
                done = self._handle(request, holder, now)
                if self.on_change is not None and holder is not None and request.method not in _CHANGES_NOTHING:
                    self.on_change(holder[1].account, request, now)
            except Refusal as refusal:
                return refused(refusal, version=request.version, path=request.path)
            return done

    def _handle(self, request: Request, holder: tuple[str, Principal] | None, now: float) -> Answer:
        if request.path.startswith(storage.PREFIX):
            return storage.serve(request, self._organization, now)
        if self._rate_limit is not None and holder is not None:
            self._rate_limit.take((holder[1].account, holder[0]), now)
        route, path = _ROUTES.find(request)
        if holder is None:
            raise Refusal(401, headers={"www-authenticate": "Bearer"})
        version, principal = holder
        if version != request.version:
            # A v1 key means nothing to v3; v1 knows a v3 key but does not let it in.
            raise Refusal(401, headers={"www-authenticate": "Bearer"}) if version == "v1" else Refusal(403)
        if path.get("org_id", self.org_id) != self.org_id:
            raise Refusal(403, "You do not have access to this organization")
        if route.permission is not None and route.permission not in principal.permissions:
            raise Refusal(403, f"Missing permission: {route.permission}")
        result = route.handler(Call(request, path, self._organization, principal, now))
        return result if isinstance(result, Answer) else answer(result)
