"""Who the key belongs to, the organisation's members, and its automations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from luahost.errors import Forbidden, LuaHostError, NotFound
from luahost.integrations.devin.functions.common import (
    BETA,
    ORG,
    V1,
    Json,
    endpoints,
    field,
    identifier,
    list_function,
    text,
)  # fmt: skip
from luahost.integrations.devin.operations import expect, simple
from luahost.spec import Example, Function, Param, quote

if TYPE_CHECKING:
    from luahost.spec import Call


# -- get_current_user ---------------------------------------------------------------------------------------------


def _get_current_user(call: Call, _arguments: Json) -> Json:
    """The principal, with `name` and `email` where the API knows them: v3 calls neither so."""
    if call.version == "v1":
        call.http.get("/v1/sessions", [("limit", "1")])
        call.notice("API v1 does not tell whose key it is: name and email are not known")
        return {"api_version": "v1"}
    user = dict(expect(call.http.get("/v3/self"), None, "GET /v3/self"))
    name = user.get("service_user_name") or user.get("user_name")
    organization = call.org_id or user.get("org_id")
    member: Json = {}
    if user.get("user_id") and organization:
        member = _member(call, organization, user["user_id"])
    name = name or member.get("name")
    if name:
        user["name"] = name
    if member.get("email"):
        user["email"] = member["email"]
    return user


def _member(call: Call, organization: str, user_id: str) -> Json:
    try:
        path = f"/v3beta1/organizations/{quote(organization)}/members/users/{quote(user_id)}"
        found = call.http.get(path)
    except (Forbidden, NotFound):
        return {}  # not every key may read members
    except LuaHostError as error:
        call.notice(f"the user's email could not be read: {error.message}")
        return {}
    return found if isinstance(found, dict) else {}


GET_CURRENT_USER = Function(
    name="get_current_user",
    summary="Get information about the currently authenticated Devin user.",
    access="read",
    handler=_get_current_user,
    returns=(
        field("name", "string", "The user's or service user's name, where known", always=False),
        field("email", "string", "The user's email, where there is one and the key may read members", always=False),
        field("principal_type", "string", "service_user, pat_user … (v3)", always=False),
        field("org_id", "string", "The key's organisation (v3)", always=False),
        field("api_version", "string", "v1, which knows no more than that", versions=V1),
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
    endpoints=endpoints("GET /v3/self", "GET /v1/sessions"),
    notes=("API v1 has no such endpoint: the key is checked by reading one session, and `name` is absent.",),
)


# -- members ------------------------------------------------------------------------------------------------------

LIST_USERS = list_function(
    "list_users",
    "List the organisation's members.",
    v3=f"GET {BETA}/members/users",
    params=(text("email", "The one with this address"),),
    returns="Members: user_id, name, email, role_assignments",
    example="""\
for user in each(app.integrations.devin.list_users) do
  print(user.user_id, user.name)
end
""",
    notes=("A beta of the API; the key must be allowed to read members.",),
)

GET_USER = Function(
    name="get_user",
    summary="Read one member of the organisation.",
    access="read",
    handler=simple(),
    params=(identifier("user_id", "The user's id"),),
    returns=(
        field("user_id", "string", "The user's id"),
        field("name", "string", "Their name", always=False),
        field("email", "string", "Their address", always=False),
    ),
    examples=(
        Example(
            code="""\
local devin = app.integrations.devin
local first = devin.list_users({ limit = 1 }).items[1]
print(devin.get_user({ user_id = first.user_id }).name)
"""
        ),
    ),
    endpoints=endpoints(f"GET {BETA}/members/users/{{user_id}}"),
    notes=("A beta of the API; the key must be allowed to read members.",),
)

LIST_IDP_USERS = list_function(
    "list_idp_users",
    "List the people whom the organisation's identity provider knows.",
    v3=f"GET {BETA}/members/idp-users",
    returns="People, as the identity provider tells of them",
    example="""\
for person in each(app.integrations.devin.list_idp_users) do
  print(json.encode(person))
end
""",
    notes=("A beta of the API; the key must be allowed to read members.",),
)


# -- automations --------------------------------------------------------------------------------------------------

_AUTOMATION_ID = identifier("automation_id", "The automation's id")
_AUTOMATION = (
    field("automation_id", "string", "The automation's id", always=False),
    field("name", "string", "What it is called", always=False),
    field("triggers", "array", "What begins it", always=False),
    field("actions", "array", "What is done", always=False),
)


LIST_AUTOMATIONS = list_function(
    "list_automations",
    "List the automations.",
    v3=f"GET {ORG}/automations",
    returns="Automations, as the API sends them",
    example="""\
for automation in each(app.integrations.devin.list_automations) do
  print(json.encode(automation))
end
""",
)

LIST_AUTOMATION_SCHEMAS = Function(
    name="list_automation_schemas",
    summary="Read what triggers and actions an automation may have.",
    access="read",
    handler=simple(),
    returns=(
        field("triggers", "array", "What may begin an automation", always=False),
        field("actions", "array", "What may be done", always=False),
    ),
    examples=(Example(code="print(json.encode(app.integrations.devin.list_automation_schemas()))\n"),),
    endpoints=endpoints(f"GET {ORG}/automations/schemas"),
)

_MAKE = """\
local devin = app.integrations.devin
local automation = devin.create_automation({
  name = "Triage new issues",
  run_as = "organization",
  triggers = { { type = "issue_created" } },
  actions = { { type = "start_session", prompt = "Triage this issue" } }
})
"""

CREATE_AUTOMATION = Function(
    name="create_automation",
    summary="Have something done whenever something happens.",
    access="write",
    handler=simple(),
    params=(
        text("name", "What it is called"),
        Param(
            name="run_as", type="string", enum=("organization", "creator"), required=True, description="On whose behalf"
        ),
        Param(name="triggers", type="array", items="object", required=True, min_length=1, description="What begins it"),
        Param(name="actions", type="array", items="object", required=True, min_length=1, description="What is done"),
    ),
    returns=_AUTOMATION,
    examples=(Example(code=_MAKE + "print(automation.automation_id)\n"),),
    endpoints=endpoints(f"POST {ORG}/automations"),
    notes=("list_automation_schemas tells what triggers and actions there are.",),
)

GET_AUTOMATION = Function(
    name="get_automation",
    summary="Read an automation.",
    access="read",
    handler=simple(),
    params=(_AUTOMATION_ID,),
    returns=_AUTOMATION,
    examples=(Example(code=_MAKE + "dump(devin.get_automation({ automation_id = automation.automation_id }))\n"),),
    endpoints=endpoints(f"GET {ORG}/automations/{{automation_id}}"),
)

DELETE_AUTOMATION = Function(
    name="delete_automation",
    summary="Delete an automation.",
    access="write",
    handler=simple(),
    params=(_AUTOMATION_ID,),
    returns=_AUTOMATION,
    examples=(Example(code=_MAKE + "devin.delete_automation({ automation_id = automation.automation_id })\n"),),
    endpoints=endpoints(f"DELETE {ORG}/automations/{{automation_id}}"),
)

ALL = (
    GET_CURRENT_USER, LIST_USERS, GET_USER, LIST_IDP_USERS, LIST_AUTOMATIONS, GET_AUTOMATION, CREATE_AUTOMATION,
    DELETE_AUTOMATION, LIST_AUTOMATION_SCHEMAS,
)  # fmt: skip
