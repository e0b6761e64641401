"""`parallel`: tasks whose calls are in flight together."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from luahost import Cancellation, Host, Integration, Limits, NotFound, Policy, function

if TYPE_CHECKING:
    from collections.abc import Iterator

    from luahost.errors import LuaHostError
    from luahost.results import CallRecord, Result

ALLOW = Policy(read="allow", write="allow")
PATIENCE = 20.0
"""Seconds after which a door that nobody opens fails its test."""


class Doors:
    """Functions that wait for one another, so that what is in flight together is known and not guessed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.clear()

    def clear(self) -> None:
        """Begin anew: all doors are shut, and nobody is there."""
        self._doors: dict[str, threading.Event] = {}
        self._began: dict[str, threading.Event] = {}
        self._barriers: dict[str, threading.Barrier] = {}
        self.inside = 0
        self.most_inside = 0
        self.done: list[str] = []
        """The writes that were done."""

    def _event(self, among: dict[str, threading.Event], name: str) -> threading.Event:
        with self._lock:
            return among.setdefault(name, threading.Event())

    def door(self, name: str) -> threading.Event:
        return self._event(self._doors, name)

    def began(self, name: str) -> threading.Event:
        return self._event(self._began, name)

    def open_all(self) -> None:
        """Let go whoever still waits at a door."""
        for door in self._doors.values():
            door.set()

    def _pass(self, name: str) -> None:
        self.began(name).set()
        if not self.door(name).wait(PATIENCE):
            raise NotFound(f"nobody opens {name}")

    def integration(self) -> Integration:
        @function(access="read")
        def meet_others(place: str, people: int) -> str:
            """Return when so many calls wait there."""
            with self._lock:
                barrier = self._barriers.setdefault(place, threading.Barrier(people))
                self.inside += 1
                self.most_inside = max(self.most_inside, self.inside)
            try:
                barrier.wait(PATIENCE)
            finally:
                with self._lock:
                    self.inside -= 1
            return place

        @function(access="read")
        def pass_door(name: str) -> str:
            """Return when the door is open."""
            self._pass(name)
            return name

        @function(access="write")
        def write_behind(name: str) -> str:
            """Write when the door is open."""
            self._pass(name)
            self.done.append(name)
            return f"wrote {name}"

        @function(access="read")
        def open_door(name: str) -> str:
            """Open a door."""
            self.door(name).set()
            return name

        @function(access="read")
        def wait_for(name: str) -> str:
            """Return when somebody waits at the door."""
            if not self.began(name).wait(PATIENCE):
                raise NotFound(f"nobody comes to {name}")
            return name

        @function(access="read")
        def echo_value(value: int) -> int:
            """Give it back."""
            return value

        @function(access="read")
        def fail_now(why: str) -> str:
            """Fail."""
            raise NotFound(why)

        return Integration(
            name="doors", functions=[meet_others, pass_door, write_behind, open_door, wait_for, echo_value, fail_now]
        )


@pytest.fixture(scope="module")
def hosts() -> Iterator[dict[str, tuple[Host, Doors]]]:
    """A host with doors for each kind of isolation, in real time."""
    made = {}
    for isolation in ("process", "none"):
        doors = Doors()
        host = Host(integrations=[doors.integration()], policy=ALLOW, isolation=isolation, state=False)
        made[isolation] = (host, doors)
    yield made
    for host, _ in made.values():
        host.close()


@pytest.fixture
def host(hosts: dict[str, tuple[Host, Doors]], isolation: str) -> Host:
    return hosts[isolation][0]


@pytest.fixture
def doors(hosts: dict[str, tuple[Host, Doors]], isolation: str) -> Iterator[Doors]:
    """The doors of `host`."""
    doors = hosts[isolation][1]
    yield doors
    doors.open_all()


@pytest.fixture(autouse=True)
def _shut(doors: Doors) -> None:
    doors.clear()


@pytest.fixture
def simulated(isolation: str) -> Iterator[Host]:
    with Host(simulate=True, policy=ALLOW, isolation=isolation) as made:
        yield made


def run(host: Host, code: str, **options: Any) -> Result:
    return host.run(f"local doors = app.integrations.doors {code}", **options)


def good(host: Host, code: str, **options: Any) -> Any:
    result = run(host, code, **options)
    assert result.error is None, result.error.fields()
    return result.value


