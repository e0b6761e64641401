"""v1: the same sessions in the shapes of the deprecated API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import checks, queries
from .answers import Refusal
from .clock import iso
from .json_schema import json_schema
from .life import ENDED
from .organization import MOST_TAGS
from .routes import Call, Route
from .v3_sessions import SECRETS

if TYPE_CHECKING:
    from .session import Message, Session

_TEXT = checks.text()
_TEXTS = checks.nullable(checks.many(_TEXT))
_CREATE = checks.fields(
    {"prompt": _TEXT},
    {
        "idempotent": checks.flag,
        "snapshot_id": checks.nullable(_TEXT),
        "playbook_id": checks.nullable(_TEXT),
        "title": checks.nullable(_TEXT),
        "unlisted": checks.flag,
        "max_acu_limit": checks.nullable(checks.whole(at_least=1)),
        "tags": checks.nullable(checks.many(_TEXT, at_most=MOST_TAGS)),
        "knowledge_ids": _TEXTS,
        "secret_ids": _TEXTS,
        "session_secrets": SECRETS,
        "structured_output_schema": checks.nullable(json_schema),
    },
)
_MESSAGE = checks.fields({"message": _TEXT})
_TAGS = checks.fields({"tags": checks.many(_TEXT, at_most=MOST_TAGS)})
_LIST_QUERY: dict[str, queries.Reader] = {
    "limit": queries.count(at_least=1, at_most=1000),
    "offset": queries.count(at_least=0),
    "skip": queries.count(at_least=0),
    "tags": queries.words,
    "user_email": queries.word,
}

# status and detail of v3 → status and status_enum of v1. v1's text names running, blocked, suspended
# and exit; its enum has no word for a start-up, and "expired" is the nearest for an end.
_STATUS = {
    ("new", None): ("new", "working"),
    ("claimed", None): ("claimed", "working"),
    ("running", "working"): ("running", "working"),
    ("running", "waiting_for_user"): ("blocked", "blocked"),
    ("running", "waiting_for_approval"): ("blocked", "blocked"),
    ("running", "finished"): ("running", "finished"),
    ("suspended", "user_request"): ("suspended", "suspend_requested_frontend"),
    ("resuming", None): ("resuming", "resume_requested"),
    ("exit", None): ("exit", "expired"),
    ("error", None): ("error", "expired"),
}


def v1_status(session: Session, now: float) -> tuple[str, str | None]:
    status = session.status(now)
    fallback = (status, "suspend_requested" if status == "suspended" else None)
    return _STATUS.get((status, session.status_detail(now)), fallback)


def create(call: Call) -> dict[str, Any]:
    body = checks.read_body(call.request, _CREATE)
    known = None
    if body.get("idempotent"):
        known = call.organization.same_request(call.principal, body["prompt"], call.now)
    session = known or call.organization.create(call.principal, body, call.now)
    if known is None:
        call.log("create_session", session_id=session.id)
    return {
        "session_id": f"devin-{session.id}",
        "url": session.url,
        "is_new_session": known is None if body.get("idempotent") else None,
    }


def list_all(call: Call) -> dict[str, Any]:
    query = queries.read_query(call.request, _LIST_QUERY)
    wanted = set(query.get("tags", []))
    email = query.get("user_email")
    sessions = [
        session
        for session in call.organization.listed(call.now)
        if wanted <= set(session.tags) and (not email or session.user.email == email)
    ]
    start = query.get("skip", query.get("offset", 0))
    shown = sessions[start : start + query.get("limit", 100)]
    return {
        "sessions": [{**_summary(session, call.now), "requesting_user_email": session.user.email} for session in shown]
    }


def read(call: Call) -> dict[str, Any]:
    session = call.organization.session(call.path["session_id"])
    messages = session.messages(call.now)
    return {
        **_summary(session, call.now),
        "messages": [_message(message, first=place == 0) for place, message in enumerate(messages)],
    }


def send_message(call: Call) -> dict[str, Any] | None:
    """Null when the message is delivered. v1 does not wake a sleeping session: it says so, with a 200."""
    body = checks.read_body(call.request, _MESSAGE)
    session = call.organization.awake(call.path["session_id"], call.now)
    if session.status(call.now) == "suspended":
        return {"detail": "Session is already suspended"}
    session.hear(call.now, body["message"], call.principal)
    call.log("send_message", session_id=session.id)
    return None


def terminate(call: Call) -> dict[str, Any]:
    session = call.organization.session(call.path["session_id"])
    if call.principal not in (session.principal, session.user):
        raise Refusal(403, "Forbidden - Only session owner can terminate")
    if session.status(call.now) in ENDED:
        raise Refusal(400, "Devin session already exited")
    session.end(call.now)
    call.log("terminate_session", session_id=session.id)
    return {"detail": "Session terminated successfully"}


def replace_tags(call: Call) -> dict[str, Any]:
    tags = checks.read_body(call.request, _TAGS)["tags"]
    session = call.organization.session(call.path["session_id"])
    call.organization.check_tags(tags)
    session.retag(call.now, tags)
    return {"detail": "Tags updated successfully"}


def _summary(session: Session, now: float) -> dict[str, Any]:
    status, status_enum = v1_status(session, now)
    pull_requests = session.pull_requests(now)
    return {
        "session_id": f"devin-{session.id}",
        "status": status,
        "title": session.title,
        "created_at": iso(session.created_at),
        "updated_at": iso(session.updated_at(now)),
        "snapshot_id": session.options.get("snapshot_id"),
        "playbook_id": session.options.get("playbook_id"),
        "tags": list(session.tags),
        "pull_request": {"url": pull_requests[-1]} if pull_requests else None,
        "structured_output": session.structured_output(now),
        "status_enum": status_enum,
    }


def _message(message: Message, *, first: bool) -> dict[str, Any]:
    said = {"event_id": message.event_id, "message": message.text, "timestamp": iso(message.at)}
    if message.principal is None:
        return {"type": "devin_message", **said}
    kind = "initial_user_message" if first else "user_message"
    user = {"username": message.principal.name, "origin": "api", "user_id": message.principal.user_id}
    return {"type": kind, **said, **user}


_SESSION = "/v1/sessions/{session_id}"

ROUTES = [
    Route("GET", "/v1/sessions", list_all),
    Route("POST", "/v1/sessions", create),
    Route("GET", _SESSION, read),
    Route("DELETE", _SESSION, terminate),
    Route("POST", _SESSION + "/message", send_message),
    Route("PUT", _SESSION + "/tags", replace_tags),
]
