"""What the functions of Devin's families share: parameters, fields, and how a list is declared."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from luahost.errors import InvalidArguments
from luahost.integrations.devin.operations import gathered, pages
from luahost.spec import Example, Field, Function, Param

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from luahost.spec import Call

Json = dict[str, Any]
V1, V3 = ("v1",), ("v3",)

ORG = "/v3/organizations/{org_id}"
BETA = "/v3beta1/organizations/{org_id}"
SESSION = ORG + "/sessions/{devin_id}"

MAX_TAGS = 50
MAX_CONTENT = 24 << 20
"""Bytes of one file that is uploaded: with what stands for it on the way, the most that a request may have."""

ORIGINS = ("webapp", "slack", "teams", "api", "linear", "jira", "automation", "cli", "desktop", "code_scan", "other")
CATEGORIES = (
    "bug_fixing", "ci_cd_and_devops", "code_quality_and_security", "code_review", "code_review_and_analysis",
    "data_and_automation", "documentation_and_content", "feature_development", "migrations_and_upgrades", "other",
    "production_investigation", "refactoring_and_optimization", "research_and_exploration", "security",
    "unit_test_generation",
)  # fmt: skip

_SESSION_ID = Param(
    name="session_id",
    type="string",
    required=True,
    description="",
    pattern=r"[A-Za-z0-9][A-Za-z0-9_-]{0,127}",
    pattern_hint="a session's id: letters, digits, - and _, with or without devin-",
)


def session_id(description: str = "The session's id") -> Param:
    return replace(_SESSION_ID, description=description)


def text(name: str, description: str, **how: Any) -> Param:
    """A string, not an empty one."""
    return Param(name=name, type="string", description=description, **{"min_length": 1, **how})


def texts(name: str, description: str, **how: Any) -> Param:
    return Param(name=name, type="array", items="string", description=description, **how)


def flag(name: str, description: str, **how: Any) -> Param:
    return Param(name=name, type="boolean", description=description, **how)


def identifier(name: str, description: str, **how: Any) -> Param:
    """An id that goes into a path."""
    return text(name, description, required=True, max_length=256, **how)


def moment(name: str, description: str, **how: Any) -> Param:
    return Param(name=name, type="integer", description=f"{description}, in seconds since 1970", minimum=0, **how)


LIMIT = Param(name="limit", type="integer", description="Stop after so many; without it, all are given", minimum=1)
FIRST = Param(
    name="first", type="integer", description="One page of so many, in place of the whole list", minimum=1, maximum=200
)
AFTER = text("after", "One page, from the `end_cursor` of the page before", versions=V3)
OFFSET = Param(name="offset", type="integer", description="One page, after so many entries", minimum=0)
CURSOR = (LIMIT, FIRST, AFTER)

TAGS = texts(
    "tags",
    "Tags",
    max_length=MAX_TAGS,
    pattern=r"[\s\S]+",
    pattern_hint="a text that is not empty",
)
URLS = texts(
    "attachment_urls",
    "Files for Devin, as upload_attachment gives them, or any https address",
    pattern=r"https://\S{1,2075}|http://(127\.0\.0\.1|localhost|\[::1\])[:/]\S{0,2040}",
    pattern_hint="an https:// address of at most 2083 characters",
)

ID_FIELD = Field(name="session_id", type="string", description="The session's id")
STATUS = Field(
    name="status",
    type="string",
    description="v3: new, claimed, running, exit, error, suspended or resuming; v1: a word such as running",
    enum=("new", "claimed", "running", "exit", "error", "suspended", "resuming", "blocked"),  # the last is v1's
)
STATUS_DETAIL = Field(
    name="status_detail",
    type="string",
    description="v3: working, waiting_for_user, finished …; a finished task is still running until it sleeps",
    always=False,
    enum=(
        "working", "waiting_for_user", "waiting_for_approval", "finished", "inactivity", "user_request",
        "usage_limit_exceeded", "out_of_credits", "out_of_quota", "no_quota_allocation", "payment_declined",
        "org_usage_limit_exceeded", "user_usage_limit_exceeded", "total_session_limit_exceeded", "error",
    ),
)  # fmt: skip
SESSION_FIELDS = (
    replace(ID_FIELD, versions=V3),
    replace(STATUS, versions=V3),
    Field(name="is_archived", type="boolean", description="Whether it is archived (v3)", always=False),
    Field(name="url", type="string", description="Where people watch the session (v3)", always=False),
)
PAGE_FIELDS = (
    Field(name="end_cursor", type="string", description="Where the next page begins", always=False, versions=V3),
    Field(name="has_next_page", type="boolean", description="Whether there is a next page", always=False, versions=V3),
    Field(name="total", type="integer", description="How many there are, where told", always=False, versions=V3),
)
"""What comes beside the entries of a list that the API gives by pages."""


def field(name: str, kind: Any, description: str, *, always: bool = True, versions: tuple[str, ...] = ()) -> Field:
    return Field(name=name, type=kind, description=description, always=always, versions=versions)


def without_alias(arguments: Json, alias: str, name: str) -> Json:
    """The arguments with what is given as `alias` under its `name`; that both say different things is an error."""
    rest = {each: value for each, value in arguments.items() if each != alias}
    if alias in arguments and rest.setdefault(name, arguments[alias]) != arguments[alias]:
        raise InvalidArguments(f"{alias!r} and {name!r} mean the same, and differ", hint="give one of them")
    return rest


def endpoints(v3: str | None = None, v1: str | None = None) -> Mapping[str, str]:
    return MappingProxyType({name: found for name, found in (("v3", v3), ("v1", v1)) if found})


def check_urls(call: Call, arguments: Json) -> None:
    """Plain http leads to the script's own machine, which no API elsewhere can read: it is for one that runs there."""
    for at, url in enumerate(arguments.get(URLS.name, ()), 1):
        if not url.startswith("https://") and not call.is_local:
            shown = repr(url) if len(url) <= 200 else repr(url[:200]) + "…"
            raise InvalidArguments(f"{URLS.name!r} at [{at}] must be {URLS.pattern_hint}, not {shown}")


def list_function(
    name: str,
    summary: str,
    *,
    v3: str,
    v1: str | None = None,
    params: tuple[Param, ...] = (),
    paging: tuple[Param, ...] = CURSOR,
    returns: str = "The entries, from all pages",
    entries: str = "items",
    walk: Callable[[Call, Json], Iterator[Json]] = pages,
    example: str,
    notes: tuple[str, ...] = (),
) -> Function:
    """A function that lists; whole, some, a page, or with each."""
    return Function(
        name=name,
        summary=summary,
        access="read",
        handler=gathered,
        pages=walk,
        entries=entries,
        params=(*params, *paging),
        returns=(field(entries, "array", returns), *(PAGE_FIELDS if paging != (LIMIT,) else ())),
        examples=(Example(code=example),),
        endpoints=endpoints(v3, v1),
        notes=notes,
    )