def failure(host: Host, code: str, **options: Any) -> LuaHostError:
    result = run(host, code, **options)
    assert result.error is not None, result.values
    return result.error


# -- what it gives ------------------------------------------------------------------------------------------------


def test_results_are_a_list_in_the_order_of_the_tasks(host: Host) -> None:
    code = """return parallel{
      function() doors.wait_for("second") return 1 end,
      function() doors.open_door("second") pcall(doors.pass_door, "second") return "two", "dropped" end,
      function() end,
      function() return false end,
      function() return { n = 5 } end,
    }"""
    assert good(host, code) == [1, "two", None, False, {"n": 5}]


def test_the_list_is_an_array_also_when_it_is_empty(host: Host) -> None:
    code = """return json.encode{
      parallel{}, parallel({}, print), parallel{ function() end }, parallel({}, print, {settle = true})
    }"""
    assert good(host, code) == "[[],[],[null],[]]"


def test_a_function_gets_each_item_and_its_place(host: Host) -> None:
    code = "return parallel({ 'a', 'b', json.null }, function(x, i) return (x == json.null and 'none' or x) .. i end)"
    assert good(host, code) == ["a1", "b2", "none3"]


def test_a_function_of_an_integration_gets_the_item_alone(host: Host) -> None:
    assert good(host, "return parallel({ 7, { value = 8 } }, doors.echo_value)") == [7, 8]


def test_options_stand_beside_the_functions_or_behind_them(host: Host) -> None:
    code = """
        local function one() return 1 end
        local settled = { settle = true }
        return { parallel{ one, settle = true }, parallel({ one }, settled), parallel({ 1 }, one, settled) }
    """
    assert good(host, code) == [[{"ok": True, "value": 1}]] * 3


def test_what_a_script_does_to_its_list_meanwhile_changes_nothing(host: Host) -> None:
    code = """
        local list = { 1, 2, 3 }
        return parallel(list, function(x) list[3], list[4] = 30, 40 return doors.echo_value(x) end, { limit = 1 })
    """
    assert good(host, code) == [1, 2, 3]


# -- together -----------------------------------------------------------------------------------------------------


def test_calls_of_all_tasks_are_in_flight_together(host: Host) -> None:
    assert (
        good(host, "return parallel({ 1, 2, 3, 4 }, function() return doors.meet_others('all', 4) end)") == ["all"] * 4
    )


def test_so_many_at_a_time_as_the_limit_says(host: Host, doors: Doors) -> None:
    code = """
        local l = {} for i = 1, 12 do l[i] = i end
        parallel(l, function() doors.meet_others("three", 3) end, { limit = 3 })
    """
    good(host, code)
    assert doors.most_inside == 3


def test_32_at_a_time_unless_said_and_256_at_most(host: Host, doors: Doors) -> None:
    many = "local l = {} for i = 1, args.n do l[i] = i end "
    good(host, many + "parallel(l, function() doors.meet_others('usual', 32) end)", args={"n": 64})
    assert doors.most_inside == 32
    limits = Limits(calls=1000)
    good(
        host,
        many + "parallel(l, function() doors.meet_others('most', 256) end, { limit = 256 })",
        args={"n": 256},
        limits=limits,
    )
    assert doors.most_inside == 256


def test_tasks_within_tasks_run_together_too(host: Host) -> None:
    code = """return parallel({ 1, 2 }, function(x)
      return parallel({ 10, 20 }, function(y) doors.meet_others("all four", 4) return x + y end)
    end)"""
    assert good(host, code) == [[11, 21], [12, 22]]


def test_more_requests_than_the_host_takes_wait_for_their_turn(host: Host) -> None:
    code = """
        local l = {} for i = 1, 40 do l[i] = i end
        local sum = 0
        local most = { limit = 40 }
        for _, inner in ipairs(parallel(l, function() return parallel(l, doors.echo_value, most) end, most)) do
          for _, n in ipairs(inner) do sum = sum + n end
        end
        return sum
    """
    assert good(host, code, limits=Limits(calls=2000)) == 40 * 820


def test_sleeping_holds_up_no_calls(host: Host) -> None:
    code = """
        local l = {} for i = 1, 300 do l[i] = i end
        parallel(l, function(i) if i <= 200 then sleep(0.3) else doors.echo_value(i) end end, { limit = 256 })
    """
    begun = time.monotonic()
    good(host, code, limits=Limits(calls=1000))
    assert time.monotonic() - begun < 5


