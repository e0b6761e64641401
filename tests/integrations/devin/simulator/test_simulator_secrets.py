from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

SECRET = {"type": "key-value", "key": "API_TOKEN", "value": "hush-hush"}
V1_SECRET = {**SECRET, "sensitive": True, "note": ""}


@pytest.fixture
def secrets(v3: Any) -> str:
    return f"{v3.organization}/secrets"


def test_a_secret_has_all_its_fields_and_never_its_value(v3: Any, secrets: str) -> None:
    made = v3("POST", secrets, {**SECRET, "note": "for CI"})
    assert made.status == 200
    assert made.json == {
        "secret_id": made.json["secret_id"],
        "key": "API_TOKEN",
        "note": "for CI",
        "is_sensitive": True,
        "created_by": v3("GET", "/v3/self").json["user_id"],
        "created_at": 1775379600,
        "secret_type": "key-value",
        "access_type": "org",
        "updated_by": None,
        "updated_at": None,
    }
    listed = v3("GET", secrets)
    assert listed.json["items"] == [made.json]
    assert b"hush-hush" not in made.content + listed.content


@pytest.mark.parametrize(
    ("change", "loc", "kind"),
    [
        ({"type": "dictionary"}, ["body", "type"], "enum"),
        ({"type": []}, ["body", "type"], "enum"),
        ({"key": ""}, ["body", "key"], "string_too_short"),
        ({"key": "k" * 257}, ["body", "key"], "string_too_long"),
        ({"key": None}, ["body", "key"], "string_type"),
        ({"value": "v" * 65537}, ["body", "value"], "string_too_long"),
        ({"value": 1}, ["body", "value"], "string_type"),
        ({"is_sensitive": "yes"}, ["body", "is_sensitive"], "bool_type"),
        ({"note": 1}, ["body", "note"], "string_type"),
    ],
)
def test_a_create_that_breaks_a_rule_names_the_field(
    v3: Any, secrets: str, change: Any, loc: list[Any], kind: str
) -> None:
    reply = v3("POST", secrets, {**SECRET, **change})
    assert reply.status == 422
    assert (reply.json["errors"][0]["loc"], reply.json["errors"][0]["type"]) == (loc, kind)
    assert v3("GET", secrets).json["items"] == []


@pytest.mark.parametrize("missing", ["type", "key", "value"])
def test_type_key_and_value_are_required(v3: Any, secrets: str, missing: str) -> None:
    reply = v3("POST", secrets, {name: value for name, value in SECRET.items() if name != missing})
    assert reply.json["errors"][0]["loc"] == ["body", missing]


@pytest.mark.parametrize("change", [{"key": "k" * 256}, {"value": "v" * 65536}, {"value": ""}, {"note": None}])
def test_a_create_at_its_bounds_passes(v3: Any, secrets: str, change: Any) -> None:
    assert v3("POST", secrets, {**SECRET, **change}).status == 200


def test_a_second_secret_of_a_key_is_a_conflict_until_the_first_is_gone(v3: Any, secrets: str) -> None:
    first = v3("POST", secrets, SECRET).json["secret_id"]
    again = v3("POST", secrets, {**SECRET, "type": "cookie"})
    assert (again.status, again.json["title"]) == (409, "Conflict")
    v3("DELETE", f"{secrets}/{first}")
    assert v3("POST", secrets, SECRET).json["secret_id"] != first


def test_a_delete_answers_with_the_secret_and_a_second_one_is_a_403(v3: Any, secrets: str) -> None:
    made = v3("POST", secrets, SECRET).json
    gone = v3("DELETE", f"{secrets}/{made['secret_id']}")
    assert (gone.status, gone.json) == (200, made)
    assert v3("GET", secrets).json["items"] == []
    assert v3("DELETE", f"{secrets}/{made['secret_id']}").status == 403
    assert v3("DELETE", f"{secrets}/sec_x").headers["content-type"] == "application/problem+json"


def test_pages_are_newest_first_and_a_cursor_survives_the_deletion_of_what_it_names(v3: Any, secrets: str) -> None:
    for key in "abc":
        v3("POST", secrets, {**SECRET, "key": key})
    first = v3("GET", f"{secrets}?first=1").json
    assert ([item["key"] for item in first["items"]], first["has_next_page"], first["total"]) == (["c"], True, 3)
    v3("DELETE", f"{secrets}/{first['items'][0]['secret_id']}")
    rest = v3("GET", f"{secrets}?after={quote(first['end_cursor'])}").json
    assert ([item["key"] for item in rest["items"]], rest["end_cursor"]) == (["b", "a"], None)


@pytest.mark.parametrize("query", ["first=0", "first=201", "first=x", "after=x", "after=eyJsYXN0X2lkIjoieCJ9"])
def test_a_bad_page_is_a_422(v3: Any, secrets: str, query: str) -> None:
    assert v3("GET", f"{secrets}?{query}").status == 422


@pytest.mark.parametrize(("method", "path"), [("GET", ""), ("POST", ""), ("DELETE", "/sec_x")])
def test_a_key_without_the_permission_is_refused(
    simulator: Any, connect: Any, secrets: str, method: str, path: str
) -> None:
    reply = connect(simulator, account="personal")(method, secrets + path, SECRET)
    assert (reply.status, reply.json["detail"]) == (403, "Missing permission: ManageOrgSecrets")


def test_service_users_are_named_as_makers(simulator: Any, connect: Any, secrets: str) -> None:
    made = connect(simulator, account="work")("POST", secrets, SECRET).json
    assert made["created_by"].startswith("service-user-")


def test_v1_lists_a_bare_array_of_the_same_secrets(v3: Any, v1: Any, secrets: str) -> None:
    made = v3("POST", secrets, SECRET).json
    listed = v1("GET", "/v1/secrets")
    assert listed.json == [
        {
            "id": made["secret_id"],
            "type": "key-value",
            "key": "API_TOKEN",
            "created_at": "2026-04-05T09:00:00.000000+00:00",
        }
    ]


def test_v1_creates_with_a_201_that_has_only_the_id(v3: Any, v1: Any, secrets: str) -> None:
    made = v1("POST", "/v1/secrets", {**V1_SECRET, "sensitive": False})
    assert (made.status, set(made.json)) == (201, {"id"})
    listed = v3("GET", secrets).json["items"][0]
    assert (listed["secret_id"], listed["is_sensitive"]) == (made.json["id"], False)


@pytest.mark.parametrize("missing", ["type", "key", "value", "sensitive", "note"])
def test_v1_wants_every_field(v1: Any, missing: str) -> None:
    reply = v1("POST", "/v1/secrets", {name: value for name, value in V1_SECRET.items() if name != missing})
    assert (reply.status, reply.json["detail"][0]["loc"]) == (422, ["body", missing])


def test_v1_words_a_conflict_as_documented(v1: Any) -> None:
    v1("POST", "/v1/secrets", V1_SECRET)
    again = v1("POST", "/v1/secrets", V1_SECRET)
    assert (again.status, again.json) == (409, {"detail": "Secret name is not unique"})


def test_v1_deletes_with_an_empty_204_and_then_a_404(v1: Any) -> None:
    secret_id = v1("POST", "/v1/secrets", V1_SECRET).json["id"]
    gone = v1("DELETE", f"/v1/secrets/{secret_id}")
    assert (gone.status, gone.content, gone.headers.get("content-type")) == (204, b"", None)
    again = v1("DELETE", f"/v1/secrets/{secret_id}")
    assert (again.status, set(again.json)) == (404, {"detail"})
