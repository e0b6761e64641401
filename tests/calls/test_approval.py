"""What the policy asks about: who is asked, what they see, and what their answer does."""

from __future__ import annotations

import asyncio
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

from luahost import (
    ApprovalRequest,
    ApprovalRequired,
    Cancellation,
    Host,
    Integration,
    Limits,
    PermissionDenied,
    Policy,
    UsageError,
    function,
)
from luahost.calls.run import Run
from luahost.errors import Conflict, LuaHostError

if TYPE_CHECKING:
    from collections.abc import Callable

CREATE = 'return app.integrations.devin.create_session{ prompt = "x" }.session_id'
SECRET = 'app.integrations.devin.work.create_secret{ type = "key-value", key = "K", value = "hunter2!" }'


def host(approve: Any, **options: Any) -> Host:
    return Host(simulate=True, state=False, approve=approve, **options)


def posts(asked: Host) -> int:
    return sum(request.method == "POST" for request in asked.simulation("devin").requests)


def test_a_yes_makes_the_call_and_is_in_its_record(isolation: str) -> None:
    with host(lambda _: True, isolation=isolation) as asked:
        result = asked.run(CREATE)
    assert result.ok, result.error
    assert result.calls[0].policy == {"decision": "ask", "rule": "write = ask (the policy's default)", "approved": True}


def test_a_no_sends_nothing_and_is_permission_denied(isolation: str) -> None:
    with host(lambda _: False, isolation=isolation) as asked:
        result = asked.run(CREATE)
        assert posts(asked) == 0
    assert result.error is not None
    assert (result.error.code, result.error.exit_code) == ("permission_denied", 5)
    assert result.calls[0].policy is not None
    assert result.calls[0].policy["approved"] is False


def test_what_is_asked_about_shows_the_call_and_covers_what_is_sensitive() -> None:
    asked_about: list[ApprovalRequest] = []

    def approve(request: ApprovalRequest) -> bool:
        asked_about.append(request)
        return True

    with host(approve) as asked:
        assert asked.run(SECRET).ok
    request = asked_about[0]
    assert (request.call, request.account, request.access) == ("devin.create_secret", "work", "write")
    assert request.arguments == {"type": "key-value", "key": "K", "value": "<sensitive>"}
    assert "hunter2" not in repr(request) + str(request)
    assert str(request).splitlines()[0] == "devin.create_secret on account work: Store a secret that sessions may use."


def test_arguments_cannot_pretend_to_be_lines_of_ours() -> None:
    request = ApprovalRequest("a.b_c", "default", "write", "Does it.", {"x": "1\n  y = 2\x1b[2J\u202e"}, "rule")
    assert str(request).splitlines()[1:] == ['  x = "1\\n  y = 2\\u001b[2J\\u202e"']


def test_only_what_the_policy_asks_about_is_asked() -> None:
    asked_about: list[str] = []

    def approve(request: ApprovalRequest) -> bool:
        asked_about.append(request.call)
        return True

    rules: Any = {"devin.create_session": "allow", "devin.send_message": "deny"}
    with host(approve, policy=Policy(rules=rules)) as asked:
        source = """
            local d = app.integrations.devin
            local id = d.create_session('x').session_id
            d.list_sessions()
            pcall(d.send_message, id, 'x')
            d.archive_session(id)
        """
        assert asked.run(source).ok
    assert asked_about == ["devin.archive_session"]


async def _async_yes(_: ApprovalRequest) -> bool:
    await asyncio.sleep(0.01)
    return True


def test_an_async_function_is_waited_for_without_a_loop() -> None:
    with host(_async_yes) as asked:
        assert asked.run(CREATE).ok
        assert asked.call("devin.create_session", {"prompt": "x"})["session_id"]


def test_an_async_function_runs_on_the_loop_of_run_async() -> None:
    loops: list[Any] = []

    async def approve(_: ApprovalRequest) -> bool:
        loops.append(asyncio.get_running_loop())
        return True

    async def main() -> Any:
        with Host(simulate=True, state=False) as asked:
            result = await asked.run_async(CREATE, approve=approve)
        return result, asyncio.get_running_loop()

    result, loop = asyncio.run(main())
    assert result.ok, result.error
    assert loops == [loop]