def test_each_walks_in_tasks(simulated: Host) -> None:
    code = """
        local devin = app.integrations.devin
        for i = 1, 5 do devin.create_session{ prompt = "task " .. i } end
        return parallel({ 1, 2 }, function(first)
          local n = 0
          for session in each(devin.list_sessions, { first = first }) do n = n + 1 end
          return n
        end)
    """
    assert simulated.run(code).value == [6, 6]


def test_one_walk_in_two_tasks_is_an_error_and_no_missing_entry(simulated: Host) -> None:
    code = """
        local devin = app.integrations.devin
        for i = 1, 5 do devin.create_session{ prompt = "task " .. i } end
        local walk = each(devin.list_sessions, { first = 1 })
        return parallel({ 1, 2 }, function() local n = 0 for _ in walk do n = n + 1 end return n end, { settle = true })
    """
    first, second = simulated.run(code).value
    assert (first["value"], second["ok"]) == (6, False)
    assert "another task waits for the next page" in second["error"]["message"]


def test_sleeps_on_a_simulated_clock_are_side_by_side(simulated: Host) -> None:
    code = """
        local began, order = os.time(), {}
        parallel({ 30, 10, 20, 10 }, function(s, i) sleep(s) order[#order + 1] = i sleep(100) end)
        return { os.time() - began, order }
    """
    assert simulated.run(code).value == [130, [2, 4, 3, 1]]


def test_waiting_for_many_takes_as_long_as_the_longest(simulated: Host) -> None:
    code = """
        local began = os.time()
        parallel({ 100, 300 }, function(s)
          wait_until{ check = function() return os.time() - began >= s end, every = 10 }
        end)
        return os.time() - began
    """
    assert 300 <= simulated.run(code).value <= 370


# -- where a task cannot yield ------------------------------------------------------------------------------------

BLOCKED = {
    "gsub": 'local n = 0 ("x"):gsub("x", function() n = doors.echo_value(x) end) return n',
    "gsub within gsub": """
        local n = 0
        ("x"):gsub("x", function() ("y"):gsub("y", function() n = doors.echo_value(x) end) end)
        return n
    """,
    "sort": "local n = 0 table.sort({ 2, 1 }, function(a, b) n = doors.echo_value(x) return a < b end) return n",
    "xpcall's handler": "return select(2, xpcall(error, function() return doors.echo_value(x) end))",
    "load": """
        local done
        return load(function() if not done then done = true return "return " .. doors.echo_value(x) end end)()
    """,
    "a coroutine in gsub": """
        local n
        ("x"):gsub("x", function() n = coroutine.wrap(function() return doors.echo_value(x) end)() end)
        return n
    """,
    "parallel in gsub": 'local n ("x"):gsub("x", function() n = parallel({ x }, doors.echo_value)[1] end) return n',
    "parallel in a coroutine in gsub": """
        local n
        local function inner() return parallel({ x, x }, doors.echo_value)[2] end
        ("x"):gsub("x", function() n = coroutine.wrap(inner)() end)
        return n
    """,
}


@pytest.mark.parametrize("place", BLOCKED)
def test_a_call_blocks_where_its_task_cannot_yield(host: Host, place: str) -> None:
    code = f"return parallel({{ 1, 2, 3 }}, function(x) doors.echo_value(0) {BLOCKED[place]} end)"
    assert good(host, code) == [1, 2, 3]


def test_answers_that_come_while_all_is_blocked_are_not_lost(host: Host) -> None:
    code = """return parallel{
      function() return doors.pass_door("a") end,
      function()
        ("x"):gsub("x", function() doors.open_door("a") for i = 1, 20 do doors.echo_value(i) end end)
        return "b"
      end,
    }"""
    assert good(host, code) == ["a", "b"]


THROUGH = {
    "pcall": "return select(2, pcall(meet))",
    "xpcall": "return select(2, xpcall(meet, print))",
    "pcall in pcall": "return select(3, pcall(pcall, meet))",
    "a metamethod": "return setmetatable({}, { __index = function() return meet() end }).x",
    "an operator": "return setmetatable({}, { __add = meet }) + 1",
    "tostring": "return tostring(setmetatable({}, { __tostring = meet }))",
    "an iterator": "for v in function(_, last) if not last then return meet() end end do x = v end return x",
    "a coroutine": "return coroutine.wrap(meet)()",
    "coroutines within one another": """
        return coroutine.wrap(function() return coroutine.wrap(function() return meet() end)() end)()
    """,
    "resume": "return select(2, coroutine.resume(coroutine.create(meet)))",
    "resume in pcall": "return select(3, pcall(coroutine.resume, coroutine.create(meet)))",
    "wait_until": "return wait_until{ check = meet }",
    "load": "return load('return meet()', 'x', 't', { meet = meet })()",
    "parallel": "return parallel{ meet }[1]",
    "parallel in a coroutine": "return coroutine.wrap(function() return parallel{ meet }[1] end)()",
}


