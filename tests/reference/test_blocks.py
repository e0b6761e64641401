"""The Lua blocks of Markdown: where they are, what is said of them, and what hides them."""

from __future__ import annotations

import pytest

from luahost.reference.blocks import Block, in_markdown


def blocks(text: str) -> list[Block]:
    found = in_markdown(text)
    assert found.faults == []
    return found.blocks


def faults(text: str) -> list[tuple[int, str]]:
    found = in_markdown(text)
    return [(each.line, each.reason) for each in (*found.faults, *(b.fault for b in found.blocks if b.fault))]


def test_a_block_has_its_code_and_the_line_that_this_begins_at() -> None:
    (block,) = blocks("# Title\n\n```lua\nprint(1)\nprint(2)\n```\n")
    assert (block.code, block.line, block.end, block.name) == ("print(1)\nprint(2)\n", 4, 6, "line 4")


@pytest.mark.parametrize(
    "fence",
    [
        "```lua",
        "``` lua",
        "~~~lua",
        "````lua",
        "```Lua",
        '```lua title="x.lua"',
        "```{.lua}",
        "```{ .lua .numberLines }",
    ],
)
def test_each_way_to_write_a_lua_fence_is_known(fence: str) -> None:
    closing = fence[: len(fence) - len(fence.lstrip("`~"))]
    assert [block.code for block in blocks(f"{fence}\nprint(1)\n{closing}\n")] == ["print(1)\n"]


@pytest.mark.parametrize("info", ["", "text", "luau", "lua-repl", "python lua", "moonscript"])
def test_other_blocks_are_no_lua(info: str) -> None:
    assert blocks(f"```{info}\nprint(1)\n```\n") == []


@pytest.mark.parametrize(
    "text",
    [
        "    ```lua\n    print(1)\n    ```\n",
        "<!--\n```lua\nprint(1)\n```\n-->\n",
        "````text\n```lua\nprint(1)\n```\n````\n",
        "Write `` ```lua `` before it.\n",
    ],
    ids=["indented code", "a comment", "inside of another", "inline"],
)
def test_what_only_looks_like_a_block_is_none(text: str) -> None:
    assert blocks(text) == []


def test_blocks_in_lists_and_quotations_have_the_documents_lines() -> None:
    text = "1. one\n\n   ```lua\n   if x then\n     y()\n   end\n   ```\n\n> ```lua\n> print(2)\n> ```\n"
    assert [(b.line, b.code) for b in blocks(text)] == [(4, "if x then\n  y()\nend\n"), (10, "print(2)\n")]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_are_counted_whatever_ends_them(end: str) -> None:
    (block,) = blocks(end.join(("# T", "", "```lua", "print(1)", "```", "", "```output", "1", "```", "")))
    assert (block.line, block.code) == (4, "print(1)\n")
    assert block.output is not None
    assert (block.output.line, block.output.text) == (8, "1\n")


def test_an_output_block_belongs_to_the_lua_block_before_it_with_text_between() -> None:
    one, two = blocks("```lua\nprint(1)\n```\n\nprints\n\n```output\n1\n```\n\n```lua\nprint(2)\n```\n")
    assert one.output is not None
    assert (one.output.text, one.output.line, one.output.end) == ("1\n", 8, 9)
    assert two.output is None


@pytest.mark.parametrize(
    "before", ["", "```text\nx\n```\n", "```lua\nprint(1)\n```\n\n```output\n1\n```\n"], ids=["none", "text", "its own"]
)
def test_output_without_a_script_is_a_fault(before: str) -> None:
    line = before.count("\n") + 1
    assert faults(f"{before}```output\n1\n```\n") == [
        (line, "this output has no script: no Lua block stands before it")
    ]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("```lua\nprint(1)\n", 1),
        ("a\n\n```text\n\n```lua\nprint(1)\n", 3),
        ("- ```lua\n  print(1)\n\nafter\n", 1),
        ("```lua\nprint(1)\n~~~\n", 1),
        ("````lua\nprint(1)\n```\n", 1),
        ("```lua", 1),
    ],
    ids=["lua", "text that takes lua in", "in a list", "another fence", "a shorter fence", "the last line"],
)
def test_a_block_that_is_not_closed_is_a_fault(text: str, line: int) -> None:
    assert faults(text) == [(line, "this block is not closed: what follows is part of it")]


def test_comments_before_a_block_say_what_it_needs() -> None:
    (block,) = blocks(
        "<!-- luahost: account = work -->\n\n<!-- a word to writers -->\n"
        '<!-- luahost:\nname = The = sign\nargs = {"n": 1}\n-->\n```lua\nprint(1)\n```\n'
    )
    marks = block.marks
    assert (block.name, marks.account, marks.args, marks.skip) == ("The = sign", "work", {"n": 1}, None)


def test_hidden_lua_keeps_its_lines() -> None:
    (block,) = blocks("# T\n\n<!-- luahost: setup\nlocal a = 1\n\nlocal b = 2\n-->\n```lua\nprint(a, b)\n```\n")
    assert block.marks.setup == [(4, "local a = 1"), (5, ""), (6, "local b = 2"), (7, "")]


@pytest.mark.parametrize(
    ("comment", "reason"),
    [
        ("<!-- luahost: acount = work -->", "unknown setting 'acount' (did you mean 'account'?)"),
        ("<!-- luahost: account = My Work -->", "account: 'My Work' is not the name of an account"),
        ("<!-- luahost: args = {ticket = 7} -->", "args: not JSON"),
        ("<!-- luahost: args = [1] -->", "args: a JSON object was expected"),
        ("<!-- luahost: skip -->", "skip has no value; say why"),
        ("<!-- luahost: skip = -->", "skip has no value; say why"),
        ("<!-- luahost: join = yes -->", "join has no value"),
        ("<!-- luahost: setup = x -->", "setup is a comment of its own"),
        ("<!-- luahost: name = a -->\n<!-- luahost: name = b -->", "name is said twice"),
    ],
)
def test_a_comment_that_cannot_be_used_is_the_blocks_fault(comment: str, reason: str) -> None:
    ((line, said),) = faults(f"# T\n\n{comment}\n```lua\nprint(1)\n```\n")
    assert said.startswith(reason)
    assert line == 3 + comment.count("\n")


@pytest.mark.parametrize(
    "after", ["", "Text.\n", "# T\n", "```text\n```\n", "---\n"], ids=["end", "text", "title", "block", "line"]
)
def test_a_comment_before_no_lua_block_is_a_fault(after: str) -> None:
    text = f"<!-- luahost: join -->\n\n{after}\n```lua\n```\n"
    expected = [] if not after else [(1, "no Lua block follows this comment")]
    assert faults(text) == expected


def test_a_comment_that_is_not_closed_is_a_fault() -> None:
    assert faults("# T\n\n<!-- luahost: skip = x\n```lua\nprint(1)\n```\n") == [
        (3, "this comment is not closed: --> is missing")
    ]
