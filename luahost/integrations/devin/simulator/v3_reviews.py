"""v3: Devin Review of a pull request."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from . import checks, queries
from .answers import Refusal, failure, invalid
from .people import REVIEW
from .reviews import PullRequest
from .routes import Call, Route

if TYPE_CHECKING:
    from .checks import Loc
    from .reviews import Review

_CREATE = checks.fields({"pr_url": checks.text()})
_QUERY: dict[str, queries.Reader] = {"pr_url": queries.word, "commit_sha": queries.word}
_PATH = re.compile(r"/((?:[\w.-]+/)+?[\w.-]+)/(?:pull|(?:-/)?merge_requests)/([0-9]{1,9})/?", re.ASCII)


def create(call: Call) -> dict[str, Any]:
    body = checks.read_body(call.request, _CREATE)
    wanted = _pull_request(body["pr_url"], ("body", "pr_url"))
    return _view(call.organization.reviews.start(wanted, call.now), call.now)


def read(call: Call) -> dict[str, Any]:
    query = queries.read_query(call.request, _QUERY, required=["pr_url"])
    wanted = _pull_request(query["pr_url"], ("query", "pr_url"))
    review = call.organization.reviews.latest(wanted, query.get("commit_sha"))
    if review is None:
        raise Refusal(404, "No review found for this commit")
    return _view(review, call.now)


def _pull_request(url: str, loc: Loc) -> PullRequest:
    """Any well-formed URL of a pull or merge request: which ones exist is beyond the simulator."""
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        host = None
    found = _PATH.fullmatch(parts.path) if host is not None else None
    if host is None or found is None or parts.scheme not in ("http", "https"):
        raise invalid(failure(loc, "Input should be the URL of a pull request or merge request", "value_error"))
    return PullRequest(f"{host}/{found[1]}", int(found[2]))


def _view(review: Review, now: float) -> dict[str, Any]:
    created = datetime.fromtimestamp(int(review.created_at), UTC)
    return {
        "commit_sha": review.commit,
        "created_at": created.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "pr_number": review.pull_request.number,
        "repo_path": review.pull_request.repo_path,
        "status": review.status(now),
    }


_REVIEWS = "/v3/organizations/{org_id}/pr-reviews"

ROUTES = [
    Route("POST", _REVIEWS, create, REVIEW),
    Route("GET", _REVIEWS, read, REVIEW),
]
