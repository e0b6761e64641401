"""v3: repositories and their indexing (still under /v3beta1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import checks, queries
from .answers import Refusal
from .pages import PAGE_QUERY, page
from .people import INDEX
from .routes import Call, Route

if TYPE_CHECKING:
    from collections.abc import Iterable

_TEXT = checks.text(at_least=1)
_BRANCHES = {"branch_names": checks.nullable(checks.many(_TEXT))}
_ENABLE = checks.nullable(checks.fields({}, _BRANCHES))
_ENABLE_MANY = checks.fields(
    {"repositories": checks.many(checks.fields({"repository_path": _TEXT}, _BRANCHES), at_least=1, at_most=100)}
)
_DISABLE_MANY = checks.fields({"repository_paths": checks.many(_TEXT, at_least=1, at_most=100)})
_QUERY: dict[str, queries.Reader] = {
    **PAGE_QUERY,
    "filter_name": queries.word,
    "only_repo_paths": queries.words,
    "exclude_repo_paths": queries.words,
    "load_indexing_status": queries.yes_or_no,
}


def list_all(call: Call) -> dict[str, Any]:
    query = queries.read_query(call.request, _QUERY)
    paths = _paths(call)
    wanted = query.get("filter_name", "").lower()
    only = query.get("only_repo_paths") or paths
    found = [
        path
        for path in paths
        if wanted in path.lower() and path in only and path not in query.get("exclude_repo_paths", ())
    ]
    status = query.get("load_indexing_status", True)
    repositories = call.organization.repositories
    return page(found, query, name=str, show=lambda path: repositories.view(path, call.now, status=status), order=paths)


def list_indexed(call: Call) -> dict[str, Any]:
    query = queries.read_query(call.request, PAGE_QUERY)
    repositories = call.organization.repositories
    return page(
        repositories.indexed(),
        query,
        name=str,
        show=lambda path: repositories.indexing(path, call.now),
        order=_paths(call),
    )


def read_indexing(call: Call) -> dict[str, Any]:
    return call.organization.repositories.indexing(_named(call), call.now)


def enable(call: Call) -> dict[str, Any]:
    body = checks.read_body(call.request, _ENABLE) if call.request.data else {}
    path = _named(call)
    call.organization.repositories.enable(path, body.get("branch_names"), call.now)
    return call.organization.repositories.indexing(path, call.now)


def disable(call: Call) -> dict[str, Any]:
    path = _named(call)
    call.organization.repositories.disable(path)
    return call.organization.repositories.indexing(path, call.now)


def enable_many(call: Call) -> list[dict[str, Any]]:
    wanted = checks.read_body(call.request, _ENABLE_MANY)["repositories"]
    branches = {item["repository_path"]: item.get("branch_names") for item in wanted}
    _check_known(call, branches)
    for path, names in branches.items():
        call.organization.repositories.enable(path, names, call.now)
    return [call.organization.repositories.indexing(path, call.now) for path in branches]


def disable_many(call: Call) -> list[dict[str, Any]]:
    paths = list(dict.fromkeys(checks.read_body(call.request, _DISABLE_MANY)["repository_paths"]))
    _check_known(call, paths)
    for path in paths:
        call.organization.repositories.disable(path)
    return [call.organization.repositories.indexing(path, call.now) for path in paths]


def _paths(call: Call) -> list[str]:
    return call.organization.repositories.paths(call.organization.sessions.values())


def _named(call: Call) -> str:
    path = f"{call.path['owner']}/{call.path['name']}"
    _check_known(call, [path])
    return path


def _check_known(call: Call, paths: Iterable[str]) -> None:
    """All or nothing: one unknown repository, and none is changed."""
    known = _paths(call)
    for path in paths:
        if path not in known:
            raise Refusal(404, f"Repository {path} not found")


_REPOSITORIES = "/v3beta1/organizations/{org_id}/repositories"
_INDEXING = _REPOSITORIES + "/indexing"
# WSGI decodes the path, so that owner%2Fname and owner/name arrive here alike.
_ONE = _REPOSITORIES + "/{owner}/{name}/indexing"

ROUTES = [
    Route("GET", _REPOSITORIES, list_all),
    Route("GET", _INDEXING, list_indexed),
    Route("PUT", _INDEXING, enable_many, INDEX),
    Route("DELETE", _INDEXING, disable_many, INDEX),
    # The older documentation's name of the same.
    Route("PUT", _INDEXING + "/bulk", enable_many, INDEX),
    Route("DELETE", _INDEXING + "/bulk", disable_many, INDEX),
    Route("GET", _ONE, read_indexing),
    Route("PUT", _ONE, enable, INDEX),
    Route("DELETE", _ONE, disable, INDEX),
]
