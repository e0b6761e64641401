"""v3: the sessions of the organisation, their messages and tags."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import checks, queries
from .answers import Refusal
from .json_schema import json_schema
from .organization import MOST_TAGS, bare
from .pages import PAGE_QUERY, page
from .people import IMPERSONATE
from .routes import Call, Route
from .session import CATEGORIES

if TYPE_CHECKING:
    from collections.abc import Callable

    from .people import Principal
    from .session import Session

ORIGINS = (
    "webapp",
    "slack",
    "teams",
    "api",
    "linear",
    "jira",
    "automation",
    "cli",
    "desktop",
    "code_scan",
    "other",
)
# The labels are the simulator's own: the documentation says only that unknown ones are refused with a list.
PLATFORMS = ("default", "inherit", "linux", "windows")

_TEXT = checks.text()
_TEXTS = checks.many(_TEXT)
_TAGS = checks.fields({"tags": checks.many(_TEXT, at_most=MOST_TAGS)})
_URLS = checks.nullable(checks.many(checks.url))
SECRETS = checks.nullable(
    checks.many(
        checks.fields(
            {"key": checks.text(at_least=1, at_most=256), "value": checks.text(at_most=65536)},
            {"sensitive": checks.flag},
        )
    )
)

_CREATE = checks.fields(
    {"prompt": _TEXT},
    {
        "title": checks.nullable(_TEXT),
        "tags": checks.nullable(checks.many(_TEXT, at_most=MOST_TAGS)),
        "repos": checks.nullable(_TEXTS),
        "playbook_id": checks.nullable(_TEXT),
        "child_playbook_id": checks.nullable(_TEXT),
        "knowledge_ids": checks.nullable(_TEXTS),
        "secret_ids": checks.nullable(_TEXTS),
        "session_secrets": SECRETS,
        "attachment_urls": _URLS,
        "session_links": checks.nullable(_TEXTS),
        "max_acu_limit": checks.nullable(checks.whole()),
        "structured_output_schema": checks.nullable(json_schema),
        "structured_output_required": checks.nullable(checks.flag),
        "devin_mode": checks.nullable(checks.one_of("normal", "fast", "lite", "ultra", "fusion")),
        "platform": checks.nullable(_TEXT),
        "resumable": checks.flag,
        "bypass_approval": checks.nullable(checks.flag),
        "create_as_user_id": checks.nullable(_TEXT),
        "advanced_mode": checks.nullable(checks.one_of("analyze", "create", "improve", "batch", "manage")),
    },
)

_MESSAGE = checks.fields({"message": _TEXT}, {"attachment_urls": _URLS, "message_as_user_id": checks.nullable(_TEXT)})

_LIST_QUERY: dict[str, queries.Reader] = {
    **PAGE_QUERY,
    "session_ids": queries.words,
    "created_after": queries.count(),
    "created_before": queries.count(),
    "updated_after": queries.count(),
    "updated_before": queries.count(),
    "tags": queries.words,
    "playbook_id": queries.word,
    "origins": queries.some_of(*ORIGINS, "scheduled"),  # an older word, of which there are no sessions
    "schedule_id": queries.word,
    "user_ids": queries.words,
    "service_user_ids": queries.words,
    "repo_names": queries.words,
    "is_archived": queries.yes_or_no,
    "category": queries.one_of(*CATEGORIES),
    "parent_session_id": queries.word,
    "automation_ids": queries.words,
}


def view(session: Session, org_id: str, now: float, *, details: bool) -> dict[str, Any]:
    """A SessionResponse; `details` are the fields that only get and list fill in."""
    return {
        "session_id": session.id,
        "url": session.url,
        "status": session.status(now),
        "status_detail": session.status_detail(now) if details else None,
        "tags": list(session.tags),
        "org_id": org_id,
        "created_at": int(session.created_at),
        "updated_at": int(session.updated_at(now)),
        "acus_consumed": session.life.acus(now),
        "pull_requests": [{"pr_url": url, "pr_state": "open"} for url in session.pull_requests(now)],
        "title": session.title,
        "user_id": session.user_id,
        "service_user_id": session.principal.service_user_id,
        "playbook_id": session.options.get("playbook_id"),
        "parent_session_id": session.parent.id if session.parent is not None else None,
        "automation_id": None,
        "child_session_ids": [child.id for child in session.children] or None,
        "is_archived": session.is_archived,
        "structured_output": session.structured_output(now) if details else None,
        "devin_mode": session.options.get("devin_mode") or "normal",
        "origin": "api",
        "category": session.category(now) if details else None,
        "subcategory": None,
    }


def _answer(call: Call, session: Session, *, details: bool = False) -> dict[str, Any]:
    return view(session, call.organization.id, call.now, details=details)


def _named(call: Call) -> Session:
    return call.organization.session(call.path["devin_id"])


def create(call: Call) -> dict[str, Any]:
    query = queries.read_query(call.request, {"devin_id": queries.word})
    body = checks.read_body(call.request, _CREATE)
    check_platform(body.get("platform"))
    user = acting(call, body.get("create_as_user_id"))
    parent = call.organization.session(query["devin_id"]) if query.get("devin_id") else None
    session = call.organization.create(call.principal, body, call.now, user=user, parent=parent)
    call.log("create_session", session_id=session.id)
    return _answer(call, session)


# "after" includes its second and "before" does not, so that neighbouring windows share nothing.
FILTERS: dict[str, Callable[[Session, Any, float], bool]] = {
    "session_ids": lambda session, wanted, _: session.id in map(bare, wanted),
    "created_after": lambda session, wanted, _: int(session.created_at) >= wanted,
    "created_before": lambda session, wanted, _: int(session.created_at) < wanted,
    "updated_after": lambda session, wanted, now: int(session.updated_at(now)) >= wanted,
    "updated_before": lambda session, wanted, now: int(session.updated_at(now)) < wanted,
    "tags": lambda session, wanted, _: set(wanted) <= set(session.tags),
    "playbook_id": lambda session, wanted, _: session.options.get("playbook_id") == wanted,
    "origins": lambda _, wanted, __: "api" in wanted,
    "schedule_id": lambda *_: False,
    "user_ids": lambda session, wanted, _: session.user_id in wanted,
    "service_user_ids": lambda session, wanted, _: session.principal.service_user_id in wanted,
    "repo_names": lambda session, wanted, _: not set(wanted).isdisjoint(session.repositories),
    "is_archived": lambda session, wanted, _: session.is_archived == wanted,
    "category": lambda session, wanted, now: session.category(now) == wanted,
    "parent_session_id": lambda session, wanted, _: session.parent is not None and session.parent.id == bare(wanted),
    "automation_ids": lambda *_: False,
}


def list_all(call: Call) -> dict[str, Any]:
    return listed(call, lambda session: _answer(call, session, details=True))


def listed(call: Call, show: Callable[[Session], dict[str, Any]]) -> dict[str, Any]:
    """The page of sessions that the filters of a list ask for."""
    query = queries.read_query(call.request, _LIST_QUERY)
    # A filter without a word in it says nothing, as an absent one.
    filters = [(test, query[name]) for name, test in FILTERS.items() if query.get(name) not in (None, [], "")]
    return page(
        [
            session
            for session in call.organization.listed(call.now)
            if all(test(session, wanted, call.now) for test, wanted in filters)
        ],
        query,
        name=lambda session: session.id,
        show=show,
        order=[session.id for session in call.organization.newest_first()],
    )


def read(call: Call) -> dict[str, Any]:
    return _answer(call, _named(call), details=True)


def terminate(call: Call) -> dict[str, Any]:
    query = queries.read_query(call.request, {"archive": queries.yes_or_no})
    session = call.organization.awake(call.path["devin_id"], call.now)
    session.end(call.now)
    call.log("terminate_session", session_id=session.id)
    if query.get("archive"):
        session.archive(call.now)
    return _answer(call, session)


def archive(call: Call) -> dict[str, Any]:
    session = _named(call)
    session.archive(call.now)
    return _answer(call, session)


def unarchive(call: Call) -> dict[str, Any]:
    session = _named(call)
    session.unarchive(call.now)
    return _answer(call, session)


def list_messages(call: Call) -> dict[str, Any]:
    query = queries.read_query(call.request, PAGE_QUERY)
    messages = _named(call).messages(call.now)
    return page(
        messages,
        query,
        name=lambda message: message.event_id,
        show=lambda message: {
            "event_id": message.event_id,
            "source": message.source,
            "message": message.text,
            "created_at": int(message.at),
        },
        order=[message.event_id for message in messages],
    )


def send_message(call: Call) -> dict[str, Any]:
    body = checks.read_body(call.request, _MESSAGE)
    user = acting(call, body.get("message_as_user_id"))
    session = call.organization.awake(call.path["devin_id"], call.now)
    session.hear(call.now, body["message"], user, body.get("attachment_urls") or ())
    call.log("send_message", session_id=session.id)
    return _answer(call, session)


def read_tags(call: Call) -> dict[str, Any]:
    return {"tags": list(_named(call).tags)}


def append_tags(call: Call) -> dict[str, Any]:
    tags = checks.read_body(call.request, _TAGS)["tags"]
    session = _named(call)
    call.organization.check_tags(tags, already=session.tags)
    session.retag(call.now, [*session.tags, *tags])
    return {"tags": list(session.tags)}


def replace_tags(call: Call) -> dict[str, Any]:
    tags = checks.read_body(call.request, _TAGS)["tags"]
    session = _named(call)
    call.organization.check_tags(tags)
    session.retag(call.now, tags)
    return {"tags": list(session.tags)}


def check_platform(platform: str | None) -> None:
    """Refuses a label that names no platform, in whatever case it is written."""
    if platform is not None and platform.lower() not in PLATFORMS:
        raise Refusal(400, f"Unknown platform '{platform}'. Valid platforms: {', '.join(PLATFORMS)}")


def acting(call: Call, user_id: str | None) -> Principal:
    """Whom a request acts for: the key's holder, or the member that it names, which takes a permission."""
    if user_id is None:
        return call.principal
    if IMPERSONATE not in call.principal.permissions:
        raise Refusal(403, f"Missing permission: {IMPERSONATE}")
    user = call.organization.people.user(user_id)
    if user is None:
        raise Refusal(404, f"User {user_id} not found")
    return user


_SESSIONS = "/v3/organizations/{org_id}/sessions"
_SESSION = _SESSIONS + "/{devin_id}"

ROUTES = [
    Route("POST", _SESSIONS, create),
    Route("GET", _SESSIONS, list_all),
    Route("GET", _SESSION, read),
    Route("DELETE", _SESSION, terminate),
    Route("POST", _SESSION + "/archive", archive),
    Route("POST", _SESSION + "/unarchive", unarchive),
    Route("GET", _SESSION + "/messages", list_messages),
    Route("POST", _SESSION + "/messages", send_message),
    Route("GET", _SESSION + "/tags", read_tags),
    Route("POST", _SESSION + "/tags", append_tags),
    Route("PUT", _SESSION + "/tags", replace_tags),
]
