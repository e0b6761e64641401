from __future__ import annotations

import base64
import re
from typing import Any

import pytest


def test_a_new_session_has_a_bare_hex_id_and_only_the_fields_known_at_creation(v3: Any) -> None:
    session = v3("POST", v3.sessions, {"prompt": "p", "title": "t", "tags": ["a", "a", "b"]}).json
    assert re.fullmatch(r"[0-9a-f]{32}", session["session_id"])
    assert session["url"] == f"https://app.devin.ai/sessions/{session['session_id']}"
    assert (session["status"], session["status_detail"], session["category"]) == ("new", None, None)
    assert (session["title"], session["tags"], session["pull_requests"]) == ("t", ["a", "b"], [])
    assert session["created_at"] == session["updated_at"] == 1775379600
    assert session["acus_consumed"] == 0.0
    assert session["org_id"] == v3.simulator.org_id


def test_a_session_belongs_to_the_holder_of_the_key(simulator: Any, connect: Any) -> None:
    by_user = connect(simulator)
    by_service = connect(simulator, account="work")
    user, service = (client("GET", f"{client.sessions}/{client.create()}").json for client in (by_user, by_service))
    assert user["user_id"].startswith("user-")
    assert user["service_user_id"] is None
    assert service["service_user_id"].startswith("service-user-")
    assert service["user_id"] is None


def test_the_documented_session_runs_from_the_start(v3: Any) -> None:
    session = v3("GET", f"{v3.sessions}/sess_abc123").json
    assert (session["session_id"], session["status"]) == ("sess_abc123", "running")
    assert session["created_at"] < 1775379600
    assert v3("GET", f"{v3.sessions}/devin-sess_abc123").json == session


def test_ids_in_paths_are_taken_bare_and_prefixed(v3: Any) -> None:
    session_id = v3.create()
    bare = v3("GET", f"{v3.sessions}/{session_id}")
    assert bare.status == 200
    assert v3("GET", f"{v3.sessions}/devin-{session_id}").json == bare.json


@pytest.mark.parametrize(
    ("body", "loc", "kind"),
    [
        ({}, ["body", "prompt"], "missing"),
        ({"prompt": 1}, ["body", "prompt"], "string_type"),
        ({"prompt": "p", "tags": "a"}, ["body", "tags"], "list_type"),
        ({"prompt": "p", "tags": ["a", 1]}, ["body", "tags", 1], "string_type"),
        ({"prompt": "p", "tags": [str(n) for n in range(51)]}, ["body", "tags"], "too_long"),
        ({"prompt": "p", "max_acu_limit": 1.5}, ["body", "max_acu_limit"], "int_type"),
        ({"prompt": "p", "max_acu_limit": True}, ["body", "max_acu_limit"], "int_type"),
        ({"prompt": "p", "resumable": "yes"}, ["body", "resumable"], "bool_type"),
        ({"prompt": "p", "devin_mode": "slow"}, ["body", "devin_mode"], "enum"),
        ({"prompt": "p", "advanced_mode": True}, ["body", "advanced_mode"], "enum"),
        ({"prompt": "p", "session_secrets": {"A": "b"}}, ["body", "session_secrets"], "list_type"),
        (
            {"prompt": "p", "session_secrets": [{"key": ""}]},
            ["body", "session_secrets", 0, "key"],
            "string_too_short",
        ),
        ({"prompt": "p", "attachment_urls": ["x"]}, ["body", "attachment_urls", 0], "url_parsing"),
        ({"prompt": "p", "structured_output_schema": []}, ["body", "structured_output_schema"], "dict_type"),
        (
            {"prompt": "p", "structured_output_schema": {"a": [{"$ref": "http://x/y"}]}},
            ["body", "structured_output_schema"],
            "value_error",
        ),
        ([], ["body"], "model_attributes_type"),
        (b"{", ["body", 1], "json_invalid"),
        (b'{"prompt": NaN}', ["body", 0], "json_invalid"),
        (b'{"prompt": "\\ud800"}', ["body", 0], "json_invalid"),
        (b"[" * 100_000, ["body", 0], "json_invalid"),
        (None, ["body"], "missing"),
    ],
)
def test_a_create_that_breaks_a_rule_names_the_field(v3: Any, body: Any, loc: list[Any], kind: str) -> None:
    reply = v3("POST", v3.sessions, body)
    assert reply.status == 422
    assert reply.headers["content-type"] == "application/problem+json"
    assert (reply.json["errors"][0]["loc"], reply.json["errors"][0]["type"]) == (loc, kind)
    assert isinstance(reply.json["detail"], str)
    assert len(v3.simulator.sessions) == 1