@pytest.mark.parametrize("way", THROUGH)
def test_a_task_yields_through(host: Host, way: str) -> None:
    meet = "local function meet() return doors.meet_others('here', 2) end"
    code = f"{meet} return parallel({{ 1, 2 }}, function(x) {THROUGH[way]} end)"
    assert good(host, code) == ["here", "here"]


def test_a_module_that_calls_loads_once_for_all_tasks(host: Host, tmp_path: Any) -> None:
    (tmp_path / "slow.lua").write_text(
        "return { n = app.integrations.doors.echo_value(5), m = parallel({ 1 }, tostring) }"
    )
    code = "return parallel({ 1, 2, 3 }, function() doors.echo_value(1) return require('slow').n end)"
    assert good(host, code, modules=tmp_path) == [5, 5, 5]


# -- coroutines of the script's own -------------------------------------------------------------------------------


def test_a_generator_in_each_task_calls_between_its_values(host: Host) -> None:
    code = """
        local function count(x)
          return coroutine.wrap(function() for i = 1, 3 do coroutine.yield(doors.echo_value(x * 10 + i)) end end)
        end
        return parallel({ 1, 2 }, function(x)
          local found = {}
          for v in count(x) do found[#found + 1] = v doors.echo_value(0) end
          return found
        end)
    """
    assert good(host, code) == [[11, 12, 13], [21, 22, 23]]


def test_values_go_in_and_out_of_a_coroutine_as_ever(host: Host) -> None:
    code = """return parallel({ 1, 2 }, function(x)
      local co = coroutine.create(function(a, b)
        local c = coroutine.yield(a + b, doors.echo_value(1), nil)
        local d, e = coroutine.yield(c * 2)
        return doors.echo_value(d + e), nil, nil
      end)
      local function told(...) return table.concat({ select("#", ...), tostring((select(2, ...))) }, ":") end
      return { told(coroutine.resume(co, x, 1)), told(coroutine.resume(co, 5)), told(coroutine.resume(co, 3, 4)),
        told(coroutine.resume(co)), coroutine.status(co) }
    end)"""
    dead = "2:cannot resume dead coroutine"
    assert good(host, code) == [["4:2", "2:10", "4:7", dead, "dead"], ["4:3", "2:10", "4:7", dead, "dead"]]


def test_a_generator_that_waits_in_one_task_is_refused_to_another(host: Host) -> None:
    code = """
        local shared = coroutine.create(function() doors.pass_door("slow") return "late" end)
        return parallel{
          function() return { coroutine.resume(shared) } end,
          function()
            doors.wait_for("slow")
            local found = { coroutine.status(shared), coroutine.resume(shared) }
            doors.open_door("slow")
            return found
          end,
        }
    """
    first, second = good(host, code)
    assert first == [True, "late"]
    assert second == ["normal", False, "cannot resume a coroutine that waits for a call in another task"]


def test_a_generator_between_its_values_serves_every_task(host: Host) -> None:
    code = """
        local next_id = coroutine.wrap(function() for i = 1, 6 do coroutine.yield(i) end end)
        local got = parallel({ 1, 2, 3 }, function() local a = next_id() doors.echo_value(0) return a + next_id() end)
        return got[1] + got[2] + got[3]
    """
    assert good(host, code) == 21


def test_a_coroutine_begun_outside_goes_on_in_a_task_and_after_it(host: Host) -> None:
    code = """
        local co = coroutine.wrap(function() for i = 1, 6 do coroutine.yield(doors.echo_value(i)) end end)
        local found = { co() }
        parallel{ function() found[2] = co() parallel{ function() found[3] = co() end } found[4] = co() end }
        found[5] = co()
        return found
    """
    assert good(host, code) == [1, 2, 3, 4, 5]


