"""Tool calls as models write them: answered in the API's own shape, whatever is wrong with them."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any, ClassVar

import pytest
from jsonschema import validate

from luahost import Host, Limits, Policy
from luahost.agents import TOOLS, ToolResult, perform
from luahost.errors import UsageError

SHAPES = json.loads((Path(__file__).parents[1] / "data/tool_shapes.json").read_text("utf-8"))


def asked(dialect: str, name: Any, arguments: Any) -> dict[str, Any]:
    """A call of a tool, as the model of an API writes it."""
    text = arguments if isinstance(arguments, str) else json.dumps(arguments)
    return {
        "openai": {"id": "call-1", "type": "function", "function": {"name": name, "arguments": text}},
        "openai-responses": {"type": "function_call", "call_id": "call-1", "name": name, "arguments": text},
        "anthropic": {"type": "tool_use", "id": "call-1", "name": name, "input": arguments},
        "mcp": {"name": name, "arguments": arguments},
    }[dialect]


def text_of(answer: dict[str, Any]) -> str:
    found = answer["output"] if "output" in answer else answer["content"]
    return str(found[0]["text"] if isinstance(found, list) else found)


APIS = ["openai", "openai-responses", "anthropic", "mcp"]


# -- answers -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dialect", APIS)
@pytest.mark.parametrize("code", ["return 6 * 7", "error('no')"])
def test_an_answer_has_the_shape_of_its_api(host: Host, dialect: str, code: str) -> None:
    answer = host.handle(asked(dialect, "execute_lua", {"code": code}))
    validate(answer, SHAPES[f"{dialect} result"])
    if dialect != "mcp":
        assert "call-1" in answer.values()
    assert "42" in text_of(answer) or "error script_error at script.lua:1: no" in text_of(answer)


CALLS = [
    ("execute_lua", {"code": "return app.integrations.devin.get_current_user()", "account": "work"}),
    ("execute_lua", {"code": "error('no')"}),
    ("execute_lua", {"code": "return args.n", "args": {"n": float("nan")}}),
    ("execute_lua", "{"),
    ("lua_read_doc", {"page": "devin.create_session"}),
    ("lua_read", {}),
]


@pytest.mark.parametrize("dialect", APIS)
@pytest.mark.parametrize(("name", "arguments"), CALLS)
def test_from_an_event_loop_an_answer_is_the_same(host: Host, dialect: str, name: str, arguments: Any) -> None:
    call = asked(dialect, name, arguments)
    first, second, third = (json.dumps(each) for each in asyncio.run(several(host, call)))
    assert first == second == third


async def several(host: Host, call: dict[str, Any]) -> list[dict[str, Any]]:
    return [*(await asyncio.gather(host.handle_async(call), host.handle_async(call))), host.handle(call)]


def test_only_a_failure_is_an_error(host: Host) -> None:
    for code, failed in (("return 1", False), ("error('no')", True), ("x =", True)):
        assert host.handle(asked("anthropic", "execute_lua", {"code": code}))["is_error"] is failed
        assert host.handle(asked("mcp", "execute_lua", {"code": code}))["isError"] is failed


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("execute_lua", {"code": "print('x') return {1, {a = json.null}}, app.integrations.devin.get_current_user()"}),
        ("execute_lua", {"code": "app.integrations.devin.get_session('nope')"}),
        ("execute_lua", {}),
        ("execute_lua", {"code": "return 1", "account": "nobody"}),
        ("lua_list_docs", {}),
        ("lua_search_docs", {"query": "start a task"}),
        ("lua_search_docs", {"query": "zzzz"}),
        ("lua_read_doc", {"page": "devin.create_session"}),
        ("lua_read_doc", {"page": "zzzz"}),
    ],
)
def test_data_is_as_the_tools_output_schema_says(host: Host, name: str, arguments: dict[str, Any]) -> None:
    done = perform(host, name, arguments)
    if done.structured is None:
        assert done.is_error
    else:
        validate(done.structured, TOOLS[name].output_schema)
        json.dumps(done.structured)


def test_an_object_of_the_apis_package_is_as_good_as_a_dictionary(host: Host) -> None:
    class Block:
        """As pydantic's models are."""

        def model_dump(self) -> dict[str, Any]:
            return {**asked("anthropic", "execute_lua", {"code": "return 1"}), "caller": None}

    assert host.handle(Block())["content"] == "returned: 1"


# -- arguments ---------------------------------------------------------------------------------------------------


