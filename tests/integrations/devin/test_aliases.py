"""Parameters that have two names, either of which may be given, and words of older documentation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from luahost import Host, Policy
from luahost.errors import InvalidArguments, Unsupported

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Connect = Callable[[str], Host]

SECRET = {"type": "key-value", "key": "TOKEN", "value": "fake"}


@pytest.fixture
def connect(monkeypatch: pytest.MonkeyPatch) -> Iterator[Connect]:
    made: list[Host] = []

    def host(version: str) -> Host:
        monkeypatch.setenv("LUAHOST_DEVIN_API_VERSION", version)
        made.append(Host(simulate=True, policy=Policy(write="allow")))
        return made[-1]

    yield host
    for each in made:
        each.close()


def titles(host: Host, **arguments: Any) -> list[str | None]:
    return [each["title"] for each in host.call("devin.list_sessions", arguments)["sessions"]]


def test_skip_is_the_offset_of_a_list_of_v1(connect: Connect) -> None:
    host = connect("v1")
    for title in "abcd":
        host.call("devin.create_session", {"prompt": "x", "title": title})
    assert titles(host, skip=1, first=2) == titles(host, offset=1, first=2) == ["c", "b"]
    assert titles(host, skip=1, offset=1, first=2) == ["c", "b"]
    assert titles(host, skip=1, limit=3) == ["c", "b", "a"]
    walked = host.run(
        "for s in each(app.integrations.devin.list_sessions, { skip = 2, first = 1 }) do print(s.title) end"
    )
    assert walked.output.split("\n")[:2] == ["b", "a"], walked.error
    with pytest.raises(InvalidArguments, match="'skip' and 'offset' mean the same, and differ"):
        host.call("devin.list_sessions", {"skip": 1, "offset": 2})


def test_a_list_of_v3_knows_no_skip(connect: Connect) -> None:
    with pytest.raises(Unsupported):
        connect("v3").call("devin.list_sessions", {"skip": 1})


@pytest.mark.parametrize("version", ["v3", "v1"])
@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ({"sensitive": False}, False),
        ({"is_sensitive": False}, False),
        ({"sensitive": False, "is_sensitive": False}, False),
        ({}, True),
    ],
    ids=str,
)
def test_a_secret_is_sensitive_by_either_name(
    connect: Connect, version: str, said: dict[str, bool], kept: bool
) -> None:
    host = connect(version)
    host.call("devin.create_secret", {**SECRET, **said})
    body = host.simulation("devin").requests[-1].body
    name = {"v3": "is_sensitive", "v1": "sensitive"}[version]
    assert (body.get(name, True), {"sensitive", "is_sensitive"} & set(body) <= {name}) == (kept, True)


@pytest.mark.parametrize("version", ["v3", "v1"])
def test_a_secret_that_is_both_sensitive_and_not_is_refused(connect: Connect, version: str) -> None:
    host = connect(version)
    with pytest.raises(InvalidArguments, match="'sensitive' and 'is_sensitive' mean the same, and differ"):
        host.call("devin.create_secret", {**SECRET, "sensitive": True, "is_sensitive": False})
    assert [request for request in host.simulation("devin").requests if request.method == "POST"] == []


def test_words_of_older_documentation_are_taken(connect: Connect) -> None:
    host = connect("v3")
    nightly = {"name": "n", "prompt": "p", "frequency": "0 3 * * *", "agent": "advanced"}
    assert host.call("devin.create_schedule", nightly)["agent"] == "advanced"
    assert titles(host, origins=["scheduled"]) == []
