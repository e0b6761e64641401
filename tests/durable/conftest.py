"""A simulated Devin of its own process, and runs against it that are killed and resumed."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.conftest import Command


class Devin:
    """The simulator as its own process: `strike` has it kill a client, `prompts` are those of what was made."""

    def __init__(self, lag: float, version: str) -> None:
        words = [sys.executable, "-m", "tests.durable.striking", str(lag), version]
        self._process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.env: dict[str, str] = {}
        told = self._read()
        self.env = {"LUAHOST_DEVIN_API_KEY": told["key"], "LUAHOST_DEVIN_BASE_URL": told["url"]}

    def _read(self) -> Any:
        assert self._process.stdout is not None
        return json.loads(self._process.stdout.readline())

    def _ask(self, order: dict[str, Any]) -> Any:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return self._read()

    def strike(self, when: str, whom: str, pid: int) -> None:
        """At the next create, kill the host `pid` or its script's processes, before or after it is done."""
        self._ask({"strike": when, "whom": whom, "pid": pid})

    @property
    def prompts(self) -> list[str]:
        found: list[str] = self._ask({"sessions": True})
        return found

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()


@pytest.fixture
def devin() -> Iterator[Callable[..., Devin]]:
    """Starts simulators with lists that lag, in processes of their own."""
    made: list[Devin] = []

    def start(lag: float = 0.0, version: str = "v3") -> Devin:
        made.append(Devin(lag, version))
        return made[-1]

    yield start
    for each in made:
        each.close()


class Attempts:
    """One script, run and resumed until it has ended well. `output` is what all attempts have printed together."""

    def __init__(self, luahost: Command, home: Path, script: Path, env: dict[str, str]) -> None:
        self._luahost = luahost
        self._runs = home / "state" / "runs"
        self._script = script
        self._env = env
        self.output = b""
        self.errors = b""
        self.count = 0

    def start(self, *options: str) -> subprocess.Popen[bytes]:
        """The next attempt, running."""
        self.count += 1
        known = [each.stem for each in self._runs.glob("*.jsonl")]
        words = ["--resume", *known] if known else [str(self._script)]
        pipe = subprocess.PIPE
        return self._luahost.start("run", *options, *words, env=self._env, stdout=pipe, stderr=pipe)

    def end(self, process: subprocess.Popen[bytes]) -> int:
        """Wait for an attempt; gives its exit code."""
        out, err = process.communicate(timeout=60)
        self.output += out
        self.errors += err
        return process.returncode

    @property
    def journal(self) -> Path:
        (found,) = self._runs.glob("*.jsonl")
        return found


@pytest.fixture
def attempts(luahost: Command, home: Path, tmp_path: Path) -> Callable[[str, Devin], Attempts]:
    """A script's attempts against a Devin, in a home where what waits for a lost answer waits briefly."""

    def make(code: str, devin: Devin) -> Attempts:
        home.mkdir(exist_ok=True)
        (home / "config.toml").write_text("[http]\ntimeout = 0.25\nretries = 0\n[idempotency]\nsettle = 0.1\n")
        script = tmp_path / "script.lua"
        script.write_text(code)
        return Attempts(luahost, home, script, devin.env)

    return make
