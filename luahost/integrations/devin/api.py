"""What differs between Devin's API v3 and v1: paths, pages and shapes. Both give what the reference documents.

Sources: the v3 OpenAPI document and pages of docs.devin.ai (organisation sessions, self, pagination), and the
v1 OpenAPI document. v1 is deprecated, and still served.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from luahost.errors import Forbidden, InvalidResponse, LuaHostError, MissingCredentials, NotFound
from luahost.spec import quote

if TYPE_CHECKING:
    from collections.abc import Iterator

    from luahost.spec import Call

Json = dict[str, Any]
PAGE = 200
"""Sessions a page: v3's most; v1 allows more, and gains nothing by it."""


class Api(Protocol):
    """One account's Devin, whichever version it speaks."""

    def organization(self) -> str | None: ...

    def create_session(self, body: Json) -> Json: ...

    def get_session(self, session_id: str) -> Json: ...

    def list_sessions(self, tag: str | None = None) -> Json: ...

    def send_message(self, session_id: str, message: str) -> Json: ...

    def current_user(self) -> Json: ...


def api_of(call: Call) -> Api:
    return V3(call) if call.version == "v3" else V1(call)


def in_path(session_id: str) -> str:
    """A session's id as paths want it: with `devin-`, which v3 leaves out of what it answers."""
    return quote(session_id if session_id.startswith("devin-") else f"devin-{session_id}")


def expect(answer: Any, field: str | None, what: str) -> Json:
    """The answer as an object that has `field`; raises InvalidResponse, naming what is missing."""
    if not isinstance(answer, dict):
        raise InvalidResponse(f"the answer to {what} is not an object", details={"answer": answer})
    if field is not None and not isinstance(answer.get(field), str):
        raise InvalidResponse(f"the answer to {what} has no {field}", details={"answer": answer})
    return answer


def _items(answer: Json, field: str, what: str) -> list[Any]:
    items = answer.get(field)
    if not isinstance(items, list):
        raise InvalidResponse(f"the answer to {what} has no list {field}", details={"fields": sorted(answer)})
    return items


class V3:
    """API v3: everything lies under the organisation."""

    def __init__(self, call: Call) -> None:
        self._call = call

    def organization(self) -> str:
        """The organisation's id: as set, else asked for once an account."""
        return self._call.org_id or self._call.remember("org_id", self._find_organization)

    def _find_organization(self) -> str:
        found = expect(self._call.http.get("/v3/self"), None, "GET /v3/self").get("org_id")
        if not isinstance(found, str) or not found:
            raise MissingCredentials(
                "the key belongs to no single organisation, so org_id must be set",
                hint="set org_id in config.toml, or beside the key: LUAHOST_DEVIN_ORG_ID, "
                "LUAHOST_DEVIN_<ACCOUNT>_ORG_ID, "
                "or DEVIN_ORG_ID where the key is in DEVIN_API_KEY",
            )
        return found

    def _path(self, rest: str) -> str:
        return f"/v3/organizations/{quote(self.organization())}{rest}"

    def create_session(self, body: Json) -> Json:
        made = self._call.http.write("POST", self._path("/sessions"), body)
        return expect(made, "session_id", "creating a session")

    def get_session(self, session_id: str) -> Json:
        found = self._call.http.get(self._path(f"/sessions/{in_path(session_id)}"))
        return expect(found, "session_id", "reading a session")

    def list_sessions(self, tag: str | None = None) -> Json:
        """All sessions, as `sessions` in the last page's envelope, in the API's order."""
        sessions: list[Any] = []
        page: Json = {}
        for page in self._pages([("tags", tag)] if tag else []):
            sessions += _items(page, "items", "listing sessions")
        kept = {name: value for name, value in page.items() if name != "items"}
        return {**kept, "sessions": sessions}

    def _pages(self, query: list[tuple[str, str]]) -> Iterator[Json]:
        cursors: set[str] = set()
        after: list[tuple[str, str]] = []
        while True:
            path = self._path("/sessions")
            page = expect(self._call.http.get(path, [("first", str(PAGE)), *query, *after]), None, "listing sessions")
            yield page
            cursor = page.get("end_cursor")
            if not page.get("has_next_page"):
                return
            if not isinstance(cursor, str) or not cursor:
                raise InvalidResponse("the list goes on, and its page does not say where", details={"cursor": cursor})
            if cursor in cursors:
                raise InvalidResponse("the pages of the list go round in a circle", details={"cursor": cursor})
            cursors.add(cursor)
            after = [("after", cursor)]

    def send_message(self, session_id: str, message: str) -> Json:
        path = self._path(f"/sessions/{in_path(session_id)}/messages")
        answer = self._call.http.write("POST", path, {"message": message})
        return {} if answer is None else expect(answer, None, "sending a message")

    def current_user(self) -> Json:
        """The principal, with `name` and `email` where the API knows them: v3 calls neither so."""
        user = dict(expect(self._call.http.get("/v3/self"), None, "GET /v3/self"))
        name = user.get("service_user_name") or user.get("user_name")
        organization = self._call.org_id or user.get("org_id")
        member: Json = {}
        if user.get("user_id") and organization:
            member = self._member(organization, user["user_id"])
        name = name or member.get("name")
        if name:
            user["name"] = name
        if member.get("email"):
            user["email"] = member["email"]
        return user

    def _member(self, organization: str, user_id: str) -> Json:
        try:
            path = f"/v3beta1/organizations/{quote(organization)}/members/users/{quote(user_id)}"
            found = self._call.http.get(path)
        except (Forbidden, NotFound):
            return {}  # not every key may read members
        except LuaHostError as error:
            self._call.notice(f"the user's email could not be read: {error.message}")
            return {}
        return found if isinstance(found, dict) else {}


