"""States that last: chunks in one environment, each with its limits; one that is stopped leaves the rest as it was."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from luahost import Cancellation, Host, Limits
from luahost.lua.lasting import GONE, PATIENCE, LastingState, _names
from luahost.lua.unfinished import is_unfinished
from tests.conftest import ALLOW

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from luahost.integrations.devin.simulator import Simulator
    from luahost.results import Result

SLOW = "string.rep('a', 1e6):find(('.-'):rep(20) .. 'b')"
"""One call of a C function that takes hours."""


class Chunks:
    """A state, and the host that runs chunks in it."""

    def __init__(self, host: Host, **options: Any) -> None:
        self.host = host
        self._options = options
        self.state = LastingState()
        self._count = 0

    def run(self, source: str, **options: Any) -> Result:
        self._count += 1
        return self.host.run(source, name=f"[{self._count}]", lasting=self.state, **self._options, **options)

    def output(self, source: str) -> str:
        result = self.run(source)
        assert result.error is None, result.error.fields()
        return result.output

    def stop(self, source: str) -> Result:
        """Run a chunk, and cancel it when it has printed something."""
        cancellation = Cancellation()
        result = self.run(source, cancellation=cancellation, on_output=lambda _: cancellation.cancel())
        assert result.error is not None
        assert result.error.code == "cancelled"
        return result


def make(host: Host, **options: Any) -> Iterator[Chunks]:
    with host:
        made = Chunks(host, **options)
        yield made
        made.state.close()


@pytest.fixture
def chunks() -> Iterator[Chunks]:
    yield from make(Host(simulate=True, policy=ALLOW, limits=Limits(wall=None)))


@pytest.mark.parametrize(
    ("source", "output"),
    [
        ("x = 1", ""),
        ("1 + 1", "2\n"),
        ("=1 + 1", "2\n"),
        ("  = 'a', nil, {1}", '"a"\tnil\t{1}\n'),
        ("nil", "nil\n"),
        ("return 1, 2", "1\t2\n"),
        ("return", ""),
        ("print('p')", "p\n"),
        ("(function() return 3 end)()", "3\n"),
        ("(function() end)()", ""),
        ("-- nothing", ""),
        ("", ""),
        ("local a = 2 return a", "2\n"),
        (" #'abc' -- a comment", "3\n"),
        ("unpack({}, 1, 103)", "nil\t" * 100 + "... and 3 more\n"),
        ("setmetatable({}, { __tostring = function() return 'as it says' end })", "as it says\n"),
        ("string", None),
    ],
)
def test_values_are_printed_and_statements_print_nothing(chunks: Chunks, source: str, output: str | None) -> None:
    got = chunks.output(source)
    assert got == output or output is None
    assert "0x" not in got


def test_globals_last_and_locals_do_not(chunks: Chunks) -> None:
    chunks.output("x, t = 1, { n = 0 } local y = 2 function f() y = y + 1 t.n = t.n + y return y end")
    assert chunks.output("x, y, f(), f(), t.n") == "1\tnil\t3\t4\t7\n"
    assert chunks.run("error('no')").error is not None
    assert chunks.output("x") == "1\n"


def test_args_are_there_once_and_belong_to_the_state(chunks: Chunks) -> None:
    chunks.run("args.n = args.n + 1", args={"n": 1})
    assert chunks.run("args.n", args={"n": 1}).output == "2\n"


def test_random_numbers_and_the_simulators_clock_go_on(chunks: Chunks) -> None:
    first = chunks.output("math.random(1e9)")
    assert chunks.output("math.random(1e9)") != first
    chunks.output("t = os.time() sleep(3600)")
    assert chunks.output("os.time() - t") == "3600\n"


@pytest.mark.parametrize(
    ("source", "message", "line"),
    [
        ("x =", "unexpected symbol near '<eof>'", 1),
        ("1 +* 2", "unexpected symbol near '*'", 1),
        ("=\n\n)", "unexpected symbol near ')'", 3),
        ("local a\na.b = 1", "attempt to index local 'a' (a nil value)", 2),
        ("app.integrations.devin.get_session('nosuch')", "devin.get_session: ", 1),
        ("error('m')", "m", 1),
    ],
)
def test_an_error_has_the_chunk_and_line(chunks: Chunks, source: str, message: str, line: int) -> None:
    error = chunks.run(source).error
    assert error is not None
    assert message in error.message
    assert (error.file, error.line) == ("[1]", line)
    assert "in function 'chunk'" not in str(error.traceback)


def test_an_error_in_a_function_of_an_earlier_chunk_is_at_its_line(chunks: Chunks) -> None:
    chunks.output("function f(t)\n  return t.a.b\nend")
    error = chunks.run("f{}").error
    assert error is not None
    assert (error.file, error.line) == ("[1]", 2)
    assert "[2]:1: in main chunk" in str(error.traceback)


# -- being stopped ----------------------------------------------------------------------------------------------------

LOOPS = {
    "a loop": "while true do end",
    "a loop of pcall": "while true do pcall(function() while true do end end) end",
    "a handler that loops": "xpcall(function() while true do end end, function() while true do end end)",
    "an error whose handler loops": "xpcall(error, function() while true do end end)",
    "a coroutine": "coroutine.wrap(function() while true do end end)()",
    "a coroutine in a coroutine": (
        "local function f(n) while n == 0 do end coroutine.resume(coroutine.create(f), n - 1) end f(9)"
    ),
    "a callback of gsub": "('a'):gsub('a', function() while true do end end)",
    "an order": "table.sort({ 1, 2, 3 }, function() while true do end end)",
    "a reader of load": "load(function() while true do end end)",
    "a metamethod": "local _ = setmetatable({}, { __index = function() while true do end end }).x",
    "a __tostring": "print(setmetatable({}, { __tostring = function() while true do end end }))",
    "tasks": "parallel({ 1, 2, 3 }, function() while true do end end)",
    "tasks that call": "while true do parallel({ 1, 2 }, function() app.integrations.devin.get_current_user() end) end",
    "a task in a task": "parallel{ function() parallel{ function() while true do end end } end }",
    "calls": "while true do pcall(app.integrations.devin.get_current_user) end",
    "a walk": "while true do for _ in each(app.integrations.devin.list_sessions, { limit = 1 }) do end end",
    "sleeps": "while true do sleep(1) end",
    "waiting": "wait_until{ check = function() while true do end end }",
    "output": "while true do print('more') end",
    "large output": "local s = ('x'):rep(1e6) while true do print(s) end",
    "memory": "while true do local t = {} for i = 1, 1e5 do t[i] = {} end end",
    "text": "local s = '' while true do s = (s .. 'x'):sub(-1000) end",
    "dates": "while true do os.date() os.time() end",
    "json": "local t = {} for i = 1, 1e4 do t[i] = i end while true do json.decode(json.encode(t)) end",
}


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chunks]:
    """One state for all that is stopped."""
    folder = tmp_path_factory.mktemp("modules")
    (folder / "loops.lua").write_text("if not loaded then loaded = true while true do end end return 'loaded'")
    host = Host(
        simulate=True, policy=ALLOW, state=False, limits=Limits(cpu=60, wall=None, calls=None, output_bytes=None)
    )
    for made in make(host, modules=folder):
        made.output("x = 'kept'")
        yield made


@pytest.mark.parametrize("loop", LOOPS.values(), ids=LOOPS)
def test_a_chunk_that_is_stopped_leaves_the_state(many: Chunks, loop: str) -> None:
    result = many.stop(f"print('begun'); {loop}")
    assert result.meta["notices"] == []
    assert many.output("x") == '"kept"\n'
    assert many.output("parallel({ 1, 2 }, function(n) sleep(0) return n + 1 end)") == "{2, 3}\n"
    assert many.output("pcall(error, 'caught')") == 'false\t"caught"\n'


def test_a_module_whose_loading_was_stopped_can_be_loaded(many: Chunks) -> None:
    many.stop("loaded = false print('begun') require('loops')")
    assert many.output("loaded = true return require('loops')") == '"loaded"\n'


def test_what_is_stopped_often_wears_nothing_out(chunks: Chunks) -> None:
    for _ in range(160):  # more than coroutines may resume one another
        chunks.stop("coroutine.wrap(function() print('begun') while true do end end)()")
    assert chunks.output("coroutine.wrap(function() return 'fine' end)()") == '"fine"\n'


def test_a_c_function_costs_the_state_and_a_notice_says_so(chunks: Chunks) -> None:
    chunks.output("x = 1")
    started = time.monotonic()
    assert chunks.stop(f"print('begun') {SLOW}").meta["notices"] == [GONE]
    assert PATIENCE <= time.monotonic() - started < PATIENCE + 5
    assert chunks.output("x") == "nil\n"


def test_a_stop_that_comes_late_stops_nothing(chunks: Chunks) -> None:
    chunks.output("x = 1")
    chunks.state.child.send(b"X1 ")
    assert chunks.output("for i = 1, 1e6 do x = x + 1 end return x") == "1000001\n"


def test_an_answer_that_comes_late_answers_nothing(simulator: Simulator, accounts: Callable[..., Any]) -> None:
    simulator.fail(path="/self$", delay=0.5, times=1)
    devin = "app.integrations.devin"
    for chunks in make(Host(accounts=accounts(), policy=ALLOW, state=False)):
        chunks.output(f"{devin}.get_session('sess_abc123').session_id")
        chunks.stop(f"parallel{{ function() {devin}.get_current_user() end, function() print('begun') end }}")
        assert chunks.output(f"sleep(0.6) return {devin}.get_session('sess_abc123').session_id") == '"sess_abc123"\n'


def test_a_walk_ends_with_its_chunk(chunks: Chunks) -> None:
    chunks.output("for i = 1, 3 do app.integrations.devin.create_session('p') end")
    chunks.output("walk = each(app.integrations.devin.list_sessions, { limit = 1 }) walk()")
    error = chunks.run("for _ in walk do end").error
    assert error is not None
    assert "ended with the chunk" in error.message


# -- limits -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("limit", "source"),
    [
        ({"cpu": 0.1}, "while true do pcall(function() while true do end end) end"),
        ({"wall": 0.2}, "while true do pcall(function() while true do end end) end"),
        ({"calls": 2}, "for i = 1, 3 do app.integrations.devin.get_current_user() end"),
        ({"output_bytes": 100}, "while true do print('more') end"),
        ({"output_bytes": 100}, "for i = 1, 40 do print('more') end"),
    ],
)
def test_each_chunk_has_its_limits_and_what_is_over_them_leaves_the_state(
    chunks: Chunks, limit: dict[str, Any], source: str
) -> None:
    chunks.output("x = 1")
    limits = Limits(wall=None).replace(**limit)
    for _ in range(2):
        error = chunks.run(source, limits=limits).error
        assert error is not None
        assert error.code == "limit_exceeded"
        assert chunks.run("app.integrations.devin.get_current_user() return x", limits=limits).output == "1\n"


@pytest.mark.parametrize("source", ["t = {} for i = 1, 1e9 do t[i] = {} end", "t = 'x' while true do t = t .. t end"])
def test_memory_is_the_states_and_can_be_had_back(source: str) -> None:
    for chunks in make(Host(simulate=True, policy=ALLOW, limits=Limits(cpu=30, wall=None, memory_mib=48))):
        chunks.output("x = 1")
        result = chunks.run(source)
        assert result.error is not None
        assert result.error.details == {"limit": "memory_mib", "allowed": 48, "used": 48}
        assert result.meta["notices"] == []
        assert chunks.output("t = nil") == ""
        assert chunks.output("local s = {} for i = 1, 1e5 do s[i] = {} end return x") == "1\n"


# -- its process ------------------------------------------------------------------------------------------------------


def test_its_process_is_sealed_like_any_other(chunks: Chunks) -> None:
    assert chunks.run("1").meta["seal"] == chunks.host.run("return 1").meta["seal"]
    assert chunks.output("io, ffi, jit, debug, package, os.execute") == "\t".join(["nil"] * 6) + "\n"


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="reads /proc")
def test_its_process_knows_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LUAHOST_DEVIN_API_KEY", "cog_secret")
    for chunks in make(Host(simulate=True, policy=ALLOW)):
        chunks.output("1")
        pid = chunks.state.child.pid
        assert b"cog_secret" not in Path(f"/proc/{pid}/cmdline").read_bytes()
        with suppress(PermissionError):  # nobody can read it
            assert b"cog_secret" not in Path(f"/proc/{pid}/environ").read_bytes()


def test_a_process_that_dies_between_chunks_is_told(chunks: Chunks) -> None:
    chunks.output("x = 1")
    os.kill(chunks.state.child.pid, signal.SIGKILL)
    result = chunks.run("x")
    assert result.error is not None
    assert result.meta["notices"] == [GONE]
    assert chunks.output("x") == "nil\n"


def test_a_reset_state_is_a_new_one(chunks: Chunks) -> None:
    chunks.output("x = 1")
    before = chunks.state.child.pid
    chunks.state.reset()
    assert chunks.output("x") == "nil\n"
    assert chunks.state.child.pid != before


def test_dry_runs_see_what_the_ones_before_have_made(chunks: Chunks) -> None:
    chunks.run("s = app.integrations.devin.create_session('p').session_id", dry_run=True)
    found = chunks.run("app.integrations.devin.get_session(s).session_id == s", dry_run=True)
    assert found.output == "true\n"


def test_the_names_for_completing_are_those_of_globals_and_libraries(chunks: Chunks) -> None:
    chunks.output("mine = 1")
    assert {"mine", "print", "string.find", "json.encode", "app"} <= set(chunks.state.names)
    assert "app.integrations" not in chunks.state.names
    for _ in range(2):
        chunks.output("for i = 1, 3000 do _G['g' .. i] = i end setmetatable(_G, { __pairs = error, __index = error })")
    assert len(chunks.state.names) == 2000


@pytest.mark.parametrize("said", [None, {}, {"names": "x"}, {"names": [1, None, "a b", "\033[31m", "x" * 99, "a.b.c"]}])
def test_a_hostile_process_names_nothing(said: Any) -> None:
    assert _names(said) == []


# -- whether a chunk is whole -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "for",
        "f(",
        "x =",
        "1 +",
        "=1 +",
        "=",
        "[[a",
        "--[==[ x ]]",
        "x.",
        "if x then",
        "function f()\nreturn 1",
        "{",
        "a\n..",
    ],
)
def test_unfinished(text: str) -> None:
    assert is_unfinished(text)


@pytest.mark.parametrize(
    "text", ["", "x", "=x", "1 + 1", "'abc", "end", ")", "foo bar", "-- c", "[[a]]", "x ++", "\x1bLJ", "\0"]
)
def test_finished_or_wrong(text: str) -> None:
    assert not is_unfinished(text)
