"""Repositories that Devin knows, and reviews of pull requests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from luahost.integrations.devin.functions.common import BETA, ORG, Json, endpoints, field, list_function, text
from luahost.integrations.devin.operations import organization, promised, simple
from luahost.spec import Example, Function, Param, quote

if TYPE_CHECKING:
    from luahost.spec import Call

_PATH = text("path", "The repository's path, as in owner/name", required=True, max_length=512)
_BRANCHES = Param(
    name="branch_names", type="array", items="string", description="These branches; the default one unless said"
)

_EACH = "local repository = app.integrations.devin.list_repositories({ limit = 1 }).items[1]\n"

LIST_REPOSITORIES = list_function(
    "list_repositories",
    "List the repositories that the organisation has connected.",
    v3=f"GET {BETA}/repositories",
    params=(text("filter_name", "Those with this in their name"),),
    returns="Repositories: repo_name, repo_path, repo_language, indexing_status …",
    example="""\
for repository in each(app.integrations.devin.list_repositories) do
  print(repository.repo_path, repository.repo_language)
end
""",
    notes=("A beta of the API.",),
)

LIST_INDEXED_REPOSITORIES = list_function(
    "list_indexed_repositories",
    "List the repositories that Devin has indexed, or is indexing.",
    v3=f"GET {BETA}/repositories/indexing",
    returns="Repositories with the state of their indexing",
    example="""\
for repository in each(app.integrations.devin.list_indexed_repositories) do
  print(json.encode(repository))
end
""",
    notes=("A beta of the API.",),
)

_STATE = (
    field("repository_path", "string", "The repository's path", always=False),
    field("indexing_enabled", "boolean", "Whether it is indexed", always=False),
    field("branches", "array", "The branches that are", always=False),
)

GET_REPOSITORY_INDEXING = Function(
    name="get_repository_indexing",
    summary="Read how the indexing of a repository stands.",
    access="read",
    handler=simple(),
    params=(_PATH,),
    returns=(*_STATE, field("indexing_status", "object", "The latest and the completed indexes", always=False)),
    examples=(
        Example(
            code=_EACH
            + """\
local state = app.integrations.devin.get_repository_indexing({ path = repository.repo_path })
print(state.indexing_enabled)
"""
        ),
    ),
    endpoints=endpoints(f"GET {BETA}/repositories/{{path}}/indexing"),
    notes=("A beta of the API.",),
)

INDEX_REPOSITORY = Function(
    name="index_repository",
    summary="Have Devin index a repository, so that it finds its way there.",
    access="write",
    handler=simple(),
    params=(_PATH, _BRANCHES),
    returns=_STATE,
    examples=(Example(code=_EACH + "app.integrations.devin.index_repository({ path = repository.repo_path })\n"),),
    endpoints=endpoints(f"PUT {BETA}/repositories/{{path}}/indexing"),
    notes=("A beta of the API.",),
)

UNINDEX_REPOSITORY = Function(
    name="unindex_repository",
    summary="Take a repository out of the index.",
    access="write",
    handler=simple(),
    params=(_PATH,),
    returns=_STATE,
    examples=(
        Example(
            code=_EACH
            + """\
local devin = app.integrations.devin
devin.index_repository({ path = repository.repo_path })
devin.unindex_repository({ path = repository.repo_path })
"""
        ),
    ),
    endpoints=endpoints(f"DELETE {BETA}/repositories/{{path}}/indexing"),
    notes=("A beta of the API.",),
)

INDEX_REPOSITORIES = Function(
    name="index_repositories",
    summary="Have Devin index several repositories at once.",
    access="write",
    handler=simple(),
    params=(
        Param(
            name="repositories",
            type="array",
            items="object",
            required=True,
            min_length=1,
            description="Repositories: {repository_path, branch_names} each",
            fields=(text("repository_path", "The repository's path, as in owner/name", required=True), _BRANCHES),
        ),
    ),
    returns=(field("items", "array", "The repositories with the state of their indexing"),),
    examples=(
        Example(
            code=_EACH
            + """\
app.integrations.devin.index_repositories({ repositories = { { repository_path = repository.repo_path } } })
"""
        ),
    ),
    endpoints=endpoints(f"PUT {BETA}/repositories/indexing"),
    notes=("A beta of the API.",),
)


def _unindex(call: Call, arguments: Json) -> Json:
    path = f"/v3beta1/organizations/{quote(organization(call))}/repositories/indexing"
    return promised(call, call.http.write("DELETE", path, arguments))  # unlike other deletions it has a body


UNINDEX_REPOSITORIES = Function(
    name="unindex_repositories",
    summary="Take several repositories out of the index.",
    access="write",
    handler=_unindex,
    params=(
        Param(
            name="repository_paths",
            type="array",
            items="string",
            required=True,
            min_length=1,
            description="The repositories' paths, as in owner/name",
        ),
    ),
    returns=(field("items", "array", "The repositories with the state of their indexing"),),
    examples=(
        Example(
            code=_EACH
            + """\
local devin = app.integrations.devin
devin.index_repository({ path = repository.repo_path })
devin.unindex_repositories({ repository_paths = { repository.repo_path } })
"""
        ),
    ),
    endpoints=endpoints(f"DELETE {BETA}/repositories/indexing"),
    notes=("A beta of the API.",),
)

_PR_URL = text(
    "pr_url", "The pull request's address", required=True, max_length=2083, pattern=r"https://\S+",
    pattern_hint="an https:// address",
)  # fmt: skip
_REVIEW = (
    field("status", "string", "pending, running, completed or errored"),
    field("pr_number", "integer", "The pull request's number", always=False),
    field("repo_path", "string", "Its repository", always=False),
    field("commit_sha", "string", "The commit that is reviewed", always=False),
    field("created_at", "string", "When it was begun: ISO 8601", always=False),
)

CREATE_PR_REVIEW = Function(
    name="create_pr_review",
    summary="Have Devin review a pull request.",
    access="write",
    handler=simple(),
    params=(_PR_URL,),
    returns=_REVIEW,
    examples=(
        Example(
            code="""\
local url = "https://github.com/acme/web/pull/17"
local review = app.integrations.devin.create_pr_review({ pr_url = url })
print(review.status)
"""
        ),
    ),
    endpoints=endpoints(f"POST {ORG}/pr-reviews"),
)

GET_PR_REVIEW = Function(
    name="get_pr_review",
    summary="Read how the review of a pull request stands.",
    access="read",
    handler=simple(),
    params=(_PR_URL, text("commit_sha", "The review of this commit; the newest unless said")),
    returns=_REVIEW,
    examples=(
        Example(
            code="""\
local devin = app.integrations.devin
local url = "https://github.com/acme/web/pull/17"
devin.create_pr_review({ pr_url = url })
print(devin.get_pr_review({ pr_url = url }).status)
"""
        ),
    ),
    endpoints=endpoints(f"GET {ORG}/pr-reviews"),
    notes=("Where there is no review it is `not_found`.",),
)

ALL = (
    LIST_REPOSITORIES, LIST_INDEXED_REPOSITORIES, GET_REPOSITORY_INDEXING, INDEX_REPOSITORY, INDEX_REPOSITORIES,
    UNINDEX_REPOSITORY, UNINDEX_REPOSITORIES, CREATE_PR_REVIEW, GET_PR_REVIEW,
)  # fmt: skip
