"""`luahost.map`: one script over many inputs, on any executor; results in files that stay whole."""

from __future__ import annotations

import fcntl
import json
import multiprocessing
import os
import signal
import time
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import luahost
from luahost import Cancellation, Host, MapResult, Policy, UsageError
from luahost.calls.journals import Journals
from luahost.errors import InternalError
from luahost.mapping import durably
from luahost.mapping.crew import ATTEMPTS, Crew
from luahost.mapping.job import job
from luahost.mapping.task import perform
from luahost.results import Limits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

DOUBLE = "if args.n == 5 then error('no fives') end print('n', args.n) return 2 * args.n"
CREATE = "return app.integrations.devin.create_session{ prompt = 'x' }.status"


def numbers(count: int) -> list[dict[str, int]]:
    return [{"n": n} for n in range(1, count + 1)]


def run(script: str, inputs: Any, **options: Any) -> list[MapResult]:
    """All results, in threads of this process: the tests of what does not depend on where it runs."""
    with ThreadPoolExecutor(2) as executor:
        return list(luahost.map(script, inputs, **{"executor": executor, "state": False, **options}))


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


class Recording(Executor):
    """Performs each task at once, and keeps them all."""

    def __init__(self) -> None:
        self.tasks: list[Any] = []

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        self.tasks.append(args[0])
        future: Future[Any] = Future()
        future.set_result(fn(*args, **kwargs))
        return future


# -- results ------------------------------------------------------------------------------------------------------


@pytest.fixture(params=["default", "threads", "processes"])
def executor(request: pytest.FixtureRequest) -> Iterator[Executor | None]:
    """What a map runs on."""
    if request.param == "default":
        yield None
    elif request.param == "threads":
        with ThreadPoolExecutor(2) as threads:
            yield threads
    else:
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as processes:
            yield processes


def test_each_input_has_its_result_on_every_executor(executor: Executor | None) -> None:
    results = sorted(luahost.map(DOUBLE, numbers(6), executor=executor, state=False), key=lambda each: each.index)
    assert [each.index for each in results] == list(range(6))
    assert [each.args for each in results] == numbers(6)
    assert [each.value for each in results] == [2, 4, 6, 8, None, 12]
    assert results[0].output == "n\t1\n"
    error = results[4].error
    assert error is not None
    assert (error.code, error.line, results[4].ok) == ("script_error", 1, False)
    assert "no fives" in error.message


def test_results_come_as_they_finish() -> None:
    inputs = [{"s": 1}, {"s": 0}, {"s": 0}]
    assert [each.index for each in run("sleep(args.s)", inputs)] == [1, 2, 0]


def test_inputs_without_end_are_read_as_they_are_needed() -> None:
    read = 0

    def endless() -> Iterator[dict[str, int]]:
        nonlocal read
        while True:
            read += 1
            yield {"n": 0}

    with ThreadPoolExecutor(2) as executor:
        results = luahost.map("return 1", endless(), executor=executor, jobs=3, state=False)
        for at in range(1, 50):
            next(results)
            assert read <= at + 3
        results.close()  # type: ignore[attr-defined]  # it is a generator


def test_what_is_no_input_is_a_failure_of_its_own() -> None:
    results = {
        each.index: each for each in run("return args.n", [{"n": 1}, 7, {"n": {1}}, {"n": float("nan")}, {"n": 2}])
    }
    assert [results[at].value for at in (0, 4)] == [1, 2]
    for at in (1, 2, 3):
        error = results[at].error
        assert error is not None
        assert error.code == "invalid_arguments"
        assert f"inputs[{at}]: " in error.message


def test_a_task_is_plain_and_holds_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LUAHOST_DEVIN_API_KEY", "cog_never_in_a_task")
    executor = Recording()
    policy = Policy(write="allow", rules={"devin.list_*": "deny"})
    list(luahost.map("return 1", numbers(2), executor=executor, policy=policy, account="default"))
    assert [json.loads(json.dumps(task)) for task in executor.tasks] == executor.tasks
    assert "cog_never" not in str(executor.tasks)
    assert len({task["run_id"] for task in executor.tasks}) == 2


def test_the_policy_goes_with_the_tasks() -> None:
    (asks,) = run(CREATE, [{}], simulate=True)
    assert asks.error is not None
    assert asks.error.code == "approval_required"
    (allowed,) = run(CREATE, [{}], simulate=True, policy=Policy(write="allow"))
    assert (allowed.value, allowed.calls) == ("new", 1)
    (denied,) = run(CREATE, [{}], simulate=True, policy=Policy(write="allow", rules={"devin.create_session": "deny"}))
    assert denied.error is not None
    assert denied.error.code == "permission_denied"


