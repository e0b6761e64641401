"""The public names, running from an event loop, cancelling, and what a type checker says of programs."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

import luahost
from luahost import Cancellation, Host, Limits, Policy, errors
from luahost.lua import runner

if TYPE_CHECKING:
    from pathlib import Path

ENDLESS = "while true do end"
WAITING = "app.integrations.devin.create_session('first') sleep(60) app.integrations.devin.create_session('second')"


def test_every_public_name_can_be_imported() -> None:
    assert all(getattr(luahost, name) is not None for name in luahost.__all__)
    assert luahost.__all__ == sorted(luahost.__all__)


def test_every_class_of_errors_is_public() -> None:
    classes = {
        name
        for name, value in vars(errors).items()
        if isinstance(value, type) and issubclass(value, errors.LuaHostError) and value.__module__ == errors.__name__
    }
    assert classes <= set(luahost.__all__)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ((None,), "the text of a script was expected, not None"),
        (("return 1", {"args": [1]}), r"names and values were expected, not \[1\]"),
        (("return 1", {"limits": {"cpu": 1}}), "a Limits was expected"),
    ],
)
def test_what_is_no_script_and_no_option_of_one_is_a_usage_error(given: Any, words: str) -> None:
    source, options = given if len(given) == 2 else (*given, {})
    with Host(state=False) as host, pytest.raises(luahost.UsageError, match=words):
        host.run(source, **options)


@pytest.mark.parametrize("integrations", [["x"], [luahost.function(access="read", name="get_one")(lambda: 1)]])
def test_what_is_no_integration_is_a_usage_error(integrations: Any) -> None:
    with pytest.raises(luahost.UsageError, match="an Integration was expected"):
        Host(integrations=integrations)


# -- run_async ----------------------------------------------------------------------------------------------------


def test_the_event_loop_goes_on_during_runs() -> None:
    async def main() -> tuple[list[Any], int]:
        ticks = 0
        with Host(simulate=True, state=False) as host:
            runs = [asyncio.create_task(host.run_async(f"sleep(0.01) return {n}")) for n in range(20)]
            while not all(run.done() for run in runs):
                ticks += 1
                await asyncio.sleep(0.001)
            return [run.result().value for run in runs], ticks

    values, ticks = asyncio.run(main())
    assert values == list(range(20))
    assert ticks > 1


def test_more_runs_at_once_than_the_loop_has_threads_do_not_wait_for_each_other() -> None:
    async def main() -> float:
        with Host(state=False, limits=Limits(wall=30)) as host:
            await host.run_async("return 1")
            started = time.monotonic()
            await asyncio.gather(*(host.run_async("sleep(1)") for _ in range(40)))
            return time.monotonic() - started

    assert asyncio.run(main()) < 12


@pytest.mark.parametrize("source", [ENDLESS, "sleep(60)", "return ('x'):rep(300):find('.-.-.-.-b')"])
def test_cancelling_the_task_ends_the_run(source: str) -> None:
    async def main() -> float:
        limits = Limits(cpu=60, wall=60)
        with Host(state=False, limits=limits) as host:
            task = asyncio.create_task(host.run_async(source))
            await asyncio.sleep(0.5)
            started = time.monotonic()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert (await host.run_async("return 1")).value == 1
            return time.monotonic() - started

    assert asyncio.run(main()) < 10


def test_a_time_out_of_asyncio_ends_the_run() -> None:
    async def main() -> None:
        with Host(state=False, limits=Limits(cpu=60, wall=60)) as host:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.3):
                    await host.run_async(ENDLESS)
            assert host.run("return 1").ok

    asyncio.run(main())


# -- cancellation -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("source", [ENDLESS, "sleep(60)"])
def test_a_run_ends_when_it_is_cancelled_from_another_thread(source: str, isolation: str) -> None:
    cancellation = Cancellation()
    with Host(state=False, isolation=isolation, limits=Limits(cpu=60, wall=60)) as host:
        timer = threading.Timer(0.3, cancellation.cancel)
        timer.start()
        started = time.monotonic()
        result = host.run(source, cancellation=cancellation)
        timer.join()
    assert time.monotonic() - started < 10
    assert result.error is not None
    assert (result.error.code, result.error.exit_code) == ("cancelled", 130)


def test_a_cancellation_that_comes_when_the_run_has_ended_ends_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    exchange = runner._exchange

    async def late(bridge: Any, run: Any, child: Any, reply: Any, waiting: Any) -> None:
        await exchange(bridge, run, child, reply, waiting)
        run.cancellation.cancel()

    with Host(state=False, reuse=10) as host:
        host.run("return 1")
        with monkeypatch.context() as patched:
            patched.setattr(runner, "_exchange", late)
            assert host.run("return 1", cancellation=Cancellation()).ok
        pool = host._processes._made()
        ((child,),) = pool._idle.values()
        assert child.is_ready()
        assert host.run("return 2", cancellation=Cancellation()).values == [2]
        assert child.runs == 3


def test_what_is_cancelled_before_it_begins_ends_at_once(isolation: str) -> None:
    cancellation = Cancellation()
    cancellation.cancel()
    with Host(simulate=True, isolation=isolation, policy=Policy(write="allow")) as host:
        result = host.run(f"{WAITING} {ENDLESS}", cancellation=cancellation)
        assert not [request for request in host.simulation("devin").requests if request.method == "POST"]
    assert result.error is not None
    assert result.error.code == "cancelled"


def test_no_write_leaves_after_a_run_was_cancelled(accounts: Any, simulator: Any) -> None:
    cancellation = Cancellation()
    with Host(accounts=accounts(), state=False, policy=Policy(write="allow")) as host:
        running = threading.Thread(target=host.run, args=(WAITING,), kwargs={"cancellation": cancellation})
        running.start()
        deadline = time.monotonic() + 20
        while not any(request.method == "POST" for request in simulator.requests) and time.monotonic() < deadline:
            time.sleep(0.01)
        cancellation.cancel()
        running.join(20)
        assert not running.is_alive()
    assert [session["prompt"] for session in simulator.sessions][1:] == ["first"]


def test_a_run_that_waits_for_a_process_hears_that_it_is_cancelled() -> None:
    cancellation = Cancellation()
    with Host(state=False, processes=1, limits=Limits(wall=60)) as host:
        first = threading.Thread(target=host.run, args=("sleep(6)",))
        first.start()
        time.sleep(0.5)
        threading.Timer(0.3, cancellation.cancel).start()
        started = time.monotonic()
        result = host.run("return 1", cancellation=cancellation)
        assert time.monotonic() - started < 4
        first.join()
    assert result.error is not None
    assert result.error.code == "cancelled"


def test_a_task_that_waits_for_its_turn_ends_at_once() -> None:
    async def main() -> float:
        with Host(state=False, processes=1, limits=Limits(wall=60)) as host:
            first = asyncio.create_task(host.run_async("sleep(5)"))
            await asyncio.sleep(0.3)
            started = time.monotonic()
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.3):
                    await host.run_async("return 1")
            waited = time.monotonic() - started
            await first
            return waited

    assert asyncio.run(main()) < 3


def test_a_task_that_is_cancelled_ends_no_other_run_of_the_same_cancellation() -> None:
    async def main() -> tuple[Any, bool]:
        shared = Cancellation()
        with Host(state=False, limits=Limits(wall=60)) as host:
            other = asyncio.create_task(host.run_async("sleep(1) return 7", cancellation=shared))
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.3):
                    await host.run_async("sleep(30)", cancellation=shared)
            return (await other).value, shared.cancelled

    assert asyncio.run(main()) == (7, False)


def test_a_run_whose_host_is_closed_meanwhile_is_cancelled() -> None:
    host = Host(state=False, limits=Limits(cpu=60, wall=60))
    threading.Timer(0.5, host.close).start()
    error = host.run(ENDLESS).error
    assert error is not None
    assert (error.code, "closed" in error.message) == ("cancelled", True)


def test_a_host_that_is_closed_says_so_to_run_async() -> None:
    host = Host(state=False)
    host.close()
    with pytest.raises(luahost.UsageError, match="closed"):
        asyncio.run(host.run_async("return 1"))


def test_a_cancellation_can_be_used_for_several_runs() -> None:
    cancellation = Cancellation()
    with Host(state=False, limits=Limits(cpu=60, wall=60)) as host:
        assert host.run("return 1", cancellation=cancellation).ok
        results: list[Any] = []
        runs = [
            threading.Thread(target=lambda: results.append(host.run(ENDLESS, cancellation=cancellation)))
            for _ in range(3)
        ]
        for run in runs:
            run.start()
        time.sleep(0.3)
        cancellation.cancel()
        for run in runs:
            run.join(20)
    assert [result.error.code for result in results] == ["cancelled"] * 3


# -- types --------------------------------------------------------------------------------------------------------

PROGRAM = '''
import asyncio
from typing import Annotated, Any

from luahost import (
    ApprovalRequest, Call, Cancellation, Field, Function, Host, Integration, Limits, LuaHostError, NotFound, Param,
    Policy, Result, function,
)


@function(access="read")
def get_weather(city: Annotated[str, "Where"], days: int = 1) -> dict[str, Any]:
    """The forecast."""
    return {"city": city, "days": days}


def handler(call: Call, arguments: dict[str, Any]) -> dict[str, Any]:
    return {"from": call.http.get("/x"), "on": call.account}


weather = Integration(
    name="weather",
    functions=[
        get_weather,
        Function(
            name="get_place", summary="Where it is.", access="read", handler=handler,
            params=(Param(name="city", type="string", description="Which", required=True),),
            returns=(Field(name="from", type="object", description="It"),),
        ),
    ],
)


async def approve(request: ApprovalRequest) -> bool:
    return request.access == "read" and "city" in request.arguments


def ask(request: ApprovalRequest) -> bool:
    return request.call.startswith("weather.")


policy = Policy(read="allow", write="ask", rules={"devin.delete_secret": "deny", "devin.work.write": "ask"})
limits = Limits(cpu=5.0, wall=60.0, memory_mib=64, calls_per_function={"devin.create_session": 3})
with Host(integrations=[weather], policy=policy, limits=limits, approve=ask, simulate=True) as host:
    result: Result = host.run("return 1", name="a.lua", args={"x": 1}, dry_run=True, cancellation=Cancellation())
    text: str = result.output
    code: str | None = result.error.code if result.error else None
    first: Any = result.value
    plan: list[dict[str, Any]] = result.meta["plan"]
    try:
        session: Any = host.call("devin.get_session", {"session_id": "x"}, account="work")
    except NotFound as error:
        print(error.hint)
    except LuaHostError as error:
        print(error.code)

    async def main() -> Result:
        return await host.run_async("return 1", account="default", approve=approve, limits=limits)

    ran: Result = asyncio.run(main())
'''

MISTAKES = {
    "Policy(write='alow')": "arg-type",
    "Host(simulate='yes')": "arg-type",
    "Host().run(1)": "arg-type",
    "Host().run('return 1', nosuch=1)": "call-arg",
    "Host(approve=lambda: True)": "arg-type",
    "function(access='reed')": "arg-type",
    "Host().run('return 1').outputs": "attr-defined",
}


def _mypy(file: Path) -> str:
    words = [sys.executable, "-m", "mypy", "--strict", "--no-incremental", "--config-file=", str(file)]
    return subprocess.run(words, capture_output=True, text=True, timeout=300, cwd=file.parent, check=False).stdout


def test_a_program_that_uses_all_of_it_passes_mypy_strict_and_mistakes_do_not(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(PROGRAM)
    assert "Success" in (said := _mypy(tmp_path / "program.py")), said
    lines = ["from luahost import Host, Policy, function", *MISTAKES]
    (tmp_path / "mistakes.py").write_text("\n".join(lines))
    said = _mypy(tmp_path / "mistakes.py")
    for number, (mistake, kind) in enumerate(MISTAKES.items(), 2):
        assert any(f"mistakes.py:{number}:" in line and f"[{kind}]" in line for line in said.splitlines()), mistake
