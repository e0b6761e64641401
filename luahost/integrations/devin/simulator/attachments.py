"""The files of the organisation: what was uploaded, and what Devin leaves when a session has done its work."""

from __future__ import annotations

import re
import uuid
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote, unquote, urlsplit

from .draws import drawn_hex

if TYPE_CHECKING:
    from .multipart import File
    from .session import Session

_ROUTE = re.compile(r"/(?:v1|v3/organizations/[^/]+)/attachments/([^/]+)/([^/]+)")
_SUMMARY = "summary.md"


class Attachment(NamedTuple):
    id: str
    name: str
    content_type: str
    content: bytes

    @property
    def path(self) -> str:
        """The end of every URL that leads to it."""
        return f"{self.id}/{quote(self.name, safe='')}"


class Attachments:
    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._uploaded: dict[str, Attachment] = {}

    def add(self, file: File) -> Attachment:
        attachment = Attachment(self._id("upload", len(self._uploaded)), *file)
        self._uploaded[attachment.id] = attachment
        return attachment

    def find(self, attachment_id: str, name: str, sessions: dict[str, Session], now: float) -> Attachment | None:
        """What stands under this id and name by now."""
        known = self._uploaded.get(attachment_id)
        if known is None:
            left = (self._left_by(session, now) for session in sessions.values())
            known = next((one for one in left if one is not None and one.id == attachment_id), None)
        return known if known is not None and known.name == name else None

    def of_session(self, session: Session, route: str, now: float) -> list[dict[str, Any]]:
        """The SessionAttachments, the user's first; `route` is the URL that attachments stand under."""
        items = [self._given(url, route) for url in session.attachment_urls]
        left = self._left_by(session, now)
        return items if left is None else [*items, _item(left, "devin", route)]

    def _given(self, url: str, route: str) -> dict[str, Any]:
        try:
            path = urlsplit(url).path
        except ValueError:
            path = ""
        found = _ROUTE.fullmatch(path)
        known = self._uploaded.get(found[1]) if found is not None else None
        if found is not None and known is not None and known.name == unquote(found[2]):
            return _item(known, "user", route)
        return {
            "attachment_id": self._id("link", url),
            "name": unquote(path.rpartition("/")[2]) or "attachment",
            "url": url,
            "source": "user",
            "content_type": None,
        }

    def _left_by(self, session: Session, now: float) -> Attachment | None:
        if not session.life.finished_by(now):
            return None
        text = f"# {session.title or 'Summary'}\n\nAsked for:\n\n{session.prompt}\n\nDone.\n"
        return Attachment(self._id("summary", session.number), _SUMMARY, "text/markdown", text.encode())

    def _id(self, *words: object) -> str:
        return str(uuid.UUID(drawn_hex(self._seed, "attachment", *words)))


def _item(attachment: Attachment, source: str, route: str) -> dict[str, Any]:
    return {
        "attachment_id": attachment.id,
        "name": attachment.name,
        "url": f"{route}/{attachment.path}",
        "source": source,
        "content_type": attachment.content_type,
    }