def test_unknown_fields_of_a_create_are_ignored(v3: Any) -> None:
    assert v3("POST", v3.sessions, {"prompt": "p", "idempotency_key": "k"}).status == 200


def test_a_body_that_does_not_call_itself_json_is_refused(v3: Any) -> None:
    assert v3("POST", v3.sessions, {"prompt": "p"}, content_type="text/plain").status == 422
    assert v3("POST", v3.sessions, {"prompt": "p"}, content_type="application/json; charset=utf-8").status == 200


def test_an_unknown_platform_is_a_400_that_lists_the_valid_ones(v3: Any) -> None:
    reply = v3("POST", v3.sessions, {"prompt": "p", "platform": "beos"})
    assert reply.status == 400
    assert "linux" in reply.json["detail"]
    assert v3("POST", v3.sessions, {"prompt": "p", "platform": "Linux"}).status == 200


def test_creating_for_another_user_needs_the_permission_and_a_member(simulator: Any, connect: Any) -> None:
    ada = connect(simulator)
    bot = connect(simulator, account="work")
    user_id = ada("GET", "/v3/self").json["user_id"]
    body = {"prompt": "p", "create_as_user_id": user_id}
    assert ada("POST", ada.sessions, body).status == 403
    assert bot("POST", bot.sessions, body).json["user_id"] == user_id
    assert bot("POST", bot.sessions, {"prompt": "p", "create_as_user_id": "user-x"}).status == 404


def test_a_child_and_its_parent_know_each_other(v3: Any) -> None:
    parent = v3.create()
    child = v3("POST", f"{v3.sessions}?devin_id=devin-{parent}", {"prompt": "p"}).json
    assert child["parent_session_id"] == parent
    assert v3("GET", f"{v3.sessions}/{parent}").json["child_session_ids"] == [child["session_id"]]
    children = v3("GET", f"{v3.sessions}?parent_session_id=devin-{parent}").json["items"]
    assert [item["session_id"] for item in children] == [child["session_id"]]


def test_a_list_is_newest_first_and_counts_everything(v3: Any) -> None:
    made = [v3.create() for _ in range(3)]
    listed = v3("GET", v3.sessions).json
    assert [item["session_id"] for item in listed["items"]] == [*reversed(made), "sess_abc123"]
    assert (listed["total"], listed["has_next_page"], listed["end_cursor"]) == (4, False, None)


def test_pages_cover_the_list_once_even_when_sessions_appear_between_them(v3: Any) -> None:
    made = [v3.create() for _ in range(4)]
    seen: list[str] = []
    cursor = ""
    while True:
        listed = v3("GET", f"{v3.sessions}?first=2{cursor}").json
        seen += [item["session_id"] for item in listed["items"]]
        v3.create()
        if not listed["has_next_page"]:
            break
        cursor = f"&after={listed['end_cursor'].replace('=', '%3D')}"
    assert seen == [*reversed(made), "sess_abc123"]
    assert listed["end_cursor"] is None


