from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

PLAYBOOK = {"title": "Deploy", "body": "Run the checks, then deploy"}


@pytest.fixture
def playbooks(v3: Any) -> str:
    return f"{v3.organization}/playbooks"


def test_a_new_playbook_has_every_field(v3: Any, playbooks: str) -> None:
    schema = {"type": "object"}
    made = v3("POST", playbooks, {**PLAYBOOK, "macro": "!deploy_it-2", "structured_output_schema": schema})
    ada = v3("GET", "/v3/self").json["user_id"]
    assert made.status == 200
    assert made.json == {
        "playbook_id": made.json["playbook_id"],
        **PLAYBOOK,
        "macro": "!deploy_it-2",
        "created_by": ada,
        "updated_by": ada,
        "created_at": 1775379600,
        "updated_at": 1775379600,
        "access_type": "org",
        "org_id": v3.simulator.org_id,
        "structured_output_schema": schema,
    }
    assert made.json["playbook_id"].startswith("playbook-")
    assert v3("GET", f"{playbooks}/{made.json['playbook_id']}").json == made.json


@pytest.mark.parametrize(
    ("change", "field", "kind"),
    [
        ({"title": ""}, "title", "string_too_short"),
        ({"body": ""}, "body", "string_too_short"),
        ({"body": None}, "body", "string_type"),
        ({"macro": "deploy"}, "macro", "string_pattern_mismatch"),
        ({"macro": "!"}, "macro", "string_pattern_mismatch"),
        ({"macro": "!de ploy"}, "macro", "string_pattern_mismatch"),
        ({"macro": "!deploy\n"}, "macro", "string_pattern_mismatch"),
        ({"macro": "!dépl"}, "macro", "string_pattern_mismatch"),
        ({"macro": 1}, "macro", "string_type"),
        ({"structured_output_schema": []}, "structured_output_schema", "dict_type"),
        ({"structured_output_schema": {"x": "y" * 65536}}, "structured_output_schema", "value_error"),
    ],
)
@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_a_playbook_that_breaks_a_rule_names_the_field(
    v3: Any, playbooks: str, method: str, change: Any, field: str, kind: str
) -> None:
    path = playbooks if method == "POST" else f"{playbooks}/{v3('POST', playbooks, PLAYBOOK).json['playbook_id']}"
    reply = v3(method, path, {**PLAYBOOK, **change})
    assert reply.status == 422
    assert (reply.json["errors"][0]["loc"], reply.json["errors"][0]["type"]) == (["body", field], kind)


@pytest.mark.parametrize("missing", ["title", "body"])
def test_title_and_body_are_required(v3: Any, v1: Any, playbooks: str, missing: str) -> None:
    part = {name: value for name, value in PLAYBOOK.items() if name != missing}
    assert v3("POST", playbooks, part).json["errors"][0]["loc"] == ["body", missing]
    assert v1("POST", "/v1/playbooks", part).json["detail"][0]["loc"] == ["body", missing]


def test_an_update_replaces_everything_and_says_by_whom(simulator: Any, connect: Any, playbooks: str) -> None:
    ada, bot = connect(simulator), connect(simulator, account="work")
    made = ada("POST", playbooks, {**PLAYBOOK, "macro": "!m", "structured_output_schema": {}}).json
    simulator.clock.sleep(60)
    changed = bot("PUT", f"{playbooks}/{made['playbook_id']}", {"title": "t", "body": "b"}).json
    assert changed == {
        **made,
        "title": "t",
        "body": "b",
        "macro": None,
        "structured_output_schema": None,
        "updated_by": bot("GET", "/v3/self").json["service_user_id"],
        "updated_at": 1775379660,
    }