def test_the_coroutine_of_a_task_cannot_be_resumed_by_another(host: Host) -> None:
    code = """
        local first
        return parallel{
          function() first = coroutine.running() return doors.pass_door("x") end,
          function()
            local found = { coroutine.resume(first, "wrong"), coroutine.status(first) }
            doors.open_door("x")
            return found
          end,
        }
    """
    assert good(host, code) == ["x", [False, "normal"]]


def test_a_task_that_yields_to_nobody_fails_where_it_yields(host: Host) -> None:
    error = failure(host, "\nparallel{\n  function()\n    coroutine.yield(1)\n  end }")
    assert (error.code, error.line) == ("invalid_arguments", 4)
    assert "sleep(0) lets others go on" in (error.hint or "")


def test_sleep_0_lets_others_go_on(host: Host) -> None:
    code = """
        local done
        return parallel{
          function() local n = 0 repeat sleep(0) n = n + 1 until done return n > 0 end,
          function() doors.echo_value(1) done = true return true end,
        }
    """
    assert good(host, code) == [True, True]


# -- errors -------------------------------------------------------------------------------------------------------


def test_the_first_error_is_raised_as_it_is(host: Host) -> None:
    code = """
        local mine = { "mine" }
        local function other() doors.echo_value(2) end
        local ok, err = pcall(parallel, { function() doors.echo_value(1) error(mine) end, other })
        return { ok, err == mine }
    """
    assert good(host, code) == [False, True]


def test_an_error_of_a_call_has_the_line_of_the_call(host: Host) -> None:
    error = failure(host, "\nparallel{\n  function()\n    doors.fail_now('why')\n  end }")
    assert (error.code, error.call, error.line) == ("not_found", "doors.fail_now", 4)
    assert "script.lua:4: in function" in (error.traceback or "")
    assert "script.lua:2: in main chunk" in (error.traceback or "")


def test_an_error_of_a_call_that_is_the_task_has_the_line_of_parallel(host: Host) -> None:
    error = failure(host, "\n\nlocal x = parallel({ 'a' }, doors.fail_now)\n")
    assert (error.call, error.file, error.line) == ("doors.fail_now", "script.lua", 3)
    code = "local r = parallel({ 'a' }, doors.fail_now, { settle = true })\nreturn r[1].error.line"
    assert good(host, code) == 1


@pytest.mark.parametrize(
    ("wrong", "said", "hint"),
    [
        ("local x\n    x.y = 1", "attempt to index local 'x'", "x is nil here"),
        ("local t = {}\n    t.len()", "attempt to call field 'len'", "write #list"),
        ("local x = 1\n    x = x + 'a'", "attempt to perform arithmetic", "+"),
    ],
)
def test_a_mistake_in_a_task_is_explained_at_its_line(host: Host, wrong: str, said: str, hint: str) -> None:
    error = failure(host, f"\nparallel{{ function()\n    {wrong}\n  end, function() doors.echo_value(1) end }}")
    assert (error.code, error.line) == ("script_error", 4)
    assert said in error.message
    assert hint in f"{error.hint} {error.message}"
    assert "script.lua:4: in function <script.lua:2>" in (error.traceback or "")


def test_a_mistake_deep_in_tasks_keeps_its_line(host: Host) -> None:
    error = failure(
        host,
        "parallel{ function()\n parallel{ function()\n coroutine.wrap(function()\n error('deep')\n end)() end } end }",
    )
    assert (error.message, error.line) == ("deep", 4)


def test_settle_gives_every_outcome(host: Host) -> None:
    code = """return parallel({ 1, 2, 3 }, function(x)
      if x == 2 then doors.fail_now("two") elseif x == 3 then error("three", 0) end
      return doors.echo_value(x)
    end, { settle = true })"""
    one, two, three = good(host, code)
    assert one == {"ok": True, "value": 1}
    assert (two["ok"], two["error"]["code"], two["error"]["line"]) == (False, "not_found", 2)
    assert three == {"ok": False, "error": "three"}


def test_an_error_ends_a_sleep_at_once(host: Host) -> None:
    code = """
        local ended
        local ok, err = pcall(parallel, {
          function() local _, e = pcall(sleep, 1000) ended = e.code end,
          function() doors.fail_now("now") end,
        })
        return { ok, err.code, ended }
    """
    begun = time.monotonic()
    assert good(host, code) == [False, "not_found", "cancelled"]
    assert time.monotonic() - begun < 5


