"""What a client of MCP finds: tools, results, pages, errors; the same on every transport and in both eras."""

from __future__ import annotations

import asyncio
import json
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from mcp.shared.exceptions import MCPError

from luahost.agents import TOOLS
from luahost.mcp import server
from luahost.mcp.server import WITH_DATA
from tests.mcp.conftest import HELLO, READY, Raw, Way, call, run, text

if TYPE_CHECKING:
    from collections.abc import Callable

    from mcp import Client

NAME = "return app.integrations.devin.get_current_user().name"


def with_client(way: Way, act: Callable[[Client], Any], *words: str, **options: Any) -> Any:
    """What `act` gives with a client of a simulated server."""

    async def connected() -> Any:
        async with way.client("--simulate", *words, **options) as client:
            return await act(client)

    return run(connected())


def execute(way: Way, code: str, *words: str, env: dict[str, str] | None = None, **arguments: Any) -> Any:
    """What one run of `execute_lua` gives."""
    return with_client(
        way, lambda client: client.call_tool("execute_lua", {"code": code, **arguments}), *words, env=env
    )


# -- tools ---------------------------------------------------------------------------------------------------------


def test_a_client_finds_the_four_tools_with_schemas_and_annotations(way: Way) -> None:
    found = {tool.name: tool for tool in with_client(way, lambda client: client.list_tools()).tools}
    assert set(found) == set(TOOLS)
    for name, tool in found.items():
        assert tool.input_schema == TOOLS[name].input_schema
        assert tool.output_schema == TOOLS[name].output_schema
        assert tool.title
        assert tool.annotations is not None
        writes = name == "execute_lua"
        assert (tool.annotations.read_only_hint, tool.annotations.destructive_hint) == (not writes, writes)
        assert (tool.annotations.idempotent_hint, tool.annotations.open_world_hint) == (not writes, writes)


def test_every_tool_gives_data_that_fits_its_schema(way: Way) -> None:
    calls: dict[str, dict[str, Any]] = {
        "execute_lua": {"code": f"print('hi') {NAME}", "args": {"x": 1}},
        "lua_list_docs": {},
        "lua_search_docs": {"query": "start a session"},
        "lua_read_doc": {"page": "devin.create_session"},
    }

    async def act(client: Client) -> None:
        for name, arguments in calls.items():
            result = await client.call_tool(name, arguments)
            assert not result.is_error
            jsonschema.validate(result.structured_content, dict(TOOLS[name].output_schema))
            assert text(result)

    with_client(way, act)


def test_a_run_gives_output_values_and_calls(era: Way) -> None:
    found = execute(era, f"print(args.x) {NAME}", args={"x": 7}, account="work").structured_content
    assert (found["ok"], found["output"], found["values"]) == (True, "7\n", ["CI Bot"])
    assert found["calls"] == [{"call": "devin.get_current_user", "account": "work", "status": "ok"}]


def test_a_failed_run_is_an_error_that_names_code_line_and_hint(era: Way) -> None:
    result = execute(era, "local x = 1\nreturn app.integrations.devin.list_sesions()")
    assert result.is_error
    jsonschema.validate(result.structured_content, dict(TOOLS["execute_lua"].output_schema))
    assert (result.structured_content["error"]["code"], result.structured_content["error"]["line"]) == (
        "unknown_function",
        2,
    )
    assert "list_sessions" in text(result)


def test_long_results_are_cut_and_say_so(stdio: Way) -> None:
    result = execute(stdio, "print(('x'):rep(50000)) return ('y'):rep(50000)", "--max-result", "2000")
    assert len(text(result)) <= 2000
    assert "characters" in text(result)
    assert len(result.structured_content["cut"]) == 2


def test_a_name_that_a_script_makes_up_for_what_it_loads_makes_no_result_longer(patient: Raw) -> None:
    code = "load('error()', '@' .. ('n'):rep(100000))()"
    result = patient.ask(call(1, "execute_lua", {"code": code}))["result"]
    assert result["content"][0]["text"].startswith("error script_error at nnn")
    assert len(result["content"][0]["text"]) <= 20_000
    assert len(json.dumps(result["structuredContent"])) <= 20_000


def test_limits_are_those_of_an_embedded_host_with_what_was_asked_for(stdio: Way) -> None:
    code = "for _ = 1, 3 do app.integrations.devin.get_current_user() end"
    error = execute(stdio, code, "--max-calls", "2").structured_content["error"]
    assert (error["code"], error["details"]["allowed"]) == ("limit_exceeded", 2)


