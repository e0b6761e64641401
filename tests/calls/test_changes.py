"""Calls that change a part of something: what they must say, before anything is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from luahost import Host
from luahost.errors import InvalidArguments
from luahost.integrations.devin import DEVIN
from tests.conftest import ALLOW

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def simulated() -> Iterator[Host]:
    with Host(simulate=True, policy=ALLOW, isolation="none", state=False) as host:
        yield host


def refused(host: Host, **arguments: Any) -> InvalidArguments:
    with pytest.raises(InvalidArguments) as caught:
        host.call("devin.update_schedule", {"schedule_id": "sched-1", **arguments})
    assert host.simulation("devin").requests == []
    return caught.value


def test_whatever_is_patched_changes_a_part() -> None:
    patched = {each.name for each in DEVIN.functions if any(e.startswith("PATCH ") for e in each.endpoints.values())}
    assert patched == {each.name for each in DEVIN.functions if each.partial} == {"update_schedule"}


def test_null_is_refused_and_what_takes_the_value_away_is_named(simulated: Host) -> None:
    error = refused(simulated, playbook_id=None, name="New")
    assert "'playbook_id' must not be null" in error.message
    assert error.hint == "clear_playbook = true takes playbook_id away; what is left out stays as it is"


def test_every_null_is_told_at_once(simulated: Host) -> None:
    error = refused(simulated, name=None, platform=None)
    assert [each["parameter"] for each in error.details["problems"]] == ["name", "platform"]
    assert error.hint == "what is left out stays as it is"


@pytest.mark.parametrize("arguments", [{}, {"clear_playbook": False}])
def test_a_change_of_nothing_is_refused(simulated: Host, arguments: dict[str, Any]) -> None:
    assert "nothing to change is named beside 'schedule_id'" in refused(simulated, **arguments).message


def test_a_script_s_json_null_is_refused_too(host: Host) -> None:
    result = host.run("app.integrations.devin.update_schedule{ schedule_id = 'sched-1', playbook_id = json.null }")
    assert result.error is not None
    assert "clear_playbook = true" in str(result.error.hint)
    assert host.simulation("devin").requests == []


@pytest.mark.parametrize("change", [{"enabled": False}, {"clear_playbook": True}, {"name": "New"}])
def test_one_change_is_enough(simulated: Host, change: dict[str, Any]) -> None:
    made = simulated.call("devin.create_schedule", {"name": "a", "prompt": "b", "frequency": "0 9 * * 1"})
    found = simulated.call("devin.update_schedule", {"schedule_id": made["schedule_id"], **change})
    assert found["schedule_id"] == made["schedule_id"]


def test_null_stays_as_good_as_absent_where_everything_is_given_anew(simulated: Host) -> None:
    assert simulated.call("devin.create_session", {"prompt": "x", "title": None})["session_id"]
