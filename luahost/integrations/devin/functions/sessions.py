"""Sessions: read, list, end, put away."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from luahost.integrations.devin.functions.common import (
    AFTER,
    CATEGORIES,
    FIRST,
    ID_FIELD,
    LIMIT,
    OFFSET,
    ORG,
    ORIGINS,
    PAGE_FIELDS,
    SESSION,
    SESSION_FIELDS,
    STATUS,
    STATUS_DETAIL,
    TAGS,
    V1,
    V3,
    Json,
    endpoints,
    field,
    flag,
    moment,
    session_id,
    text,
    texts,
    without_alias,
)  # fmt: skip
from luahost.integrations.devin.operations import (
    by_version,
    gathered,
    offset_pages,
    pages,
    promised,
    send,
    simple,
)
from luahost.spec import Example, Function, Param

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from luahost.spec import Call

# -- get_session, list_sessions -----------------------------------------------------------------------------------

GET_SESSION = Function(
    name="get_session",
    summary="Retrieve details and current status of a Devin session.",
    access="read",
    handler=simple(),
    params=(session_id("The ID of the session to retrieve"),),
    returns=(
        ID_FIELD,
        STATUS,
        field("created_at", "integer", "When it was created, in seconds since 1970", versions=V3),
        field("created_at", "string", "When it was created, as ISO 8601 text", versions=V1),
        STATUS_DETAIL,
        field("status_enum", "string", "v1: working, blocked, finished, expired …", always=False),
        field("title", "string", "What it is called", always=False),
        field("tags", "array", "Its tags", always=False),
        field("url", "string", "Where people watch the session (v3)", always=False),
        field("acus_consumed", "number", "ACUs used so far (v3)", always=False),
        field("pull_requests", "array", "Its pull requests: pr_url, pr_state (v3)", always=False),
        field("structured_output", "object", "The result, where a schema asked for one", always=False),
    ),
    examples=(
        Example(
            code="""\
local result = app.integrations.devin.get_session({
  session_id = "sess_abc123"
})
print("Status: " .. result.status)
print("Created at: " .. result.created_at)
"""
        ),
    ),
    endpoints=endpoints(f"GET {SESSION}", "GET /v1/sessions/{session_id}"),
)

FILTERS = (
    TAGS,
    texts("session_ids", "These sessions only", versions=V3),
    moment("created_after", "Created then or later", versions=V3),
    moment("created_before", "Created before", versions=V3),
    moment("updated_after", "Changed then or later", versions=V3),
    moment("updated_before", "Changed before", versions=V3),
    text("playbook_id", "Those that follow a playbook", versions=V3),
    texts("origins", "Where they were begun; scheduled is an older word", enum=(*ORIGINS, "scheduled"), versions=V3),
    text("schedule_id", "Those that a schedule has begun", versions=V3),
    texts("user_ids", "Those of users", versions=V3),
    texts("service_user_ids", "Those of service users", versions=V3),
    texts("repo_names", "Those in repositories, as owner/name", versions=V3),
    flag("is_archived", "Archived ones only, or only others", versions=V3),
    Param(name="category", type="string", description="Those of a category", enum=CATEGORIES, versions=V3),
    text("parent_session_id", "The children of a session", versions=V3),
    texts("automation_ids", "Those that automations have begun", versions=V3),
)

_offset_pages = offset_pages("sessions", "session_id", more=False)


def _list_sessions(call: Call, arguments: Json) -> Json:
    return gathered(call, without_alias(arguments, "skip", "offset"))


# `skip` is not sent: beside the `offset` of a later page it would hold the list back.
session_pages: Callable[[Any, Json], Iterator[Json]] = by_version(
    v3=pages, v1=lambda call, arguments: _offset_pages(call, without_alias(arguments, "skip", "offset"))
)

LIST_SESSIONS = Function(
    name="list_sessions",
    summary="List all Devin sessions.",
    access="read",
    handler=_list_sessions,
    pages=session_pages,
    entries="sessions",
    params=(
        *FILTERS,
        text("user_email", "Those of one user", versions=V1),
        LIMIT,
        FIRST,
        AFTER,
        replace(OFFSET, versions=V1),
        replace(OFFSET, name="skip", description="The same as offset", versions=V1),
    ),
    returns=(field("sessions", "array", "All sessions, each as get_session gives it, from all pages"), *PAGE_FIELDS),
    examples=(
        Example(
            code="""\
local result = app.integrations.devin.list_sessions()
for _, session in ipairs(result.sessions or {}) do
  print(session.session_id .. " - " .. session.status)
end
"""
        ),
    ),
    endpoints=endpoints(f"GET {ORG}/sessions", "GET /v1/sessions"),
    notes=("`each(app.integrations.devin.list_sessions, { tags = {...} })` walks them without holding them all.",),
)


# -- the end of a session -----------------------------------------------------------------------------------------


def _terminate(call: Call, arguments: Json) -> Json:
    return promised(call, send(call, arguments))


TERMINATE_SESSION = Function(
    name="terminate_session",
    summary="End a session for good: it cannot be resumed.",
    access="write",
    handler=_terminate,
    params=(session_id(), flag("archive", "Archive it too", versions=V3)),
    returns=(*SESSION_FIELDS, field("detail", "string", "What the API says (v1)", always=False)),
    examples=(
        Example(
            code="""\
local session = app.integrations.devin.create_session({ prompt = "Try the new linter" })
app.integrations.devin.terminate_session({ session_id = session.session_id })
"""
        ),
    ),
    endpoints=endpoints(f"DELETE {SESSION}", "DELETE /v1/sessions/{session_id}"),
)

ARCHIVE_SESSION = Function(
    name="archive_session",
    summary="Archive a session; a running one is put to sleep.",
    access="write",
    handler=simple(),
    params=(session_id(),),
    returns=SESSION_FIELDS,
    examples=(Example(code='app.integrations.devin.archive_session({ session_id = "sess_abc123" })\n'),),
    endpoints=endpoints(f"POST {SESSION}/archive"),
)

UNARCHIVE_SESSION = Function(
    name="unarchive_session",
    summary="Take a session out of the archive; its children stay where they are.",
    access="write",
    handler=simple(),
    params=(session_id(),),
    returns=SESSION_FIELDS,
    examples=(
        Example(
            code="""\
app.integrations.devin.archive_session({ session_id = "sess_abc123" })
app.integrations.devin.unarchive_session({ session_id = "sess_abc123" })
"""
        ),
    ),
    endpoints=endpoints(f"POST {SESSION}/unarchive"),
)

ALL = (GET_SESSION, LIST_SESSIONS, TERMINATE_SESSION, ARCHIVE_SESSION, UNARCHIVE_SESSION)
