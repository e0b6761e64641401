"""Issues of GitHub for Lua scripts: `app.integrations.github`. An example of an integration in a package of its own.

Source: GitHub's REST API, version 2022-11-28: https://docs.github.com/rest/issues and https://docs.github.com/rest/users
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from luahost import Example, Field, Function, Integration, Param
from luahost.rest import Api, Asked, Place, Recorded, gathered, quote

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from luahost import Call

Json = dict[str, Any]


def _repository(_call: Call, repo: str) -> str:
    """owner/name as two pieces of a path."""
    return "/".join(quote(piece) for piece in repo.split("/"))


api = Api(places={"repo": Place(_repository, "repo")})
_comments = api.numbered_pages("id")
_issues = api.numbered_pages("id")

REPO = Param(
    name="repo",
    type="string",
    description="The repository, as owner/name",
    required=True,
    pattern=r"[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+",
    pattern_hint="a repository: owner/name",
)
NUMBER = Param(name="issue_number", type="integer", description="The issue's number", required=True, minimum=1)
LIMIT = Param(name="limit", type="integer", description="Stop after so many; without it, all are given", minimum=1)
ISSUE = (
    Field(name="number", type="integer", description="The issue's number"),
    Field(name="title", type="string", description="What it is called"),
    Field(name="state", type="string", description="open or closed"),
    Field(name="html_url", type="string", description="Where people read it"),
    Field(name="body", type="string", description="What it says", always=False),
    Field(name="labels", type="array", description="Its labels, each with a name"),
    Field(
        name="pull_request", type="object", description="There for a pull request, which is an issue too", always=False
    ),
)
COMMENT = (
    Field(name="id", type="integer", description="The comment's id"),
    Field(name="body", type="string", description="What it says"),
    Field(name="html_url", type="string", description="Where people read it"),
)


def _labelled(call: Call, arguments: Json) -> Iterator[Json]:
    """The pages of issues. The API wants labels in one text, with commas between them."""
    labels = arguments.get("labels")
    return _issues(call, {**arguments, "labels": ",".join(labels)} if labels else arguments)


LIST_ISSUES = Function(
    name="list_issues",
    summary="List the issues of a repository, the newest first; pull requests are among them.",
    access="read",
    handler=gathered,
    pages=_labelled,
    entries="issues",
    params=(
        REPO,
        Param(name="state", type="string", description="open unless said", enum=("open", "closed", "all")),
        Param(
            name="labels",
            type="array",
            items="string",
            description="Only those that have all of these labels",
            pattern="[^,]+",
            pattern_hint="a label, which has no comma",
        ),
        Param(name="since", type="string", description="Only those updated since, as in 2026-01-31T12:00:00Z"),
        LIMIT,
    ),
    returns=(Field(name="issues", type="array", description="Issues, each as get_issue gives it"),),
    examples=(
        Example(
            code="""\
for issue in each(app.integrations.github.list_issues, { repo = "octocat/Hello-World", labels = { "bug" } }) do
  if not issue.pull_request then print(issue.number, issue.title) end
end
"""
        ),
    ),
    endpoints={"v1": "GET /repos/{repo}/issues"},
    keywords=("tickets", "bugs"),
)

GET_ISSUE = Function(
    name="get_issue",
    summary="Read an issue.",
    access="read",
    handler=api.request(),
    params=(REPO, NUMBER),
    returns=ISSUE,
    examples=(
        Example(
            code='print(app.integrations.github.get_issue{ repo = "octocat/Hello-World", issue_number = 1347 }.title)\n'
        ),
    ),
    endpoints={"v1": "GET /repos/{repo}/issues/{issue_number}"},
)

LIST_COMMENTS = Function(
    name="list_comments",
    summary="List the comments on an issue, the oldest first.",
    access="read",
    handler=gathered,
    pages=_comments,
    entries="comments",
    params=(REPO, NUMBER, LIMIT),
    returns=(Field(name="comments", type="array", description="Comments: id, body, html_url, user and more"),),
    examples=(
        Example(
            code="""\
local github = app.integrations.github
for comment in each(github.list_comments, { repo = "octocat/Hello-World", issue_number = 1347 }) do
  print(comment.user.login .. ": " .. comment.body)
