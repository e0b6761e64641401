"""The two ledgers: one claim wins, settling is whole or not at all, and a death leaves nothing that cannot be read."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from luahost.calls.ledger import FREE, FolderLedger, Ledger, MemoryLedger
from luahost.errors import InternalError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SENT = {"state": "sent", "arguments": "a", "until": 1.0}
DONE = {"state": "done", "arguments": "a", "id": "s"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "state" / "ledger"


@pytest.fixture(params=["memory", "folder"])
def ledger(request: pytest.FixtureRequest, folder: Path) -> Ledger:
    return MemoryLedger() if request.param == "memory" else FolderLedger(folder)


def in_threads(count: int, work: Callable[[int], None]) -> None:
    """Runs `work` in so many threads that begin at once; raises what any of them raised."""
    barrier = threading.Barrier(count)
    problems: list[BaseException] = []

    def run(number: int) -> None:
        barrier.wait()
        try:
            work(number)
        except BaseException as problem:  # noqa: BLE001 (raised again below)
            problems.append(problem)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if problems:
        raise problems[0]


# -- both ledgers ------------------------------------------------------------------------------------------------


def test_a_key_that_nobody_used_is_free_at_turn_0(ledger: Ledger) -> None:
    assert ledger.read("key") == (0, FREE)


def test_a_claim_is_read_by_everybody(ledger: Ledger) -> None:
    assert ledger.claim("key", 1, SENT)
    assert ledger.read("key") == (1, SENT)


def test_a_turn_is_claimed_once_and_keeps_its_first_entry(ledger: Ledger) -> None:
    ledger.claim("key", 1, SENT)
    assert not ledger.claim("key", 1, {**SENT, "arguments": "other"})
    assert ledger.read("key") == (1, SENT)


def test_settling_replaces_the_entry(ledger: Ledger) -> None:
    ledger.claim("key", 1, SENT)
    ledger.settle("key", 1, DONE)
    assert ledger.read("key") == (1, DONE)


def test_a_free_turn_is_followed_by_the_next(ledger: Ledger) -> None:
    ledger.claim("key", 1, SENT)
    ledger.settle("key", 1, FREE)
    assert not ledger.claim("key", 1, SENT)
    assert ledger.claim("key", 2, SENT)
    assert ledger.read("key") == (2, SENT)


def test_who_settles_a_turn_that_was_overtaken_changes_nothing(ledger: Ledger) -> None:
    ledger.claim("key", 1, SENT)
    ledger.claim("key", 2, SENT)
    ledger.settle("key", 1, DONE)
    assert ledger.read("key") == (2, SENT)


def test_a_turn_that_was_over_cannot_be_claimed_again(ledger: Ledger) -> None:
    for turn in (1, 2, 3):
        assert ledger.claim("key", turn, {**SENT, "turn": turn})
    assert [ledger.claim("key", turn, SENT) for turn in (1, 2)] == [False, False]
    assert ledger.read("key") == (3, {**SENT, "turn": 3})


def test_keys_do_not_touch_each_other(ledger: Ledger) -> None:
    ledger.claim("one", 1, SENT)
    assert ledger.read("two") == (0, FREE)
    assert ledger.claim("two", 1, DONE)
    assert ledger.read("one") == (1, SENT)


def test_of_many_threads_one_claims(ledger: Ledger) -> None:
    won: list[tuple[str, int]] = []

    def claim(number: int) -> None:
        won.extend((f"key{key}", number) for key in range(40) if ledger.claim(f"key{key}", 1, {"state": "sent"}))

    in_threads(12, claim)
    assert sorted(key for key, _ in won) == sorted(f"key{key}" for key in range(40))


def test_between_a_claim_and_its_settling_no_other_thread_claims(ledger: Ledger) -> None:
    alone = threading.Lock()
    won: list[int] = []

    def race(_: int) -> None:
        seen = 0
        while len(won) < 120:
            turn, entry = ledger.read("key")
            assert turn >= seen, "an earlier turn came back"
            seen = turn
            if entry == FREE and ledger.claim("key", turn + 1, SENT):
                assert alone.acquire(blocking=False), "two hold the key"
                won.append(turn + 1)
                alone.release()
                ledger.settle("key", turn + 1, FREE)

    in_threads(6, race)
    assert won == sorted(set(won))


# -- the folder --------------------------------------------------------------------------------------------------


def test_two_ledgers_in_one_folder_are_one(folder: Path) -> None:
    FolderLedger(folder).claim("key", 1, SENT)
    other = FolderLedger(folder)
    assert other.read("key") == (1, SENT)
    assert not other.claim("key", 1, SENT)


RACE = """
import os, sys
from pathlib import Path
from luahost.calls.ledger import FREE, FolderLedger
ledger, alone, seen, won = FolderLedger(Path(sys.argv[1])), Path(sys.argv[1]) / "alone", 0, 0
print("ready", flush=True)
sys.stdin.readline()
while won < 30:
    turn, entry = ledger.read("key")
    assert turn >= seen, "an earlier turn came back"
    seen = turn
    if entry == FREE and ledger.claim("key", turn + 1, {"state": "sent"}):
        alone.open("x").close()  # fails when two hold the key
        won += 1
        alone.unlink()
        ledger.settle("key", turn + 1, FREE)
