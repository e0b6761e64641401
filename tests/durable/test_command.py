"""`luahost run` with a journal, as somebody at a terminal uses it."""

from __future__ import annotations

import json
import resource
import signal
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from luahost.integrations.devin.simulator import Simulator
    from luahost.integrations.devin.simulator.server import Server
    from tests.conftest import Command, Finished

TWO = """
local made = app.integrations.devin.create_session{ prompt = "x" }
print("made")
app.integrations.devin.send_message{ session_id = made.session_id, message = "hello" }
print("said")
"""


@pytest.fixture
def run(luahost: Command, simulator: Simulator, server: Server, tmp_path: Path) -> Callable[..., Finished]:
    """Runs `luahost run` against the server; `two.lua` is there."""
    (tmp_path / "two.lua").write_text(TWO)
    luahost.env = {
        "LUAHOST_DEVIN_API_KEY": simulator.keys["v3"]["default"],
        "LUAHOST_DEVIN_BASE_URL": server.url,
        "PWD": str(tmp_path),
    }
    return lambda *words, **options: luahost("run", *words, **{"cwd": tmp_path, **options})


@pytest.fixture
def runs(home: Path) -> Callable[[], list[Path]]:
    """The journals there are."""
    return lambda: sorted((home / "state" / "runs").glob("*.jsonl"))


def asking(home: Path) -> None:
    home.mkdir(exist_ok=True)
    (home / "config.toml").write_text('[integrations.devin.permissions]\nwrite = "ask"\n')


def test_a_run_says_what_it_is_called(run: Callable[..., Finished], runs: Callable[[], list[Path]]) -> None:
    told = run("--json", "two.lua").json
    assert [each.stem for each in runs()] == [told["run_id"]]


@pytest.mark.parametrize("options", [["--no-journal"], ["--simulate"], ["--dry-run"]])
def test_a_run_that_cannot_be_resumed_keeps_no_journal(
    run: Callable[..., Finished], runs: Callable[[], list[Path]], options: list[str]
) -> None:
    assert run(*options, "--json", "two.lua").json["run_id"] is None
    assert runs() == []


def test_a_run_that_needs_approval_is_told_how_to_go_on(run: Callable[..., Finished], home: Path) -> None:
    asking(home)
    first = run("two.lua")
    assert first.code == 5
    assert "suspended at call 1 (devin.create_session on account default); to approve it and go on: " in first.err
    words = first.err.rstrip().rpartition("luahost run ")[2].split()
    second = run(*words)
    assert (second.code, second.out) == (5, "made\n")
    third = run("--resume", "last", "--approve", "2")
    assert (third.code, third.out, third.err) == (0, "said\n", "")


def test_json_has_the_whole_output_of_a_resumed_run(run: Callable[..., Finished], home: Path) -> None:
    asking(home)
    run("two.lua")
    run("--resume", "last", "--approve", "1", "--json")
    told = run("--resume", "last", "--approve", "2", "--json").json
    assert told["output"] == "made\nsaid\n"
    assert [call["replayed"] for call in told["calls"]] == [True, False]


def test_ctrl_c_leaves_a_run_that_can_go_on(
    luahost: Command, run: Callable[..., Finished], runs: Callable[[], list[Path]], tmp_path: Path
) -> None:
    code = "app.integrations.devin.create_session{ prompt = 'x' } print('made') sleep(1e6)"
    (tmp_path / "long.lua").write_text(code)
    process = luahost.start("run", "long.lua", stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=tmp_path)
    assert process.stdout is not None
    assert process.stdout.readline() == b"made\n"
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert f"to go on where it stopped: luahost run --resume {runs()[0].stem}" in err.decode()
    assert json.loads(runs()[0].read_text().splitlines()[-1])["status"] == "interrupted"


def test_a_replay_needs_nothing_but_the_file(run: Callable[..., Finished], runs: Callable[[], list[Path]]) -> None:
    run("two.lua")
    (journal,) = runs()
    offline = {"LUAHOST_DEVIN_API_KEY": "", "LUAHOST_DEVIN_BASE_URL": "", "LUAHOST_HOME": "/nowhere"}
    played = run("--replay", str(journal), "two.lua", env=offline)
    assert (played.code, played.out, played.err) == (0, "made\nsaid\n", "")


