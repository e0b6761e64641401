"""v3: the tags that the sessions of the organisation may have, which the enterprise decides."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import checks
from .answers import Refusal, failure, invalid
from .people import MANAGE_ENTERPRISE
from .routes import Call, Route

if TYPE_CHECKING:
    from collections.abc import Sequence

_TAG = checks.text(at_least=1)
_TAGS = checks.fields({"tags": checks.many(_TAG)})
_DEFAULT = checks.fields({"tag": _TAG})


def list_all(call: Call) -> dict[str, Any]:
    return {"tags": call.organization.vocabulary}


def append(call: Call) -> dict[str, Any]:
    return _set(call, [*call.organization.vocabulary, *checks.read_body(call.request, _TAGS)["tags"]])


def replace(call: Call) -> dict[str, Any]:
    return _set(call, checks.read_body(call.request, _TAGS)["tags"])


def clear(call: Call) -> dict[str, Any]:
    return _set(call, [])


def remove(call: Call) -> dict[str, Any]:
    known = call.organization.vocabulary
    if call.path["tag"] not in known:
        raise Refusal(404, f"Tag {call.path['tag']} not found")
    return _set(call, [tag for tag in known if tag != call.path["tag"]])


def _set(call: Call, tags: Sequence[str]) -> dict[str, Any]:
    """Sessions keep the tags that they have; a default that is no longer allowed goes."""
    organization = call.organization
    # Without any tag there is no vocabulary, and sessions may have all.
    organization.allowed_tags = list(dict.fromkeys(tags)) or None
    if organization.default_tag not in tags:
        organization.default_tag = None
    return list_all(call)


def read_default(call: Call) -> dict[str, Any]:
    return {"default_tag": call.organization.default_tag}


def set_default(call: Call) -> dict[str, Any]:
    tag = checks.read_body(call.request, _DEFAULT)["tag"]
    if tag not in call.organization.vocabulary:
        raise invalid(failure(("body", "tag"), "The default should be one of the allowed tags", "value_error"))
    call.organization.default_tag = tag
    return read_default(call)


def clear_default(call: Call) -> dict[str, Any]:
    call.organization.default_tag = None
    return read_default(call)


_TAGS_PATH = "/v3/enterprise/organizations/{org_id}/tags"

ROUTES = [
    Route("GET", _TAGS_PATH, list_all, MANAGE_ENTERPRISE),
    Route("POST", _TAGS_PATH, append, MANAGE_ENTERPRISE),
    Route("PUT", _TAGS_PATH, replace, MANAGE_ENTERPRISE),
    Route("DELETE", _TAGS_PATH, clear, MANAGE_ENTERPRISE),
    # Before the tags, of which none can be called "default" in a path.
    Route("GET", _TAGS_PATH + "/default", read_default, MANAGE_ENTERPRISE),
    Route("PUT", _TAGS_PATH + "/default", set_default, MANAGE_ENTERPRISE),
    Route("DELETE", _TAGS_PATH + "/default", clear_default, MANAGE_ENTERPRISE),
    Route("DELETE", _TAGS_PATH + "/{tag}", remove, MANAGE_ENTERPRISE),
]
