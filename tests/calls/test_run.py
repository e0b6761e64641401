"""What one run says of its limits and its calls."""

from __future__ import annotations

import threading
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from luahost.calls.journal import Journal
from luahost.calls.limits import limit_exceeded
from luahost.calls.run import Run
from luahost.calls.workers import Workers
from luahost.errors import Cancelled, NotFound
from luahost.execution import Execution
from luahost.lua.bridge import Bridge
from luahost.lua.modules import Modules
from luahost.lua.waiting import IN_THREAD, complete
from luahost.outcome import Interrupted
from luahost.results import CallRecord, Limits
from tests.ctrl_c import at_each_moment

if TYPE_CHECKING:
    from luahost import Host
    from luahost.calls.pending import Pending
    from luahost.calls.recorded import Entry
    from luahost.errors import LuaHostError


@pytest.mark.parametrize(
    ("limit", "allowed", "text"),
    [
        ("response_bytes", 8 << 20, "8388608 bytes"),
        ("output_bytes", 10**9, "1000000000 bytes"),
        ("memory_mib", 64, "64 MiB"),
        ("wall", 60.0, "60 s"),
        ("cpu", 0.05, "0.05 s"),
        ("calls", None, "no limit"),
    ],
)
def test_a_limit_is_written_in_full(limit: str, allowed: float | None, text: str) -> None:
    error = limit_exceeded(limit, allowed, 1)
    assert error.message == f"the run went over its limit of {text} ({limit})"


def test_each_call_is_told_when_it_is_over_and_how(host: Host) -> None:
    told: list[CallRecord] = []
    code = "pcall(app.integrations.devin.get_session, 'nobody') app.integrations.devin.work.list_sessions()"
    assert host.run(code, on_call=told.append).ok
    assert [(each.call, each.account, each.status) for each in told] == [
        ("devin.get_session", "default", "error"),
        ("devin.list_sessions", "work", "ok"),
    ]
    assert all(each.duration_ms is not None for each in told)


class Traced:
    """The calls whose spans have ended."""

    def __init__(self) -> None:
        self.ended: list[Pending] = []

    def begin(self, pending: Pending) -> None:
        pass

    def end(self, pending: Pending, _problem: LuaHostError | None) -> None:
        self.ended.append(pending)

    def begin_run(self, name: str, **_about: Any) -> None:
        pass

    def end_run(self, came: object) -> None:
        pass


def test_a_call_that_was_given_up_is_told_of_once_and_its_span_ends() -> None:
    told: list[CallRecord] = []
    run = Run(limits=Limits(), on_call=told.append)
    run.spans = spans = Traced()
    pending = run.begin(CallRecord("own.get", "default", "1.1"))
    assert run.give_up(pending, Cancelled("given up"))
    run.end(pending, None)
    assert spans.ended == [pending]
    assert told == [pending.record]


def test_a_call_that_ends_as_it_is_given_up_has_one_end() -> None:
    told: list[CallRecord] = []
    run = Run(limits=Limits(), on_call=told.append)
    pending = run.begin(CallRecord("own.get", "default", "1.1"))
    given: list[bool] = []
    over = threading.Event()

    def give_up() -> None:
        given.append(run.give_up(pending, Cancelled("given up")))
        over.set()

    giving_up = threading.Thread(target=give_up)

    class Late(NotFound):
        def fields(self) -> dict[str, Any]:
            giving_up.start()
            over.wait(0.2)  # where it has to wait for this end, it does
            return super().fields()

    run.end(pending, Late("there is none"))
    giving_up.join()
    assert given == [False]
    assert [(each.status, (each.error or {})["code"]) for each in told] == [("error", "not_found")]


def test_a_run_that_ends_as_a_write_is_about_to_leave_waits_until_its_journal_knows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    order: list[str] = []
    stopped, over = threading.Event(), threading.Event()
    journal = Journal("run-of-a-test", None)
    run = Run(limits=Limits(), journal=journal)
    pending = run.begin(CallRecord("own.put", "default", ""))
    pending.entry = journal.call(pending.record, {}, "write", walk=False, unordered=False)

    def end() -> None:
        run.stop()
        stopped.set()
        run.settle()
        order.append("over")
        over.set()

    ending = threading.Thread(target=end)
    check = run.check_open

    def checked() -> None:
        check()
        ending.start()
        over.wait(0.2)  # where it has to wait for the write, it does

    def sent(_entry: Entry) -> None:
        order.append("sent")
        stopped.wait(10)

    monkeypatch.setattr(run, "check_open", checked)
    monkeypatch.setattr(journal, "sent", sent)
    monkeypatch.setattr(journal, "unsent", lambda _entry: order.append("unsent"))
    with pytest.raises(Cancelled):
        run.begin_write(pending)
    ending.join()
    assert order == ["sent", "unsent", "over"]


def test_no_write_leaves_once_it_is_known_what_the_run_ends_with() -> None:
    run = Run(limits=Limits())
    left, late = (run.begin(CallRecord("own.put", "default", task)) for task in ("1.1", "1.2"))
    run.begin_write(left)
    run.end_with(NotFound("there is none"))
    with pytest.raises(Cancelled):
        run.begin_write(late)
    run.begin_write(left)  # what has begun to happen is ended as it should


class Impatient(Run):
    """A run that somebody interrupts a second time while it ends."""

    def stop(self) -> None:
        if not self.stopped:
            super().stop()
            raise KeyboardInterrupt


def test_a_second_interruption_at_any_point_of_the_end_tells_what_is_unknown() -> None:
    run = Impatient(limits=Limits())
    run.begin(CallRecord("devin.create_session", "default")).sent = True
    parts: Any = SimpleNamespace(submit=None)
    bridge = Bridge(run, parts, modules=Modules(None))

    def interrupted() -> dict[str, Any]:
        raise KeyboardInterrupt

    execution = Execution(
        run, bridge, begin=interrupted, about=dict, waiting=IN_THREAD, isolation="process", processes=parts, child=None,
        owner=None, is_closed=lambda: False,
    )  # fmt: skip
    with pytest.raises(Interrupted) as ended:
        complete(execution.result())
    assert isinstance(ended.value.result.error, Cancelled)
    (told,) = run.notices
    assert told.startswith("unknown whether it happened: devin.create_session on account default")
    run.settle(0)
    assert sum(notice.startswith("unknown") for notice in run.notices) == 1


def test_ctrl_c_leaves_no_run_locked_wherever_it_comes() -> None:
    """Those who make its calls would wait for ever."""
    run = Run(limits=Limits())
    run.begin(CallRecord("devin.create_session", "default")).sent = True

    def end() -> None:
        run.stop()
        run.calls()

    def is_free() -> bool:
        other = threading.Thread(target=run.unsettled, daemon=True)
        other.start()
        other.join(1)
        return not other.is_alive()

    assert at_each_moment(end, is_free) > 10


def test_ctrl_c_leaves_the_threads_of_calls_usable_wherever_it_comes() -> None:
    workers = Workers()

    def make_calls() -> bool:
        done = threading.Event()
        threading.Thread(target=workers.submit, args=(done.set,), daemon=True).start()
        return done.wait(1)

    assert make_calls()
    assert at_each_moment(lambda: workers.submit(lambda: None), make_calls) > 3
    workers.close()
