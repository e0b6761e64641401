from __future__ import annotations

from typing import Any

import pytest

from luahost.integrations.devin.simulator.cron import is_cron

NIGHTLY = {"name": "Nightly", "prompt": "Update the dependencies", "frequency": "0 3 * * *"}
ONCE = {"name": "Once", "prompt": "Wish a happy new year", "schedule_type": "one_time"}
SOON = "2026-04-05T11:00:01+02:00"  # a second after the clock's start


@pytest.fixture
def schedules(v3: Any) -> str:
    return f"{v3.organization}/schedules"


def test_a_new_schedule_has_every_field(v3: Any, schedules: str) -> None:
    made = v3("POST", schedules, NIGHTLY)
    assert made.status == 200
    assert made.json == {
        "scheduled_session_id": made.json["scheduled_session_id"],
        "org_id": v3.simulator.org_id,
        "created_by": v3("GET", "/v3/self").json["user_id"],
        "last_edited_by": None,
        **NIGHTLY,
        "playbook": None,
        "schedule_type": "recurring",
        "scheduled_at": None,
        "interval_count": 1,
        "enabled": True,
        "agent": "devin",
        "notify_on": "failure",
        "bypass_approval": False,
        "platform": None,
        "tags": None,
        "slack_channel_id": None,
        "slack_team_id": None,
        "target_devin_id": None,
        "created_at": "2026-04-05T09:00:00.000000+00:00",
        "updated_at": "2026-04-05T09:00:00.000000+00:00",
        "last_executed_at": None,
        "last_error_at": None,
        "last_error_message": None,
        "consecutive_failures": 0,
    }
    assert v3("GET", f"{schedules}/{made.json['scheduled_session_id']}").json == made.json


@pytest.mark.parametrize("agent", ["devin", "data_analyst", "advanced"])
def test_an_agent_is_one_of_today_or_of_older_documentation(v3: Any, schedules: str, agent: str) -> None:
    assert v3("POST", schedules, {**NIGHTLY, "agent": agent}).json["agent"] == agent


def test_a_single_run_is_shown_in_utc_and_may_target_a_session(v3: Any, schedules: str) -> None:
    made = v3("POST", schedules, {**ONCE, "scheduled_at": SOON, "target_devin_id": "devin-sess_abc123"}).json
    assert (made["schedule_type"], made["frequency"]) == ("one_time", None)
    assert made["scheduled_at"] == "2026-04-05T09:00:01.000000+00:00"
    assert made["target_devin_id"] == "devin-sess_abc123"


@pytest.mark.parametrize(
    ("body", "field", "kind"),
    [
        ({**NIGHTLY, "name": None}, "name", "string_type"),
        ({"prompt": "p", "frequency": "0 3 * * *"}, "name", "missing"),
        ({"name": "n", "frequency": "0 3 * * *"}, "prompt", "missing"),
        ({"name": "n", "prompt": "p"}, "frequency", "value_error"),
        ({**NIGHTLY, "frequency": "daily"}, "frequency", "value_error"),
        ({**NIGHTLY, "frequency": 5}, "frequency", "string_type"),
        ({**NIGHTLY, "schedule_type": "often"}, "schedule_type", "enum"),
        ({**NIGHTLY, "schedule_type": None}, "schedule_type", "enum"),
        ({**NIGHTLY, "interval_count": 0}, "interval_count", "greater_than_equal"),
        ({**NIGHTLY, "agent": "human"}, "agent", "enum"),
        ({**NIGHTLY, "notify_on": "success"}, "notify_on", "enum"),
        ({**NIGHTLY, "bypass_approval": "no"}, "bypass_approval", "bool_type"),
        ({**NIGHTLY, "tags": ["x"] * 51}, "tags", "too_long"),
        ({**NIGHTLY, "target_devin_id": "sess_abc123"}, "target_devin_id", "value_error"),
        (ONCE, "scheduled_at", "value_error"),
        ({**ONCE, "scheduled_at": "soon"}, "scheduled_at", "datetime_parsing"),
        ({**ONCE, "scheduled_at": 1775379601}, "scheduled_at", "datetime_type"),
        ({**ONCE, "scheduled_at": "2026-12-31T00:00:00"}, "scheduled_at", "timezone_aware"),
        ({**ONCE, "scheduled_at": "9999-12-31T23:59:59-14:00"}, "scheduled_at", "datetime_parsing"),
        ({**ONCE, "scheduled_at": "2026-04-05T09:00:00Z"}, "scheduled_at", "datetime_future"),
    ],
)
def test_a_create_that_breaks_a_rule_names_the_field(v3: Any, schedules: str, body: Any, field: str, kind: str) -> None:
    reply = v3("POST", schedules, body)
    assert reply.status == 422
    assert (reply.json["errors"][0]["loc"][:2], reply.json["errors"][0]["type"]) == (["body", field], kind)
    assert v3("GET", schedules).json["items"] == []


