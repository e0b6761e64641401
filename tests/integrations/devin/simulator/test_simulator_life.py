from __future__ import annotations

from typing import Any

WORKED = {"type": "object", "properties": {"ok": {"type": "boolean"}, "why": {"enum": ["a"]}}}


def walked(client: Any, session_id: str, until: float, step: float = 0.5) -> list[tuple[str, str | None]]:
    states: list[tuple[str, str | None]] = []
    end = client.simulator.clock.time() + until
    while client.simulator.clock.time() < end:
        session = client("GET", f"{client.sessions}/{session_id}").json
        state = (session["status"], session["status_detail"])
        if state not in states[-1:]:
            states.append(state)
        client.simulator.clock.sleep(step)
    return states


def read(client: Any, session_id: str) -> Any:
    return client("GET", f"{client.sessions}/{session_id}").json


def ended_with(client: Any, detail: str, **options: Any) -> str:
    """A session whose work has just ended with this status detail; every seed has some of each."""
    for _ in range(50):
        session_id = str(client.create(**options))
        client.simulator.clock.sleep(320)
        if read(client, session_id)["status_detail"] == detail:
            return session_id
    raise AssertionError(detail)


def test_a_session_starts_up_works_ends_its_work_and_falls_asleep(v3: Any) -> None:
    states = walked(v3, v3.create(), 2200)
    assert states[:3] == [("new", None), ("claimed", None), ("running", "working")]
    assert states[3] in [("running", "finished"), ("running", "waiting_for_user")]
    assert states[4:] == [("suspended", "inactivity")]


def test_the_start_up_takes_seconds_and_the_work_minutes(v3: Any) -> None:
    session_id = v3.create()
    v3.simulator.clock.sleep(10)
    assert read(v3, session_id)["status_detail"] == "working"
    v3.simulator.clock.sleep(75)
    assert read(v3, session_id)["status_detail"] == "working"
    v3.simulator.clock.sleep(225)
    assert read(v3, session_id)["status_detail"] in {"finished", "waiting_for_user"}


def test_some_sessions_wait_some_finish_and_some_open_a_pull_request(v3: Any) -> None:
    made = [v3.create(repos=["o/r"]) for _ in range(40)]
    v3.simulator.clock.sleep(400)
    sessions = [read(v3, session_id) for session_id in made]
    assert {session["status_detail"] for session in sessions} == {"finished", "waiting_for_user"}
    opened = [session for session in sessions if session["pull_requests"]]
    assert 0 < len(opened) < 40
    for session in opened:
        assert session["status_detail"] == "finished"
        assert session["pull_requests"][0]["pr_url"].startswith("https://github.com/o/r/pull/")
        assert session["pull_requests"][0]["pr_state"] == "open"


def test_acus_grow_with_work_and_stand_still_without(v3: Any) -> None:
    session_id = v3.create()
    costs = []
    for seconds in (1, 60, 20, 400, 100, 5000):
        v3.simulator.clock.sleep(seconds)
        costs.append(read(v3, session_id)["acus_consumed"])
    assert costs[0] == 0.0 < costs[1] < costs[2] < costs[3] == costs[4] == costs[5]


def test_updated_at_follows_what_happens(v3: Any) -> None:
    session_id = v3.create()
    v3.simulator.clock.sleep(400)
    worked = read(v3, session_id)["updated_at"]
    assert 1775379600 < worked < v3.simulator.clock.time()
    v3("POST", f"{v3.sessions}/{session_id}/tags", {"tags": ["x"]})
    assert read(v3, session_id)["updated_at"] == int(v3.simulator.clock.time())


def test_devin_answers_a_message_after_a_while(v3: Any) -> None:
    session_id = v3.create()
    v3.simulator.clock.sleep(30)
    path = f"{v3.sessions}/{session_id}/messages"
    v3("POST", path, {"message": "use blue"})
    assert v3("GET", path).json["items"][-1]["message"] == "use blue"
    v3.simulator.clock.sleep(61)
    answer = v3("GET", path).json["items"][-1]
    assert answer["source"] == "devin"
    assert "use blue" in answer["message"]


