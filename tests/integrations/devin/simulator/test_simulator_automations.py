from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

AUTOMATION = {
    "run_as": "creator",
    "triggers": [{"type": "schedule", "frequency": "0 3 * * *"}],
    "actions": [{"type": "create_session", "prompt": "Update the dependencies"}],
}


@pytest.fixture
def automations(v3: Any) -> str:
    return f"{v3.organization}/automations"


def test_a_new_automation_is_kept_as_it_was_sent(v3: Any, automations: str) -> None:
    made = v3("POST", automations, AUTOMATION)
    assert made.status == 200
    assert made.json == {
        "automation_id": made.json["automation_id"],
        "org_id": v3.simulator.org_id,
        "name": None,
        **AUTOMATION,
        "enabled": True,
        "created_by": v3("GET", "/v3/self").json["user_id"],
        "created_at": 1775379600,
        "updated_at": 1775379600,
    }
    assert v3("GET", f"{automations}/{made.json['automation_id']}").json == made.json


@pytest.mark.parametrize(
    ("change", "loc", "kind"),
    [
        ({"run_as": "user-x"}, ["body", "run_as"], "enum"),
        ({"triggers": []}, ["body", "triggers"], "too_short"),
        ({"triggers": {}}, ["body", "triggers"], "list_type"),
        ({"actions": []}, ["body", "actions"], "too_short"),
        ({"actions": ["create_session"]}, ["body", "actions", 0], "dict_type"),
        ({"name": 1}, ["body", "name"], "string_type"),
        ({"enabled": None}, ["body", "enabled"], "bool_type"),
    ],
)
def test_a_create_that_breaks_a_rule_names_the_field(
    v3: Any, automations: str, change: Any, loc: list[Any], kind: str
) -> None:
    reply = v3("POST", automations, {**AUTOMATION, **change})
    assert reply.status == 422
    assert (reply.json["errors"][0]["loc"], reply.json["errors"][0]["type"]) == (loc, kind)


@pytest.mark.parametrize("missing", ["run_as", "triggers", "actions"])
def test_who_when_and_what_are_required(v3: Any, automations: str, missing: str) -> None:
    reply = v3("POST", automations, {name: value for name, value in AUTOMATION.items() if name != missing})
    assert reply.json["errors"][0]["loc"] == ["body", missing]


def test_automations_come_newest_first_in_pages(v3: Any, automations: str) -> None:
    for name in "abc":
        v3("POST", automations, {**AUTOMATION, "name": name})
    first = v3("GET", f"{automations}?first=2").json
    second = v3("GET", f"{automations}?after={quote(first['end_cursor'])}").json
    assert [item["name"] for item in first["items"] + second["items"]] == ["c", "b", "a"]
    assert v3("GET", f"{automations}?after=x").status == 422


def test_a_delete_answers_with_the_automation_and_then_it_is_unknown(v3: Any, automations: str) -> None:
    made = v3("POST", automations, AUTOMATION).json
    path = f"{automations}/{made['automation_id']}"
    assert v3("DELETE", path).json == made
    assert (v3("GET", path).status, v3("DELETE", path).status) == (404, 404)


def test_schemas_say_what_triggers_and_actions_look_like(v3: Any, automations: str) -> None:
    schemas = v3("GET", f"{automations}/schemas").json
    assert set(schemas) == {"triggers", "actions"}
    assert all(set(schema) == {"type", "schema"} for schema in schemas["triggers"] + schemas["actions"])


def test_looking_and_changing_need_permissions_of_their_own(simulator: Any, connect: Any, automations: str) -> None:
    grace = connect(simulator, account="personal")
    for path in ("", "/schemas", "/automation-x"):
        assert "ViewOrgAutomations" in grace("GET", automations + path).json["detail"]
    for method, path in (("POST", ""), ("DELETE", "/automation-x")):
        reply = grace(method, automations + path, AUTOMATION)
        assert (reply.status, reply.json["detail"]) == (403, "Missing permission: ManageOrgAutomations")
