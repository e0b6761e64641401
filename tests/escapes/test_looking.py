"""What looks for canaries finds them: a suite that could see nothing would pass."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

WAITING = "import sys; key = ''.join(reversed(sys.argv[1])) if len(sys.argv) > 1 else ''; print(flush=True); input()"


@pytest.fixture
def start() -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Starts an interpreter that waits."""
    started = []

    def run(*words: str, **env: str) -> subprocess.Popen[bytes]:
        pipe = subprocess.PIPE
        process = subprocess.Popen([sys.executable, "-c", WAITING, *words], stdin=pipe, stdout=pipe, env=env)
        assert process.stdout is not None
        process.stdout.readline()
        started.append(process)
        return process

    yield run
    for process in started:
        process.communicate(b"\n")


def canary(site: Any) -> str:
    return str(site.devin.keys["default"].removeprefix("cog_default"))


def places(found: list[str]) -> set[str]:
    return {place.split()[1] for place in found}


def test_a_key_in_the_environment_of_a_process_is_found(site: Any, start: Callable[..., Any]) -> None:
    start(SOME_KEY=canary(site))
    assert "environ" in places(site.processes.with_canary())


def test_a_key_in_the_arguments_of_a_process_is_found(site: Any, start: Callable[..., Any]) -> None:
    start(canary(site))
    assert "cmdline" in places(site.processes.with_canary())


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root may read the memory of a process")
def test_a_key_in_the_memory_of_a_process_is_found(site: Any, start: Callable[..., Any]) -> None:
    start(canary(site)[::-1])
    assert "memory" in places(site.processes.with_canary())


def test_a_process_that_has_no_key_is_clean(site: Any, start: Callable[..., Any]) -> None:
    start("nothing")
    assert site.processes.with_canary() == []


@pytest.mark.parametrize("mode", ["process", "reuse", "none"])
def test_a_run_that_changes_nothing_is_clean(
    attempt: Callable[[str], Any], caplog: pytest.LogCaptureFixture, mode: str
) -> None:
    trial = attempt(mode)
    trial.run(b"print('x') return 1", trial.limits)
    trial.assert_nothing_leaked(caplog)
    trial.assert_nothing_inside_is_shown()
    trial.assert_the_next_run_is_clean()


@pytest.mark.parametrize("shown", ["print('{key}')", "return '{key}'", "error('{key}')", "print(('{key}'):upper())"])
def test_a_key_that_is_shown_fails_the_trick(
    attempt: Callable[[str], Any], caplog: pytest.LogCaptureFixture, site: Any, shown: str
) -> None:
    trial = attempt("none")
    trial.run(shown.format(key=canary(site)).encode(), trial.limits)
    with pytest.raises(AssertionError, match="the canary is in the run"):
        trial.assert_nothing_leaked(caplog)


def test_a_request_is_seen(attempt: Callable[[str], Any]) -> None:
    trial = attempt("none")
    trial.run(b"app.integrations.devin.get_session('sess_abc123')", trial.limits)
    assert [line.rpartition("/")[2] for line in trial.requests] == ["devin-sess_abc123"]


@pytest.mark.parametrize("shown", ["0x7f12345678", "table: 55d0c0ffee", "[luahost main]", "Traceback (most recent"])
def test_what_lies_inside_fails_the_trick(attempt: Callable[[str], Any], shown: str) -> None:
    trial = attempt("none")
    trial.run(f"print('{shown}')".encode(), trial.limits)
    with pytest.raises(AssertionError):
        trial.assert_nothing_inside_is_shown()
