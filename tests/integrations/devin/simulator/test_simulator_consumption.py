from __future__ import annotations

from typing import Any

import pytest

START = 1775379600  # Sunday 2026-04-05, 09:00 UTC, when the simulator's clock begins
TODAY = START - 3600  # a day begins at 08:00 UTC
DAY = 86400


@pytest.fixture
def worked(simulator: Any, connect: Any) -> dict[str, str]:
    """Sessions of a human today and of a service user two days later, long done."""
    ada, bot = connect(simulator), connect(simulator, account="work")
    sessions = {"ada": ada.create()}
    simulator.clock.sleep(2 * DAY)
    sessions["bot"] = bot.create()
    simulator.clock.sleep(DAY)
    return sessions


def days(reply: Any) -> list[int]:
    return [row["date"] for row in reply.json["consumption_by_date"]]


def test_the_days_add_up_to_what_the_sessions_show(v3: Any, worked: dict[str, str]) -> None:
    reply = v3("GET", v3.at("consumption/daily"))
    shown = sum(session["acus_consumed"] for session in v3.simulator.sessions)
    assert reply.json["total_acus"] == pytest.approx(shown)
    assert days(reply) == [TODAY, TODAY + 2 * DAY]
    for row in reply.json["consumption_by_date"]:
        assert row["acus_by_product"] == {"devin": row["acus"], "cascade": 0.0, "terminal": 0.0}
    for session_id in worked.values():
        one = v3("GET", v3.at(f"consumption/daily/sessions/devin-{session_id}")).json
        assert one["total_acus"] == v3("GET", f"{v3.sessions}/{session_id}").json["acus_consumed"] > 0


def test_consumption_belongs_to_who_made_the_session(v3: Any, worked: dict[str, str]) -> None:
    bot = v3("GET", f"{v3.sessions}/{worked['bot']}").json
    ada = v3("GET", f"{v3.sessions}/{worked['ada']}").json
    by_service = v3("GET", v3.at(f"consumption/daily/service-users/{bot['service_user_id']}"))
    by_user = v3("GET", v3.at(f"consumption/daily/users/{ada['user_id']}"))
    assert (days(by_service), days(by_user)) == ([TODAY + 2 * DAY], [TODAY])
    assert by_service.json["total_acus"] == bot["acus_consumed"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (f"time_after={TODAY}", [TODAY, TODAY + 2 * DAY]),
        (f"time_after={TODAY + 1}", [TODAY + 2 * DAY]),
        (f"time_before={TODAY + 2 * DAY}", [TODAY]),
        (f"time_before={TODAY + 2 * DAY + 1}", [TODAY, TODAY + 2 * DAY]),
        (f"time_after={TODAY + DAY}&time_before={TODAY + 2 * DAY}", []),
    ],
)
@pytest.mark.usefixtures("worked")
def test_a_window_holds_the_days_that_begin_in_it(v3: Any, query: str, found: list[int]) -> None:
    assert days(v3("GET", v3.at(f"consumption/daily?{query}"))) == found


def test_work_across_the_boundary_is_shared_between_the_days(v3: Any) -> None:
    v3.simulator.clock.sleep(DAY - 3600 - 60)  # 07:59 of the next day
    session_id = v3.create()
    v3.simulator.clock.sleep(3600)
    reply = v3("GET", v3.at(f"consumption/daily/sessions/{session_id}")).json
    assert [row["date"] for row in reply["consumption_by_date"]] == [TODAY, TODAY + DAY]
    assert 0 < reply["consumption_by_date"][0]["acus"] <= 60 / 900


@pytest.mark.parametrize("kind", ["sessions", "users", "service-users"])
def test_consumption_of_the_unknown_is_a_404(v3: Any, kind: str) -> None:
    assert v3("GET", v3.at(f"consumption/daily/{kind}/nope")).status == 404


def test_consumption_needs_its_permission_and_numbers(simulator: Any, connect: Any, v3: Any) -> None:
    grace = connect(simulator, account="personal")
    refused = grace("GET", grace.at("consumption/daily"))
    assert (refused.status, "ViewOrgConsumption" in refused.json["detail"]) == (403, True)
    assert v3("GET", v3.at("consumption/daily?time_after=monday")).status == 422
