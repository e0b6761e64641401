from __future__ import annotations

from typing import Any

import pytest

SUMMARY = {
    "session_id",
    "status",
    "title",
    "created_at",
    "updated_at",
    "snapshot_id",
    "playbook_id",
    "tags",
    "pull_request",
    "structured_output",
    "status_enum",
}


def test_create_answers_without_a_status(v1: Any) -> None:
    made = v1("POST", "/v1/sessions", {"prompt": "p"}).json
    assert set(made) == {"session_id", "url", "is_new_session"}
    assert made["session_id"].startswith("devin-")
    assert made["is_new_session"] is None


def test_an_idempotent_create_finds_the_session_of_the_same_prompt_and_key(simulator: Any, connect: Any) -> None:
    simulator.list_lag = 60.0
    ada, bot = connect(simulator, version="v1"), connect(simulator, account="work", version="v1")
    body = {"prompt": "p", "idempotent": True}
    first = ada("POST", "/v1/sessions", body).json
    again = ada("POST", "/v1/sessions", body).json
    assert (first["is_new_session"], again["is_new_session"]) == (True, False)
    assert first["session_id"] == again["session_id"]
    assert bot("POST", "/v1/sessions", body).json["is_new_session"] is True
    ada("DELETE", f"/v1/sessions/{first['session_id']}")
    assert ada("POST", "/v1/sessions", body).json["is_new_session"] is True


def test_a_create_without_idempotent_always_makes_a_session(v1: Any) -> None:
    assert v1.create("p") != v1.create("p")


def test_get_has_the_messages_and_list_has_the_email(v1: Any) -> None:
    session_id = v1.create("p", tags=["a"], snapshot_id="snap-1")
    session = v1("GET", f"/v1/sessions/{session_id}").json
    assert set(session) == SUMMARY | {"messages"}
    assert session["created_at"] == "2026-04-05T09:00:00.000000+00:00"
    assert (session["tags"], session["snapshot_id"]) == (["a"], "snap-1")
    assert session["messages"][0]["type"] == "initial_user_message"
    assert session["messages"][0]["message"] == "p"
    listed = v1("GET", "/v1/sessions").json["sessions"][0]
    assert set(listed) == SUMMARY | {"requesting_user_email"}
    assert listed["requesting_user_email"] == "ada@example.com"


def test_what_was_done_for_a_user_is_theirs(simulator: Any, connect: Any) -> None:
    ada, bot = connect(simulator, version="v1"), connect(simulator, account="work")
    ada_id = connect(simulator)("GET", "/v3/self").json["user_id"]
    session_id = bot.create("p", create_as_user_id=ada_id)
    bot.create("the bot's own")
    path = f"{bot.sessions}/{session_id}/messages"
    for message, user in (("from Ada", ada_id), ("from the bot", None)):
        assert bot("POST", path, {"message": message, "message_as_user_id": user}).status == 200
    listed = ada("GET", "/v1/sessions?user_email=ada@example.com").json["sessions"]
    assert [each["session_id"] for each in listed] == [f"devin-{session_id}", "devin-sess_abc123"]
    assert listed[0]["requesting_user_email"] == "ada@example.com"
    session = ada("GET", f"/v1/sessions/{session_id}").json
    assert [(each["message"], each["username"], each["user_id"]) for each in session["messages"]] == [
        ("p", "Ada Lovelace", ada_id),
        ("from Ada", "Ada Lovelace", ada_id),
        ("from the bot", "CI Bot", None),
    ]
    assert ada("DELETE", f"/v1/sessions/{session_id}").status == 200


def test_the_documented_session_is_there_under_both_ids(v1: Any) -> None:
    session = v1("GET", "/v1/sessions/sess_abc123").json
    assert (session["session_id"], session["status"]) == ("devin-sess_abc123", "running")
    assert v1("GET", "/v1/sessions/devin-sess_abc123").json == session


@pytest.mark.parametrize(
    ("status", "detail", "expected"),
    [
        ("new", None, ("new", "working")),
        ("running", "working", ("running", "working")),
        ("running", "waiting_for_user", ("blocked", "blocked")),
        ("running", "finished", ("running", "finished")),
        ("suspended", "inactivity", ("suspended", "suspend_requested")),
        ("resuming", None, ("resuming", "resume_requested")),
        ("exit", None, ("exit", "expired")),
    ],
)
def test_each_state_has_its_v1_words(v1: Any, status: str, detail: str | None, expected: tuple[str, str]) -> None:
    v1.simulator.force("sess_abc123", status, detail)
    session = v1("GET", "/v1/sessions/sess_abc123").json
    assert (session["status"], session["status_enum"]) == expected


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["c", "b", "a", None]),
        ("limit=2", ["c", "b"]),
        ("limit=2&offset=1", ["b", "a"]),
        ("skip=3", [None]),
        ("tags=x", ["c", "a"]),
        ("tags=x&tags=y", ["c"]),
        ("tags=x,y", ["c"]),
        ("user_email=nobody@example.com", []),
    ],
)
def test_lists_are_newest_first_and_cut_as_asked(v1: Any, query: str, found: list[str | None]) -> None:
    v1.create("a", title="a", tags=["x"])
    v1.create("b", title="b")
    v1.create("c", title="c", tags=["x", "y"])
    sessions = v1("GET", f"/v1/sessions?{query}").json["sessions"]
    titles = [None if s["session_id"] == "devin-sess_abc123" else s["title"] for s in sessions]
    assert titles == found


