"""Runs: their limits, their processes, their values, and many at once."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from luahost import Host, Limits, Policy
from tests.processes import PROC, alive, descendants, linux, parent, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from luahost.errors import LuaHostError
    from luahost.results import Result
    from tests.conftest import Command


@pytest.fixture(autouse=True)
def no_child_left() -> Iterator[None]:
    """When a test and its host have ended, no process is left that they started."""
    if not PROC.joinpath("self/stat").exists():
        yield
        return
    before = descendants(os.getpid())
    yield
    assert wait_until(lambda: not descendants(os.getpid()) - before, 10)


@pytest.fixture
def real(isolation: str) -> Iterator[Host]:
    """A host without a simulator: its time passes as it does."""
    with Host(isolation=isolation, state=False) as host:
        yield host


def failure(result: Result) -> LuaHostError:
    assert result.error is not None, result.values
    return result.error


def assert_limit(result: Result, name: str, allowed: float) -> None:
    error = failure(result)
    assert (error.code, result.values) == ("limit_exceeded", [])
    assert error.details["limit"] == name
    assert error.details["allowed"] == allowed
    assert error.hint
    assert name in error.message


# -- wall and cpu -------------------------------------------------------------------------------------------------

ENDLESS = [
    "while true do end",
    "while true do pcall(function() while true do end end) end",
    "while true do pcall(error) end",
    "while true do pcall(sleep, 0) end",
    "while true do pcall(app.integrations.devin.get_session, {}) end",
    "while true do pcall(load, 'return 1') end",
    "while true do pcall(tostring, setmetatable({}, {__tostring = error})) end",
    "while true do coroutine.wrap(function() pcall(error) end)() end",
    "local c = coroutine.wrap(function() while true do pcall(coroutine.yield) end end) while true do c() end",
    "coroutine.wrap(function() while true do pcall(function() while true do end end) end end)()",
    "setmetatable(_G, {__index = function() while true do pcall(error) end end}) local x = y",
    "table.sort({1, 2, 3}, function() while true do pcall(error) end end)",
    "('x'):gsub('x', function() while true do pcall(error) end end)",
    "load(function() while true do pcall(error) end end)",
    "error(setmetatable({}, {__tostring = function() while true do end end}))",
    "error(setmetatable({}, {__tostring = function() while true do pcall(error) end end}))",
    "::top:: goto top",
]


def test_no_loop_outlives_the_wall_limit(real: Host) -> None:
    def work(source: str) -> Result:
        return real.run(f"print('began'); {source}", limits=Limits(wall=0.6, cpu=None, calls=None))

    with ThreadPoolExecutor(8) as threads:
        for source, result in zip(ENDLESS, threads.map(work, ENDLESS), strict=True):
            assert (result.output, result.error and result.error.code) == ("began\n", "limit_exceeded"), source
            assert_limit(result, "wall", 0.6)


HANDLERS = [
    "local function spin() while true do end end xpcall(spin, spin)",
    "local function spin() while true do pcall(error) end end while true do xpcall(spin, spin) end",
    "local function f() while true do end end coroutine.wrap(function() xpcall(f, f) end)()",
]


@pytest.mark.parametrize("source", HANDLERS)
def test_no_handler_of_xpcall_outlives_the_wall_limit(luahost: Command, isolation: str, source: str) -> None:
    words = ("run", "--isolation", isolation, "--timeout", "0.25", "-e", source)
    try:
        finished = luahost(*words, timeout=2.5)
    except subprocess.TimeoutExpired:
        pytest.fail("the run did not end")
    assert finished.code == 3


def test_a_pattern_that_takes_for_ever_does_not_outlive_the_wall_limit_of_a_process() -> None:
    with Host(isolation="process", state=False) as host:
        result = host.run("return ('a'):rep(100):find(('a*'):rep(30) .. 'b')", limits=Limits(wall=0.25, cpu=None))
    assert_limit(result, "wall", 0.25)


@pytest.mark.parametrize("source", ["while true do pcall(function() while true do end end) end"])
def test_no_loop_outlives_the_cpu_limit(host: Host, source: str) -> None:
    assert_limit(host.run(source, limits=Limits(cpu=1)), "cpu", 1)


def test_sleeping_counts_as_wall_and_not_as_cpu(real: Host) -> None:
    assert real.run("sleep(0.2)", limits=Limits(cpu=0.1)).ok
    assert_limit(real.run("sleep(60)", limits=Limits(wall=0.2)), "wall", 0.2)


def test_sleeping_in_a_simulation_costs_no_wall(host: Host) -> None:
    assert host.run("sleep(100000)", limits=Limits(wall=5)).ok


# -- calls, output, memory ----------------------------------------------------------------------------------------

CALL = "app.integrations.devin.get_current_user()"


def test_one_call_too_many_is_an_error(host: Host) -> None:
    result = host.run(f"for i = 1, 3 do {CALL} print(i) end", limits=Limits(calls=2))
    assert_limit(result, "calls", 2)
    assert (result.output, len(result.calls)) == ("1\n2\n", 2)
    assert failure(result).line == 1


def test_catching_the_error_gives_no_further_call(host: Host) -> None:
    source = f"local n = 0 for i = 1, 50 do if pcall(function() {CALL} end) then n = n + 1 end end return n"
    result = host.run(source, limits=Limits(calls=3))
    assert len(result.calls) == 3
    assert result.value in (3, None)


def test_a_call_with_wrong_arguments_counts_too(host: Host) -> None:
    source = "for i = 1, 1000 do pcall(app.integrations.devin.get_session, {}) end app.integrations.devin.get_session{}"
    assert_limit(host.run(source, limits=Limits(calls=5)), "calls", 5)


@pytest.mark.parametrize(
    "source",
    [
        "print(('x'):rep(5000))",
        "for i = 1, 5000 do print('x') end",
        "while true do pcall(print, 'x') end",
        "dump(('x'):rep(5000))",
        "while true do xpcall(print, function() end, 'x') end",
        "coroutine.wrap(function() while true do print('x') end end)()",
    ],
)
def test_output_stops_at_its_limit(host: Host, source: str) -> None:
    pieces: list[bytes] = []
    result = host.run(source, limits=Limits(output_bytes=1000), on_output=pieces.append)
    assert_limit(result, "output_bytes", 1000)
    assert len(result.output) == len(b"".join(pieces)) == 1000


def test_output_up_to_the_limit_is_no_error(host: Host) -> None:
    assert host.run("print(('x'):rep(999))", limits=Limits(output_bytes=1000)).ok


@pytest.mark.parametrize("size", [65_535, 65_536, 131_072, 1_000_000])
def test_long_output_arrives_whole(host: Host, size: int) -> None:
    assert host.run(f"print(('x'):rep({size}))").output == "x" * size + "\n"


@pytest.fixture
def walled() -> Iterator[Host]:
    """A host whose scripts run in a process of their own."""
    with Host(simulate=True, isolation="process") as host:
        yield host


@pytest.mark.parametrize(
    "source",
    [
        "local t = {} for i = 1, 1e9 do t[i] = i end",
        "local s = 'x' while true do s = s .. s end",
        "local t = {} while true do t[#t + 1] = ('x'):rep(1000) .. #t end",
        "local t = {} while true do t[#t + 1] = coroutine.create(function() end) end",
        "local t = {} while true do pcall(function() t[#t + 1] = ('x'):rep(1e6) .. #t end) end",
        "local t = {} while true do t = {t} end",
        "return ('x'):rep(1e9)",
        "local x = table.concat({('x'):rep(3e7), ('y'):rep(3e7)})",
        "local x = json.encode(('x'):rep(4e7))",
        "print(('x'):rep(4e7) .. 'y')",
        "local s = ('x'):rep(4e7) return s",
        "local s = ('x'):rep(2e7) app.integrations.devin.get_session{session_id = s .. s}",
    ],
)
def test_memory_stops_at_its_limit(walled: Host, source: str) -> None:
    result = walled.run(source, limits=Limits(memory_mib=64, cpu=10, output_bytes=None))
    assert_limit(result, "memory_mib", 64)


def test_a_value_that_does_not_fit_is_never_lost_in_silence(walled: Host) -> None:
    result = walled.run("return ('x'):rep(3e7), 1", limits=Limits(memory_mib=64, cpu=10))
    assert not result.ok or [len(str(v)) for v in result.values] == [30_000_000, 1]


def test_an_error_for_want_of_memory_can_be_caught(walled: Host) -> None:
    source = "local ok = pcall(function() return ('x'):rep(5e7) .. 'y' end) collected = nil return ok"
    assert walled.run(source, limits=Limits(memory_mib=64)).value is False


def test_the_size_of_the_heap_is_told(host: Host) -> None:
    small = host.run("return 1").memory_bytes
    large = host.run("keep = ('x'):rep(3e6) return 1").memory_bytes
    assert small is not None
    assert large is not None
    assert 0 < small < 3e6 < large < 64 << 20


# -- recursion ----------------------------------------------------------------------------------------------------

DEEP = [
    "local function f(n) return 1 + f(n) end f(1)",
    "local function f() pcall(f) error('x') end f()",
    "local t = setmetatable({}, {}) getmetatable(t).__index = function(t, k) return t[k .. 'x'] end local x = t.y",
    "local s = ('x'):rep(100) local function f() return (s:gsub('x', f)) end f()",
    "local t = setmetatable({}, {}) getmetatable(t).__index = function() return (('x'):gsub('x', t)) end local x = t.y",
    "local ok, e = pcall(sleep, -1) local function f() return (e:gsub('e', f)) end f()",
    "local function f() return coroutine.wrap(f)() end f()",
    "local function f() local c = coroutine.create(f) local ok, e = coroutine.resume(c) error(e, 0) end f()",
    "local function f() table.sort({3, 2, 1}, f) end f()",
    "local t = setmetatable({}, {__tostring = function(t) return tostring(t) end}) print(t)",
    "local t = setmetatable({}, {__tostring = function(t) return tostring({t}) end}) print(t)",
    "local t = {} for i = 1, 1e5 do t = {t} end print(t) error(t)",
    "local t = {} for i = 1, 1e5 do t = {t} end app.integrations.devin.get_session{t}",
    "local t = {} for i = 1, 1e5 do t = {t} end local x = json.encode(t)",
    "local x = load(('('):rep(1e5) .. '1' .. (')'):rep(1e5)) x()",
    "local x = load('x = ' .. ('{'):rep(1e5)) x()",
    "local x = ('x'):find(('('):rep(1e5)) x()",
    "local x = ('x'):rep(1e5):find(('x?'):rep(1e5) .. ('x'):rep(1e5)) x()",
]


@pytest.mark.parametrize("source", DEEP)
def test_recursion_without_end_is_an_error_of_the_script(luahost: Command, isolation: str, source: str) -> None:
    words = ("run", "--simulate", "--isolation", isolation, "--timeout", "2", "--json", "-e", source)
    finished = luahost(*words, timeout=10)
    assert finished.code in (1, 3), finished
    error = finished.json["error"]
    assert error["code"] in ("script_error", "limit_exceeded", "invalid_arguments"), error
    assert "luahost" not in error["message"].replace("luahost run", "")


# -- the process --------------------------------------------------------------------------------------------------


@linux
@pytest.mark.parametrize("source", ["return 1", "error('x')", "x = = 1", "while true do end", "print(('x'):rep(2e6))"])
def test_a_run_that_has_ended_leaves_nothing_that_computes(walled: Host, source: str) -> None:
    before = descendants(os.getpid())
    walled.run(source, limits=Limits(wall=0.25))

    def idle() -> bool:
        for pid in descendants(os.getpid()) - before:
            with suppress(OSError):
                state = (PROC / str(pid) / "stat").read_text("utf-8", "replace").rsplit(") ", 1)[1][0]
                if state == "R":
                    return False
        return True

    assert wait_until(idle, 1)


@linux
def test_a_child_that_is_killed_is_an_error_of_the_run_and_the_host_goes_on(walled: Host) -> None:
    before = descendants(os.getpid())

    def kill(_: bytes) -> None:
        for pid in scripts(before):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    error = failure(walled.run("print('now') while true do end", on_output=kill))
    assert (error.code, "SIGKILL" in error.message) == ("internal_error", True)
    assert walled.run("return 1").value == 1


@linux
@pytest.mark.parametrize(
    "source",
    [
        "while true do end",
        "while true do pcall(function() while true do end end) end",
        "return ('a'):rep(100):find(('a*'):rep(30) .. 'b')",
        "sleep(1000)",
        "while true do print('x') end",
    ],
)
def test_a_host_that_is_killed_leaves_no_child(luahost: Command, source: str) -> None:
    host = luahost.start("run", "-e", f"print('began'); {source}", stdout=subprocess.PIPE)
    try:
        assert host.stdout is not None
        assert host.stdout.readline() == b"began\n"
        children = descendants(host.pid)
        assert children
    finally:
        host.kill()
        host.communicate()
    assert wait_until(lambda: not any(map(alive, children)))


def scripts(before: set[int]) -> set[int]:
    """The processes that were forked to run scripts: those that wait for one, and the one that runs."""
    return {pid for pid in descendants(os.getpid()) - before if parent(pid) not in {0, os.getpid()}}


def looked_at(host: Host, look: Callable[[int], None], before_that: str = "") -> None:
    """Run a script, and `look` at its process while it waits for an answer."""
    before = descendants(os.getpid())
    seen: list[int] = []
    problems: list[BaseException] = []

    def on_output(_: bytes) -> None:
        try:
            for pid in scripts(before):
                seen.append(pid)
                look(pid)
        except BaseException as problem:  # noqa: BLE001 (raised again below)
            problems.append(problem)

    result = host.run(f"{before_that} print('now') docs.list()", on_output=on_output)
    assert result.ok, result.error
    if problems and isinstance(problems[0], PermissionError):
        pytest.skip("this user may not look into the process")
    if problems:
        raise problems[0]
    assert seen


@linux
def test_the_environment_of_the_child_has_nothing_but_the_time_zone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "UTC")
    monkeypatch.setenv("LUAHOST_DEVIN_API_KEY", "cog_canary")
    monkeypatch.setenv("CANARY", "1")

    def look(pid: int) -> None:
        variables = (PROC / str(pid) / "environ").read_bytes().split(b"\0")
        assert {each.partition(b"=")[0] for each in variables if each} <= {b"TZ", b"GLIBC_TUNABLES"}

    with Host(isolation="process", state=False) as host:
        looked_at(host, look)


@linux
def test_the_child_has_no_file_open_but_its_pipes(walled: Host) -> None:
    def look(pid: int) -> None:
        names = [str(each.readlink()) for each in (PROC / str(pid) / "fd").iterdir()]
        assert [name for name in names if not name.startswith(("pipe:", "/dev/null", "anon_inode:"))] == []

    with Path(os.devnull).open("rb"), Path(__file__).open("rb") as mine:
        os.set_inheritable(mine.fileno(), True)
        looked_at(walled, look)


@linux
def test_the_child_does_not_start_in_the_folder_of_the_host(walled: Host) -> None:
    def look(pid: int) -> None:
        assert (PROC / str(pid) / "cwd").readlink() == Path("/")

    looked_at(walled, look)


def memory_has(pid: int, words: list[bytes]) -> set[bytes]:
    """Which of `words` are anywhere in the memory of a process."""
    found = set()
    with (PROC / str(pid) / "mem").open("rb", 0) as memory:
        for line in (PROC / str(pid) / "maps").read_text().splitlines():
            span, rights = line.split()[:2]
            start, end = (int(part, 16) for part in span.split("-"))
            if rights.startswith("r") and not line.endswith(("[vvar]", "[vsyscall]", "[vvar_vclock]")):
                with suppress(OSError, OverflowError, ValueError):
                    memory.seek(start)
                    data = memory.read(end - start)
                    found |= {word for word in words if word in data}
    return found


@linux
def test_no_key_is_in_the_memory_of_the_child(accounts: Callable[..., dict[str, Any]]) -> None:
    passed = accounts()
    keys = [account["api_key"].encode() for account in passed["devin"].values()]
    marker = b"marker-that-the-script-has"
    found: list[set[bytes]] = []

    def look(pid: int) -> None:
        found.append(memory_has(pid, [*keys, marker]))

    source = f"""local m = '{marker.decode()}'
    app.integrations.devin.get_current_user() app.integrations.devin.work.list_sessions()
    pcall(app.integrations.devin.get_session, 'devin-none')"""
    with Host(accounts=passed, policy=Policy(write="allow"), isolation="process", state=False) as host:
        looked_at(host, look, source)
    assert set().union(*found) == {marker}


@linux
def test_the_key_is_not_among_the_words_of_any_process(accounts: Callable[..., dict[str, Any]]) -> None:
    passed = accounts()
    key = passed["devin"]["default"]["api_key"].encode()

    def look(pid: int) -> None:
        assert key not in (PROC / str(pid) / "cmdline").read_bytes()

    with Host(accounts=passed, isolation="process", state=False) as host:
        looked_at(host, look, CALL)


@pytest.mark.parametrize("closed", [(0,), (0, 1, 2)])
def test_a_host_that_has_closed_its_standard_descriptors_can_run_scripts(closed: tuple[int, ...]) -> None:
    code = f"""
