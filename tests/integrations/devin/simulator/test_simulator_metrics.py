from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

START = 1775379600
DAY = 86400
WINDOW = f"time_after={START}&time_before={START + 30 * DAY}"
NAMES = ["usage", "sessions", "prs", "searches", "active-users", "dau", "wau", "mau"]


@pytest.fixture
def used(simulator: Any, connect: Any) -> Any:
    """A client after two sessions of Ada's, ten days apart, and one of a service user."""
    ada, bot = connect(simulator), connect(simulator, account="work")
    ada.create(playbook_id="playbook-1")
    bot.create()
    simulator.clock.sleep(10 * DAY)
    ada.create()
    simulator.clock.sleep(DAY)
    return ada


def test_usage_counts_everything_unless_a_window_is_given(used: Any) -> None:
    everything = used("GET", used.at("metrics/usage")).json
    opened = sum(len(session["pull_requests"]) for session in used.simulator.sessions)
    assert everything == {
        "sessions_count": 4,
        "searches_count": 0,
        "prs_created_count": opened,
        "prs_merged_count": 0,
    }
    assert used("GET", used.at(f"metrics/usage?{WINDOW}")).json["sessions_count"] == 3
    assert used("GET", used.at(f"metrics/usage?time_after={START + DAY}")).json["sessions_count"] == 1
    assert used("GET", used.at(f"metrics/usage?time_before={START}")).json["sessions_count"] == 1


def test_sessions_are_counted_by_origin_and_size(used: Any) -> None:
    found = used("GET", used.at(f"metrics/sessions?{WINDOW}")).json
    assert found["sessions_created_count"] == 3
    assert found["sessions_created_by_origin"]["api"] == 3
    assert found["sessions_created_by_size"] == {"xs": 3, "s": 0, "m": 0, "l": 0, "xl": 0}
    assert found["sessions_created_with_playbook_count"] == 1
    assert found["avg_acus_per_session"] > 0


def test_pull_requests_are_opened_and_nothing_else(used: Any) -> None:
    found = used("GET", used.at(f"metrics/prs?{WINDOW}")).json
    opened = sum(len(session["pull_requests"]) for session in used.simulator.sessions[1:])
    assert found == {
        "prs_created_count": opened,
        "prs_opened_count": opened,
        "prs_merged_count": 0,
        "prs_closed_count": 0,
    }
    assert used("GET", used.at(f"metrics/searches?{WINDOW}")).json == {"searches_created_count": 0}


def test_sessions_and_pull_requests_are_counted_by_playbook_and_by_whose_they_are(used: Any) -> None:
    def counted(query: str) -> tuple[int, int]:
        sessions = used("GET", used.at(f"metrics/sessions?{WINDOW}&{query}")).json
        return sessions["sessions_created_count"], used("GET", used.at(f"metrics/prs?{WINDOW}&{query}")).json[
            "prs_opened_count"
        ]

    _, first, bots, second = used.simulator.sessions
    opened = {each["session_id"]: len(each["pull_requests"]) for each in (first, bots, second)}
    ada, bot = first["user_id"], bots["service_user_id"]
    assert counted("playbook_id=playbook-1") == (1, opened[first["session_id"]])
    assert counted(f"user_ids={ada}") == (2, opened[first["session_id"]] + opened[second["session_id"]])
    assert counted(f"user_ids={ada}&user_ids=user-x&playbook_id=playbook-1") == (1, opened[first["session_id"]])
    assert counted(f"service_user_ids={bot}") == (1, opened[bots["session_id"]])
    assert counted("user_ids=user-x") == (0, 0)
    assert used("GET", used.at(f"metrics/usage?{WINDOW}&user_ids=user-x")).json["sessions_count"] == 3


def test_an_active_user_is_a_human_with_enough_sessions(used: Any) -> None:
    path = used.at(f"metrics/active-users?{WINDOW}")
    assert used("GET", path).json == {"start_time": START, "end_time": START + 30 * DAY, "active_users": 1}
    assert used("GET", f"{path}&min_sessions=2").json["active_users"] == 1
    assert used("GET", f"{path}&min_sessions=3").json["active_users"] == 0
    assert used("GET", f"{path}&min_searches=1").json["active_users"] == 0


@pytest.mark.parametrize(
    ("name", "length", "active"),
    [("dau", 30, [0, 10]), ("wau", 5, [0, 1]), ("mau", 1, [0])],
)
def test_a_series_is_a_bare_array_that_covers_the_window(used: Any, name: str, length: int, active: list[int]) -> None:
    found = used("GET", used.at(f"metrics/{name}?{WINDOW}")).json
    assert len(found) == length
    assert [place for place, entry in enumerate(found) if entry["active_users"]] == active
    assert (found[0]["start_time"], found[-1]["end_time"]) == (START, START + 30 * DAY)
    assert all(one["end_time"] == other["start_time"] for one, other in pairwise(found))


@pytest.mark.parametrize(("days", "status"), [(0, 200), (-1, 200), (1000, 200), (1000.0001, 422), (10**9, 422)])
def test_a_series_has_at_most_a_thousand_entries(v3: Any, days: float, status: int) -> None:
    before = START + int(days * DAY)
    reply = v3("GET", v3.at(f"metrics/dau?time_after={START}&time_before={before}"))
    assert reply.status == status
    assert status == 422 or len(reply.json) == max(0, days)


@pytest.mark.parametrize("name", NAMES)
def test_metrics_need_a_window_but_for_usage_and_a_permission(simulator: Any, connect: Any, name: str) -> None:
    ada, grace = connect(simulator), connect(simulator, account="personal")
    bare = ada("GET", ada.at(f"metrics/{name}"))
    assert bare.status == (200 if name == "usage" else 422)
    if bare.status == 422:
        assert [error["loc"] for error in bare.json["errors"]] == [["query", "time_after"], ["query", "time_before"]]
    assert grace("GET", grace.at(f"metrics/{name}?{WINDOW}")).status == 403