def test_an_error_gives_up_a_read_at_once(host: Host) -> None:
    code = """parallel{
      function() doors.pass_door("never") end,
      function() doors.wait_for("never") doors.fail_now("now") end,
    }"""
    begun = time.monotonic()
    result = run(host, code)
    assert time.monotonic() - begun < 5
    assert result.error is not None
    assert result.error.call == "doors.fail_now"
    given_up = next(record for record in result.calls if record.call == "doors.pass_door")
    assert (given_up.status, (given_up.error or {})["code"]) == ("error", "cancelled")


def test_a_write_that_was_sent_is_awaited(host: Host, doors: Doors) -> None:
    code = """
        local wrote, after
        local ok, err = pcall(parallel, {
          function() wrote = doors.write_behind("w") local _, e = pcall(doors.echo_value, 1) after = e.code end,
          function() doors.wait_for("w") doors.wait_for("never") doors.fail_now("now") end,
          function() pcall(doors.pass_door, "never") end,
        })
        return { ok, err.code, wrote, after }
    """

    def open_it(record: CallRecord) -> None:
        if record.call == "doors.pass_door":  # it was given up
            doors.door("w").set()

    assert good(host, code, on_call=open_it) == [False, "not_found", "wrote w", "cancelled"]
    assert doors.done == ["w"]


def test_after_an_error_no_other_task_begins(host: Host) -> None:
    code = """
        local begun = 0
        local l = {} for i = 1, 50 do l[i] = i end
        pcall(parallel, l, function(i)
          begun = begun + 1
          if i > 1 then sleep(20) end
          doors.echo_value(i)
          error("x")
        end, { limit = 4 })
        return begun
    """
    assert good(host, code) == 4
    assert good(host, "local n = 0 pcall(parallel, { error, function() n = 1 end }) return n") == 0


@pytest.mark.parametrize(
    "body",
    [
        "while true do pcall(doors.echo_value, 1) end",
        "while true do pcall(sleep, 0.001) end",
        "coroutine.wrap(function() while true do pcall(doors.echo_value, 1) end end)()",
        "while true do pcall(parallel, { function() doors.echo_value(1) end }) end",
        "while true do pcall(function() return doors.no_such end) pcall(sleep, 0) end",
    ],
)
def test_a_cancelled_task_that_catches_every_error_ends(host: Host, body: str) -> None:
    other = "function() doors.echo_value(1) sleep(0.05) error('end', 0) end"
    code = f"parallel{{ function() doors.echo_value(1) {body} end, {other} }}"
    assert failure(host, code, limits=Limits(wall=20, calls=None)).message == "end"


def test_an_error_cancels_tasks_within_tasks(host: Host) -> None:
    code = """
        local seen = {}
        local ok, err = pcall(parallel, {
          function()
            local _, e = pcall(parallel, { function() local _, f = pcall(sleep, 1000) seen[1] = f.code end })
            seen[2] = e.code
          end,
          function() sleep(0.05) error("outer", 0) end,
        })
        return { ok, err, seen }
    """
    assert good(host, code) == [False, "outer", ["cancelled", "cancelled"]]


def test_after_a_cancelled_parallel_the_script_goes_on(host: Host) -> None:
    code = """
        for i = 1, 3 do
          local door = "never" .. i
          pcall(parallel, { function() doors.pass_door(door) end, function() doors.wait_for(door) error("x") end })
        end
        return { doors.echo_value(5), parallel({ 6, 7 }, doors.echo_value) }
    """
    assert good(host, code) == [5, [6, 7]]


def test_simulated_sleeps_are_cancelled_too(simulated: Host) -> None:
    code = """
        local began = os.time()
        local function long() sleep(500) end
        local ok, err = pcall(parallel, { long, function() sleep(10) error("x", 0) end, long })
        return { ok, err, os.time() - began }
    """
    assert simulated.run(code).value == [False, "x", 10]


# -- limits, policy and the end of a run --------------------------------------------------------------------------


def test_limits_and_policy_hold_for_each_call(isolation: str, doors: Doors) -> None:
    policy = Policy(read="allow", write="deny")
    with Host(integrations=[doors.integration()], policy=policy, isolation=isolation, state=False) as host:
        code = "return parallel({ 'a', 'b' }, doors.write_behind, { settle = true })"
        assert [each["error"]["code"] for each in good(host, code)] == ["permission_denied"] * 2
        code = "local l = {} for i = 1, 9 do l[i] = i end return parallel(l, doors.echo_value, { settle = true })"
        outcomes = good(host, code, limits=Limits(calls=5))
        assert sum(each["ok"] for each in outcomes) == 5
        assert {each["error"]["code"] for each in outcomes if not each["ok"]} == {"limit_exceeded"}


