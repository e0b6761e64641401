"""Sessions: create, read, list, end, put away."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from luahost.errors import InvalidArguments, InvalidResponse, LuaHostError, OutcomeUnknown
from luahost.integrations.devin.functions.common import (
    AFTER,
    CATEGORIES,
    FIRST,
    ID_FIELD,
    LIMIT,
    MAX_TAGS,
    OFFSET,
    ORG,
    ORIGINS,
    PAGE_FIELDS,
    SESSION,
    SESSION_FIELDS,
    STATUS,
    TAGS,
    URLS,
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
)  # fmt: skip
from luahost.integrations.devin.operations import (
    by_version,
    expect,
    gathered,
    offset_pages,
    organization,
    pages,
    promised,
    send,
    simple,
)
from luahost.spec import KEPT_TAGS, Example, Function, Param

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from luahost.spec import Call

MODES = ("normal", "fast", "lite", "ultra", "fusion")
ADVANCED = ("analyze", "create", "improve", "batch", "manage")


# -- create_session -----------------------------------------------------------------------------------------------


class _Creation:
    """The steps of creating a session under an idempotency key."""

    def __init__(self, call: Call, body: Json) -> None:
        self._call = call
        self._body = body

    def scope(self) -> str | None:
        return organization(self._call) if self._call.version == "v3" else None

    def send(self, tags: list[str]) -> Json:
        body = {**self._body, "tags": [*self._body.get("tags", ()), *tags]} if tags else self._body
        return _create(self._call, body)

    def find(self, tag: str) -> list[Json]:
        # Whether the API's own filter means "all of" or "one of" is not documented: what it gives is filtered again.
        listed = list(_walk(_Listing(self._call), {"tags": [tag]}))
        tagged = [
            each
            for each in reversed([each for page in listed for each in page["sessions"]])  # v3 tells whole seconds
            if isinstance(each, dict) and each.get("session_id") and tag in (each.get("tags") or ())
        ]
        tagged.sort(key=lambda each: str(each.get("created_at")))
        return [{"id": each["session_id"], "tags": each["tags"]} for each in tagged]

    def fetch(self, found: str) -> Json:
        answer = send(self._call, {"session_id": found}, endpoint=GET_SESSION.endpoints[self._call.version])
        return expect(answer, "session_id", "reading a session")

    def identify(self, made: Json) -> str:
        return str(expect(made, "session_id", "creating a session")["session_id"])


class _Listing:
    """A call as list_sessions sees it, made by another function."""

    def __init__(self, call: Call) -> None:
        self._call = call

    @property
    def function(self) -> Function:
        return LIST_SESSIONS

    def __getattr__(self, name: str) -> Any:
        return getattr(self._call, name)


_walk: Callable[[Any, Json], Iterator[Json]] = by_version(
    v3=pages, v1=offset_pages("sessions", "session_id", more=False)
)


def _create(call: Call, body: Json) -> Json:
    made = send(call, body, query=frozenset({"devin_id"}), names={"parent_session_id": "devin_id"})
    return expect(made, "session_id", "creating a session")


def _create_session(call: Call, arguments: Json) -> Json:
    body = {name: value for name, value in arguments.items() if name != "idempotency_key"}
    if "idempotency_key" in arguments and len(body.get("tags", ())) > MAX_TAGS - len(KEPT_TAGS):
        raise InvalidArguments(
            f"'tags' must have at most {MAX_TAGS - len(KEPT_TAGS)} entries beside an idempotency_key, "
            f"which takes {len(KEPT_TAGS)}, not {len(body['tags'])}"
        )
    key = arguments.get("idempotency_key")
    if key is not None:
        made = call.once(key, body, _Creation(call, body))
    else:
        try:
            made = _create(call, body)
        except OutcomeUnknown as error:
            error.hint = (
                "look with list_sessions() for a session that has just begun, before you create it again; "
                "with an idempotency_key this is done for you"
            )
            raise
    return _with_status(call, made)


def _with_status(call: Call, made: Json) -> Json:
    """v1 creates without saying the status: it is read, and left out when that fails, for the create did happen."""
    if made.get("status") is not None:
        return made
    try:
        found = send(call, {"session_id": made["session_id"]}, endpoint=GET_SESSION.endpoints[call.version])
        status = expect(found, "session_id", "reading a session").get("status")
        if status is None:
            raise InvalidResponse("there is none in the answer")
    except LuaHostError as error:
        call.notice(f"session {made['session_id']} was created, and its status could not be read: {error.message}")
        return made
    return {**made, "status": status}


SECRETS = Param(
    name="session_secrets",
    type="array",
    items="object",
    description="Secrets of this session alone: {key, value, sensitive} each",
    sensitive=True,
    fields=(
        text("key", "The variable's name", required=True, max_length=256),
        Param(name="value", type="string", description="Its value", required=True, max_length=65536, sensitive=True),
        flag("sensitive", "Whether Devin hides it; true unless said"),
    ),
)

CREATE_SESSION = Function(
    name="create_session",
    summary="Create a new Devin AI session with a task prompt.",
    access="write",
    handler=_create_session,
    params=(
        text("prompt", "The task description for Devin to execute", required=True),
        text("idempotency_key", "Unique key to prevent duplicate session creation", max_length=512),
        text("title", "What the session is called"),
        TAGS,
        texts(
            "repos", "Repositories to work in, as owner/name", versions=V3, pattern=r"[^/\s]+(/[^/\s]+)+",
            pattern_hint="as in owner/name",
        ),
        text("playbook_id", "The playbook to follow"),
        text("child_playbook_id", "The playbook that child sessions follow", versions=V3),
        texts("knowledge_ids", "Notes to use; without it all, an empty list for none"),
        texts("secret_ids", "Secrets to use; without it all, an empty list for none"),
        SECRETS,
        replace(URLS, versions=V3),
        texts("session_links", "Sessions to refer to", versions=V3),
        Param(name="max_acu_limit", type="integer", description="The most ACUs that it may use", minimum=1),
        Param(
            name="structured_output_schema", type="object", max_bytes=65536,
            description="JSON Schema (draft 7) of the result that Devin keeps up to date",
        ),
        flag("structured_output_required", "Whether Devin must give that result", versions=V3),
        Param(name="devin_mode", type="string", description="How Devin works", enum=MODES, versions=V3),
        Param(name="advanced_mode", type="string", description="An older kind of mode", enum=ADVANCED, versions=V3),
        text("platform", "The machine to work on, or a pool's name", versions=V3),
        flag("resumable", "Whether it can go on after it has slept; true unless said", versions=V3),
        flag("bypass_approval", "Go on without asking for approval", versions=V3),
        text("create_as_user_id", "On whose behalf; the key must be allowed to", versions=V3),
        text("parent_session_id", "The session that this one is a child of", versions=V3),
        flag("idempotent", "Let the API give an existing session with the same prompt", versions=V1),
        text("snapshot_id", "The machine's snapshot to begin from", versions=V1),
        flag("unlisted", "Keep it out of the list", versions=V1),
    ),
    returns=(
        ID_FIELD,
        replace(STATUS, always=False),
        field("url", "string", "Where people watch the session", always=False),
    ),
    examples=(
        Example(
            code="""\