def test_an_error_of_a_resumed_run_shows_the_recorded_line(
    run: Callable[..., Finished], simulator: Simulator, tmp_path: Path
) -> None:
    simulator.fail(path="/messages", status=403, times=2)
    run("two.lua")
    (tmp_path / "two.lua").unlink()
    again = run("--resume", "last")
    assert again.code == 6
    assert again.err.startswith("two.lua:4: devin.send_message: ")
    assert "    app.integrations.devin.send_message{" in again.err


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["--resume", "nope"], "there is no run 'nope'"),
        (["--resume", "last"], "there is no run 'last'"),
        (["--resume", "last", "two.lua"], "--resume takes the script from the journal"),
        (["--resume", "x", "--replay", "y"], "name one of them"),
        (["--resume", "x", "--account", "work"], "--account is in the journal"),
        (["--resume", "x", "--set", "a=1"], "--set does not go with --resume"),
        (["--resume", "x", "--simulate"], "--simulate does not go with --resume"),
        (["--approve", "1", "two.lua"], "--approve belongs to --resume"),
        (["--assume", "done", "two.lua"], "--assume belongs to --resume"),
        (["--resume", "x", "--no-journal"], "--no-journal does not go with --resume"),
        (["--replay", "two"], "there is no run 'two'"),
        (["--replay", "./two.lua"], "it is not JSON; name a run's file, as runs show tells"),
        (["--replay", "none.jsonl"], "none.jsonl: No such file"),
        (["--replay", "x", "two.lua", "word"], "leave them out"),
    ],
)
def test_wrong_usage_is_told(run: Callable[..., Finished], words: list[str], problem: str) -> None:
    told = run(*words)
    assert told.code == 2
    assert problem in told.err
    assert "Traceback" not in told.err


def test_a_run_is_named_by_the_beginning_of_its_id(
    run: Callable[..., Finished], runs: Callable[[], list[Path]], simulator: Simulator
) -> None:
    simulator.fail(path="/messages", status=403)
    run("two.lua")
    assert run("--resume", runs()[0].stem[:12]).code == 0


@pytest.mark.parametrize("room", [1700, 2200])
def test_a_full_disk_stops_a_write_before_it_is_sent(
    run: Callable[..., Finished], runs: Callable[[], list[Path]], simulator: Simulator, tmp_path: Path, room: int
) -> None:
    code = "for i = 1, 5 do app.integrations.devin.create_session{ prompt = 'p' .. i } end"
    (tmp_path / "five.lua").write_text(code)
    before = len(simulator.sessions)

    def little_room() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))

    first = run("five.lua", preexec_fn=little_room)
    assert first.code == 6
    assert "cannot be written: File too large" in first.err
    assert first.err.count("File too large") == 2  # once as it happens, and once as the script's error
    assert all(json.loads(line) for line in runs()[0].read_text().splitlines())
    assert run("--resume", "last").code == 0
    assert len(simulator.sessions) == before + 5


def test_a_state_folder_that_cannot_be_used_is_told_and_stops_nothing(run: Callable[..., Finished], home: Path) -> None:
    home.mkdir()
    (home / "state").write_text("")
    told: Any = run("-e", "print(#app.integrations.devin.list_sessions().sessions)")
    assert told.code == 0
    assert told.err.startswith("luahost: this run cannot be resumed: the journal ")
    assert "Not a directory" in told.err


def test_what_held_a_run_in_holds_it_in_again(run: Callable[..., Finished], simulator: Simulator) -> None:
    before = len(simulator.sessions)
    assert run("--read-only", "-e", "app.integrations.devin.list_sessions() " + TWO).code == 5
    again = run("--resume", "last")
    assert again.code == 5
    assert "read" in again.err
    assert len(simulator.sessions) == before


@pytest.mark.parametrize("word", ["maybe", "x=done", "3=maybe"])
def test_what_is_assumed_has_two_words(run: Callable[..., Finished], word: str) -> None:
    run("-e", "app.integrations.devin.get_session('devin-none')")
    told = run("--resume", "last", "--assume", word)
    assert told.code == 2
    assert "done, not-done, or N=done was expected" in told.err


def test_another_state_folder_can_be_named(
    run: Callable[..., Finished], luahost: Command, home: Path, tmp_path: Path
) -> None:
    asking(home)
    run("--state", "shared", "two.lua")
    assert not (home / "state").exists()
    (listed,) = luahost("runs", "list", "--json", "--state", "shared", cwd=tmp_path).json
    assert listed["status"] == "suspended"
    assert run("--state", "shared", "--resume", "last", "--approve", "1").out == "made\n"
