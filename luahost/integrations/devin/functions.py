"""The functions of `app.integrations.devin`: each declared beside the handler that answers it."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from luahost.errors import InvalidResponse, LuaHostError, OutcomeUnknown
from luahost.integrations.devin.api import Api, api_of, expect
from luahost.spec import Example, Field, Function, Integration, Param

if TYPE_CHECKING:
    from collections.abc import Iterable

    from luahost.spec import Call, Simulation

Json = dict[str, Any]

_SESSION_ID = Param(
    name="session_id",
    type="string",
    required=True,
    description="",
    pattern=r"[A-Za-z0-9][A-Za-z0-9_-]{0,127}",
    pattern_hint="a session's id: letters, digits, - and _, with or without devin-",
)


def _session_id(description: str) -> Param:
    return replace(_SESSION_ID, description=description)


_STATUS = Field(
    name="status",
    type="string",
    description="v3: new, claimed, running, exit, error, suspended or resuming; v1: a word such as running",
)


# -- create_session ----------------------------------------------------------------------------------------------


class _SessionCreation:
    """The steps of creating a session under an idempotency key."""

    def __init__(self, api: Api, body: Json) -> None:
        self._api = api
        self._body = body

    def scope(self) -> str | None:
        return self._api.organization()

    def send(self, tags: list[str]) -> Json:
        return self._api.create_session({**self._body, "tags": tags} if tags else self._body)

    def find(self, tag: str) -> list[Json]:
        # Whether the API's own filter means "all of" or "one of" is not documented: what it gives is filtered again.
        tagged = [
            each
            for each in reversed(self._api.list_sessions(tag)["sessions"])  # newest first; v3 tells whole seconds
            if isinstance(each, dict) and each.get("session_id") and tag in (each.get("tags") or ())
        ]
        tagged.sort(key=lambda each: str(each.get("created_at")))
        return [{"id": each["session_id"], "tags": each["tags"]} for each in tagged]

    def fetch(self, found: str) -> Json:
        return self._api.get_session(found)

    def identify(self, made: Json) -> str:
        return str(expect(made, "session_id", "creating a session")["session_id"])


def _create_session(call: Call, arguments: Json) -> Json:
    api = api_of(call)
    body = {name: value for name, value in arguments.items() if name != "idempotency_key"}
    key = arguments.get("idempotency_key")
    if key is not None:
        made = call.once(key, body, _SessionCreation(api, body))
    else:
        try:
            made = api.create_session(body)
        except OutcomeUnknown as error:
            error.hint = (
                "look with list_sessions() for a session that has just begun, before you create it again; "
                "with an idempotency_key this is done for you"
            )
            raise
    return _with_status(call, api, made)


def _with_status(call: Call, api: Api, made: Json) -> Json:
    """v1 creates without saying the status: it is read, and left out when that fails, for the create did happen."""
    if made.get("status") is not None:
        return made
    try:
        status = api.get_session(made["session_id"]).get("status")
        if status is None:
            raise InvalidResponse("there is none in the answer")
    except LuaHostError as error:
        call.notice(f"session {made['session_id']} was created, and its status could not be read: {error.message}")
        return made
    return {**made, "status": status}


CREATE_SESSION = Function(
    name="create_session",
    summary="Create a new Devin AI session with a task prompt.",
    access="write",
    handler=_create_session,
    params=(
        Param(
            name="prompt",
            type="string",
            required=True,
            description="The task description for Devin to execute",
            min_length=1,
        ),
        Param(
            name="idempotency_key",
            type="string",
            description="Unique key to prevent duplicate session creation",
            min_length=1,
            max_length=512,
        ),
    ),
    returns=(
        Field(name="session_id", type="string", description="The session's id"),
        _STATUS,
        Field(name="url", type="string", description="Where people watch the session", always=False),
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
    endpoints=MappingProxyType({"v3": "POST /v3/organizations/{org_id}/sessions", "v1": "POST /v1/sessions"}),
    notes=(
        (
            "The same `idempotency_key` with the same arguments gives the existing session, as it is now; with other "
            "arguments it is a `conflict`. Devin's API has no such key: docs/idempotency.md says how it is kept."
        ),
        "API v1 does not answer with a status: it is read after creating, and absent, with a notice, if that fails.",
    ),
)


# -- get_session -------------------------------------------------------------------------------------------------


def _get_session(call: Call, arguments: Json) -> Json:
    return api_of(call).get_session(arguments["session_id"])


GET_SESSION = Function(
    name="get_session",
    summary="Retrieve details and current status of a Devin session.",
    access="read",
    handler=_get_session,
    params=(_session_id("The ID of the session to retrieve"),),
    returns=(
        Field(name="session_id", type="string", description="The session's id"),
        _STATUS,
        Field(
            name="created_at",
            type="string",
            description="When it was created: v3 gives seconds since 1970 as a number, v1 ISO 8601 text",
        ),
        Field(
            name="status_detail",
            type="string",
            always=False,
            description="v3: working, waiting_for_user, finished …; a finished task is still running until it sleeps",
        ),
        Field(name="url", type="string", description="Where people watch the session (v3)", always=False),
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
    endpoints=MappingProxyType(
        {"v3": "GET /v3/organizations/{org_id}/sessions/{devin_id}", "v1": "GET /v1/sessions/{session_id}"}
    ),
)


# -- list_sessions -----------------------------------------------------------------------------------------------


def _list_sessions(call: Call, _arguments: Json) -> Json:
    return api_of(call).list_sessions()


LIST_SESSIONS = Function(
    name="list_sessions",
    summary="List all Devin sessions.",
    access="read",
    handler=_list_sessions,
    returns=(
        Field(
            name="sessions",
            type="array",
            description="All sessions, each as get_session gives it, from all pages",
        ),
        Field(name="total", type="integer", description="How many there are, where the API says", always=False),
    ),
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
    endpoints=MappingProxyType({"v3": "GET /v3/organizations/{org_id}/sessions", "v1": "GET /v1/sessions"}),
)


# -- send_message ------------------------------------------------------------------------------------------------


def _send_message(call: Call, arguments: Json) -> Json:
    return api_of(call).send_message(arguments["session_id"], arguments["message"])


SEND_MESSAGE = Function(
    name="send_message",
    summary="Send a message to an existing Devin session.",
    access="write",
    handler=_send_message,
    params=(
        _session_id("The ID of the session to message"),
        Param(
            name="message",
            type="string",
            required=True,
            description="The message content to send",
            min_length=1,
        ),
    ),
    returns=(
        Field(name="session_id", type="string", description="The session's id (v3)", always=False),
        Field(name="status", type="string", description="Its status now (v3)", always=False),
        Field(name="detail", type="string", description="Why the message was not taken (v1)", always=False),
    ),
    examples=(
        Example(
            code="""\
