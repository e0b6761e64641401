"""What one run leaves for the next on the same host, where the second script must be a particular one."""

from __future__ import annotations

import inspect
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from luahost import Host, Limits, Policy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from luahost.integrations.devin.simulator import Simulator
    from luahost.results import Result

LIMITS = Limits(cpu=5, wall=30, memory_mib=32)
WALLED = [mode for mode in ("process", "reuse") if mode == "process" or "reuse" in inspect.signature(Host).parameters]
MODES = [*WALLED, "none"]
modes = pytest.mark.parametrize("mode", MODES)
walled = pytest.mark.parametrize("mode", WALLED)


@pytest.fixture
def make_host() -> Iterator[Callable[..., Host]]:
    made: list[Host] = []

    def make(mode: str, **options: Any) -> Host:
        if mode == "none":
            options["isolation"] = "none"
        if mode == "reuse":
            options["reuse"] = 20
        options.setdefault("policy", Policy(read="allow", write="allow"))
        made.append(Host(limits=LIMITS, **options))
        return made[-1]

    yield make
    for each in made:
        each.close()


def run(host: Host, source: str, *, ends: str | None = None, **changes: Any) -> Result:
    """Run a script; `ends` is the limit that ends it, or the code of its error."""
    options = {name: changes.pop(name) for name in ("args", "words", "account", "modules", "name") if name in changes}
    result = host.run(source, limits=LIMITS.replace(**changes), **options)
    if ends is None:
        assert result.error is None, result.error.fields()
    else:
        assert result.error is not None
        assert ends in (result.error.code, (result.error.details or {}).get("limit"))
    return result


def value(host: Host, source: str, **changes: Any) -> Any:
    return run(host, source, **changes).value


# -- randomness and time ------------------------------------------------------------------------------------------


@modes
def test_a_seed_is_not_left_for_the_next_run(make_host: Callable[..., Host], mode: str) -> None:
    host = make_host(mode, simulate=True)
    draw = "return {math.random(), math.random(2 ^ 31)}"
    known = value(host, f"math.randomseed(42) local first = {draw[7:]} math.randomseed(42) return first")
    drawn = [value(host, draw) for _ in range(4)]
    assert known not in drawn
    assert len({str(each) for each in drawn}) == 4


@modes
def test_the_processor_time_of_earlier_runs_is_not_told(make_host: Callable[..., Host], mode: str) -> None:
    host = make_host(mode, simulate=True)
    run(host, "local t = os.clock() while os.clock() - t < 0.2 do end")
    assert value(host, "return os.clock()") < 0.15


@walled
def test_the_processor_time_of_earlier_runs_is_not_counted(make_host: Callable[..., Host], mode: str) -> None:
    host = make_host(mode, simulate=True)
    for _ in range(5):
        run(host, "local t = os.clock() while os.clock() - t < 0.05 do end", cpu=0.15)
    run(host, "while true do end", ends="cpu", cpu=0.05)
    run(host, "local t = os.clock() while os.clock() - t < 0.1 do end", cpu=5)


@modes
def test_the_simulated_clock_can_be_moved_to_the_end_of_time(make_host: Callable[..., Host], mode: str) -> None:
    host = make_host(mode, simulate=True)
    host.run("for _ = 1, 400 do sleep(1e9) end")
    later = run(host, "local s = app.integrations.devin.create_session{prompt = 'x'} return s.status, os.date('!%Y')")
    assert later.value
    run(host, "return app.integrations.devin.list_sessions()")


# -- limits -------------------------------------------------------------------------------------------------------


@walled
def test_each_run_has_the_memory_that_its_own_limit_gives(make_host: Callable[..., Host], mode: str) -> None:
    host = make_host(mode, simulate=True)
    take = "local t = {{}} for i = 1, {0} do t[i] = ('x'):rep(2 ^ 20) .. i end return #t"
    for _ in range(2):
        run(host, take.format(40), ends="memory_mib", memory_mib=16)
        assert value(host, take.format(2), memory_mib=16) == 2
        assert value(host, take.format(80), memory_mib=128) == 80
        run(host, take.format(40), ends="memory_mib", memory_mib=16)


@walled
def test_memory_that_earlier_runs_took_is_there_again(make_host: Callable[..., Host], mode: str) -> None:
    host = make_host(mode, simulate=True)
    for size in (10, 2**10, 2**16, 2**20, 100, 2**18) * 2:
        source = (
            f"kept = {{}} for i = 1, {16 << 20} / {size} / 2 do kept[i % 1e4] = ('x'):rep({size}) .. i end return 1"
        )
        assert value(host, source) == 1
        kept = f"kept = {{}} for i = 1, math.min(1e5, {12 << 20} / {size}) do kept[i] = ('x'):rep({size}) .. i end"
        assert value(host, f"{kept} return 1") == 1


@modes
def test_calls_and_output_are_counted_anew(make_host: Callable[..., Host], mode: str) -> None:
    host = make_host(mode, simulate=True)
    source = "for _ = 1, 3 do pcall(app.integrations.devin.get_session, '') end print('1234567') return 1"
    for _ in range(3):
        assert value(host, source, calls=3, output_bytes=8) == 1
        run(host, "while true do print('x') end", ends="output_bytes", output_bytes=8)


