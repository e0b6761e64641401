"""v3: insights, a session with its size and, once asked for, an analysis of how it went."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .routes import Call, Route
from .v3_sessions import listed, view

if TYPE_CHECKING:
    from .session import Session

# Size → the ACUs and the messages that it does not reach. Documented is only that both count.
_BOUNDS = {"xs": (0.5, 6), "s": (2.0, 12), "m": (5.0, 25), "l": (10.0, 50)}
SIZES = (*_BOUNDS, "xl")
_TITLES = {
    "claimed": "Started",
    "working": "Worked",
    "waiting_for_user": "Asked the user",
    "finished": "Finished",
    "suspended": "Fell asleep",
    "exit": "Ended",
    "error": "Failed",
}


def size(session: Session, now: float) -> str:
    acus = session.life.acus(now)
    said = len(session.messages(now))
    return next((name for name, (work, talk) in _BOUNDS.items() if acus < work and said < talk), "xl")


def _insights(session: Session, org_id: str, now: float) -> dict[str, Any]:
    sources = [message.source for message in session.messages(now)]
    ready = session.analysed_at
    return {
        **view(session, org_id, now, details=True),
        "num_user_messages": sources.count("user"),
        "num_devin_messages": sources.count("devin"),
        "session_size": size(session, now),
        "analysis": _analysis(session, ready) if ready is not None and ready <= now else None,
    }


def _analysis(session: Session, at: float) -> dict[str, Any]:
    """The session as it was at that moment; a session that had to ask has an issue."""
    phases = [phase for phase in session.life.phases if phase.at <= at]
    asked = any(phase.detail == "waiting_for_user" for phase in phases)
    issue = {
        "id": "issue-1",
        "label": "Underspecified task",
        "issue": "Devin had to ask which way to go.",
        "impact": "The session waited for an answer.",
    }
    feedback = {
        "summary": "Say which way is preferred",
        "details": "The task leaves a choice open that only its author can make.",
        "excerpt": session.prompt[:80],
        "issue_id": "issue-1",
    }
    titles = [(_TITLES.get(phase.detail or "") or _TITLES.get(phase.status), phase) for phase in phases]
    return {
        "action_items": [
            {
                "action_item": "Name the preferred way in the prompt.",
                "issue_id": "issue-1",
                "type": "prompt_improvement",
            }
        ]
        if asked
        else [],
        "classification": {
            "category": session.category(at) or "other",
            "confidence": 0.9,
            "programming_languages": ["Python"],
            "tools_and_frameworks": ["git"],
        },
        "issues": [issue] if asked else [],
        "note_usage": {"good_usages": [], "bad_usages": []},
        "suggested_prompt": {
            "original_prompt": session.prompt,
            "suggested_prompt": f"{session.prompt}\nIf there are two ways, take the simpler one.",
            "feedback_items": [feedback],
        }
        if asked
        else None,
        "timeline": [
            {
                "title": title,
                "description": f"{int(phase.at - session.created_at)} seconds after the start",
                "color": "yellow" if phase.detail == "waiting_for_user" else "green",
                "issue_id": "issue-1" if phase.detail == "waiting_for_user" else None,
            }
            for title, phase in titles
            if title is not None
        ],
    }


def list_all(call: Call) -> dict[str, Any]:
    return listed(call, lambda session: _insights(session, call.organization.id, call.now))


def read(call: Call) -> dict[str, Any]:
    session = call.organization.session(call.path["devin_id"])
    return _insights(session, call.organization.id, call.now)


def generate(call: Call) -> dict[str, Any]:
    session = call.organization.session(call.path["devin_id"])
    return {"session_id": session.id, "status": "started" if session.analyse(call.now) else "already_exists"}


_SESSIONS = "/v3/organizations/{org_id}/sessions"

ROUTES = [
    Route("GET", _SESSIONS + "/insights", list_all),
    Route("GET", _SESSIONS + "/{devin_id}/insights", read),
    Route("POST", _SESSIONS + "/{devin_id}/insights/generate", generate),
]