class V1:
    """API v1: the key itself is the organisation's."""

    def __init__(self, call: Call) -> None:
        self._call = call

    def organization(self) -> str | None:
        return None

    def create_session(self, body: Json) -> Json:
        made = self._call.http.write("POST", "/v1/sessions", body)
        return expect(made, "session_id", "creating a session")

    def get_session(self, session_id: str) -> Json:
        found = self._call.http.get(f"/v1/sessions/{in_path(session_id)}")
        return expect(found, "session_id", "reading a session")

    def list_sessions(self, tag: str | None = None) -> Json:
        """All sessions, newest first. A session made meanwhile moves the pages: each is given once."""
        seen: dict[Any, Any] = {}
        offset = 0
        while True:
            query = [("limit", str(PAGE)), ("offset", str(offset)), *([("tags", tag)] if tag else [])]
            page = expect(self._call.http.get("/v1/sessions", query), None, "listing sessions")
            found = _items(page, "sessions", "listing sessions")
            before = len(seen)
            for each in found:
                name = each.get("session_id") if isinstance(each, dict) else None
                seen.setdefault(name if isinstance(name, str) else len(seen), each)
            if found and len(seen) == before:
                raise InvalidResponse("the pages of the list go round in a circle", details={"offset": offset})
            offset += len(found)
            if len(found) < PAGE:
                return {**page, "sessions": list(seen.values())}

    def send_message(self, session_id: str, message: str) -> Json:
        """What the API says, which is mostly nothing: 204, null, or why the message was not taken."""
        answer = self._call.http.write("POST", f"/v1/sessions/{in_path(session_id)}/message", {"message": message})
        if answer is None:
            return {}
        answer = expect(answer, None, "sending a message")
        if isinstance(answer.get("detail"), str):
            self._call.notice(f"about the message, Devin says: {answer['detail']}")
        return answer

    def current_user(self) -> Json:
        """v1 has no identity: the key is checked by reading, and nothing is known of its owner."""
        self._call.http.get("/v1/sessions", [("limit", "1")])
        self._call.notice("API v1 does not tell whose key it is: name and email are not known")
        return {"api_version": "v1"}