# -- answers ------------------------------------------------------------------------------------------------------

# Requests are sent where the stack ends, so that some are never waited for.
ABANDON = """
local function at(n, f, pad)
  if n == 0 then
    return (f(unpack({}, 1, pad)))
  end
  return (at(n - 1, f, pad))
end
local low, high = 1000, 70000
while high - low > 1 do
  local middle = math.floor((low + high) / 2)
  if pcall(at, middle, math.random, 0) then low = middle else high = middle end
end
for left = 0, 240 do
  pcall(at, low - math.floor(left / 4), function() return f() end, left % 4 * 2)
end
"""
ASK = {
    "calls": "local get = app.integrations.devin.get_session function f() return get('spoilt') end",
    "pages": "function f() return docs.read('devin.get_session') end",
    "names": "local devin = app.integrations.devin function f() return devin.spoilt end",
    "the catalogue": "function f() return app.integrations.devin.get_session end",
}


@modes
@pytest.mark.parametrize("asked", ASK)
def test_answers_that_nobody_waited_for_do_not_reach_the_next_run(
    make_host: Callable[..., Host], mode: str, asked: str
) -> None:
    host = make_host(mode, simulate=True)
    run(host, ASK[asked] + ABANDON, calls=10_000)
    for _ in range(2):
        source = """local devin = app.integrations.devin
        local user, page, _, e = devin.get_current_user(), docs.read("devin"), pcall(devin.get_session, "not-there")
        sleep(0)
        return user.name, page:sub(1, 7), e.code"""
        assert run(host, source).values == ["Ada Lovelace", "# Devin", "not_found"]


# Memory is filled until a request can be sent and its answer not be received; then `f` is asked, and nothing else.
FORGET = """
local keep, n = {}, 0
for _, size in ipairs{2 ^ 18, 2 ^ 16, 2 ^ 14} do
  repeat
    n = n + 1
    keep[n] = ("x"):rep(size) .. n
  until not pcall(sleep, 0)
  keep[n] = nil
  n = n - 1
  sleep(0)
end
local ok, e
repeat
  n = n + 1
  keep[n] = ("x"):rep(2 ^ 14) .. n
  ok, e = pcall(f)
until not ok
keep = nil
print(("x"):rep(1e5)) -- the collector gets to work: the process looks as good as new
return e
"""


@walled
@pytest.mark.parametrize("delay", [0.0, 0.3])
def test_answers_that_there_was_no_memory_for_do_not_reach_the_next_run(
    make_host: Callable[..., Host],
    accounts: Callable[..., dict[str, Any]],
    simulator: Simulator,
    mode: str,
    delay: float,
) -> None:
    host = make_host(mode, accounts=accounts(), state=False)
    run(host, "app.integrations.devin.get_current_user()")
    foreign = {"session_id": "devin-foreign", "status": "foreign", "created_at": 1}
    simulator.fail(path="/sessions/devin-foreign", delay=delay, status=200, body=foreign, times=None)
    ask = "local get = app.integrations.devin.get_session function f() return get('foreign') end "
    forget = ask + FORGET
    assert value(host, forget, memory_mib=12) == "not enough memory"
    source = """local get = app.integrations.devin.get_session
    sleep(args.seconds)
    for i = 1, 100 do
      local ok, found = pcall(get, "own" .. i)
      if ok or not tostring(found):find("own" .. i, 1, true) then return found end
    end
    return "its own" """
    assert value(host, source, args={"seconds": 2 * delay}) == "its own"


@modes
def test_a_run_that_ended_while_a_call_was_open_leaves_its_answer_to_nobody(
    make_host: Callable[..., Host], accounts: Callable[..., dict[str, Any]], simulator: Simulator, mode: str
) -> None:
    host = make_host(mode, accounts=accounts(), state=False)
    run(host, "app.integrations.devin.get_current_user()")
    for _ in range(3):
        simulator.fail(path="/sessions/devin-slow", delay=0.3)
        run(host, "app.integrations.devin.get_session('slow')", ends="wall", wall=0.1)
        source = "local _, e = pcall(app.integrations.devin.get_session, 'quick') return e.message:match('devin%-%a+')"
        assert value(host, source) == "devin-quick"


@modes
def test_sleeps_that_were_cut_short_do_not_hold_up_the_next_run(make_host: Callable[..., Host], mode: str) -> None:
    host = make_host(mode, accounts={"devin": {}}, state=False)
    for _ in range(5):
        run(host, "sleep(900)", ends="wall", wall=0.05)
    assert run(host, "sleep(0.01) return 1", wall=5).elapsed_ms < 4000


@modes
def test_output_that_was_cut_off_does_not_appear_in_the_next_run(make_host: Callable[..., Host], mode: str) -> None:
    host = make_host(mode, simulate=True)
    for _ in range(5):
        late: list[bytes] = []
        host.run(
            "while true do print(('left'):rep(1e5)) end", limits=LIMITS.replace(output_bytes=7), on_output=late.append
        )
        seen = b"".join(late)
        assert run(host, "print('mine')").output == "mine\n"
        assert b"".join(late) == seen == b"leftlef"


