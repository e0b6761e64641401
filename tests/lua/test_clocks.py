"""What a run that may be resumed tells its host of itself: the times that it was told, and which task asks."""

from __future__ import annotations

import re
import time
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import pytest

from luahost import Limits
from luahost.calls.journal import Journal
from luahost.calls.run import Run
from luahost.calls.workers import Workers
from luahost.lua.bridge import Bridge, Services
from luahost.lua.here import run_here
from luahost.lua.modules import Modules

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

NOTHING_KNOWN: Mapping[str, Any] = MappingProxyType({})
CATALOG = {"own": {"functions": ["get_it"], "bytes": [], "accounts": ["default"]}}


class Notes(Journal):
    """A journal that only remembers what it was told."""

    def __init__(self) -> None:
        super().__init__("run", None)
        self.told: list[tuple[str, Any, Any]] = []
        self.pauses: list[tuple[str, float]] = []

    def times(self, task: str, times: Any, clock: Any) -> None:
        self.told.append((task, times, clock))

    def pause(self, task: str, seconds: float) -> float:
        self.pauses.append((task, seconds))
        return 0.0

    def module(self, name: str, read: Any) -> dict[str, str]:
        return {"source": f"return '{name}'", "file": f"{name}.lua"}


class Durable:
    """Runs scripts that may be resumed; `calls` has the task of each call, and whether order has counted."""

    def __init__(self) -> None:
        self.notes = Notes()
        self.calls: list[tuple[str, bool]] = []
        self.workers = Workers()

    def _call(self, _run: Run, _name: str, *, task: str, unordered: bool, **_options: Any) -> Any:
        self.calls.append((task, unordered))
        return len(self.calls)

    def __call__(self, source: str, *, durable: Mapping[str, Any] | None = NOTHING_KNOWN) -> list[Any]:
        run = Run(limits=Limits(wall=20, memory_mib=512), journal=self.notes)
        services = Services(
            describe=lambda _: CATALOG,
            unknown=lambda *_: pytest.fail("unknown"),
            call=self._call,
            more=lambda *_: None,
            ahead=lambda *_: None,
            docs=lambda *_: "page",
            submit=self.workers.submit,
            is_inline=lambda _: False,
        )
        bridge = Bridge(run, services, modules=Modules(None))
        start: dict[str, Any] = {"seed": 7, "now": None, "account": "default", "name": "s.lua", "args": {}, "words": []}
        head = "local get = app.integrations.own.get_it "
        run_here(bridge, run, {**start, "source": head + source, "durable": durable})
        run.stop()
        error = bridge.error()
        assert error is None, error.fields()
        return bridge.values()


@pytest.fixture
def durable() -> Iterator[Durable]:
    made = Durable()
    yield made
    made.workers.close()


def test_every_request_says_which_task_makes_it(durable: Durable) -> None:
    durable("""
        get()
        parallel{ get, function() get() parallel({ 1, 2 }, function() sleep(1) get() end) end }
        parallel{ function() coroutine.wrap(get)() end }
        get()
    """)
    tasks = sorted(task for task, _ in durable.calls)
    assert tasks == ["", "", "1.1", "1.2", "1.2/1.1", "1.2/1.2", "2.1"]
    assert sorted(durable.notes.pauses) == [("1.2/1.1", 1), ("1.2/1.2", 1)]


def test_a_parallel_that_is_refused_has_no_number(durable: Durable) -> None:
    durable("pcall(parallel, 5) pcall(parallel, { 1 }) parallel{ get }")
    assert [task for task, _ in durable.calls] == ["1.1"]


def test_a_time_is_told_once_with_the_request_that_follows(durable: Durable) -> None:
    first, again = durable("local a, b = os.time(), os.time() get() get() return { a, b }, os.time()")
    assert first[0] == first[1]
    (task, times, clock), (_, later, last) = durable.notes.told
    assert (task, times, clock) == ("", [[1, first[0]]], 2)
    assert (last, len(later or [])) == (3, again != first[0])
    assert abs(again - time.time()) < 5


def test_dates_of_now_are_times_and_others_are_not(durable: Durable) -> None:
    durable("os.date() os.date('%Y') os.date('%Y', 0) os.time{ year = 2025, month = 1, day = 1 } get()")
    assert [clock for _, _, clock in durable.notes.told] == [2]


def test_each_task_counts_for_itself(durable: Durable) -> None:
    durable("os.time() parallel{ function() os.time() os.time() get() end, function() os.time() get() end } get()")
    assert sorted((task, clock) for task, _, clock in durable.notes.told) == [("", 1), ("1.1", 2), ("1.2", 1)]


