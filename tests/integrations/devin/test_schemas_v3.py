"""A stranger works through v3's organisation scope, a family at a time, and compares each answer with its schema."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

from tests.integrations.devin.contract import BETA, ENTERPRISE, ORG, Stranger, stranger

SESSIONS = f"{ORG}/sessions"
SESSION = f"{SESSIONS}/{{devin_id}}"
SPAN = {"time_after": 1700000000, "time_before": 1900000000}


@pytest.fixture
def api() -> Iterator[Stranger]:
    with stranger("v3") as found:
        yield found


def created(api: Stranger, **body: Any) -> str:
    return str(api.ask("POST", SESSIONS, json={"prompt": "Fix the build", **body})["session_id"])


def bare(devin_id: str) -> str:
    return devin_id.removeprefix("devin-")


def test_self(api: Stranger) -> None:
    kinds = {name: api.ask("GET", "/v3/self", key=name)["principal_type"] for name in api.keys}
    assert set(kinds.values()) <= {"service_user", "pat_user"}, "the principals that have keys of their own"
    api.ask("GET", "/v3/self", 401, key=None)


def test_sessions(api: Stranger) -> None:
    asked = {"title": "The build", "tags": ["ci"], "repos": ["acme/app"], "max_acu_limit": 5, "devin_mode": "fast"}
    asked |= {"session_secrets": [{"key": "TOKEN", "value": "fake"}], "structured_output_schema": {"type": "object"}}
    new = api.ask("POST", SESSIONS, json={"prompt": "Fix the build", **asked})
    assert (new["title"], new["tags"], new["org_id"], new["acus_consumed"]) == ("The build", ["ci"], api.org_id, 0)
    assert new["url"] == f"https://app.devin.ai/sessions/{bare(new['session_id'])}"
    devin_id = new["session_id"]
    child = created(api, create_as_user_id=None, knowledge_ids=[], attachment_urls=None)
    for _ in range(40):
        assert api.ask("GET", SESSION, devin_id=devin_id)["session_id"] == devin_id
        api.sleep(30)
    listed = {each["session_id"] for each in api.ask("GET", SESSIONS, params={"first": 200})["items"]}
    assert {devin_id, child} <= listed
    assert {each["session_id"] for each in api.pages(SESSIONS, first=1)} == listed
    tagged = api.ask("GET", SESSIONS, params={"tags": ["ci"], "created_after": new["created_at"] - 1})["items"]
    assert devin_id in {each["session_id"] for each in tagged}
    api.ask("DELETE", SESSION, devin_id=devin_id)
    api.ask("DELETE", SESSION, devin_id=child, params={"archive": "true"})
    assert api.ask("GET", SESSION, devin_id=child)["is_archived"] is True


def test_sessions_refused(api: Stranger) -> None:
    assert api.ask("POST", SESSIONS, 422, json={"title": "no prompt"})["errors"]
    assert api.ask("GET", SESSIONS, 422, params={"first": 0})["status"] == 422
    assert api.ask("GET", SESSION, 404, devin_id=f"devin-{'0' * 32}")["status"] == 404
    assert api.ask("GET", SESSIONS, 401, key=None)["status"] == 401
    assert api.ask("GET", SESSIONS, 403, org_id="org-somebody-else")["status"] == 403


def test_session_archive(api: Stranger) -> None:
    devin_id = created(api)
    api.sleep(60)
    assert api.ask("POST", f"{SESSION}/archive", devin_id=devin_id)["is_archived"] is True
    assert api.ask("GET", SESSION, devin_id=devin_id)["is_archived"] is True
    assert api.ask("POST", f"{SESSION}/unarchive", devin_id=devin_id).get("is_archived", False) is False


def test_session_messages(api: Stranger) -> None:
    devin_id = created(api)
    api.sleep(60)
    sent = api.ask("POST", f"{SESSION}/messages", devin_id=devin_id, json={"message": "And the tests?"})
    assert sent["session_id"] == devin_id
    api.sleep(600)
    messages = api.ask("GET", f"{SESSION}/messages", devin_id=devin_id)["items"]
    assert ("user", "And the tests?") in {(each["source"], each["message"]) for each in messages}
    assert messages == sorted(messages, key=lambda each: each["created_at"]), "chronological"
    assert api.pages(f"{SESSION}/messages", first=1, devin_id=devin_id) == messages
    api.ask("POST", f"{SESSION}/messages", 422, devin_id=devin_id, json={})


def test_session_tags(api: Stranger) -> None:
    devin_id = created(api, tags=["a"])
    tags = f"{SESSION}/tags"
    assert api.ask("GET", tags, devin_id=devin_id)["tags"] == ["a"]
    assert set(api.ask("POST", tags, devin_id=devin_id, json={"tags": ["b", "a"]})["tags"]) == {"a", "b"}
    assert api.ask("PUT", tags, devin_id=devin_id, json={"tags": ["c"]})["tags"] == ["c"]
    assert api.ask("GET", tags, devin_id=devin_id)["tags"] == ["c"]
    api.ask("POST", tags, 422, devin_id=devin_id, json={"tags": [str(n) for n in range(51)]})


def test_session_insights(api: Stranger) -> None:
    devin_id = created(api)
    api.sleep(600)
    before = api.ask("GET", f"{SESSION}/insights", devin_id=devin_id)
    assert before["analysis"] is None
    assert api.ask("POST", f"{SESSION}/insights/generate", devin_id=devin_id)["status"] == "started"
    assert api.ask("POST", f"{SESSION}/insights/generate", devin_id=devin_id)["status"] == "already_exists"
    api.sleep(3600)
    assert api.ask("GET", f"{SESSION}/insights", devin_id=devin_id)["analysis"] is not None
    every = api.ask("GET", f"{SESSIONS}/insights", params={"first": 200})["items"]
    assert devin_id in {each["session_id"] for each in every}


def test_attachments(api: Stranger) -> None:
    uploaded = api.ask("POST", f"{ORG}/attachments", files={"file": ("the log.txt", b"all is well\n", "text/plain")})
    devin_id = created(api, attachment_urls=[uploaded["url"]])
    api.sleep(600)
    listed = api.ask("GET", f"{SESSION}/attachments", devin_id=devin_id)
    assert isinstance(listed, list)
    for url in {uploaded["url"], *(each["url"] for each in listed)}:
        uuid, name = map(unquote, urlsplit(url).path.split("/")[-2:])
        found = api.response("GET", f"{ORG}/attachments/{{uuid}}/{{name}}", uuid=uuid, name=name)
        assert urlsplit(found.headers["Location"]).scheme in {"http", "https"}
    api.ask("POST", f"{ORG}/attachments", 422, files={"other": ("a.txt", b"a")})
    api.ask("GET", f"{ORG}/attachments/{{uuid}}/{{name}}", 404, uuid="00000000-0000-0000-0000-000000000000", name="a")


def test_members(api: Stranger) -> None:
    users = api.ask("GET", f"{BETA}/members/users")["items"]
    assert users, "whoever holds the key of a person is a member"
    api.pages(f"{BETA}/members/users", first=1)
    first = api.ask("GET", f"{BETA}/members/users/{{user_id}}", user_id=users[0]["user_id"])
    assert (first["user_id"], first["email"]) == (users[0]["user_id"], users[0]["email"])
    api.ask("GET", f"{BETA}/members/users/{{user_id}}", 404, user_id="user-nobody")
    api.ask("GET", f"{BETA}/members/idp-users")


def test_secrets(api: Stranger) -> None:
    body = {"type": "key-value", "key": "STRANGERS_TOKEN", "value": "fake-value-of-a-secret", "note": "for a test"}
    response = api.response("POST", f"{ORG}/secrets", json=body)
    assert "fake-value-of-a-secret" not in response.text
    made = response.json()
    assert (made["key"], made["secret_type"], made["is_sensitive"]) == ("STRANGERS_TOKEN", "key-value", True)
    assert made["secret_id"] in {each["secret_id"] for each in api.pages(f"{ORG}/secrets", first=1)}
    gone = api.ask("DELETE", f"{ORG}/secrets/{{secret_id}}", secret_id=made["secret_id"])
    assert gone["secret_id"] == made["secret_id"]
    api.ask("DELETE", f"{ORG}/secrets/{{secret_id}}", 403, secret_id=made["secret_id"])
    api.ask("POST", f"{ORG}/secrets", 422, json={"type": "password", "key": "A", "value": "b"})


def keeps(api: Stranger, path: str, name: str, body: dict[str, Any], change: dict[str, Any], *, method: str) -> None:
    """Create, list, get, update, delete of one thing; `name` is the field with its id."""
    made = api.ask("POST", path, json=body)
    identity = made[name]
    one = f"{path}/{{{'schedule_id' if name == 'scheduled_session_id' else name}}}"
    ids = {"note_id": identity, "playbook_id": identity, "schedule_id": identity}
    assert {key: made[key] for key in body} == body
    assert identity in {each[name] for each in api.ask("GET", path)["items"]}
    assert api.ask("GET", one, **ids) == made
    updated = api.ask(method, one, json=change, **ids)
    assert {key: updated[key] for key in change} == change
    assert api.ask("DELETE", one, **ids)[name] == identity
    if (
        name != "scheduled_session_id"
    ):  # a schedule is deleted softly, and the documentation does not say who sees it then
        assert identity not in {each[name] for each in api.ask("GET", path)["items"]}
        api.ask("GET", one, 404, **ids)
    api.ask("POST", path, 422, json={})


def test_knowledge_notes(api: Stranger) -> None:
    body = {"name": "Style", "body": "Short names.", "trigger": "When writing code", "pinned_repo": None}
    keeps(api, f"{ORG}/knowledge/notes", "note_id", body, {**body, "body": "Shorter names."}, method="PUT")


def test_knowledge_folders(api: Stranger) -> None:
    tree = api.ask("GET", f"{ORG}/knowledge/folders")
    ids = {each["folder_id"] for each in tree["folders"]}
    assert {each.get("parent_folder_id") for each in tree["folders"]} <= {None, *ids}


def test_playbooks(api: Stranger) -> None:
    body = {"title": "Release", "body": "1. Tag it.", "macro": "!release_it"}
    keeps(api, f"{ORG}/playbooks", "playbook_id", body, {**body, "title": "Release it"}, method="PUT")


def test_schedules(api: Stranger) -> None:
    body = {"name": "Nightly", "prompt": "Look at the build", "frequency": "0 3 * * *"}
    change = {"enabled": False, "notify_on": "never", "playbook": None}
    path = f"{ORG}/schedules"
    keeps(api, path, "scheduled_session_id", body, {"enabled": False, "notify_on": "never"}, method="PATCH")
    playbook = api.ask("POST", f"{ORG}/playbooks", json={"title": "Release", "body": "1. Tag it."})["playbook_id"]
    once = {"schedule_type": "one_time", "scheduled_at": "2099-01-01T09:00:00+00:00", "playbook_id": playbook}
    made = api.ask("POST", path, json={"name": "Once", "prompt": "Release", **once})
    assert (made["playbook"]["playbook_id"], made["schedule_type"], made["frequency"]) == (playbook, "one_time", None)
    one = f"{path}/{{schedule_id}}"
    cleared = api.ask("PATCH", one, schedule_id=made["scheduled_session_id"], json={**change, "playbook_id": None})
    assert (cleared["playbook"], cleared["enabled"]) == (None, False)
    page = api.ask("GET", path, params={"limit": 1, "offset": 0})
    assert len(page["items"]) == 1


def test_consumption(api: Stranger) -> None:
    devin_id = created(api)
    api.sleep(600)
    user, service = "user-nobody", "service-user-nobody"
    for name in api.keys:
        who = api.ask("GET", "/v3/self", key=name)
        user, service = who.get("user_id", user), who.get("service_user_id", service)
    daily = f"{ORG}/consumption/daily"
    for found in (
        api.ask("GET", daily, params=SPAN),
        api.ask("GET", f"{daily}/sessions/{{session_id}}", params=SPAN, session_id=devin_id),
        api.ask("GET", f"{daily}/users/{{user_id}}", params=SPAN, user_id=user),
        api.ask("GET", f"{daily}/service-users/{{service_user_id}}", params=SPAN, service_user_id=service),
    ):
        days = found["consumption_by_date"]
        assert found["total_acus"] == pytest.approx(sum(day["acus"] for day in days), abs=0.01)
        assert len({day["date"] for day in days}) == len(days), "a day twice"


def test_metrics(api: Stranger) -> None:
    created(api)
    api.ask("GET", f"{ORG}/metrics/usage")
    for metric in ("usage", "sessions", "prs", "searches", "active-users", "dau", "wau", "mau"):
        api.ask("GET", f"{ORG}/metrics/{metric}", params={"time_after": 1775300000, "time_before": 1775400000})
    people = {"playbook_id": "playbook-1", "user_ids": ["user-1", "user-2"], "service_user_ids": ["service-user-1"]}
    for metric in ("sessions", "prs"):
        api.ask("GET", f"{ORG}/metrics/{metric}", params={**SPAN, **people})
    api.ask("GET", f"{ORG}/metrics/active-users", params={**SPAN, "min_sessions": 2, "min_searches": 1})
    for metric in ("sessions", "prs", "searches", "active-users", "dau", "wau", "mau"):
        api.ask("GET", f"{ORG}/metrics/{metric}", 422)


def test_pr_reviews(api: Stranger) -> None:
    reviews, pr_url = f"{ORG}/pr-reviews", "https://github.com/acme/app/pull/123"
    api.ask("GET", reviews, 404, params={"pr_url": pr_url})
    made = api.ask("POST", reviews, json={"pr_url": pr_url})
    assert (made["pr_number"], made["status"]) == (123, "pending")
    found = api.ask("GET", reviews, params={"pr_url": pr_url, "commit_sha": made["commit_sha"]})
    assert found["commit_sha"] == made["commit_sha"]
    api.sleep(3600)
    api.ask("GET", reviews, params={"pr_url": pr_url})


def test_repositories(api: Stranger) -> None:
    known = api.ask("GET", f"{BETA}/repositories")["items"]
    assert known, "there is something to index"
    path = known[0]["repo_path"]
    indexing, one = f"{BETA}/repositories/indexing", f"{BETA}/repositories/{{path}}/indexing"
    assert api.ask("GET", one, path=path)["indexing_enabled"] is False
    assert api.ask("PUT", one, path=path, json={})["indexing_enabled"] is True
    assert api.ask("GET", one, path=path)["indexing_enabled"] is True
    api.sleep(3600)
    assert path in {each["repository_path"] for each in api.ask("GET", indexing)["items"]}
    assert api.ask("DELETE", one, path=path)["indexing_enabled"] is False
    added = api.ask("PUT", indexing, json={"repositories": [{"repository_path": path}]})
    assert [(each["repository_path"], each["indexing_enabled"]) for each in added] == [(path, True)]
    removed = api.ask("DELETE", indexing, json={"repository_paths": [path]})
    assert [each["indexing_enabled"] for each in removed] == [False]


def test_allowed_tags(api: Stranger) -> None:
    tags, default = f"{ENTERPRISE}/tags", f"{ENTERPRISE}/tags/default"
    assert api.ask("GET", tags)["tags"] == []
    assert api.ask("POST", tags, json={"tags": ["a", "b"]})["tags"] == ["a", "b"]
    assert api.ask("PUT", default, json={"tag": "b"})["default_tag"] == "b"
    assert api.ask("GET", default)["default_tag"] == "b"
    assert api.ask("DELETE", default)["default_tag"] is None
    assert api.ask("DELETE", f"{tags}/{{tag}}", tag="b")["tags"] == ["a"]
    assert api.ask("PUT", tags, json={"tags": ["c"]})["tags"] == ["c"]
    api.ask("POST", SESSIONS, 422, json={"prompt": "p", "tags": ["a"]})
    assert api.ask("DELETE", tags)["tags"] == []
    created(api, tags=["a"])
    api.ask("POST", tags, 422, json={})
    api.ask("GET", tags, 403, org_id="org-somebody-else")
