from __future__ import annotations

from typing import Any

import pytest

HUGE = 10**400  # more than a float holds


@pytest.mark.parametrize("limit", [HUGE, -HUGE, 2**31, 1e300])
def test_an_acu_limit_beyond_all_bounds_is_a_422_in_the_words_of_the_version(v3: Any, v1: Any, limit: Any) -> None:
    body = {"prompt": "p", "max_acu_limit": limit}
    problem = v3("POST", v3.sessions, body)
    assert (problem.status, problem.json["errors"][0]["loc"]) == (422, ["body", "max_acu_limit"])
    older = v1("POST", v1.sessions, body)
    assert (older.status, set(older.json), older.json["detail"][0]["loc"]) == (
        422,
        {"detail"},
        ["body", "max_acu_limit"],
    )
    assert len(v3.simulator.sessions) == 1


def test_a_child_that_cannot_begin_is_not_its_parents(v3: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(_: object) -> None:
        raise OverflowError

    parent = v3.create()
    monkeypatch.setattr("luahost.integrations.devin.simulator.session.Session.begin", fails)
    with pytest.raises(OverflowError):
        v3("POST", f"{v3.sessions}?devin_id={parent}", {"prompt": "p"})
    assert v3("GET", f"{v3.sessions}/{parent}").json["child_session_ids"] is None


@pytest.mark.parametrize("body", ['{"prompt": "p", "max_acu_limit": 1e999}', '{"prompt": "p", "extra": 1e999}'])
def test_a_number_that_no_float_holds_is_a_422(v3: Any, body: str) -> None:
    assert v3("POST", v3.sessions, body.encode()).status == 422


def test_a_schedule_has_no_interval_beyond_all_bounds(v3: Any) -> None:
    body = {"name": "n", "prompt": "p", "frequency": "0 9 * * *", "interval_count": HUGE}
    assert v3("POST", v3.at("schedules"), body).status == 422


@pytest.mark.parametrize("value", [5, True, [5], {"a": 1}, "x"], ids=str)
@pytest.mark.parametrize("name", ["repos", "attachment_urls", "resumable", "create_as_user_id"])
def test_a_field_that_only_v3_knows_means_nothing_to_v1(v1: Any, v3: Any, name: str, value: Any) -> None:
    session_id = v1.create("p", **{name: value})
    session = v3("GET", f"{v3.sessions}/{session_id}").json
    assert (session["user_id"], v3.simulator.sessions[-1]["options"]) == (
        v3("GET", "/v3/self").json["user_id"],
        {"prompt": "p"},
    )


def test_a_whole_number_is_shown_without_a_fraction(v3: Any) -> None:
    body = b'{"name": "n", "prompt": "p", "frequency": "0 9 * * *", "interval_count": 2.0}'
    made = v3("POST", v3.at("schedules"), body).json
    assert isinstance(made["interval_count"], int)
    patched = v3("PATCH", v3.at(f"schedules/{made['scheduled_session_id']}"), b'{"interval_count": 3.0}').json
    assert isinstance(patched["interval_count"], int)
    v3.create(max_acu_limit=5.0)
    assert isinstance(v3.simulator.sessions[-1]["options"]["max_acu_limit"], int)


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("sessions", ("created_after", "created_before", "updated_after", "updated_before")),
        ("consumption/daily", ("time_after", "time_before")),
        ("metrics/usage", ("time_after", "time_before")),
        ("metrics/mau", ("time_after", "time_before")),
        ("schedules", ("offset",)),
    ],
)
@pytest.mark.parametrize("number", ["9" * 400, "-" + "9" * 400, "9" * 5000])
def test_a_number_of_a_query_is_never_more_than_the_simulator_can_bear(
    v3: Any, path: str, names: tuple[str, ...], number: str
) -> None:
    query = "&".join(f"{name}={number}" for name in names)
    assert v3("GET", v3.at(f"{path}?{query}")).status in (200, 422)


@pytest.mark.parametrize("query", [f"before={'9' * 400}", f"after={'9' * 5000}", "after=0001-01-01T00:00:00%2B14:00"])
def test_a_moment_of_the_audit_log_is_never_more_than_the_simulator_can_bear(v1: Any, query: str) -> None:
    assert v1("GET", f"/v1/audit-logs?{query}").status in (200, 422)
