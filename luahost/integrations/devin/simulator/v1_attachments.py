"""v1: the same files, by their URL alone."""

from __future__ import annotations

from .multipart import read_file
from .routes import Call, Route
from .v3_attachments import download


def upload(call: Call) -> str:
    """The URL as a JSON string; a prompt refers to it by `ATTACHMENT:"<url>"`."""
    attachment = call.organization.attachments.add(read_file(call.request))
    return f"{call.request.origin}/v1/attachments/{attachment.path}"


ROUTES = [
    Route("POST", "/v1/attachments", upload),
    Route("GET", "/v1/attachments/{uuid}/{name}", download),
]
