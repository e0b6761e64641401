"""Slips that Lua lets pass: a notice tells the line, and what to write."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from luahost import Host, Policy
from luahost.lua.bridge import MAX_SLIPS

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def host(isolation: str) -> Iterator[Host]:
    with Host(simulate=True, policy=Policy(write="allow"), isolation=isolation, state=False) as host:
        host.call("devin.create_session", {"prompt": "x"})
        yield host


@pytest.fixture
def walled() -> Iterator[Host]:
    """In a process of its own: where Lua's pcall stays as it is, so that a state can be stopped, it says nothing."""
    with Host(simulate=True, policy=Policy(write="allow"), state=False) as host:
        yield host


def notices(host: Host, code: str) -> list[str]:
    result = host.run(f"local devin = app.integrations.devin\n{code}")
    assert result.ok, result.error
    return list(result.meta["notices"])


# -- ipairs over what has its list in a field -----------------------------------------------------------------------


def test_a_notice_says_where_the_list_is_that_ipairs_did_not_find(host: Host) -> None:
    said = "line 2: ipairs found nothing, for the list is in a field: write ipairs(x.sessions)"
    assert notices(host, "for _ = 1, 3 do for _, s in ipairs(devin.list_sessions()) do print(s) end end") == [said]


@pytest.mark.parametrize(
    "code",
    [
        "for _, s in ipairs(devin.list_sessions().sessions) do end",
        "for _ in ipairs({}) do end for _ in ipairs({ n = 0 }) do end for _ in ipairs({ a = { 1 } }) do end",
        "for _ in ipairs(json.decode('[]')) do end",
        "for _, s in pairs(devin.list_sessions()) do end",
    ],
)
def test_ipairs_says_nothing_of_what_is_right_or_not_known(host: Host, code: str) -> None:
    assert notices(host, code) == []


def test_what_is_wrong_with_ipairs_is_told_at_the_script_s_line(host: Host) -> None:
    error = host.run("\nfor _ in ipairs(nil) do end").error
    assert error is not None
    assert (error.line, error.message[:36]) == (2, "bad argument #1 to 'ipairs' (table e")


# -- pcall of what a call has given ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "write"), [("pcall", "pcall(f, arguments)"), ("xpcall", "xpcall(f, handler, arguments)")]
)
def test_a_notice_says_that_a_call_was_made_before_what_was_to_catch_its_errors(
    walled: Host, name: str, write: str
) -> None:
    before = len(walled.simulation("devin").requests)
    code = f"for _ = 1, 2 do local ok, err = {name}(devin.create_session{{ prompt = 'y' }}, print) end"
    (told,) = notices(walled, code)
    assert told.startswith(
        f"line 2: {name} was given a table, not a function: a call in its parentheses was made before"
    )
    assert told.endswith(f"write {write}")
    assert len(walled.simulation("devin").requests) > before


@pytest.mark.parametrize(
    "code",
    [
        "pcall(devin.get_session, 'nope') xpcall(devin.list_sessions, print)",
        "assert(pcall(setmetatable({}, { __call = print, __metatable = false })))",
        "pcall(nil) pcall('x') pcall(1) xpcall(nil, print)",
    ],
)
def test_pcall_says_nothing_of_a_function_or_of_what_no_call_gives(walled: Host, code: str) -> None:
    assert notices(walled, code) == []


def test_an_error_of_pcall_s_own_is_at_the_script_s_line_and_in_its_name(walled: Host) -> None:
    error = walled.run("\npcall()").error
    assert error is not None
    assert (error.line, "to 'pcall'" in error.message) == (2, True)


def test_pcall_of_a_table_gives_what_lua_says(walled: Host) -> None:
    assert walled.run("return pcall({})").values == [False, "attempt to call a table value"]


# -- both -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("slip", ["ipairs(t)", "pcall(t)"])
def test_a_few_lines_only_are_told(walled: Host, slip: str) -> None:
    assert len(notices(walled, "local t = devin.list_sessions()\n" + f"{slip}\n" * 30)) == MAX_SLIPS
