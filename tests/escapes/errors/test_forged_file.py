"""The command line shows the line where an error was raised: never one of a file that the script has named."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Command, Finished

FORGERIES = {
    "table": "error{{message = 'mine', file = '{file}', line = 1}}",
    "chunk": "load(\"error('mine')\", '@{file}')()",
}


def run_to_its_end(luahost: Command, source: str, *, within: float) -> Finished:
    try:
        return luahost("run", "-e", source, timeout=within)
    except subprocess.TimeoutExpired:
        pytest.fail("the command did not end: it reads the file that the script has named")


@pytest.fixture
def pipe(tmp_path: Path) -> Path:
    """A named pipe that nobody writes to: opening it lasts for ever."""
    file = tmp_path / "pipe"
    os.mkfifo(file)
    return file


@pytest.mark.parametrize("how", FORGERIES)
def test_a_script_cannot_have_the_command_open_a_file(luahost: Command, pipe: Path, how: str) -> None:
    finished = run_to_its_end(luahost, FORGERIES[how].format(file=pipe), within=5)
    assert (finished.code, "mine" in finished.err) == (1, True)


@pytest.mark.parametrize("how", FORGERIES)
def test_no_line_of_a_file_that_the_script_names_is_shown(luahost: Command, tmp_path: Path, how: str) -> None:
    file = tmp_path / "secret.txt"
    file.write_text("the secret\n")
    finished = run_to_its_end(luahost, FORGERIES[how].format(file=file), within=5)
    assert "the secret" not in finished.err + finished.out
