"""The policy's `ask` as an elicitation: who is asked, what, and what an answer means."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from mcp.shared.exceptions import MCPError
from mcp_types import (
    ClientCapabilities,
    ElicitationCapability,
    ElicitResult,
    FormElicitationCapability,
    InputRequiredResult,
    UrlElicitationCapability,
)

from luahost.calls.approval import ApprovalRequest
from luahost.mcp.approval import Approver, can_ask
from tests.mcp.conftest import MODERN, Way, run, text, until

if TYPE_CHECKING:
    from collections.abc import Callable

    from mcp import Client

    from tests.mcp.conftest import Http

CREATE = "return app.integrations.devin.create_session{ prompt = 'Fix it' }.status"
TWO = f"local function f() {CREATE} end return f(), f()"
YES = ElicitResult(action="accept", content={"approve": True})
ALL = ElicitResult(action="accept", content={"approve": True, "for_this_run": True})


class Person:
    """In front of a client: answers, and remembers what was asked."""

    def __init__(self, *answers: ElicitResult) -> None:
        self.answers = list(answers)
        self.asked: list[Any] = []

    async def __call__(self, _: Any, params: Any) -> ElicitResult:
        self.asked.append(params)
        return self.answers.pop(0)


def execute(way: Way, code: str, person: Person | None) -> Any:
    async def act() -> Any:
        async with way.client("--simulate", elicitation_callback=person) as client:
            return await client.call_tool("execute_lua", {"code": code})

    return run(act())


def test_a_write_is_made_when_the_person_accepts(way: Way) -> None:
    person = Person(YES)
    assert execute(way, CREATE, person).structured_content["values"] == ["new"]
    (asked,) = person.asked
    assert "devin.create_session on account default" in asked.message
    assert 'prompt = "Fix it"' in asked.message
    assert "write = ask" in asked.message
    assert asked.requested_schema["properties"]["approve"]["type"] == "boolean"


@pytest.mark.parametrize(
    "answer",
    [
        ElicitResult(action="decline"),
        ElicitResult(action="cancel"),
        ElicitResult(action="accept", content={"approve": False}),
    ],
    ids=["decline", "cancel", "accepted but not approved"],
)
def test_a_write_is_refused_when_the_person_does_not(era: Way, answer: ElicitResult) -> None:
    person = Person(answer)
    error = execute(era, CREATE, person).structured_content["error"]
    assert (error["code"], error["line"], len(person.asked)) == ("permission_denied", 1, 1)


def test_reads_are_not_asked_about(era: Way) -> None:
    person = Person()
    assert execute(era, "return app.integrations.devin.list_sessions()", person).structured_content["ok"]


def test_without_a_person_to_ask_the_error_says_how_to_allow_it(era: Way) -> None:
    result = execute(era, CREATE, None)
    assert result.structured_content["error"]["code"] == "approval_required"
    for said in ("cannot ask", "--allow-writes", "config.toml", 'create_session = "allow"'):
        assert said in text(result)


def test_each_write_is_asked_about_unless_all_of_the_run_are_allowed(era: Way) -> None:
    for answers, times in (((YES, YES), 2), ((ALL,), 1)):
        person = Person(*answers)
        assert execute(era, TWO, person).structured_content["values"] == ["new", "new"]
        assert len(person.asked) == times


def test_what_was_allowed_for_one_run_is_asked_about_in_the_next(era: Way) -> None:
    person = Person(ALL, ElicitResult(action="decline"))

    async def act() -> list[bool]:
        async with era.client("--simulate", elicitation_callback=person) as client:
            return [
                (await client.call_tool("execute_lua", {"code": CREATE})).structured_content["ok"] for _ in range(2)
            ]

    assert run(act()) == [True, False]


def test_the_clients_own_failure_to_ask_is_no_yes(era: Way) -> None:
    class Broken(Person):
        async def __call__(self, *_: Any) -> Any:
            raise MCPError(-32603, "the window is closed")

    async def act() -> Any:
        async with era.client("--simulate", elicitation_callback=Broken()) as client:
            return await client.call_tool("execute_lua", {"code": CREATE})

    if era.mode == MODERN:  # there the client gives up its own call
        with pytest.raises(BaseException, match=r"window|TaskGroup"):
            run(act())
    else:
        assert run(act()).structured_content["error"]["code"] == "approval_required"


# -- the question as the end of a request ----------------------------------------------------------------------------


@pytest.fixture
def modern(serve: Callable[..., Http], plain: Http) -> Way:
    return Way("http", MODERN, serve, plain)


def test_a_run_goes_on_with_the_answer_once(modern: Way) -> None:
    async def act() -> None:
        async with modern.client("--simulate", elicitation_callback=Person()) as client:
            session = client.session
            first = await session.call_tool("execute_lua", {"code": CREATE}, allow_input_required=True)
            assert isinstance(first, InputRequiredResult)
            assert first.request_state
            again: dict[str, Any] = {"input_responses": {"approve": YES}, "request_state": first.request_state}
            done = await session.call_tool("execute_lua", {"code": CREATE}, **again)
            assert done.structured_content["values"] == ["new"]
            with pytest.raises(MCPError, match="call the tool again"):
                await session.call_tool("execute_lua", {"code": CREATE}, **again)

    run(act())


@pytest.mark.parametrize(
    "changed",
    [{"request_state": "guessed"}, {"arguments": {"code": "return 1"}}],
    ids=["a state that was guessed", "another script"],
)
def test_an_answer_counts_for_the_run_that_asked_only(modern: Way, changed: dict[str, Any]) -> None:
    async def act(client: Client) -> None:
        first = await client.session.call_tool("execute_lua", {"code": CREATE}, allow_input_required=True)
        assert isinstance(first, InputRequiredResult)
        request: dict[str, Any] = {"arguments": {"code": CREATE}, "request_state": first.request_state, **changed}
        with pytest.raises(MCPError, match="call the tool again"):
            await client.session.call_tool("execute_lua", input_responses={"approve": YES}, **request)

    async def connected() -> None:
        async with modern.client("--simulate", elicitation_callback=Person()) as client:
            await act(client)

    run(connected())


def test_a_second_request_without_an_answer_is_a_no(modern: Way) -> None:
    async def act() -> Any:
        async with modern.client("--simulate", elicitation_callback=Person()) as client:
            session = client.session
            first = await session.call_tool("execute_lua", {"code": CREATE}, allow_input_required=True)
            assert isinstance(first, InputRequiredResult)
            return await session.call_tool("execute_lua", {"code": CREATE}, request_state=first.request_state)

    assert run(act()).structured_content["error"]["code"] == "permission_denied"


# -- without a server ----------------------------------------------------------------------------------------------


def test_a_client_is_asked_that_shows_forms() -> None:
    form, url = FormElicitationCapability(), UrlElicitationCapability()
    declared = [
        (None, False),
        (ElicitationCapability(), True),
        (ElicitationCapability(form=form), True),
        (ElicitationCapability(form=form, url=url), True),
        (ElicitationCapability(url=url), False),
    ]
    assert not can_ask(None)
    for capability, asks in declared:
        assert can_ask(ClientCapabilities(elicitation=capability)) is asks


def test_calls_at_once_are_asked_about_one_after_another() -> None:
    now: list[int] = []
    most: list[int] = []

    async def ask(_: ApprovalRequest) -> ElicitResult:
        now.append(1)
        most.append(len(now))
        await asyncio.sleep(0.01)
        now.pop()
        return YES

    async def act() -> list[bool]:
        approver = Approver(ask)
        requests = [ApprovalRequest("devin.create_session", "default", "write", "", {}, "") for _ in range(4)]
        return await asyncio.gather(*map(approver, requests))

    assert run(act()) == [True] * 4
    assert max(most) == 1


def test_a_call_that_is_cancelled_while_it_is_asked_about_ends(way: Way) -> None:
    class Slow(Person):
        async def __call__(self, *_: Any) -> ElicitResult:
            self.asked.append(True)
            await asyncio.sleep(60)
            return YES

    person = Slow()

    async def act() -> Any:
        async with way.client("--simulate", elicitation_callback=person) as client:
            calling = asyncio.create_task(client.call_tool("execute_lua", {"code": CREATE}))
            await until(lambda: person.asked)
            calling.cancel()
            return await client.call_tool("execute_lua", {"code": "return 2"})

    assert run(act()).structured_content["values"] == [2]
