"""v3: files for sessions and from them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import storage
from .answers import Answer, Refusal
from .multipart import read_file
from .routes import Call, Route

if TYPE_CHECKING:
    from .attachments import Attachment


def upload(call: Call) -> dict[str, Any]:
    attachment = call.organization.attachments.add(read_file(call.request))
    url = f"{_route(call)}/{attachment.path}"
    return {"attachment_id": attachment.id, "name": attachment.name, "url": url}


def download(call: Call) -> Answer:
    return storage.link(named(call), call.request, call.organization, call.now)


def named(call: Call) -> Attachment:
    """The attachment that the path names, by id and name."""
    organization = call.organization
    found = organization.attachments.find(call.path["uuid"], call.path["name"], organization.sessions, call.now)
    if found is None:
        raise Refusal(404, "Attachment not found")
    return found


def list_of_session(call: Call) -> list[dict[str, Any]]:
    """A bare array, without pages."""
    session = call.organization.session(call.path["devin_id"])
    return call.organization.attachments.of_session(session, _route(call), call.now)


def _route(call: Call) -> str:
    return f"{call.request.origin}/v3/organizations/{call.organization.id}/attachments"


_ATTACHMENTS = "/v3/organizations/{org_id}/attachments"

ROUTES = [
    Route("POST", _ATTACHMENTS, upload),
    Route("GET", _ATTACHMENTS + "/{uuid}/{name}", download),
    Route("GET", "/v3/organizations/{org_id}/sessions/{devin_id}/attachments", list_of_session),
]
