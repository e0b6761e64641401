"""Blocks of pages that have lost their fences."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from luahost.integrations.devin import DEVIN
from luahost.reference.flattened import between
from luahost.reference.markdown import integration_page

PAGE = (Path(__file__).parents[1] / "data/devin-lua-reference.txt").read_text("utf-8")


def test_the_seven_blocks_of_the_page_are_found_at_their_lines() -> None:
    lines = PAGE.split("\n")
    found = between(PAGE).blocks
    assert len(found) == 7
    for block in found:
        code = block.code.rstrip("\n").split("\n")
        assert lines[block.line - 1 : block.line - 1 + len(code)] == code


def test_the_reference_loses_no_line_of_an_example_when_it_is_flattened() -> None:
    """Blocks end at prose and at names: no Lua of any example looks like either."""
    page = integration_page(DEVIN)
    lines = [
        line.lstrip("# ").replace("`", "")
        for line in page.splitlines()
        if line.strip() and not line.startswith(("```", "|"))
    ]
    found = ["".join(block.code.split()) for block in between("\n".join(lines)).blocks]
    examples = [example for function in DEVIN.functions for example in function.examples]
    codes = ["".join(each.code.split()) for each in (*examples, *DEVIN.examples)]
    assert [block.startswith(code) for block, code in zip(found, codes, strict=True)] == [True] * len(codes)


def test_lines_that_say_where_blocks_are_can_be_given() -> None:
    text = "one\n>>>\nprint(1)\n\n<<<\ntwo\n>>>\nprint(2)"
    found = between(text, re.compile(">>>"), re.compile("<<<")).blocks
    assert [(block.line, block.code) for block in found] == [(3, "print(1)\n"), (8, "print(2)\n")]


@pytest.mark.parametrize("text", ["", "Examples\n", "Examples\n\nReturns\n", "print(1)\n"])
def test_where_nothing_stands_there_is_no_block(text: str) -> None:
    assert between(text).blocks == []
