"""What came in: the request of a WSGI environment, and its body read as FastAPI reads it."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from .answers import Refusal, encoded, failure, invalid

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


# What is kept is sent back inside of more lists and objects, and copied: the parser's own bound is too late for both.
_MOST_LEVELS = 100
_HOST = re.compile(r"[A-Za-z0-9.-]+(:[0-9]+)?|\[[0-9A-Fa-f:.]+\](:[0-9]+)?")


class Request:
    def __init__(self, environ: WSGIEnvironment) -> None:
        self.method: str = environ["REQUEST_METHOD"].upper()
        # WSGI carries the decoded path as bytes dressed up as Latin-1.
        self.path: str = environ.get("PATH_INFO", "/").encode("latin-1").decode("utf-8", "replace")
        self.query_string: str = environ.get("QUERY_STRING", "")
        self.query = parse_qs(self.query_string, keep_blank_values=True)
        self.origin = _origin(environ)
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
            _check_levels(body)
            # An unpaired surrogate and 1e999 are JSON to Python, but could not be sent back.
            encoded(body)
        except json.JSONDecodeError as problem:
            raise invalid(failure(("body", problem.pos), "JSON decode error", "json_invalid")) from problem
        except UnicodeDecodeError as problem:
            raise Refusal(400, "There was an error parsing the body") from problem
        except (ValueError, RecursionError) as problem:
            raise invalid(failure(("body", 0), "JSON decode error", "json_invalid")) from problem
        return body


def _origin(environ: WSGIEnvironment) -> str:
    """Scheme and host as the client wrote them, so that a link in an answer leads back here."""
    scheme = environ.get("wsgi.url_scheme", "http")
    host = environ.get("HTTP_HOST", "")
    if not _HOST.fullmatch(host):  # it goes into a header of the answer
        name = environ.get("SERVER_NAME") or "localhost"
        port = environ.get("SERVER_PORT") or ""
        host = f"[{name}]" if ":" in name else name
        if port and port != {"http": "80", "https": "443"}.get(scheme):
            host += f":{port}"
    return f"{scheme}://{host}"


def _check_levels(value: Any) -> None:
    """Refuses lists and objects that lie too deep in each other; looks without recursion."""
    level = [value]
    for _ in range(_MOST_LEVELS + 1):
        nested = [each for each in level if isinstance(each, dict | list)]
        if not nested:
            return
        level = [inner for each in nested for inner in (each.values() if isinstance(each, dict) else each)]
    raise ValueError(f"more than {_MOST_LEVELS} levels")


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")
