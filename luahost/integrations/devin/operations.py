"""One operation of the API for each version: what is Devin's own of how an endpoint becomes a request.

The rest is `luahost.rest`: a function names its endpoints, as in "GET /v3/organizations/{org_id}/notes/{note_id}".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from luahost.errors import MissingCredentials
from luahost.rest import Api, Place, by_version, expect, gathered, promised, quote

if TYPE_CHECKING:
    from luahost.spec import Call

__all__ = [
    "by_version", "expect", "gathered", "in_path", "offset_pages", "organization", "pages", "promised", "send",
    "simple", "single_page",
]  # fmt: skip

PAGE = 200
"""Entries a page, where a list is read to its end: the API's most."""


def organization(call: Call) -> str:
    """The organisation's id: as set, else asked for once an account."""
    return call.org_id or call.remember("org_id", lambda: _find_organization(call))


def _find_organization(call: Call) -> str:
    found = expect(call.http.get("/v3/self"), None, "GET /v3/self").get("org_id")
    if not isinstance(found, str) or not found:
        raise MissingCredentials(
            "the key belongs to no single organisation, so org_id must be set",
            hint="set org_id in config.toml, or beside the key: LUAHOST_DEVIN_ORG_ID, "
            "LUAHOST_DEVIN_<ACCOUNT>_ORG_ID, "
            "or DEVIN_ORG_ID where the key is in DEVIN_API_KEY",
        )
    return found


def in_path(session_id: str) -> str:
    """A session's id as paths want it: with `devin-`, which v3 leaves out of what it answers."""
    return quote(session_id if session_id.startswith("devin-") else f"devin-{session_id}")


_session = Place(lambda _call, given: in_path(given), "session_id")
_api = Api(
    places={
        "org_id": Place(lambda call, _: quote(organization(call))),
        "devin_id": _session,
        "session_id": _session,
    },
    most=PAGE,
)
send = _api.send
simple = _api.request
pages = _api.cursor_pages()
offset_pages = _api.offset_pages
single_page = _api.single_page
