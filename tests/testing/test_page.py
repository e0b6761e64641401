"""docs/write-an-integration.md, followed from an empty folder: its files are written as they stand there, and used."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.conftest import Command, Packages

PAGE = (Path(__file__).parents[2] / "docs" / "write-an-integration.md").read_text("utf-8")


def blocks(kind: str) -> list[str]:
    return re.findall(rf"```{kind}\n(.*?)```", PAGE, re.DOTALL)


def test_the_files_of_the_page_make_an_integration_that_works(
    packages: Packages, luahost: Command, tmp_path: Path
) -> None:
    module, test, _ = blocks("python")
    project = tomllib.loads(blocks("toml")[0])["project"]
    (brings,) = project["entry-points"]["luahost.integrations"].items()
    packages.install(project["name"], module, brings=" = ".join(brings))
    (tmp_path / "test_todo.py").write_text(test, "utf-8")
    env = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_todo.py"]
    done = subprocess.run(words, cwd=tmp_path, env=env, capture_output=True, text=True, check=False)
    assert "1 passed" in done.stdout, done.stdout

    (typed, told) = re.findall(r"\$ luahost (run --simulate .*)\n(.*)", PAGE)[0]
    ran = luahost(*shlex.split(typed))
    assert (ran.code, ran.out, ran.err) == (0, f"{told}\n", "")
