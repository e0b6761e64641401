"""Where downloads are redirected to: presigned URLs on the simulator's own host."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .answers import Answer, Refusal, redirect

if TYPE_CHECKING:
    from .attachments import Attachment
    from .organization import Organization
    from .request import Request

PREFIX = "/storage/"
_SECONDS_VALID = 3600


def link(attachment: Attachment, request: Request, organization: Organization, now: float) -> Answer:
    """The redirect of a download: whoever has the URL may read the file, for an hour."""
    expires = int(now) + _SECONDS_VALID
    signature = organization.signature(attachment.id, expires)
    query = f"?expires={expires}&signature={signature}"
    return redirect(f"{request.origin}{PREFIX}{attachment.path}{query}")


def serve(request: Request, organization: Organization, now: float) -> Answer:
    """The bytes behind a presigned URL.

    A key is not looked at. The service's storage is another host, so no client brings one there; here it
    is the same host, to which httpx, requests and curl keep the key as they follow the redirect.
    """
    if request.method != "GET":
        raise Refusal(405, "Method Not Allowed", headers={"allow": "GET"})
    attachment_id, _, name = request.path.removeprefix(PREFIX).partition("/")
    expires = request.query.get("expires", [""])[-1]
    signed = [organization.signature(attachment_id, expires)] == request.query.get("signature")
    if not (expires.isascii() and expires.isdecimal() and signed):
        raise Refusal(403, "The signature does not match")
    if now >= int(expires):
        raise Refusal(403, "The URL has expired")
    attachment = organization.attachments.find(attachment_id, name, organization.sessions, now)
    if attachment is None:
        raise Refusal(404, "No such file")
    return Answer(200, attachment.content, {"content-type": attachment.content_type})
