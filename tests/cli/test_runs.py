"""`luahost runs`: listing, showing, tracing and pruning, from journals that are written here by hand."""

from __future__ import annotations

import fcntl
import json
import os
import struct
import subprocess
import sys
import termios
import time
from typing import TYPE_CHECKING, Any

import pytest

from luahost.calls.history import read
from luahost.calls.prune import prune, prune_daily
from luahost.calls.timeline import Timeline
from luahost.cli import main
from luahost.cli.chrome import trace
from luahost.cli.columns import width
from luahost.cli.run_page import title
from luahost.cli.waterfall import lines, seconds

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NOW = 1_790_000_000.0
Event = dict[str, Any]


def head(run_id: str, at: float = NOW, **more: Any) -> Event:
    return {
        "event": "run", "at": at, "version": 1, "run_id": run_id, "luahost": "0.1", "name": "triage.lua",
        "sha256": "ab" * 32, "source": "return 1", "seed": 1, "account": "default", "args": {"ticket": 7},
        "words": [], "limits": {},
        "modules": None, "files": None, "isolation": "process", "pid": 4242, "host": "box", **more,
    }  # fmt: skip


def call(n: int, at: float, lasted: float | None, name: str = "get_session", **more: Any) -> list[Event]:
    """The lines of one call, `lasted` None for one that was not answered."""
    status, error = more.pop("status", "ok"), more.pop("error", None)
    event = {"event": "call", "at": NOW + at, "n": n, "task": "", "call": f"devin.{name}", "account": "default"}
    found = [{**event, "access": "read", "arguments": {}, **more}]
    if found[0]["access"] == "write":
        found.append({"event": "sent", "at": NOW + at, "n": n})
    if lasted is not None:
        came = {"error": error} if error else {"result": {"session_id": "devin-1"}}
        found.append({"event": "answer", "at": NOW + at + lasted, "n": n, "status": status, **came})
    return found


def end(at: float, status: str = "done", error: Any = None, **more: Any) -> Event:
    return {
        "event": "end",
        "at": NOW + at,
        "status": status,
        "error": error,
        "elapsed_ms": at * 1000,
        "calls": 1,
        **more,
    }


NEEDED = {"code": "approval_required", "message": "devin.create_session: this call needs approval"}
SUSPENDED = [
    {"event": "call", "at": NOW + 1, "n": 1, "task": "", "call": "devin.create_session", "account": "default",
     "access": "write", "arguments": {"prompt": "Fix it"}},
    {"event": "answer", "at": NOW + 1, "n": 1, "status": "error", "error": NEEDED,
     "policy": {"decision": "ask", "rule": 'write = "ask"'}},
    end(1.5, "suspended", NEEDED, reopen=[1]),
]  # fmt: skip


@pytest.fixture
def folder(home: Path) -> Path:
    made = home / "state" / "runs"
    made.mkdir(parents=True)
    return made


@pytest.fixture
def write(folder: Path) -> Callable[..., Path]:
    def made(run_id: str, *events: Event | list[Event], at: float = NOW, **header: Any) -> Path:
        path = folder / f"{run_id}.jsonl"
        lines = [head(run_id, at, **header)]
        for each in events:
            lines += each if isinstance(each, list) else [each]
        path.write_text("".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines))
        return path

    return made


