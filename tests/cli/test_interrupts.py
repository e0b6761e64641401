"""Ctrl-C, a limit of time, a dead child, a reader who leaves: each ends a run cleanly, and leaves no process behind."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.processes import alive

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from luahost.integrations.devin.simulator import Simulator
    from luahost.integrations.devin.simulator.server import Server
    from tests.conftest import Command

    Start = Callable[..., "Running"]

LOOP = "print('begun') while true do end"
SLEEP = "print('begun') sleep(60)"
READ = "print('begun') app.integrations.devin.list_sessions()"
WRITE = "print('begun') app.integrations.devin.create_session{prompt = 'x'}"
SIGNALS = [signal.SIGINT, signal.SIGTERM]

pytestmark = pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="finds processes through /proc")


def until(condition: Callable[[], object], what: str, seconds: float = 15) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"{what}: not within {seconds} s"
        time.sleep(0.005)


class Running:
    """A command under way."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process
        self.children: list[int] = []
        self._signalled = time.monotonic()

    def begun(self) -> Running:
        """Wait for the script's first line."""
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == b"begun\n"
        return self.look()

    def look(self) -> Running:
        pid = self.process.pid
        self.children = [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()]
        return self

    def send(self, how: signal.Signals) -> Running:
        self._signalled = time.monotonic()
        self.process.send_signal(how)
        return self

    def end(self, seconds: float = 20) -> tuple[int, str, str, float]:
        """Its exit code, its output, what it said, and how long it took since the last signal; no child is left."""
        out, err = self.process.communicate(timeout=seconds)
        took = time.monotonic() - self._signalled
        for child in self.children:
            until(lambda: not alive(child), f"child {child} is gone")  # noqa: B023
        said = err.decode()
        assert "Traceback" not in said
        return self.process.returncode, out.decode(), said, took


