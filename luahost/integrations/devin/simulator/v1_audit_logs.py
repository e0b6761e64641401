"""v1: the audit log, as far as the simulator has anything to log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import queries
from .routes import Call, Route

if TYPE_CHECKING:
    from .audit import Event

_LIST_QUERY: dict[str, queries.Reader] = {
    "limit": queries.count(at_least=1),
    "before": queries.milliseconds,
    "after": queries.milliseconds,
}


def _view(event: Event, org_id: str) -> dict[str, Any]:
    about = dict(event.about)
    if "session_id" in about:
        about["session_id"] = f"devin-{about['session_id']}"  # v1's form of it
    return {
        "audit_log_id": event.id,
        "created_at": _milliseconds(event),
        "action": event.action,
        "user_id": event.principal.id,
        "org_id": org_id,
        **about,
    }


def list_all(call: Call) -> dict[str, Any]:
    """As in the filters of sessions, "after" includes its moment and "before" does not."""
    query = queries.read_query(call.request, _LIST_QUERY)
    found = [
        event
        for event in call.organization.audit.newest_first()
        if ("after" not in query or query["after"] <= _milliseconds(event))
        and ("before" not in query or _milliseconds(event) < query["before"])
    ]
    return {"audit_logs": [_view(event, call.organization.id) for event in found[: query.get("limit", 100)]]}


def _milliseconds(event: Event) -> int:
    return round(event.at * 1000)


ROUTES = [Route("GET", "/v1/audit-logs", list_all)]