@pytest.mark.parametrize(
    "cursor",
    ["junk", "", *(base64.b64encode(json).decode() for json in (b'{"last_id":"gone"}', b"[]", b"[" * 30_000))],
)
def test_a_cursor_that_was_never_given_out_is_refused(v3: Any, cursor: str) -> None:
    reply = v3("GET", f"{v3.sessions}?after={cursor}")
    assert reply.status == 422
    assert reply.json["errors"][0]["loc"] == ["query", "after"]


@pytest.mark.parametrize(
    "query",
    ["first=0", "first=201", "first=x", "origins=moon", "category=x", "is_archived=maybe", "created_after=x"],
)
def test_a_query_that_breaks_a_rule_names_the_parameter(v3: Any, query: str) -> None:
    reply = v3("GET", f"{v3.sessions}?{query}")
    assert reply.status == 422
    assert reply.json["errors"][0]["loc"] == ["query", query.split("=", maxsplit=1)[0]]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("tags=a", ["both", "a"]),
        ("tags=a&tags=b", ["both"]),
        ("tags=a,b", ["both"]),
        ("tags=c", []),
        ("playbook_id=playbook-1", ["a"]),
        ("repo_names=o/r", ["b"]),
        ("repo_names=o/r,o/s", ["b"]),
        ("origins=api,webapp&tags=a", ["both", "a"]),
        ("origins=slack", []),
        ("origins=scheduled", []),
        ("schedule_id=sched-1", []),
        ("automation_ids=x", []),
        ("is_archived=true", ["b"]),
        ("is_archived=false&created_after=1775379600", ["both", "a"]),
        ("created_before=1775379600", ["documented"]),
        ("updated_after=1775379600&tags=b", ["both", "b"]),
        ("unheard_of=1&tags=b", ["both", "b"]),
        ("tags=", ["both", "b", "a", "documented"]),
    ],
)
def test_a_filter_finds_exactly_its_sessions(v3: Any, query: str, found: list[str]) -> None:
    names = {
        "sess_abc123": "documented",
        v3.create(tags=["a"], playbook_id="playbook-1"): "a",
        (archived := v3.create(tags=["b"], repos=["o/r"])): "b",
        v3.create(tags=["a", "b"]): "both",
    }
    v3("POST", f"{v3.sessions}/{archived}/archive")
    items = v3("GET", f"{v3.sessions}?{query}").json["items"]
    assert [names[item["session_id"]] for item in items] == found


def test_sessions_are_found_by_id_and_by_who_made_them(simulator: Any, connect: Any) -> None:
    ada, bot = connect(simulator), connect(simulator, account="work")
    mine, its = ada.create(), bot.create()
    user = ada("GET", "/v3/self").json["user_id"]
    service = bot("GET", "/v3/self").json["service_user_id"]

    def ids(query: str) -> list[str]:
        return [item["session_id"] for item in ada("GET", f"{ada.sessions}?{query}").json["items"]]

    assert ids(f"session_ids={mine}&session_ids=devin-{its}") == [its, mine]
    assert ids(f"user_ids={user}") == [mine, "sess_abc123"]
    assert ids(f"service_user_ids={service}") == [its]


def test_a_lagging_list_leaves_out_what_get_already_knows(v3: Any) -> None:
    v3.simulator.list_lag = 5.0
    session_id = v3.create()
    assert v3("GET", v3.sessions).json["total"] == 1
    assert v3("GET", f"{v3.sessions}/{session_id}").status == 200
    v3.simulator.clock.sleep(5)
    assert v3("GET", v3.sessions).json["total"] == 2


def test_terminate_ends_a_session_for_good(v3: Any) -> None:
    path = f"{v3.sessions}/{v3.create()}"
    ended = v3("DELETE", path)
    assert (ended.status, ended.json["status"], ended.json["is_archived"]) == (200, "exit", False)
    assert v3("DELETE", path).status == 409
    assert v3("POST", f"{path}/messages", {"message": "m"}).status == 409
    v3.simulator.clock.sleep(10_000)
    assert v3("GET", path).json["status"] == "exit"


