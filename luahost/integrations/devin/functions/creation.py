"""create_session, with and without an idempotency key."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from luahost.errors import InvalidArguments, InvalidResponse, LuaHostError, OutcomeUnknown
from luahost.integrations.devin.functions.common import (
    ID_FIELD,
    MAX_TAGS,
    ORG,
    STATUS,
    TAGS,
    URLS,
    V1,
    V3,
    Json,
    check_urls,
    endpoints,
    field,
    flag,
    text,
    texts,
)  # fmt: skip
from luahost.integrations.devin.operations import (
    expect,
    organization,
    send,
)
from luahost.spec import KEPT_TAGS, Example, Function, Param

if TYPE_CHECKING:
    from luahost.spec import Call

from luahost.integrations.devin.functions.sessions import GET_SESSION, LIST_SESSIONS, session_pages

MODES = ("normal", "fast", "lite", "ultra", "fusion")
ADVANCED = ("analyze", "create", "improve", "batch", "manage")


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
        listed = list(session_pages(_Listing(self._call), {"tags": [tag]}))
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


def _create(call: Call, body: Json) -> Json:
    made = send(call, body, query=frozenset({"devin_id"}), names={"parent_session_id": "devin_id"})
    return expect(made, "session_id", "creating a session")


def _create_session(call: Call, arguments: Json) -> Json:
    check_urls(call, arguments)
    body = {name: value for name, value in arguments.items() if name != "idempotency_key"}
    if "idempotency_key" in arguments and len(body.get("tags", ())) > MAX_TAGS - len(KEPT_TAGS):
        raise InvalidArguments(
            f"'tags' must have at most {MAX_TAGS - len(KEPT_TAGS)} entries beside an idempotency_key, "
            f"which takes {len(KEPT_TAGS)}, not {len(body['tags'])}"
        )
    key = arguments.get("idempotency_key") or (call.run_key if _can_be_keyed(arguments) else None)
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


def _can_be_keyed(arguments: Json) -> bool:
    """Whether there is room for the tags by which a key finds what it made."""
    return len(arguments.get("tags", ())) <= MAX_TAGS - len(KEPT_TAGS)


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
    keyed=_can_be_keyed,
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
        STATUS,
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

ALL = (CREATE_SESSION,)
