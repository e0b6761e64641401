"""What Devin's documentation says an answer looks like, as JSON Schema, and a stranger who asks and compares.

Written from the documentation only: nothing here knows how the simulator makes its answers.
"""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import quote

import requests
from jsonschema import Draft202012Validator, TypeChecker, validators
from jsonschema.exceptions import best_match

from luahost.integrations.devin.simulator import Simulator
from luahost.integrations.devin.simulator.server import Server

FOLDER: Final = Path(__file__).with_name("schemas")
VERSIONS: Final = ("v3", "v1")
ORG: Final = "/v3/organizations/{org_id}"
ENTERPRISE: Final = "/v3/enterprise/organizations/{org_id}"
BETA: Final = "/v3beta1/organizations/{org_id}"


class Operation(NamedTuple):
    version: str
    method: str
    path: str

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    def matches(self, path: str) -> bool:
        parts = re.split(r"\{\w+\}", self.path)
        return re.fullmatch("[^/]+".join(map(re.escape, parts)), path) is not None


def _operations() -> dict[Operation, dict[int, str | None]]:
    found: dict[Operation, dict[int, str | None]] = {}
    for entry in json.loads((FOLDER / "operations.json").read_text()):
        operation = Operation(entry["version"], entry["method"], entry["path"])
        found.setdefault(operation, {})[entry["status"]] = entry["schema"]
    return found


def _whole(_checker: TypeChecker, value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


# 1.0 is an integer to JSON Schema. It is none to a client that prints it.
Validator: Final = validators.extend(  # type: ignore[no-untyped-call]
    Draft202012Validator, type_checker=Draft202012Validator.TYPE_CHECKER.redefine("integer", _whole)
)
DOCUMENTS: Final[dict[str, Any]] = {name: json.loads((FOLDER / f"{name}.json").read_text()) for name in VERSIONS}
OPERATIONS: Final = _operations()
ERRORS: Final = {"v3": ("ProblemDetail",), "v1": ("Error", "ValidationError")}


def operation(version: str, method: str, path: str) -> Operation:
    """The documented operation a request is for; a path written out wins over one with a parameter in its place."""
    found = [op for op in OPERATIONS if (op.version, op.method) == (version, method) and op.matches(path)]
    assert found, f"{method} {path} is not documented in {version}"
    return min(found, key=lambda op: op.path.count("{"))


def fault(version: str, schema: str, body: object) -> str | None:
    """Where a body is not what the schema says, or None."""
    document = {**DOCUMENTS[version], "$ref": f"#/$defs/{schema}"}
    error = best_match(Validator(document).iter_errors(body))
    return None if error is None else f"{schema}: {error.json_path}: {error.message}"


def check(version: str, method: str, path: str, status: int, body: object) -> None:
    """Fails, with the place in the body, if this is no answer that the documentation allows for the request."""
    asked = operation(version, method, path)
    if status >= 400:
        faults = [fault(version, schema, body) for schema in ERRORS[version]]
        assert None in faults, f"{asked} answered {status} with a body that is no error: {faults}"
        return
    documented = OPERATIONS[asked]
    assert status in documented, f"{asked} answered {status}, not one of {sorted(documented)}: {body!r:.300}"
    schema = documented[status]
    if schema is None:
        assert body is None, f"{asked} answered {status} with a body: {body!r:.300}"
        return
    wrong = fault(version, schema, body)
    assert wrong is None, f"{asked} answered {status}: {wrong}"


@dataclass
class Stranger:
    """Somebody with a key, the address and the documentation."""

    url: str
    version: str
    keys: dict[str, str]
    org_id: str
    simulator: Simulator
    answered: set[Operation] = field(default_factory=set)

    def sleep(self, seconds: float) -> None:
        self.simulator.clock.sleep(seconds)

    def send(self, method: str, path: str, *, key: str | None = "default", **request: Any) -> requests.Response:
        headers = {} if key is None else {"Authorization": f"Bearer {self.keys[key]}"}
        address = self.url + path
        return requests.request(method, address, headers=headers, allow_redirects=False, timeout=30, **request)

    def response(self, method: str, path: str, status: int | None = None, /, **rest: Any) -> requests.Response:
        """Asks and compares. The path is the documented one; its parameters are taken from the keywords."""
        request = {name: rest.pop(name) for name in ("json", "params", "files", "key") if name in rest}
        address = re.sub(
            r"\{(\w+)\}", lambda found: quote(str({"org_id": self.org_id, **rest}[found[1]]), safe=""), path
        )
        response = self.send(method, address, **request)
        check(self.version, method, address, response.status_code, decoded(response))
        if status is None:
            assert response.ok, f"{method} {path} answered {response.status_code}: {response.text:.300}"
            self.answered.add(operation(self.version, method, path))
        else:
            assert response.status_code == status, f"{method} {path}: {response.status_code}: {response.text:.300}"
        return response

    def ask(self, method: str, path: str, status: int | None = None, /, **rest: Any) -> Any:
        return decoded(self.response(method, path, status, **rest))

    def pages(self, path: str, first: int, **rest: Any) -> list[Any]:
        """Everything in a paginated list, a page at a time."""
        found: list[Any] = []
        after: str | None = None
        while True:
            page = self.ask("GET", path, params={"first": first, "after": after}, **rest)
            assert len(page["items"]) <= first
            found += page["items"]
            if not page.get("has_next_page"):
                return found
            after = page["end_cursor"]
            assert after, f"GET {path} says that there is more, not where"

    def lacks(self, asked: Operation) -> bool:
        """Whether the server knows no such path, or no such method on it."""
        address = re.sub(r"\{\w+\}", "x", asked.path.replace("{org_id}", self.org_id))
        response = self.send(asked.method, address)
        body = decoded(response)
        detail = body.get("detail") if isinstance(body, dict) else None
        return (response.status_code, detail) in {(404, "Not Found"), (405, "Method Not Allowed")}


def decoded(response: requests.Response) -> Any:
    if not response.content:
        return None
    kind = response.headers.get("Content-Type", "").partition(";")[0]
    return response.json() if kind.endswith("json") else response.text


@contextmanager
def stranger(version: str) -> Iterator[Stranger]:
    simulator = Simulator()
    with Server(simulator) as server:
        yield Stranger(server.url, version, simulator.keys[version], simulator.org_id, simulator)
