"""v3: who the key belongs to, and the organisation's members (still under /v3beta1)."""

from __future__ import annotations

from typing import Any

from .answers import Refusal
from .pages import PAGE_QUERY, page
from .people import VIEW_MEMBERS
from .queries import read_query, word
from .routes import Call, Route


def read_self(call: Call) -> dict[str, Any]:
    return call.principal.identity(call.organization.id)


def list_users(call: Call) -> dict[str, Any]:
    query = read_query(call.request, {**PAGE_QUERY, "email": word})
    users = call.organization.people.users
    # Addresses are compared as mail treats them, without regard to case.
    wanted = query.get("email", "").lower()
    found = [user for user in users if not wanted or (user.email or "").lower() == wanted]
    return page(
        found,
        query,
        name=lambda user: str(user.user_id),
        show=lambda user: user.member(call.organization.id),
        order=[str(user.user_id) for user in users],
    )


def read_user(call: Call) -> dict[str, Any]:
    user = call.organization.people.user(call.path["user_id"])
    if user is None:
        raise Refusal(404, f"User {call.path['user_id']} not found")
    return user.member(call.organization.id)


def list_idp_users(call: Call) -> dict[str, Any]:
    """Nobody: the members of the simulator hold their roles directly, not by a group."""
    query = read_query(call.request, {**PAGE_QUERY, "email": word})
    return page([], query, name=str, show=lambda _: {}, order=[])


_USERS = "/v3beta1/organizations/{org_id}/members/users"

ROUTES = [
    Route("GET", "/v3/self", read_self),
    Route("GET", _USERS, list_users, VIEW_MEMBERS),
    Route("GET", _USERS + "/{user_id}", read_user, VIEW_MEMBERS),
    Route("GET", "/v3beta1/organizations/{org_id}/members/idp-users", list_idp_users, VIEW_MEMBERS),
]
