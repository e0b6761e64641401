from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

NOTE = {"name": "Weather", "body": "Look out of the window", "trigger": "When asked about the weather"}
V1_NOTE = {"name": "Weather", "body": "Look out of the window", "trigger_description": "When asked"}


@pytest.fixture
def notes(v3: Any) -> str:
    return f"{v3.organization}/knowledge/notes"


def folders(v3: Any) -> dict[str, Any]:
    found: dict[str, Any] = v3("GET", f"{v3.organization}/knowledge/folders").json
    return found


def folder_id(v3: Any, path: str) -> str:
    return next(str(folder["folder_id"]) for folder in folders(v3)["folders"] if folder["path"] == path)


def test_a_new_note_has_every_field(v3: Any, notes: str) -> None:
    made = v3("POST", notes, NOTE)
    assert made.status == 200
    assert made.json == {
        "note_id": made.json["note_id"],
        "folder_id": None,
        "folder_path": "/",
        **NOTE,
        "is_enabled": True,
        "created_at": 1775379600,
        "updated_at": 1775379600,
        "access_type": "org",
        "org_id": v3.simulator.org_id,
        "macro": None,
        "pinned_repo": None,
    }
    assert made.json["note_id"].startswith("note-")
    assert v3("GET", f"{notes}/{made.json['note_id']}").json == made.json


@pytest.mark.parametrize(
    ("change", "loc", "kind"),
    [
        ({"name": None}, ["body", "name"], "string_type"),
        ({"body": 1}, ["body", "body"], "string_type"),
        ({"trigger": []}, ["body", "trigger"], "string_type"),
        ({"folder_id": 1}, ["body", "folder_id"], "string_type"),
        ({"is_enabled": "yes"}, ["body", "is_enabled"], "bool_type"),
        ({"pinned_repo": 1}, ["body", "pinned_repo"], "string_type"),
    ],
)
@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_a_note_that_breaks_a_rule_names_the_field(
    v3: Any, notes: str, method: str, change: Any, loc: list[Any], kind: str
) -> None:
    path = notes if method == "POST" else f"{notes}/{v3('POST', notes, NOTE).json['note_id']}"
    reply = v3(method, path, {**NOTE, **change})
    assert reply.status == 422
    assert (reply.json["errors"][0]["loc"], reply.json["errors"][0]["type"]) == (loc, kind)


@pytest.mark.parametrize("missing", ["name", "body", "trigger"])
def test_name_body_and_trigger_are_required_by_create_and_update(v3: Any, notes: str, missing: str) -> None:
    part = {name: value for name, value in NOTE.items() if name != missing}
    note_id = v3("POST", notes, NOTE).json["note_id"]
    for method, path in (("POST", notes), ("PUT", f"{notes}/{note_id}")):
        assert v3(method, path, part).json["errors"][0]["loc"] == ["body", missing]


def test_an_update_replaces_all_that_a_body_can_say(v3: Any, notes: str) -> None:
    made = v3("POST", notes, {**NOTE, "is_enabled": False, "pinned_repo": "all"}).json
    v3.simulator.clock.sleep(60)
    changed = v3("PUT", f"{notes}/{made['note_id']}", {**NOTE, "name": "Rain"}).json
    assert changed == {**made, "name": "Rain", "is_enabled": True, "pinned_repo": None, "updated_at": 1775379660}
    assert v3("GET", f"{notes}/{made['note_id']}").json == changed


def test_a_delete_answers_with_the_note_and_then_it_is_unknown(v3: Any, notes: str) -> None:
    made = v3("POST", notes, NOTE).json
    path = f"{notes}/{made['note_id']}"
    gone = v3("DELETE", path)
    assert (gone.status, gone.json) == (200, made)
    assert [v3("GET", path).status, v3("PUT", path, NOTE).status, v3("DELETE", path).status] == [404] * 3
    assert v3("GET", notes).json["items"] == []


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["c", "b", "a"]),
        ("search=RAIN", ["b", "a"]),
        ("search=snow", ["c"]),
        ("search=", ["c", "b", "a"]),
        ("folder_path=/Engineering", ["b"]),
        ("folder_path=/Engineering/Releases", ["c"]),
        ("folder_path=/", ["a"]),
        ("folder_path=/Nowhere", []),
        ("pinned_repo=acme/app", ["c"]),
        ("pinned_repo=all", ["b"]),
        ("pinned_repo=all&search=snow", []),
    ],
)
def test_lists_are_newest_first_and_cut_as_asked(v3: Any, notes: str, query: str, found: list[str]) -> None:
    v3("POST", notes, {**NOTE, "name": "a", "body": "rain"})
    home = folder_id(v3, "/Engineering")
    v3("POST", notes, {**NOTE, "name": "b", "trigger": "Rain?", "folder_id": home, "pinned_repo": "all"})
    home = folder_id(v3, "/Engineering/Releases")
    v3("POST", notes, {**NOTE, "name": "c", "body": "Snow", "folder_id": home, "pinned_repo": "acme/app"})
    page = v3("GET", f"{notes}?{query}").json
    assert ([item["name"] for item in page["items"]], page["total"]) == (found, len(found))


def test_notes_come_in_pages(v3: Any, notes: str) -> None:
    for name in "abc":
        v3("POST", notes, {**NOTE, "name": name})
    first = v3("GET", f"{notes}?first=2&search=window").json
    second = v3("GET", f"{notes}?first=2&search=window&after={quote(first['end_cursor'])}").json
    assert [item["name"] for item in first["items"] + second["items"]] == ["c", "b", "a"]
    assert (first["has_next_page"], second["has_next_page"], second["end_cursor"]) == (True, False, None)


