"""v3: the organisation's playbooks."""

from __future__ import annotations

from typing import Any

from . import checks
from .json_schema import json_schema
from .library import Playbook
from .pages import PAGE_QUERY
from .people import MANAGE_PLAYBOOKS
from .queries import read_query
from .routes import Call, Route

MACRO = checks.matching("![A-Za-z0-9_-]+")
# v3 states no bounds; v1 says that neither is empty.
TITLE = BODY = checks.text(at_least=1)

_BODY = checks.fields(
    {"title": TITLE, "body": BODY},
    {"macro": checks.nullable(MACRO), "structured_output_schema": checks.nullable(json_schema)},
)


def add(call: Call, body: dict[str, Any]) -> Playbook:
    """A new playbook with what a body of either version says."""
    playbooks = call.organization.library.playbooks
    playbook = Playbook(
        id=playbooks.next_id(),
        title=body["title"],
        body=body["body"],
        macro=body.get("macro"),
        schema=body.get("structured_output_schema"),
        created_by=call.principal,
        updated_by=call.principal,
        created_at=call.now,
        updated_at=call.now,
    )
    call.log("create_playbook", playbook_id=playbook.id)
    return playbooks.put(playbook)


def _view(call: Call, playbook: Playbook) -> dict[str, Any]:
    return {
        "playbook_id": playbook.id,
        "title": playbook.title,
        "body": playbook.body,
        "macro": playbook.macro,
        "created_by": playbook.created_by.id,
        "updated_by": playbook.updated_by.id,
        "created_at": int(playbook.created_at),
        "updated_at": int(playbook.updated_at),
        "access_type": "org",
        "org_id": call.organization.id,
        "structured_output_schema": playbook.schema,
    }


def list_all(call: Call) -> dict[str, Any]:
    query = read_query(call.request, PAGE_QUERY)
    return call.organization.library.playbooks.page(query, lambda playbook: _view(call, playbook))


def create(call: Call) -> dict[str, Any]:
    body = checks.read_body(call.request, _BODY)
    return _view(call, add(call, body))


def read(call: Call) -> dict[str, Any]:
    return _view(call, call.organization.library.playbooks.get(call.path["playbook_id"]))


def update(call: Call) -> dict[str, Any]:
    """A PUT says everything: without a macro or a schema the playbook has none."""
    body = checks.read_body(call.request, _BODY)
    playbooks = call.organization.library.playbooks
    changed = playbooks.get(call.path["playbook_id"])._replace(
        title=body["title"],
        body=body["body"],
        macro=body.get("macro"),
        schema=body.get("structured_output_schema"),
        updated_by=call.principal,
        updated_at=call.now,
    )
    call.log("update_playbook", playbook_id=changed.id)
    return _view(call, playbooks.put(changed))


def delete(call: Call) -> dict[str, Any]:
    playbook = call.organization.library.playbooks.remove(call.path["playbook_id"])
    call.log("delete_playbook", playbook_id=playbook.id)
    return _view(call, playbook)


_PLAYBOOKS = "/v3/organizations/{org_id}/playbooks"
_PLAYBOOK = _PLAYBOOKS + "/{playbook_id}"

ROUTES = [
    Route("GET", _PLAYBOOKS, list_all, MANAGE_PLAYBOOKS),
    Route("POST", _PLAYBOOKS, create, MANAGE_PLAYBOOKS),
    Route("GET", _PLAYBOOK, read, MANAGE_PLAYBOOKS),
    Route("PUT", _PLAYBOOK, update, MANAGE_PLAYBOOKS),
    Route("DELETE", _PLAYBOOK, delete, MANAGE_PLAYBOOKS),
]
