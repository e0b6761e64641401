from __future__ import annotations

from typing import Any

import pytest

URL = "https://github.com/example/app/pull/7"


def test_a_review_goes_from_pending_by_running_to_completed(v3: Any) -> None:
    path = v3.at("pr-reviews")
    assert v3("GET", f"{path}?pr_url={URL}").status == 404
    review = v3("POST", path, {"pr_url": URL})
    assert review.status == 200
    assert {**review.json, "commit_sha": ""} == {
        "commit_sha": "",
        "created_at": "2026-04-05T09:00:00Z",
        "pr_number": 7,
        "repo_path": "github.com/example/app",
        "status": "pending",
    }
    seen = []
    for seconds in (0, 10, 300):
        v3.simulator.clock.sleep(seconds)
        seen.append(v3("GET", f"{path}?pr_url={URL}").json["status"])
    assert seen == ["pending", "running", "completed"]


def test_a_review_under_way_is_not_started_twice_and_a_completed_one_is_started_anew(v3: Any) -> None:
    path = v3.at("pr-reviews")
    first = v3("POST", path, {"pr_url": URL}).json
    v3.simulator.clock.sleep(1)
    assert v3("POST", path, {"pr_url": f"{URL}/"}).json == first
    v3.simulator.clock.sleep(300)
    again = v3("POST", path, {"pr_url": URL}).json
    assert (again["status"], again["commit_sha"]) == ("pending", first["commit_sha"])
    assert v3("GET", f"{path}?pr_url={URL}").json == again


def test_a_review_is_found_by_its_commit_or_the_beginning_of_it(v3: Any) -> None:
    path = v3.at("pr-reviews")
    commit = v3("POST", path, {"pr_url": URL}).json["commit_sha"]
    for sha in (commit, commit[:7]):
        assert v3("GET", f"{path}?pr_url={URL}&commit_sha={sha}").status == 200
    assert v3("GET", f"{path}?pr_url={URL}&commit_sha=0000000").status == 404


@pytest.mark.parametrize(
    ("url", "repo_path"),
    [
        ("https://gitlab.com/a/b/c/-/merge_requests/3", "gitlab.com/a/b/c"),
        ("https://git.example.org/a/b/merge_requests/3", "git.example.org/a/b"),
    ],
)
def test_merge_requests_are_reviewed_too(v3: Any, url: str, repo_path: str) -> None:
    found = v3("POST", v3.at("pr-reviews"), {"pr_url": url}).json
    assert (found["repo_path"], found["pr_number"]) == (repo_path, 3)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "x",
        "https://github.com/a/b",
        "https://github.com/a/b/pull/x",
        "ftp://github.com/a/b/pull/1",
        "http://[/pull/1",
    ],
)
def test_what_is_no_pull_request_is_refused(v3: Any, url: str) -> None:
    sent, asked = v3("POST", v3.at("pr-reviews"), {"pr_url": url}), v3("GET", v3.at(f"pr-reviews?pr_url={url}"))
    assert (sent.status, asked.status) == (422, 422)
    assert sent.json["errors"][0]["loc"] == ["body", "pr_url"]
    assert asked.json["errors"][0]["loc"] == ["query", "pr_url"]


def test_reviews_need_a_url_and_the_permission(simulator: Any, connect: Any, v3: Any) -> None:
    assert v3("GET", v3.at("pr-reviews")).status == 422
    assert v3("POST", v3.at("pr-reviews"), {}).status == 422
    grace = connect(simulator, account="personal")
    assert grace("POST", grace.at("pr-reviews"), {"pr_url": URL}).status == 403
