"""A stranger works through v1, a family at a time, and compares each answer with its schema."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

from tests.integrations.devin.contract import Stranger, stranger

SESSION = "/v1/sessions/{session_id}"


@pytest.fixture
def api() -> Iterator[Stranger]:
    with stranger("v1") as found:
        yield found


def created(api: Stranger, **body: Any) -> str:
    return str(api.ask("POST", "/v1/sessions", json={"prompt": "Fix the build", **body})["session_id"])


def test_sessions(api: Stranger) -> None:
    secret = {"key": "TOKEN", "value": "fake", "sensitive": True}
    session_id = created(api, title="The build", tags=["ci"], unlisted=False, max_acu_limit=5, session_secrets=[secret])
    first = api.ask("POST", "/v1/sessions", json={"prompt": "Only once", "idempotent": True})
    again = api.ask("POST", "/v1/sessions", json={"prompt": "Only once", "idempotent": True})
    assert [first["is_new_session"], again["is_new_session"]] == [True, False]
    assert again["session_id"] == first["session_id"]
    for _ in range(40):
        found = api.ask("GET", SESSION, session_id=session_id)
        assert (found["session_id"], found["title"], found["tags"]) == (session_id, "The build", ["ci"])
        api.sleep(30)
    assert found["messages"][0]["type"] == "initial_user_message"
    listed = [each["session_id"] for each in api.ask("GET", "/v1/sessions", params={"limit": 1000})["sessions"]]
    assert listed.index(first["session_id"]) < listed.index(session_id), "newest first"
    one = api.ask("GET", "/v1/sessions", params={"limit": 1, "offset": 1})["sessions"]
    assert [each["session_id"] for each in one] == listed[1:2]
    api.ask("DELETE", SESSION, session_id=session_id)
    assert api.ask("DELETE", SESSION, 400, session_id=session_id)["detail"] == "Devin session already exited"


def test_sessions_refused(api: Stranger) -> None:
    assert api.ask("POST", "/v1/sessions", 422, json={})["detail"][0]["loc"]
    assert api.ask("GET", SESSION, 404, session_id=f"devin-{'0' * 32}")["detail"]
    assert api.ask("GET", "/v1/sessions", 401, key=None)["detail"]


def test_session_message(api: Stranger) -> None:
    session_id = created(api)
    api.sleep(60)
    api.ask("POST", f"{SESSION}/message", session_id=session_id, json={"message": "And the tests?"})
    api.sleep(600)
    messages = api.ask("GET", SESSION, session_id=session_id)["messages"]
    assert ("user_message", "And the tests?") in {(each["type"], each["message"]) for each in messages}
    api.ask("POST", f"{SESSION}/message", 422, session_id=session_id, json={})


def test_session_tags(api: Stranger) -> None:
    session_id = created(api, tags=["a"])
    api.ask("PUT", f"{SESSION}/tags", session_id=session_id, json={"tags": ["b"]})
    assert api.ask("GET", SESSION, session_id=session_id)["tags"] == ["b"], "replaced, not appended"


def test_attachments(api: Stranger) -> None:
    url = api.ask("POST", "/v1/attachments", files={"file": ("the log.txt", b"all is well\n", "text/plain")})
    uuid, name = map(unquote, urlsplit(url).path.split("/")[-2:])
    found = api.response("GET", "/v1/attachments/{uuid}/{name}", uuid=uuid, name=name)
    assert urlsplit(found.headers["Location"]).scheme in {"http", "https"}
    gone = {"uuid": "00000000-0000-0000-0000-000000000000", "name": "a"}
    assert api.ask("GET", "/v1/attachments/{uuid}/{name}", 404, **gone)["detail"] == "Attachment not found"


def test_secrets(api: Stranger) -> None:
    body = {"type": "key-value", "key": "STRANGERS_TOKEN", "value": "fake-value", "sensitive": True, "note": ""}
    made = api.ask("POST", "/v1/secrets", json=body)
    assert api.ask("POST", "/v1/secrets", 409, json=body)["detail"] == "Secret name is not unique"
    assert made["id"] in secret_ids(api)
    api.ask("DELETE", "/v1/secrets/{secret_id}", secret_id=made["id"])
    assert made["id"] not in secret_ids(api)


def secret_ids(api: Stranger) -> set[str]:
    found = api.ask("GET", "/v1/secrets")
    return (
        {each["id"] for each in found} if isinstance(found, list) else {each["secret_id"] for each in found["secrets"]}
    )


def test_knowledge(api: Stranger) -> None:
    body = {"name": "Style", "body": "Short names.", "trigger_description": "When writing code", "pinned_repo": "all"}
    made = api.ask("POST", "/v1/knowledge", json=body)
    assert made["id"] in {each["id"] for each in api.ask("GET", "/v1/knowledge")["knowledge"]}
    changed = api.ask("PUT", "/v1/knowledge/{note_id}", note_id=made["id"], json={**body, "body": "Shorter names."})
    assert (changed["id"], changed["body"]) == (made["id"], "Shorter names.")
    api.ask("DELETE", "/v1/knowledge/{note_id}", note_id=made["id"])
    assert made["id"] not in {each["id"] for each in api.ask("GET", "/v1/knowledge")["knowledge"]}
    api.ask("POST", "/v1/knowledge", 422, json={"name": "Style"})


def test_playbooks(api: Stranger) -> None:
    one = "/v1/playbooks/{playbook_id}"
    made = api.ask("POST", "/v1/playbooks", json={"title": "Release", "body": "1. Tag it.", "macro": "!release_it"})
    playbook = {"playbook_id": made["playbook_id"]}
    assert made["playbook_id"] in {each["playbook_id"] for each in api.ask("GET", "/v1/playbooks")}
    api.ask("PUT", one, json={"title": "Release it", "body": "1. Tag it."}, **playbook)
    assert api.ask("GET", one, **playbook)["title"] == "Release it"
    api.ask("DELETE", one, **playbook)
    api.ask("GET", one, 404, **playbook)
    api.ask("POST", "/v1/playbooks", 422, json={"title": "", "body": ""})


def test_audit_logs(api: Stranger) -> None:
    created(api)
    logs = api.ask("GET", "/v1/audit-logs", params={"limit": 1})["audit_logs"]
    assert len(logs) <= 1
