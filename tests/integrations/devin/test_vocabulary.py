"""The tags that sessions may have."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from luahost import Host, Policy
from luahost.errors import Forbidden, NotFound, Unsupported, ValidationFailed

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def host() -> Iterator[Host]:
    with Host(simulate=True, policy=Policy(write="allow")) as found:
        yield found


def test_allowed_tags_are_appended_replaced_removed_and_cleared(host: Host) -> None:
    assert host.call("devin.list_allowed_tags", {})["tags"] == []
    assert host.call("devin.append_allowed_tags", {"tags": ["a", "b"]})["tags"] == ["a", "b"]
    assert host.call("devin.append_allowed_tags", {"tags": ["b", "c d"]})["tags"] == ["a", "b", "c d"]
    assert host.call("devin.remove_allowed_tag", {"tag": "c d"})["tags"] == ["a", "b"]
    assert host.call("devin.replace_allowed_tags", {"tags": ["x"]})["tags"] == ["x"]
    assert host.call("devin.list_allowed_tags", {})["tags"] == ["x"]
    assert host.call("devin.clear_allowed_tags", {})["tags"] == []


def test_a_session_has_no_other_tags_than_allowed_ones(host: Host) -> None:
    before = host.call("devin.create_session", {"prompt": "x", "tags": ["old"]})
    host.call("devin.append_allowed_tags", {"tags": ["new"]})
    host.call("devin.create_session", {"prompt": "x", "tags": ["new"]})
    with pytest.raises(ValidationFailed, match="old"):
        host.call("devin.create_session", {"prompt": "x", "tags": ["old"]})
    assert host.call("devin.get_session_tags", {"session_id": before["session_id"]})["tags"] == ["old"]
    host.call("devin.remove_allowed_tag", {"tag": "new"})
    host.call("devin.create_session", {"prompt": "x", "tags": ["old"]})


def test_a_tag_that_is_not_allowed_cannot_be_removed(host: Host) -> None:
    with pytest.raises(NotFound):
        host.call("devin.remove_allowed_tag", {"tag": "nobody"})


def test_a_key_that_may_not_manage_the_enterprise_is_refused(host: Host) -> None:
    with pytest.raises(Forbidden, match="ManageEnterpriseSettings"):
        host.call("devin.list_allowed_tags", {}, account="personal")


def test_v1_has_no_allowed_tags(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LUAHOST_DEVIN_API_VERSION", "v1")
    with Host(simulate=True) as host, pytest.raises(Unsupported):
        host.call("devin.list_allowed_tags", {})