def test_args_and_account_reach_the_script(host: Host) -> None:
    call = {"code": "return args.n, (app.integrations.devin.get_current_user())", "args": {"n": 7}, "account": "work"}
    done = perform(host, "execute_lua", call)
    assert done.result is not None
    assert done.result.value == 7
    assert [each.account for each in done.result.calls] == ["work"]


def test_the_programs_account_holds_where_the_call_names_none(host: Host) -> None:
    code = "app.integrations.devin.get_current_user()"
    for given, used in (({}, "personal"), ({"account": "work"}, "work"), ({"account": None}, "personal")):
        done = perform(host, "execute_lua", {"code": code, **given}, account="personal")
        assert done.result is not None
        assert done.result.calls[0].account == used


def test_of_two_args_of_one_name_the_programs_counts(host: Host) -> None:
    call = {"code": "return args.mine .. args.both", "args": {"mine": "m", "both": "model"}}
    done = perform(host, "execute_lua", call, args={"both": "program"})
    assert done.result is not None
    assert done.result.value == "mprogram"


def test_options_of_a_run_are_passed_on(host: Host) -> None:
    notices: list[str] = []
    done = perform(
        host,
        "execute_lua",
        {"code": "for i = 1, 9 do app.integrations.devin.get_current_user() end"},
        limits=Limits(calls=3),
        name="mine.lua",
        on_notice=notices.append,
    )
    assert done.text.startswith("error limit_exceeded")


def test_a_dry_run_says_that_nothing_was_sent(host: Host) -> None:
    answer = host.handle(
        asked("openai", "execute_lua", {"code": "app.integrations.devin.create_session{prompt = 'x'}"}), dry_run=True
    )
    assert "calls: devin.create_session (planned)\ndry run: what was planned was not sent" in answer["content"]


def test_a_dry_run_tells_what_would_have_been_done_in_order(host: Host) -> None:
    code = """local devin = app.integrations.devin
        devin.create_session{prompt = 'x'}
        devin.work.create_note{name = 'n', body = 'b', trigger = 't'}"""
    done = perform(host, "execute_lua", {"code": code}, dry_run=True)
    assert '1. devin.create_session {"prompt":"x"}\n2. devin.create_note on work {"name":"n"' in done.text
    assert [(each["call"], each["account"]) for each in (done.structured or {})["plan"]] == [
        ("devin.create_session", "default"),
        ("devin.create_note", "work"),
    ]
    many = "for i = 1, 99 do app.integrations.devin.create_session{prompt = ('x'):rep(i)} end"
    done = perform(host, "execute_lua", {"code": many}, dry_run=True, max_chars=2_000)
    assert "more characters)" in done.text
    assert (done.structured or {})["plan"][-1]["call"].endswith("more")
    assert "plan" not in (perform(host, "execute_lua", {"code": "return 1"}).structured or {})


def test_a_call_that_needs_approval_is_put_to_whoever_approves() -> None:
    code = {"code": "return app.integrations.devin.create_session{prompt = 'x'}.status"}
    with Host(simulate=True) as host:
        refused = perform(host, "execute_lua", code)
        assert refused.text.startswith("error approval_required at script.lua:1")
        assert not perform(host, "execute_lua", code, approve=lambda _: True).is_error


# -- what is wrong with a call -----------------------------------------------------------------------------------

BAD = [
    ("execute_lua", {}, "'code' is required"),
    ("execute_lua", {"code": 7}, "'code' must be a string"),
    ("execute_lua", {"code": ""}, "'code' must not be empty"),
    ("execute_lua", {"code": "x", "args": "{}"}, "'args' must be an object"),
    ("execute_lua", {"code": "x", "args": [1]}, "'args' must be an object"),
    ("execute_lua", {"code": "x", "cod": 1, "acount": "a"}, "did you mean 'account'?"),
    ("execute_lua", {"code": "x", "account": "nobody"}, "no account 'nobody'"),
    ("execute_lua", [], "'code' is required"),
    ("execute_lua", [1], "a list was given"),
    ("execute_lua", "7", "named values were expected"),
    ("execute_lua", None, "'code' is required"),
    ("lua_search_docs", {"q": "x"}, "'query' is required"),
    ("lua_list_docs", {"page": "x"}, "unknown parameter 'page'; it takes none"),
    ("lua_read_doc", {"page": "devin.create_sesion"}, "did you mean 'devin.create_session'?"),
    ("lua_read_doc", {"page": "x" * 10_000}, "there is no page"),
    ("execute_luaa", {}, "did you mean 'execute_lua'?"),
    ("devin.create_session", {"prompt": "x"}, "called by a script, in execute_lua"),
    ("", {}, "there is no tool ''"),
    ("x" * 10_000, {}, "there is no tool"),
    (None, {}, "there is no tool"),
    (["execute_lua"], {}, "there is no tool"),
    ("\ud800", {}, "there is no tool"),
    ("execute_lua", {"code": "x", "\ud800": 1}, "unknown parameter"),
]