@pytest.mark.parametrize("query", ["first=0", "first=201", "after=x"])
def test_a_bad_page_is_a_422(v3: Any, notes: str, query: str) -> None:
    assert v3("GET", f"{notes}?{query}").status == 422


def test_a_folder_that_does_not_exist_is_a_404_and_changes_nothing(v3: Any, notes: str) -> None:
    assert v3("POST", notes, {**NOTE, "folder_id": "folder-x"}).status == 404
    made = v3("POST", notes, NOTE).json
    path = f"{notes}/{made['note_id']}"
    assert v3("PUT", path, {**NOTE, "name": "n", "folder_id": "folder-x"}).status == 404
    assert v3("GET", notes).json["items"] == [made]


def test_folders_count_the_notes_that_lie_right_in_them(v3: Any, notes: str) -> None:
    listed = folders(v3)
    assert [folder["path"] for folder in listed["folders"]] == ["/Engineering", "/Engineering/Releases", "/Support"]
    assert [folder["note_count"] for folder in listed["folders"]] == [0, 0, 0]
    parent, child, _ = listed["folders"]
    assert (parent["parent_folder_id"], child["parent_folder_id"]) == (None, parent["folder_id"])
    v3("POST", notes, {**NOTE, "folder_id": child["folder_id"]})
    v3("POST", notes, NOTE)
    listed = folders(v3)
    assert [folder["note_count"] for folder in listed["folders"]] == [0, 1, 0]
    assert listed["root_note_count"] == 1


def test_a_key_without_the_permission_is_refused(simulator: Any, connect: Any, notes: str) -> None:
    grace = connect(simulator, account="personal")
    tries = [("GET", notes), ("POST", notes), *((method, f"{notes}/note-x") for method in ("GET", "PUT", "DELETE"))]
    for method, path in tries:
        reply = grace(method, path, NOTE)
        assert (reply.status, reply.json["detail"]) == (403, "Missing permission: ManageAccountKnowledge")
    assert "ManageKnowledge" in grace("GET", f"{grace.organization}/knowledge/folders").json["detail"]


def test_v1_shows_the_same_notes_and_folders_in_its_own_words(v3: Any, v1: Any, notes: str) -> None:
    home = folder_id(v3, "/Support")
    made = v1("POST", "/v1/knowledge", {**V1_NOTE, "parent_folder_id": home, "macro": "!rain"})
    assert made.status == 200
    assert made.json == {
        "id": made.json["id"],
        **V1_NOTE,
        "parent_folder_id": home,
        "pinned_repo": None,
        "macro": "!rain",
        "created_at": "2026-04-05T09:00:00.000000+00:00",
        "created_by": {
            "id": v3("GET", "/v3/self").json["user_id"],
            "full_name": "Ada Lovelace",
            "image_url": None,
        },
    }
    listed = v1("GET", "/v1/knowledge").json
    assert listed["knowledge"] == [made.json]
    assert [folder["name"] for folder in listed["folders"]] == ["Engineering", "Releases", "Support"]
    assert set(listed["folders"][0]) == {"id", "name", "description", "created_at"}
    same = v3("GET", f"{notes}/{made.json['id']}").json
    assert (same["trigger"], same["folder_path"], same["macro"]) == ("When asked", "/Support", "!rain")


def test_what_one_version_cannot_say_the_other_version_keeps(v3: Any, v1: Any, notes: str) -> None:
    note_id = v3("POST", notes, {**NOTE, "is_enabled": False}).json["note_id"]
    assert v1("PUT", f"/v1/knowledge/{note_id}", {**V1_NOTE, "macro": "!m"}).json["macro"] == "!m"
    assert v3("GET", f"{notes}/{note_id}").json["is_enabled"] is False
    assert v3("PUT", f"{notes}/{note_id}", NOTE).json["macro"] == "!m"


@pytest.mark.parametrize("repo", [None, "all", "acme/app"])
def test_v1_takes_the_documented_pins(v1: Any, repo: str | None) -> None:
    assert v1("POST", "/v1/knowledge", {**V1_NOTE, "pinned_repo": repo}).json["pinned_repo"] == repo


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"pinned_repo": "app"}, "pinned_repo"),
        ({"pinned_repo": "a/b/c"}, "pinned_repo"),
        ({"macro": "rain"}, "macro"),
        ({"name": 1}, "name"),
        ({"parent_folder_id": 1}, "parent_folder_id"),
    ],
)
def test_a_bad_v1_note_is_a_422_with_a_list(v1: Any, change: Any, field: str) -> None:
    reply = v1("POST", "/v1/knowledge", {**V1_NOTE, **change})
    assert (reply.status, reply.json["detail"][0]["loc"]) == (422, ["body", field])


def test_v1_updates_and_deletes_once(v1: Any) -> None:
    note_id = v1("POST", "/v1/knowledge", V1_NOTE).json["id"]
    path = f"/v1/knowledge/{note_id}"
    assert v1("PUT", path, {**V1_NOTE, "name": "Rain"}).json["name"] == "Rain"
    gone = v1("DELETE", path)
    assert (gone.status, gone.content) == (204, b"")
    assert (v1("DELETE", path).status, v1("PUT", path, V1_NOTE).status) == (404, 404)
    assert v1("POST", "/v1/knowledge", {**V1_NOTE, "parent_folder_id": "folder-x"}).status == 404