@pytest.fixture
def runs(capfd: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """The command: its exit code, output and notices."""

    def run(*words: str) -> tuple[int, str, str]:
        code = main(["runs", *words])
        sys.stdout.flush()
        return code, *capfd.readouterr()

    return run


class Alive:
    """A run that holds its journal locked."""

    def __init__(self, path: Path) -> None:
        self._file = path.open()
        fcntl.flock(self._file, fcntl.LOCK_EX)

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        self._file.close()


# -- list -----------------------------------------------------------------------------------------------------------


def test_the_newest_run_comes_first(write: Any, runs: Any) -> None:
    write("early-1", call(1, 0, 1), end(1))
    write("late-1", call(1, 0, 1), call(2, 1, 1), end(3), at=NOW + 50)
    code, out, _ = runs("list", "--json")
    found = json.loads(out)
    assert code == 0
    assert [each["run_id"] for each in found] == ["late-1", "early-1"]
    assert found[1].items() >= {
        "name": "triage.lua", "status": "done", "calls": 1, "elapsed_ms": 1000, "error": None, "at": NOW,
        "started": "2026-09-21T14:13:20Z", "account": "default", "resumed": 0,
    }.items()  # fmt: skip


def test_how_a_run_stands(write: Any, runs: Any) -> None:
    failed = {"code": "script_error", "message": "triage.lua:3: no"}
    write("run-done", end(1))
    write("run-failed", end(1, "failed", failed))
    write("run-suspended", *SUSPENDED)
    write("run-interrupted", end(1, "interrupted", {"code": "cancelled", "message": "interrupted"}))
    write("run-died", call(1, 0, None))
    with Alive(write("run-running", call(1, 0, None))):
        _, out, _ = runs("list", "--json")
        assert {each["run_id"]: each["status"] for each in json.loads(out)} == {
            f"run-{each}": each for each in ("done", "failed", "suspended", "interrupted", "died", "running")
        }
        _, out, _ = runs("list")
    (row,) = (line for line in out.splitlines() if line.startswith("run-failed"))
    assert "  triage.lua  failed       0      1 s" in row
    assert row.endswith("  triage.lua:3: no")


def test_a_damaged_journal_is_told_and_stops_no_other(write: Any, folder: Path, runs: Any) -> None:
    write("run-good", end(1))
    damaged = write("run-bad", call(1, 0, 1), end(1))
    damaged.write_text(damaged.read_text().replace('"event":"answer"', '"event":"answ', 1))
    (folder / "run-empty.jsonl").touch()
    code, out, err = runs("list")
    assert code == 0
    assert [line.split()[1] for line in out.splitlines() if line.startswith(("run-bad", "run-empty"))] == [
        "corrupt"
    ] * 2
    assert "run-good" in out
    assert f"luahost: {damaged}:3: not a line of a journal: it is not JSON" in err
    _, out, _ = runs("list", "--json")
    assert {each["run_id"]: each["status"] for each in json.loads(out)}["run-bad"] == "corrupt"
    code, _, err = runs("show", "run-bad")
    assert (code, f"{damaged}:3: " in err) == (2, True)


def test_a_half_written_last_line_is_no_damage(write: Any, runs: Any) -> None:
    path = write("run-died", call(1, 0, 1))
    with path.open("a") as file:
        file.write('{"event":"ca')
    _, out, _ = runs("list", "--json")
    assert [(each["status"], each["calls"]) for each in json.loads(out)] == [("died", 1)]


def test_without_runs_there_is_an_empty_list(runs: Any) -> None:
    assert runs("list", "--json") == (0, "[]\n", "")
    code, out, err = runs("list")
    assert (code, out) == (0, "")
    assert "no run has left a journal in " in err


def test_as_many_as_wanted_are_listed_and_the_rest_is_counted(write: Any, runs: Any) -> None:
    for n in range(5):
        write(f"run-00{n}", end(1), at=NOW + n)
    _, out, err = runs("list", "--limit", "2")
    assert [line.split()[0] for line in out.splitlines()] == ["run", "run-004", "run-003"]
    assert err == "luahost: 3 older; luahost runs list --limit 5 shows all\n"
    _, out, _ = runs("list", "--json", "--limit", "2")
    assert len(json.loads(out)) == 2


# -- show -----------------------------------------------------------------------------------------------------------


def test_a_run_is_shown_call_by_call_with_what_to_type_next(write: Any, runs: Any) -> None:
    gone = {"code": "not_found", "message": "devin.get_session: no such session"}
    failed = {"code": "not_found", "message": "triage.lua:3: no such session"}
    write(
        "run-one",
        call(1, 0.1, 0.2, "create_session", access="write", arguments={"prompt": "Fix it " * 50}),
        call(2, 0.5, 1.5, account="work", task="1.2", status="error", error=gone),
        end(2.5, "failed", failed),
    )
    code, out, _ = runs("show", "last")
    assert code == 0
    for line in (
        "run      run-one",
        "script   triage.lua (sha256 abababababab)",
        "status   failed, 2 calls in 2.5 s",
        'args     {"ticket": 7}',
        "error    not_found: triage.lua:3: no such session",
        "n  task  call                  account  status  time    arguments",
        "2  1.2   devin.get_session     work     error   1.5 s",
        "call 2: not_found: devin.get_session: no such session",
        "  luahost run --resume run-one",
    ):
        assert line in out.splitlines() or f"{line}\n" in out
    assert '1        devin.create_session  default  ok      200 ms  prompt="Fix it Fix it' in out


def test_a_suspended_run_shows_the_call_that_waits_and_how_to_allow_it(write: Any, runs: Any) -> None:
    write("run-one", *SUSPENDED)
    _, out, _ = runs("show", "run-o")
    assert "call 1 waits for approval: devin.create_session on account default\n" in out
    assert '  prompt = "Fix it"\n  because of: write = "ask"\n' in out
    assert "  luahost run --resume run-one --approve 1\n" in out
    _, out, _ = runs("show", "last", "--json")
    assert json.loads(out)["calls"][0]["status"] == "waiting"


def test_a_write_of_unknown_outcome_is_told_and_what_can_be_said_of_it(write: Any, runs: Any) -> None:
    write("run-one", call(1, 0, None, "send_message", access="write", arguments={"message": "\033hi"}))
    _, out, _ = runs("show", "last")
    assert "1  devin.send_message  unknown" in out
    assert "\ncall 1 has left, and may have happened: devin.send_message on account default with {" in out
    assert out.endswith(
        "next:\n"
        "  luahost run --resume run-one --assume 1=done      (if it has happened: look first)\n"
        "  luahost run --resume run-one --assume 1=not-done      (if it has not)\n"
    )


LOST = {"code": "outcome_unknown", "message": "devin.send_message: no answer"}
BROKEN = {"code": "server_error", "message": "devin.send_message: answered 502", "status": 502}
REFUSED = {"code": "validation_failed", "message": "devin.send_message: answered 422", "status": 422}


@pytest.mark.parametrize(
    ("error", "status", "reopen", "more", "assumed"),
    [
        (LOST, "unknown", [1], {}, True),
        (BROKEN, "error", [1], {}, True),
        (REFUSED, "error", [1], {}, False),  # it has not happened: it is made again
        (BROKEN, "error", [], {}, False),  # the script has gone on: the answer stays
        (LOST, "unknown", [1], {"keyed": True}, False),  # it is found by its key
    ],
)
def test_what_a_resumed_run_makes_anew_may_have_to_be_said(
    error: Any, status: str, reopen: list[int], more: Any, assumed: bool, write: Any, runs: Any
) -> None:
    made = call(1, 0, 1, "send_message", access="write", status=status, error=error, **more)
    write("run-one", made, end(2, "failed", error, reopen=reopen))
    _, out, _ = runs("show", "last", "--json")
    found = json.loads(out)["next"]
    assert found[0].startswith("luahost run --resume run-one --assume 1=done ") == assumed
    assert assumed or found == ["luahost run --resume run-one"]


def test_what_carries_a_key_needs_no_word_but_where_it_was_not_found(write: Any, runs: Any) -> None:
    made = call(1, 0, None, "create_session", access="write", keyed=True)
    write("run-killed", made)
    write("run-lost", made, {"event": "resume", "at": NOW + 5}, end(6, "failed", LOST))
    _, out, _ = runs("show", "run-killed")
    assert out.endswith("next:\n  luahost run --resume run-killed\n")
    _, out, _ = runs("show", "run-lost")
    assert "  luahost run --resume run-lost --assume 1=done " in out


def test_each_write_that_may_have_happened_is_named(write: Any, runs: Any) -> None:
    made = [call(n, 0, None, "send_message", access="write", task=str(n)) for n in (1, 2)]
    waiting = [{**event, "n": 3} if event["event"] != "end" else {**event, "reopen": [3]} for event in SUSPENDED]
    write("run-one", *made, *waiting)
    _, out, _ = runs("show", "last")
    assert "--resume run-one --approve 3 --assume 1=done --assume 2=done      (for those that have happened" in out
    assert "--resume run-one --approve 3 --assume 1=not-done --assume 2=not-done      (for those that have not)" in out


def test_as_json_a_call_has_all_that_is_known(write: Any, runs: Any) -> None:
    write("run-one", call(1, 0.25, 0.5), {"event": "sleep", "at": NOW + 1, "task": "", "seconds": 5}, end(7))
    _, out, _ = runs("show", "run-one", "--json")
    found = json.loads(out)
    assert found["calls"] == [
        {"n": 1, "task": "", "call": "devin.get_session", "account": "default", "access": "read", "arguments": {},
         "status": "ok", "at": NOW + 0.25, "started_ms": 250, "duration_ms": 500, "result": {"session_id": "devin-1"},
         "error": None, "policy": None, "pages": 0}
    ]  # fmt: skip
    assert found["sleeps"] == [{"task": "", "at": NOW + 1, "elapsed_ms": 5000}]
    assert found["next"] == ["luahost runs trace run-one", "luahost run --replay run-one"]


def test_a_name_that_means_no_run_or_several_is_one_clear_error(write: Any, luahost: Any) -> None:
    write("run-aaa1", end(1))
    write("run-aaa2", end(1))
    found = luahost("runs", "show", "run-aaa")
    assert (found.code, found.err) == (
        2,
        "luahost: 'run-aaa' is the beginning of 2 runs; write more of it: run-aaa2, run-aaa1\n",
    )
    found = luahost("runs", "trace", "nothing")
    assert (found.code, found.err.count("\n")) == (2, 1)
    assert "luahost runs list shows" in found.err


def test_what_a_script_wrote_moves_no_cursor(write: Any, runs: Any) -> None:
    bad = {"code": "script_error", "message": "\033[2Jx\n\ny"}
    write(
        "run-one",
        call(1, 0, 1, arguments={"a": "\033[1A"}, status="error", error=bad),
        end(1, "failed", bad),
        name="\033c.lua",
    )
    for words in (("list",), ("show", "last"), ("trace", "last")):
        _, out, _ = runs(*words)
        assert "\033" not in out
    assert "?c.lua" in out


# -- trace ----------------------------------------------------------------------------------------------------------


def drawn(path: Path, columns: int = 80, *, now: float | None = None) -> list[str]:
    return list(lines(Timeline(read(path), now), columns, color=False))


def test_bars_stand_where_their_calls_were(write: Any) -> None:
    path = write("run-one", call(1, 0, 2), call(2, 2, 4), call(3, 6, 2), end(8))
    _, one, two, three = drawn(path)
    bars = [line[len("1 devin.get_session      2 s ") :] for line in (one, two, three)]
    whole = 80 - len("1 devin.get_session      2 s ")
    assert [bar.count("█") for bar in bars] == pytest.approx([whole / 4, whole / 2, whole / 4], abs=1)
    assert [len(bar) - len(bar.lstrip()) for bar in bars] == pytest.approx([0, whole / 4, whole * 3 / 4], abs=1)


def test_a_sleep_is_a_dotted_gap_before_the_next_call_of_its_task(write: Any) -> None:
    nap = {"event": "sleep", "at": NOW + 1, "task": "", "seconds": 2}
    path = write("run-one", call(1, 0, 1), nap, call(2, 3, 1), end(4))
    _, one, two = drawn(path)
    assert "·" not in one
    bar = two[len("2 devin.get_session      1 s ") :]
    assert bar.count("·") == pytest.approx(len(bar) / 2, abs=1)
    assert bar.lstrip().strip("·▐█▌") == ""


def test_a_sleep_in_simulated_time_takes_none(write: Any) -> None:
    nap = {"event": "sleep", "at": NOW + 0.5, "task": "", "seconds": 3600}
    path = write("run-one", nap, call(1, 0.6, 0.2), end(1))
    assert Timeline(read(path), None).spans[0].seconds == pytest.approx(0.1)


def test_tasks_that_run_side_by_side_are_seen_to(write: Any) -> None:
    path = write("run-one", call(1, 0, 2, task="1"), call(2, 0, 2, task="2"), end(2))
    _, one, two = drawn(path)
    assert (one[:4], two[:4]) == ("1 1 ", "2 2 ")
    assert one[4:] == two[4:]


def test_the_time_in_which_a_run_lay_waiting_is_left_out(write: Any) -> None:
    later = 36_001.5
    path = write(
        "run-one",
        *SUSPENDED,
        {"event": "resume", "at": NOW + later, "pid": 1, "host": "box"},
        {"event": "approved", "at": NOW + later, "n": 1},
        {"event": "answer", "at": NOW + later + 1, "n": 1, "status": "ok", "result": {}},
        call(2, later + 1, 0.5),
        end(later + 1.5),
    )
    timeline = Timeline(read(path), None)
    assert timeline.seconds == pytest.approx(3)
    assert [span.seconds for span in timeline.spans] == pytest.approx([1, 0.5])
    assert "  resumed after 10h00m" in drawn(path)


def test_no_line_is_wider_than_the_terminal(write: Any) -> None:
    calls = [call(n, n / 10, n * 0.7, "list_session_insights_of_everything", task=f"{n}.{n}/{n}") for n in range(1, 30)]
    path = write("run-one", *calls, end(40))
    for columns in (40, 80, 140):
        assert max(map(width, drawn(path, columns))) <= max(columns, 70)
    assert max(map(width, drawn(path, 80))) <= 80


def test_a_run_without_calls_can_be_traced(write: Any, runs: Any) -> None:
    write("run-one", at=NOW)
    code, out, _ = runs("trace", "last")
    assert (code, out.splitlines()[0]) == (0, "triage.lua  run-one  died  0 calls in 0 ms")


def test_a_call_under_way_lasts_until_now(write: Any) -> None:
    path = write("run-one", call(1, 0, None))
    (span,) = Timeline(read(path), NOW + 7).spans
    assert (span.status, span.seconds) == ("running", 7)


def test_a_call_of_a_resumed_run_that_has_not_come_again_is_not_under_way(write: Any) -> None:
    path = write("run-one", call(1, 0, None), {"event": "resume", "at": NOW + 50, "pid": 1, "host": "box"})
    (span,) = Timeline(read(path), NOW + 60).spans
    assert (span.status, span.seconds) == ("unanswered", 0)


def test_what_is_said_of_the_run_is_not_cut(write: Any) -> None:
    resumed = [{"event": "resume", "at": NOW + n} for n in range(3)]
    name = "onboard_all_of_the_repositories.lua"
    timeline = Timeline(read(write("20261125-161740-ab12cd34", call(1, 0, 1), *resumed, end(4), name=name)), None)
    assert title(timeline, "suspended", 80) == [
        "onboard_all_of_the_repositories.lua  20261125-161740-ab12cd34  suspended",
        "1 call in 3 s, resumed 3 times",
    ]
    assert len(title(timeline, "suspended", 140)) == 1
    assert max(map(width, title(timeline, "suspended", 30))) <= 30


@pytest.mark.parametrize(
    ("lasted", "shown"),
    [(0, "0 ms"), (0.0123, "12 ms"), (1, "1 s"), (59.96, "60 s"), (100, "1m40s"), (7200, "2h00m"), (1e6, "11 d")],
)
def test_times_are_short(lasted: float, shown: str) -> None:
    assert seconds(lasted) == shown


def test_the_trace_event_format(write: Any, runs: Any, tmp_path: Path) -> None:
    nap = {"event": "sleep", "at": NOW + 3, "task": "", "seconds": 1}
    path = write("run-one", call(1, 0.5, 1), call(2, 2, 1, task="1"), call(3, 2.5, 1, task="1"), nap, end(4))
    found = trace(Timeline(read(path), None), "done")
    assert set(found) == {"traceEvents", "displayTimeUnit", "otherData"}
    events = found["traceEvents"]
    assert {each["ph"] for each in events} == {"X", "M"}
    assert all({"name", "ph", "pid", "tid", "args"} <= set(each) for each in events)
    slices = [each for each in events if each["ph"] == "X"]
    assert all(isinstance(each[name], int) and each[name] >= 0 for each in slices for name in ("ts", "dur"))
    threads = {each["tid"]: each["args"]["name"] for each in events if each["name"] == "thread_name"}
    assert threads == {1: "script", 2: "task 1", 3: "task 1 (2)"}  # calls that overlap stand on lanes of their own
    at = round(NOW * 1e6)
    assert [(each["name"], each["tid"], each["ts"] - at, each["dur"]) for each in slices] == [
        ("triage.lua", 1, 0, 4_000_000),
        ("devin.get_session", 1, 500_000, 1_000_000),
        ("sleep", 1, 3_000_000, 1_000_000),
        ("devin.get_session", 2, 2_000_000, 1_000_000),
        ("devin.get_session", 3, 2_500_000, 1_000_000),
    ]
    file = tmp_path / "trace.json"
    code, out, err = runs("trace", "last", "--chrome", str(file))
    assert (code, out) == (0, "")
    assert "ui.perfetto.dev" in err
    assert json.loads(file.read_text()) == found
    _, out, _ = runs("trace", "last", "--chrome")
    assert json.loads(out) == found


def test_a_trace_that_cannot_be_written_is_one_clear_error(write: Any, luahost: Any) -> None:
    write("run-one", end(1))
    found = luahost("runs", "trace", "last", "--chrome", "/nowhere/trace.json")
    assert (found.code, found.err.count("\n")) == (2, 1)
    assert "--chrome /nowhere/trace.json: No such file or directory" in found.err


# -- prune ----------------------------------------------------------------------------------------------------------


def age(path: Path, days: float) -> Path:
    then = time.time() - days * 86400
    os.utime(path, (then, then))
    return path


def test_what_is_too_old_goes_and_what_is_alive_stays(write: Any, folder: Path, runs: Any) -> None:
    age(write("run-old", end(1)), 31)
    age(write("run-young", end(1)), 29)
    with Alive(age(write("run-alive"), 400)):
        code, out, err = runs("prune")
    assert code == 0
    assert out.startswith("removed run-old, last written ")
    assert err.endswith("; 2 left\n")
    assert sorted(each.name for each in folder.iterdir()) == ["run-alive.jsonl", "run-young.jsonl"]


def test_the_oldest_go_until_the_rest_is_small_enough(write: Any, folder: Path) -> None:
    for n in range(4):
        age(write(f"run-00{n}", {"event": "output", "at": NOW, "bytes": "x" * 400_000}, end(1)), 4 - n)
    removed = prune(folder, None, 1)
    assert [each.run_id for each in removed] == ["run-000", "run-001"]


def test_options_say_how_old_and_how_large(write: Any, runs: Any, home: Path) -> None:
    (home / "config.toml").write_text("[journal]\nkeep_days = 5\n")
    for n in (1, 3, 7):
        age(write(f"run-00{n}", end(1)), n)
    _, out, _ = runs("prune", "--json")
    found = json.loads(out)
    assert ([each["run_id"] for each in found["removed"]], found["left"]) == (["run-007"], ["run-001", "run-003"])
    _, out, _ = runs("prune", "--older-than", "2", "--json")
    assert [each["run_id"] for each in json.loads(out)["removed"]] == ["run-003"]
    _, out, _ = runs("prune", "--all", "--json")
    assert [each["run_id"] for each in json.loads(out)["removed"]] == ["run-001"]
    assert runs("prune") == (0, "", "luahost: nothing to remove; 0 left\n")


def test_files_of_others_stay(write: Any, folder: Path, tmp_path: Path) -> None:
    elsewhere = age(write("run-elsewhere", end(1)), 99).rename(tmp_path / "kept.jsonl")
    (folder / "run-linked.jsonl").symlink_to(elsewhere)
    for name in ("notes.txt", "dataset.jsonl", "UPPER-CASE.jsonl"):
        age(folder / name, 99) if (folder / name).write_text('{"x":1}\n') else None
    (folder / "run-folder.jsonl").mkdir()
    assert prune(folder, 0, 0) == []
    assert len(list(folder.iterdir())) == 5
    assert elsewhere.exists()


def test_a_damaged_journal_goes_too(folder: Path) -> None:
    (folder / "20260101-000000-0badcafe.jsonl").write_text("half a li")
    assert [each.run_id for each in prune(folder, 0, None)] == ["20260101-000000-0badcafe"]


def test_once_a_day_is_enough(write: Any, folder: Path) -> None:
    age(write("run-one", end(1)), 31)
    assert [each.run_id for each in prune_daily(folder, 30, 512)] == ["run-one"]
    age(write("run-two", end(1)), 31)
    assert prune_daily(folder, 30, 512) == []
    age(folder / ".pruned", 2)
    assert [each.run_id for each in prune_daily(folder, 30, 512)] == ["run-two"]
    assert prune_daily(folder / "absent", 30, 512) == []


def test_what_was_written_within_the_hour_goes_only_where_somebody_says_so(write: Any, folder: Path) -> None:
    age(write("run-old", end(1)), 3700 / 86400)
    age(write("run-new", end(1)), 3500 / 86400)
    assert [each.run_id for each in prune_daily(folder, 0, 0)] == ["run-old"]
    assert [each.run_id for each in prune(folder, None, 0)] == ["run-new"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("prune", "--older-than", "-1"), "--older-than: a number of 0 or more was expected, not -1.0"),
        (("prune", "--all", "--max-size", "3"), "--all leaves nothing to --older-than and --max-size"),
        (("list", "--limit", "0"), "--limit: a number of at least 1 was expected, not 0"),
        (("trace",), "the following arguments are required: RUN"),
        ((), "the following arguments are required: list|show|trace|prune"),
    ],
)
def test_wrong_usage_is_told(words: tuple[str, ...], told: str, runs: Any) -> None:
    code, out, err = runs(*words)
    assert (code, out) == (2, "")
    assert told in err


