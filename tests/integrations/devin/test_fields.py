"""The fields of results, as the reference has them, against what is given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from luahost import Host
from luahost.integrations.devin import DEVIN
from tests.conftest import ALLOW

if TYPE_CHECKING:
    from luahost.spec import Function

LISTS = [
    pytest.param(function, version, id=f"{function.name}-{version}")
    for function in DEVIN.functions
    if function.pages
    for version in function.endpoints
]
ARGUMENTS = {"session_id": "sess_abc123", "time_after": 1775300000, "time_before": 1775370000}


def given(function: Function, version: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("LUAHOST_DEVIN_API_VERSION", version)
    arguments = {param.name: ARGUMENTS[param.name] for param in function.params if param.required}
    with Host(simulate=True, policy=ALLOW, isolation="none", state=False) as host:
        return host.call(f"devin.{function.name}", arguments)


@pytest.mark.parametrize(("function", "version"), LISTS)
def test_a_list_says_whether_it_goes_on_exactly_where_the_reference_does(
    function: Function, version: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = any(each.name == "has_next_page" and version in each.versions for each in function.returns)
    assert ("has_next_page" in given(function, version, monkeypatch)) == told


@pytest.mark.parametrize(("version", "kind"), [("v3", int), ("v1", str)])
def test_the_moment_of_creation_has_the_type_that_its_version_declares(
    version: str, kind: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    function = DEVIN.function("get_session")
    assert function is not None
    (declared,) = [each.type for each in function.returns if each.name == "created_at" and each.versions == (version,)]
    assert declared == {int: "integer", str: "string"}[kind]
    assert type(given(function, version, monkeypatch)["created_at"]) is kind