def test_calls_without_an_account_use_the_one_that_the_server_was_given(stdio: Way) -> None:
    found = execute(stdio, NAME, "--account", "work").structured_content
    assert found["calls"][0]["account"] == "work"


def test_a_model_is_taught_by_the_servers_instructions(era: Way) -> None:
    async def act(client: Client) -> str:
        return str(client.instructions)

    assert "app.integrations.devin" in with_client(era, act)


def test_files_are_those_of_the_folder_that_was_named(stdio: Way, tmp_path: Any) -> None:
    (tmp_path / "build.log").write_text("all is well")
    code = "return app.integrations.devin.upload_attachment{ file = 'build.log' }.url"
    assert execute(stdio, code, "--allow-writes", "--files", str(tmp_path)).structured_content["ok"]
    assert execute(stdio, code, "--allow-writes").structured_content["error"]["code"] == "permission_denied"


def test_a_folder_that_is_there_no_more_is_named(raw: Callable[..., Raw], tmp_path: Any) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    served = raw("--simulate", "--files", str(folder)).hello()
    folder.rmdir()
    result = served.ask(call(1, "execute_lua", {"code": "return 1"}))["result"]
    assert result["isError"]
    assert f"{folder} is not a folder" in result["content"][0]["text"]
    jsonschema.validate(result["structuredContent"], dict(TOOLS["execute_lua"].output_schema))
    assert b"Traceback" not in served.process.communicate(timeout=20)[1]


# -- policy --------------------------------------------------------------------------------------------------------

CREATE = "return app.integrations.devin.create_session{ prompt = 'x' }.session_id"


def test_read_only_denies_writes_and_a_dry_run_plans_them(stdio: Way) -> None:
    assert execute(stdio, CREATE, "--read-only").structured_content["error"]["code"] == "permission_denied"
    assert execute(stdio, CREATE, "--dry-run", "--allow-writes").structured_content["calls"][0]["status"] == "planned"


def test_rules_of_the_settings_file_count(stdio: Way, home: Any) -> None:
    home.mkdir()
    (home / "config.toml").write_text('[integrations.devin.permissions]\ncreate_session = "allow"\nread = "deny"\n')
    assert execute(stdio, CREATE).structured_content["ok"]
    assert execute(stdio, NAME).structured_content["error"]["code"] == "permission_denied"


# -- bad input -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tool", "arguments", "said"),
    [
        ("execute_lua", {}, "code"),
        ("execute_lua", {"code": 7}, "code"),
        ("execute_lua", {"code": "return 1", "agrs": {}}, "args"),
        ("execute_lua", {"code": "return 1", "args": [1]}, "args"),
        ("execute_lua", {"code": "return 1", "account": "wrok"}, "work"),
        ("execute_lua", {"code": "return return"}, "syntax"),
        ("lua_search_docs", None, "query"),
        ("lua_read_doc", {"page": "devin.create_sesion"}, "create_session"),
        ("execute_luau", {"code": "return 1"}, "execute_lua"),
    ],
)
def test_a_wrong_call_is_told_what_is_wrong(patient: Raw, tool: str, arguments: Any, said: str) -> None:
    result = patient.ask(call(1, tool, arguments))["result"]
    assert result["isError"]
    assert said in result["content"][0]["text"]
    assert patient.ask(call(2, "execute_lua", {"code": "return 2"}))["result"]["structuredContent"]["values"] == [2]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b"{", -32700),
        (b"[]", -32700),
        (call(1, "execute_lua", "x"), -32602),
        (call(1, 7, {}), -32602),
        ({"jsonrpc": "2.0", "id": 1, "method": "tools/explode"}, -32601),
    ],
)  # fmt: skip
def test_what_is_no_request_is_an_error_and_the_server_goes_on(patient: Raw, line: Any, code: int) -> None:
    assert patient.ask(line)["error"]["code"] == code
    assert patient.ask(call(2, "execute_lua", {"code": "return 2"}))["result"]["structuredContent"]["values"] == [2]


def test_two_clients_at_once_get_their_own_answers(serve: Callable[..., Any]) -> None:
    served = serve("--simulate")

    async def one(name: str) -> None:
        async with served.client() as client:
            for at in range(10):
                code = f"sleep(0.01) return '{name}', {at}" if at % 3 else "error('mine')"
                found = (await client.call_tool("execute_lua", {"code": code})).structured_content
                assert found["values"] == ([name, at] if at % 3 else [])

    async def both() -> None:
        await asyncio.gather(one("a"), one("b"))

    run(both())


# -- resources -----------------------------------------------------------------------------------------------------


