"""Repositories and their indexing."""

from __future__ import annotations

import pytest

from luahost import Host, Policy
from luahost.errors import NotFound


def test_the_indexing_of_one_repository_is_read() -> None:
    path = {"path": "example/app"}
    with Host(simulate=True, policy=Policy(write="allow")) as host:
        assert host.call("devin.get_repository_indexing", path)["indexing_enabled"] is False
        started = host.call("devin.index_repository", path)
        assert host.call("devin.get_repository_indexing", path) == started
        with pytest.raises(NotFound):
            host.call("devin.get_repository_indexing", {"path": "no/such"})