import os
for fd in {closed!r}: os.close(fd)
from luahost import Host
with Host(simulate=True) as host: value = host.run("print('x') return 7").value
os._exit(value)"""
    import sys

    assert subprocess.run([sys.executable, "-c", code], timeout=20, check=False).returncode == 7


# -- values and states --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("returned", "values"),
    [
        ("", []),
        ("nil", [None]),
        ("1, 'a', true, nil, 0.5", [1, "a", True, None, 0.5]),
        ("nil, nil", [None, None]),
        ("{1, {a = {}}}, {}", [[1, {"a": {}}], {}]),
        ("json.array(), json.null", [[], None]),
        ('json.decode(\'{"a":[],"b":[null]}\')', [{"a": [], "b": [None]}]),
        ("print, coroutine.create(print)", ["function", "thread"]),
        ("{print}", [["function"]]),
        ("99999999999999, -1e300, 2^53", [99999999999999, -1e300, 2**53]),
        ("'é\\0\\n'", ["é\0\n"]),
        ("'\\255'", ["\ufffd"]),
        ("0/0 ~= 0/0", [True]),
        ("{1, a = 2}", ["{1, a = 2}"]),
        ("setmetatable({a = 1}, {__index = error})", [{"a": 1}]),
        ("setmetatable({1, a = 1}, {__tostring = error})", ["(a table whose __tostring fails)"]),
        ("select('#', ...)", [0]),
    ],
)
def test_what_a_script_returns_are_the_values(host: Host, returned: str, values: list[Any]) -> None:
    result = host.run(f"return {returned}")
    assert (result.ok, result.values) == (True, values)
    assert result.value == (values[0] if values else None)


@pytest.mark.parametrize("number", ["0/0", "1/0", "-1/0"])
def test_a_number_that_json_does_not_know_comes_back_as_text(host: Host, number: str) -> None:
    assert isinstance(host.run(f"return {number}").value, str)


@pytest.mark.parametrize("size", [1000, 100_000, 1_000_000, 5_000_000])
def test_a_large_value_comes_back_whole(host: Host, size: int) -> None:
    result = host.run(f"return ('x'):rep({size})")
    assert result.ok, result.error
    assert len(result.value) == size


def test_many_values_come_back(host: Host) -> None:
    assert host.run("return unpack({}, 1, 5000)").values == [None] * 5000


def test_a_result_says_what_was_done(host: Host) -> None:
    result = host.run("print('x') app.integrations.devin.work.get_current_user() return 1")
    assert (result.ok, result.output, result.values, result.error) == (True, "x\n", [1], None)
    assert [(call.call, call.account, call.status) for call in result.calls] == [
        ("devin.get_current_user", "work", "ok")
    ]
    assert result.elapsed_ms > 0


def test_a_script_that_fails_keeps_its_output_and_calls(host: Host) -> None:
    result = host.run("print('x') app.integrations.devin.get_current_user() error('y')")
    assert (result.ok, result.output, result.values, len(result.calls)) == (False, "x\n", [], 1)


@pytest.mark.parametrize(
    "spoil",
    [
        "x = 1",
        "string.x = 1 function string.upper() return 'spoilt' end",
        "json.encode = nil app_ = app",
        "local d = app.integrations.devin pcall(rawset, select(2, pairs(d)), 'get_session', print)",
        "setmetatable(_G, {__index = function() return 1 end})",
        "math.randomseed(1)",
    ],
)
def test_every_run_has_a_state_of_its_own(host: Host, spoil: str) -> None:
    host.run(spoil)
    source = (
        "return {x == nil, string.x == nil, ('a'):upper(), type(json.encode), app_ == nil, getmetatable(_G) == nil}"
    )
    assert host.run(source).value == [True, True, "A", "function", True, True]


def test_a_script_can_be_run_within_the_output_of_another(host: Host) -> None:
    inner: list[Any] = []
    host.run("print(1)", on_output=lambda _: inner.append(host.run("return 2").value))
    assert inner == [2]


# -- many at once -------------------------------------------------------------------------------------------------

WORK = """local name = app.integrations.devin.get_current_user().name
for i = 1, 20 do print(args.n) end
local made = app.integrations.devin.create_session{prompt = 'p' .. args.n}
return args.n, name, made.session_id"""


def test_one_host_serves_eight_threads(host: Host) -> None:
    def work(n: int) -> Result:
        return host.run(WORK, args={"n": n})

    with ThreadPoolExecutor(8) as threads:
        results = list(threads.map(work, range(32)))
    assert [result.error for result in results] == [None] * 32
    for n, result in enumerate(results):
        assert result.values[:2] == [n, "Ada Lovelace"]
        assert result.output == f"{n}\n" * 20
        assert [call.arguments for call in result.calls] == [{}, {"prompt": f"p{n}"}]
    assert len({result.values[2] for result in results}) == 32


def test_a_script_that_runs_over_its_limit_does_not_disturb_another(real: Host) -> None:
    def work(n: int) -> Result:
        if n % 2:
            return real.run("while true do pcall(error) end", limits=Limits(wall=0.3))
        return real.run("sleep(0.4) return 1")

    with ThreadPoolExecutor(4) as threads:
        results = list(threads.map(work, range(4)))
    assert [result.ok for result in results] == [True, False, True, False]


def test_run_async_runs_while_the_loop_goes_on(host: Host) -> None:
    async def main() -> list[Result]:
        return await asyncio.gather(*(host.run_async("return args.n", args={"n": n}) for n in range(4)))

    assert [result.value for result in asyncio.run(main())] == [0, 1, 2, 3]


def test_a_host_can_be_used_from_a_thread_that_has_ended(host: Host) -> None:
    found: list[Any] = []
    for _ in range(3):
        thread = threading.Thread(target=lambda: found.append(host.run(f"{CALL} return 1").value))
        thread.start()
        thread.join()
    assert found == [1, 1, 1]
