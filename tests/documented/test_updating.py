"""Writing what was printed into a document, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from luahost.documented import documents
from luahost.documented.updating import update
from luahost.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from luahost.documented.outcomes import Outcome
    from luahost.documented.running import Runner


def run(runner: Runner, path: Path) -> tuple[documents.Document, list[Outcome]]:
    document = documents.read(path)
    return document, [each for script in document.scripts for each in runner.run(document, script)]


def updated(runner: Runner, path: Path, text: str) -> str:
    """The text when its output blocks were written; a second time must find nothing to do."""
    path.write_bytes(text.encode())
    document, outcomes = run(runner, path)
    number = update(document, outcomes)
    assert [each.status for each in outcomes].count("updated") == number
    document, outcomes = run(runner, path)
    assert update(document, outcomes) == 0
    assert {each.status for each in outcomes} == {"passed"}
    return path.read_bytes().decode()


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_only_the_lines_of_stale_outputs_change(runner: Runner, tmp_path: Path, end: str) -> None:
    text = "# T{0}{0}```lua{0}print('a')print('b'){0}```{0}Text:{0}```output{0}old{0}```{0}end  {0}{0}"
    text += "```lua{0}print(1){0}```{0}"
    text += "```output{0}1  {0}```{0}```lua{0}print(2)print(3){0}```{0}```output{0}```"
    expected = text.replace("old{0}", "a{0}b{0}").replace("```output{0}```", "```output{0}2{0}3{0}```")
    assert updated(runner, tmp_path / "x.md", text.format(end)) == expected.format(end)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "- x\n\n  ```lua\n  print('a\\n\\nb')\n  ```\n\n  ```output\n  ```\n",
            "- x\n\n  ```lua\n  print('a\\n\\nb')\n  ```\n\n  ```output\n  a\n\n  b\n  ```\n",
        ),
        (
            "> ```lua\n> print('a\\n\\nb')\n> ```\n> ```output\n> x\n> ```\n",
            "> ```lua\n> print('a\\n\\nb')\n> ```\n> ```output\n> a\n>\n> b\n> ```\n",
        ),
        (
            "```lua\nprint('```x')\n```\n```output\n```\n",
            "```lua\nprint('```x')\n```\n````output\n```x\n````\n",
        ),
        ("```lua\nx = 1\n```\n```output\nold\n```\n", "```lua\nx = 1\n```\n```output\n```\n"),
        (
            "\ufeff```lua\nprint('é\u2028')\n```\n```output\n```\n",
            "\ufeff```lua\nprint('é\u2028')\n```\n```output\n...\n```\n",
        ),
    ],
    ids=["in a list", "in a quotation", "with a fence", "nothing", "a mark of byte order"],
)
def test_the_document_stays_one(runner: Runner, tmp_path: Path, text: str, expected: str) -> None:
    if "\u2028" in text:
        text, expected = text.replace("\u2028", ""), expected.replace("\u2028", "").replace("...", "é")
    assert updated(runner, tmp_path / "x.md", text) == expected


def test_blocks_that_fail_and_output_that_is_no_text_are_left_alone(runner: Runner, tmp_path: Path) -> None:
    path = tmp_path / "x.md"
    path.write_text(
        '```lua\nprint("a")error("x")\n```\n```output\nold\n```\n'
        '```lua\nprint("\\27[31m")\n```\n```output\nold\n```\n'
        '```lua\nprint("\\255")\n```\n```output\nold\n```\n'
    )
    before = path.read_bytes()
    document, outcomes = run(runner, path)
    assert update(document, outcomes) == 0
    assert [each.status for each in outcomes] == ["failed"] * 3
    assert path.read_bytes() == before


def test_a_document_that_changed_meanwhile_is_not_overwritten(runner: Runner, tmp_path: Path) -> None:
    path = tmp_path / "x.md"
    path.write_text("```lua\nprint(1)\n```\n```output\n```\n")
    document, outcomes = run(runner, path)
    path.write_text("mine\n")
    with pytest.raises(UsageError, match="was changed while its blocks ran"):
        update(document, outcomes)
    assert path.read_text() == "mine\n"


def test_mode_and_links_stay(runner: Runner, tmp_path: Path) -> None:
    path, link = tmp_path / "x.md", tmp_path / "link.md"
    path.write_text("```lua\nprint(1)\n```\n```output\n```\n")
    path.chmod(0o640)
    link.symlink_to(path)
    document, outcomes = run(runner, link)
    assert update(document, outcomes) == 1
    assert link.is_symlink()
    assert path.stat().st_mode & 0o777 == 0o640
    assert sorted(each.name for each in tmp_path.iterdir() if each.name != "home") == ["link.md", "x.md"]