def test_pages_of_the_reference_are_resources(era: Way) -> None:
    async def act(client: Client) -> None:
        listed = {each.uri: each for each in (await client.list_resources()).resources}
        assert {"luahost://docs", "luahost://docs/devin", "luahost://docs/devin.create_session"} < set(listed)
        assert "luahost://docs/each" in listed
        assert {each.mime_type for each in listed.values()} == {"text/markdown"}
        templates = (await client.list_resource_templates()).resource_templates
        assert [each.uri_template for each in templates] == ["luahost://docs/{page}"]
        for uri, holds in (("luahost://docs/devin.create_session", "prompt"), ("luahost://docs", "create_session")):
            (page,) = (await client.read_resource(uri)).contents
            assert (page.uri, page.mime_type) == (uri, "text/markdown")
            assert holds in page.text  # type: ignore[union-attr]  # they are texts

    with_client(era, act)


@pytest.mark.parametrize("uri", ["luahost://docs/devin.create_sesion", "luahost://docsdevin", "file:///etc/passwd"])
def test_a_page_that_is_not_there_is_an_error_of_the_protocol(era: Way, uri: str) -> None:
    async def act(client: Client) -> str:
        with pytest.raises(MCPError, match="there is no page") as raised:
            await client.read_resource(uri)
        return str(raised.value)

    said = with_client(era, act)
    assert "create_session" in said or "sesion" not in uri


# -- processes -----------------------------------------------------------------------------------------------------


def test_sessions_share_no_process_and_a_request_without_one_shares_none() -> None:
    def owner(headers: dict[str, str] | None) -> str | None:
        context: Any = SimpleNamespace(request=None if headers is None else SimpleNamespace(headers=headers))
        return server._owner(context)

    assert [owner({"mcp-session-id": name}) for name in "ab"] == ["a", "b"]
    assert owner({}) is None
    assert owner(None) == ""


PLAIN_CALLS: dict[str, Any] = {
    "a value and calls": {"code": "print('ä') return app.integrations.devin.list_sessions().total, {1, {}, 'x'}, nil"},
    "what is nil and null": {"code": "return nil, json.null, { a = json.null }"},
    "an error of the script": {"code": "\n error({ code = 'x', message = 'm' })"},
    "an error of a call": {"code": "app.integrations.devin.get_session{ sesion_id = 'x' }"},
    "arguments": {"code": "return args.n", "args": {"n": 7}},
    "a limit": {"code": "while true do end"},
    "code that is no text": {"code": 7},
    "an argument too many": {"code": "return 1", "timeout": 3},
    "no arguments": None,
}


@pytest.mark.parametrize("version", WITH_DATA)
@pytest.mark.parametrize("arguments", PLAIN_CALLS.values(), ids=PLAIN_CALLS)
def test_a_plain_call_is_answered_as_the_sdk_would_write_it(
    raw: Callable[..., Raw], version: str, arguments: Any
) -> None:
    served = raw("--simulate", "--cpu-limit", "0.1")
    hello: Any = HELLO
    served.ask({**hello, "params": {**hello["params"], "protocolVersion": version}})
    served.send(READY)
    params = {"name": "execute_lua", **({} if arguments is None else {"arguments": arguments})}
    plain, by_models = (
        served.ask({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {**params, **more}})
        for more in ({}, {"unknown": 1})  # what it does not know, the SDK passes over
    )
    for answer in (plain, by_models):
        data = answer["result"].get("structuredContent", {})
        for name in ("elapsed_ms", "memory_bytes"):
            data.pop(name, None)
        for made in data.get("calls", ()):
            made.pop("duration_ms", None)
        if arguments == PLAIN_CALLS["a limit"]:  # it tells how long it has computed
            answer["result"]["content"] = data["error"]["details"]["used"] = None
    assert plain == by_models


@pytest.mark.parametrize(
    "params",
    [
        {"name": "execute_lua", "arguments": ["return 1"]},
        {"name": "execute_lua", "arguments": {"code": "return 1"}, "_meta": 5},
        {"name": 5, "arguments": {"code": "return 1"}},
        {"arguments": {"code": "return 1"}},
        None,
    ],
)
def test_a_call_that_is_no_call_is_the_sdks_to_refuse(raw: Callable[..., Raw], params: Any) -> None:
    served = raw("--simulate").hello()
    assert "error" in served.ask({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params})


def test_no_script_runs_before_the_handshake(raw: Callable[..., Raw]) -> None:
    answer = raw("--simulate").ask(call(1, "execute_lua", {"code": "return 1"}))
    assert "error" in answer
