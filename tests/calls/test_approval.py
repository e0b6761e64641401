"""What the policy asks about: who is asked, what they see, and what their answer does."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from luahost import ApprovalRequest, ApprovalRequired, Host, Limits, PermissionDenied, Policy, UsageError

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