@pytest.mark.parametrize(
    ("change", "status"),
    [({"playbook_id": "playbook-x"}, 404), ({"platform": "beos"}, 400), ({"platform": "Linux"}, 200)],
)
def test_what_a_schedule_names_must_exist(v3: Any, schedules: str, change: Any, status: int) -> None:
    assert v3("POST", schedules, {**NIGHTLY, **change}).status == status


def test_a_target_must_be_a_session(v3: Any, schedules: str) -> None:
    assert v3("POST", schedules, {**ONCE, "scheduled_at": SOON, "target_devin_id": "x"}).status == 404


def test_tags_are_held_to_the_vocabulary(v3: Any, schedules: str) -> None:
    v3.simulator.allowed_tags = ("good",)
    assert v3("POST", schedules, {**NIGHTLY, "tags": ["evil"]}).status == 422
    assert v3("POST", schedules, {**NIGHTLY, "tags": ["good"]}).json["tags"] == ["good"]


@pytest.mark.parametrize(
    "text", ["* * * * *", "*/5 0-6 1,15 jan-MAR mon-fri", "0 0 31 12 7", "59 23 * * sun", "0-30/10 * * * *"]
)
def test_five_fields_within_their_ranges_are_cron(text: str) -> None:
    assert is_cron(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "* * * *",
        "* * * * * *",
        "@daily",
        "60 * * * *",
        "* 24 * * *",
        "* * 0 * *",
        "* * * 13 *",
        "* * * * 8",
        "5-1 * * * *",
        "*/0 * * * *",
        "1- * * * *",
        "1,, * * * *",
        "x * * * *",
        "² * * * *",
        "-1 * * * *",
        "1" * 5000 + " * * * *",
    ],
)
def test_anything_else_is_not(text: str) -> None:
    assert not is_cron(text)


def test_lists_are_paged_by_offset_in_the_usual_envelope(v3: Any, schedules: str) -> None:
    for name in "abc":
        v3("POST", schedules, {**NIGHTLY, "name": name})
    page = v3("GET", f"{schedules}?limit=2").json
    assert [item["name"] for item in page.pop("items")] == ["c", "b"]
    assert page == {"end_cursor": None, "has_next_page": True, "total": 3}
    rest = v3("GET", f"{schedules}?limit=2&offset=2").json
    assert ([item["name"] for item in rest["items"]], rest["has_next_page"]) == (["a"], False)
    assert v3("GET", f"{schedules}?offset=9").json["items"] == []


@pytest.mark.parametrize("query", ["limit=0", "limit=201", "limit=x", "offset=-1"])
def test_a_bad_page_is_a_422(v3: Any, schedules: str, query: str) -> None:
    assert v3("GET", f"{schedules}?{query}").status == 422


def test_a_patch_changes_what_it_says_and_says_who_did(simulator: Any, connect: Any, schedules: str) -> None:
    ada, bot = connect(simulator), connect(simulator, account="work")
    made = ada("POST", schedules, {**NIGHTLY, "tags": ["a"]}).json
    simulator.clock.sleep(60)
    changed = bot("PATCH", f"{schedules}/{made['scheduled_session_id']}", {"name": "n", "enabled": False, "tags": []})
    assert changed.json == {
        **made,
        "name": "n",
        "enabled": False,
        "tags": [],
        "last_edited_by": bot("GET", "/v3/self").json["service_user_id"],
        "updated_at": "2026-04-05T09:01:00.000000+00:00",
    }


