"""Runs on an event loop: they have no thread of their own, give what others give, and nothing holds the loop up."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from contextlib import asynccontextmanager, suppress
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import pytest

from luahost import Cancellation, Host, Limits, Policy, UsageError
from luahost.agents import render
from luahost.errors import InternalError
from luahost.lua import bridge, confine
from luahost.lua.child import Child
from luahost.lua.frames import Splitter
from luahost.lua.on_loop import OnLoop
from luahost.lua.wire import read_object
from tests.escapes.frames.conftest import PRELUDE, start
from tests.processes import alive, linux, wait_until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Coroutine
    from pathlib import Path

    from luahost.integrations.devin.simulator import Simulator
    from luahost.results import Result

pytestmark = linux

ENDLESS = "while true do end"
SLOW = 5.0  # seconds: far more than a busy machine holds a loop up, far less than what is stuck would


@pytest.fixture
def threads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The runs that were made in a thread, by their script."""
    made: list[str] = []
    run = Host.run

    def noted(host: Host, source: str, **options: Any) -> Result:
        made.append(source)
        return run(host, source, **options)

    monkeypatch.setattr(Host, "run", noted)
    return made


async def ready(host: Host) -> None:
    """Have a process ready, without which a run waits for one in a thread."""
    await host.run_async("return 'first'")
    assert await asyncio.to_thread(wait_until, lambda: host._processes.has_ready(""))


def on_loop(act: Callable[[Host], Coroutine[Any, Any, Any]], **options: Any) -> Any:
    """What `act` gives with a host that has a process ready, on a loop that nothing holds up meanwhile."""

    async def main() -> Any:
        with Host(**{"state": False, "reuse": 50, **options}) as host:
            await ready(host)
            async with unhindered():
                return await act(host)

    return asyncio.run(main())


@asynccontextmanager
async def unhindered() -> AsyncIterator[None]:
    longest = 0.0

    async def tick() -> None:
        nonlocal longest
        while True:
            before = time.monotonic()
            await asyncio.sleep(0.005)
            longest = max(longest, time.monotonic() - before)

    ticking = asyncio.create_task(tick())
    try:
        yield
    finally:
        ticking.cancel()
        with suppress(asyncio.CancelledError):
            await ticking
    assert longest < SLOW


Hostile = Callable[[Host, str], None]