def test_limits_hold_for_each_run() -> None:
    results = run("if args.n == 1 then while true do end end return args.n", numbers(2), limits=Limits(cpu=0.1))
    assert sorted((each.index, each.value, each.error and each.error.code) for each in results) == [
        (0, None, "limit_exceeded"),
        (1, 2, None),
    ]


@pytest.mark.parametrize(
    ("options", "part"),
    [
        ({"jobs": 0}, "jobs"),
        ({"executor": 7}, "executor"),
        ({"retry_failed": True}, "failures to retry"),
        ({"id": "Bad!"}, "the id 'Bad!'"),
        ({"state": True}, "state"),
        ({"policy": "allow"}, "policy"),
        ({"require_seal": "iron"}, "seal 'iron'"),
    ],
)
def test_a_wrong_option_is_told_before_anything_runs(options: dict[str, Any], part: str) -> None:
    with pytest.raises(UsageError) as caught:
        list(luahost.map("return 1", numbers(1), **{"state": False, **options}))
    assert part in str(caught.value)


def test_what_is_wrong_for_every_input_ends_the_map_at_the_first() -> None:
    with pytest.raises(luahost.ScriptSyntaxError):
        run("return (", numbers(3))
    with pytest.raises(luahost.UnknownAccount):
        run("return 1", numbers(3), account="nobody")


# -- files --------------------------------------------------------------------------------------------------------


def test_the_same_map_again_does_what_is_not_done(tmp_path: Path) -> None:
    out = tmp_path / "results.jsonl"
    first = run("return args.n", numbers(3), out=out)
    second = run("return args.n", numbers(5), out=out)
    assert (len(first), sorted(each.index for each in second)) == (3, [3, 4])
    assert sorted(line["line"] for line in lines(out)) == [1, 2, 3, 4, 5]
    assert set(lines(out)[0]) == {
        "line", "args", "ok", "value", "values", "output", "error", "run_id", "calls", "elapsed_ms",
    }  # fmt: skip


def test_failures_are_apart_and_retried_when_that_is_asked_for(tmp_path: Path) -> None:
    out, marker = tmp_path / "results.jsonl", tmp_path / "there.lua"
    script = (
        "local ok, why = pcall(require, 'there') if args.n == 2 and not ok then error('not there') end return args.n"
    )
    options: dict[str, Any] = {"out": out, "modules": tmp_path}
    run(script, numbers(3), **options)
    failed = tmp_path / "results.failed.jsonl"
    assert [(each["line"], each["ok"], each["error"]["code"]) for each in lines(failed)] == [(2, False, "script_error")]
    assert run(script, numbers(3), **options) == []
    assert [each.ok for each in run(script, numbers(3), **options, retry_failed=True)] == [False]
    assert len(lines(failed)) == 1
    marker.write_text("return true")
    assert [each.value for each in run(script, numbers(3), **options, retry_failed=True)] == [2]
    assert (lines(failed), len(lines(out))) == ([], 3)


@pytest.mark.parametrize("cut", [1, 30, 5000])
def test_half_a_line_that_a_kill_has_left_is_cut_away(tmp_path: Path, cut: int) -> None:
    out = tmp_path / "results.jsonl"
    run("return args.n", numbers(3), out=out)
    whole = out.read_bytes()
    last = whole.splitlines(keepends=True)[-1]
    out.write_bytes(whole[: -min(cut, len(last) - 1)])
    assert len(run("return args.n", numbers(3), out=out)) == 1
    assert sorted(line["line"] for line in lines(out)) == [1, 2, 3]


def test_a_failure_that_was_done_before_a_kill_is_no_failure_at_the_next_start(tmp_path: Path) -> None:
    out, failed = tmp_path / "results.jsonl", tmp_path / "results.failed.jsonl"
    run("return args.n", numbers(2), out=out)
    failed.write_bytes(out.read_bytes().splitlines(keepends=True)[0].replace(b'"ok": true', b'"ok": false'))
    assert run("return args.n", numbers(2), out=out) == []
    assert lines(failed) == []


def test_a_map_that_was_killed_before_it_had_said_what_it_is_begins_anew(tmp_path: Path) -> None:
    out = tmp_path / "r.jsonl"
    for name in ("r.jsonl", "r.failed.jsonl", "r.map.json"):
        (tmp_path / name).touch()
    run(DOUBLE, numbers(2), out=out)
    assert sorted(each["value"] for each in lines(out)) == [2, 4]


def test_a_map_that_ends_as_another_begins_is_gone_on_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "r.jsonl"
    lock = fcntl.flock

    def first(*how: Any) -> None:
        monkeypatch.setattr(fcntl, "flock", lock)
        run(DOUBLE, numbers(2), out=out)
        lock(*how)

    monkeypatch.setattr(fcntl, "flock", first)
    assert run(DOUBLE, numbers(3), out=out)[0].index == 2
    assert sorted(each["value"] for each in lines(out)) == [2, 4, 6]