@pytest.mark.parametrize("dialect", APIS)
@pytest.mark.parametrize(("name", "arguments", "said"), BAD)
def test_a_malformed_call_is_told_to_the_model(host: Host, dialect: str, name: Any, arguments: Any, said: str) -> None:
    answer = host.handle(asked(dialect, name, arguments))
    assert said in text_of(answer)
    assert text_of(answer).startswith("error ")
    assert len(text_of(answer)) < 2_000
    json.dumps(answer, ensure_ascii=False).encode()
    assert answer.get("isError", answer.get("is_error", True)) is True


@pytest.mark.parametrize("text", ["{", '{"code": "return 1"', "return 1", "{'code': 1}", "[" * 100_000, "1" * 5_000])
@pytest.mark.parametrize("dialect", ["openai", "openai-responses"])
def test_arguments_that_are_no_json_object_are_told_to_the_model(host: Host, dialect: str, text: str) -> None:
    assert text_of(host.handle(asked(dialect, "execute_lua", text))).startswith("error invalid_arguments: ")


@pytest.mark.parametrize("text", ["", " ", "{}", "null"])
def test_no_arguments_are_an_empty_object(host: Host, text: str) -> None:
    assert "create_session" in text_of(host.handle(asked("openai", "lua_list_docs", text)))


DEEP: list[Any] = []
for _ in range(10_000):
    DEEP = [DEEP]


DEEPER: list[Any] = []
for _ in range(130):
    DEEPER = [DEEPER]


@pytest.mark.parametrize("value", [float("nan"), DEEP, DEEPER, object()], ids=["nan", "deep", "deeper", "object"])
def test_args_that_are_no_json_are_told_to_the_model(host: Host, value: Any) -> None:
    done = perform(host, "execute_lua", {"code": "return 1", "args": {"a": value}})
    assert done.text.startswith(
        (
            "error invalid_arguments: 'args' cannot be given",
            "error invalid_arguments: the arguments are nested too deep",
        )
    )


@pytest.mark.parametrize("call", [{"id": "1", "type": "function"}, {"type": "function_call"}, {"type": "tool_use"}])
def test_a_call_that_names_no_tool_is_told_to_the_model(host: Host, call: dict[str, Any]) -> None:
    assert "there is no tool" in text_of(host.handle(call))


class NoCall:
    fields: ClassVar[list[str]] = []


@pytest.mark.parametrize("call", [{}, [], "execute_lua", None, NoCall(), {"role": "assistant", "tool_calls": []}])
def test_what_is_no_tool_call_at_all_is_the_programs_misuse(host: Host, call: Any) -> None:
    with pytest.raises(UsageError):
        host.handle(call)


def test_a_closed_host_is_the_programs_misuse() -> None:
    host = Host(simulate=True)
    host.close()
    with pytest.raises(UsageError):
        host.handle(asked("openai", "lua_list_docs", {}))


@pytest.mark.parametrize("most", [0, 999, True, "x", None])
def test_an_answer_has_at_least_a_thousand_characters(host: Host, most: Any) -> None:
    with pytest.raises(UsageError):
        host.handle(asked("openai", "lua_list_docs", {}), max_chars=most)


# -- the reference -----------------------------------------------------------------------------------------------


def test_a_search_gives_how_each_is_called(host: Host) -> None:
    done = perform(host, "lua_search_docs", {"query": "reply to devin"})
    assert done.text.splitlines()[0].startswith("devin.send_message{session_id, message, ")
    assert done.structured is not None
    assert done.structured["results"][0]["page"] == "devin.send_message"


def test_a_long_page_is_cut_and_says_what_to_read_instead(host: Host) -> None:
    done = perform(host, "lua_read_doc", {"page": "devin"}, max_chars=5_000)
    assert len(done.text) <= 5_000
    assert done.text.endswith("read the page of one function, as in devin.create_session)")


def test_each_page_of_one_function_fits_whole(host: Host) -> None:
    for name in ("devin.create_session", "devin.list_sessions", "errors"):
        assert "more characters" not in perform(host, "lua_read_doc", {"page": name}).text


def test_a_host_with_a_policy_needs_no_other_way() -> None:
    with Host(simulate=True, policy=Policy(write="deny")) as host:
        done: ToolResult = perform(host, "execute_lua", {"code": "app.integrations.devin.create_session{prompt='x'}"})
        assert done.text.startswith("error permission_denied")