local result = app.integrations.devin.send_message({
  session_id = "sess_abc123",
  message = "Can you also add form validation to the login component?"
})
"""
        ),
    ),
    endpoints=MappingProxyType(
        {
            "v3": "POST /v3/organizations/{org_id}/sessions/{devin_id}/messages",
            "v1": "POST /v1/sessions/{session_id}/message",
        }
    ),
    notes=("A suspended session resumes on v3. API v1 answers with nothing: the result is then an empty table.",),
)


# -- get_current_user --------------------------------------------------------------------------------------------


def _get_current_user(call: Call, _arguments: Json) -> Json:
    return api_of(call).current_user()


GET_CURRENT_USER = Function(
    name="get_current_user",
    summary="Get information about the currently authenticated Devin user.",
    access="read",
    handler=_get_current_user,
    returns=(
        Field(
            name="name",
            type="string",
            description="The user's or service user's name, where known",
            always=False,
        ),
        Field(
            name="email",
            type="string",
            description="The user's email, where there is one and the key may read members",
            always=False,
        ),
        Field(name="principal_type", type="string", description="service_user, pat_user … (v3)", always=False),
        Field(name="org_id", type="string", description="The key's organisation (v3)", always=False),
        Field(name="api_version", type="string", description="v1, which knows no more than that", always=False),
    ),
    examples=(
        Example(
            code="""\
local result = app.integrations.devin.get_current_user()
print("User: " .. (result.name or "Unknown"))
print("Email: " .. (result.email or "Unknown"))
"""
        ),
    ),
    endpoints=MappingProxyType({"v3": "GET /v3/self", "v1": "GET /v1/sessions"}),
    notes=("API v1 has no such endpoint: the key is checked by reading one session, and `name` is absent.",),
)


def _simulator(accounts: Iterable[str]) -> Simulation:
    from luahost.integrations.devin.simulator import Simulator

    return Simulator(accounts=accounts)


DEVIN = Integration(
    name="devin",
    title="Devin AI",
    summary="Devin, the AI software engineer: start sessions, follow them, talk to them.",
    functions=(CREATE_SESSION, GET_SESSION, LIST_SESSIONS, SEND_MESSAGE, GET_CURRENT_USER),
    base_url="https://api.devin.ai",
    key_prefixes=MappingProxyType({"cog_": "v3", "apk_": "v1"}),
    identify="get_current_user",
    vendor_prefix="DEVIN",
    examples=(
        Example(
            title="Multi-Account Usage",
            code="""\
-- Default account (always works)
app.integrations.devin.create_session({ prompt = "..." })
-- Explicit default (portable across setups)
app.integrations.devin.default.create_session({ prompt = "..." })
-- Named accounts
app.integrations.devin.work.create_session({ prompt = "..." })
app.integrations.devin.personal.create_session({ prompt = "..." })
""",
        ),
    ),
    simulator=_simulator,
)
