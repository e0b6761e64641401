"""The pool: what is ready and when, who gets which process, what happens when one goes wrong, and that none is left."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import lupa
import pytest

from luahost import Host, Limits
from luahost.errors import InternalError, UsageError
from luahost.lua import child as child_module, parent as parent_module, pool as pool_module, runner, spawn
from luahost.lua.child import Single
from luahost.lua.pool import Pool
from tests.ctrl_c import at_each_moment
from tests.lua.test_runs import failure, no_child_left, scripts
from tests.processes import alive, descendants, linux, parent, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from luahost.lua.child import Child
    from luahost.results import Result
    from tests.conftest import Command

__all__ = ["no_child_left"]  # a fixture for every test of this file

pytestmark = linux

REPOSITORY = Path(__file__).parents[2]
CALL = "app.integrations.devin.get_current_user()"


@pytest.fixture
def pids(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The processes that runs were given, in their order."""
    found: list[int] = []

    def noting(take: Callable[..., Child | None]) -> Callable[..., Child | None]:
        def noted(pool: Pool, *arguments: Any, **options: Any) -> Child | None:
            child = take(pool, *arguments, **options)
            if child is not None:
                found.append(child.pid)
            return child

        return noted

    for name in ("take", "take_ready"):
        monkeypatch.setattr(Pool, name, noting(getattr(Pool, name)))
    return found


@pytest.fixture
def here() -> set[int]:
    """The processes that this one had before the test."""
    return descendants(os.getpid())


def waiting(before: set[int]) -> int:
    """How many processes there are for scripts."""
    return len(scripts(before))


def zygote(before: set[int]) -> int:
    """The process from which those for scripts are forked."""
    (found,) = {pid for pid in descendants(os.getpid()) - before if parent(pid) == os.getpid()}
    return found


def host_with(**options: Any) -> Host:
    return Host(isolation="process", state=False, **{"limits": Limits(wall=10), **options})


# -- ahead of need -------------------------------------------------------------------------------------------------


def test_nothing_is_started_before_the_first_run(here: set[int]) -> None:
    with host_with():
        assert descendants(os.getpid()) == here


def test_after_a_run_another_process_is_ready(here: set[int]) -> None:
    with host_with() as host:
        host.run("return 1")
        assert wait_until(lambda: waiting(here) >= 1)