def test_a_message_at_the_end_of_the_work_is_answered_while_it_still_runs(v3: Any) -> None:
    session_id = v3.create()
    while read(v3, session_id)["status_detail"] != "working":
        v3.simulator.clock.sleep(1)
    v3.simulator.clock.sleep(85)
    for _ in range(5):
        v3("POST", f"{v3.sessions}/{session_id}/messages", {"message": "wait"})
        v3.simulator.clock.sleep(60)
        assert read(v3, session_id)["status"] == "running"
    items = v3("GET", f"{v3.sessions}/{session_id}/messages").json["items"]
    assert len([item for item in items if item["message"] == "Understood: wait"]) == 5


def test_a_message_to_a_waiting_session_sets_it_to_work_until_it_has_finished(v3: Any) -> None:
    session_id = ended_with(v3, "waiting_for_user")
    v3("POST", f"{v3.sessions}/{session_id}/messages", {"message": "the second"})
    assert walked(v3, session_id, 300) == [("running", "working"), ("running", "finished")]


def test_a_message_wakes_a_sleeping_session(v3: Any) -> None:
    session_id = v3.create()
    v3.simulator.clock.sleep(4000)
    assert read(v3, session_id)["status"] == "suspended"
    sent = v3("POST", f"{v3.sessions}/{session_id}/messages", {"message": "once more"}).json
    assert (sent["status"], sent["status_detail"]) == ("resuming", None)
    assert walked(v3, session_id, 300) == [
        ("resuming", None),
        ("running", "working"),
        ("running", "finished"),
    ]


def test_a_session_that_is_not_resumable_ends_with_its_idleness(v3: Any) -> None:
    session_id = v3.create(resumable=False)
    v3.simulator.clock.sleep(4000)
    assert read(v3, session_id)["status"] == "exit"


def test_a_session_stops_at_its_acu_limit(v3: Any) -> None:
    session_id = v3.create(max_acu_limit=1)
    for _ in range(20):
        v3("POST", f"{v3.sessions}/{session_id}/messages", {"message": "more"})
        v3.simulator.clock.sleep(250)
        session = read(v3, session_id)
        if session["status"] == "suspended":
            break
    assert session["status_detail"] == "usage_limit_exceeded"
    assert session["acus_consumed"] < 1.2


def test_structured_output_fits_its_schema_once_the_work_is_finished(v3: Any) -> None:
    session_id = v3.create(structured_output_schema=WORKED)
    assert read(v3, session_id)["structured_output"] is None
    session_id = ended_with(v3, "finished", structured_output_schema=WORKED)
    assert read(v3, session_id)["structured_output"] == {"ok": True, "why": "a"}


def test_a_category_appears_with_the_work(v3: Any) -> None:
    session_id = v3.create()
    assert read(v3, session_id)["category"] is None
    v3.simulator.clock.sleep(60)
    assert read(v3, session_id)["category"] is not None


def test_a_forced_state_holds_and_an_error_takes_no_message(v3: Any) -> None:
    session_id = v3.create()
    v3.simulator.force(session_id, "error")
    v3.simulator.clock.sleep(5000)
    assert read(v3, session_id)["status"] == "error"
    assert v3("POST", f"{v3.sessions}/{session_id}/messages", {"message": "m"}).status == 409


def test_time_stands_still_without_sleep(v3: Any) -> None:
    session_id = v3.create()
    assert len({v3("GET", f"{v3.sessions}/{session_id}").content for _ in range(20)}) == 1


def test_a_message_does_not_move_a_forced_state(v3: Any) -> None:
    for status, detail in [("new", None), ("claimed", None), ("resuming", None), ("running", "working")]:
        session_id = v3.create()
        v3.simulator.force(session_id, status, detail)
        v3("POST", f"{v3.sessions}/{session_id}/messages", {"message": "m"})
        assert walked(v3, session_id, 120, step=10) == [(status, detail)]


def test_a_session_without_any_allowance_stops_without_a_pull_request(v3: Any) -> None:
    made = [v3.create(max_acu_limit=0) for _ in range(20)]
    v3.simulator.clock.sleep(400)
    for session in (read(v3, session_id) for session_id in made):
        assert session["status_detail"] == "usage_limit_exceeded"
        assert session["pull_requests"] == []
