"""v3: the ACUs of each day, of all sessions or of some."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import queries
from .answers import Refusal
from .people import VIEW_CONSUMPTION
from .routes import Call, Route

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .session import Session

DAY = 86400
_DAY_STARTS = 8 * 3600  # UTC
_QUERY: dict[str, queries.Reader] = {"time_after": queries.count(), "time_before": queries.count()}


def of_all(call: Call) -> dict[str, Any]:
    return _daily(call, call.organization.sessions.values())


def of_session(call: Call) -> dict[str, Any]:
    return _daily(call, [call.organization.session(call.path["session_id"])])


def of_user(call: Call) -> dict[str, Any]:
    user_id = call.path["user_id"]
    if call.organization.people.user(user_id) is None:
        raise Refusal(404, f"User {user_id} not found")
    return _daily(call, [session for session in call.organization.sessions.values() if session.user_id == user_id])


def of_service_user(call: Call) -> dict[str, Any]:
    wanted = call.path["service_user_id"]
    if all(principal.service_user_id != wanted for principal in call.organization.people.by_account.values()):
        raise Refusal(404, f"Service user {wanted} not found")
    sessions = call.organization.sessions.values()
    return _daily(call, [session for session in sessions if session.principal.service_user_id == wanted])


def _daily(call: Call, sessions: Iterable[Session]) -> dict[str, Any]:
    """The days with any consumption, oldest first; a day is in the window when its start is."""
    query = queries.read_query(call.request, _QUERY)
    after, before = query.get("time_after"), query.get("time_before")
    by_day: dict[int, float] = {}
    for session in sessions:
        for day, acus in _days(session, call.now):
            if (after is None or day >= after) and (before is None or day < before):
                by_day[day] = by_day.get(day, 0.0) + acus
    rows = [(day, round(acus, 4)) for day, acus in sorted(by_day.items()) if round(acus, 4) > 0]
    return {
        "total_acus": round(sum(acus for _, acus in rows), 4),
        "consumption_by_date": [
            {"date": day, "acus": acus, "acus_by_product": {"devin": acus, "cascade": 0.0, "terminal": 0.0}}
            for day, acus in rows
        ],
    }


def _days(session: Session, now: float) -> Iterable[tuple[int, float]]:
    """What each day adds to the session's ACUs: the days together are what the session itself shows."""
    life = session.life
    total = life.acus(now)
    day = int(life.phases[0].at - _DAY_STARTS) // DAY * DAY + _DAY_STARTS
    counted = 0.0
    while counted < total:
        acus = life.acus(min(now, day + DAY))
        yield day, acus - counted
        counted = acus
        day += DAY


_DAILY = "/v3/organizations/{org_id}/consumption/daily"

ROUTES = [
    Route("GET", _DAILY, of_all, VIEW_CONSUMPTION),
    Route("GET", _DAILY + "/sessions/{session_id}", of_session, VIEW_CONSUMPTION),
    Route("GET", _DAILY + "/users/{user_id}", of_user, VIEW_CONSUMPTION),
    Route("GET", _DAILY + "/service-users/{service_user_id}", of_service_user, VIEW_CONSUMPTION),
]
