"""v3: counts of what happened in a window of time."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from . import queries
from .answers import failure, invalid
from .people import VIEW_METRICS
from .routes import Call, Route
from .v3_consumption import DAY
from .v3_insights import SIZES, size
from .v3_sessions import FILTERS

if TYPE_CHECKING:
    from collections.abc import Callable

    from .session import Session

_WINDOW: dict[str, queries.Reader] = {"time_after": queries.count(), "time_before": queries.count()}
_ACTIVE: dict[str, queries.Reader] = {
    **_WINDOW,
    "min_sessions": queries.count(at_least=0),
    "min_searches": queries.count(at_least=0),
}
_OF: dict[str, queries.Reader] = {
    **_WINDOW,
    "playbook_id": queries.word,
    "user_ids": queries.words,
    "service_user_ids": queries.words,
}
_MOST_ENTRIES = 1000  # of a series; the documentation names no bound, and a window may be any number
# The origins that the service counts; a session of the simulator comes from the API.
_ORIGINS = ("webapp", "slack", "teams", "api", "linear", "jira")


def usage(call: Call) -> dict[str, Any]:
    query = queries.read_query(call.request, _WINDOW)
    return {
        "sessions_count": len(_created(call, query)),
        "searches_count": 0,
        "prs_created_count": _pull_requests(call, query),
        "prs_merged_count": 0,
    }


def sessions(call: Call) -> dict[str, Any]:
    found = _created(call, _window(call, _OF))
    acus = [session.life.acus(call.now) for session in found]
    return {
        "sessions_created_count": len(found),
        "sessions_created_by_origin": {origin: len(found) if origin == "api" else 0 for origin in _ORIGINS},
        "sessions_created_by_size": _by_size(found, call.now),
        "sessions_created_with_playbook_count": sum(bool(session.options.get("playbook_id")) for session in found),
        "sessions_created_with_search_count": 0,
        "sessions_with_merged_prs_count": 0,
        "sessions_with_merged_prs_by_size": _by_size([], call.now),
        "avg_acus_per_session": round(sum(acus) / len(acus), 4) if acus else 0.0,
    }


def pull_requests(call: Call) -> dict[str, Any]:
    """Nobody merges or closes what the simulator opens."""
    opened = _pull_requests(call, _window(call, _OF))
    return {"prs_created_count": opened, "prs_opened_count": opened, "prs_merged_count": 0, "prs_closed_count": 0}


def searches(call: Call) -> dict[str, Any]:
    _window(call)
    return {"searches_created_count": 0}


def active_users(call: Call) -> dict[str, Any]:
    query = _window(call, _ACTIVE)
    return _active(call, query, query["time_after"], query["time_before"])


def _series(days: int) -> Callable[[Call], list[dict[str, Any]]]:
    def read(call: Call) -> list[dict[str, Any]]:
        """Active users in each stretch of so many days from `time_after` on; the last may be shorter."""
        query = _window(call, _ACTIVE)
        starts = range(query["time_after"], query["time_before"], days * DAY)
        if starts and (starts[-1] - starts[0]) // (days * DAY) >= _MOST_ENTRIES:
            msg = f"The window should have at most {_MOST_ENTRIES} entries"
            raise invalid(failure(("query", "time_before"), msg, "value_error"))
        return [_active(call, query, start, min(start + days * DAY, query["time_before"])) for start in starts]

    return read


def _window(call: Call, readers: dict[str, queries.Reader] = _WINDOW) -> dict[str, Any]:
    return queries.read_query(call.request, readers, required=_WINDOW)


def _active(call: Call, query: dict[str, Any], start: int, end: int) -> dict[str, Any]:
    """Users who created as many sessions as asked for; nobody in the simulator searches."""
    created = _created(call, {"time_after": start, "time_before": end})
    counts = Counter(session.user_id for session in created if session.user_id is not None)
    least = max(1, query.get("min_sessions", 1))
    active = sum(count >= least for count in counts.values()) if not query.get("min_searches") else 0
    return {"start_time": start, "end_time": end, "active_users": active}


def _within(moment: float, query: dict[str, Any]) -> bool:
    # "after" includes its second and "before" does not, as in the list of sessions.
    after, before = query.get("time_after"), query.get("time_before")
    return (after is None or int(moment) >= after) and (before is None or int(moment) < before)


def _wanted(call: Call, query: dict[str, Any]) -> list[Session]:
    """The sessions of a playbook and of people, as far as the query names any; `FILTERS` says what is one."""
    filters = [(FILTERS[name], query[name]) for name in _OF if name not in _WINDOW and query.get(name)]
    return [
        session
        for session in call.organization.sessions.values()
        if all(test(session, wanted, call.now) for test, wanted in filters)
    ]


def _created(call: Call, query: dict[str, Any]) -> list[Session]:
    return [session for session in _wanted(call, query) if _within(session.created_at, query)]


def _pull_requests(call: Call, query: dict[str, Any]) -> int:
    requests = (request for session in _wanted(call, query) for request in session.life.pull_requests)
    return sum(request.at <= call.now and _within(request.at, query) for request in requests)


def _by_size(found: list[Session], now: float) -> dict[str, int]:
    counts = Counter(size(session, now) for session in found)
    return {name: counts[name] for name in SIZES}


_METRICS = "/v3/organizations/{org_id}/metrics/"

ROUTES = [
    Route("GET", _METRICS + "usage", usage, VIEW_METRICS),
    Route("GET", _METRICS + "sessions", sessions, VIEW_METRICS),
    Route("GET", _METRICS + "prs", pull_requests, VIEW_METRICS),
    Route("GET", _METRICS + "searches", searches, VIEW_METRICS),
    Route("GET", _METRICS + "active-users", active_users, VIEW_METRICS),
    Route("GET", _METRICS + "dau", _series(1), VIEW_METRICS),
    Route("GET", _METRICS + "wau", _series(7), VIEW_METRICS),
    Route("GET", _METRICS + "mau", _series(30), VIEW_METRICS),
]
