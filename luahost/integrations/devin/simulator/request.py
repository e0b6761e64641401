"""What came in: the request of a WSGI environment, and its body read as FastAPI reads it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from .answers import Refusal, encoded, failure, invalid

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


class Request:
    def __init__(self, environ: WSGIEnvironment) -> None:
        self.method: str = environ["REQUEST_METHOD"].upper()
        # WSGI carries the decoded path as bytes dressed up as Latin-1.
        self.path: str = environ.get("PATH_INFO", "/").encode("latin-1").decode("utf-8", "replace")
        self.query = parse_qs(environ.get("QUERY_STRING", ""), keep_blank_values=True)
        self.authorization: str = environ.get("HTTP_AUTHORIZATION", "")
        self.content_type: str = environ.get("CONTENT_TYPE") or ""
        length = environ.get("CONTENT_LENGTH") or "0"
        self.data: bytes = environ["wsgi.input"].read(int(length)) if length.isdecimal() else b""

    @property
    def version(self) -> str | None:
        family = self.path.split("/")[1] if "/" in self.path else ""
        return {"v1": "v1", "v3": "v3", "v3beta1": "v3"}.get(family)

    def recorded_body(self) -> Any:
        """For the record: the parsed body, its bytes when it is no JSON, None when there is none."""
        if not self.data:
            return None
        try:
            return json.loads(self.data)
        except (ValueError, RecursionError):
            return self.data

    def json(self) -> Any:
        """The parsed body; refuses what is missing, is no JSON, or does not call itself JSON."""
        if not self.data:
            raise invalid(failure(("body",), "Field required", "missing"))
        kind = self.content_type.partition(";")[0].strip().lower()
        # FastAPI reads a body without a type as JSON and any other type as bytes that fit no model.
        if kind and kind != "application/json" and not (kind.startswith("application/") and kind.endswith("+json")):
            msg = "Input should be a valid dictionary or object to extract fields from"
            raise invalid(failure(("body",), msg, "model_attributes_type"))
        try:
            body = json.loads(self.data, parse_constant=_no_constant)
            encoded(body)  # an unpaired surrogate is JSON to Python, but no text that could be sent back
        except json.JSONDecodeError as problem:
            raise invalid(failure(("body", problem.pos), "JSON decode error", "json_invalid")) from problem
        except UnicodeDecodeError as problem:
            raise Refusal(400, "There was an error parsing the body") from problem
        except (ValueError, RecursionError) as problem:
            raise invalid(failure(("body", 0), "JSON decode error", "json_invalid")) from problem
        return body


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")
