"""What is said in a session, its files, its tags, and what Devin makes of it afterwards."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from luahost.errors import InvalidArguments
from luahost.integrations.devin.functions.common import (
    LIMIT,
    MAX_TAGS,
    ORG,
    SESSION,
    TAGS,
    URLS,
    V3,
    Json,
    check_urls,
    endpoints,
    field,
    list_function,
    session_id,
    text,
)  # fmt: skip
from luahost.integrations.devin.functions.sessions import FILTERS, GET_SESSION
from luahost.integrations.devin.operations import by_version, expect, pages, promised, send, simple, single_page
from luahost.spec import KEPT_TAGS, Example, Function

if TYPE_CHECKING:
    from luahost.spec import Call


# -- messages -----------------------------------------------------------------------------------------------------


def _message_sent(call: Call, answer: Any, _arguments: Json) -> Json:
    """v1 says mostly nothing: 204, null, or why the message was not taken."""
    if answer is None:
        return {}
    found = expect(answer, None, "sending a message")
    if call.version == "v1" and isinstance(found.get("detail"), str):
        call.notice(f"about the message, Devin says: {found['detail']}")
    return found


_send = simple(shape=_message_sent)


def _send_message(call: Call, arguments: Json) -> Json:
    check_urls(call, arguments)
    return _send(call, arguments)


SEND_MESSAGE = Function(
    name="send_message",
    summary="Send a message to an existing Devin session.",
    access="write",
    handler=_send_message,
    params=(
        session_id("The ID of the session to message"),
        text("message", "The message content to send", required=True),
        replace(URLS, versions=V3),
        text("message_as_user_id", "On whose behalf; the key must be allowed to", versions=V3),
    ),
    returns=(
        field("session_id", "string", "The session's id (v3)", always=False),
        field("status", "string", "Its status now (v3)", always=False),
        field("detail", "string", "Why the message was not taken (v1)", always=False),
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
    endpoints=endpoints(f"POST {SESSION}/messages", "POST /v1/sessions/{session_id}/message"),
    notes=("A suspended session resumes on v3. API v1 answers with nothing: the result is then an empty table.",),
)


def _with_source(message: Any) -> Any:
    """A message of v1 with v3's word for who said it."""
    if not isinstance(message, dict):
        return message
    return {**message, "source": "devin" if message.get("type") == "devin_message" else "user"}


LIST_SESSION_MESSAGES = list_function(
    "list_session_messages",
    "List what was said in a session, the oldest first.",
    v3=f"GET {SESSION}/messages",
    v1="GET /v1/sessions/{session_id}",
    params=(session_id(),),
    returns="Messages: event_id, source (devin or user), message; created_at in seconds (v3), timestamp (v1)",
    walk=by_version(v3=pages, v1=single_page(lambda answer: [_with_source(each) for each in answer["messages"]])),
    example="""\
for message in each(app.integrations.devin.list_session_messages, { session_id = "sess_abc123" }) do
  print(message.source .. ": " .. message.message)
end
""",
)

LIST_SESSION_ATTACHMENTS = list_function(
    "list_session_attachments",
    "List the files of a session: what was given to it, and what Devin has made.",
    v3=f"GET {SESSION}/attachments",
    params=(session_id(),),
    paging=(LIMIT,),
    returns="Attachments: attachment_id, name, url, source (devin or user), content_type",
    walk=single_page(lambda answer: answer),
    example="""\
local files = app.integrations.devin.list_session_attachments({ session_id = "sess_abc123" }).items
print(#files .. " files")
""",
)


# -- tags ---------------------------------------------------------------------------------------------------------

_REQUIRED_TAGS = replace(TAGS, required=True)
_TAG_FIELD = (field("tags", "array", "All tags that the session has now"),)


def _own_tags(call: Call, arguments: Json) -> list[str]:
    """The tags that a session has."""
    endpoint = (GET_SESSION if call.version == "v1" else GET_SESSION_TAGS).endpoints[call.version]
    found = expect(send(call, {"session_id": arguments["session_id"]}, endpoint=endpoint), None, "reading its tags")
    return [tag for tag in found.get("tags") or () if isinstance(tag, str)]


def _get_tags(call: Call, arguments: Json) -> Json:
    answer = send(call, arguments)
    if call.version == "v1":
        return {"tags": expect(answer, None, "reading a session").get("tags") or []}
    return promised(call, answer)


GET_SESSION_TAGS = Function(
    name="get_session_tags",
    summary="Read the tags of a session.",
    access="read",
    handler=_get_tags,
    params=(session_id(),),
    returns=_TAG_FIELD,
    examples=(
        Example(
            code="""\
local tags = app.integrations.devin.get_session_tags({ session_id = "sess_abc123" }).tags
print(table.concat(tags, ", "))
"""
        ),
    ),
    endpoints=endpoints(f"GET {SESSION}/tags", "GET /v1/sessions/{session_id}"),
)


def _append_tags(call: Call, arguments: Json) -> Json:
    if call.version == "v3":
        return promised(call, send(call, arguments))
    tags = list(dict.fromkeys([*_own_tags(call, arguments), *arguments["tags"]]))
    call.notice("API v1 replaces tags only: they were read, joined and replaced; a change meanwhile is lost")
    return _replaced_on_v1(call, arguments, tags)


