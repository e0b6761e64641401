from __future__ import annotations

from typing import Any


def test_insights_are_the_session_with_its_size_and_counts(v3: Any) -> None:
    path = f"{v3.sessions}/{v3.create(tags=['a'])}"
    v3("POST", f"{path}/messages", {"message": "and faster"})
    v3.simulator.clock.sleep(3600)
    session, insights = v3("GET", path).json, v3("GET", f"{path}/insights").json
    messages = [item["source"] for item in v3("GET", f"{path}/messages").json["items"]]
    assert {name: insights[name] for name in session} == session
    assert set(insights) - set(session) == {"num_user_messages", "num_devin_messages", "session_size", "analysis"}
    assert insights["num_user_messages"] == messages.count("user") == 2
    assert insights["num_devin_messages"] == messages.count("devin")
    assert (insights["session_size"], insights["analysis"]) == ("xs", None)


def test_an_analysis_is_started_once_and_is_there_after_a_minute(v3: Any) -> None:
    session = v3.create("Fix it")
    path = f"{v3.sessions}/devin-{session}/insights"
    v3.simulator.clock.sleep(600)
    assert v3("POST", f"{path}/generate").json == {"session_id": session, "status": "started"}
    assert v3("POST", f"{path}/generate").json["status"] == "already_exists"
    assert v3("GET", path).json["analysis"] is None
    v3.simulator.clock.sleep(60)
    analysis = v3("GET", path).json["analysis"]
    assert set(analysis) == {
        "action_items",
        "classification",
        "issues",
        "note_usage",
        "suggested_prompt",
        "timeline",
    }
    assert analysis["timeline"][0]["title"] == "Started"
    assert v3("POST", f"{path}/generate").json["status"] == "already_exists"
    v3.simulator.clock.sleep(100_000)
    assert v3("GET", path).json["analysis"] == analysis


def test_a_session_that_had_to_ask_has_an_issue_with_what_to_do_about_it(v3: Any) -> None:
    session = v3.create("Fix it")
    v3.simulator.clock.sleep(10)
    v3.simulator.force(session, "running", "waiting_for_user")
    path = f"{v3.sessions}/{session}/insights"
    v3("POST", f"{path}/generate")
    v3.simulator.clock.sleep(60)
    analysis = v3("GET", path).json["analysis"]
    assert [issue["id"] for issue in analysis["issues"]] == ["issue-1"]
    assert analysis["action_items"][0]["issue_id"] == "issue-1"
    assert analysis["suggested_prompt"]["original_prompt"] == "Fix it"


def test_all_insights_are_listed_in_pages_with_the_filters_of_sessions(v3: Any) -> None:
    tagged = [v3.create(tags=["a"]), v3.create(tags=["a"])]
    v3.create()
    listed = v3("GET", f"{v3.sessions}/insights?tags=a&first=1").json
    assert [item["session_id"] for item in listed["items"]] == [tagged[1]]
    assert (listed["total"], listed["has_next_page"]) == (2, True)
    rest = v3("GET", f"{v3.sessions}/insights?tags=a&after={listed['end_cursor'].replace('=', '%3D')}").json
    assert [item["session_id"] for item in rest["items"]] == [tagged[0]]
    assert "session_size" in rest["items"][0]
    assert v3("GET", f"{v3.sessions}/insights?first=0").status == 422


def test_insights_of_an_unknown_session_are_a_404(v3: Any) -> None:
    assert v3("GET", f"{v3.sessions}/nope/insights").status == 404
    assert v3("POST", f"{v3.sessions}/nope/insights/generate").status == 404