def test_every_call_is_recorded(host: Host) -> None:
    told: list[CallRecord] = []
    result = run(host, "parallel({ 1, 2, 3 }, doors.echo_value)", on_call=told.append)
    assert sorted(record.arguments["value"] for record in result.calls) == [1, 2, 3]
    assert len(told) == 3


def test_a_run_ends_in_the_middle_of_its_tasks(host: Host) -> None:
    begun = time.monotonic()
    error = failure(
        host, "parallel({ 'x', 'y' }, function(d) doors.pass_door(d) end) print('no')", limits=Limits(wall=0.3)
    )
    assert (error.code, error.details["limit"]) == ("limit_exceeded", "wall")
    assert time.monotonic() - begun < 5
    ended = Cancellation()
    threading.Timer(0.2, ended.cancel).start()
    assert failure(host, "parallel({ 'x', 'y' }, doors.pass_door)", cancellation=ended).code == "cancelled"
    assert good(host, "return parallel({ 1, 2 }, doors.echo_value)") == [1, 2]


@pytest.mark.parametrize(
    "body",
    ["while true do end", "while true do pcall(error) end", "while true do coroutine.wrap(function() end)() end"],
)
def test_a_task_that_computes_for_ever_is_ended(host: Host, body: str) -> None:
    error = failure(
        host,
        f"parallel{{ function() doors.echo_value(1) {body} end, function() sleep(100) end }}",
        limits=Limits(cpu=0.1),
    )
    assert (error.code, error.details["limit"]) == ("limit_exceeded", "cpu")


def test_ten_thousand_tasks_take_little_memory(host: Host) -> None:
    code = """
        local l = {} for i = 1, 10000 do l[i] = i end
        local sum = 0
        for _, x in ipairs(parallel(l, function(x) return { x, ("x"):rep(100) } end)) do sum = sum + x[1] end
        return sum
    """
    assert good(host, code, limits=Limits(memory_mib=32)) == 50005000


def test_memory_that_ends_in_a_task_is_that_limit(host: Host) -> None:
    fill = "function() doors.echo_value(1) local t = {} for i = 1, 1e9 do t[i] = {} end end"
    code = f"parallel{{ {fill}, function() sleep(100) end }}"
    error = failure(host, code, limits=Limits(memory_mib=24, cpu=20))
    assert (error.code, error.details["limit"]) == ("limit_exceeded", "memory_mib")


def test_sixteen_within_one_another_and_no_more(host: Host) -> None:
    code = """
        local deepest = 0
        local function deeper(n) deepest = math.max(deepest, n) parallel{ function() deeper(n + 1) end } end
        local ok, err = pcall(deeper, 0)
        return { ok, err.code, deepest }
    """
    assert good(host, code) == [False, "invalid_arguments", 16]


def test_a_stack_that_ends_in_a_task_is_an_error_as_elsewhere(host: Host) -> None:
    error = failure(host, "parallel{ function() local function f() return 1 + f() end doors.echo_value(1) f() end }")
    assert "stack overflow" in error.message


def test_calls_outside_are_as_they_were(host: Host) -> None:
    code = """
        local before = doors.echo_value(1)
        parallel{ function() end }
        return { before, doors.echo_value(2), coroutine.wrap(doors.echo_value)(3) }
    """
    assert good(host, code) == [1, 2, 3]


# -- chance -------------------------------------------------------------------------------------------------------

DRAW = """
    math.randomseed(7)
    local l = { 1, 2, 3 }
    return { parallel(l, function(x)
      if args.late == x then doors.pass_door("late") elseif args.late and x == 3 then doors.open_door("late") end
      return { math.random(), math.random(1000000), parallel{ function() return math.random(5, 50) end } }
    end), math.random(1000000) }
"""


def test_random_numbers_of_a_task_do_not_depend_on_the_order_of_answers(host: Host) -> None:
    found = [good(host, DRAW, args=args) for args in ({}, {"late": 1}, {"late": 2})]
    assert found[0] == found[1] == found[2]
    drawn = [task[1] for task in found[0][0]]
    assert len(set(drawn)) == 3