# -- at a terminal --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("columns", [40, 60, 80, 140])
def test_a_list_fits_the_terminal(write: Any, columns: int) -> None:
    problem = {"code": "approval_required", "message": "devin.create_session: this call needs approval (write)"}
    for n in range(3):
        run_id = f"20261125-16174{n}-ab12cd34"
        write(
            run_id, call(1, 0, 1), end(1, "suspended", problem, reopen=[]), name="onboard_all_of_the_repositories.lua"
        )
    ours, theirs = os.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    env = {**{name: value for name, value in os.environ.items() if name != "COLUMNS"}, "TERM": "xterm"}
    subprocess.run([sys.executable, "-m", "luahost", "runs", "list"], stdout=theirs, env=env, check=True)
    os.close(theirs)
    text = os.read(ours, 65536).decode()
    os.close(ours)
    rows = [row.rstrip() for row in text.replace("\033[1m", "").replace("\033[0m", "").splitlines()]
    assert len(rows) == 4  # nothing is folded
    assert max(map(len, rows)) <= columns
    wide = columns == 140
    assert rows[1].startswith("20261125-161742-ab12cd34 " if wide else "20261125-161742 ")
    assert {140: "devin.create_session: this call", 80: "approval_r"}.get(columns, "suspended") in rows[1]
