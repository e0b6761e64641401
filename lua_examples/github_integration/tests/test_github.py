"""The integration against what GitHub answers, written by hand from its documentation."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import responses
from luahost_github import GITHUB

from luahost import Host, InvalidArguments, LuaHostError, NotFound, Policy
from luahost.testing import check_integration

if TYPE_CHECKING:
    from collections.abc import Iterator

API = "https://api.github.com"
REPO_URL = f"{API}/repos/octocat/Hello-World"

# https://docs.github.com/rest/issues/issues#list-repository-issues
ISSUE: dict[str, Any] = {
    "id": 1,
    "node_id": "MDU6SXNzdWUx",
    "url": f"{REPO_URL}/issues/1347",
    "html_url": "https://github.com/octocat/Hello-World/issues/1347",
    "number": 1347,
    "state": "open",
    "title": "Found a bug",
    "body": "I'm having a problem with this.",
    "user": {"login": "octocat", "id": 1, "type": "User"},
    "labels": [{"id": 208045946, "name": "bug", "color": "f29513", "default": True}],
    "assignee": None,
    "comments": 0,
    "closed_at": None,
    "created_at": "2011-04-22T13:33:48Z",
    "updated_at": "2011-04-22T13:33:48Z",
    "author_association": "COLLABORATOR",
}
# https://docs.github.com/rest/issues/comments#create-an-issue-comment
COMMENT: dict[str, Any] = {
    "id": 1,
    "url": f"{REPO_URL}/issues/comments/1",
    "html_url": "https://github.com/octocat/Hello-World/issues/1347#issuecomment-1",
    "body": "Me too",
    "user": {"login": "octocat", "id": 1, "type": "User"},
    "created_at": "2011-04-14T16:00:49Z",
    "updated_at": "2011-04-14T16:00:49Z",
}
# https://docs.github.com/rest/users/users#get-the-authenticated-user
USER: dict[str, Any] = {"login": "octocat", "id": 1, "name": "monalisa octocat", "type": "User", "site_admin": False}
NOT_FOUND: dict[str, Any] = {
    "message": "Not Found",
    "documentation_url": "https://docs.github.com/rest/issues/issues#get-an-issue",
    "status": "404",
}

REPO = "octocat/Hello-World"
SCRIPT = Path(__file__).parents[1] / "issues_to_sessions.lua"
TOKEN = "ghp_0123456789"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LUAHOST_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")


@pytest.fixture
def api() -> Iterator[responses.RequestsMock]:
    """GitHub; requests for what is not recorded fail."""
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        mock.get(f"{API}/user", json=USER)
        mock.get(f"{REPO_URL}/issues", json=[ISSUE])
        mock.get(f"{REPO_URL}/issues/1347", json=ISSUE)
        mock.get(f"{REPO_URL}/issues/1347/comments", json=[COMMENT])
        mock.post(f"{REPO_URL}/issues/1347/comments", json=COMMENT, status=201)
        mock.get(f"{REPO_URL}/issues/1", json=NOT_FOUND, status=404)
        yield mock


@pytest.fixture
def host() -> Iterator[Host]:
    accounts = {"github": {"default": {"api_key": TOKEN}, "nobody": {}}}
    with Host(integrations=[GITHUB], accounts=accounts, policy=Policy(write="allow"), state=False) as made:
        yield made


def asked(mock: responses.RequestsMock, at: int = -1) -> Any:
    return mock.calls[at].request


def query(mock: responses.RequestsMock, at: int = -1) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(asked(mock, at).url).query))


def test_it_conforms_with_its_simulator() -> None:
    check_integration(GITHUB)


def test_it_conforms_with_what_the_documentation_says(api: responses.RequestsMock) -> None:
    check_integration(replace(GITHUB, simulator=None))


def test_a_token_is_sent_as_a_bearer_with_the_version_that_this_was_written_for(
    host: Host, api: responses.RequestsMock
) -> None:
    assert host.call("github.get_current_user")["login"] == "octocat"
    headers = asked(api).headers
    assert headers["Authorization"] == f"Bearer {TOKEN}"
    assert headers["X-GitHub-Api-Version"] == "2022-11-28"
    assert headers["Accept"] == "application/vnd.github+json"


def test_what_is_public_is_read_without_a_token(host: Host, api: responses.RequestsMock) -> None:
    host.call("github.get_issue", {"repo": REPO, "issue_number": 1347}, account="nobody")
    assert "Authorization" not in asked(api).headers


def test_labels_go_out_with_commas_and_pages_are_as_long_as_they_may_be(
    host: Host, api: responses.RequestsMock
) -> None:
    host.call("github.list_issues", {"repo": REPO, "labels": ["bug", "good first issue"], "state": "all"})
    assert query(api) == {"labels": "bug,good first issue", "state": "all", "per_page": "100", "page": "1"}


def test_a_long_list_is_walked_page_by_page_and_what_has_moved_meanwhile_is_given_once(host: Host) -> None:
    pages = {
        "1": [{"id": number, "number": number} for number in range(100)],
        "2": [{"id": number, "number": number} for number in range(99, 130)],
    }

    def answer(request: Any) -> tuple[int, dict[str, str], str]:
        return 200, {}, json.dumps(pages[dict(parse_qsl(urlsplit(request.url).query))["page"]])

    code = "local n = 0 for _ in each(app.integrations.github.list_issues, { repo = ... }) do n = n + 1 end return n"
    with responses.RequestsMock() as mock:
        mock.add_callback("GET", f"{REPO_URL}/issues", callback=answer, content_type="application/json; charset=utf-8")
        assert host.run(code, words=[REPO]).value == 130
        assert len(mock.calls) == 2


def test_a_limit_asks_for_no_more_than_it_wants(host: Host, api: responses.RequestsMock) -> None:
    host.call("github.list_issues", {"repo": REPO, "limit": 1})
    assert query(api) == {"per_page": "1", "page": "1"}
    assert len(api.calls) == 1


def test_a_comment_is_a_body(host: Host, api: responses.RequestsMock) -> None:
    made = host.call("github.create_comment", {"repo": REPO, "issue_number": 1347, "body": "Me too"})
    assert made["id"] == 1
    assert json.loads(asked(api).body) == {"body": "Me too"}


def test_an_issue_that_is_not_there_is_not_found(host: Host, api: responses.RequestsMock) -> None:
    with pytest.raises(NotFound, match="Not Found"):
        host.call("github.get_issue", {"repo": REPO, "issue_number": 1})


@pytest.mark.parametrize("repo", ["web", "a/b/c", "../..", "a/..", "a b/c", ""])
def test_a_repository_that_is_none_is_never_asked_for(host: Host, api: responses.RequestsMock, repo: str) -> None:
    with pytest.raises(InvalidArguments):
        host.call("github.get_issue", {"repo": repo, "issue_number": 1347})
    assert len(api.calls) == 0


# -- the script --------------------------------------------------------------------------------------------------


def run(host: Host, **args: Any) -> list[str]:
    result = host.run(SCRIPT.read_text("utf-8"), name=SCRIPT.name, args={"repo": REPO, **args})
    assert result.error is None, result.error
    return result.output.splitlines()


@pytest.fixture
def simulated() -> Iterator[Host]:
    with Host(integrations=[GITHUB], simulate=True, policy=Policy(write="allow")) as made:
        yield made


def test_each_issue_gets_one_session_and_one_comment_however_often_the_script_runs(simulated: Host) -> None:
    before = len(simulated.simulation("devin").sessions)
    first = run(simulated)
    assert [line.partition(": ")[0] for line in first] == ["#1350  Login fails on Safari", "#1347  Found a bug"]
    again = run(simulated)
    assert [line.partition(": ")[0] for line in again] == ["#1350  already at work", "#1347  already at work"]
    assert len(simulated.simulation("devin").sessions) == before + 2
    said = [path for method, path in simulated.simulation("github").requests if method == "POST"]
    assert said == [f"/repos/{REPO}/issues/{number}/comments" for number in (1350, 1347)]


def test_no_more_sessions_are_made_than_wanted(simulated: Host) -> None:
    assert len(run(simulated, limit=1)) == 1


def test_a_label_that_no_issue_has_is_no_error(simulated: Host) -> None:
    assert run(simulated, label="later") == [f"No open issue of {REPO} has the label later"]


def test_a_dry_run_reads_the_issues_and_says_what_it_would_do(simulated: Host) -> None:
    result = simulated.run(SCRIPT.read_text("utf-8"), args={"repo": REPO}, dry_run=True)
    assert result.error is None
    planned = [each["call"] for each in result.meta["plan"]]
    assert planned == ["devin.create_session", "github.create_comment"] * 2
    assert [method for method, _ in simulated.simulation("github").requests if method == "POST"] == []


def test_without_a_repository_it_says_what_to_type(simulated: Host) -> None:
    error = simulated.run(SCRIPT.read_text("utf-8")).error
    assert isinstance(error, LuaHostError)
    assert "--set repo=OWNER/NAME" in error.message