def test_a_null_takes_the_playbook_away_and_leaves_all_else(v3: Any, schedules: str) -> None:
    playbook = v3("POST", f"{v3.organization}/playbooks", {"title": "Deploy", "body": "b"}).json["playbook_id"]
    made = v3("POST", schedules, {**NIGHTLY, "playbook_id": playbook, "tags": ["a"]}).json
    assert made["playbook"] == {"playbook_id": playbook, "title": "Deploy"}
    path = f"{schedules}/{made['scheduled_session_id']}"
    nulls = ["name", "prompt", "frequency", "interval_count", "agent", "enabled", "tags", "schedule_type"]
    kept = v3("PATCH", path, dict.fromkeys(nulls)).json
    assert {**kept, "last_edited_by": None} == made
    assert v3("PATCH", path, {"playbook_id": None}).json["playbook"] is None


def test_a_schedule_outlives_its_playbook_without_the_title(v3: Any, schedules: str) -> None:
    playbook = v3("POST", f"{v3.organization}/playbooks", {"title": "Deploy", "body": "b"}).json["playbook_id"]
    v3("POST", schedules, {**NIGHTLY, "playbook_id": playbook})
    v3("DELETE", f"{v3.organization}/playbooks/{playbook}")
    assert v3("GET", schedules).json["items"][0]["playbook"] == {"playbook_id": playbook, "title": None}


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"schedule_type": "one_time"}, 422),
        ({"schedule_type": "one_time", "scheduled_at": SOON}, 200),
        ({"schedule_type": "one_time", "scheduled_at": "2026-04-05T08:00:00Z"}, 422),
        ({"frequency": "daily"}, 422),
        ({"target_devin_id": "sess_abc123"}, 422),
        ({"playbook_id": "playbook-x"}, 404),
        ({"platform": "beos"}, 400),
    ],
)
def test_a_patch_is_held_to_the_rules_of_the_whole(v3: Any, schedules: str, change: Any, status: int) -> None:
    made = v3("POST", schedules, NIGHTLY).json
    path = f"{schedules}/{made['scheduled_session_id']}"
    assert v3("PATCH", path, change).status == status
    if status != 200:
        assert v3("GET", path).json == made


def test_one_whose_time_has_passed_can_be_renamed_but_not_set_to_the_past(v3: Any, schedules: str) -> None:
    made = v3("POST", schedules, {**ONCE, "scheduled_at": SOON}).json
    path = f"{schedules}/{made['scheduled_session_id']}"
    v3.simulator.clock.sleep(60)
    assert v3("PATCH", path, {"name": "n"}).status == 200
    assert v3("PATCH", path, {"scheduled_at": SOON}).status == 422
    assert v3("GET", path).json["last_executed_at"] is None


def test_a_delete_answers_with_the_schedule_and_then_it_is_unknown(v3: Any, schedules: str) -> None:
    made = v3("POST", schedules, NIGHTLY).json
    path = f"{schedules}/{made['scheduled_session_id']}"
    gone = v3("DELETE", path)
    assert (gone.status, gone.json) == (200, made)
    assert [v3("GET", path).status, v3("PATCH", path, {}).status, v3("DELETE", path).status] == [404] * 3
    assert v3("GET", schedules).json["total"] == 0


def test_acting_for_another_user_needs_the_permission_and_a_member(
    simulator: Any, connect: Any, schedules: str
) -> None:
    ada, bot = connect(simulator), connect(simulator, account="work")
    user_id = ada("GET", "/v3/self").json["user_id"]
    assert ada("POST", schedules, {**NIGHTLY, "create_as_user_id": user_id}).status == 403
    assert bot("POST", schedules, {**NIGHTLY, "create_as_user_id": "user-x"}).status == 404
    assert bot("POST", schedules, {**NIGHTLY, "create_as_user_id": user_id}).json["created_by"] == user_id
    path = f"{schedules}/{bot('POST', schedules, NIGHTLY).json['scheduled_session_id']}"
    assert ada("PATCH", path, {"run_as_user_id": user_id}).status == 403
    assert bot("PATCH", path, {"run_as_user_id": user_id}).json["created_by"] == user_id


def test_a_key_without_the_permission_is_refused(simulator: Any, connect: Any, schedules: str) -> None:
    grace = connect(simulator, account="personal")
    path = f"{schedules}/sched-x"
    for method, target in [("GET", schedules), ("POST", schedules), ("GET", path), ("PATCH", path), ("DELETE", path)]:
        reply = grace(method, target, NIGHTLY)
        assert (reply.status, reply.json["detail"]) == (403, "Missing permission: ManageOrgSchedules")