"""


def test_between_a_claim_and_its_settling_no_other_process_claims(folder: Path) -> None:
    pipe = subprocess.PIPE
    racers = [
        subprocess.Popen([sys.executable, "-c", RACE, str(folder)], stdin=pipe, stdout=pipe, stderr=pipe, text=True)
        for _ in range(6)
    ]
    for racer in racers:
        assert racer.stdout
        assert racer.stdout.readline() == "ready\n"
    for racer in racers:
        assert racer.stdin
        racer.stdin.write("\n")
        racer.stdin.flush()
    said = [racer.communicate(timeout=60)[1] for racer in racers]
    assert [racer.returncode for racer in racers] == [0] * 6, said
    turn, entry = FolderLedger(folder).read("key")
    assert turn >= 180
    assert entry == FREE


def test_a_reader_sees_the_old_entry_or_the_new_never_half_of_one(folder: Path) -> None:
    ledger = FolderLedger(folder)
    ledger.claim("key", 1, {"state": "sent", "filling": "0" * 20_000})
    over = threading.Event()

    def settle() -> None:
        for number in range(150):
            ledger.settle("key", 1, {"state": "sent", "filling": str(number % 10) * 20_000})
        over.set()

    writer = threading.Thread(target=settle)
    writer.start()
    while not over.is_set():
        _, entry = ledger.read("key")
        assert len(entry["filling"]) == 20_000
        assert len(set(entry["filling"])) == 1
    writer.join()


def test_settling_leaves_nothing_but_the_turn(folder: Path) -> None:
    ledger = FolderLedger(folder)
    ledger.claim("key", 1, SENT)
    ledger.settle("key", 1, DONE)
    assert [each.name for each in (folder / "key").iterdir()] == ["1"]


def test_a_draft_that_a_dead_process_left_is_no_entry(folder: Path) -> None:
    ledger = FolderLedger(folder)
    ledger.claim("key", 1, SENT)
    (folder / "key" / "draft-0123").write_text("{", "utf-8")
    assert ledger.read("key") == (1, SENT)
    assert ledger.claim("key", 2, SENT)


def test_a_claim_is_on_the_disk_under_its_name(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settled: set[int] = set()

    def fsync(fd: int) -> None:
        settled.add(os.fstat(fd).st_ino)

    monkeypatch.setattr(os, "fsync", fsync)
    ledger = FolderLedger(folder)
    assert ledger.claim("key", 1, SENT)
    assert {each.stat().st_ino for each in (folder, folder / "key", folder / "key" / "1")} <= settled
    settled.clear()
    assert not ledger.claim("key", 1, SENT)
    assert (folder / "key").stat().st_ino not in settled


def test_the_entries_are_for_their_owner_only(folder: Path) -> None:
    FolderLedger(folder).claim("key", 1, SENT)
    assert (folder / "key").stat().st_mode & 0o077 == 0


# -- torn files --------------------------------------------------------------------------------------------------


def test_an_entry_that_is_just_being_written_is_waited_for(folder: Path) -> None:
    (folder / "key").mkdir(parents=True)
    entry = folder / "key" / "1"
    entry.touch()
    writer = threading.Timer(0.2, lambda: entry.write_text(json.dumps(SENT), "utf-8"))
    writer.start()
    assert FolderLedger(folder).read("key") == (1, SENT)
    writer.join()


@pytest.mark.parametrize("content", [b"[]", b'{"state": "unheard of"}', b"null"])
def test_an_entry_that_is_not_one_is_an_error_that_names_the_file(folder: Path, content: bytes) -> None:
    (folder / "key").mkdir(parents=True)
    (folder / "key" / "1").write_bytes(content)
    with pytest.raises(InternalError, match="cannot be read") as caught:
        FolderLedger(folder).read("key")
    assert str(folder / "key" / "1") in caught.value.message


# One child after another: the first dies at the first line of ledger.py, the second at the second …
DYING = """
import json, os, signal, sys, time
from pathlib import Path
from luahost.calls import ledger as module

folder, operation = Path(sys.argv[1]), sys.argv[2]
SENT, DONE = {"state": "sent", "until": 1.0}, {"state": "done", "id": "s"}

