"""A run is played again from its journal, without network, key or state folder."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

import pytest

from luahost import Host
from luahost.calls.journals import Journals
from luahost.errors import UsageError
from tests.conftest import ALLOW

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

CODE = """
local devin = app.integrations.devin
local made = devin.work.create_session{ prompt = args.what, tags = { "demo" } }
sleep(0.05)
devin.work.send_message{ session_id = made.session_id, message = "hello" }
local n = 0
for session in each(devin.list_sessions, {}) do n = n + 1 end
print(made.session_id, n)
local ok, problem = pcall(devin.get_session, "devin-none")
return made.session_id, n, problem.code, math.random(1e9)
"""


@pytest.fixture
def journal(accounts: Callable[..., dict[str, Any]], tmp_path: Path) -> tuple[Path, list[Any]]:
    """The journal of a run, and what it returned."""
    with Host(accounts=accounts(), policy=ALLOW, state=tmp_path / "state", journal=True) as host:
        result = host.run(CODE, name="demo.lua", args={"what": "fix it"})
    assert result.ok
    return Journals(tmp_path / "state").path(result.run_id or ""), result.values


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> Iterator[Host]:
    """A host without keys and state, where nothing may connect."""

    def refuse(*_: Any, **__: Any) -> Any:
        raise AssertionError("a replay has opened a connection")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    with Host(state=False) as host:
        yield host


def test_it_gives_what_it_gave_without_network_or_key(journal: tuple[Path, list[Any]], offline: Host) -> None:
    path, values = journal
    result = offline.replay(path)
    assert result.ok, result.error
    assert result.values == values
    assert result.output == f"{values[0]}\t{values[1]}\n"
    assert all(call.replayed for call in result.calls)
    assert result.elapsed_ms < 2000


def test_the_script_must_be_the_one_it_is_of(journal: tuple[Path, list[Any]], offline: Host) -> None:
    path, values = journal
    assert offline.replay(path, CODE).values == values
    with pytest.raises(UsageError, match="journal of another script") as told:
        offline.replay(path, CODE + "-- changed")
    assert str(path) in told.value.message


def test_a_call_that_was_not_recorded_is_named(journal: tuple[Path, list[Any]], offline: Host) -> None:
    path, _ = journal
    text = path.read_text()
    kept = [
        line for line in text.splitlines(keepends=True) if '"devin.get_session"' not in line and '"n":4' not in line
    ]
    path.write_text("".join(kept))
    result = offline.replay(path)
    assert result.values[2] == "unsupported"
    (call,) = [each for each in result.calls if each.status == "error"]
    assert call.error is not None
    assert "has no such call: devin.get_session on account default with" in call.error["message"]
    assert "devin-none" in call.error["message"]


def test_a_run_that_died_is_played_up_to_there(journal: tuple[Path, list[Any]], offline: Host) -> None:
    path, _ = journal
    text = path.read_text()
    path.write_text(text[: text.index('{"event":"answer"', text.index('"devin.send_message"'))])
    error = offline.replay(path).error
    assert error is not None
    assert error.code == "unsupported"
    assert "has no answer to this call: devin.send_message on account work" in error.message


def test_it_writes_nothing(journal: tuple[Path, list[Any]], offline: Host) -> None:
    path, _ = journal
    before = path.read_bytes()
    offline.replay(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("", "it has no first line"),
        ("print('no journal')\n", ":1: not a line of a journal: it is not JSON"),
        ('{"event": "call"}\n', ":1: not a line of a journal"),
        ("null\n", ":1: not a line of a journal"),
    ],
)
def test_what_is_no_journal_is_named(offline: Host, tmp_path: Path, content: str, problem: str) -> None:
    (tmp_path / "x.jsonl").write_text(content)
    with pytest.raises(UsageError, match=problem):
        offline.replay(tmp_path / "x.jsonl")


def test_a_file_that_is_not_there_is_named(offline: Host, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"none\.jsonl: No such file"):
        offline.replay(tmp_path / "none.jsonl")


def test_simulated_time_is_played_as_it_was(offline: Host, tmp_path: Path) -> None:
    code = """
    local devin = app.integrations.devin
    local began = os.time()
    local made = devin.create_session{ prompt = "x" }
    local done = devin.wait_session{ session_id = made.session_id }
    sleep(100)
    return os.time() - began, began, done.status
    """
    with Host(simulate=True, policy=ALLOW, state=tmp_path, journal=True) as host:
        first = host.run(code)
    assert first.values[0] > 100
    again = offline.replay(Journals(tmp_path).path(first.run_id or ""))
    assert again.values == first.values
