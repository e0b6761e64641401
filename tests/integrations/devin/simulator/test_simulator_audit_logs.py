from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

SECRET = {"type": "key-value", "key": "K", "value": "v", "sensitive": True, "note": ""}
NOTE = {"name": "n", "body": "b", "trigger": "t", "trigger_description": "t"}
PLAYBOOK = {"title": "t", "body": "b"}


def actions(v1: Any, query: str = "") -> list[str]:
    return [log["action"] for log in v1("GET", f"/v1/audit-logs?{query}").json["audit_logs"]]


def test_an_entry_says_who_did_what_to_what_in_milliseconds(v3: Any, v1: Any) -> None:
    session_id = v3.create()
    entry = v1("GET", "/v1/audit-logs").json["audit_logs"][0]
    assert entry == {
        "audit_log_id": entry["audit_log_id"],
        "created_at": 1775379600000,
        "action": "create_session",
        "user_id": v3("GET", "/v3/self").json["user_id"],
        "org_id": v3.simulator.org_id,
        "session_id": f"devin-{session_id}",
    }
    assert entry["audit_log_id"].startswith("audit_log-")


@pytest.mark.parametrize("version", ["v3", "v1"])
def test_changes_are_logged_newest_first_whichever_version_made_them(
    simulator: Any, connect: Any, version: str
) -> None:
    client = connect(simulator, version=version)
    base = "/v1" if version == "v1" else client.organization
    notes = f"{base}/knowledge" if version == "v1" else f"{base}/knowledge/notes"
    message = "message" if version == "v1" else "messages"
    session = f"{client.sessions}/{client.create()}"
    client("POST", f"{session}/{message}", {"message": "m"})
    client("DELETE", session)
    for place, body, names in (
        (f"{base}/secrets", SECRET, ("id", "secret_id")),
        (notes, NOTE, ("id", "note_id")),
        (f"{base}/playbooks", PLAYBOOK, ("playbook_id",)),
    ):
        made = client("POST", place, body).json
        path = f"{place}/{next(made[name] for name in names if name in made)}"
        client("PUT", path, body)
        client("DELETE", path)
    assert actions(connect(simulator, version="v1"))[::-1] == [
        "create_session",
        "send_message",
        "terminate_session",
        "create_secret",
        "delete_secret",
        "create_knowledge",
        "edit_knowledge",
        "delete_knowledge",
        "create_playbook",
        "update_playbook",
        "delete_playbook",
    ]


def test_what_was_refused_or_only_looked_at_is_not_logged(v1: Any) -> None:
    v1("POST", "/v1/secrets", {})
    v1("DELETE", "/v1/secrets/sec_x")
    v1("GET", "/v1/sessions")
    assert actions(v1) == []


def test_an_idempotent_create_is_logged_once(v1: Any) -> None:
    for _ in range(2):
        v1.create("p", idempotent=True)
    assert actions(v1) == ["create_session"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("limit=1", ["delete_secret"]),
        ("after=1775379660000", ["delete_secret"]),
        ("before=1775379660000", ["create_secret"]),
        ("after=" + quote("2026-04-05T09:00:30+00:00"), ["delete_secret"]),
        ("before=2026-04-05T09:00:30Z&after=2026-04-05T09:00:00Z", ["create_secret"]),
        ("after=1775379660001", []),
    ],
)
def test_logs_are_cut_by_number_and_time(v1: Any, query: str, found: list[str]) -> None:
    secret_id = v1("POST", "/v1/secrets", SECRET).json["id"]
    v1.simulator.clock.sleep(60)
    v1("DELETE", f"/v1/secrets/{secret_id}")
    assert actions(v1, query) == found


@pytest.mark.parametrize("query", ["limit=0", "before=soon", "after=2026-04-05T09:00:00", "after="])
def test_a_bad_query_is_a_422_with_a_list(v1: Any, query: str) -> None:
    reply = v1("GET", f"/v1/audit-logs?{query}")
    assert (reply.status, reply.json["detail"][0]["loc"]) == (422, ["query", query.split("=", maxsplit=1)[0]])
