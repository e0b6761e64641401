"""Durable runs whose calls are in flight together, and what they learn besides."""

from __future__ import annotations

import json
import random
import subprocess
import threading
from typing import TYPE_CHECKING, Any

import pytest

from luahost import Host, Policy
from luahost.calls import approval
from luahost.calls.journals import Journals
from luahost.calls.run import Run
from luahost.errors import ApprovalRequired, Cancelled
from luahost.results import CallRecord, Limits
from tests.conftest import ALLOW
from tests.durable.test_resume import cut, is_no, lines_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from luahost.calls.pending import Pending
    from luahost.errors import LuaHostError
    from luahost.integrations.devin.simulator import Simulator
    from tests.durable.conftest import Attempts, Devin

CREATES = 40
TOGETHER = f"""
local numbers = {{}}
for i = 1, {CREATES} do numbers[i] = i end
local made = parallel(numbers, function(i)
  local session = app.integrations.devin.create_session{{ prompt = "task " .. i .. " by " .. math.random(1e6) }}
  return session.session_id
end, {{ limit = 8 }})
print(#made)
"""


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state"


@pytest.fixture(params=["process", "none"])
def host(accounts: Callable[..., dict[str, Any]], state: Path, request: pytest.FixtureRequest) -> Iterator[Host]:
    with Host(accounts=accounts(), policy=ALLOW, state=state, journal=True, isolation=request.param) as made:
        yield made


def test_killed_with_calls_in_flight_it_has_made_each_session_once(
    devin: Callable[..., Devin], attempts: Callable[[str, Devin], Attempts]
) -> None:
    server = devin(lag=0.05)
    runs = attempts(TOGETHER, server)
    moment = random.Random(1)
    kills = 0
    while True:
        process = runs.start()
        if kills % 2:
            server.strike(moment.choice(["before", "after"]), "host", process.pid)
        try:
            process.wait(moment.uniform(0.2, 0.5) if kills < 10 else 60)
        except subprocess.TimeoutExpired:
            process.kill()
        kills += 1
        if runs.end(process) == 0 or b"has ended well" in runs.errors:  # killed just after its end
            break
        assert runs.count < 40, runs.errors.decode()
    assert sorted(int(prompt.split()[1]) for prompt in server.prompts) == list(range(1, CREATES + 1))
    assert runs.output == b"40\n"


def test_a_task_that_died_midway_goes_on_where_it_was(host: Host, state: Path, simulator: Simulator) -> None:
    code = """
    local devin = app.integrations.devin
    local function two(name)
      return function()
        local made = devin.create_session{ prompt = name }
        devin.send_message{ session_id = made.session_id, message = "for " .. name }
        return made.session_id
      end
    end
    return parallel{ two("a"), two("b"), two("c") }
    """
    before = len(simulator.sessions)
    first = host.run(code)
    assert first.ok
    assert {line["task"] for line in lines_of(state, first.run_id) if line["event"] == "call"} == {"1.1", "1.2", "1.3"}
    for n in range(1, 7):
        run_id = cut(state, first.run_id, is_no("call", n))
        again = host.resume(run_id, assume="done")
        assert again.ok, again.error
        assert len(again.value) == 3
        cut(state, run_id, is_no("end"))
    assert len(simulator.sessions) == before + 3


def test_random_numbers_of_a_task_do_not_depend_on_the_others(host: Host, state: Path) -> None:
    code = """
    return parallel{
      function() app.integrations.devin.list_sessions() return math.random(1e9) end,
      function() sleep(0.02) app.integrations.devin.list_sessions() return math.random(1e9) end,
      function() return math.random(1e9) end,
    }
    """
    first = host.run(code)
    assert len(set(first.value)) == 3
    assert host.resume(cut(state, first.run_id, is_no("end"))).value == first.value


def test_time_is_told_as_it_was(host: Host, state: Path) -> None:
    code = """
    local first = os.time()
    sleep(1.1)
    local second = os.time()
    app.integrations.devin.create_session{ prompt = "at " .. os.time() .. os.date("!%S") }
    return first, second
    """
    first = host.run(code)
    assert first.values[0] < first.values[1]
    again = host.resume(cut(state, first.run_id, is_no("end")))
    assert again.ok, again.error
    assert again.values == first.values
    assert host.replay(Journals(state).path(first.run_id or "")).values == first.values


def test_a_loop_over_a_tables_keys_goes_on_in_whatever_order(host: Host, state: Path, simulator: Simulator) -> None:
    code = """
    local todo = {}
    for i = 1, 12 do todo["task " .. i] = true end
    for name in pairs(todo) do app.integrations.devin.create_session{ prompt = name } end
    """
    before = len(simulator.sessions)
    first = host.run(code)
    for n in (12, 7, 3):
        assert host.resume(cut(state, first.run_id, is_no("call", n))).ok
    assert len(simulator.sessions) <= before + 12 + 12 + 12
    prompts = {session["prompt"] for session in simulator.sessions[before:]}
    assert prompts == {f"task {number}" for number in range(1, 13)}


def test_another_write_is_another_way_whatever_a_script_has_walked(
    host: Host, state: Path, simulator: Simulator
) -> None:
    code = """
    local n = 0
    local t = { a = true, b = true }
    local name = next(t)
    while name do n, name = n + 1, next(t, name) end
    app.integrations.devin.create_session{ prompt = "at " .. os.clock() }
    """
    first = host.run(code)
    before = len(simulator.sessions)
    second = host.resume(cut(state, first.run_id, is_no("end")))
    assert second.error is not None
    assert second.error.code == "conflict"
    assert len(simulator.sessions) == before