def _replaced_on_v1(call: Call, arguments: Json, tags: list[str]) -> Json:
    _check_count(tags)
    send(call, {**arguments, "tags": tags}, endpoint=REPLACE_SESSION_TAGS.endpoints["v1"])
    return {"tags": tags}


def _check_count(tags: list[str]) -> None:
    if len(tags) > MAX_TAGS:
        raise InvalidArguments(
            f"'tags' would be {len(tags)} with those that the session has, and at most {MAX_TAGS} are allowed",
            hint="replace_session_tags gives it other ones",
        )


APPEND_SESSION_TAGS = Function(
    name="append_session_tags",
    summary="Add tags to a session; those that it has stay.",
    access="write",
    handler=_append_tags,
    params=(session_id(), _REQUIRED_TAGS),
    returns=_TAG_FIELD,
    examples=(
        Example(
            code="""\
app.integrations.devin.append_session_tags({ session_id = "sess_abc123", tags = { "triage", "auth" } })
"""
        ),
    ),
    endpoints=endpoints(f"POST {SESSION}/tags", "PUT /v1/sessions/{session_id}/tags"),
    notes=("API v1 can only replace tags: they are read, joined with the new ones and replaced; a notice says so.",),
)


def _replace_tags(call: Call, arguments: Json) -> Json:
    # The tags by which an idempotency key finds its session would be gone, and the next create would make another.
    kept = [tag for tag in _own_tags(call, arguments) if tag.startswith(KEPT_TAGS)]
    tags = list(dict.fromkeys([*arguments["tags"], *kept]))
    if call.version == "v1":
        return _replaced_on_v1(call, arguments, tags)
    _check_count(tags)
    return promised(call, send(call, {**arguments, "tags": tags}))


REPLACE_SESSION_TAGS = Function(
    name="replace_session_tags",
    summary="Give a session these tags in place of those that it has.",
    access="write",
    handler=_replace_tags,
    params=(session_id(), _REQUIRED_TAGS),
    returns=_TAG_FIELD,
    examples=(
        Example(
            code="""\
app.integrations.devin.replace_session_tags({ session_id = "sess_abc123", tags = { "done" } })
"""
        ),
    ),
    endpoints=endpoints(f"PUT {SESSION}/tags", "PUT /v1/sessions/{session_id}/tags"),
    notes=("The two tags by which an `idempotency_key` finds its session are kept.",),
)


# -- insights -----------------------------------------------------------------------------------------------------

_INSIGHTS = (
    field("session_id", "string", "The session's id"),
    field("num_user_messages", "integer", "Messages of users"),
    field("num_devin_messages", "integer", "Messages of Devin"),
    field("session_size", "string", "xs, s, m, l or xl"),
    field("analysis", "object", "What Devin makes of it: issues, action_items, timeline …", always=False),
)

GET_SESSION_INSIGHTS = Function(
    name="get_session_insights",
    summary="Read how a session went: its size, its messages, and the analysis if there is one.",
    access="read",
    handler=simple(),
    params=(session_id(),),
    returns=_INSIGHTS,
    examples=(
        Example(
            code="""\
local insights = app.integrations.devin.get_session_insights({ session_id = "sess_abc123" })
print(insights.session_size, insights.num_devin_messages)
"""
        ),
    ),
    endpoints=endpoints(f"GET {SESSION}/insights"),
    notes=("`analysis` is absent until generate_session_insights has made one, which takes a while.",),
)

LIST_SESSION_INSIGHTS = list_function(
    "list_session_insights",
    "List sessions with how they went.",
    v3=f"GET {ORG}/sessions/insights",
    params=FILTERS,
    returns="Sessions, each as get_session_insights gives it",
    example="""\
for insights in each(app.integrations.devin.list_session_insights) do
  print(insights.session_id, insights.session_size)
end
""",
)

GENERATE_SESSION_INSIGHTS = Function(
    name="generate_session_insights",
    summary="Have Devin analyse a session; the analysis is there after a while.",
    access="write",
    handler=simple(),
    params=(session_id(),),
    returns=(
        field("session_id", "string", "The session's id"),
        field("status", "string", "started, or already_exists when there is one or it is being made"),
    ),
    examples=(
        Example(
            code="""\
local devin = app.integrations.devin
devin.generate_session_insights({ session_id = "sess_abc123" })
wait_until({
  check = function()
    return devin.get_session_insights({ session_id = "sess_abc123" }).analysis ~= nil
  end,
  timeout = 900
})
"""
        ),
    ),
    endpoints=endpoints(f"POST {SESSION}/insights/generate"),
)

ALL = (
    SEND_MESSAGE, LIST_SESSION_MESSAGES, LIST_SESSION_ATTACHMENTS, GET_SESSION_TAGS, APPEND_SESSION_TAGS,
    REPLACE_SESSION_TAGS, GET_SESSION_INSIGHTS, LIST_SESSION_INSIGHTS, GENERATE_SESSION_INSIGHTS,
)  # fmt: skip