def test_the_stock_grows_under_load_and_shrinks_when_nothing_runs(
    here: set[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool_module, "IDLE", 0.3)
    together = threading.Barrier(8)
    seen: list[int] = []

    def meet(_: bytes) -> None:
        together.wait(20)
        seen.append(waiting(here))
        together.wait(20)

    with host_with() as host, ThreadPoolExecutor(8) as threads:
        runs = [threads.submit(host.run, "print(1)", on_output=meet) for _ in range(8)]
        assert [run.result().ok for run in runs] == [True] * 8
        assert min(seen) >= 8
        assert wait_until(lambda: waiting(here) == 1)
        assert host.run("return 1").value == 1


def test_no_more_than_the_stock_is_made_ahead(here: set[int]) -> None:
    with host_with() as host:
        most = 0
        for _ in range(100):
            host.run("return 1")
            most = max(most, waiting(here))
    assert most <= 3 * pool_module.STOCK  # with those that are ending


def test_processes_that_served_an_owner_go_when_nothing_runs(here: set[int], monkeypatch: pytest.MonkeyPatch) -> None:
    with host_with(reuse=100) as host:
        for owner in "abcd":
            host.run("return 1", owner=owner)
        assert waiting(here) >= 4
        monkeypatch.setattr(pool_module, "IDLE", 0.1)
        host.run("while true do end", owner="a", limits=Limits(wall=0.1))  # its end is something to do for the pool
        assert wait_until(lambda: waiting(here) <= 1)


# -- when all are busy ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("reuse", [1, 10])
def test_six_threads_share_two_processes(here: set[int], reuse: int) -> None:
    most: list[int] = []

    def work(n: int) -> Any:
        return host.run(f"print(1) return {n}", on_output=lambda _: most.append(waiting(here))).value

    with host_with(processes=2, reuse=reuse) as host, ThreadPoolExecutor(6) as threads:
        assert list(threads.map(work, range(30))) == list(range(30))
    assert max(most) <= 2


def test_waiting_for_a_process_counts_as_wall() -> None:
    began, release = threading.Event(), threading.Event()

    def hold(_: bytes) -> None:
        began.set()
        release.wait(20)

    with host_with(processes=1) as host, ThreadPoolExecutor(1) as threads:
        first = threads.submit(host.run, "print(1) return 1", on_output=hold)
        assert began.wait(20)
        second = host.run("return 2", limits=Limits(wall=0.2))
        release.set()
        assert first.result().value == 1
        error = failure(second)
        assert (error.code, error.details["limit"]) == ("limit_exceeded", "wall")
        assert host.run("return 3").value == 3


@pytest.mark.parametrize("processes", [0, -1, True, 1.5, "2", None])
def test_a_number_of_processes_is_a_whole_number_above_0(processes: Any) -> None:
    for name in ("processes", "reuse"):
        with pytest.raises(UsageError, match=name):
            host_with(**{name: processes})


# -- owners --------------------------------------------------------------------------------------------------------


def test_a_process_serves_as_many_runs_as_it_may_and_then_goes(pids: list[int]) -> None:
    with host_with(reuse=3) as host:
        for _ in range(9):
            assert host.run("return 1", owner="a").ok
        assert len(set(pids)) == 3
        assert pids == [pid for pid in dict.fromkeys(pids) for _ in range(3)]
        assert wait_until(lambda: not any(map(alive, set(pids))))


def test_without_reuse_every_run_has_a_process_of_its_own(pids: list[int]) -> None:
    with host_with() as host:
        for _ in range(10):
            host.run("return 1", owner="a")
    assert len(set(pids)) == 10


def test_two_owners_never_share_a_process(pids: list[int]) -> None:
    served: dict[int, set[str]] = {}
    with host_with(reuse=50) as host:
        for n in range(40):
            owner = "abc"[n * n % 3]
            host.run("return 1", owner=owner)
            served.setdefault(pids[-1], set()).add(owner)
    assert {len(owners) for owners in served.values()} == {1}
    assert len(served) < 10


def test_two_owners_in_threads_never_share_a_process() -> None:
    served: dict[int, set[str]] = {}
    take = Pool.take

    def noted(pool: Pool, owner: str = "", timeout: float | None = None, _: Any = None) -> Child | None:
        child = take(pool, owner, timeout)
        assert child is not None
        served.setdefault(child.pid, set()).add(owner)
        return child

    with pytest.MonkeyPatch.context() as patch, host_with(reuse=50) as host, ThreadPoolExecutor(6) as threads:
        patch.setattr(Pool, "take", noted)
        list(threads.map(lambda n: host.run("return 1", owner=f"owner {n % 4}"), range(120)))
    assert {len(owners) for owners in served.values()} == {1}


def test_states_are_fresh_in_a_process_that_is_reused(pids: list[int]) -> None:
    with host_with(reuse=5) as host:
        for _ in range(5):
            found = host.run("local before = x; x = 1; string.y = 2; return before == nil, string.y == nil")
            assert found.ok is False or found.values[0] is True
            assert host.run("return x == nil and string.y == nil").value is True


def test_a_run_that_failed_by_itself_leaves_its_process_for_the_next(pids: list[int]) -> None:
    with host_with(reuse=10) as host:
        for source in ("error('x')", "x = = 1", "return 1"):
            host.run(source)
    assert len(set(pids)) == 1


@pytest.mark.parametrize(
    ("source", "limits"),
    [
        ("while true do end", Limits(wall=0.2)),
        ("while true do end", Limits(cpu=0.1)),
        ("while true do print('x') end", Limits(output_bytes=100)),
        ("local t = {} while true do t[#t + 1] = ('x'):rep(1e6) .. #t end", Limits(memory_mib=16)),
    ],
)
def test_a_process_whose_run_went_over_a_limit_serves_no_other(pids: list[int], source: str, limits: Limits) -> None:
    with host_with(reuse=10) as host:
        assert host.run("return 1").value == 1  # its process is there before the time of the next run begins
        assert failure(host.run(source, limits=limits)).code == "limit_exceeded"
        assert host.run("return 1").value == 1
    first, used, last = pids
    assert (first == used, used == last) == (True, limits.memory_mib == 16)


NO_ROOM = """
import sys; sys.path += sys.argv[3:]
from luahost.lua import worker
made, engine = 0, worker.Engine
def once(*args, **options):
    global made
    made += 1
    if made > 1: raise MemoryError
    return engine(*args, **options)
worker.Engine = once
worker.{0}()
"""


def test_a_process_without_room_for_a_further_state_is_replaced(
    pids: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("luahost.lua.spawn._BOOT", NO_ROOM)
    with host_with(reuse=10) as host:
        found = [host.run(f"return {n}") for n in range(5)]
    assert [(each.value, each.error) for each in found] == [(n, None) for n in range(5)]
    assert len(set(pids)) == 5


def test_an_owner_does_not_wait_for_a_process_that_another_leaves_unused(here: set[int]) -> None:
    with host_with(reuse=100, processes=1) as host:
        assert host.run("return 1", owner="a").value == 1
        assert host.run("return 2", owner="b", limits=Limits(wall=2)).value == 2
        assert waiting(here) <= 1


def test_an_owner_gets_its_turn_while_another_runs_without_pause() -> None:
    over = threading.Event()

    def busy() -> None:
        while not over.is_set():
            host.run("return 1", owner="a")

    with host_with(reuse=10**6, processes=1) as host, ThreadPoolExecutor(1) as threads:
        running = threads.submit(busy)
        try:
            assert [host.run("return 2", owner="b", limits=Limits(wall=3)).value for _ in range(5)] == [2] * 5
        finally:
            over.set()
            running.result()


def test_nobody_waits_while_a_process_of_theirs_is_free() -> None:
    """Four owners wait at once; whoever is woken first may be one whom the free process is not for."""
    began = time.monotonic()
    with host_with(reuse=1000, processes=2) as host, ThreadPoolExecutor(8) as threads:
        found = threads.map(lambda n: host.run(f"return {n}", owner=f"owner {n % 4}").value, range(80))
        assert list(found) == list(range(80))
    assert time.monotonic() - began < 10


# -- what dies -----------------------------------------------------------------------------------------------------


def test_an_owner_is_given_a_process_of_its_own_while_another_waits_for_its_place(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pool_module, "IDLE", 600.0)  # nothing that rests is ended by itself
    asked = threading.Event()
    make_room = Pool._make_room

    def later(pool: Pool) -> list[Child]:
        asked.wait(20)
        return make_room(pool)

    pool = Pool(reuse=10, most=1)
    first = pool.take("mine")
    assert first is not None
    pool.give_back(first, "mine", fit=True)
    monkeypatch.setattr(Pool, "_make_room", later)
    with ThreadPoolExecutor(2) as threads:
        try:
            other = threads.submit(pool.take, "other")
            wait_until(lambda: pool._waiting == ["other"])
            mine = threads.submit(pool.take, "mine")
            wait_until(lambda: mine.done() or len(pool._waiting) == 2)
            asked.set()
            assert mine.result(5) is first
            pool.give_back(first, "mine", fit=True)
            found = other.result(10)
            assert found is not None
            pool.give_back(found, "other", fit=False)
        finally:
            asked.set()
            pool.close()


def test_what_somebody_waits_for_is_not_ready_for_another() -> None:
    pool = Pool(reuse=10)
    mine = pool.take("mine")
    assert mine is not None
    try:
        assert wait_until(lambda: pool.has_ready("other"))
        with pool._changed:
            pool._waiting.append("third")
        assert not pool.has_ready("other")
        assert pool.take_ready("other") is None
        pool.give_back(mine, "mine", fit=True)
        assert pool.has_ready("mine")
        pool._waiting.remove("third")
    finally:
        pool.close()


def test_where_processes_are_used_again_one_is_ready_for_the_next_owner(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool_module, "IDLE", 60)  # nor is it made for the lack of anything else to do
    pool = Pool(reuse=10)
    try:
        for owner in ("one", "two", "three"):
            assert pool.take(owner) is not None
            assert wait_until(lambda: pool.has_ready("another"))
    finally:
        pool.close()


def test_who_comes_while_a_pool_closes_does_not_wait_behind_those_who_leave(monkeypatch: pytest.MonkeyPatch) -> None:
    pool = Pool(most=1)
    busy = pool.take()
    assert busy is not None
    with ThreadPoolExecutor(2) as threads:
        leaving = threads.submit(pool.take)
        wait_until(lambda: len(pool._waiting) == 1)
        notify_all = pool._changed.notify_all
        monkeypatch.setattr(pool._changed, "notify_all", lambda: None)  # they are about to hear of it
        pool.close()
        late = threads.submit(pool.take)
        try:
            with pytest.raises(UsageError, match="closed"):
                late.result(5)
        finally:
            with pool._changed:
                notify_all()
        with pytest.raises(UsageError, match="closed"):
            leaving.result()
    pool.give_back(busy, fit=False)


def test_ctrl_c_leaves_nothing_locked_wherever_it_comes() -> None:
    pool = Pool(reuse=1000)

    def take_and_give_back() -> None:
        child = pool.take_ready()
        assert child is not None
        pool.give_back(child, fit=True)

    def is_usable() -> bool:
        if not pool._changed.acquire(timeout=1):
            return False
        pool._changed.release()
        child = pool.take()
        assert child is not None
        pool.give_back(child, fit=True)
        return True

    assert is_usable()
    assert at_each_moment(take_and_give_back, is_usable) > 10
    pool.close()


def killed(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    assert wait_until(lambda: not alive(pid))


@pytest.mark.parametrize("reuse", [1, 10])
def test_a_process_that_died_while_it_waited_is_replaced(here: set[int], pids: list[int], reuse: int) -> None:
    with host_with(reuse=reuse) as host:
        host.run("return 1")
        for _ in range(3):
            assert wait_until(lambda: waiting(here) >= 1)
            for pid in scripts(here):
                with suppress(ProcessLookupError):
                    killed(pid)
            time.sleep(0.01)  # what has just rested is taken unseen, see Child.is_ready
            before = len(pids)
            assert host.run("return 2").value == 2
            assert len(pids) == before + 1


def test_when_their_parent_was_killed_the_next_run_works(here: set[int]) -> None:
    with host_with() as host:
        for n in range(3):
            assert host.run("return 1").value == 1, n
            assert wait_until(lambda: waiting(here) >= 1)
            gone = scripts(here)
            killed(zygote(here))
            assert wait_until(lambda: not any(map(alive, gone)))  # noqa: B023 (within this turn)


def test_when_their_parent_is_killed_a_run_ends_with_an_error_and_the_next_works(here: set[int]) -> None:
    with host_with() as host:
        host.run("return 1")
        error = failure(host.run("print(1) while true do end", on_output=lambda _: killed(zygote(here))))
        assert error.code == "internal_error"
        assert host.run("return 2").value == 2


@pytest.mark.parametrize("size", [0, 4 << 20], ids=["gives no answer", "takes no input"])
def test_a_process_that_is_stopped_while_it_waits_is_an_error_and_the_next_run_works(
    here: set[int], monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    for module in (runner, child_module):
        monkeypatch.setattr(module, "SILENCE", 0.3)
    with host_with() as host:
        host.run("return 1")
        assert wait_until(lambda: waiting(here) >= 1)
        for pid in scripts(here):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGSTOP)
        for _ in range(pool_module.STOCK + 1):  # one for each that was stopped
            result = host.run("return 2", args={"x": "y" * size})
            if result.ok:
                break
            assert failure(result).code == "internal_error"
        assert result.value == 2


def test_a_parent_that_is_stopped_is_replaced(here: set[int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parent_module, "SILENCE", 0.3)
    with host_with() as host:
        host.run("return 1")
        stopped = zygote(here)
        os.kill(stopped, signal.SIGSTOP)
        results = [host.run("return 2") for _ in range(pool_module.STOCK + 2)]
        assert {result.error.code for result in results if result.error} <= {"internal_error"}
        assert results[-1].value == 2
        assert not alive(stopped)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGSEGV, signal.SIGALRM, signal.SIGRTMIN + 3])
def test_whatever_signal_ends_a_process_is_named(pids: list[int], number: int) -> None:
    with host_with() as host:
        error = failure(host.run("print(1) while true do end", on_output=lambda _: os.kill(pids[-1], number)))
        assert error.code == "internal_error"
        assert str(int(number)) in error.message
        assert host.run("return 2").value == 2


# -- what misbehaves -----------------------------------------------------------------------------------------------

# The worker, but that bytes which hold a word make it do something.
BAD_WORKER = """
import sys; sys.path[:0] = sys.argv[3:]
import os
from luahost.lua import worker
good = worker._border
def frame(text): os.write(1, len(text).to_bytes(4, "little") + text)
def flood(text):
    while True: frame(text)
def silent():
    while True: os.read(0, 1 << 16)
acts = dict(
    leaves_well=lambda: os._exit(0),
    leaves_badly=lambda: os._exit(9),
    crashes=lambda: os.getcwd(),
    sends_no_frame=lambda: (os.write(1, b"no frame at all"), silent()),
    sends_an_empty_frame=lambda: (os.write(1, bytes(4)), silent()),
    sends_a_frame_too_long=lambda: (os.write(1, bytes([255]) * 4), silent()),
    sends_a_part_and_leaves=lambda: (os.write(1, b"mmmmR0 "), os._exit(0)),
    sends_an_unknown_kind=lambda: (frame(b"Z0 x"), silent()),
    sends_no_number=lambda: (frame(b"O x"), silent()),
    sends_no_json=lambda: (frame(b"R0 nothing"), silent()),
    sends_a_list=lambda: (frame(b"R0 []"), silent()),
    sends_no_request=lambda: (frame(b"Q1 nothing"), silent()),
    floods_with_output=lambda: flood(b"O0 " + b"x" * 60000),
    floods_with_requests=lambda: flood(b"Q1 " + b'{{"op":"sleep","seconds":1000}}'),
    floods_with_frames=lambda: flood(b"A1 {{}}"),
    nests=lambda: (frame(b'R0 {{"ok":true,"values":' + b"[" * 100000 + b"]" * 100000 + b"}}"), silent()),
)
def border(data):
    found = good(data)
    for word, act in acts.items():
        if word.encode() in found:
            act()
    return found
worker._border = border
worker.{0}()
"""
ACTS = [line.split("=")[0].strip() for line in BAD_WORKER.splitlines() if "=lambda" in line]


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("reuse", [1, 5])
def test_a_process_that_misbehaves_is_an_error_and_the_next_run_works(
    monkeypatch: pytest.MonkeyPatch, act: str, reuse: int
) -> None:
    monkeypatch.setattr(spawn, "_BOOT", BAD_WORKER)
    monkeypatch.setattr("luahost.calls.run.GRACE", 1.0)
    with host_with(reuse=reuse, limits=Limits(wall=10, output_bytes=1 << 20)) as host:
        assert host.run("return 1").value == 1
        error = failure(host.run(f"-- {act}"))
        assert error.code == ("limit_exceeded" if act == "floods_with_output" else "internal_error")
        assert error.message
        assert host.run("return 2").value == 2


STILLBORN = """
import sys; sys.path[:0] = sys.argv[3:]
import os
from luahost.lua import worker
worker._close = lambda *_: os._exit(3)
worker.{0}()
"""


def test_processes_that_die_before_they_are_ready_are_an_error(here: set[int], monkeypatch: pytest.MonkeyPatch) -> None:
    with host_with() as host:
        with monkeypatch.context() as patch:
            patch.setattr(spawn, "_BOOT", STILLBORN)
            for _ in range(3):
                assert failure(host.run("return 1", limits=Limits(wall=5))).code == "internal_error"
        killed(zygote(here))
        assert host.run("return 2").value == 2


@pytest.fixture
def bad_python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Puts a shell script in the interpreter's place."""

    def put(lines: str) -> None:
        file = tmp_path / "python"
        file.write_text(f"#!/bin/sh\n{lines}\n")
        file.chmod(0o755)
        monkeypatch.setattr(sys, "executable", str(file))

    return put


BAD_STARTS = {
    "leaves": "exit 0",
    "leaves with a message": "echo no room on this ship >&2; exit 3",
    "says nothing": "exec sleep 1000",
    "says nonsense": "echo nonsense >&0; echo nonsense; exec sleep 1000",
    "says bytes": "printf '\\377\\376\\000\\001\\n' >&0; printf '\\377\\376\\000\\001\\n'; exec sleep 1000",
    "crashes": "kill -SEGV $$",
}


@pytest.mark.parametrize("how", BAD_STARTS)
def test_an_interpreter_that_does_not_start_is_an_error_and_the_next_run_works(
    bad_python: Callable[[str], None], monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    good = sys.executable
    monkeypatch.setattr(parent_module, "SILENCE", 0.5)
    with host_with() as host:
        bad_python(BAD_STARTS[how])
        error = failure(host.run("return 1", limits=Limits(wall=5)))
        assert (error.code, error.hint) == ("internal_error", "run it again")
        if "message" in how:
            assert "no room on this ship" in error.message
        monkeypatch.setattr(sys, "executable", good)
        assert host.run("return 2").value == 2


@pytest.mark.parametrize("how", BAD_STARTS)
def test_a_single_process_that_does_not_start_is_an_error(
    bad_python: Callable[[str], None], monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    monkeypatch.setattr(child_module, "SILENCE", 0.5)
    bad_python(BAD_STARTS[how])
    with host_with() as host:
        error = failure(host.run("return 1", child=Single()))
    assert error.code == "internal_error"
    if "message" in how:
        assert "no room on this ship" in error.message


@pytest.mark.parametrize("name", ["no-such-python", "."])
def test_an_interpreter_that_is_not_there_is_an_error_and_the_next_run_works(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    with host_with() as host:
        with monkeypatch.context() as patch:
            patch.setattr(sys, "executable", str(tmp_path / name))
            assert failure(host.run("return 1")).code == "internal_error"
            with pytest.raises(InternalError):
                Single()
        assert host.run("return 2").value == 2


def test_a_module_beside_lupa_does_not_stand_in_for_a_standard_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a package is installed, there may be backports too."""
    (tmp_path / "lupa").symlink_to(Path(lupa.__file__).parent)
    for name in ("struct", "select", "socket", "typing"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('not the standard one')")
    monkeypatch.syspath_prepend(tmp_path)
    for reuse in (1, 2):
        with host_with(reuse=reuse) as host:
            assert host.run("return 1").value == 1
    with host_with() as host:
        assert host.run("return 1", child=Single()).value == 1


# -- many at once --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("reuse", [1, 20])
def test_eight_threads_get_their_own_results(reuse: int) -> None:
    def work(thread: int) -> list[Any]:
        found: list[Any] = []
        for n in range(50):
            result = host.run(f"print(args.n) {CALL} return args.n, {thread}", args={"n": n}, owner=f"o{thread % 3}")
            found.append((result.output, result.values, len(result.calls)))
        return found

    with Host(isolation="process", simulate=True, reuse=reuse) as host, ThreadPoolExecutor(8) as threads:
        found = list(threads.map(work, range(8)))
    assert found == [[(f"{n}\n", [n, thread], 1) for n in range(50)] for thread in range(8)]


def test_a_host_that_is_closed_meanwhile_ends_its_runs() -> None:
    began = threading.Event()
    outcome: list[Result | BaseException] = []

    def work() -> None:
        try:
            outcome.append(host.run("print(1) while true do end", on_output=lambda _: began.set()))
        except BaseException as error:  # noqa: BLE001 (looked at below)
            outcome.append(error)

    for _ in range(5):
        host = host_with(limits=Limits(wall=30, cpu=20))
        began.clear()
        thread = threading.Thread(target=work)
        thread.start()
        assert began.wait(10)
        host.close()
        thread.join(5)
        assert not thread.is_alive()
    errors = [each if isinstance(each, BaseException) else each.error for each in outcome]
    assert {getattr(error, "code", repr(error)) for error in errors} <= {"cancelled", "internal_error"}


def test_a_run_in_this_process_ends_at_its_next_call_when_its_host_is_closed() -> None:
    began, closed = threading.Event(), threading.Event()
    outcome: list[Result] = []

    def printed(_: bytes) -> None:
        began.set()
        closed.wait(20)

    host = Host(isolation="none", simulate=True, state=False, limits=Limits(wall=10))
    thread = threading.Thread(
        target=lambda: outcome.append(host.run(f"{CALL} print(1) {CALL} return 2", on_output=printed))
    )
    thread.start()
    assert began.wait(10)
    host.close()
    closed.set()
    thread.join()
    assert failure(outcome[0]).message == "the host was closed during this run"


# -- nothing is left behind ----------------------------------------------------------------------------------------


def descriptors() -> list[str]:
    """What is open here, in words."""
    found = []
    for each in Path("/proc/self/fd").iterdir():
        with suppress(OSError):
            found.append(str(each.readlink()).split(":")[0])
    return sorted(found)


@pytest.mark.parametrize("reuse", [1, 7])
def test_after_200_runs_all_is_as_before(here: set[int], reuse: int) -> None:
    with host_with(reuse=reuse) as host:
        host.run("return 1")
    before, threads = descriptors(), threading.active_count()
    with host_with(reuse=reuse) as host:
        for n in range(200):
            host.run("return 1" if n % 5 else "error('x')", owner=str(n % 3))
        assert len(descriptors()) < len(before) + 2 * 64 + 8
    assert wait_until(lambda: len(descriptors()) <= len(before))  # what earlier tests have left may go meanwhile
    assert wait_until(lambda: threading.active_count() <= threads)
    assert descendants(os.getpid()) == here


def test_an_error_within_with_leaves_no_process(here: set[int]) -> None:
    def fail() -> None:
        with host_with() as host:
            host.run("return 1")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert descendants(os.getpid()) == here


def test_closing_twice_or_before_any_run_does_nothing(here: set[int]) -> None:
    host = host_with()
    host.close()
    host.close()
    with pytest.raises(UsageError):
        host.run("return 1")
    assert descendants(os.getpid()) == here


def test_hosts_that_are_dropped_without_close_leave_nothing(here: set[int]) -> None:
    before, threads = descriptors(), threading.active_count()
    for reuse in (1, 5) * 4:
        host = host_with(reuse=reuse)
        assert host.run("return 1").value == 1
        del host
    gc.collect()
    assert wait_until(lambda: descendants(os.getpid()) == here)
    assert wait_until(lambda: threading.active_count() <= threads)
    assert wait_until(lambda: len(descriptors()) <= len(before))


def test_a_program_that_the_host_starts_gets_none_of_its_descriptors() -> None:
    look = "import os, sys; print(sorted(os.listdir('/proc/self/fd'), key=int)[:-1])"
    with host_with(reuse=3) as host:
        host.run("return 1")
        host.run("return 1", owner="a")
        found = subprocess.run([sys.executable, "-c", look], close_fds=False, stdout=subprocess.PIPE, check=True)
    mine = subprocess.run([sys.executable, "-c", look], close_fds=False, stdout=subprocess.PIPE, check=True)
    assert found.stdout == mine.stdout


# -- programs that end ---------------------------------------------------------------------------------------------

PROGRAM = """
import os, resource, signal, sys, threading, time
from luahost import Host, Limits
def children():
    found = set()
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            if open(f"/proc/{{pid}}/stat").read().rsplit(") ", 1)[1].split()[1] == str(os.getpid()): found.add(pid)
        except OSError: pass
    return found
host = Host(isolation="process", simulate=True, reuse={reuse})
assert host.run("return 1").value == 1
{body}
"""


@contextmanager
def program(body: str, reuse: int = 1) -> Iterator[subprocess.Popen[bytes]]:
    """A program with a host, which has run a script."""
    code = PROGRAM.format(body=body, reuse=reuse)
    env = {**os.environ, "PYTHONWARNINGS": "error,ignore::DeprecationWarning"}
    pipe = subprocess.PIPE
    running = subprocess.Popen([sys.executable, "-c", code], stdin=pipe, stdout=pipe, cwd=REPOSITORY, env=env)
    try:
        yield running
    finally:
        running.kill()
        running.communicate()


def finished(running: subprocess.Popen[bytes], seconds: float = 20) -> str:
    out, _ = running.communicate(timeout=seconds)
    return out.decode()


def started_by(running: subprocess.Popen[bytes]) -> set[int]:
    """The processes of a program that has printed a line."""
    assert running.stdout is not None
    assert running.stdout.readline()
    found = descendants(running.pid)
    assert found  # at least the parent of its processes; those may just be replaced
    return found


ENDS = {
    "by itself": ("print(1, flush=True); input()", None, 0),
    "by sys.exit": ("print(1, flush=True); input(); sys.exit(3)", None, 3),
    "by an exception": ("print(1, flush=True); input(); 1 / 0", None, 1),
    "by os._exit": ("print(1, flush=True); input(); os._exit(4)", None, 4),
    "in a thread's run": (
        """threading.Thread(target=host.run, args=('while true do end',), daemon=True).start()
print(1, flush=True); input()""",
        None,
        0,
    ),
    "by SIGTERM": ("print(1, flush=True); input()", signal.SIGTERM, -signal.SIGTERM),
    "by SIGTERM, handled": (
        "signal.signal(signal.SIGTERM, lambda *_: sys.exit(5)); print(1, flush=True); input()",
        signal.SIGTERM,
        5,
    ),
    "by SIGKILL": ("print(1, flush=True); input()", signal.SIGKILL, -signal.SIGKILL),
    "by SIGKILL in a run": (
        "host.run('print(1) while true do end', on_output=lambda _: print(1, flush=True))",
        signal.SIGKILL,
        -signal.SIGKILL,
    ),
    "by SIGHUP": ("print(1, flush=True); input()", signal.SIGHUP, -signal.SIGHUP),
}


@pytest.mark.parametrize("how", ENDS)
@pytest.mark.parametrize("reuse", [1, 5])
def test_a_program_leaves_no_process_however_it_ends(how: str, reuse: int) -> None:
    body, number, code = ENDS[how]
    with program(body, reuse) as running:
        started = started_by(running)
        if number is not None:
            running.send_signal(number)
        with suppress(subprocess.TimeoutExpired):
            running.communicate(b"\n", timeout=10)
        assert running.returncode == code
        assert wait_until(lambda: not any(map(alive, started)))


FORKS = """
host.run("app.integrations.devin.get_current_user()")
pid = os.fork()
if pid == 0:
    values = []
    try:
        values.append(host.run("return 2", limits=Limits(wall=5)).value)
        values.append(host.run("return app.integrations.devin.get_current_user().name", limits=Limits(wall=5)).value)
        with Host(simulate=True) as other:
            values.append(other.run("return app.integrations.devin.get_current_user().name").value)
        print(values, flush=True)
        host.close()
    finally:
        os._exit(0)
os.waitpid(pid, 0)
print(host.run("return 3").value, flush=True)
host.close()
"""


@pytest.mark.parametrize("reuse", [1, 5])
def test_a_program_that_forks_can_run_scripts_on_both_sides(reuse: int) -> None:
    with program(FORKS, reuse) as running:
        assert finished(running).splitlines() == ["[2, 'Ada Lovelace', 'Ada Lovelace']", "3"]


POOL_OF_PROCESSES = """
import multiprocessing
def work(n):
    return host.run(f"return {n} * 2").value
with multiprocessing.get_context("fork").Pool(2) as workers:
    print(workers.map(work, range(6)), flush=True)
print(host.run("return 3").value, flush=True)
"""


def test_a_program_that_uses_multiprocessing_can_run_scripts_in_each(here: set[int]) -> None:
    with program(POOL_OF_PROCESSES.replace("{", "{{").replace("}", "}}").format()) as running:
        assert finished(running).splitlines() == ["[0, 2, 4, 6, 8, 10]", "3"]


FORKED_AND_KILLED = """
pid = os.fork()
if pid == 0:
    host.run("return 1")
    print(os.getpid(), flush=True)
    time.sleep(1000)
    os._exit(0)
os.waitpid(pid, 0)
print(host.run("return 2").value, flush=True)
"""


def test_the_fork_of_a_program_leaves_no_process_when_it_is_killed() -> None:
    with program(FORKED_AND_KILLED) as running:
        assert running.stdout is not None
        fork = int(running.stdout.readline())
        started = descendants(fork)
        assert started
        killed(fork)
        assert wait_until(lambda: not any(map(alive, started)))
        assert finished(running) == "2\n"


@pytest.mark.parametrize("number", ["SIGCHLD", "SIGXCPU", "SIGPIPE", "SIGTERM", "SIGINT"])
def test_a_program_that_ignores_a_signal_can_run_scripts(number: str) -> None:
    body = f"""
host.close()
signal.signal(signal.{number}, signal.SIG_IGN)
for reuse in (1, 3):
    with Host(state=False, reuse=reuse) as host:
        print([host.run("return 1").value for _ in range(3)], flush=True)
        parent = children()
        error = host.run("while true do end", limits=Limits(cpu=0.3, wall=5)).error
        print(error.code, error.details["limit"], flush=True)
        print(host.run("return 2").value, flush=True)
        print([host.run("return 3").value for _ in range(20)] == [3] * 20 and children() == parent, flush=True)
"""
    with program(body) as running:
        assert finished(running).splitlines() == ["[1, 1, 1]", "limit_exceeded cpu", "2", "True"] * 2


@pytest.mark.parametrize("number", [signal.SIGCHLD, signal.SIGPIPE])
def test_the_command_runs_where_its_parent_ignores_a_signal(luahost: Command, number: signal.Signals) -> None:
    def ignore() -> None:
        signal.signal(number, signal.SIG_IGN)

    found = luahost("run", "-e", "print(1)", preexec_fn=ignore)
    assert (found.code, found.out, found.err) == (0, "1\n", "")


def test_a_program_that_waits_for_any_child_does_not_disturb_its_host() -> None:
    body = """
def reap():
    while True:
        try: os.waitpid(-1, 0)
        except ChildProcessError: time.sleep(0.001)
threading.Thread(target=reap, daemon=True).start()
for _ in range(3):
    with Host(state=False) as host:
        print([host.run("return 1").value for _ in range(3)], flush=True)
"""
    with program(body) as running:
        assert finished(running).splitlines() == ["[1, 1, 1]"] * 3


def test_a_program_without_free_descriptors_gets_an_error_and_can_run_again() -> None:
    body = """
host.close()
host = Host(state=False)
held = []
soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (40, hard))
found = []
try:
    while True: held.append(os.open("/dev/null", os.O_RDONLY))
except OSError: pass
for free in range(14):
    found.append(getattr(host.run("return 1", limits=Limits(wall=3)).error, "code", "ok"))
    os.close(held.pop())
print(*dict.fromkeys(found), flush=True)
for fd in held: os.close(fd)
print(host.run("return 2").value, flush=True)
"""
    with program(body) as running:
        assert finished(running, 60).splitlines() == ["internal_error ok", "2"]


def test_a_run_of_nobody_shares_its_process_with_no_other(pids: list[int]) -> None:
    with host_with(reuse=50) as host:
        for owner in ("", None, None, "", None):
            host.run("return 1", owner=owner)
    assert len({pids[at] for at in (1, 2, 4)} - {pids[0], pids[3]}) == 3
