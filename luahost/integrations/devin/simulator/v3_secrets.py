"""v3: the secrets of the organisation, which never show their values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import checks
from .answers import Refusal
from .pages import PAGE_QUERY
from .people import MANAGE_SECRETS
from .queries import read_query
from .routes import Call, Route

if TYPE_CHECKING:
    from .library import Secret

KINDS = ("cookie", "key-value", "totp")
# The bounds are those documented for a session's secrets; for these there are none.
KEY = checks.text(at_least=1, at_most=256)
VALUE = checks.text(at_most=65536)

_CREATE = checks.fields(
    {"type": checks.one_of(*KINDS), "key": KEY, "value": VALUE},
    {"is_sensitive": checks.flag, "note": checks.nullable(checks.text())},
)


def _view(secret: Secret) -> dict[str, Any]:
    return {
        "secret_id": secret.id,
        "key": secret.key,
        "note": secret.note,
        "is_sensitive": secret.is_sensitive,
        "created_by": secret.created_by.id,
        "created_at": int(secret.created_at),
        "secret_type": secret.kind,
        "access_type": "org",
        "updated_by": None,
        "updated_at": None,
    }


def list_all(call: Call) -> dict[str, Any]:
    query = read_query(call.request, PAGE_QUERY)
    return call.organization.library.secrets.page(query, _view)


def create(call: Call) -> dict[str, Any]:
    body = checks.read_body(call.request, _CREATE)
    secret = call.organization.library.add_secret(
        call.principal,
        call.now,
        kind=body["type"],
        key=body["key"],
        note=body.get("note"),
        is_sensitive=body.get("is_sensitive", True),
    )
    call.log("create_secret", secret_id=secret.id)
    return _view(secret)


def delete(call: Call) -> dict[str, Any]:
    try:
        secret = call.organization.library.secrets.remove(call.path["secret_id"])
    except Refusal:
        # Not a 404: the service does not tell an unknown secret from one out of reach.
        raise Refusal(403, "You do not have access to this secret") from None
    call.log("delete_secret", secret_id=secret.id)
    return _view(secret)


_SECRETS = "/v3/organizations/{org_id}/secrets"

ROUTES = [
    Route("GET", _SECRETS, list_all, MANAGE_SECRETS),
    Route("POST", _SECRETS, create, MANAGE_SECRETS),
    Route("DELETE", _SECRETS + "/{secret_id}", delete, MANAGE_SECRETS),
]