local result = app.integrations.devin.create_session({
  prompt = "Create a new React component for a login form with email and password fields"
})
print("Session ID: " .. result.session_id)
print("Status: " .. result.status)
"""
        ),
        Example(
            title="With idempotency key",
            code="""\
local result = app.integrations.devin.create_session({
  prompt = "Fix the failing tests in the auth module",
  idempotency_key = "fix-auth-tests-2026-04-05"
})
""",
        ),
    ),
    endpoints=endpoints(f"POST {ORG}/sessions", "POST /v1/sessions"),
    notes=(
        (
            "The same `idempotency_key` with the same arguments gives the existing session, as it is now; with other "
            "arguments it is a `conflict`. Devin's API has no such key: docs/idempotency.md says how it is kept."
        ),
        "API v1 does not answer with a status: it is read after creating, and absent, with a notice, if that fails.",
        "`session_secrets` are in no record, log or error.",
    ),
)  # fmt: skip


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
        field("created_at", "string", "When it was created: v3 gives seconds since 1970 as a number, v1 ISO 8601 text"),
        field(
            "status_detail",
            "string",
            "v3: working, waiting_for_user, finished …; a finished task is still running until it sleeps",
            always=False,
        ),
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
    texts("origins", "Where they were begun", enum=ORIGINS, versions=V3),
    text("schedule_id", "Those that a schedule has begun", versions=V3),
    texts("user_ids", "Those of users", versions=V3),
    texts("service_user_ids", "Those of service users", versions=V3),
    texts("repo_names", "Those in repositories, as owner/name", versions=V3),
    flag("is_archived", "Archived ones only, or only others", versions=V3),
    Param(name="category", type="string", description="Those of a category", enum=CATEGORIES, versions=V3),
    text("parent_session_id", "The children of a session", versions=V3),
    texts("automation_ids", "Those that automations have begun", versions=V3),
)

LIST_SESSIONS = Function(
    name="list_sessions",
    summary="List all Devin sessions.",
    access="read",
    handler=gathered,
    pages=_walk,
    entries="sessions",
    params=(
        *FILTERS,
        text("user_email", "Those of one user", versions=V1),
        LIMIT,
        FIRST,
        AFTER,
        replace(OFFSET, versions=V1),
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

ALL = (CREATE_SESSION, GET_SESSION, LIST_SESSIONS, TERMINATE_SESSION, ARCHIVE_SESSION, UNARCHIVE_SESSION)
