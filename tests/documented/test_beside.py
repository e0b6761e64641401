"""A block reads and writes what lies beside its document, and nothing else."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from luahost.documented import beside
from luahost.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Command


def page(folder: Path, says: str, code: str = "print(1)") -> Path:
    folder.mkdir(exist_ok=True)
    found = folder / "page.md"
    found.write_text(f"<!-- luahost: {says} -->\n```lua\n{code}\n```\n")
    return found


@pytest.mark.parametrize("says", ["files = ../secret", "files = {there}", "replay = ../x.jsonl"])
def test_what_lies_outside_of_the_documents_folder_is_refused(luahost: Command, tmp_path: Path, says: str) -> None:
    (tmp_path / "secret").mkdir()
    says = says.format(there=tmp_path / "secret")
    told = luahost("test-docs", str(page(tmp_path / "docs", says)))
    assert told.code == 1
    assert "this lies outside of the document's folder" in told.out + told.err


@pytest.mark.parametrize("name", ["page.md", "notes.txt"])
def test_recording_leaves_what_is_no_journal_as_it_is(luahost: Command, tmp_path: Path, name: str) -> None:
    document = page(tmp_path / "docs", f"replay = {name}")
    (tmp_path / "docs" / "notes.txt").write_text("precious")
    before = (tmp_path / "docs" / name).read_bytes()
    told = luahost("test-docs", "--record", str(document))
    assert told.code == 1
    assert "is no journal, and is left as it is" in told.out + told.err
    assert (tmp_path / "docs" / name).read_bytes() == before


def test_a_pipe_among_the_files_is_named(luahost: Command, tmp_path: Path) -> None:
    document = page(tmp_path / "docs", "files = ff")
    (tmp_path / "docs" / "ff").mkdir()
    os.mkfifo(tmp_path / "docs" / "ff" / "p")
    told = luahost("test-docs", str(document))
    assert "files = ff: p is no regular file" in told.out + told.err


def test_a_copy_has_bounds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beside, "MOST_FILES", 2)
    document = page(tmp_path / "docs", "files = ff")
    (tmp_path / "docs" / "ff").mkdir()
    for number in range(3):
        (tmp_path / "docs" / "ff" / str(number)).write_text("x")
    with pytest.raises(UsageError, match="more than a block is given a copy of"):
        beside.copied(document, "ff", tmp_path / "copy")


@pytest.mark.parametrize(
    "comment", ["<!-- luahost skip = it costs -->", "<!-- Luahost: skip = it costs -->", "<!-- luahost: -->"]
)
def test_a_comment_with_a_slip_is_a_failure(luahost: Command, tmp_path: Path, comment: str) -> None:
    document = tmp_path / "page.md"
    document.write_text(f"{comment}\n```lua\nprint(1)\n```\n")
    told = luahost("test-docs", str(document))
    assert told.code == 1
    assert "page.md:1: " in told.out + told.err
