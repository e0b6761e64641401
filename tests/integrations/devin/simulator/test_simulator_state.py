from __future__ import annotations

import errno
import json
import os
import stat
import time
from typing import TYPE_CHECKING, Any

import pytest

from luahost.integrations.devin.simulator import ScaledClock, StateError, VirtualClock, resume

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from luahost.integrations.devin.simulator import Simulator

    Open = Callable[..., Simulator]

ACCOUNTS = ["default", "work"]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "state.jsonl"


@pytest.fixture
def again(file: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    """Opens the state as the next process would: the lock of the one before is gone with it."""
    opened: list[Any] = []

    def close() -> None:
        while opened:
            opened.pop().on_change.__self__.close()

    def begin(**options: Any) -> Simulator:
        close()
        simulator = resume(str(file), **{"accounts": ACCOUNTS, **options})
        opened.append(simulator)
        return simulator

    yield begin
    close()


def seen(client: Any) -> list[Any]:
    """All that the families of the API show."""
    session = f"{client.sessions}/sess_abc123"
    paths = [client.sessions, f"{session}/messages", f"{session}/attachments", f"{session}/insights"]
    paths += [client.at(path) for path in ("consumption/daily", "metrics/usage", f"pr-reviews?pr_url={PR}")]
    paths.append(client.at("repositories/indexing").replace("/v3/", "/v3beta1/"))
    return [client("GET", path).json for path in paths]


PR = "https://github.com/example/app/pull/7"


def test_a_restart_goes_on_with_everything(again: Open, connect: Any) -> None:
    first = again(seed=5)
    ada, bot = connect(first), connect(first, account="work")
    uploaded = ada.upload("ä.bin", b"\x00\xff\r\n").json
    session = bot.create("Fix ümläuts", tags=["a"], attachment_urls=[uploaded["url"]])
    first.clock.sleep(0.01)
    path = f"{ada.sessions}/sess_abc123"
    ada("POST", f"{path}/messages", {"message": f'see ATTACHMENT:"{uploaded["url"]}"'})
    ada("POST", f"{path}/insights/generate")
    ada("PUT", f"{path}/tags", {"tags": ["kept"]})
    ada("POST", ada.at("pr-reviews"), {"pr_url": PR})
    ada("PUT", ada.at("repositories/example/app/indexing").replace("/v3/", "/v3beta1/"))
    v1 = connect(first, version="v1")
    v1("POST", f"{v1.sessions}/{session}/message", {"message": "from v1"})
    bot("POST", f"{bot.sessions}?devin_id={session}", {"prompt": "child"})
    bot("DELETE", f"{bot.sessions}/{session}")
    keys, moment = first.keys, first.clock.time()
    first.clock = VirtualClock(moment)
    before = seen(ada)
    second = again()
    assert second.keys == keys
    assert moment <= second.clock.time() < moment + 10
    second.clock = VirtualClock(moment)
    assert seen(connect(second)) == before
    location = ada("GET", uploaded["url"].removeprefix("http://devin.test")).headers["location"]
    path = location.removeprefix("http://devin.test")
    assert connect(second)("GET", path, authorization=None).content == b"\x00\xff\r\n"


def test_the_library_and_the_audit_log_outlive_a_restart(again: Open, connect: Any) -> None:
    bodies = {
        "secrets": {"type": "key-value", "key": "TOKEN", "value": "v"},
        "knowledge/notes": {"name": "n", "body": "b", "trigger": "t"},
        "playbooks": {"title": "t", "body": "b"},
        "schedules": {"name": "n", "prompt": "p", "frequency": "0 9 * * *"},
        "automations": {"name": "n", "run_as": "creator", "triggers": [{"type": "x"}], "actions": [{"type": "y"}]},
    }

    def shown(client: Any) -> list[Any]:
        v1 = connect(client.simulator, version="v1")
        return [*(client("GET", client.at(path)).json for path in bodies), v1("GET", "/v1/audit-logs").json]

    client = connect(again())
    for path, body in bodies.items():
        reply = client("POST", client.at(path), body)
        assert reply.status == 200, reply
    before = shown(client)
    assert shown(connect(again())) == before


def test_only_what_changed_something_is_written_and_nothing_has_a_key(again: Open, file: Path, connect: Any) -> None:
    client = connect(again())
    client.create("kept")
    client("GET", client.sessions)
    client("POST", client.sessions, {})
    client("POST", client.sessions, {"prompt": "stranger"}, authorization="Bearer cog_x")
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert [line.get("body") for line in lines] == [None, '{"prompt": "kept"}']
    keys = {key for holders in client.simulator.keys.values() for key in holders.values()}
    assert not any(key in file.read_text() for key in keys)


def test_the_file_is_for_its_owner_alone(again: Open, file: Path) -> None:
    file.touch(0o644)
    again()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_time_goes_on_while_nothing_runs(again: Open, connect: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    first = again(speed=100)
    session = connect(first).create()
    stopped, now = first.clock.time(), time.time()
    monkeypatch.setattr(time, "time", lambda: now + 50)
    second = again()
    assert stopped + 4990 <= second.clock.time() < stopped + 5010 + 1000
    client = connect(second)
    assert client("GET", f"{client.sessions}/{session}").json["status"] in ("running", "suspended")


def test_time_never_goes_back(again: Open, connect: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    first = again()
    connect(first).create()
    stopped = first.clock.time()
    monkeypatch.setattr(time, "time", lambda: 0.0)
    again()
    assert again().clock.time() >= stopped - 1


def test_a_clock_may_run_faster_than_the_machine() -> None:
    clock = ScaledClock(1000.0, 1000.0)
    clock.sleep(50)
    assert 1050 <= clock.time() < 1000 + 10_000


def test_an_account_that_is_new_joins_and_one_that_is_gone_stays(again: Open, connect: Any) -> None:
    connect(again(), account="work").create()
    second = again(accounts=["default", "nightly"])
    assert list(second.keys["v3"]) == ["default", "work", "nightly"]
    connect(second, account="nightly").create()
    assert [session["account"] for session in again(accounts=["default"]).sessions] == ["default", "work", "nightly"]


def test_the_seed_is_that_of_the_file(again: Open) -> None:
    keys = again(seed=5).keys
    assert again().keys == again(seed=5).keys == keys
    with pytest.raises(StateError, match="has seed 5, not 6"):
        again(seed=6)


@pytest.mark.parametrize("cut", [1, 20])
def test_a_last_line_that_was_not_finished_is_dropped(again: Open, file: Path, connect: Any, cut: int) -> None:
    client = connect(again())
    client.create("whole")
    client.create("torn")
    file.write_bytes(file.read_bytes()[:-cut])
    second = connect(again())
    assert [session["prompt"] for session in second.simulator.sessions[1:]] == ["whole"]
    second.create("next")
    assert [session["prompt"] for session in again().sessions[1:]] == ["whole", "next"]


@pytest.mark.parametrize(
    "content", ["hello", "hello\n", "{}\n", "\x00", '{"mark":"state of luahost simulate","format":2}\n', "\n"]
)
def test_a_foreign_file_is_refused_and_left_as_it_is(again: Open, file: Path, content: str) -> None:
    file.write_text(content)
    file.chmod(0o644)
    with pytest.raises(StateError, match="is not a state file of luahost simulate"):
        again()
    assert file.read_text() == content
    assert stat.S_IMODE(file.stat().st_mode) == 0o644


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda entry: "rubbish", "it is neither a start nor a request"),
        (lambda entry: {**entry, "at": "now"}, "it is neither a start nor a request"),
        (lambda entry: {**entry, "at": float("nan")}, "it is neither a start nor a request"),
        (lambda entry: {**entry, "body": 1}, "it is neither a start nor a request"),
        (lambda entry: {**entry, "at": 0}, "time goes backwards"),
        (lambda entry: {**entry, "account": "nobody"}, "there is no account nobody"),
        (lambda entry: {**entry, "body": "{}"}, "is now answered with 422"),
        (lambda entry: {**entry, "path": "\ud800"}, "surrogates not allowed"),
    ],
)
def test_a_broken_line_is_named(again: Open, file: Path, connect: Any, change: Any, message: str) -> None:
    client = connect(again())
    client.create()
    client.create()
    lines = file.read_text().splitlines()
    lines[1] = json.dumps(change(json.loads(lines[1])))
    file.write_text("\n".join([*lines, ""]))
    with pytest.raises(StateError, match=f"broken in line 2: .*{message}"):
        again()


@pytest.mark.parametrize("kind", ["folder", "missing folder", "pipe", "device"])
def test_what_cannot_be_a_file_is_refused(tmp_path: Path, kind: str) -> None:
    paths = {"folder": tmp_path, "missing folder": tmp_path / "a" / "b", "pipe": tmp_path / "p", "device": "/dev/null"}
    if kind == "pipe":
        os.mkfifo(tmp_path / "p")
    with pytest.raises(StateError):
        resume(str(paths[kind]), accounts=ACCOUNTS)


def test_one_file_is_for_one_simulator_at_a_time(again: Open, file: Path) -> None:
    again()
    with pytest.raises(StateError, match="in use by another simulator"):
        resume(str(file), accounts=ACCOUNTS)


def test_what_cannot_be_written_is_not_called_done(again: Open, connect: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    client = connect(again())
    client.create("kept")

    def full(*_: Any) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", full)
        reply = client("POST", client.sessions, {"prompt": "lost"})
    assert (reply.status, "No space left on device" in reply.json["detail"]) == (500, True)
    assert client("POST", client.sessions, {"prompt": "lost too"}).status == 500
    assert client("GET", client.sessions).status == 200
    assert [session["prompt"] for session in again().sessions[1:]] == ["kept"]
