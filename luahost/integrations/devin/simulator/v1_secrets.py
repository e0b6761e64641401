"""v1: the same secrets in the shapes of the deprecated API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import checks
from .answers import EMPTY, Answer, answer
from .clock import iso
from .routes import Call, Route
from .v3_secrets import KEY, KINDS, VALUE

if TYPE_CHECKING:
    from .library import Secret

_CREATE = checks.fields(
    {
        "type": checks.one_of(*KINDS),
        "key": KEY,
        "value": VALUE,
        "sensitive": checks.flag,
        "note": checks.text(),
    }
)


def _view(secret: Secret) -> dict[str, Any]:
    return {"id": secret.id, "type": secret.kind, "key": secret.key, "created_at": iso(secret.created_at)}


def list_all(call: Call) -> list[dict[str, Any]]:
    return [_view(secret) for secret in call.organization.library.secrets.newest_first()]


def create(call: Call) -> Answer:
    body = checks.read_body(call.request, _CREATE)
    secret = call.organization.library.add_secret(
        call.principal,
        call.now,
        kind=body["type"],
        key=body["key"],
        note=body["note"],
        is_sensitive=body["sensitive"],
    )
    call.log("create_secret", secret_id=secret.id)
    return answer({"id": secret.id}, 201)


def delete(call: Call) -> Answer:
    secret = call.organization.library.secrets.remove(call.path["secret_id"])
    call.log("delete_secret", secret_id=secret.id)
    return EMPTY


ROUTES = [
    Route("GET", "/v1/secrets", list_all),
    Route("POST", "/v1/secrets", create),
    Route("DELETE", "/v1/secrets/{secret_id}", delete),
]