def die_at(line):
    count = 0
    def trace(frame, event, _):
        nonlocal count
        if frame.f_code.co_filename != module.__file__:
            return None
        if event == "line":
            count += 1
            if count == line:
                os.kill(os.getpid(), signal.SIGKILL)
        return trace
    sys.settrace(trace)

outcomes = []
for line in range(1, 1000):
    ledger = module.FolderLedger(folder / str(line))
    if operation == "settle":
        ledger.claim("key", 1, SENT)
    child = os.fork()
    if not child:
        die_at(line)
        ledger.claim("key", 1, SENT) if operation == "claim" else ledger.settle("key", 1, DONE)
        os._exit(0)
    if os.waitpid(child, 0)[1] == 0:
        break
    module.time.sleep = lambda _: None  # a torn entry is not worth the wait here
    try:
        turn, entry = ledger.read("key")
        outcomes.append([turn, entry, ledger.claim("key", turn + 1, SENT)])
    except Exception as error:
        outcomes.append([line, str(error), False])
print(json.dumps(outcomes))
"""


def died_at_each_line(folder: Path, operation: str) -> list[Any]:
    done = subprocess.run(
        [sys.executable, "-c", DYING, str(folder), operation], capture_output=True, text=True, check=True, timeout=60
    )
    outcomes: list[Any] = json.loads(done.stdout)
    assert len(outcomes) > 4
    return outcomes


def test_a_death_at_any_line_of_a_claim_leaves_a_key_that_can_be_claimed(folder: Path) -> None:
    sent = {"state": "sent", "until": 1.0}
    wrong = [each for each in died_at_each_line(folder, "claim") if each not in ([0, FREE, True], [1, sent, True])]
    assert not wrong


def test_a_death_at_any_line_of_settling_leaves_the_old_entry_or_the_new(folder: Path) -> None:
    expected = [[1, {"state": "sent", "until": 1.0}, True], [1, {"state": "done", "id": "s"}, True]]
    wrong = [each for each in died_at_each_line(folder, "settle") if each not in expected]
    assert not wrong


# -- a folder that cannot be used --------------------------------------------------------------------------------


def when_the_disk_is_full(work: Callable[[], object]) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        with pytest.raises(InternalError, match="cannot be used"):
            work()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_claim_on_a_full_disk_fails_and_can_be_made_later(folder: Path) -> None:
    ledger = FolderLedger(folder)
    when_the_disk_is_full(lambda: ledger.claim("key", 1, SENT))
    turn, entry = ledger.read("key")
    assert entry["state"] == "free"
    assert ledger.claim("key", turn + 1, SENT)


def test_settling_on_a_full_disk_keeps_the_entry_and_leaves_no_draft(folder: Path) -> None:
    ledger = FolderLedger(folder)
    ledger.claim("key", 1, SENT)
    when_the_disk_is_full(lambda: ledger.settle("key", 1, DONE))
    assert ledger.read("key") == (1, SENT)
    assert [each.name for each in (folder / "key").iterdir()] == ["1"]


def test_reading_makes_no_folder(folder: Path) -> None:
    FolderLedger(folder).read("key")
    assert not folder.parent.exists()


@pytest.mark.parametrize("where", ["state", "state/ledger", "state/ledger/key"])
def test_a_file_where_the_folder_should_be_is_an_error(tmp_path: Path, where: str) -> None:
    (tmp_path / where).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / where).touch()
    ledger = FolderLedger(tmp_path / "state" / "ledger")
    with pytest.raises(InternalError, match="cannot be used"):
        ledger.read("key")
    with pytest.raises(InternalError, match="cannot be used") as caught:
        ledger.claim("key", 1, SENT)
    assert "LUAHOST_HOME" in (caught.value.hint or "")


@pytest.mark.parametrize("where", ["state", "state/ledger", "state/ledger/key"])
def test_a_link_to_a_shared_folder_that_is_not_mounted_is_an_error(tmp_path: Path, where: str) -> None:
    """Not a claim that somebody else has: who is told so reads, finds the key free, claims again, for ever."""
    (tmp_path / where).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / where).symlink_to(tmp_path / "unmounted" / "share")
    with pytest.raises(InternalError, match="cannot be used"):
        FolderLedger(tmp_path / "state" / "ledger").claim("key", 1, SENT)


def test_a_folder_that_vanishes_is_an_error_when_settling(folder: Path) -> None:
    ledger = FolderLedger(folder)
    ledger.claim("key", 1, SENT)
    (folder / "key" / "1").unlink()
    (folder / "key").rmdir()
    with pytest.raises(InternalError, match="cannot be used"):
        ledger.settle("key", 1, DONE)


def test_a_free_key_is_read_at_once(folder: Path) -> None:
    began = time.monotonic()
    FolderLedger(folder).read("key")
    assert time.monotonic() - began < 1
