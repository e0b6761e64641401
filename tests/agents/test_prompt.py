"""The prompt, and what all that a model has to read costs it."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from luahost import Host, Limits
from luahost.agents import perform
from luahost.integrations.devin import DEVIN

PROMPT, TOOLS, LISTING = 3.9, 4.5, 4.9
"""Characters of each in a token of o200k_base, as `make bench` counts them."""


def test_prompt_is_under_600_tokens_and_with_tools_and_listing_under_1000(host: Host) -> None:
    prompt = host.system_prompt()
    tools = json.dumps(host.tools("openai"), ensure_ascii=False, separators=(",", ":"))
    listing = perform(host, "lua_list_docs", {}).text
    assert len(prompt) / PROMPT < 600
    assert len(prompt) / PROMPT + len(tools) / TOOLS + len(listing) / LISTING < 1_000


def test_the_prompt_names_what_this_host_has(host: Host) -> None:
    prompt = host.system_prompt()
    for said in (
        "app.integrations.devin",
        "default, personal, work",
        f"{len(DEVIN.functions)} functions",
        "60 s in all",
        "200 calls",
    ):
        assert said in prompt
    assert "$" not in prompt


@pytest.mark.parametrize("name", ["execute_lua", "lua_search_docs", "lua_read_doc"])
def test_the_prompt_names_the_tools(host: Host, name: str) -> None:
    assert name in host.system_prompt()


def test_limits_that_there_are_not_are_not_told() -> None:
    none = Limits(cpu=None, wall=None, memory_mib=None, calls=None)
    with Host(simulate=True, limits=none) as host:
        assert host.system_prompt().endswith("A run has no limit of time or calls.\n")
    with Host(simulate=True, limits=none.replace(calls=7)) as host:
        assert host.system_prompt().endswith("A run has 7 calls.\n")


def test_many_accounts_are_named_in_part() -> None:
    accounts = {"devin": {name: {"api_key": "cog_x"} for name in ("default", *(f"team_{i:02}" for i in range(40)))}}
    with Host(accounts=accounts, state=False) as host:
        assert "team_06 and 33 more" in host.system_prompt()


def test_many_integrations_with_long_summaries_and_accounts_leave_the_prompt_short() -> None:
    own = [
        replace(
            DEVIN,
            name=f"integration{number}",
            summary="An integration of ours which does so many things that its summary has no end " * 5,
            vendor_prefix=None,
        )
        for number in range(12)
    ]
    named = {name: {"api_key": "cog_x"} for name in ("default", *(f"{'team' * 5}_{i:02}" for i in range(30)))}
    accounts = {each.name: named for each in (DEVIN, *own)}
    with Host(accounts=accounts, integrations=own, state=False) as host:
        prompt = host.system_prompt()
    assert len(prompt) / PROMPT < 600
    assert "app.integrations.integration3 (" in prompt
    assert "default, " in prompt
    assert "and 28 more" in prompt
    assert "and 8 more integrations, see lua_list_docs" in prompt


def test_an_account_with_an_endless_name_is_only_counted() -> None:
    accounts = {"devin": {name: {"api_key": "cog_x"} for name in ("default", "a" * 5_000)}}
    with Host(accounts=accounts, state=False) as host:
        assert "accounts: default and 1 more" in host.system_prompt()


def test_what_the_prompt_says_of_lua_is_so(host: Host) -> None:
    code = """
        for _, name in ipairs({ "sleep", "wait_until", "args", "print", "each", "docs", "json" }) do
          assert(_G[name] ~= nil, name)
        end
        assert(os.time and os.date and json.encode and json.decode and docs.search and docs.read)
        assert(io == nil and os.execute == nil and package == nil)
        local ok, err = pcall(app.integrations.devin.get_session, { session_id = "nope" })
        assert(not ok and err.code == "not_found" and err.message)
        for x in each(app.integrations.devin.list_sessions, { limit = 1 }) do assert(x.session_id) end
    """
    assert host.run(code).error is None
