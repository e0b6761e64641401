"""v1: the same playbooks in the shapes of the deprecated API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import checks
from .clock import iso
from .routes import Call, Route
from .v3_playbooks import BODY, MACRO, TITLE, add

if TYPE_CHECKING:
    from .library import Playbook

_BODY = checks.fields({"title": TITLE, "body": BODY}, {"macro": checks.nullable(MACRO)})


def _view(call: Call, playbook: Playbook) -> dict[str, Any]:
    return {
        "playbook_id": playbook.id,
        "title": playbook.title,
        "body": playbook.body,
        "status": "published",
        "access_type": "team",
        "org_id": call.organization.id,
        "created_at": iso(playbook.created_at),
        "updated_at": iso(playbook.updated_at),
        "created_by_user_id": playbook.created_by.id,
        "created_by_user_name": playbook.created_by.name,
        "updated_by_user_id": playbook.updated_by.id,
        "updated_by_user_name": playbook.updated_by.name,
        "macro": playbook.macro,
    }


def list_all(call: Call) -> list[dict[str, Any]]:
    return [_view(call, playbook) for playbook in call.organization.library.playbooks.newest_first()]


def create(call: Call) -> dict[str, Any]:
    body = checks.read_body(call.request, _BODY)
    known = {name: body.get(name) for name in ("title", "body", "macro")}
    return _view(call, add(call, known))


def read(call: Call) -> dict[str, Any]:
    return _view(call, call.organization.library.playbooks.get(call.path["playbook_id"]))


def update(call: Call) -> dict[str, Any]:
    """v1 knows no schema of the structured output, so it leaves that as it is."""
    body = checks.read_body(call.request, _BODY)
    playbooks = call.organization.library.playbooks
    changed = playbooks.get(call.path["playbook_id"])._replace(
        title=body["title"],
        body=body["body"],
        macro=body.get("macro"),
        updated_by=call.principal,
        updated_at=call.now,
    )
    playbooks.put(changed)
    call.log("update_playbook", playbook_id=changed.id)
    return {"status": "success"}


def delete(call: Call) -> dict[str, Any]:
    playbook = call.organization.library.playbooks.remove(call.path["playbook_id"])
    call.log("delete_playbook", playbook_id=playbook.id)
    return {"status": "success"}


_PLAYBOOK = "/v1/playbooks/{playbook_id}"

ROUTES = [
    Route("GET", "/v1/playbooks", list_all),
    Route("POST", "/v1/playbooks", create),
    Route("GET", _PLAYBOOK, read),
    Route("PUT", _PLAYBOOK, update),
    Route("DELETE", _PLAYBOOK, delete),
]
