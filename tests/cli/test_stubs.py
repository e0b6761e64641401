"""`luahost stubs` as a command: what it writes, and what it leaves alone."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from luahost.cli import main
from tests.conftest import Finished

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Run = Callable[..., Finished]

NAMES = [".luarc.json", ".luacheckrc", ".luahost/globals.lua", ".luahost/devin.lua"]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """The command in this process."""

    def stubs(*words: str) -> Finished:
        code = main(["stubs", *words])
        said = capsys.readouterr()
        return Finished(code, said.out.encode(), said.err)

    return stubs


def test_it_writes_definitions_and_settings_and_says_which(run: Run, tmp_path: Path) -> None:
    done = run("--out", str(tmp_path / "new" / "folder"))
    written = [tmp_path / "new" / "folder" / name for name in NAMES]
    assert (done.code, done.out.splitlines()) == (0, [str(path) for path in written])
    assert all(path.is_file() for path in written)
    assert json.loads(written[0].read_text())["workspace.library"] == [".luahost"]


def test_it_writes_over_what_it_has_written(run: Run, tmp_path: Path) -> None:
    run("--out", str(tmp_path))
    done = run("--out", str(tmp_path), "--accounts", "work", "--json")
    assert done.code == 0
    assert done.json == [str(tmp_path / name) for name in NAMES]
    assert '---@field ["work"] ' in (tmp_path / ".luahost" / "devin.lua").read_text()
    assert 'fields["work"] = ' in (tmp_path / ".luacheckrc").read_text()


def test_accounts_that_are_set_up_are_in_the_definitions(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LUAHOST_DEVIN_WORK_API_KEY", "cog_secret")
    run("--out", str(tmp_path))
    texts = "".join((tmp_path / name).read_text() for name in NAMES)
    assert '---@field ["work"] luahost.devin.functions' in texts
    assert "personal" not in texts
    assert "cog_secret" not in texts


@pytest.mark.parametrize("name", [".luarc.json", ".luacheckrc"])
def test_settings_of_somebody_s_own_stay(run: Run, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text('std = "lua51"')
    done = run("--out", str(tmp_path))
    assert done.code == 2
    assert f"{name} is there already" in done.err
    assert (tmp_path / name).read_text() == 'std = "lua51"'
    assert not (tmp_path / ".luahost").exists()
    assert run("--out", str(tmp_path), "--force").code == 0
    assert "luahost" in (tmp_path / name).read_text()


def test_wrong_usage_ends_with_2(run: Run, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = run("--out", str(tmp_path / "file"))
    assert done.code == 2
    assert "--out names a folder" in done.err
    assert run("--out", str(tmp_path), "--accounts", "No").code == 2
