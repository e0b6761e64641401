"""Schedules: sessions that begin by themselves."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from luahost.errors import InvalidArguments
from luahost.integrations.devin.functions.common import (
    FIRST,
    LIMIT,
    OFFSET,
    ORG,
    TAGS,
    Json,
    endpoints,
    field,
    flag,
    identifier,
    list_function,
    text,
)  # fmt: skip
from luahost.integrations.devin.operations import offset_pages, promised, send, simple
from luahost.spec import Example, Function, Param

if TYPE_CHECKING:
    from luahost.spec import Call

_CRON_FIELD = r"[0-9A-Za-z*/,?#L-]+"
_DAY = r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
_TIME = r"([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]+)?)?"


def _settings(*, required: bool) -> tuple[Param, ...]:
    return (
        text("name", "What it is called", required=required),
        text("prompt", "The task of its sessions", required=required),
        Param(
            name="schedule_type", type="string", enum=("recurring", "one_time"), description="recurring, unless said",
        ),
        text(
            "frequency", "When, as cron in UTC: minute hour day month weekday",
            pattern=rf"{_CRON_FIELD}( +{_CRON_FIELD}){{4}}", pattern_hint='five fields of cron, as in "0 9 * * 1"',
        ),
        text(
            "scheduled_at", "When, for one_time: ISO 8601 with its time zone",
            pattern=rf"{_DAY}[Tt ]{_TIME}([Zz]|[+-][0-9]{{2}}:?[0-9]{{2}})",
            pattern_hint='a time with its zone, as in "2026-12-01T09:00:00Z"',
        ),
        Param(name="interval_count", type="integer", description="Every so many times", minimum=1),
        Param(
            name="agent", type="string", enum=("devin", "data_analyst", "advanced"),
            description="Who works; devin, unless said",
        ),
        Param(
            name="notify_on", type="string", enum=("always", "failure", "never"), description="failure, unless said",
        ),
        flag("bypass_approval", "Go on without asking for approval"),
        text("playbook_id", "The playbook that its sessions follow"),
        text("platform", "The machine to work on, or a pool's name"),
        TAGS,
        text("slack_channel_id", "Where to tell of it"),
        text("slack_team_id", "The Slack workspace of that channel"),
        text("target_devin_id", "For one_time: the session to go on with"),
    )  # fmt: skip


SCHEDULE_ID = identifier("schedule_id", "The schedule's id")
SCHEDULE = (
    field("schedule_id", "string", "The schedule's id, which the API calls scheduled_session_id"),
    field("name", "string", "What it is called"),
    field("prompt", "string", "The task of its sessions"),
    field("enabled", "boolean", "Whether it is on"),
    field("frequency", "string", "When, as cron in UTC", always=False),
    field("scheduled_at", "string", "When, for one_time: ISO 8601", always=False),
    field("last_executed_at", "string", "When it last ran: ISO 8601", always=False),
    field("consecutive_failures", "integer", "How often it has failed since it last went well", always=False),
)


def _named(schedule: Any) -> Any:
    """A schedule with its id by the name that every other function uses."""
    if isinstance(schedule, dict) and "scheduled_session_id" in schedule:
        return {**schedule, "schedule_id": schedule["scheduled_session_id"]}
    return schedule


def _shape(_call: Call, answer: Any, _arguments: Json) -> Any:
    return _named(answer)


_walk = offset_pages("items", "scheduled_session_id", more=True)

LIST_SCHEDULES = list_function(
    "list_schedules",
    "List the schedules.",
    v3=f"GET {ORG}/schedules",
    paging=(LIMIT, FIRST, OFFSET),
    returns="Schedules, each as get_schedule gives it",
    walk=lambda call, arguments: (
        {**page, "items": [_named(each) for each in page["items"]]} for page in _walk(call, arguments)
    ),
    example="""\
for schedule in each(app.integrations.devin.list_schedules) do
  print(schedule.schedule_id, schedule.name, schedule.frequency)
end
""",
)

_MAKE = """\
local devin = app.integrations.devin
local schedule = devin.create_schedule({
  name = "Weekly upgrades",
  prompt = "Upgrade the dependencies",
  frequency = "0 9 * * 1"
})
"""

GET_SCHEDULE = Function(
    name="get_schedule",
    summary="Read a schedule.",
    access="read",
    handler=simple(shape=_shape),
    params=(SCHEDULE_ID,),
    returns=SCHEDULE,
    examples=(Example(code=_MAKE + "print(devin.get_schedule({ schedule_id = schedule.schedule_id }).enabled)\n"),),
    endpoints=endpoints(f"GET {ORG}/schedules/{{schedule_id}}"),
)


def _create(call: Call, arguments: Json) -> Json:
    once = arguments.get("schedule_type") == "one_time"
    needed, other = ("scheduled_at", "frequency") if once else ("frequency", "scheduled_at")
    kind = "one_time" if once else "recurring"
    if needed not in arguments:
        raise InvalidArguments(f"{needed!r} is required where schedule_type is {kind}")
    if other in arguments:
        raise InvalidArguments(f"{other!r} does not go with schedule_type {kind}")
    if "target_devin_id" in arguments and not once:
        raise InvalidArguments("'target_devin_id' goes with schedule_type one_time only")
    return promised(call, _named(send(call, arguments)))


CREATE_SCHEDULE = Function(
    name="create_schedule",
    summary="Have sessions begin by themselves, again and again or once.",
    access="write",
    handler=_create,
    params=(*_settings(required=True), text("create_as_user_id", "On whose behalf; the key must be allowed to")),
    returns=SCHEDULE,
    examples=(Example(code=_MAKE + "print(schedule.schedule_id)\n"),),
    endpoints=endpoints(f"POST {ORG}/schedules"),
)


def _update(call: Call, arguments: Json) -> Json:
    changes = {name: value for name, value in arguments.items() if name != "clear_playbook"}
    if arguments.get("clear_playbook"):
        if "playbook_id" in changes:
            raise InvalidArguments("'clear_playbook' does not go with 'playbook_id'")
        changes["playbook_id"] = None
    return promised(call, _named(send(call, changes)))


UPDATE_SCHEDULE = Function(
    name="update_schedule",
    summary="Change a schedule; what is not named stays.",
    access="write",
    partial=True,
    handler=_update,
    params=(
        SCHEDULE_ID,
        *_settings(required=False),
        flag("enabled", "Whether it is on"),
        flag("clear_playbook", "Have its sessions follow no playbook any more"),
        text("run_as_user_id", "On whose behalf; the key must be allowed to"),
    ),
    returns=SCHEDULE,
    examples=(
        Example(code=_MAKE + "devin.update_schedule({ schedule_id = schedule.schedule_id, enabled = false })\n"),
    ),
    endpoints=endpoints(f"PATCH {ORG}/schedules/{{schedule_id}}"),
    notes=("`json.null` changes nothing, and is refused: `clear_playbook = true` takes the playbook away.",),
)

DELETE_SCHEDULE = Function(
    name="delete_schedule",
    summary="Delete a schedule.",
    access="write",
    handler=simple(shape=_shape),
    params=(SCHEDULE_ID,),
    returns=(replace(SCHEDULE[0], always=False),),
    examples=(Example(code=_MAKE + "devin.delete_schedule({ schedule_id = schedule.schedule_id })\n"),),
    endpoints=endpoints(f"DELETE {ORG}/schedules/{{schedule_id}}"),
)

ALL = (LIST_SCHEDULES, GET_SCHEDULE, CREATE_SCHEDULE, UPDATE_SCHEDULE, DELETE_SCHEDULE)
