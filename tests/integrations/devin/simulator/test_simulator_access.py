from __future__ import annotations

from typing import Any

import pytest

from luahost.integrations.devin.simulator import Simulator


def test_every_account_has_a_key_of_its_own_for_each_version(simulator: Any) -> None:
    keys = simulator.keys
    assert list(keys["v3"]) == list(keys["v1"]) == ["default", "work", "personal"]
    assert all(key.startswith("cog_") for key in keys["v3"].values())
    assert all(key.startswith("apk_") for key in keys["v1"].values())
    assert len({*keys["v3"].values(), *keys["v1"].values()}) == 6


def test_self_says_who_holds_the_key_and_never_an_email(simulator: Any, connect: Any) -> None:
    ada = connect(simulator)("GET", "/v3/self").json
    bot = connect(simulator, account="work")("GET", "/v3/self").json
    grace = connect(simulator, account="personal")("GET", "/v3/self").json
    assert (ada["principal_type"], ada["user_name"]) == ("pat_user", "Ada Lovelace")
    assert (bot["principal_type"], bot["service_user_name"]) == ("service_user", "CI Bot")
    assert (grace["principal_type"], grace["user_name"]) == ("pat_user", "Grace Hopper")
    assert {who["org_id"] for who in (ada, bot, grace)} == {simulator.org_id}
    assert not any("email" in who or "name" in who for who in (ada, bot, grace))


def test_any_further_account_is_a_service_user_of_its_name(connect: Any) -> None:
    client = connect(Simulator(accounts=["night_shift"]), account="night_shift")
    assert client("GET", "/v3/self").json["service_user_name"] == "night_shift"


@pytest.mark.parametrize("authorization", [None, "Bearer", "Bearer cog_wrong", "Basic abc"])
def test_a_missing_or_unknown_key_is_a_401(v3: Any, v1: Any, authorization: str | None) -> None:
    problem = v3("GET", "/v3/self", authorization=authorization)
    assert (problem.status, problem.json["title"]) == (401, "Unauthorized")
    plain = v1("GET", "/v1/sessions", authorization=authorization)
    assert (plain.status, set(plain.json)) == (401, {"detail"})


def test_a_key_opens_only_its_own_version(v3: Any, v1: Any) -> None:
    assert v3("GET", "/v3/self", authorization=v1.authorization).status == 401
    assert v1("GET", "/v1/sessions", authorization=v3.authorization).status == 403


def test_another_organization_is_a_403_whoever_asks(v3: Any) -> None:
    assert v3("GET", "/v3/organizations/org-other/sessions").status == 403


def test_members_are_the_users_with_their_emails(v3: Any) -> None:
    members = v3("GET", v3.members).json
    assert [user["email"] for user in members["items"]] == ["ada@example.com", "grace@example.com"]
    ada = members["items"][0]
    assert ada["user_id"] == v3("GET", "/v3/self").json["user_id"]
    assert v3("GET", f"{v3.members}/{ada['user_id']}").json == ada
    assert v3("GET", f"{v3.members}/user-x").status == 404


def test_members_are_found_by_email_and_paged(v3: Any) -> None:
    found = v3("GET", f"{v3.members}?email=GRACE@example.com").json
    assert [user["name"] for user in found["items"]] == ["Grace Hopper"]
    first = v3("GET", f"{v3.members}?first=1").json
    assert first["has_next_page"] is True
    second = v3("GET", f"{v3.members}?after={first['end_cursor'].replace('=', '%3D')}").json
    assert [user["name"] for user in second["items"]] == ["Grace Hopper"]


def test_a_key_without_the_permission_cannot_read_members(simulator: Any, connect: Any) -> None:
    grace = connect(simulator, account="personal")
    reply = grace("GET", grace.members)
    assert reply.status == 403
    assert "ViewOrgMembership" in reply.json["detail"]


def test_a_wrong_method_is_a_405_that_names_the_right_ones(v3: Any, v1: Any) -> None:
    reply = v3("PATCH", v3.sessions)
    assert (reply.status, reply.headers["allow"]) == (405, "POST, GET")
    assert v1("PATCH", "/v1/sessions").json == {"detail": "Method Not Allowed"}


@pytest.mark.parametrize(
    "path", ["/", "", "/v3", "/v2/enterprise/x", "/v3/selfish", "/v3/self/", "/v3/organizations//sessions"]
)
def test_an_unknown_path_is_a_404_problem(v3: Any, path: str) -> None:
    assert v3("GET", path).json["status"] == 404


def test_the_same_seed_and_requests_give_the_same_bytes(connect: Any) -> None:
    def run(seed: int) -> list[Any]:
        client = connect(Simulator(seed=seed))
        replies = [client("POST", client.sessions, {"prompt": "p"}), client("GET", client.sessions)]
        client.simulator.clock.sleep(500)
        return [*replies, client("GET", client.sessions), client("GET", "/v3/nope")]

    assert run(1) == run(1)
    assert run(1)[1].content != run(2)[1].content


def test_every_answer_has_a_request_id_of_its_own(v3: Any) -> None:
    ids = {v3("GET", path).headers["x-request-id"] for path in ("/v3/self", "/v3/self", "/nope")}
    assert len(ids) == 3


def test_what_was_received_is_recorded_without_the_key(v3: Any) -> None:
    v3("POST", f"{v3.sessions}?x=1&x=2", {"prompt": "p"})
    v3("POST", v3.sessions, b"\xff{", authorization="Bearer nobody")
    first, second = v3.simulator.requests
    assert (first.method, first.path, first.query) == ("POST", v3.sessions, {"x": ["1", "2"]})
    assert (first.body, first.account, first.version, first.status) == ({"prompt": "p"}, "default", "v3", 200)
    assert (second.body, second.account, second.status) == (b"\xff{", None, 401)
    assert v3.authorization.split()[1] not in repr([vars(record) for record in v3.simulator.requests])


def test_the_snapshot_of_sessions_is_a_copy_with_prompt_and_options(v3: Any) -> None:
    v3.create("p", knowledge_ids=[], session_secrets=[{"key": "K", "value": "hush"}])
    session = v3.simulator.sessions[1]
    assert (session["account"], session["prompt"], session["status"]) == ("default", "p", "new")
    assert session["options"]["knowledge_ids"] == []
    assert "hush" not in repr(session)
    session["tags"].append("x")
    session["options"]["knowledge_ids"].append("x")
    assert v3.simulator.sessions[1]["tags"] == v3.simulator.sessions[1]["options"]["knowledge_ids"] == []
