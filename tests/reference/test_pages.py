"""The reference as pages: what a name finds, and what is said of one that is not there."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from luahost.errors import InvalidArguments
from luahost.integrations.devin import DEVIN
from luahost.reference import guides, pages

if TYPE_CHECKING:
    from luahost import Host

CATALOG = {"devin": DEVIN}
TWO = {**CATALOG, "other": replace(DEVIN, name="other", functions=DEVIN.functions[:5])}


def problem(name: str) -> InvalidArguments:
    with pytest.raises(InvalidArguments) as caught:
        pages.read(CATALOG, name)
    return caught.value


def test_a_function_is_found_without_its_integration() -> None:
    assert pages.read(CATALOG, "create_session") == pages.read(CATALOG, "devin.create_session")


def test_a_name_that_two_integrations_have_is_found_with_its_integration_only() -> None:
    assert pages.find(TWO, "create_session") is None
    assert pages.find(TWO, "other.create_session") is not None
    found = pages.find(TWO, "delete_schedule")
    assert found is not None
    assert found[0].name == "devin"


@pytest.mark.parametrize("name", ["devin.creat_session", "creat_session", "dvin.create_session"])
def test_a_near_miss_is_told_alone(name: str) -> None:
    error = problem(name)
    assert error.message.endswith("(did you mean 'devin.create_session'?)")
    assert error.hint == "luahost list, or docs.list() in a script, names them all"


@pytest.mark.parametrize("name", ["zzz", "devin.", "devin.zzz", "zzz.zzz", "x" * 1000])
def test_where_nothing_is_near_a_dozen_names_are_told_and_how_many_more_there_are(name: str) -> None:
    error = problem(name)
    assert "did you mean" not in error.message
    assert error.hint is not None
    assert error.hint.count("devin.") == 12
    assert f"and {len(DEVIN.functions) - 12} more" in error.hint


def test_an_integration_is_no_near_miss_of_a_function() -> None:
    assert "did you mean" not in pages.unknown(CATALOG, "function", "devin").message


@pytest.mark.parametrize("page", ["devin.get_session", "app.integrations.devin.get_session", " devin.get_session() "])
def test_a_page_is_read_by_any_way_to_write_its_name(page: str) -> None:
    assert pages.read(CATALOG, page).startswith("# get_session\n")


def test_a_page_about_scripts_is_a_near_miss_too() -> None:
    assert problem("wait_untill").message.endswith("(did you mean 'wait_until'?)")


def test_a_script_lists_searches_and_reads(host: Host) -> None:
    result = host.run("""
        local listed = docs.list()
        local found = docs.search("start a task")
        return #listed, listed[1], found[1], docs.read(found[1].page), docs.read("each")
    """)
    assert result.error is None
    count, first, found, page, each = result.values
    assert count == len(DEVIN.functions) + len(guides.ORDER)
    assert (
        first
        == found
        == {
            "page": "devin.create_session",
            "call": "devin.create_session",
            "summary": DEVIN.functions[0].summary,
        }
    )
    assert page.startswith("# create_session\n")
    assert each.startswith("# each\n")