def test_a_resumed_run_is_told_the_same_times_and_then_the_machine_s(durable: Durable) -> None:
    known = {"times": {"": [[1, 100], [3, 105]], "1.1": [[1, 190], [2, 200]]}, "clock": {"": 4, "1.1": 2}}
    values = durable(
        """
        local found = { os.time(), os.time(), os.time(), tonumber((os.date("!%S"))), os.time() }
        local inner = parallel{ function() return { os.time(), os.time(), os.time() } end }[1]
        local later = os.time()
        get()
        return found, inner, later
        """,
        durable=known,
    )
    assert values[0][:4] == [100, 100, 105, 45]
    assert values[1][:2] == [190, 200]
    now = time.time()
    assert all(abs(each - now) < 5 for each in (values[0][4], values[1][2], values[2]))
    times = [time for task, times, _ in durable.notes.told if task == "" for time in times or []]
    assert times[0] == [5, values[0][4]]
    assert durable.notes.told[-1][2] == 6


def test_times_never_go_back_behind_what_was_told(durable: Durable) -> None:
    ahead = int(time.time()) + 5000
    known = {"times": {"": [[1, ahead]]}, "clock": {"": 1}}
    assert durable("return { os.time(), os.time() }", durable=known) == [[ahead, ahead]]


@pytest.mark.parametrize(
    "known", [{"clock": {"": 3}}, {"times": {}, "clock": {}}, {"times": {"": []}, "clock": {"": 1}}]
)
def test_what_is_not_known_of_the_clock_comes_from_the_machine(durable: Durable, known: dict[str, Any]) -> None:
    (found,) = durable("return os.time()", durable=known)
    assert abs(found - time.time()) < 5


@pytest.mark.parametrize(
    ("walk", "counts"),
    [
        ("", False),
        ("for _ in pairs({}) do end", False),
        ("for _ in pairs({ 1, 2, 3 }) do end", False),
        ("for _ in ipairs({ 1, 2, a = 3, b = 4 }) do end", False),
        ("for _ in pairs({ a = 1 }) do end", False),
        ("for _ in pairs({ [10] = 1, [20] = 2 }) do end", False),
        ("for _ in pairs({ 1, 2, a = 1 }) do end", False),
        ("pcall(pairs, 5) pcall(next)", False),
        ('print({ a = 1, b = 2 }) dump(json.decode(\'{"a":1,"b":2}\')) json.encode({ a = 1, b = 2 })', False),
        ("next({ a = 1 })", False),
        ("for _ in pairs({ a = 1, b = 2 }) do end", False),
        ("for _ in pairs({ 1, 2, a = 1, [{}] = 2 }) do end", True),
        ("for _ in pairs({ [10] = 1, [20] = 2, x = 1 }) do end", False),
        ("for _ in next, { a = 1, b = 2 } do end", True),
        ("next({ a = 1, b = 2 })", True),
        ("for _ in pairs(app.integrations) do end for _ in pairs(math) do end", False),
    ],
)
def test_walking_what_has_another_order_in_another_process_is_told(durable: Durable, walk: str, counts: bool) -> None:
    durable(f"{walk} get()")
    assert durable.calls == [("", counts)]


def test_a_table_is_walked_in_an_order_that_every_process_has(durable: Durable) -> None:
    walk = """
    local t = { "one", "two", z = 1, a = 2, [true] = 3, [false] = 4, [10] = 5, [-1] = 6 }
    local seen = {}
    for k, v in pairs(t) do
      seen[#seen + 1] = tostring(k) .. "=" .. tostring(v)
      t.z = nil -- what is taken out on the way does not come
    end
    return table.concat(seen, " ")
    """
    assert durable(walk) == ["-1=6 1=one 2=two 10=5 a=2 true=3 false=4"]


def test_a_time_that_no_request_follows_is_told(durable: Durable) -> None:
    durable("os.time() parallel{ function() get() end } os.time()")
    assert [(task, clock) for task, _, clock in durable.notes.told] == [("", 1), ("", 2)]


def test_a_time_that_a_task_ends_with_is_told_before_others_go_on_with_it(durable: Durable) -> None:
    (value,) = durable("""
        local found = parallel{ os.time }
        parallel({ 1 }, function() error({ at = os.time() }) end, { settle = true })
        return found[1]
    """)
    (task, times, clock), (failed, _, _) = durable.notes.told
    assert (task, times, clock, failed) == ("1.1", [[1, value]], 1, "2.1")


def test_a_time_is_told_although_the_request_that_follows_is_too_large(durable: Durable) -> None:
    (refused,) = durable("os.time() local ok = pcall(get, { x = string.rep('x', 2 ^ 25) }) get() return not ok")
    assert refused
    assert [(task, clock, len(times)) for task, times, clock in durable.notes.told] == [("", 1, 1)]


def test_a_run_that_cannot_be_resumed_says_nothing_of_this(durable: Durable, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bytes] = []
    receive = Bridge.receive

    def seen(self: Bridge, frame: bytes, reply: Any) -> None:
        asked.append(frame)
        receive(self, frame, reply)

    monkeypatch.setattr(Bridge, "receive", seen)
    durable("os.time() next({ a = 1, b = 2 }) get()", durable=None)
    assert durable.calls
    assert not re.search(rb"clock|times|unordered|task", b"".join(asked))
