"""`luahost new-integration`: what it writes works, is clean, and is never written over anything."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from luahost.cli import main
from luahost.errors import UsageError
from luahost.integrations import catalog

if TYPE_CHECKING:
    from tests.conftest import Command, Packages

FILES = ["pyproject.toml", "README.md", "luahost_notes.py", "tests/test_notes.py"]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What it writes."""
    folder = tmp_path_factory.mktemp("new") / "luahost-notes"
    assert main(["new-integration", "notes", "--out", str(folder)]) == 0
    return folder


def python(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "PYTHONPATH": str(folder), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    return subprocess.run([sys.executable, *words], cwd=folder, env=env, capture_output=True, text=True, check=False)


def test_its_own_tests_pass(made: Path) -> None:
    done = python(made, "-W", "error", "-m", "pytest", "-q", "-p", "no:cacheprovider")
    assert "2 passed" in done.stdout, done.stdout + done.stderr


def test_it_passes_mypy_and_ruff(made: Path, tmp_path: Path) -> None:
    done = python(made, "-m", "mypy", "--cache-dir", str(tmp_path), "--follow-imports", "silent", ".")
    assert done.returncode == 0, done.stdout
    ruff = shutil.which("ruff", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    if ruff is None:
        pytest.skip("ruff is not installed: it comes with the extra dev")
    for words in (["check", "--select", "E,F,I,UP,B,RUF"], ["format", "--check"]):
        cleaned = subprocess.run(
            [ruff, *words, "--no-cache", "."], cwd=made, capture_output=True, text=True, check=False
        )
        assert cleaned.returncode == 0, cleaned.stdout


def test_what_its_entry_point_brings_is_there_for_every_run(made: Path, packages: Packages, luahost: Command) -> None:
    (brings,) = tomllib.loads((made / "pyproject.toml").read_text())["project"]["entry-points"][catalog.GROUP].items()
    packages.install("luahost-notes", (made / "luahost_notes.py").read_text("utf-8"), brings=" = ".join(brings))
    done = luahost("run", "--simulate", "-e", "print(app.integrations.notes.list_notes().notes[1].text)")
    assert (done.code, done.out, done.err) == (0, "Water the plants\n", "")
    done = luahost("call", "notes.list_notes")
    assert done.code == 4
    assert "LUAHOST_NOTES_API_KEY" in done.err
    assert "luahost accounts add default --integration notes" in done.err


def test_it_says_what_it_has_written_and_what_is_next(luahost: Command, tmp_path: Path) -> None:
    done = luahost("new-integration", "notes", cwd=tmp_path)
    assert (done.code, done.out.split()) == (0, [f"luahost-notes/{name}" for name in FILES])
    assert "cd luahost-notes" in done.err
    told = luahost("new-integration", "notes", "--out", "there", "--json", cwd=tmp_path).json
    assert told == {"name": "notes", "folder": "there", "files": FILES}


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Notes", "cannot be an integration's name"),
        ("my-notes", "lower-case letters and digits"),
        ("../notes", "cannot be an integration's name"),
        ("", "cannot be an integration's name"),
        ("2do", "a letter first"),
        ("end", "a word of Lua"),
        ("devin", "there is an integration named 'devin' already"),
        ("bad", "there is an integration named 'bad' already"),
    ],
)
def test_a_name_that_cannot_be_one_is_refused(
    name: str, words: str, packages: Packages, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    packages.install("acme-bad", "import nothing_like_it", brings="bad = the_bad:BAD")
    folder = tmp_path / "new"
    assert main(["new-integration", name, "--out", str(folder)]) == UsageError.exit_code
    assert words in capsys.readouterr().err
    assert not folder.exists()


def test_a_folder_that_has_something_in_it_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    assert main(["new-integration", "notes", "--out", str(tmp_path)]) == UsageError.exit_code
    assert "is there already" in capsys.readouterr().err
    assert main(["new-integration", "notes", "--out", str(tmp_path / "mine.txt")]) == UsageError.exit_code
    assert main(["new-integration", "notes", "--out", str(tmp_path / "mine.txt" / "new")]) == UsageError.exit_code
    assert "cannot be written" in capsys.readouterr().err.splitlines()[-1]
    assert [each.name for each in tmp_path.iterdir() if each.is_file()] == ["mine.txt"]
