"""v3: schedules, which are kept with all their rules but never fire."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from . import checks, queries
from .answers import failure, invalid
from .clock import iso
from .cron import is_cron
from .library import Schedule
from .organization import MOST_TAGS
from .people import MANAGE_SCHEDULES
from .routes import Call, Route
from .v3_sessions import acting, check_platform

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .answers import Failure
    from .checks import Loc, Verdict


def _cron(value: Any, loc: Loc) -> Verdict:
    yield from checks.text()(value, loc)
    if isinstance(value, str) and not is_cron(value):
        yield failure(loc, "Input should be a cron expression of five fields", "value_error")


_TEXT = checks.text()
_REQUIRED = {"name": _TEXT, "prompt": _TEXT}
_DEFAULTED = {
    "schedule_type": checks.one_of("recurring", "one_time"),
    "interval_count": checks.whole(at_least=1),
    "agent": checks.one_of("devin", "data_analyst", "advanced"),  # the last in older documentation only
    "notify_on": checks.one_of("always", "failure", "never"),
    "bypass_approval": checks.flag,
}
_NULLABLE = {
    "frequency": checks.nullable(_cron),
    "scheduled_at": checks.nullable(checks.moment),
    "playbook_id": checks.nullable(_TEXT),
    "platform": checks.nullable(_TEXT),
    "tags": checks.nullable(checks.many(_TEXT, at_most=MOST_TAGS)),
    "slack_channel_id": checks.nullable(_TEXT),
    "slack_team_id": checks.nullable(_TEXT),
    "target_devin_id": checks.nullable(_TEXT),
}
_CREATE = checks.fields(_REQUIRED, {**_DEFAULTED, **_NULLABLE, "create_as_user_id": checks.nullable(_TEXT)})
_PATCH = checks.fields(
    {},
    {
        **{name: checks.nullable(check) for name, check in {**_REQUIRED, **_DEFAULTED}.items()},
        **_NULLABLE,
        "enabled": checks.nullable(checks.flag),
        "run_as_user_id": checks.nullable(_TEXT),
    },
)
_NEW: dict[str, Any] = {
    "schedule_type": "recurring",
    "interval_count": 1,
    "agent": "devin",
    "notify_on": "failure",
    "bypass_approval": False,
    **dict.fromkeys(_NULLABLE),
    "enabled": True,
}
_KNOWN = frozenset({*_REQUIRED, *_NEW})
_LIST_QUERY = {"limit": queries.count(at_least=1, at_most=200), "offset": queries.count(at_least=0)}


def _view(call: Call, schedule: Schedule) -> dict[str, Any]:
    options = schedule.options
    recurring = options["schedule_type"] == "recurring"
    return {
        **{name: value for name, value in options.items() if name != "playbook_id"},
        "scheduled_session_id": schedule.id,
        "org_id": call.organization.id,
        "created_by": schedule.created_by.id,
        "last_edited_by": schedule.edited_by.id if schedule.edited_by is not None else None,
        "playbook": _playbook(call, options["playbook_id"]),
        # What belongs to the other type is kept, for a change back, but has no meaning meanwhile.
        "frequency": options["frequency"] if recurring else None,
        "scheduled_at": None if recurring else options["scheduled_at"],
        "target_devin_id": None if recurring else options["target_devin_id"],
        "created_at": iso(schedule.created_at),
        "updated_at": iso(schedule.updated_at),
        "last_executed_at": None,
        "last_error_at": None,
        "last_error_message": None,
        "consecutive_failures": 0,
    }


def _playbook(call: Call, playbook_id: str | None) -> dict[str, Any] | None:
    """Without a title when the playbook has been deleted since."""
    if playbook_id is None:
        return None
    playbook = call.organization.library.playbooks.find(playbook_id)
    return {"playbook_id": playbook_id, "title": playbook.title if playbook is not None else None}


def list_all(call: Call) -> dict[str, Any]:
    """The envelope of cursor paging around a list that is paged by offset."""
    query = queries.read_query(call.request, _LIST_QUERY)
    schedules = call.organization.library.schedules.newest_first()
    start = query.get("offset", 0)
    end = start + query.get("limit", 200)
    return {
        "items": [_view(call, schedule) for schedule in schedules[start:end]],
        "end_cursor": None,
        "has_next_page": end < len(schedules),
        "total": len(schedules),
    }


def create(call: Call) -> dict[str, Any]:
    body = checks.read_body(call.request, _CREATE)
    options = _merged(call, _NEW, body)
    schedules = call.organization.library.schedules
    schedule = Schedule(
        id=schedules.next_id(),
        options=options,
        created_by=acting(call, body.get("create_as_user_id")),
        edited_by=None,
        created_at=call.now,
        updated_at=call.now,
    )
    return _view(call, schedules.put(schedule))


def read(call: Call) -> dict[str, Any]:
    return _view(call, call.organization.library.schedules.get(call.path["schedule_id"]))


def update(call: Call) -> dict[str, Any]:
    """A null takes the playbook away; in any other field it changes nothing."""
    body = checks.read_body(call.request, _PATCH)
    schedules = call.organization.library.schedules
    schedule = schedules.get(call.path["schedule_id"])
    options = _merged(call, schedule.options, body)
    run_as = body.get("run_as_user_id")
    changed = schedule._replace(
        options=options,
        created_by=schedule.created_by if run_as is None else acting(call, run_as),
        edited_by=call.principal,
        updated_at=call.now,
    )
    return _view(call, schedules.put(changed))


def delete(call: Call) -> dict[str, Any]:
    return _view(call, call.organization.library.schedules.remove(call.path["schedule_id"]))


def _merged(call: Call, before: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
    """What the options become, once all that the body says fits together and exists."""
    said = {name: value for name, value in body.items() if name in _KNOWN and value is not None}
    if "scheduled_at" in said:
        said["scheduled_at"] = _utc(said["scheduled_at"])
    options = {**before, **said}
    if body.get("playbook_id", "") is None:
        options["playbook_id"] = None
    failures = list(_contradictions(options, said, call.now))
    if failures:
        raise invalid(*failures)
    check_platform(said.get("platform"))
    call.organization.check_tags(said.get("tags", []))
    if "playbook_id" in said:
        call.organization.library.playbooks.get(said["playbook_id"])
    if "target_devin_id" in said:
        call.organization.session(said["target_devin_id"])
    return options


def _utc(text: str) -> str:
    return datetime.fromisoformat(text).astimezone(UTC).isoformat(timespec="microseconds")


def _contradictions(options: dict[str, Any], said: dict[str, Any], now: float) -> Iterator[Failure]:
    if options["schedule_type"] == "recurring":
        if options["frequency"] is None:
            yield failure(("body", "frequency"), "A recurring schedule needs a frequency", "value_error")
        if "target_devin_id" in said:
            msg = "Only a one_time schedule can target a session"
            yield failure(("body", "target_devin_id"), msg, "value_error")
    elif options["scheduled_at"] is None:
        yield failure(("body", "scheduled_at"), "A one_time schedule needs scheduled_at", "value_error")
    # One whose time has passed may still be renamed.
    elif (
        not said.keys().isdisjoint({"scheduled_at", "schedule_type"})
        and datetime.fromisoformat(options["scheduled_at"]).timestamp() <= now
    ):
        yield failure(("body", "scheduled_at"), "Input should be in the future", "datetime_future")


_SCHEDULES = "/v3/organizations/{org_id}/schedules"
_SCHEDULE = _SCHEDULES + "/{schedule_id}"

ROUTES = [
    Route("GET", _SCHEDULES, list_all, MANAGE_SCHEDULES),
    Route("POST", _SCHEDULES, create, MANAGE_SCHEDULES),
    Route("GET", _SCHEDULE, read, MANAGE_SCHEDULES),
    Route("PATCH", _SCHEDULE, update, MANAGE_SCHEDULES),
    Route("DELETE", _SCHEDULE, delete, MANAGE_SCHEDULES),
]
