"""Killed at any instant and resumed until it ends, a script has made each thing exactly once."""

from __future__ import annotations

import os
import random
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.durable.conftest import Attempts, Devin

CREATES = 40
FORTY = f"""
local devin = app.integrations.devin
print("begun at " .. type(os.time()))
for i = 1, {CREATES} do
  local made = devin.create_session{{ prompt = "task " .. i }}
  print("made " .. i, made.session_id == devin.get_session(made.session_id).session_id)
end
"""
PROMPTS = [f"task {number}" for number in range(1, CREATES + 1)]
OUTPUT = "begun at number\n" + "".join(f"made {number}\ttrue\n" for number in range(1, CREATES + 1))


@pytest.mark.parametrize("first", ["before", "after"])
def test_killed_at_every_call_it_has_made_each_session_once(
    devin: Callable[..., Devin], attempts: Callable[[str, Devin], Attempts], first: str
) -> None:
    server = devin(lag=0.05)
    runs = attempts(FORTY, server)
    moments = ["before", "after"] if first == "before" else ["after", "before"]
    for number in range(CREATES):
        process = runs.start()
        server.strike(moments[number % 2], "child" if number % 4 >= 2 else "host", process.pid)
        assert runs.end(process) != 0
        assert len(server.prompts) <= number + 1
    while runs.end(runs.start()) != 0:  # on a busy machine an answer may be too late
        assert runs.count <= CREATES + 10, runs.errors.decode()
    assert server.prompts == PROMPTS
    assert runs.output.decode() == OUTPUT


def _kill(process: subprocess.Popen[bytes], *, child: bool) -> None:
    if not child:
        process.kill()
        return
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    for pid in children.read_text().split() if children.exists() else []:
        try:
            os.kill(int(pid), 9)
        except ProcessLookupError:
            continue


@pytest.mark.parametrize("version", ["v3", "v1"])
def test_killed_at_random_instants_it_has_made_each_session_once(
    devin: Callable[..., Devin], attempts: Callable[[str, Devin], Attempts], version: str
) -> None:
    server = devin(lag=0.05, version=version)
    runs = attempts(FORTY, server)
    moment = random.Random(version)
    kills = 0
    while True:
        process = runs.start()
        try:
            process.wait(moment.uniform(0.1, 0.5) if kills < 12 else 60)
        except subprocess.TimeoutExpired:
            kills += 1
            _kill(process, child=moment.random() < 0.3)
        if runs.end(process) == 0 or b"has ended well" in runs.errors:  # killed just after its end
            break
        assert runs.count < 60, runs.errors.decode()
    assert server.prompts == PROMPTS
    lines = runs.output.decode().splitlines()
    assert set(lines) == set(OUTPUT.splitlines())
    assert len(lines) <= CREATES + 1 + kills  # a line whose delivery a kill has cut off may come again
