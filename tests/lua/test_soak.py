"""Five thousand runs of all kinds, one after another and side by side; afterwards there is no more of anything."""

from __future__ import annotations

import gc
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from luahost import Host, Limits, Policy
from tests.lua.test_runs import no_child_left
from tests.processes import PROC, descendants, linux, parent, wait_until

if TYPE_CHECKING:
    from luahost.results import Result

__all__ = ["no_child_left"]  # a fixture for every test of this file

pytestmark = [
    pytest.mark.slow,
    linux,
]

RUNS, WARM_UP, CHUNK, THREADS = 5000, 400, 200, 4
MEMORY = 8 << 20  # bytes that an interpreter may have grown by: it keeps some rather than give them back
PAGE = os.sysconf("SC_PAGESIZE")


class Kind(NamedTuple):
    """A kind of run: its script, its limits, and what must come of it."""

    source: str
    limits: Limits
    value: Any = None
    error: str | None = None
    limit: str | None = None


SMALL = Limits(cpu=5, wall=30, memory_mib=32)
OK = Kind("print(args.n) return args.n", SMALL, value="n")
WORK = Kind("local t = {} for i = 1, 1000 do t[i] = {i} end return #t, {a = {1, 2}}", SMALL, value=1000)
CALL = Kind("return app.integrations.devin.work.get_current_user().name", SMALL, value="CI Bot")
CALLS = Kind(
    """local devin = app.integrations.devin
    for i = 1, 5 do devin.get_current_user() end
    return pcall(devin.get_session, {session_id = "none"}) == false and #docs.list()""",
    SMALL,
    value="any",
)
ERROR = Kind("error('x')", SMALL, error="script_error")
SYNTAX = Kind("x = = 1", SMALL, error="syntax_error")
ARGUMENTS = Kind("app.integrations.devin.get_session{}", SMALL, error="invalid_arguments")
CPU = Kind("while true do pcall(error) end", Limits(cpu=0.02, wall=30), error="limit_exceeded", limit="cpu")
MEMORY_FULL = Kind(
    "local t = {} while true do t[#t + 1] = ('x'):rep(1e5) .. #t end",
    Limits(cpu=5, wall=30, memory_mib=8),
    error="limit_exceeded",
    limit="memory_mib",
)
OUTPUT = Kind(
    "while true do print(('x'):rep(100)) end",
    Limits(cpu=5, wall=30, output_bytes=20_000),
    error="limit_exceeded",
    limit="output_bytes",
)
CALLS_FULL = Kind(
    "while true do app.integrations.devin.get_current_user() end",
    Limits(cpu=5, wall=30, calls=3),
    error="limit_exceeded",
    limit="calls",
)
MIX = (
    [OK] * 10 + [WORK] * 4 + [CALL] * 6 + [CALLS] * 2 + [ERROR] * 4 + [SYNTAX, ARGUMENTS, CALLS_FULL]
    + [OUTPUT] * 2 + [MEMORY_FULL] + [CPU]
)  # fmt: skip


def assert_as_it_should_be(kind: Kind, n: int, result: Result) -> None:
    error = result.error
    assert (error.code if error else None) == kind.error, (kind, error)
    if error is None:
        assert kind.value == "any" or result.value == (n if kind.value == "n" else kind.value), (kind, result.values)
    elif kind.limit:
        assert error.details["limit"] == kind.limit, (kind, error.details)


def make_runs(hosts: list[Host], count: int) -> None:
    """Runs of all kinds from all threads, some hundred at a time."""

    def run(n: int) -> None:
        kind = MIX[n * 7 % len(MIX)]  # each in turn, not one kind after another
        host = hosts[n // len(MIX) % len(hosts)]
        result = host.run(kind.source, args={"n": n}, limits=kind.limits, owner=f"owner {n % 3}")
        assert_as_it_should_be(kind, n, result)

    with ThreadPoolExecutor(THREADS) as threads:
        for first in range(0, count, CHUNK):
            for _ in threads.map(run, range(first, min(first + CHUNK, count))):
                pass
            for host in hosts:
                host.simulation("devin").requests.clear()  # a simulator keeps them, for tests


def hosts_on(stack: ExitStack) -> list[Host]:
    policy = Policy(read="allow", write="allow")
    return [stack.enter_context(Host(simulate=True, policy=policy, reuse=reuse)) for reuse in (1, 20)]


def descriptors() -> list[str]:
    found = []
    for each in Path("/proc/self/fd").iterdir():
        with suppress(OSError):
            found.append(str(each.readlink()).split(":")[0])
    return sorted(found)


def memory(pid: int | str = "self") -> int:
    return int((PROC / str(pid) / "statm").read_text().split()[1]) * PAGE


def zygotes(before: set[int]) -> set[int]:
    return {pid for pid in descendants(os.getpid()) - before if parent(pid) == os.getpid()}


def test_after_five_thousand_runs_there_is_no_more_of_anything() -> None:
    processes, began = descendants(os.getpid()), time.monotonic()
    with ExitStack() as stack:
        make_runs(hosts_on(stack), WARM_UP)
    gc.collect()
    open_before, threads_before, memory_before = descriptors(), threading.active_count(), memory()
    with ExitStack() as stack:
        hosts = hosts_on(stack)
        make_runs(hosts, WARM_UP)
        parents = {pid: memory(pid) for pid in zygotes(processes)}
        make_runs(hosts, RUNS - WARM_UP)
        assert zygotes(processes) == set(parents)
        for pid, size in parents.items():
            assert memory(pid) - size < MEMORY / 4
        gc.collect()
        assert memory() - memory_before < MEMORY
    assert wait_until(lambda: descendants(os.getpid()) == processes)
    assert wait_until(lambda: threading.active_count() <= threads_before)  # one of an earlier test may end meanwhile
    assert wait_until(lambda: descriptors() == open_before)
    assert time.monotonic() - began < 600  # far more than it takes: what hangs is a failure, too
