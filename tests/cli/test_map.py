"""`luahost map`: what it prints and writes, how it ends, and what the same command does after that."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.processes import alive, children

if TYPE_CHECKING:
    from collections.abc import Callable

    from luahost.integrations.devin.simulator import Simulator
    from luahost.integrations.devin.simulator.server import Server
    from tests.conftest import Command, Finished

MAP = ["map", "it.lua", "--inputs", "in.jsonl"]
OUT = [*MAP, "--out", "results.jsonl"]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of its own with a script and three inputs, in which commands run."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "it.lua").write_text("if args.n == 2 and not args.fine then error('no') end print('n') return args.n")
    (tmp_path / "in.jsonl").write_text('{"n": 1}\n{"n": 2}\n\n{"n": 3}\n')
    return tmp_path


def until(condition: Callable[[], object], what: str, seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"{what}: not within {seconds} s"
        time.sleep(0.01)


def lines(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in Path(name).read_text("utf-8").splitlines()]


def one_line(done: Finished, code: int, *parts: str) -> None:
    assert (done.code, done.out) == (code, ""), done
    assert done.err.count("\n") == 1, done.err
    for part in parts:
        assert part in done.err


def test_results_are_json_lines_on_stdout(luahost: Command) -> None:
    done = luahost(*MAP)
    results = {each["line"]: each for each in map(json.loads, done.out.splitlines())}
    assert (done.code, sorted(results), done.err) == (1, [1, 2, 4], "luahost: 2 done, 1 failed\n")
    assert {**results[4], "run_id": "", "elapsed_ms": 0} == {
        "line": 4, "args": {"n": 3}, "ok": True, "value": 3, "values": [3], "output": "n\n", "error": None,
        "run_id": "", "calls": 0, "elapsed_ms": 0,
    }  # fmt: skip
    assert results[2]["error"]["code"] == "script_error"


def test_inputs_come_from_standard_input_too(luahost: Command) -> None:
    done = luahost("map", "it.lua", "--inputs", "-", stdin=b'{"n": 7}')
    assert (done.code, done.json["value"]) == (0, 7)


def test_results_and_failures_are_in_files(luahost: Command) -> None:
    done = luahost(*OUT)
    assert (done.code, done.out) == (1, "")
    assert done.err == "luahost: 2 done, 1 failed (results.failed.jsonl); --retry-failed runs them once more\n"
    assert sorted(each["line"] for each in lines("results.jsonl")) == [1, 4]
    assert [each["line"] for each in lines("results.failed.jsonl")] == [2]


def test_the_summary_is_json(luahost: Command) -> None:
    luahost(*OUT)
    found = luahost(*OUT, "--json").json
    assert (found["done"], found["failed"], found["skipped"], found["interrupted"]) == (0, 1, 2, False)
    assert (found["out"], found["failed_out"]) == ("results.jsonl", "results.failed.jsonl")


def test_a_mended_input_is_retried(luahost: Command) -> None:
    assert luahost(*OUT).code == 1
    Path("in.jsonl").write_text('{"n": 1}\n{"n": 2, "fine": true}\n\n{"n": 3}\n')
    assert luahost(*OUT).code == 1
    done = luahost(*OUT, "--retry-failed")
    assert (done.code, done.err) == (0, "luahost: 1 done, 0 failed, 2 done before\n")
    assert lines("results.failed.jsonl") == []


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (b'{"n": ', "not JSON: Expecting value at column 7"),
        (b"[1]", "a JSON object was expected, not an array"),
        (b'{"n": NaN}', "not JSON: NaN is no JSON number"),
        (b'{"n": "\xff"}', "not UTF-8"),
        (b'{"n": ' + b"[" * 100_000, "nested too deep"),
    ],
)
def test_a_line_that_is_no_input_fails_alone_and_is_named(luahost: Command, text: bytes, what: str) -> None:
    Path("in.jsonl").write_bytes(b'{"n": 1}\n' + text + b'\n{"n": 3}\n')
    done = luahost(*OUT)
    assert (done.code, sorted(each["value"] for each in lines("results.jsonl"))) == (1, [1, 3])
    (failed,) = lines("results.failed.jsonl")
    assert (failed["line"], failed["args"], failed["error"]["code"]) == (2, None, "invalid_arguments")
    assert failed["error"]["message"] == f"in.jsonl:2: {what}"


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        (["map", "none.lua", "--inputs", "in.jsonl"], ["none.lua: No such file"]),
        (["map", "it.lua", "--inputs", "none.jsonl"], ["none.jsonl: No such file", "one JSON object a line"]),
        ([*MAP, "--out", "no/folder/o.jsonl"], ["No such file", "a folder that can be written"]),
        ([*MAP, "--out", "."], [". is no file"]),
        ([*MAP, "--retry-failed"], ["without a file of results"]),
        ([*MAP, "--jobs", "0"], ["--jobs: a whole number of at least 1"]),
        ([*MAP, "--modules", "nosuch"], ["--modules nosuch: there is no such folder"]),
        ([*MAP, "--id", "A b"], ["the id 'A b'", "lower-case"]),
        ([*MAP, "--state", "it.lua/state"], ["the state folder", "--state DIR"]),
        ([*MAP, "--timeout", "0"], ["limit wall"]),
        ([*MAP, "--dask", "tcp://127.0.0.1:9"], ["--dask needs --state DIR", "all workers share"]),
    ],
)
def test_wrong_usage_is_one_line(luahost: Command, words: list[str], parts: list[str]) -> None:
    one_line(luahost(*words), 2, *parts)
    assert not Path("results.jsonl").exists()


def test_an_unknown_account_is_one_line_before_anything_runs(luahost: Command) -> None:
    one_line(luahost(*OUT, "--account", "nobody"), 1, "no account 'nobody'", "accounts: default")
    assert lines("results.jsonl") == []


def test_a_syntax_error_is_told_once(luahost: Command) -> None:
    Path("it.lua").write_text("return (")
    one_line(luahost(*OUT), 1, "luahost: it.lua:1: unexpected")
    assert lines("results.jsonl") == lines("results.failed.jsonl") == []


@pytest.mark.skipif(not hasattr(os, "fork"), reason="ulimit is of POSIX shells")
def test_a_full_disk_leaves_whole_lines_and_the_same_command_goes_on(luahost: Command) -> None:
    Path("it.lua").write_text("return ('x'):rep(300)")
    Path("in.jsonl").write_text("".join(f'{{"n": {n}}}\n' for n in range(20)))
    command = ["sh", "-c", 'ulimit -f 2; exec "$@"', "sh", sys.executable, "-m", "luahost", *OUT, "--simulate"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 6, done
    assert "results.jsonl: File too large; make room, and run the same map again" in done.stderr
    assert "Traceback" not in done.stderr
    assert 0 < len(lines("results.jsonl")) < 20
    assert luahost(*OUT, "--simulate").code == 0
    assert sorted(each["line"] for each in lines("results.jsonl")) == list(range(1, 21))


# -- ends that nobody planned -------------------------------------------------------------------------------------


def slow(luahost: Command, *words: str) -> subprocess.Popen[bytes]:
    """A map under way: two inputs done, one that takes a minute."""
    Path("it.lua").write_text("if args.n == 2 then print('begun') sleep(60) end return args.n")
    process = luahost.start(*OUT, *words, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    until(lambda: Path("results.jsonl").exists() and len(lines("results.jsonl")) == 2, "two results")
    return process


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="finds processes through /proc")
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_signal_ends_it_and_its_workers_and_what_has_finished_is_kept(luahost: Command, how: signal.Signals) -> None:
    process = slow(luahost)
    workers = children(process.pid)
    assert workers
    process.send_signal(how)
    out, err = process.communicate(timeout=30)
    until(lambda: not any(map(alive, workers)), "workers end")
    if how == signal.SIGKILL:
        assert process.returncode == -how
    else:
        assert (process.returncode, out) == (130, b"")
        assert "interrupted: 2 done, 0 failed" in err.decode()
        assert "the same command again goes on with the rest" in err.decode()
    assert len(lines("results.jsonl")) == 2
    assert lines("results.failed.jsonl") == []


def test_a_reader_who_leaves_ends_it(luahost: Command) -> None:
    Path("in.jsonl").write_text("".join(f'{{"n": {n}}}\n' for n in range(3, 5000)))
    with luahost.start(*MAP, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.wait(30) == 130
        assert b"Traceback" not in process.stderr.read()


# -- writes -------------------------------------------------------------------------------------------------------

BRIEF = "[http]\ntimeout = 4\n[idempotency]\nsettle = 0.5\n"
"""How long a create that had left before a kill is looked for, at the most, before it is made."""

CREATE = """
local devin = app.integrations.devin
local first = devin.create_session{ prompt = "first " .. args.n }.session_id
sleep(args.pause or 0)
return { first, devin.create_session{ prompt = "second " .. args.n }.session_id }
"""


@pytest.fixture
def made(simulator: Simulator, server: Server, home: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[str]]:
    """What the sessions are about that commands have made, with the server as their Devin."""
    home.mkdir()
    (home / "config.toml").write_text(BRIEF)
    monkeypatch.setenv("LUAHOST_DEVIN_API_KEY", simulator.keys["v3"]["default"])
    monkeypatch.setenv("LUAHOST_DEVIN_BASE_URL", server.url)
    before = len(simulator.sessions)
    return lambda: sorted(each["prompt"] for each in list(simulator.sessions)[before:])


def wanted(count: int) -> list[str]:
    return sorted(f"{which} {n}" for n in range(1, count + 1) for which in ("first", "second"))


def test_a_map_that_is_killed_in_the_middle_goes_on_and_makes_nothing_twice(
    luahost: Command, made: Callable[[], list[str]]
) -> None:
    Path("it.lua").write_text(CREATE)
    Path("in.jsonl").write_text("".join(f'{{"n": {n}, "pause": {int(n > 2)}}}\n' for n in range(1, 7)))
    process = luahost.start(*OUT, "--jobs", "3", stderr=subprocess.PIPE)
    until(lambda: sum(each.startswith("first") for each in made()) >= 4, "sessions are made")
    process.kill()
    process.communicate()
    assert len(made()) < len(wanted(6))
    done = luahost(*OUT)
    assert done.code == 0, done
    assert made() == wanted(6)
    assert sorted(each["line"] for each in lines("results.jsonl")) == [1, 2, 3, 4, 5, 6]


def test_a_result_that_was_lost_is_given_again_from_its_journal(
    luahost: Command, made: Callable[[], list[str]]
) -> None:
    Path("it.lua").write_text(CREATE)
    assert luahost(*OUT).code == 0
    before = {each["line"]: each["value"] for each in lines("results.jsonl")}
    Path("results.jsonl").write_text("")
    assert luahost(*OUT).code == 0
    assert {each["line"]: each["value"] for each in lines("results.jsonl")} == before
    assert len(made()) == 6


def test_a_failure_that_is_retried_goes_on_behind_what_it_had_written(
    luahost: Command, made: Callable[[], list[str]]
) -> None:
    Path("it.lua").write_text(CREATE.replace("sleep(args.pause or 0)", "require('there')"))
    assert luahost(*OUT).code == 1
    Path("there.lua").write_text("return true")
    done = luahost(*OUT, "--retry-failed")
    assert (done.code, made()) == (0, wanted(3)), done


def test_a_failure_that_had_written_is_not_begun_anew_without_its_journal(
    luahost: Command, home: Path, made: Callable[[], list[str]]
) -> None:
    Path("it.lua").write_text(CREATE.replace("sleep(args.pause or 0)", "require('there')"))
    assert luahost(*OUT).code == 1
    for journal in (home / "state" / "runs").glob("*-1-*.jsonl"):
        journal.unlink()
    Path("there.lua").write_text("return true")
    for _ in range(2):
        assert luahost(*OUT, "--retry-failed").code == 1
    (failed,) = lines("results.failed.jsonl")
    assert (failed["line"], failed["error"]["code"]) == (1, "conflict")
    assert "is gone, and it had written something" in failed["error"]["message"]
    assert made() == [each for each in wanted(3) if each != "second 1"]


def test_a_terminal_is_shown_how_far_it_is(luahost: Command) -> None:
    near, far = pty.openpty()
    with luahost.start(*OUT, stderr=far, stdout=subprocess.PIPE, env={"COLUMNS": "100", "TERM": "xterm"}) as process:
        os.close(far)
        shown = b""
        with suppress(OSError):  # Linux says in this way that the other end is closed
            while data := os.read(near, 1 << 16):
                shown += data
        assert process.wait(20) == 1
    os.close(near)
    assert b"3/4" in shown
    assert b"1 failed" in shown
    assert b"luahost: 2 done, 1 failed" in shown