def test_a_line_is_whole_however_little_is_written_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = os.write
    monkeypatch.setattr(os, "write", lambda fd, data: write(fd, data[:40]))
    run(DOUBLE, numbers(2), out=tmp_path / "r.jsonl")
    assert sorted(each["value"] for each in lines(tmp_path / "r.jsonl")) == [2, 4]


@pytest.mark.parametrize("change", ["script", "inputs", "account", "id", "results", "about"])
def test_results_of_another_map_are_not_mixed_with_these(tmp_path: Path, change: str) -> None:
    out = tmp_path / "results.jsonl"
    run("return args.n", numbers(2), out=out)
    script, inputs, options = "return args.n", numbers(2), {}
    if change == "script":
        script = "return 2 * args.n"
    elif change == "inputs":
        inputs = [{"n": 7}, {"n": 8}]
    elif change in ("account", "id"):
        options = {change: "another"}
    elif change == "results":
        out.write_text('{"line": 1}\n')
    else:
        (tmp_path / "results.map.json").unlink()
    before = out.read_bytes()
    with pytest.raises(UsageError) as caught:
        run(script, inputs, out=out, **options)
    assert str(out) in str(caught.value)
    assert caught.value.hint
    assert out.read_bytes() == before


def test_a_changed_script_retries_what_has_written_nothing(tmp_path: Path) -> None:
    out = tmp_path / "results.jsonl"
    run(DOUBLE, numbers(6), out=out)
    assert [each.value for each in run("return 2 * args.n", numbers(6), out=out, retry_failed=True)] == [10]


def test_a_changed_script_does_not_repeat_what_was_written(tmp_path: Path) -> None:
    options: dict[str, Any] = {"out": tmp_path / "o.jsonl", "simulate": True, "policy": Policy(write="allow")}
    run(f"{CREATE.removeprefix('return ')} error('after')".replace(".status", ""), [{}], **options)
    with pytest.raises(UsageError, match="had written something before it failed for line 1"):
        run(CREATE, [{}], **options, retry_failed=True)


def test_one_map_at_a_time_writes_to_a_file(tmp_path: Path) -> None:
    out = tmp_path / "results.jsonl"
    with ThreadPoolExecutor(1) as executor:
        results = luahost.map("return 1", numbers(3), out=out, executor=executor, state=False)
        next(results)
        with pytest.raises(UsageError, match="another map is writing"):
            run("return 1", numbers(3), out=out)
        assert len(list(results)) == 2


def test_whoever_stops_early_keeps_what_has_finished(tmp_path: Path) -> None:
    out = tmp_path / "results.jsonl"
    with ThreadPoolExecutor(2) as executor:
        script = "if args.n == 3 then sleep(30) end return 1"
        results = luahost.map(script, numbers(3), out=out, executor=executor, state=False)
        next(results)
        started = time.monotonic()
        results.close()  # type: ignore[attr-defined]  # it is a generator
    assert time.monotonic() - started < 10
    assert 1 <= len(lines(out)) <= 2
    assert lines(tmp_path / "results.failed.jsonl") == []


def test_a_map_that_is_never_begun_lets_go_of_its_files(tmp_path: Path) -> None:
    out = tmp_path / "results.jsonl"
    luahost.map("return 1", numbers(1), out=out, state=False)
    assert len(run("return 1", numbers(1), out=out)) == 1


def test_a_state_folder_that_cannot_be_written_is_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match=r"the state folder .* cannot be written"):
        luahost.map("return 1", numbers(1), state=tmp_path / "file" / "state")


# -- worker processes ---------------------------------------------------------------------------------------------


def task(script: str, n: int = 1) -> Any:
    text = job(
        script, name="it.lua", account="default", modules=None, files=None, limits=Limits(), policy=None,
        simulate=False, state=None, require_seal="none", at_once=1,
    )  # fmt: skip
    return {"job": text, "line": n, "args": {"n": n}, "run_id": None, "begun": False}


def workers(crew: Crew) -> list[int]:
    return [member.process.pid for member in crew._members if not member.dead]


def test_the_tasks_of_a_worker_that_dies_are_done_by_another() -> None:
    with Crew(2) as crew:
        futures = [crew.submit(perform, task("sleep(0.2) return args.n", n)) for n in range(4)]
        futures[0].result(20)
        for pid in workers(crew):
            os.kill(pid, signal.SIGKILL)
        assert [future.result(20)["value"] for future in futures] == [0, 1, 2, 3]


def test_a_worker_that_died_with_nothing_to_do_is_replaced() -> None:
    with Crew(1) as crew:
        crew.submit(perform, task("return 1")).result(20)
        os.kill(workers(crew)[0], signal.SIGKILL)
        crew._members[0].reader.join(20)
        assert crew.submit(perform, task("return 2")).result(20)["value"] == 2