end
"""
        ),
    ),
    endpoints={"v1": "GET /repos/{repo}/issues/{issue_number}/comments"},
)

CREATE_COMMENT = Function(
    name="create_comment",
    summary="Comment on an issue or a pull request.",
    access="write",
    handler=api.request(),
    params=(
        REPO,
        NUMBER,
        Param(name="body", type="string", description="What it says, in Markdown", required=True, min_length=1),
    ),
    returns=COMMENT,
    examples=(
        Example(
            code="""\
local github = app.integrations.github
local made = github.create_comment{ repo = "octocat/Hello-World", issue_number = 1347, body = "Me too" }
print(made.html_url)
"""
        ),
    ),
    endpoints={"v1": "POST /repos/{repo}/issues/{issue_number}/comments"},
    keywords=("reply", "answer"),
)

GET_CURRENT_USER = Function(
    name="get_current_user",
    summary="Read whose token it is.",
    access="read",
    handler=api.request(),
    returns=(
        Field(name="login", type="string", description="The user's name at GitHub"),
        Field(name="name", type="string", description="What they are called", always=False),
    ),
    examples=(Example(code="print(app.integrations.github.get_current_user().login)\n"),),
    endpoints={"v1": "GET /user"},
)


def simulator(accounts: Iterable[str], _seed: int) -> Recorded:
    """One repository of GitHub's own documentation, with two issues and a pull request."""
    at = "https://github.com/octocat/Hello-World"
    found: list[Json] = [
        _issue(1350, "Login fails on Safari", f"{at}/issues/1350", "bug", "devin"),
        {**_issue(1349, "Fix the login", f"{at}/pull/1349", "bug"), "pull_request": {"html_url": f"{at}/pull/1349"}},
        _issue(1347, "Found a bug", f"{at}/issues/1347", "bug", "devin"),
    ]
    comments: dict[int, list[Json]] = {1347: [_comment(1, "Me too", f"{at}/issues/1347")]}

    def issues(asked: Asked) -> object:
        wanted = {label for label in asked.query.get("labels", "").split(",") if label}
        is_open = asked.query.get("state", "open") != "closed"
        return [each for each in found if is_open and wanted <= {label["name"] for label in each["labels"]}]

    def issue(asked: Asked) -> object:
        return next((each for each in found if str(each["number"]) == asked.path["number"]), None)

    def talk(asked: Asked) -> object:
        return comments.get(int(asked.path["number"]), []) if issue(asked) else None

    def say(asked: Asked) -> object:
        if issue(asked) is None:
            return None
        said = comments.setdefault(int(asked.path["number"]), [])
        said.append(_comment(len(said) + 100, asked.body["body"], f"{at}/issues/{asked.path['number']}"))
        return said[-1]

    one = "/repos/octocat/Hello-World/issues/{number}"
    return Recorded(
        accounts,
        {
            "GET /user": {"login": "octocat", "id": 1, "name": "monalisa octocat"},
            "GET /repos/octocat/Hello-World/issues": issues,
            f"GET {one}": issue,
            f"GET {one}/comments": talk,
            f"POST {one}/comments": say,
        },
    )


def _issue(number: int, title: str, url: str, *labels: str) -> Json:
    named = [{"id": len(label), "name": label} for label in labels]
    body = "I'm having a problem with this."
    return {
        "id": number, "number": number, "title": title, "state": "open", "html_url": url, "body": body, "labels": named,
    }  # fmt: skip


def _comment(number: int, body: str, url: str) -> Json:
    return {"id": number, "body": body, "html_url": f"{url}#issuecomment-{number}", "user": {"login": "octocat"}}


GITHUB = Integration(
    name="github",
    title="GitHub",
    summary="Issues of GitHub: list them, read them, comment on them.",
    base_url="https://api.github.com",
    key_optional=True,  # what is public, everybody may read
    identify="get_current_user",
    headers={"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"},
    functions=[LIST_ISSUES, GET_ISSUE, LIST_COMMENTS, CREATE_COMMENT, GET_CURRENT_USER],
    simulator=simulator,
)