# -- what was given -----------------------------------------------------------------------------------------------


@modes
def test_the_arguments_of_one_run_are_not_those_of_the_next(make_host: Callable[..., Host], mode: str) -> None:
    host = make_host(mode, simulate=True)
    run(host, "args.left = 1 arg.left = 1", args={"secret": 1}, words=["a", "b"], name="first.lua")
    source = "return {next(args) == nil, #arg, arg[0], arg.left == nil, select('#', ...)}"
    assert value(host, source, name="second.lua") == [True, 0, "second.lua", True, 0]


@modes
def test_the_account_of_one_run_is_not_that_of_the_next(make_host: Callable[..., Host], mode: str) -> None:
    host = make_host(mode, simulate=True)
    source = "local _, e = pcall(app.integrations.devin.get_session, '') return e.account"
    found = [value(host, source, account=name) for name in ("work", "default", "personal", "default")]
    assert found == ["work", "default", "personal", "default"]


@modes
def test_errors_name_the_file_of_their_own_run(make_host: Callable[..., Host], mode: str) -> None:
    host = make_host(mode, simulate=True)
    for name in ("first.lua", "second.lua", "third.lua"):
        error = run(host, "\n\nlocal x = nil + 1", ends="script_error", name=name).error
        assert error is not None
        assert (error.file, error.line) == (name, 3)
        assert name in (error.traceback or "")


# -- modules ------------------------------------------------------------------------------------------------------


@modes
def test_a_module_is_read_anew_in_each_run(make_host: Callable[..., Host], mode: str, tmp_path: Path) -> None:
    host = make_host(mode, simulate=True)
    file = tmp_path / "m.lua"
    source = "local m = require('m') m.n = m.n + 1 return m.n"
    for n in (1, 5, 9):
        file.write_text(f"return {{n = {n}}}")
        assert value(host, source, modules=tmp_path) == n + 1
    file.unlink()
    assert value(host, "return (pcall(require, 'm'))", modules=tmp_path) is False
    file.symlink_to(tmp_path.parent / "outside.lua")
    (tmp_path.parent / "outside.lua").write_text("return {n = 'outside'}")
    assert value(host, "return (pcall(require, 'm'))", modules=tmp_path) is False


@modes
def test_the_folder_of_modules_is_that_of_the_run(make_host: Callable[..., Host], mode: str, tmp_path: Path) -> None:
    host = make_host(mode, simulate=True)
    (tmp_path / "m.lua").write_text("return 'm'")
    assert value(host, "return require('m')", modules=tmp_path) == "m"
    assert value(host, "return (pcall(require, 'm'))") is False


@modes
def test_a_module_whose_load_ran_out_of_stack_can_be_required_again(
    make_host: Callable[..., Host], mode: str, tmp_path: Path
) -> None:
    (tmp_path / "m.lua").write_text("return 'm'")
    source = "function f() return require('m') end" + ABANDON + "return require('m')"
    assert value(make_host(mode, simulate=True), source, modules=tmp_path) == "m"


@modes
def test_modules_that_require_each_other_end(make_host: Callable[..., Host], mode: str, tmp_path: Path) -> None:
    host = make_host(mode, simulate=True)
    (tmp_path / "a.lua").write_text("return require('b')")
    (tmp_path / "b.lua").write_text("return require('a')")
    for n in range(300):
        (tmp_path / f"n{n}.lua").write_text(f"return require('n{n + 1}')")
    run(host, "require('a')", ends="script_error", modules=tmp_path)
    run(host, "for _ = 1, 3 do pcall(require, 'a') end pcall(require, 'n0') return 1", modules=tmp_path)


# -- many at once -------------------------------------------------------------------------------------------------


@walled
def test_runs_side_by_side_see_nothing_of_each_other(make_host: Callable[..., Host], mode: str) -> None:
    host = make_host(mode, simulate=True)
    spoil = """left = args.n
    for i = 1, 5 do print(args.n) _G['left' .. i] = i end
    math.randomseed(args.n)
    local ok, e = pcall(app.integrations.devin.get_session, 'n' .. args.n)
    if args.n % 4 == 1 then while true do end end
    if args.n % 4 == 2 then error('left') end
    return e.message:match('devin%-n(%d+)')"""
    look = "return {left == nil, left5 == nil, args.n}"
    barrier = threading.Barrier(4)

    def work(thread: int) -> None:
        barrier.wait()
        for n in range(thread, 40, 4):
            result = host.run(spoil, args={"n": n}, limits=LIMITS.replace(cpu=0.05))
            assert result.output == f"{n}\n" * 5
            assert result.value == (str(n) if n % 4 in (0, 3) else None)
            assert host.run(look, args={"n": n}).value == [True, True, n]

    with ThreadPoolExecutor(4) as threads:
        for done in [threads.submit(work, thread) for thread in range(4)]:
            done.result()
