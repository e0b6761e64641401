"""The files of journals: which are read, which are gone on with, and which a run gets for itself."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import stat
import threading
from typing import TYPE_CHECKING, Any

import pytest

from luahost.calls import journals as module
from luahost.calls.history import read
from luahost.calls.journal import Journal
from luahost.calls.journals import Journals, is_locked
from luahost.calls.lines import Lines
from luahost.cli import main
from luahost.durable import begin
from luahost.errors import InternalError, NetworkError, UsageError
from luahost.results import CallRecord

if TYPE_CHECKING:
    from pathlib import Path

NOW = 1_790_000_000.0


@pytest.fixture
def journals(home: Path) -> Journals:
    found = Journals(home / "state")
    found.folder.mkdir(parents=True)
    return found


def written(journals: Journals, run_id: str, *, at: float = NOW, name: str | None = None) -> Path:
    path = journals.folder / f"{name or run_id}.jsonl"
    event = {"event": "run", "at": at, "version": 1, "run_id": run_id, "name": "a.lua", "source": "", "seed": 1}
    path.write_text(json.dumps({**event, "account": "default"}, separators=(",", ":")) + "\n")
    path.chmod(0o600)
    return path


def resumed(run_id: str, capfd: pytest.CaptureFixture[str]) -> tuple[int, str]:
    code = main(["run", "--resume", run_id])
    return code, capfd.readouterr().err


# -- whose they are -------------------------------------------------------------------------------------------------


def test_a_journal_of_ones_own_is_opened(journals: Journals) -> None:
    path = written(journals, "run-one")
    os.close(journals.open("run-one"))
    assert not is_locked(path)


@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666])
def test_one_that_others_can_write_is_not_gone_on_with(
    mode: int, journals: Journals, capfd: pytest.CaptureFixture[str]
) -> None:
    path = written(journals, "run-one")
    path.chmod(mode)
    assert journals.read("run-one").run_id == "run-one"
    code, err = resumed("run-one", capfd)
    assert (code, f"{path}: others can write this journal" in err, f"chmod go-w {path}" in err) == (2, True, True)


def test_one_of_another_user_is_not_gone_on_with(journals: Journals, monkeypatch: pytest.MonkeyPatch) -> None:
    written(journals, "run-one")
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    with pytest.raises(UsageError, match="belongs to another user"):
        journals.open("run-one")


def test_a_link_is_not_followed_but_where_it_is_named_itself(
    journals: Journals, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    elsewhere = written(journals, "run-one").rename(tmp_path / "elsewhere.jsonl")
    (journals.folder / "run-one.jsonl").symlink_to(elsewhere)
    for attempt in (journals.read, journals.open):
        with pytest.raises(UsageError, match="this is a link, and a journal is a file"):
            attempt("run-one")
    assert main(["runs", "list", "--json"]) == 0
    (found,) = json.loads(capfd.readouterr().out)
    assert found["status"] == "corrupt"
    assert read(journals.folder / "run-one.jsonl").run_id == "run-one"


def test_a_journal_is_called_as_its_run(journals: Journals, capfd: pytest.CaptureFixture[str]) -> None:
    path = written(journals, "run-one", name="run-two")
    code, err = resumed("run-two", capfd)
    assert (code, f"{path}:1: this is the journal of run run-one, under another name" in err) == (2, True)
    with pytest.raises(UsageError, match="under another name"):
        journals.read("run-two")
    assert read(path).run_id == "run-one"


@pytest.mark.parametrize("kind", ["pipe", "folder"])
def test_what_is_no_file_makes_nobody_wait(kind: str, journals: Journals, capfd: pytest.CaptureFixture[str]) -> None:
    written(journals, "run-one")
    path = journals.folder / "run-pipe.jsonl"
    path.mkdir() if kind == "folder" else os.mkfifo(path, 0o600)
    told: list[Any] = []

    def look() -> None:
        told.append(main(["runs", "list", "--json"]))
        told.append(main(["runs", "show", "run-pipe"]))
        told.append(journals.find("last") in journals.ids())
        told.append(is_locked(path))
        for attempt in (lambda: journals.open("run-pipe"), lambda: journals.read("run-pipe"), lambda: read(path)):
            try:
                attempt()
            except UsageError as error:
                told.append(error.message.startswith(f"{path}: "))

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    thread.join(20)
    assert not thread.is_alive()
    out, err = capfd.readouterr()
    assert told == [0, 2, True, False, True, True, True]
    assert {each["run_id"]: each["status"] for each in json.loads(out)} == {"run-one": "died", "run-pipe": "corrupt"}
    assert f"luahost: {path}: " in err


# -- their locks ----------------------------------------------------------------------------------------------------


def test_a_new_journal_is_locked_although_somebody_looks_at_it(
    journals: Journals, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain, looks = fcntl.flock, [True, True]

    def flock(file: int, how: int) -> None:
        if how & fcntl.LOCK_EX and looks:
            looks.pop()
            raise BlockingIOError
        plain(file, how)

    monkeypatch.setattr(fcntl, "flock", flock)
    file = journals.create("run-one")
    assert is_locked(journals.path("run-one"))
    os.close(file)


@pytest.mark.parametrize(
    ("raised", "told"), [(BlockingIOError(), "locked or removed"), (OSError(37, "No locks available"), "No locks")]
)
def test_no_run_begins_with_a_journal_that_is_not_locked(
    raised: OSError, told: str, journals: Journals, monkeypatch: pytest.MonkeyPatch
) -> None:
    def flock(_: int, __: int) -> None:
        raise raised

    monkeypatch.setattr(fcntl, "flock", flock)
    monkeypatch.setattr(module, "_PAUSE", 0.0)
    with pytest.raises(InternalError, match=f"cannot be locked: .*{told}"):
        journals.create("run-one")
    assert journals.ids() == []


# -- their order ----------------------------------------------------------------------------------------------------


def test_last_is_the_first_of_the_list(journals: Journals, capfd: pytest.CaptureFixture[str]) -> None:
    written(journals, "run-new", at=NOW + 5)
    written(journals, "run-old", at=NOW)  # and written last, as by being resumed
    assert main(["runs", "list", "--json"]) == 0
    listed = [each["run_id"] for each in json.loads(capfd.readouterr().out)]
    assert listed == ["run-new", "run-old"]
    assert journals.find("last") == "run-new"


class InUse:
    """An account in use, as far as a journal looks at it."""

    class account:  # noqa: N801 (an attribute of it)
        integration, name = "own", "default"

    org_id = "org-1"

    def identity(self, _salt: str) -> dict[str, Any]:
        return {"integration": "own", "account": "default", "org_id": self.org_id}


def test_an_account_that_could_not_be_written_down_is_at_the_next_call(
    journals: Journals, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = begin(journals, "run-of-a-test", {})
    connection: Any = InUse()

    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr(Lines, "_append", full)
        with pytest.raises(InternalError, match="No space left"):
            journal.account(connection)
    journal.account(connection)
    journal.account(connection)
    journal.close()
    told = [json.loads(line)["event"] for line in journals.path("run-of-a-test").read_text().splitlines()]
    assert told == ["run", "account"]


def test_a_call_that_begins_as_its_run_ends_does_not_disturb_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    journal = Journal("run-of-a-test", None)
    for task in ("1.1", "1.2"):
        record = CallRecord("own.get", "default", task)
        entry = journal.call(record, {}, "read", walk=False, unordered=False)
        journal.fail(entry, record, NetworkError("it broke"), over=False)
    handled = Journal._was_handled

    def begins(journal: Journal, task: str, n: int) -> bool:
        journal._last[f"2.{n}"] = n
        return handled(journal, task, n)

    monkeypatch.setattr(Journal, "_was_handled", begins)
    assert journal._to_reopen(NetworkError("it broke")) == [1, 2]


def is_folder(file: int) -> bool:
    return stat.S_ISDIR(os.fstat(file).st_mode)


def test_no_write_leaves_before_the_name_of_its_journal_is_on_the_disk(
    journals: Journals, monkeypatch: pytest.MonkeyPatch
) -> None:
    settling, settle = threading.Event(), threading.Event()
    fsync = os.fsync

    def slow(file: int) -> None:
        if is_folder(file):
            settling.set()
            settle.wait(20)
        fsync(file)

    monkeypatch.setattr(os, "fsync", slow)
    lines = Lines("run-of-a-test", journals.create("run-of-a-test"), 0, journals.place)
    first, second = (
        threading.Thread(target=lines.write, args=("sent", {"n": n}), kwargs={"sure": True}) for n in (1, 2)
    )
    first.start()
    assert settling.wait(20)
    second.start()
    second.join(0.2)
    waits = second.is_alive()
    settle.set()
    first.join()
    second.join()
    lines.close()
    assert waits


def test_a_name_that_could_not_be_settled_is_settled_at_the_next_write(
    journals: Journals, monkeypatch: pytest.MonkeyPatch
) -> None:
    settled: list[bool] = []
    fsync = os.fsync

    def fails_once(file: int) -> None:
        if is_folder(file):
            settled.append(bool(settled))
            if not settled[-1]:
                raise OSError(errno.EIO, os.strerror(errno.EIO))
        fsync(file)

    monkeypatch.setattr(os, "fsync", fails_once)
    lines = Lines("run-of-a-test", journals.create("run-of-a-test"), 0, journals.place)
    with pytest.raises(InternalError, match="cannot be written"):
        lines.write("sent", {"n": 1}, sure=True)
    lines.write("sent", {"n": 2}, sure=True)
    lines.write("sent", {"n": 3}, sure=True)
    lines.close()
    assert settled == [False, True]