def test_a_task_over_which_workers_die_again_and_again_is_given_up() -> None:
    with Crew(1) as crew:
        future = crew.submit(perform, task("sleep(60)"))
        end = time.monotonic() + 30
        while not future.done():
            assert time.monotonic() < end
            for pid in [member.process.pid for member in crew._members if member.began and not member.dead]:
                os.kill(pid, signal.SIGKILL)
            time.sleep(0.01)
        assert future.result()["error"]["code"] == "internal_error"
        assert "killed by signal 9" in future.result()["error"]["message"]


def test_a_task_that_was_given_back_is_not_given_up_sooner(monkeypatch: pytest.MonkeyPatch) -> None:
    with Crew(1) as crew:
        with monkeypatch.context() as patched:
            patched.setattr("luahost.mapping.crew._Member.feed", lambda _: None)
            future = crew.submit(perform, task("return args.n", 7))
            (member,) = crew._members
            for _ in range(ATTEMPTS):  # a worker that has nothing to do asks for it, and is given another meanwhile
                order = crew.next(member)
                assert order is not None
                member.in_hand.clear()
                crew.returned(order)
            assert crew.next(member) is order
        while not member.began:
            time.sleep(0.01)
        os.kill(member.process.pid, signal.SIGKILL)
        assert future.result(20)["value"] == 7


@pytest.mark.parametrize("processes", [1, 2])
def test_what_a_worker_fails_with_is_the_tasks_failure(processes: int) -> None:
    with Crew(2, processes) as crew:
        record = crew.submit(perform, {**task("return 1"), "job": "no job"}).result(20)
        assert record["error"]["message"].startswith("the worker failed: JSONDecodeError: ")
        assert crew.submit(perform, task("return 2")).result(20)["value"] == 2


def test_workers_that_cannot_start_end_the_map(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("luahost.mapping.worker.BOOT", "{0}{1}; raise SystemExit(3)")
    with pytest.raises(InternalError, match="status 3"):
        list(luahost.map("return 1", numbers(2), state=False))


def test_more_runs_at_once_than_processors_share_the_workers() -> None:
    started = time.monotonic()
    results = list(luahost.map("sleep(1) return args.n", numbers(20), jobs=20, state=False))
    assert (sum(each.ok for each in results), time.monotonic() - started < 15) == (20, True)


def test_a_task_behind_a_long_one_is_given_to_a_worker_that_has_nothing_to_do() -> None:
    script = "if args.n == 40 then sleep(20) end return args.n"
    with Crew(2, processes=2) as crew:
        futures = [crew.submit(perform, task(script, n)) for n in range(1, 60)]
        started = time.monotonic()
        others = [future.result(15)["value"] for n, future in enumerate(futures, 1) if n != 40]
        assert others == [n for n in range(1, 60) if n != 40]
        assert time.monotonic() - started < 15
        crew.stop()
        assert futures[39].result(15)["error"]["code"] == "cancelled"


def test_a_crew_performs_tasks_only() -> None:
    with Crew(1) as crew, pytest.raises(TypeError):
        crew.submit(print, "x")


# -- the same run, twice at once ----------------------------------------------------------------------------------


@pytest.fixture
def durable(tmp_path: Path) -> Iterator[Host]:
    with Host(state=tmp_path / "state", journal=True) as made:
        yield made


def test_a_run_that_somebody_else_ends_as_it_is_looked_at_has_their_result(
    durable: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    durable.run("return 5", run_id="the-run")
    path = durable.journals.path("the-run")
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-1]))  # as one that died before its end
    status, looked = Journals.status, list[str | None]()

    def looks(journals: Journals, run_id: str) -> str | None:
        looked.append(status(journals, run_id))
        if len(looked) == 1:
            assert durable.resume(run_id).ok
        return looked[-1]

    monkeypatch.setattr(Journals, "status", looks)
    result = durably.run(durable, "the-run", "return 5", Cancellation(), {}, has_begun=False)
    assert (looked[0], result.error, result.value) == ("died", None, 5)


def test_a_journal_without_a_line_is_taken_away_by_one_alone(durable: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    path = durable.journals.path("the-run")
    os.close(durable.journals.create("the-run"))
    os.utime(path, (0, 0))
    begun: list[str | None] = []
    unlink = Path.unlink

    def other(each: Path, *args: Any, **kwargs: Any) -> None:
        """Somebody else comes in between, and does the whole of it."""
        monkeypatch.setattr(Path, "unlink", unlink)
        found = durably._step(durable, path, "the-run", "return 5", Cancellation(), {})
        begun.append(None if found is None else found.run_id)
        unlink(each, *args, **kwargs)

    monkeypatch.setattr(Path, "unlink", other)
    assert durably.run(durable, "the-run", "return 5", Cancellation(), {}, has_begun=False).value == 5
    assert begun == [None]