@pytest.fixture
def hostile(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Hostile:
    """Has the next run of a host go to a process that does something else: `program`, once it was given the script."""

    def make(host: Host, program: str) -> None:
        file = tmp_path / "hostile.py"
        file.write_text(f"{PRELUDE}{program}\nrest()", "utf-8")
        child = start(file)
        child.meet()
        monkeypatch.setattr(host._processes._made(), "take_ready", lambda _: child)

    return make


def idle(host: Host) -> Child:
    """The one process that rests."""
    ((child,),) = host._processes._made()._idle.values()
    return child


# -- as in a thread ------------------------------------------------------------------------------------------------

CALLS = "local d = app.integrations.devin "
SCRIPTS = [
    "return 1, 'two', {three = 3}",
    "print('a') print(('b'):rep(200000)) return ...",
    "return args.x, arg[1], ...",
    "error('no')",
    "local x = nil; x.y = 1",
    "return 1 +",
    CALLS + "return d.create_session('x').status, #d.list_sessions().sessions",
    CALLS + "return d.get_session('none')",
    CALLS + "return d.get_sesion('s')",
    CALLS + "return parallel(d.get_current_user, function() sleep(5) return docs.list() end, docs.read)",
    CALLS + "return parallel(function() sleep(100) end, function() error('one fails') end)",
    CALLS + "local n = 0 for s in each(d.list_sessions, {first = 1}) do n = n + 1 end return n",
    CALLS + "return wait_until{check = function() return false, d.get_current_user() end, timeout = 30}",
    CALLS + "return d.wait_session{session_id = d.create_session('x').session_id}.status",
    CALLS + "return d.work.get_current_user(), pcall(d.nobody.get_current_user)",
    "return require('m')",
    "return require('none')",
    "return docs.search('start a task')",
    "return os.execute('ls')",
    "local s = 0 for i = 1, 1e6 do s = s + i end return s",
    ENDLESS,
    "local t = {} while true do t[#t + 1] = ('x'):rep(1e6) .. #t end",
    "while true do print('x') end",
    "for _, s in ipairs(" + CALLS[10:-1] + ".list_sessions()) do end",
    CALLS + "for i = 1, 99 do d.get_current_user() end",
    "return ('x'):rep(300):find('.-.-.-.-b')",
]


@pytest.mark.parametrize("source", SCRIPTS)
def test_a_run_gives_what_it_gives_in_a_thread(source: str, tmp_path: Path, threads: list[str]) -> None:
    (tmp_path / "m.lua").write_text("return 'module'")
    options: dict[str, Any] = {
        "modules": tmp_path,
        "args": {"x": [1]},
        "words": ["w"],
        "limits": Limits(cpu=0.5, calls=50, output_bytes=300_000, memory_mib=32),
    }
    host = {"simulate": True, "policy": Policy(write="allow")}
    here = on_loop(lambda host: host.run_async(source, **options), **host)
    assert source not in threads
    with Host(state=False, simulate=True, policy=Policy(write="allow")) as other:
        there = other.run(source, **options)
    assert told(here) == told(there)


def told(result: Result) -> Any:
    """What is the same each time that a run is made."""
    error = result.error and (result.error.code, result.error.line, (result.error.details or {}).get("limit"))
    output = result.output[:1000], min(len(result.output), 300_000)
    calls = sorted((each.call, each.status) for each in result.calls)
    return error, output, str(result.values) if not result.error else None, calls, result.meta["notices"]


def test_an_account_that_is_none_is_an_error_at_once() -> None:
    result = on_loop(lambda host: host.run_async("print(1)", account="nobody"), simulate=True)
    assert (result.error.code, result.output) == ("unknown_account", "")


def test_many_runs_need_no_thread(threads: list[str]) -> None:
    async def act(host: Host) -> list[Any]:
        async def several(n: int) -> list[Any]:
            return [(await host.run_async("return args.n", args={"n": n}, owner=f"o{n}")).value for _ in range(20)]

        await asyncio.gather(*(several(n) for n in range(8)))  # as many processes as are wanted from here on
        threads.clear()
        before = threading.active_count()
        found = await asyncio.gather(*(several(n) for n in range(8)))
        assert threading.active_count() <= before
        return found

    assert on_loop(act, reuse=1000) == [[n] * 20 for n in range(8)]
    assert threads == []


@pytest.mark.parametrize("account", ["default", "work"])
def test_runs_that_wait_for_a_process_have_no_more_threads_than_there_are_processes(account: str) -> None:
    async def act(host: Host) -> int:
        before, most = threading.active_count(), 0
        runs = [asyncio.create_task(host.run_async("return 1", account=account)) for _ in range(100)]
        while not all(each.done() for each in runs):
            most = max(most, threading.active_count() - before)
            await asyncio.sleep(0)
        assert all(each.result().ok for each in runs)
        return most

    assert on_loop(act, simulate=True, processes=2) < 10


@pytest.mark.parametrize("name", ["on_output", "on_notice", "on_begin", "on_call"])
def test_functions_of_the_program_are_called_in_threads(name: str) -> None:
    called: list[int] = []
    source = "print(1) for _, s in ipairs(app.integrations.devin.list_sessions()) do end"

    async def act(host: Host) -> None:
        result = await host.run_async(source, **{name: lambda _: called.append(threading.get_ident())})  # type: ignore[arg-type]
        assert result.ok, result.error

    on_loop(act, simulate=True)
    assert called
    assert threading.get_ident() not in called


LARGE = "local t = {} for i = 1, 50000 do t[i] = i end "


@pytest.mark.parametrize(
    ("source", "elsewhere"),
    [
        ("return 1", False),
        (LARGE + "return t", True),
        (LARGE + "error({code = 'conflict', message = 'm', details = t})", True),
        ("print(('x'):rep(50000))", True),
        ("return ('x'):rep(50000)", True),
    ],
)
def test_a_large_result_is_told_of_in_a_thread(
    source: str,
    elsewhere: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told: list[int] = []
    rendered = render.run

    def noted(*args: Any) -> Any:
        told.append(threading.get_ident())
        return rendered(*args)

    monkeypatch.setattr(render, "run", noted)
    on_loop(lambda host: host.handle_async({"name": "execute_lua", "arguments": {"code": source}}))
    assert (threading.get_ident() not in told) == elsewhere
    assert len(told) == 1


@pytest.mark.parametrize("source", [LARGE + "return t", "pcall(docs.search, ('x'):rep(200000))"])
def test_a_large_frame_is_read_in_a_thread(source: str, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []

    def noted(body: bytes) -> Any:
        if len(body) > 200_000:
            read.append(threading.get_ident())
        return read_object(body)

    monkeypatch.setattr(bridge, "read_object", noted)
    assert on_loop(lambda host: host.run_async(source)).ok
    assert len(read) == 1
    assert threading.get_ident() not in read


def test_who_is_asked_may_take_time() -> None:
    has_run_another = threading.Event()

    def approve(_: Any) -> bool:
        return has_run_another.wait(20)

    async def act(host: Host) -> Result:
        asking = asyncio.create_task(host.run_async("app.integrations.devin.create_session('x')", approve=approve))
        assert (await host.run_async("return 1")).ok
        has_run_another.set()
        return await asking

    assert on_loop(act, simulate=True).ok


@pytest.mark.parametrize("options", [{"isolation": "none"}, {"journal": True}])
def test_what_cannot_share_a_loop_has_a_thread(options: dict[str, Any], tmp_path: Path, threads: list[str]) -> None:
    async def main() -> list[Any]:
        with Host(simulate=True, state=tmp_path, **options) as host:
            return [(await host.run_async("return 7")).value for _ in range(3)]

    assert asyncio.run(main()) == [7] * 3
    assert len(threads) == 3


# -- processes that are hostile, or end ----------------------------------------------------------------------------


def test_a_process_that_does_not_take_its_script_holds_up_nobody() -> None:
    async def act(host: Host) -> tuple[Any, Any]:
        child = idle(host)
        os.kill(child.pid, signal.SIGSTOP)
        stuck = asyncio.create_task(host.run_async("--" + "x" * 1_000_000 + "\nreturn 1"))
        other = await host.run_async("return 2", owner="other")
        os.kill(child.pid, signal.SIGCONT)
        return (await stuck).value, other.value

    assert on_loop(act) == (1, 2)


def test_a_process_that_never_takes_its_script_ends_its_run_in_time() -> None:
    async def act(host: Host) -> tuple[Result, bool]:
        child = idle(host)
        os.kill(child.pid, signal.SIGSTOP)
        result = await host.run_async("--" + "x" * 1_000_000, limits=Limits(wall=1))
        return result, await asyncio.to_thread(wait_until, lambda: not alive(child.pid))

    result, is_gone = on_loop(act)
    assert result.error.details["limit"] == "wall"
    assert is_gone


def test_answers_that_a_process_does_not_take_at_once_come_in_order_and_hold_up_nobody() -> None:
    (read_end, write_end), (source, other) = os.pipe(), os.pipe()
    waits = subprocess.Popen(["sleep", "60"])
    child = Child(waits.pid, write_end, source, seal=confine.Seal({}), space=0, reap=lambda _: 0)
    frames = [b"A%d " % number + b"x" * 3000 for number in range(1, 200)] + [b"A200 " + b"y" * 100_000]
    came: list[bytes] = []

    def take() -> None:
        time.sleep(0.1)
        splitter = Splitter()
        while len(came) < len(frames):
            came.extend(splitter.feed(os.read(read_end, 1 << 16)))

    async def send(waiting: OnLoop) -> None:
        reply = waiting.replies(child)
        waiting.attach(child, None)
        for frame in frames:
            reply(frame)
        assert not await waiting.output(child, 10)
        waiting.detach(child, None)

    async def main() -> None:
        async with unhindered():
            waiting = OnLoop(asyncio.get_running_loop())
            await asyncio.gather(waiting.drive(send(waiting)), asyncio.to_thread(take))

    asyncio.run(main())
    assert came == frames
    assert waits.poll() is None
    waits.kill()
    waits.wait()
    for fd in (read_end, write_end, source, other):
        os.close(fd)


def test_a_process_that_asks_without_end_and_takes_no_answer_is_heard_no_further(hostile: Hostile) -> None:
    async def act(host: Host) -> tuple[Result, int]:
        hostile(host, """frame(*[b'Q%d {"op": "note"}' % number for number in range(1, 20000)])""")
        before = threading.active_count()
        running = asyncio.create_task(host.run_async("return 1", limits=Limits(wall=1)))
        most = 0
        while not running.done():
            most = max(most, threading.active_count() - before)
            await asyncio.sleep(0.002)
        return running.result(), most

    result, threads = on_loop(act, simulate=True)
    assert result.error.details["limit"] == "wall"
    assert threads < 10


@pytest.mark.parametrize("source", ["print(1) " + ENDLESS, "print(1) sleep(60)"])
def test_a_process_that_is_killed_is_an_error_of_its_run(source: str) -> None:
    async def act(host: Host) -> list[Any]:
        child = idle(host)
        running = asyncio.create_task(host.run_async(source))
        await asyncio.sleep(0.3)
        os.kill(child.pid, signal.SIGKILL)
        return [(await running).error, (await host.run_async("return 2")).value]

    error, after = on_loop(act)
    assert isinstance(error, InternalError)
    assert "SIGKILL" in error.message
    assert after == 2


def test_a_process_that_is_killed_before_it_says_a_word_is_replaced() -> None:
    async def act(host: Host) -> Any:
        child = idle(host)
        os.kill(child.pid, signal.SIGSTOP)
        running = asyncio.create_task(host.run_async("return 3"))
        await asyncio.sleep(0.1)
        os.kill(child.pid, signal.SIGKILL)
        return (await running).value

    assert on_loop(act) == 3


def test_what_prints_without_end_lets_the_loop_go_on() -> None:
    limits = Limits(cpu=1, output_bytes=None)
    result = on_loop(lambda host: host.run_async("while true do print('x') end", limits=limits))
    assert result.error.details["limit"] == "cpu"


# -- the end -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("source", [ENDLESS, "sleep(60)", "while true do print('x') end"])
def test_a_task_that_is_cancelled_ends_its_run(source: str, threads: list[str]) -> None:
    async def act(host: Host) -> bool:
        child = idle(host)
        task = asyncio.create_task(host.run_async(source, limits=Limits(cpu=60, output_bytes=None)))
        await asyncio.sleep(0.3)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert (await host.run_async("return 1")).value == 1
        return await asyncio.to_thread(wait_until, lambda: not alive(child.pid))

    assert on_loop(act)
    assert source not in threads


def test_a_run_ends_when_another_thread_cancels_it() -> None:
    async def act(host: Host) -> Any:
        cancellation = Cancellation()
        threading.Timer(0.3, cancellation.cancel).start()
        return (await host.run_async(ENDLESS, cancellation=cancellation, limits=Limits(cpu=60))).error

    assert on_loop(act).code == "cancelled"


def test_the_outcome_of_a_write_is_awaited(accounts: Any, simulator: Simulator) -> None:
    simulator.fail(method="POST", delay=1.0)
    cancellation = Cancellation()

    async def act(host: Host) -> Result:
        running = asyncio.create_task(
            host.run_async("app.integrations.devin.create_session('x')", cancellation=cancellation)
        )
        assert await asyncio.to_thread(wait_until, lambda: any(each.method == "POST" for each in simulator.requests))
        cancellation.cancel()
        return await running

    result = on_loop(act, accounts=accounts(), policy=Policy(write="allow"))
    assert result.error.code == "cancelled"
    assert [(each.call, each.status) for each in result.calls] == [("devin.create_session", "ok")]


def test_a_task_that_is_cancelled_twice_leaves_at_once_and_its_run_ends_all_the_same(
    accounts: Any, simulator: Simulator, caplog: pytest.LogCaptureFixture
) -> None:
    simulator.fail(method="POST", delay=2.0)

    async def act(host: Host) -> float:
        child = idle(host)
        task = asyncio.create_task(host.run_async("app.integrations.devin.create_session('x')"))
        assert await asyncio.to_thread(wait_until, lambda: any(each.method == "POST" for each in simulator.requests))
        task.cancel()
        await asyncio.sleep(0.1)
        started = time.monotonic()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        left = time.monotonic() - started
        assert await asyncio.to_thread(wait_until, lambda: not alive(child.pid))
        await asyncio.sleep(2.2)
        return left

    gc.collect()  # what tests of closed loops have left
    with caplog.at_level(logging.ERROR):
        assert on_loop(act, accounts=accounts(), policy=Policy(write="allow")) < 1
        gc.collect()
    assert not caplog.records


def test_a_host_that_is_closed_meanwhile_ends_the_run() -> None:
    async def act(host: Host) -> Any:
        threading.Timer(0.3, host.close).start()
        return (await host.run_async(ENDLESS, limits=Limits(cpu=60))).error

    error = on_loop(act)
    assert (error.code, "closed" in error.message) == ("cancelled", True)


def test_the_end_of_the_loop_ends_its_runs() -> None:
    async def main(host: Host) -> int:
        await ready(host)
        pid = idle(host).pid
        main.task = asyncio.create_task(host.run_async(ENDLESS, limits=Limits(cpu=60)))  # type: ignore[attr-defined]
        await asyncio.sleep(0.3)
        return pid

    with Host(state=False, reuse=50) as host:
        pid = asyncio.run(main(host))
        assert wait_until(lambda: not alive(pid))
        assert asyncio.run(host.run_async("return 1")).value == 1  # and on another loop


CREATE = "app.integrations.devin.create_session('x')"


@pytest.mark.parametrize("source", [ENDLESS, "sleep(60)", CREATE])
def test_a_loop_that_is_closed_in_the_middle_ends_its_runs(source: str, accounts: Any, simulator: Simulator) -> None:
    simulator.fail(method="POST", delay=1.0)

    async def begin(host: Host) -> int:
        await ready(host)
        pid = idle(host).pid
        asyncio.create_task(host.run_async(source, limits=Limits(cpu=60)))  # noqa: RUF006 (nobody waits for it)
        await asyncio.sleep(0.2)
        if source == CREATE:
            assert await asyncio.to_thread(wait_until, lambda: bool(simulator.requests))
        return pid

    options: dict[str, Any] = {"accounts": accounts(), "policy": Policy(write="allow")}
    with Host(state=False, reuse=50, processes=1, **options) as host:
        loop = asyncio.new_event_loop()
        pid = loop.run_until_complete(begin(host))
        loop.close()
        assert host.run("return 1", limits=Limits(wall=5)).value == 1
        assert wait_until(lambda: not alive(pid))


def test_a_process_that_comes_when_its_loop_is_closed_is_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    async def begin(host: Host) -> None:
        asyncio.create_task(host.run_async("return 1"))  # noqa: RUF006 (likewise)
        assert await asyncio.to_thread(wait_until, lambda: len(waiting()) == 1)

    def waiting() -> list[str]:
        return host._processes._made()._waiting

    with Host(state=False, reuse=50, processes=1) as host:
        host.run("return 1", owner="first")
        monkeypatch.setattr(host._processes, "has_ready", lambda _: True)  # another run is about to take it
        pool = host._processes._made()
        busy = pool.take("first")
        assert busy is not None
        loop = asyncio.new_event_loop()
        loop.run_until_complete(begin(host))
        loop.close()
        pool.give_back(busy, "first", fit=False)
        assert wait_until(lambda: not waiting())
        assert host.run("return 2", limits=Limits(wall=5)).value == 2


def test_what_is_done_elsewhere_is_done_in_the_context_of_the_run() -> None:
    number: ContextVar[int] = ContextVar("number")

    async def act(waiting: OnLoop) -> list[int]:
        return [number.get(), await waiting.elsewhere(number.get), number.get()]

    async def main() -> list[int]:
        number.set(7)
        waiting = OnLoop(asyncio.get_running_loop())
        return await waiting.drive(act(waiting))

    assert asyncio.run(main()) == [7, 7, 7]


def test_a_mistake_of_the_program_is_raised(tmp_path: Path) -> None:
    async def act(host: Host) -> None:
        with pytest.raises(UsageError, match="args"):
            await host.run_async("return 1", args={"x": object()})
        with pytest.raises(UsageError):
            await host.run_async("return 1", files=tmp_path / "none")
        assert (await host.run_async("return 1")).value == 1

    on_loop(act)
