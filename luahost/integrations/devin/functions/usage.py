"""What was used: ACUs by day, and counts of sessions, pull requests, searches and people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from luahost.errors import InvalidArguments
from luahost.integrations.devin.functions.common import (
    ORG,
    Json,
    endpoints,
    field,
    identifier,
    moment,
    session_id,
    text,
    texts,
)  # fmt: skip
from luahost.integrations.devin.operations import promised, send, simple, single_page
from luahost.spec import Example, Field, Function, Param

if TYPE_CHECKING:
    from luahost.spec import Call

AFTER, BEFORE = moment("time_after", "From then on"), moment("time_before", "Until then")
PERIOD = (AFTER, BEFORE)
REQUIRED_PERIOD = (
    moment("time_after", "From then on", required=True),
    moment("time_before", "Until then", required=True),
)
OF = (
    text("playbook_id", "Only sessions that follow a playbook"),
    texts("user_ids", "Only sessions of users"),
    texts("service_user_ids", "Only sessions of service users"),
)
ACTIVE = (
    Param(name="min_sessions", type="integer", description="Sessions that make a user active", minimum=0),
    Param(name="min_searches", type="integer", description="Searches that make a user active", minimum=0),
)
_WEEK = "{ time_after = os.time() - 7 * 86400, time_before = os.time() }"

CONSUMPTION = (
    field("total_acus", "number", "ACUs used in all"),
    field("consumption_by_date", "array", "Days, which begin at 08:00 UTC: date (seconds), acus, acus_by_product"),
)


def _checked(call: Call, arguments: Json) -> Json:
    after, before = arguments.get("time_after"), arguments.get("time_before")
    if after is not None and before is not None and after > before:
        raise InvalidArguments(f"'time_after' must not be later than 'time_before', {before}, not {after}")
    return promised(call, send(call, arguments))


def _consumption(name: str, summary: str, path: str, of: Param | None, example: str) -> Function:
    return Function(
        name=name,
        summary=summary,
        access="read",
        handler=_checked,
        params=(*([of] if of else []), *PERIOD),
        returns=CONSUMPTION,
        examples=(Example(code=example),),
        endpoints=endpoints(f"GET {ORG}/consumption/daily{path}"),
    )


GET_DAILY_CONSUMPTION = _consumption(
    "get_daily_consumption",
    "Read how many ACUs the organisation has used, day by day.",
    "",
    None,
    f"""\
local used = app.integrations.devin.get_daily_consumption({_WEEK})
print(used.total_acus .. " ACUs in a week")
""",
)

GET_SESSION_CONSUMPTION = _consumption(
    "get_session_consumption",
    "Read how many ACUs a session has used, day by day.",
    "/sessions/{session_id}",
    session_id(),
    """\
local used = app.integrations.devin.get_session_consumption({ session_id = "sess_abc123" })
print(used.total_acus)
""",
)

_ME = "local me = app.integrations.devin.get_current_user()\n"

GET_USER_CONSUMPTION = _consumption(
    "get_user_consumption",
    "Read how many ACUs a user has used, day by day.",
    "/users/{user_id}",
    identifier("user_id", "The user's id"),
    """\
local devin = app.integrations.devin
for user in each(devin.list_users) do
  print(user.name, devin.get_user_consumption({ user_id = user.user_id }).total_acus)
end
""",
)

GET_SERVICE_USER_CONSUMPTION = _consumption(
    "get_service_user_consumption",
    "Read how many ACUs a service user has used, day by day.",
    "/service-users/{service_user_id}",
    identifier("service_user_id", "The service user's id"),
    _ME
    + """\
if me.service_user_id then
  local used = app.integrations.devin.get_service_user_consumption({ service_user_id = me.service_user_id })
  print(used.total_acus)
end
""",
)


def _metrics(
    what: str, summary: str, *counts: tuple[str, str], params: tuple[Param, ...] = REQUIRED_PERIOD, example: str
) -> Function:
    return Function(
        name=f"get_{what.replace('-', '_')}_metrics",
        summary=summary,
        access="read",
        handler=_checked,
        params=params,
        returns=tuple(field(name, "number", description, always=False) for name, description in counts),
        examples=(Example(code=example),),
        endpoints=endpoints(f"GET {ORG}/metrics/{what}"),
    )


def _count(what: str) -> str:
    return f"print(json.encode(app.integrations.devin.get_{what}_metrics({_WEEK})))\n"


def _series(what: str, summary: str) -> Function:
    name = f"get_{what}_metrics"
    return Function(
        name=name,
        summary=summary,
        access="read",
        handler=simple(),
        params=(*REQUIRED_PERIOD, *ACTIVE),
        pages=single_page(lambda answer: answer),
        returns=(Field(name="items", type="array", description="One entry for each day, week or month"),),
        examples=(
            Example(
                code=f"""\
for _, entry in ipairs(app.integrations.devin.{name}({_WEEK}).items) do
  print(json.encode(entry))
end
"""
            ),
        ),
        endpoints=endpoints(f"GET {ORG}/metrics/{what}"),
    )


ALL = (
    GET_DAILY_CONSUMPTION,
    GET_SESSION_CONSUMPTION,
    GET_USER_CONSUMPTION,
    GET_SERVICE_USER_CONSUMPTION,
    _metrics(
        "usage",
        "Read counts of what was done, in all.",
        ("sessions_count", "Sessions"),
        ("searches_count", "Searches"),
        ("prs_created_count", "Pull requests that were created"),
        ("prs_merged_count", "Pull requests that were merged"),
        params=PERIOD,
        example=_count("usage"),
    ),
    _metrics(
        "sessions",
        "Read counts of sessions.",
        (
            "sessions_created_count",
            "Sessions that were created; beside it, by origin and by size",
        ),
        ("sessions_with_merged_prs_count", "Sessions whose pull requests were merged"),
        ("avg_acus_per_session", "ACUs of a session on average"),
        params=(*REQUIRED_PERIOD, *OF),
        example=_count("sessions"),
    ),
    _metrics(
        "prs",
        "Read counts of pull requests.",
        ("prs_created_count", "Created"),
        ("prs_opened_count", "Opened"),
        ("prs_merged_count", "Merged"),
        ("prs_closed_count", "Closed"),
        params=(*REQUIRED_PERIOD, *OF),
        example=_count("prs"),
    ),
    _metrics(
        "searches", "Read counts of searches.", ("searches_created_count", "Searches"), example=_count("searches")
    ),
    _metrics(
        "active-users",
        "Read how many people were active.",
        ("active_users", "People"),
        ("start_time", "From when, in seconds since 1970"),
        ("end_time", "Until when, in seconds since 1970"),
        params=(*REQUIRED_PERIOD, *ACTIVE),
        example=_count("active_users"),
    ),
    _series("dau", "Read how many people were active, by day."),
    _series("wau", "Read how many people were active, by week."),
    _series("mau", "Read how many people were active, by month."),
)