@pytest.fixture(autouse=True)
def _interruptible() -> None:
    """A test run in the background ignores SIGINT, and so would what it starts."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def start(luahost: Command) -> Iterator[Start]:
    """Starts commands; what still runs at the end is killed."""
    running: list[subprocess.Popen[bytes]] = []

    def begin(*words: str, **options: Any) -> Running:
        options = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
        running.append(luahost.start(*words, **options))
        return Running(running[-1])

    yield begin
    for process in running:
        process.kill()
        if process.stdout is not None and not process.stdout.closed:
            process.communicate()
        process.wait()


@pytest.fixture
def env(simulator: Simulator, server: Server) -> dict[str, str]:
    return {"LUAHOST_DEVIN_API_KEY": simulator.keys["v3"]["default"], "LUAHOST_DEVIN_BASE_URL": server.url}


def received(simulator: Simulator, method: str) -> None:
    """Wait until the simulator has such a request."""
    until(lambda: any(each.method == method and "sessions" in each.path for each in simulator.requests), method)


def sessions(simulator: Simulator) -> list[str]:
    return [each["session_id"] for each in simulator.sessions if each["prompt"] == "x"]


# -- a script that computes or waits ----------------------------------------------------------------------------


@pytest.mark.parametrize("how", SIGNALS)
@pytest.mark.parametrize("script", [LOOP, SLEEP])
def test_a_signal_ends_a_script_at_once_with_130(
    start: Start, isolation: str, how: signal.Signals, script: str
) -> None:
    code, out, said, took = start("run", "--isolation", isolation, "-e", script).begun().send(how).end()
    assert (code, out, said) == (130, "", "luahost: interrupted\n")
    assert took < 2


def test_a_script_cannot_catch_a_signal(start: Start, isolation: str) -> None:
    script = "print('begun') while true do pcall(function() while true do end end) end"
    assert start("run", "--isolation", isolation, "-e", script).begun().send(signal.SIGINT).end()[0] == 130


def test_ctrl_c_at_a_terminal_ends_a_script(luahost: Command) -> None:
    master, slave = pty.openpty()
    try:
        # A new session whose leader opens the terminal: then Ctrl-C there is its own.
        command = ["sh", "-c", 'exec "$@" <"$0" >"$0" 2>&1', os.ttyname(slave)]
        command += [sys.executable, "-m", "luahost", "run", "-e", LOOP]
        with subprocess.Popen(command, start_new_session=True, env={**os.environ, **luahost.env}) as process:
            try:
                seen = b""
                while b"begun" not in seen:
                    seen += os.read(master, 1024)
                os.write(master, b"\x03")
                assert process.wait(20) == 130
            finally:
                process.kill()
    finally:
        os.close(master)
        os.close(slave)


@pytest.mark.parametrize("script", [LOOP, SLEEP])
def test_the_limit_of_time_ends_a_script_with_3(start: Start, isolation: str, script: str) -> None:
    words = ["run", "--isolation", isolation, "--timeout", "0.5", "-e", script]
    code, _, said, _ = start(*words).begun().end()
    assert code == 3
    assert "0.5 s (wall)" in said


def test_the_limit_of_processor_time_ends_a_script_with_3(start: Start, isolation: str) -> None:
    code, _, said, _ = start("run", "--isolation", isolation, "--cpu-limit", "1", "-e", LOOP).begun().end()
    assert (code, "1 s (cpu)" in said) == (3, True), said


def test_the_limit_of_time_holds_when_nobody_reads_the_output(start: Start) -> None:
    running = start("run", "--timeout", "0.5", "-e", "print('begun') while true do print(('x'):rep(1000)) end").begun()
    assert running.process.wait(5) == 3


# -- a read -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", SIGNALS)
def test_a_read_is_not_waited_for(start: Start, simulator: Simulator, env: dict[str, str], how: signal.Signals) -> None:
    simulator.fail(method="GET", path="sessions", delay=6)
    running = start("run", "-e", READ, env=env).begun()
    received(simulator, "GET")
    code, _, _, took = running.send(how).end()
    assert code == 130
    assert took < 2


def test_the_limit_of_time_does_not_wait_for_a_read(start: Start, simulator: Simulator, env: dict[str, str]) -> None:
    simulator.fail(method="GET", path="sessions", delay=6)
    code, _, _, took = start("run", "--timeout", "1", "-e", READ, env=env).begun().end()
    assert code == 3
    assert took < 4


# -- a write ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", SIGNALS)
def test_a_write_already_sent_is_awaited_and_its_outcome_told(
    start: Start, simulator: Simulator, env: dict[str, str], isolation: str, how: signal.Signals
) -> None:
    simulator.fail(method="POST", delay=1)
    running = start("run", "--isolation", isolation, "--json", "-e", WRITE, env=env)
    received(simulator, "POST")
    code, out, _, took = running.look().send(how).end()
    result = json.loads(out)
    assert (code, result["error"]["code"]) == (130, "cancelled")
    assert [each["status"] for each in result["calls"]] == ["ok"]
    assert len(sessions(simulator)) == 1
    assert took < 5


def test_a_write_that_fails_while_it_is_awaited_is_told_as_failed(
    start: Start, simulator: Simulator, env: dict[str, str]
) -> None:
    simulator.fail(method="POST", delay=1, status=422)
    running = start("run", "--json", "-e", WRITE, env=env)
    received(simulator, "POST")
    code, out, _, _ = running.send(signal.SIGINT).end()
    (call,) = json.loads(out)["calls"]
    assert (code, call["status"], call["error"]["code"]) == (130, "error", "validation_failed")


def test_nothing_new_is_sent_after_a_signal(start: Start, simulator: Simulator, env: dict[str, str]) -> None:
    simulator.fail(method="POST", delay=1)
    script = "print('begun') for i = 1, 3 do app.integrations.devin.create_session{prompt = 'x'} end"
    running = start("run", "-e", script, env=env).begun()
    received(simulator, "POST")
    assert running.send(signal.SIGINT).end()[0] == 130
    assert len(sessions(simulator)) == 1


def test_the_limit_of_time_awaits_a_write(start: Start, simulator: Simulator, env: dict[str, str]) -> None:
    simulator.fail(method="POST", delay=3)
    code, out, _, _ = start("run", "--json", "--timeout", "2", "-e", WRITE, env=env).end()
    result = json.loads(out)
    assert (code, result["error"]["code"]) == (3, "limit_exceeded")
    assert [each["status"] for each in result["calls"]] == ["ok"]


@pytest.mark.parametrize("how", SIGNALS)
def test_a_second_signal_leaves_at_once_and_says_what_is_unknown(
    start: Start, simulator: Simulator, env: dict[str, str], how: signal.Signals
) -> None:
    simulator.fail(method="POST", delay=8)
    running = start("run", "--json", "-e", WRITE, env=env)
    received(simulator, "POST")
    (child,) = running.look().children
    running.send(how)
    until(lambda: not alive(child), "the first signal ended the child")
    code, out, said, took = running.send(how).end()
    assert took < 2
    assert code == 130
    assert "unknown whether it happened: devin.create_session on account default" in said
    assert [each["status"] for each in json.loads(out)["calls"]] == ["unknown"]


# -- a call without a script ------------------------------------------------------------------------------------


def test_a_signal_ends_a_call_that_reads_and_says_so(start: Start, simulator: Simulator, env: dict[str, str]) -> None:
    simulator.fail(method="GET", path="sessions", delay=6)
    running = start("call", "devin.list_sessions", env=env)
    received(simulator, "GET")
    code, out, said, took = running.send(signal.SIGINT).end()
    assert (code, out) == (130, "")
    assert took < 2
    assert said.startswith("luahost: interrupted")


@pytest.mark.parametrize("how", SIGNALS)
def test_a_call_that_writes_is_awaited_and_its_outcome_told(
    start: Start, simulator: Simulator, env: dict[str, str], how: signal.Signals
) -> None:
    simulator.fail(method="POST", delay=1)
    running = start("call", "devin.create_session", "prompt=x", "--json", env=env)
    received(simulator, "POST")
    _, out, _, _ = running.send(how).end()
    assert json.loads(out)["session_id"].removeprefix("devin-") in sessions(simulator)[0]


def test_a_second_signal_to_a_call_leaves_at_once_and_says_what_is_unknown(
    start: Start, simulator: Simulator, env: dict[str, str]
) -> None:
    simulator.fail(method="POST", delay=8)
    running = start("call", "devin.create_session", "prompt=x", env=env)
    received(simulator, "POST")
    running.send(signal.SIGINT)
    with pytest.raises(subprocess.TimeoutExpired):
        running.process.wait(0.3)  # there is no sign that the first was taken but that it is not the last
    code, _, said, took = running.send(signal.SIGINT).end()
    assert code == 130
    assert took < 2
    assert "unknown whether it happened: devin.create_session" in said


# -- a process that dies ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("script", [LOOP, SLEEP])
def test_a_child_that_was_killed_ends_the_run_with_6(start: Start, script: str) -> None:
    running = start("run", "-e", script).begun()
    os.kill(running.children[0], signal.SIGKILL)
    code, _, said, _ = running.end()
    assert code == 6
    assert said.startswith("luahost: the script's process was ended by signal 9")


def test_the_write_of_a_child_that_was_killed_is_awaited(
    start: Start, simulator: Simulator, env: dict[str, str]
) -> None:
    simulator.fail(method="POST", delay=1)
    running = start("run", "--json", "-e", WRITE, env=env)
    received(simulator, "POST")
    os.kill(running.look().children[0], signal.SIGKILL)
    code, out, _, _ = running.end()
    result = json.loads(out)
    assert (code, result["error"]["code"]) == (6, "internal_error")
    assert [each["status"] for each in result["calls"]] == ["ok"]


@pytest.mark.parametrize("script", [LOOP, SLEEP])
def test_a_host_that_was_killed_leaves_no_child(start: Start, script: str) -> None:
    running = start("run", "-e", script).begun()
    assert running.children
    running.send(signal.SIGKILL).end()


# -- a reader who leaves ----------------------------------------------------------------------------------------


def test_a_reader_who_leaves_ends_the_script(start: Start, isolation: str) -> None:
    running = start("run", "--isolation", isolation, "-e", "print('begun') while true do print('more') end").begun()
    process = running.process
    assert process.stdout is not None
    process.stdout.close()
    assert process.wait(20) == 130
    assert process.stderr is not None
    with process.stderr:
        assert b"Traceback" not in process.stderr.read()
    for child in running.children:
        until(lambda: not alive(child), "the child is gone")  # noqa: B023


def test_a_reader_who_wants_one_line_gets_it_and_no_complaint_of_python() -> None:
    line = '"$@" run -e "for i = 1, 1e9 do print(i) end" | head -1'
    command = ["sh", "-c", line, "sh", sys.executable, "-m", "luahost"]
    done = subprocess.run(command, capture_output=True, check=False, timeout=20)
    assert done.stdout == b"1\n"
    assert b"Traceback" not in done.stderr
    assert b"Exception" not in done.stderr