def _raises(_: ApprovalRequest) -> bool:
    raise ValueError("cog_secret in a message")


@pytest.mark.parametrize(
    ("approve", "words"),
    [(_raises, "asking for it failed: ValueError"), (lambda _: "yes", "a str"), (lambda _: None, "a NoneType")],
)
def test_an_approve_that_fails_or_says_nothing_is_no_yes(approve: Callable[[Any], Any], words: str) -> None:
    with host(approve) as asked:
        result = asked.run(CREATE)
        assert posts(asked) == 0
        with pytest.raises(ApprovalRequired, match=words):
            asked.call("devin.create_session", {"prompt": "x"})
    assert result.error is not None
    assert result.error.code == "approval_required"
    assert words in result.error.message
    assert "cog_secret" not in repr(result.error.fields())


def test_an_approval_required_that_an_approve_raises_is_told_in_its_own_words() -> None:
    def approve(_: ApprovalRequest) -> bool:
        raise ApprovalRequired("ask on Monday", hint="nobody is there before")

    with host(approve) as asked:
        error = asked.run(CREATE).error
    assert error is not None
    assert (error.code, error.hint, error.call) == (
        "approval_required",
        "nobody is there before",
        "devin.create_session",
    )
    assert "ask on Monday" in error.message


def test_an_approve_that_hangs_ends_with_its_run_and_the_host_goes_on(isolation: str) -> None:
    release = threading.Event()

    def approve(request: ApprovalRequest) -> bool:
        return release.wait(60) if request.arguments.get("prompt") == "hang" else True

    with host(approve, isolation=isolation) as asked:
        started = time.monotonic()
        result = asked.run(CREATE.replace('"x"', '"hang"'), limits=Limits(wall=0.5))
        assert time.monotonic() - started < 10
        assert result.error is not None
        assert (result.error.code, posts(asked)) == ("limit_exceeded", 0)
        assert asked.run(CREATE).ok
        release.set()


def test_calls_of_other_runs_are_not_held_up_by_one_that_hangs() -> None:
    release = threading.Event()
    with host(lambda _: release.wait(60)) as asked:
        runs = [threading.Thread(target=asked.run, args=(CREATE,)) for _ in range(40)]
        for run in runs:
            run.start()
        started = time.monotonic()
        assert asked.run("return #app.integrations.devin.list_sessions().sessions").ok
        assert time.monotonic() - started < 20
        release.set()
        for run in runs:
            run.join(60)
        assert posts(asked) == 40


def test_who_is_asked_can_be_another_for_one_run() -> None:
    with host(lambda _: False) as asked:
        assert asked.run(CREATE, approve=lambda _: True).ok
        with pytest.raises(PermissionDenied):
            asked.call("devin.create_session", {"prompt": "x"})


def test_an_approve_that_cannot_be_called_is_refused_at_once() -> None:
    with pytest.raises(UsageError, match="approve"):
        host(True)


def test_all_of_an_argument_is_shown_however_much_the_run_has_recorded() -> None:
    seen: list[str] = []

    def approve(request: ApprovalRequest) -> bool:
        seen.append(request.arguments["prompt"])
        return False

    source = """
        local devin, big = app.integrations.devin, ("x"):rep(2^20)
        for _ = 1, 15 do pcall(devin.list_sessions, { nonsense = big }) end
        pcall(devin.list_sessions, { nonsense = big:sub(101) })
        devin.create_session{ prompt = ("nice "):rep(300) .. "EVIL" }
    """
    with host(approve, limits=Limits(memory_mib=256)) as asked:
        asked.run(source)
    assert [text.endswith("EVIL") for text in seen] == [True]


