from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote

import pytest

from luahost.integrations.devin.simulator import Simulator

if TYPE_CHECKING:
    from collections.abc import Callable


class Reply(NamedTuple):
    status: int
    headers: dict[str, str]
    content: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.content)


class Client:
    """Calls a simulator as a WSGI server would, with the key of an account."""

    def __init__(self, simulator: Simulator, account: str, version: str) -> None:
        self.simulator = simulator
        self.authorization = f"Bearer {simulator.keys[version][account]}"
        self.sessions = "/v1/sessions" if version == "v1" else f"/v3/organizations/{simulator.org_id}/sessions"
        self.organization = f"/v3/organizations/{simulator.org_id}"
        self.members = f"/v3beta1/organizations/{simulator.org_id}/members/users"

    def __call__(self, method: str, target: str, body: Any = None, **headers: str | None) -> Reply:
        path, _, query = target.partition("?")
        content = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        environ: dict[str, Any] = {
            "REQUEST_METHOD": method,
            "PATH_INFO": unquote(path, "latin-1"),  # as servers do
            "QUERY_STRING": query,
            "CONTENT_LENGTH": str(len(content)),
            "CONTENT_TYPE": headers.get("content_type", "application/json"),
            "HTTP_AUTHORIZATION": headers.get("authorization", self.authorization) or "",
            "HTTP_HOST": headers.get("host", "devin.test"),
            "wsgi.input": io.BytesIO(content),
        }
        started: list[tuple[str, list[tuple[str, str]]]] = []

        def start_response(status: str, sent: list[tuple[str, str]], _: object = None) -> Any:
            started.append((status, sent))

        parts = self.simulator(environ, start_response)
        return Reply(int(started[0][0].split()[0]), dict(started[0][1]), b"".join(parts))

    def at(self, rest: str) -> str:
        """A path of v3 in the organisation."""
        return f"/v3/organizations/{self.simulator.org_id}/{rest}"

    def upload(self, name: str = "notes.txt", content: bytes = b"hello", kind: str = "text/plain") -> Reply:
        """Sends a file as a browser does."""
        disposition = f'Content-Disposition: form-data; name="file"; filename="{name}"'
        head = f"--cut\r\n{disposition}\r\nContent-Type: {kind}\r\n\r\n"
        path = "/v1/attachments" if self.sessions.startswith("/v1") else self.at("attachments")
        body = head.encode() + content + b"\r\n--cut--\r\n"
        return self("POST", path, body, content_type="multipart/form-data; boundary=cut")

    def create(self, prompt: str = "Fix the flaky test", **options: Any) -> str:
        reply = self("POST", self.sessions, {"prompt": prompt, **options})
        assert reply.status == 200, reply
        return str(reply.json["session_id"])


@pytest.fixture
def simulator() -> Simulator:
    return Simulator()


@pytest.fixture
def connect() -> Callable[..., Client]:
    """Makes a client of a simulator: `connect(simulator, account="work", version="v1")`."""

    def make(simulator: Simulator, *, account: str = "default", version: str = "v3") -> Client:
        return Client(simulator, account, version)

    return make


@pytest.fixture
def v3(simulator: Simulator) -> Client:
    return Client(simulator, "default", "v3")


@pytest.fixture
def v1(simulator: Simulator) -> Client:
    return Client(simulator, "default", "v1")
