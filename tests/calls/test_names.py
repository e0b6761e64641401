"""Names that do not exist: what an error says of those that do."""

from __future__ import annotations

import pytest

from luahost import Host
from luahost.calls.names import MOST, nearest
from luahost.errors import UnknownAccount, UnknownFunction
from luahost.integrations.devin import DEVIN


def test_a_few_names_are_all_told_in_their_order() -> None:
    assert nearest("x", ["b", "a"]) == "b, a"


def test_of_many_names_those_most_alike_are_told() -> None:
    known = [*(f"get_{i}" for i in range(MOST)), "list_notes"]
    assert nearest("list_notches", known).startswith("list_notes, ")
    assert nearest("list_notches", known).endswith(" and 1 more")


def test_names_that_are_equally_unlike_keep_their_order() -> None:
    assert nearest("", [function.name for function in DEVIN.functions]).startswith("create_session, get_session, ")


@pytest.fixture
def simulated() -> Host:
    return Host(simulate=True, isolation="none", state=False)


def test_a_misspelt_function_is_told_what_was_meant_and_the_names_most_like_it(simulated: Host) -> None:
    with simulated, pytest.raises(UnknownFunction, match=r"did you mean 'create_session'\?") as caught:
        simulated.call("devin.creat_session", {})
    hint = caught.value.hint or ""
    assert hint.startswith("functions: create_session, ")
    assert hint.endswith(" more; luahost list, or docs.list() in a script, names them all")


def test_a_function_that_is_like_none_is_told_a_dozen(simulated: Host) -> None:
    with simulated, pytest.raises(UnknownFunction) as caught:
        simulated.call("devin.get_zzzzzzzzzzzz", {})
    assert caught.value.hint is not None
    assert f"and {len(DEVIN.functions) - MOST} more" in caught.value.hint


def test_a_misspelt_account_is_told_the_accounts_and_no_functions(simulated: Host) -> None:
    with simulated, pytest.raises(UnknownAccount, match=r"did you mean 'work'\?") as caught:
        simulated.call("devin.wrk", {})
    assert caught.value.hint == "accounts: default, personal, work; add one with luahost accounts add NAME"