def test_what_is_asked_about_cannot_be_changed() -> None:
    def approve(request: ApprovalRequest) -> bool:
        request.arguments["tags"].append("added")
        return True

    with host(approve) as asked:
        made = asked.call("devin.create_session", {"prompt": "x", "tags": ["a"]})
    assert made["tags"] == ["a"]


def test_a_long_value_shows_its_beginning_and_its_end_and_all_of_it_on_demand() -> None:
    request = ApprovalRequest("a.b_c", "default", "write", "Does it.", {"x": "a" * 3000 + "b" * 3000 + "END"}, "rule")
    assert len(str(request)) < 2200
    assert str(request).endswith('END"')
    assert "characters are not shown" in str(request)
    assert "b" * 3000 in request.text()


def test_a_run_that_is_cancelled_while_somebody_approves_makes_no_call() -> None:
    cancellation = Cancellation()

    def approve(_: ApprovalRequest) -> bool:
        cancellation.cancel()
        return True

    made: list[str] = []

    @function(access="write")
    def make_it() -> None:
        made.append("it")

    shop = Integration(name="shop", functions=[make_it])
    with Host(integrations=[shop], approve=approve, state=False) as asked:
        for _ in range(10):
            cancellation.cancelled = False
            result = asked.run("app.integrations.shop.make_it()", cancellation=cancellation)
            assert result.error is not None
            assert result.error.code == "cancelled"
        time.sleep(0.2)
    assert made == []


def test_an_async_answer_that_comes_after_the_run_is_not_waited_for() -> None:
    asked_about, ended, over = threading.Event(), threading.Event(), threading.Event()
    asking: list[threading.Thread] = []

    async def forever() -> bool:
        await asyncio.sleep(3600)
        return True

    def approve(_: ApprovalRequest) -> Any:
        asking.append(threading.current_thread())
        asked_about.set()
        over.wait(20)
        return forever()

    async def main() -> bool:
        with Host(simulate=True, state=False) as asked:
            running = asyncio.ensure_future(asked.run_async(CREATE, approve=approve, on_call=lambda _: ended.set()))
            await asyncio.to_thread(asked_about.wait, 20)
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running
            await asyncio.to_thread(ended.wait, 20)
            over.set()
            await asyncio.to_thread(asking[0].join, 5)
            return asking[0].is_alive()

    assert not asyncio.run(main())


def test_nobody_is_waited_for_once_it_is_known_what_the_run_ends_with() -> None:
    asked_about = threading.Event()
    answer = threading.Event()

    def approve(_: ApprovalRequest) -> bool:
        asked_about.set()
        return answer.wait(30)

    run = Run(limits=Limits(wall=None), approve=approve)
    raised: list[LuaHostError] = []
    with host(None) as asked:

        def call() -> None:
            try:
                asked.dispatcher.call(run, "devin.create_session", arguments={"prompt": "x"})
            except LuaHostError as error:
                raised.append(error)

        calling = threading.Thread(target=call)
        calling.start()
        asked_about.wait(10)
        run.end_with(Conflict("the script goes another way than before"))
        calling.join(10)
        answer.set()
        calling.join()
        assert posts(asked) == 0
    assert [each.message for each in raised] == ["devin.create_session: the run ended before this was approved"]


def test_an_approval_under_confirm_is_not_told_to_change_rules_that_do_not_count() -> None:
    with host(None, policy=Policy(write="allow", confirm=True)) as asked, pytest.raises(ApprovalRequired) as caught:
        asked.call("devin.create_session", {"prompt": "x"})
    assert "confirm" in (caught.value.hint or "")
    assert "config.toml" not in (caught.value.hint or "")


def test_the_rule_that_decides_is_the_one_that_is_told_to_be_changed() -> None:
    rules: Any = {"devin.default.create_session": "deny", "devin.create_session": "allow"}
    with host(None, policy=Policy(rules=rules)) as asked, pytest.raises(PermissionDenied) as caught:
        asked.call("devin.create_session", {"prompt": "x"})
    assert "devin.default.create_session is deny" in (caught.value.hint or "")
