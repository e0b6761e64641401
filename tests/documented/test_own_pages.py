"""The project's own pages: no Lua block in README.md or docs/ is left unexecuted."""

from __future__ import annotations

import tomllib
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.conftest import Command

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted(ROOT.glob("docs/**/*.md"))]


def written() -> dict[str, int]:
    """How many lines begin a Lua block, counted without the parser that finds them."""
    counted = {
        path.relative_to(ROOT).as_posix(): sum(
            line.strip().startswith("```lua") for line in path.read_text("utf-8").splitlines()
        )
        for path in PAGES
    }
    return {name: number for name, number in counted.items() if number}


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
