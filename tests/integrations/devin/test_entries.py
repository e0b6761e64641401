"""What the reference says of a list's entries, and what they have."""

from __future__ import annotations

import re

import pytest

from luahost import Host, Policy
from luahost.integrations.devin import DEVIN


@pytest.mark.parametrize("version", ["v3", "v1"])
@pytest.mark.parametrize("name", ["list_secrets", "list_folders"])
def test_entries_have_what_the_reference_promises_of_the_version(
    monkeypatch: pytest.MonkeyPatch, version: str, name: str
) -> None:
    monkeypatch.setenv("LUAHOST_DEVIN_API_VERSION", version)
    function = DEVIN.function(name)
    assert function is not None
    of_both, _, of_v3 = function.returns[0].description.partition(": ")[2].partition("; v3 also ")
    promised = re.findall(r"\w+", of_both), re.findall(r"(?:^|, )(\w+)(?=,|$)", of_v3)
    assert all(promised)
    with Host(simulate=True, policy=Policy(write="allow")) as host:
        host.call("devin.create_secret", {"type": "cookie", "key": "K", "value": "v", "note": "n"})
        entry = host.call(f"devin.{name}", {})[function.entries][0]
    assert set(promised[0]) <= set(entry)
    assert (set(promised[1]) <= set(entry)) is (version == "v3")
