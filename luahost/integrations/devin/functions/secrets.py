"""Secrets of the organisation: their names, never their values."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from luahost.integrations.devin.functions.common import (
    CURSOR,
    ORG,
    V3,
    Json,
    endpoints,
    field,
    flag,
    identifier,
    list_function,
    text,
    without_alias,
)  # fmt: skip
from luahost.integrations.devin.operations import by_version, pages, promised, send, simple, single_page
from luahost.spec import Example, Function, Param

if TYPE_CHECKING:
    from luahost.spec import Call

TYPES = ("cookie", "key-value", "totp")

# The two ages of v1's documentation name the fields differently; v3's names stand for both.
_V1_NAMES = {"id": "secret_id", "type": "secret_type", "secret_name": "key"}


def _as_v3(secret: Any) -> Any:
    if not isinstance(secret, dict):
        return secret
    return {
        **secret,
        **{_V1_NAMES[name]: secret[name] for name in _V1_NAMES if name in secret and _V1_NAMES[name] not in secret},
    }


LIST_SECRETS = list_function(
    "list_secrets",
    "List the organisation's secrets, without their values.",
    v3=f"GET {ORG}/secrets",
    v1="GET /v1/secrets",
    paging=(CURSOR[0], replace(CURSOR[1], versions=V3), CURSOR[2]),
    returns="Secrets: secret_id, key, secret_type, created_at; v3 also note, is_sensitive",
    walk=by_version(
        v3=pages,
        v1=single_page(
            lambda found: [_as_v3(each) for each in (found["secrets"] if isinstance(found, dict) else found)]
        ),
    ),
    example="""\
for secret in each(app.integrations.devin.list_secrets) do
  print(secret.secret_id, secret.key)
end
""",
)


def _create_secret(call: Call, arguments: Json) -> Json:
    arguments = without_alias(arguments, "sensitive", "is_sensitive")
    if call.version == "v3":
        return promised(call, send(call, arguments))
    body = {"note": "", "is_sensitive": True, **arguments}  # v1 wants them all
    return promised(call, _as_v3(send(call, body, names={"is_sensitive": "sensitive"})))


CREATE_SECRET = Function(
    name="create_secret",
    summary="Store a secret that sessions may use.",
    access="write",
    handler=_create_secret,
    params=(
        Param(name="type", type="string", required=True, description="What kind it is", enum=TYPES),
        text("key", "Its name", required=True, max_length=256),
        Param(
            name="value",
            type="string",
            required=True,
            description="Its value",
            min_length=1,
            max_length=65536,
            sensitive=True,
        ),
        flag("is_sensitive", "Whether Devin hides it; true unless said"),
        Param(name="note", type="string", description="What it is for"),
        flag("sensitive", "The same as is_sensitive"),
    ),
    returns=(
        field("secret_id", "string", "Its id"),
        field("key", "string", "Its name (v3)", always=False),
        field("secret_type", "string", "What kind it is (v3)", always=False),
    ),
    examples=(
        Example(
            code="""\
local secret = app.integrations.devin.create_secret({
  type = "key-value",
  key = "NPM_TOKEN",
  value = args.token or "npm_example",
  note = "Publishes packages"
})
print(secret.secret_id)
"""
        ),
    ),
    endpoints=endpoints(f"POST {ORG}/secrets", "POST /v1/secrets"),
    notes=("The value is in no record, log, error or output. No function reads one back.",),
)

DELETE_SECRET = Function(
    name="delete_secret",
    summary="Delete a secret.",
    access="write",
    handler=simple(),
    params=(identifier("secret_id", "The secret's id"),),
    returns=(field("secret_id", "string", "The id of what was deleted (v3)", always=False),),
    examples=(
        Example(
            code="""\
local devin = app.integrations.devin
local secret = devin.create_secret({ type = "key-value", key = "OLD_TOKEN", value = "to-be-deleted" })
devin.delete_secret({ secret_id = secret.secret_id })
"""
        ),
    ),
    endpoints=endpoints(f"DELETE {ORG}/secrets/{{secret_id}}", "DELETE /v1/secrets/{secret_id}"),
    notes=("API v3 answers `forbidden`, not `not_found`, for a secret that does not exist.",),
)

ALL = (LIST_SECRETS, CREATE_SECRET, DELETE_SECRET)