def test_tasks_of_a_tables_names_are_the_same_tasks_again(
    devin: Callable[..., Devin], attempts: Callable[[str, Devin], Attempts]
) -> None:
    server = devin()
    runs = attempts(
        """
        local devin, names, i = app.integrations.devin, {}, 0
        local repos = { api = "a", web = "b", ios = "c", infra = "d", docs = "e", cli = "f" }
        for name, repo in pairs(repos) do
          i = i + 1
          devin.create_session{ prompt = i .. " " .. name }
          names[#names + 1] = name
        end
        parallel(names, function(name) devin.create_session{ prompt = "upgrade " .. repos[name] } end)
        devin.create_session{ prompt = "last" }
        """,
        server,
    )
    while True:
        process = runs.start()
        if runs.count < 5:
            server.strike("after", "host", process.pid)
        if runs.end(process) == 0:
            break
    assert len(server.prompts) == len(set(server.prompts)) == 13


def test_a_task_that_was_cancelled_is_no_other_way(host: Host, state: Path, simulator: Simulator) -> None:
    simulator.fail(path="/sessions/devin-none$", status=404, delay=0.1)
    code = """
    local devin = app.integrations.devin
    local ok, problem = pcall(parallel, {
      function() devin.get_session("devin-none") end,
      function() for i = 1, 50 do devin.list_sessions() sleep(0.01) end end,
    })
    devin.create_session{ prompt = "after" }
    return problem.code
    """
    first = host.run(code)
    assert first.value == "not_found"
    again = host.resume(cut(state, first.run_id, is_no("sent")))
    assert (again.value, again.error) == ("not_found", None)


def test_each_task_waits_for_its_own_approval(
    accounts: Callable[..., dict[str, Any]], state: Path, simulator: Simulator
) -> None:
    code = """
    return parallel({ "a", "b", "c" }, function(name)
      return app.integrations.devin.create_session{ prompt = name }.session_id
    end)
    """
    before = len(simulator.sessions)
    with Host(accounts=accounts(), policy=Policy(write="ask"), state=state, journal=True) as host:
        result = host.run(code, suspend=True)
        rounds = 0
        while result.meta.get("pending"):
            rounds += 1
            numbers = [call["n"] for call in result.meta["pending"]]
            result = host.resume(result.run_id or "", approved=numbers, suspend=True)
    assert 1 <= rounds <= 3
    assert result.ok, result.error
    assert sorted(session["prompt"] for session in simulator.sessions[before:]) == ["a", "b", "c"]


def test_a_call_that_was_given_up_suspends_no_run(
    accounts: Callable[..., dict[str, Any]], state: Path, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = """
    return parallel{
      function() return app.integrations.devin.create_session{ prompt = "x" }.status end,
      function() return #app.integrations.devin.list_sessions().sessions end,
    }
    """
    given_up, sought = threading.Event(), threading.Event()
    give_up, seek = Run.give_up, approval.seek

    def gives_up(run: Run, pending: Pending, problem: LuaHostError) -> bool:
        found = give_up(run, pending, problem)
        given_up.set()
        sought.wait(10)
        return found

    def seeks(*about: Any) -> bool:
        given_up.wait(10)
        try:
            return seek(*about)
        finally:
            sought.set()

    simulator.fail(method="GET", path="/sessions", status=403, times=None)
    monkeypatch.setattr(Run, "give_up", gives_up)
    monkeypatch.setattr(approval, "seek", seeks)
    with Host(accounts=accounts(), policy=Policy(write="ask"), state=state, journal=True) as host:
        result = host.run(code, suspend=True)
    assert result.error is not None
    assert result.error.code == "forbidden"


def test_a_call_that_a_run_is_suspended_at_is_not_given_up() -> None:
    run = Run(limits=Limits())
    pending = run.begin(CallRecord("own.put", "default", "1.1"))
    run.end_with(ApprovalRequired("this call needs approval"), pending)
    assert not run.give_up(pending, Cancelled("given up"))


def test_a_cancelled_task_calls_nothing_that_it_had_not_called(host: Host, state: Path, simulator: Simulator) -> None:
    simulator.fail(path="/sessions/devin-none$", status=404, delay=0.15)
    code = """
    local devin = app.integrations.devin
    pcall(parallel, {
      function() devin.get_session("devin-none") end,
      function()
        devin.list_sessions()
        sleep(0.5)
        devin.create_session{ prompt = "never" }
      end,
    })
    devin.list_sessions()
    devin.create_session{ prompt = "after" }
    """
    before = len(simulator.sessions)
    first = host.run(code)
    assert first.ok
    for event in ("sent", "end", "end"):
        again = host.resume(cut(state, first.run_id, is_no(event)))
        assert again.ok, again.error
    assert {session["prompt"] for session in simulator.sessions[before:]} == {"after"}


def test_what_tasks_print_is_delivered_once_in_whatever_order_they_print(host: Host, state: Path) -> None:
    code = """
    local list = app.integrations.devin.list_sessions
    print("begun")
    parallel{
      function() list() sleep(0.1) print("slow 1") list() print("slow 2") end,
      function() list() print("fast 1") list() print("fast 2") end,
    }
    """
    pieces: list[bytes] = []
    first = host.run(code, on_output=pieces.append)
    whole = sorted(b"".join(pieces).splitlines())
    assert len(whole) == 5
    lines = lines_of(state, first.run_id)
    path = Journals(state).path(first.run_id or "")
    outputs = [at for at, line in enumerate(lines) if line["event"] == "output"]
    for number, at in enumerate(outputs):
        path.write_text("".join(f"{json.dumps(line)}\n" for line in lines[:at]))
        again: list[bytes] = []
        assert host.resume(first.run_id or "", on_output=again.append).ok
        assert sorted(b"".join([*pieces[:number], *again]).splitlines()) == whole
