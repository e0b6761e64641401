"""The project's own pages: no Lua block in README.md or docs/ is left unexecuted."""

from __future__ import annotations

import re
import tomllib
from fnmatch import fnmatch
from pathlib import Path
from shutil import copy
from typing import TYPE_CHECKING

from luahost.reference.marks import NAMES

if TYPE_CHECKING:
    import pytest

    from tests.conftest import Command

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/testing-docs.md"
_SHOWN = re.compile(r"^````markdown\n(.*?)^````$", re.MULTILINE | re.DOTALL)
PAGES = [ROOT / "README.md", *sorted(ROOT.glob("docs/**/*.md"))]


def written() -> dict[str, int]:
    """How many lines begin a Lua block, counted without the parser that finds them."""
    counted = {
        path.relative_to(ROOT).as_posix(): sum(line.strip().startswith("```lua") for line in lines)
        for path in PAGES
        if (lines := _SHOWN.sub("", path.read_text("utf-8")).splitlines())
    }
    return {name: number for name, number in counted.items() if number}


def test_the_pages_that_the_page_about_this_shows_pass_as_well(luahost: Command, tmp_path: Path) -> None:
    shown = _SHOWN.findall(PAGE.read_text("utf-8"))
    names = [f"guide-{number}.md" for number in range(len(shown))]
    for name, text in zip(names, shown, strict=True):
        (tmp_path / name).write_text(text)
    done = luahost("test-docs", *names, cwd=tmp_path)
    assert done.code == 0, done
    assert done.out.splitlines()[-1].startswith("5 in all: 5 passed")


def test_the_failure_that_it_shows_is_what_a_person_sees(luahost: Command, tmp_path: Path) -> None:
    (tmp_path / "wrong.md").write_text('```lua\napp.integrations.devin.get_session{ id = "devin-1" }\n```\n')
    out = luahost("test-docs", "wrong.md", cwd=tmp_path).out
    assert out.rpartition("\n1 in all")[0] in PAGE.read_text("utf-8")


def test_the_tests_that_it_shows_pass(pytester: pytest.Pytester) -> None:
    (code,) = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    pytester.makepyfile(code)
    copy(ROOT / "lua_examples/triage.lua", pytester.mkdir("scripts"))
    pytester.runpytest_subprocess("-p", "no:hypothesispytest").assert_outcomes(passed=2)


def test_every_comment_that_it_lists_is_known_and_every_other_is_listed() -> None:
    listed = set(re.findall(r"^\| `<!-- luahost: (\w+)", PAGE.read_text("utf-8"), re.MULTILINE))
    assert listed == set(NAMES)


def test_every_block_of_the_pages_is_run_and_passes(luahost: Command) -> None:
    told = luahost("test-docs", "--json", "README.md", "docs", cwd=ROOT).json
    blocks = [each for each in told["blocks"] if each["file"].endswith(".md")]
    assert [each for each in blocks if each["status"] != "passed"] == []
    assert {name: sum(each["file"] == name for each in blocks) for name in written()} == written()


def test_pytest_collects_every_page_that_has_one() -> None:
    options = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["pytest"]["ini_options"]
    assert "--luahost" in options["addopts"].split()
    assert {"README.md", "docs"} <= set(options["testpaths"])
    globs = options["luahost_files"]
    assert [name for name in written() if not any(fnmatch(name, glob) for glob in globs)] == []
