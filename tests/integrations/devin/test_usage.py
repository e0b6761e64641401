"""Counts of what was used, and whom they count."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from luahost import Host, Policy

if TYPE_CHECKING:
    from collections.abc import Iterator

SPAN = {"time_after": 1775300000, "time_before": 1775400000}


@pytest.fixture
def host() -> Iterator[Host]:
    """A host whose simulator has three sessions of Ada's and one of a service user, two of them by a playbook."""
    with Host(simulate=True, policy=Policy(write="allow")) as found:
        found.call("devin.create_session", {"prompt": "x", "playbook_id": "playbook-1"})
        found.call("devin.create_session", {"prompt": "y"})
        found.call("devin.create_session", {"prompt": "z", "playbook_id": "playbook-1"}, account="work")
        yield found


@pytest.mark.parametrize(
    ("filters", "count"),
    [({}, 4), ({"playbook_id": "playbook-1"}, 2), ({"user_ids": ["ada"]}, 3), ({"service_user_ids": ["bot"]}, 1)],
    ids=str,
)
def test_sessions_are_counted_of_a_playbook_of_users_or_of_service_users(
    host: Host, filters: dict[str, Any], count: int
) -> None:
    ada = host.call("devin.get_current_user", {})["user_id"]
    bot = host.call("devin.get_current_user", {}, account="work")["service_user_id"]
    known = {"ada": [ada, "user-x"], "bot": [bot]}
    filters = {name: known[value[0]] if isinstance(value, list) else value for name, value in filters.items()}
    found = host.call("devin.get_sessions_metrics", {**SPAN, **filters})
    assert found["sessions_created_count"] == count
    host.call("devin.get_prs_metrics", {**SPAN, **filters})
    asked = host.simulation("devin").requests[-1].query
    assert {name: asked[name] for name in filters} == {
        name: value if isinstance(value, list) else [value] for name, value in filters.items()
    }


@pytest.mark.parametrize("function", ["active_users", "dau", "wau", "mau"])
@pytest.mark.parametrize(
    ("least", "active"), [({"min_sessions": 3}, 1), ({"min_sessions": 4}, 0), ({"min_searches": 1}, 0)]
)
def test_a_user_is_active_from_so_many_sessions_or_searches_on(
    host: Host, function: str, least: dict[str, int], active: int
) -> None:
    found = host.call(f"devin.get_{function}_metrics", {**SPAN, **least})
    assert sum(entry["active_users"] for entry in found.get("items", [found])) == active