def test_terminate_can_archive_at_once(v3: Any) -> None:
    ended = v3("DELETE", f"{v3.sessions}/{v3.create()}?archive=true").json
    assert (ended["status"], ended["is_archived"]) == ("exit", True)


def test_archiving_puts_a_running_session_to_sleep_and_unarchiving_leaves_it_asleep(v3: Any) -> None:
    path = f"{v3.sessions}/sess_abc123"
    assert v3("POST", f"{path}/archive").json["is_archived"] is True
    archived = v3("GET", path).json
    assert (archived["status"], archived["status_detail"]) == ("suspended", "user_request")
    unarchived = v3("POST", f"{path}/unarchive").json
    assert (unarchived["is_archived"], unarchived["status"]) == (False, "suspended")


def test_tags_are_appended_without_doubles_replaced_and_read(v3: Any) -> None:
    path = f"{v3.sessions}/{v3.create(tags=['a'])}/tags"
    assert v3("POST", path, {"tags": ["b", "a"]}).json == {"tags": ["a", "b"]}
    assert v3("PUT", path, {"tags": ["c", "c"]}).json == {"tags": ["c"]}
    assert v3("GET", path).json == {"tags": ["c"]}


def test_a_session_never_has_more_than_fifty_tags(v3: Any) -> None:
    path = f"{v3.sessions}/{v3.create(tags=[f'a{n}' for n in range(40)])}/tags"
    assert v3("POST", path, {"tags": [f"b{n}" for n in range(11)]}).status == 422
    assert v3("POST", path, {"tags": [f"b{n}" for n in range(10)]}).status == 200
    assert v3("PUT", path, {"tags": [str(n) for n in range(51)]}).status == 422
    assert len(v3("GET", path).json["tags"]) == 50


def test_a_tag_outside_the_vocabulary_is_refused_by_name(v3: Any) -> None:
    v3.simulator.allowed_tags = {"good"}
    session_id = v3.create(tags=["good"])
    for method, path in [("POST", v3.sessions), ("POST", None), ("PUT", None)]:
        body = {"prompt": "p", "tags": ["good", "evil"]}
        reply = v3(method, path or f"{v3.sessions}/{session_id}/tags", body)
        assert reply.status == 422
        assert "evil" in reply.json["detail"]
    assert len(v3.simulator.sessions) == 2


def test_messages_are_chronological_and_paged(v3: Any) -> None:
    path = f"{v3.sessions}/{v3.create('do it')}/messages"
    v3.simulator.clock.sleep(30)
    assert v3("POST", path, {"message": "and quickly"}).status == 200
    v3.simulator.clock.sleep(100)
    messages = v3("GET", path).json["items"]
    assert (messages[0]["source"], messages[0]["message"]) == ("user", "do it")
    assert [m["created_at"] for m in messages] == sorted(m["created_at"] for m in messages)
    assert set(messages[0]) == {"event_id", "source", "message", "created_at"}
    first = v3("GET", f"{path}?first=1").json
    rest = v3("GET", f"{path}?after={first['end_cursor'].replace('=', '%3D')}").json
    assert first["items"] + rest["items"] == messages


@pytest.mark.parametrize(
    ("method", "tail", "body"),
    [
        ("GET", "", None),
        ("DELETE", "", None),
        ("POST", "/archive", None),
        ("POST", "/unarchive", None),
        ("GET", "/messages", None),
        ("POST", "/messages", {"message": "m"}),
        ("GET", "/tags", None),
        ("POST", "/tags", {"tags": []}),
        ("PUT", "/tags", {"tags": []}),
    ],
)
def test_an_unknown_session_is_a_404_problem(v3: Any, method: str, tail: str, body: Any) -> None:
    reply = v3(method, f"{v3.sessions}/devin-nowhere{tail}", body)
    assert reply.status == 404
    assert reply.json["title"] == "Not Found"
    assert "nowhere" in reply.json["detail"]
    assert reply.json["instance"] == f"{v3.sessions}/devin-nowhere{tail}"
