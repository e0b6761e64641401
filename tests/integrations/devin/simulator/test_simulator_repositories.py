from __future__ import annotations

import http.client
from typing import Any

import pytest

from luahost.integrations.devin.simulator.server import Server


@pytest.fixture
def path(v3: Any) -> str:
    return str(v3.at("repositories").replace("/v3/", "/v3beta1/"))


def test_repositories_are_those_of_the_organisation_and_of_its_sessions(v3: Any, path: str) -> None:
    v3.create(repos=["other/tool"])
    listed = v3("GET", path).json
    paths = [item["repo_path"] for item in listed["items"]]
    assert paths == ["example/api", "example/app", "example/infrastructure", "other/tool"]
    assert set(listed["items"][0]) == {
        "repo_name",
        "repo_path",
        "repo_language",
        "repo_description",
        "git_connection_id",
        "git_connection_host",
        "provider_repository_id",
        "last_updated_at",
        "indexing_status",
    }
    assert listed["items"][0]["indexing_status"]["indexing_enabled"] is False


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("filter_name=APP", ["example/app"]),
        ("filter_name=", ["example/api", "example/app", "example/infrastructure"]),
        ("filter_name=nothing", []),
        ("first=1", ["example/api"]),
        ("only_repo_paths=example/app,example/api", ["example/api", "example/app"]),
        ("exclude_repo_paths=example/app&exclude_repo_paths=example/api", ["example/infrastructure"]),
    ],
)
def test_a_filter_finds_exactly_its_repositories(v3: Any, path: str, query: str, found: list[str]) -> None:
    assert [item["repo_path"] for item in v3("GET", f"{path}?{query}").json["items"]] == found


def test_pages_of_repositories_follow_one_another(v3: Any, path: str) -> None:
    first = v3("GET", f"{path}?first=2").json
    rest = v3("GET", f"{path}?after={first['end_cursor'].replace('=', '%3D')}&load_indexing_status=false").json
    assert [item["repo_path"] for item in rest["items"]] == ["example/infrastructure"]
    assert rest["items"][0]["indexing_status"] is None
    assert v3("GET", f"{path}?first=201").status == 422


def test_indexing_is_enabled_runs_and_is_disabled(v3: Any, path: str) -> None:
    one = f"{path}/example/app/indexing"
    started = v3("PUT", one).json
    assert (started["repository_path"], started["branches"]) == ("example/app", ["main"])
    assert [job["status"] for job in started["indexing_status"]["latest_indexes"]] == ["in_progress"]
    assert started["indexing_status"]["latest_completed_search_index_job"] is None
    v3.simulator.clock.sleep(120)
    listed = v3("GET", f"{path}/indexing").json
    status = listed["items"][0]["indexing_status"]
    assert (listed["total"], status["latest_indexes"][0]["status"]) == (1, "completed")
    assert status["latest_completed_wiki_index_job"]["branch_name"] == "main"
    assert v3("GET", one).json == listed["items"][0]
    stopped = v3("DELETE", one).json
    assert (stopped["indexing_enabled"], stopped["branches"]) == (False, [])
    assert v3("GET", f"{path}/indexing").json["items"] == []
    assert v3("GET", one).json == stopped


def test_enabling_the_same_branches_again_starts_no_job(v3: Any, path: str) -> None:
    one = f"{path}/example/app/indexing"
    first = v3("PUT", one, {"branch_names": ["main", "next"]}).json
    again = v3("PUT", one, {"branch_names": ["main", "next", "main"]}).json
    assert again == first
    assert len(first["indexing_status"]["latest_indexes"]) == 2


def test_a_path_with_its_slash_plain_or_encoded_is_the_same(simulator: Any, v3: Any, path: str) -> None:
    with Server(simulator) as server:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
        found = []
        for name in ("example/app", "example%2Fapp"):
            connection.request("PUT", f"{path}/{name}/indexing", headers={"Authorization": v3.authorization})
            answer = connection.getresponse()
            found.append((answer.status, answer.read()))
        connection.close()
    assert found[0] == found[1]
    assert found[0][0] == 200


@pytest.mark.parametrize("where", ["indexing", "indexing/bulk"])
def test_many_are_indexed_and_removed_at_once(v3: Any, path: str, where: str) -> None:
    repositories = [{"repository_path": "example/app", "branch_names": ["next"]}, {"repository_path": "example/api"}]
    body = {"repositories": repositories}
    enabled = v3("PUT", f"{path}/{where}", body).json
    assert [(item["repository_path"], item["branches"]) for item in enabled] == [
        ("example/app", ["next"]),
        ("example/api", ["main"]),
    ]
    disabled = v3("DELETE", f"{path}/{where}", {"repository_paths": ["example/app", "example/api"]}).json
    assert [item["indexing_enabled"] for item in disabled] == [False, False]


def test_one_unknown_repository_and_none_is_changed(v3: Any, path: str) -> None:
    names = [{"repository_path": "example/app"}, {"repository_path": "no/such"}]
    assert v3("PUT", f"{path}/indexing", {"repositories": names}).status == 404
    assert v3("DELETE", f"{path}/indexing", {"repository_paths": ["no/such"]}).status == 404
    assert v3("PUT", f"{path}/no/such/indexing").status == v3("GET", f"{path}/no/such/indexing").status == 404
    assert v3("GET", f"{path}/indexing").json["items"] == []


@pytest.mark.parametrize(("count", "status"), [(0, 422), (1, 200), (100, 200), (101, 422)])
def test_a_request_for_many_names_one_to_a_hundred(v3: Any, path: str, count: int, status: int) -> None:
    body = {"repositories": [{"repository_path": "example/app"}] * count}
    assert v3("PUT", f"{path}/indexing", body).status == status
    assert v3("DELETE", f"{path}/indexing", {"repository_paths": ["example/app"] * count}).status == status


def test_indexing_needs_its_permission_and_reading_does_not(simulator: Any, connect: Any, path: str) -> None:
    grace = connect(simulator, account="personal")
    assert grace("GET", path).status == grace("GET", f"{path}/indexing").status == 200
    assert grace("GET", f"{path}/example/app/indexing").status == 200
    assert grace("PUT", f"{path}/example/app/indexing").status == 403


def test_nobody_is_a_member_by_a_group(v3: Any) -> None:
    found = v3("GET", v3.members.replace("/users", "/idp-users"))
    assert found.json == {"items": [], "end_cursor": None, "has_next_page": False, "total": 0}