def test_random_numbers_of_a_task_lie_where_they_should(host: Host) -> None:
    code = """return parallel({ 1 }, function()
      local sums, least, most = { 0, 0, 0 }, 9, 0
      assert(math.random("3") <= 3 and math.random(0) == 1 and math.random(1, 2, 3) <= 2) -- as LuaJIT has it
      for i = 1, 30000 do
        local a, b, c = math.random(), math.random(6), math.random(-2, 2)
        assert(a >= 0 and a < 1 and b % 1 == 0 and b >= 1 and b <= 6 and c >= -2 and c <= 2)
        sums = { sums[1] + a, sums[2] + b, sums[3] + c }
        least, most = math.min(least, b), math.max(most, b)
      end
      return { sums[1] / 30000, sums[2] / 30000, sums[3] / 30000, least, most }
    end)[1]"""
    a, b, c, least, most = good(host, code)
    assert (abs(a - 0.5) < 0.01, abs(b - 3.5) < 0.05, abs(c) < 0.05, least, most) == (True, True, True, 1, 6)


def test_a_seed_in_a_task_is_for_that_task(host: Host) -> None:
    code = """
        math.randomseed(1)
        local plain = parallel({ 1, 2 }, function() return math.random(1e9) end)
        math.randomseed(1)
        local seeded = parallel({ 1, 2 }, function(x) if x == 1 then math.randomseed(5) end return math.random(1e9) end)
        return { plain[1] ~= seeded[1], #plain }
    """
    assert good(host, code) == [True, 2]


@pytest.mark.parametrize("call", ["random('x')", "random(1, {})", "random(nil)", "randomseed({})"])
def test_wrong_arguments_of_random_are_the_same_error_in_a_task(host: Host, call: str) -> None:
    source = f"local function f() math.{call} end\n"
    outside = failure(host, source + "f()")
    inside = failure(host, source + "parallel{ f }")
    assert (inside.message, inside.line) == (outside.message, outside.line)


# -- arguments ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "said", "hint"),
    [
        ("", "a table was expected, not nil", "as in parallel{"),
        ("5", "a table was expected, not a number", "as in parallel{"),
        ("'x'", "a table was expected, not a string", ""),
        ("json.null", "a table was expected, not json.null", ""),
        ("app", "a table was expected, not a namespace", ""),
        ("print, print", "one table of functions was expected", "parallel{ f, g }"),
        ("print, { 1 }", "the list comes first", "as in parallel(list"),
        ("{ 1 }", "entry 1 is a number", "is made before parallel"),
        ("{ print, doors.echo_value(1) }", "entry 2 is a number", "is made before parallel"),
        ("{ print, nil, print }", "hole", ""),
        ("{ print, setle = true }", "unknown option 'setle'", "write settle"),
        ("{ print }, { workers = 4 }", "unknown option 'workers'", "write limit"),
        ("{ print }, { nosuch = 4 }", "unknown option 'nosuch'", "known: limit, settle"),
        ("{ print }, { 4 }", "unknown option '1'", ""),
        ("{ print }, { limit = 0 }", "'limit' must be a whole number from 1 to 256, not 0", ""),
        ("{ print }, { limit = 257 }", "not 257", ""),
        ("{ print }, { limit = 1.5 }", "not 1.5", ""),
        ("{ print }, { limit = 0/0 }", "'limit' must be a whole number", ""),
        ("{ print }, { limit = '4' }", "not a string", ""),
        ("{ print }, { settle = 1 }", "'settle' must be true or false, not a number", ""),
        ("{ 1 }, 5", "a function was expected behind the list, not a number", ""),
        ("{ 1 }, print, 5", "options were expected as a table, not as a number", ""),
        ("{ 1 }, print, app", "options were expected as a table, not as a namespace", ""),
        ("{ print }, { limit = 2 }, { settle = true }", "a function was expected behind the list", ""),
        ("{ 1 }, print, {}, 5", "not more", ""),
        ("{ 1, n = 1 }, print", "this table has names", ""),
        ("{ sessions = json.array{ 1 } }, print", "this table has names", "write x.sessions"),
        ("{ 1, [3] = 2 }, print", "hole", ""),
    ],
)
def test_wrong_arguments_are_refused_at_their_line(host: Host, given: str, said: str, hint: str) -> None:
    error = failure(host, f"\nparallel({given})\n")
    assert (error.code, error.line) == ("invalid_arguments", 2)
    assert error.message.startswith("parallel: ")
    assert said in error.message
    assert hint in (error.hint or "")
