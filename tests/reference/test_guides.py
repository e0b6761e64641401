"""The pages about what scripts have besides integrations: each is there, is found, and runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from luahost.errors import BY_CODE
from luahost.reference import guides

if TYPE_CHECKING:
    from luahost import Host


def test_every_file_is_a_page_and_every_page_a_file() -> None:
    assert sorted(file.stem for file in guides.FOLDER.glob("*.md")) == sorted(guides.ORDER)


@pytest.mark.parametrize("name", guides.ORDER)
def test_each_guide_has_title_summary_example_and_keywords(name: str) -> None:
    guide = guides.load()[name]
    assert guide.markdown.startswith(f"# {name}\n\n")
    assert guide.summary.endswith(".")
    assert len(guide.summary) < 150
    assert "```lua" in guide.markdown
    assert guide.keywords
    assert "<!--" not in guide.markdown


def test_every_error_code_of_a_call_is_explained() -> None:
    text = guides.load()["errors"].markdown
    assert [code for code in BY_CODE if f"`{code}`" not in text] == []


def test_every_name_that_a_script_has_beside_lua_is_on_a_page(host: Host) -> None:
    text = "".join(guide.markdown for guide in guides.load().values())
    names = host.run("local found = {} for name in pairs(_G) do found[#found + 1] = name end return found").value
    lua = {"_G", "_VERSION", "assert", "error", "xpcall", "select", "type", "ipairs", "next", "rawget", "rawset"}
    lua |= {"rawequal", "rawlen", "setmetatable", "getmetatable", "unpack", "tonumber"}
    assert [name for name in names if f"`{name}" not in text and name not in lua] == []
