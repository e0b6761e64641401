"""What goes back: an answer, or a refusal in the words of the API version that was asked."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any, NamedTuple

Failure = dict[str, Any]  # one field that did not pass: loc, msg, type


class Answer(NamedTuple):
    status: int
    body: bytes
    headers: dict[str, str]


class Refusal(Exception):
    """Raised by whatever cannot go on; `errors` lists the fields of a 422."""

    def __init__(
        self,
        status: int,
        detail: str | None = None,
        *,
        errors: list[Failure] | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.errors = errors
        self.headers = headers or {}


_V1_DETAILS = {
    400: "Invalid input or request",
    401: "Missing or invalid Authorization header",
    403: "You do not have permission to access this resource",
    404: "The requested resource does not exist",
}

# Python 3.13 renamed these; the same request shall get the same bytes on every version.
_STEADY = {413: "Content Too Large", 422: "Unprocessable Entity"}


def phrase(status: int) -> str:
    if status in _STEADY:
        return _STEADY[status]
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"


def encoded(value: Any) -> bytes:
    """JSON as the service sends it: compact, UTF-8 unescaped."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def answer(value: Any, status: int = 200) -> Answer:
    return Answer(status, encoded(value), {"content-type": "application/json"})


EMPTY = Answer(204, b"", {})


def redirect(location: str) -> Answer:
    return Answer(307, b"", {"location": location})


def invalid(*errors: Failure) -> Refusal:
    """A 422 whose `detail` says in a sentence what the fields say one by one."""
    detail = "; ".join(f"{'.'.join(str(part) for part in error['loc'])}: {error['msg']}" for error in errors)
    return Refusal(422, detail, errors=list(errors))


def failure(loc: tuple[str | int, ...], msg: str, kind: str) -> Failure:
    return {"loc": list(loc), "msg": msg, "type": kind}


def refused(refusal: Refusal, *, version: str | None, path: str) -> Answer:
    """v1 answers with FastAPI's `detail` (a list for a 422), everything else with a ProblemDetail."""
    if version == "v1":
        detail = refusal.errors or refusal.detail or _V1_DETAILS.get(refusal.status, phrase(refusal.status))
        plain = answer({"detail": detail}, refusal.status)
        return plain._replace(headers={**plain.headers, **refusal.headers})
    problem = {
        "type": "about:blank",
        "title": phrase(refusal.status),
        "status": refusal.status,
        "detail": refusal.detail or phrase(refusal.status),
        "instance": path,
        "errors": refusal.errors,
    }
    headers = {"content-type": "application/problem+json", **refusal.headers}
    return Answer(refusal.status, encoded(problem), headers)
