"""v3: automations, which are kept as they were sent but never act.

The documentation says what a create needs and who may do it, and little else: the fields of
triggers and actions, and the answers' shapes, are the simulator's own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import checks
from .library import Automation
from .pages import PAGE_QUERY
from .people import MANAGE_AUTOMATIONS, VIEW_AUTOMATIONS
from .queries import read_query
from .routes import Call, Route

if TYPE_CHECKING:
    from .checks import Check

_SOME: Check = checks.many(checks.mapping, at_least=1)
_CREATE = checks.fields(
    {"run_as": checks.one_of("organization", "creator"), "triggers": _SOME, "actions": _SOME},
    {"name": checks.nullable(checks.text()), "enabled": checks.flag},
)
_STRING = {"type": "string"}


def _schema(kind: str, **properties: Any) -> dict[str, Any]:
    schema = {"type": "object", "properties": properties, "required": list(properties)}
    return {"type": kind, "schema": schema}


_SCHEMAS = {
    "triggers": [
        _schema("schedule", frequency=_STRING),
        _schema("pull_request_opened", repo=_STRING),
        _schema("issue_labeled", repo=_STRING, label=_STRING),
    ],
    "actions": [
        _schema("create_session", prompt=_STRING),
        _schema("send_message", session_id=_STRING, message=_STRING),
    ],
}


def _view(call: Call, automation: Automation) -> dict[str, Any]:
    return {
        "automation_id": automation.id,
        "org_id": call.organization.id,
        **automation.options,
        "created_by": automation.created_by.id,
        "created_at": int(automation.created_at),
        "updated_at": int(automation.created_at),
    }


def list_all(call: Call) -> dict[str, Any]:
    query = read_query(call.request, PAGE_QUERY)
    return call.organization.library.automations.page(query, lambda automation: _view(call, automation))


def list_schemas(call: Call) -> dict[str, Any]:
    del call
    return _SCHEMAS


def create(call: Call) -> dict[str, Any]:
    body = checks.read_body(call.request, _CREATE)
    automations = call.organization.library.automations
    options = {
        "name": body.get("name"),
        "run_as": body["run_as"],
        "triggers": body["triggers"],
        "actions": body["actions"],
        "enabled": body.get("enabled", True),
    }
    automation = Automation(automations.next_id(), options, call.principal, call.now)
    return _view(call, automations.put(automation))


def read(call: Call) -> dict[str, Any]:
    return _view(call, call.organization.library.automations.get(call.path["automation_id"]))


def delete(call: Call) -> dict[str, Any]:
    return _view(call, call.organization.library.automations.remove(call.path["automation_id"]))


_AUTOMATIONS = "/v3/organizations/{org_id}/automations"
_AUTOMATION = _AUTOMATIONS + "/{automation_id}"

ROUTES = [
    Route("GET", _AUTOMATIONS, list_all, VIEW_AUTOMATIONS),
    Route("POST", _AUTOMATIONS, create, MANAGE_AUTOMATIONS),
    Route("GET", _AUTOMATIONS + "/schemas", list_schemas, VIEW_AUTOMATIONS),  # before the ids
    Route("GET", _AUTOMATION, read, VIEW_AUTOMATIONS),
    Route("DELETE", _AUTOMATION, delete, MANAGE_AUTOMATIONS),
]
