"""`luahost map --dask`: a real scheduler and two worker processes; one is killed, and no session is made twice."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from http.client import HTTPConnection
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.conftest import Command

INPUTS = 6
SCRIPT = """
local devin = app.integrations.devin
local ids = {}
for at = 1, 3 do
    ids[at] = devin.create_session{ prompt = "x", title = "n" .. args.n .. " at" .. at }.session_id
    sleep(0.15)
end
return ids
"""


BRIEF = "[http]\ntimeout = 4\n[idempotency]\nsettle = 0.5\n"
"""How long a create that had left before a kill is looked for, at the most, before it is made."""


def until(condition: Callable[[], Any], what: str, seconds: float = 40) -> Any:
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, f"{what}: not within {seconds} s"
        time.sleep(0.02)
    return found


class Devin:
    """The simulator as a process of its own."""

    def __init__(self, told: dict[str, Any]) -> None:
        self._told = told
        self.env = {"LUAHOST_DEVIN_API_KEY": told["keys"]["v3"]["default"], "LUAHOST_DEVIN_BASE_URL": told["url"]}

    def titles(self) -> list[str]:
        """The titles of all sessions."""
        found: list[str] = []
        cursor = ""
        connection = HTTPConnection(urlsplit(self._told["url"]).netloc, timeout=20)
        try:
            while True:
                path = f"/v3/organizations/{self._told['org_id']}/sessions?first=100{cursor}"
                connection.request(
                    "GET", path, headers={"Authorization": f"Bearer {self.env['LUAHOST_DEVIN_API_KEY']}"}
                )
                page = json.loads(connection.getresponse().read())
                found += [each["title"] or "" for each in page["items"]]
                if not page["has_next_page"]:
                    return found
                cursor = f"&after={page['end_cursor']}"
        finally:
            connection.close()


@pytest.fixture
def processes() -> Iterator[list[subprocess.Popen[bytes]]]:
    """Processes that end with the test."""
    started: list[subprocess.Popen[bytes]] = []
    yield started
    for process in reversed(started):
        process.kill()
    for process in started:
        process.communicate()


@pytest.fixture
def devin(luahost: Command, processes: list[subprocess.Popen[bytes]]) -> Devin:
    process = luahost.start("simulate", "--json", stdout=subprocess.PIPE)
    processes.append(process)
    assert process.stdout is not None
    return Devin(json.loads(process.stdout.readline()))


@pytest.fixture
def cluster(devin: Devin, home: Path, tmp_path: Path, processes: list[subprocess.Popen[bytes]]) -> str:
    """The address of a scheduler with two workers of one thread each, which alone have the key."""
    told = tmp_path / "scheduler.json"
    home.mkdir()
    (home / "config.toml").write_text(BRIEF)

    def start(*words: str, **env: str) -> None:
        command = [sys.executable, "-m", "distributed.cli.dask_" + words[0], *words[1:], "--no-dashboard"]
        log = (tmp_path / f"{words[0]}-{len(processes)}.log").open("wb")
        processes.append(subprocess.Popen(command, env={**os.environ, **env}, stdout=log, stderr=log, cwd=tmp_path))
        log.close()

    start("scheduler", "--host", "127.0.0.1", "--port", "0", "--scheduler-file", str(told))
    for _ in range(2):
        start(
            "worker", "--scheduler-file", str(told), "--no-nanny", "--nthreads", "1", "--host", "127.0.0.1",
            "--local-directory", str(tmp_path / "dask"), **devin.env,
        )  # fmt: skip

    def address() -> str | None:
        try:
            return str(json.loads(told.read_text())["address"])
        except (OSError, ValueError):  # not there yet, or half written
            return None

    return str(until(address, "the scheduler is there"))


def test_a_worker_that_dies_in_the_middle_makes_nothing_twice(
    luahost: Command, devin: Devin, cluster: str, processes: list[subprocess.Popen[bytes]], tmp_path: Path
) -> None:
    (tmp_path / "it.lua").write_text(SCRIPT)
    (tmp_path / "in.jsonl").write_text("".join(f'{{"n": {n}}}\n' for n in range(1, INPUTS + 1)))
    words = ["--inputs", "in.jsonl", "--out", "results.jsonl", "--dask", cluster, "--state", "state"]
    mapping = luahost.start("map", "it.lua", *words, cwd=tmp_path, stderr=subprocess.PIPE, stdout=subprocess.PIPE)
    processes.append(mapping)
    worker = processes[-2]

    def at_work() -> bool:
        """Whether that worker is in the middle of a run: two sessions of an input are made, and not all three."""
        for journal in (tmp_path / "state" / "runs").glob("*.jsonl"):
            text = journal.read_text()
            if f'"pid":{worker.pid},' in text and 1 <= text.count('"event":"answer"') < 3:
                return True
        return False

    until(at_work, "a worker makes sessions")
    worker.send_signal(signal.SIGKILL)
    _, said = mapping.communicate(timeout=60)
    assert mapping.returncode == 0, said.decode()
    assert "6 done, 0 failed" in said.decode()
    results = [json.loads(line) for line in (tmp_path / "results.jsonl").read_text().splitlines()]
    assert sorted(each["line"] for each in results) == list(range(1, INPUTS + 1))
    ids = [identity for each in results for identity in each["value"]]
    assert len(set(ids)) == 3 * INPUTS
    wanted = sorted(f"n{n} at{at}" for n in range(1, INPUTS + 1) for at in (1, 2, 3))
    assert sorted(each for each in devin.titles() if " at" in each) == wanted
    journals = list((tmp_path / "state" / "runs").glob("*.jsonl"))
    assert any('"event":"resume"' in each.read_text() for each in journals)
    key = devin.env["LUAHOST_DEVIN_API_KEY"]
    assert not any(key in each.read_text(errors="replace") for each in tmp_path.rglob("*") if each.is_file())


def test_no_scheduler_is_one_line(luahost: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT", "1s")
    (tmp_path / "it.lua").write_text("return 1")
    (tmp_path / "in.jsonl").write_text("{}\n")
    done = luahost(
        "map", "it.lua", "--inputs", "in.jsonl", "--dask", "tcp://127.0.0.1:9", "--state", "state", cwd=tmp_path
    )
    assert done.code == 2, done
    assert "no Dask scheduler at tcp://127.0.0.1:9" in done.err
    assert "Traceback" not in done.err