def test_a_lagging_list_leaves_out_new_sessions(v1: Any) -> None:
    v1.simulator.list_lag = 5.0
    v1.create()
    assert len(v1("GET", "/v1/sessions").json["sessions"]) == 1


@pytest.mark.parametrize("query", ["limit=0", "limit=1001", "offset=-1", "skip=x"])
def test_a_bad_query_is_a_422_with_a_list(v1: Any, query: str) -> None:
    reply = v1("GET", f"/v1/sessions?{query}")
    assert reply.status == 422
    assert reply.json["detail"][0]["loc"] == ["query", query.split("=", maxsplit=1)[0]]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"prompt": "p", "idempotent": "yes"},
        {"prompt": "p", "max_acu_limit": 0},
        {"prompt": "p", "tags": [1]},
    ],
)
def test_a_bad_create_is_a_422_with_a_list(v1: Any, body: Any) -> None:
    reply = v1("POST", "/v1/sessions", body)
    assert reply.status == 422
    assert reply.headers["content-type"] == "application/json"
    assert set(reply.json["detail"][0]) == {"loc", "msg", "type"}


def test_a_delivered_message_is_answered_by_null(v1: Any) -> None:
    reply = v1("POST", "/v1/sessions/sess_abc123/message", {"message": "hello"})
    assert (reply.status, reply.json) == (200, None)
    last = v1("GET", "/v1/sessions/sess_abc123").json["messages"][-1]
    assert (last["type"], last["message"], last["username"]) == ("user_message", "hello", "Ada Lovelace")


def test_a_message_to_a_sleeping_session_is_a_200_that_says_so_and_wakes_nobody(v1: Any) -> None:
    v1.simulator.force("sess_abc123", "suspended", "inactivity")
    reply = v1("POST", "/v1/sessions/sess_abc123/message", {"message": "hello"})
    assert reply.status == 200
    assert "suspended" in reply.json["detail"]
    assert v1("GET", "/v1/sessions/sess_abc123").json["status"] == "suspended"


def test_a_message_to_an_ended_session_is_a_conflict(v1: Any) -> None:
    v1("DELETE", "/v1/sessions/sess_abc123")
    assert v1("POST", "/v1/sessions/sess_abc123/message", {"message": "m"}).status == 409


def test_only_the_owner_terminates_and_only_once(simulator: Any, connect: Any) -> None:
    ada, bot = connect(simulator, version="v1"), connect(simulator, account="work", version="v1")
    refused = bot("DELETE", "/v1/sessions/sess_abc123")
    assert (refused.status, refused.json["detail"]) == (403, "Forbidden - Only session owner can terminate")
    ended = ada("DELETE", "/v1/sessions/sess_abc123")
    assert (ended.status, ended.json) == (200, {"detail": "Session terminated successfully"})
    again = ada("DELETE", "/v1/sessions/sess_abc123")
    assert (again.status, again.json) == (400, {"detail": "Devin session already exited"})


def test_tags_are_replaced_and_v3_sees_it(v1: Any, v3: Any) -> None:
    session_id = v1.create(tags=["a"])
    reply = v1("PUT", f"/v1/sessions/{session_id}/tags", {"tags": ["b"]})
    assert reply.json == {"detail": "Tags updated successfully"}
    assert v3("GET", f"{v3.sessions}/{session_id}/tags").json == {"tags": ["b"]}


def test_a_tag_outside_the_vocabulary_is_named_in_the_detail(v1: Any) -> None:
    v1.simulator.allowed_tags = ("good",)
    reply = v1("PUT", "/v1/sessions/sess_abc123/tags", {"tags": ["evil"]})
    assert reply.status == 422
    assert "evil" in reply.json["detail"][0]["msg"]


@pytest.mark.parametrize(("method", "path"), [("GET", "/v1/sessions/x"), ("GET", "/v1/self"), ("GET", "/v1/session/x")])
def test_what_v1_does_not_have_is_a_404_with_a_detail(v1: Any, method: str, path: str) -> None:
    reply = v1(method, path)
    assert reply.status == 404
    assert set(reply.json) == {"detail"}