def test_a_delete_answers_with_the_playbook_and_then_it_is_unknown(v3: Any, playbooks: str) -> None:
    made = v3("POST", playbooks, PLAYBOOK).json
    path = f"{playbooks}/{made['playbook_id']}"
    gone = v3("DELETE", path)
    assert (gone.status, gone.json) == (200, made)
    assert [v3("GET", path).status, v3("PUT", path, PLAYBOOK).status, v3("DELETE", path).status] == [404] * 3


def test_playbooks_come_newest_first_in_pages(v3: Any, playbooks: str) -> None:
    for title in "abc":
        v3("POST", playbooks, {**PLAYBOOK, "title": title})
    first = v3("GET", f"{playbooks}?first=2").json
    second = v3("GET", f"{playbooks}?after={quote(first['end_cursor'])}").json
    assert [item["title"] for item in first["items"] + second["items"]] == ["c", "b", "a"]
    assert (first["total"], second["end_cursor"]) == (3, None)


@pytest.mark.parametrize("query", ["first=0", "first=201", "after=x"])
def test_a_bad_page_is_a_422(v3: Any, playbooks: str, query: str) -> None:
    assert v3("GET", f"{playbooks}?{query}").status == 422


def test_a_key_without_the_permission_is_refused(simulator: Any, connect: Any, playbooks: str) -> None:
    grace = connect(simulator, account="personal")
    path = f"{playbooks}/playbook-x"
    for method, target in [("GET", playbooks), ("POST", playbooks), ("GET", path), ("PUT", path), ("DELETE", path)]:
        reply = grace(method, target, PLAYBOOK)
        assert (reply.status, reply.json["detail"]) == (403, "Missing permission: ManageAccountPlaybooks")


def test_v1_has_the_same_playbooks_as_a_bare_array(v3: Any, v1: Any, playbooks: str) -> None:
    made = v1("POST", "/v1/playbooks", {**PLAYBOOK, "macro": "!deploy"})
    ada = v3("GET", "/v3/self").json["user_id"]
    assert made.status == 200
    assert made.json == {
        "playbook_id": made.json["playbook_id"],
        **PLAYBOOK,
        "status": "published",
        "access_type": "team",
        "org_id": v1.simulator.org_id,
        "created_at": "2026-04-05T09:00:00.000000+00:00",
        "updated_at": "2026-04-05T09:00:00.000000+00:00",
        "created_by_user_id": ada,
        "created_by_user_name": "Ada Lovelace",
        "updated_by_user_id": ada,
        "updated_by_user_name": "Ada Lovelace",
        "macro": "!deploy",
    }
    assert v1("GET", "/v1/playbooks").json == [made.json]
    assert v1("GET", f"/v1/playbooks/{made.json['playbook_id']}").json == made.json
    assert v3("GET", playbooks).json["items"][0]["playbook_id"] == made.json["playbook_id"]


def test_v1_changes_are_answered_by_success_and_keep_the_schema(v3: Any, v1: Any, playbooks: str) -> None:
    made = v3("POST", playbooks, {**PLAYBOOK, "structured_output_schema": {"type": "object"}}).json
    path = f"/v1/playbooks/{made['playbook_id']}"
    assert v1("PUT", path, {"title": "t", "body": "b"}).json == {"status": "success"}
    changed = v3("GET", f"{playbooks}/{made['playbook_id']}").json
    assert (changed["title"], changed["structured_output_schema"]) == ("t", {"type": "object"})
    gone = v1("DELETE", path)
    assert (gone.status, gone.json) == (200, {"status": "success"})
    assert [v1("GET", path).status, v1("PUT", path, PLAYBOOK).status, v1("DELETE", path).status] == [404] * 3


@pytest.mark.parametrize("change", [{"title": ""}, {"body": ""}, {"macro": "x"}])
def test_a_bad_v1_playbook_is_a_422_with_a_list(v1: Any, change: Any) -> None:
    reply = v1("POST", "/v1/playbooks", {**PLAYBOOK, **change})
    assert (reply.status, reply.json["detail"][0]["loc"]) == (422, ["body", next(iter(change))])
