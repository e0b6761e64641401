"""`luahost list`, `search`, `docs` and `schema`, and the help."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from luahost.integrations.devin import DEVIN

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Command

CALLS = [f"devin.{function.name}" for function in DEVIN.functions]
COMMANDS = ["run", "call", "check", "stubs", "list", "search", "docs", "schema", "accounts", "doctor", "simulate"]


def test_list_names_every_function(luahost: Command) -> None:
    assert [line.split()[0] for line in luahost("list").out.splitlines()[1:]] == CALLS


def test_list_as_json_names_access_and_parameters(luahost: Command) -> None:
    found = luahost("list", "--json").json
    assert [each["call"] for each in found] == CALLS
    assert all({"access", "parameters", "summary"} <= set(each) for each in found)


def test_search_finds_what_a_summary_says(luahost: Command) -> None:
    assert luahost("search", "send", "message").out.splitlines()[1].startswith("devin.send_message")
    assert luahost("search", "send message", "--json").json[0]["call"] == "devin.send_message"


def test_a_search_without_result_says_so_beside_the_output(luahost: Command) -> None:
    done = luahost("search", "zzzz")
    assert (done.code, done.out) == (0, "")
    assert "luahost list" in done.err
    assert luahost("search", "zzzz", "--json").json == []


@pytest.mark.parametrize("call", CALLS)
def test_docs_reads_each_page_and_schema_each_function(luahost: Command, call: str) -> None:
    page = luahost("docs", call)
    assert (page.code, page.err) == (0, "")
    assert page.out.startswith(f"# {call.removeprefix('devin.')}\n")
    schema = luahost("schema", call).json
    assert (schema["type"], schema["additionalProperties"]) == ("object", False)


def test_docs_without_a_page_names_the_functions(luahost: Command) -> None:
    done = luahost("docs")
    words = set(done.out.split())
    assert all(call.removeprefix("devin.") in words for call in CALLS)


def test_docs_reads_what_scripts_have_besides(luahost: Command) -> None:
    assert luahost("docs", "each").out.startswith("# each\n")


def test_search_finds_what_is_called_otherwise(luahost: Command) -> None:
    assert luahost("search", "start a task").out.splitlines()[1].startswith("devin.create_session")
    assert luahost("search", "loop over all sessions", "--json").json[0]["page"] == "each"


def test_docs_as_json_is_the_page_as_markdown(luahost: Command) -> None:
    assert luahost("docs", "devin", "--json").json["markdown"] == luahost("docs", "devin").out


@pytest.mark.parametrize("command", ["docs", "schema"])
def test_an_unknown_page_is_wrong_usage_with_what_is_known(luahost: Command, command: str) -> None:
    done = luahost(command, "devin.create_sesion")
    assert (done.code, done.out) == (2, "")
    assert done.err.count("\n") == 1
    assert "devin.create_session" in done.err


def test_the_reference_is_there_whatever_config_says(luahost: Command, home: Path) -> None:
    home.mkdir()
    (home / "config.toml").write_text("broken = [")
    assert luahost("list").code == 0


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_explains_itself(luahost: Command, command: str) -> None:
    done = luahost(command, "--help")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith(f"usage: luahost {command}")


def test_help_names_every_command(luahost: Command) -> None:
    done = luahost("--help")
    assert done.code == 0
    assert all(f"\n  {command} " in done.out for command in COMMANDS)


def test_help_with_a_command_explains_that_command(luahost: Command) -> None:
    assert luahost("help", "call").out == luahost("call", "--help").out


def test_no_command_is_wrong_usage_with_the_help_beside_the_output(luahost: Command) -> None:
    done = luahost()
    assert (done.code, done.out) == (2, "")
    assert "commands:" in done.err


def test_a_command_misspelt_is_wrong_usage_with_a_suggestion(luahost: Command) -> None:
    done = luahost("lst")
    assert (done.code, done.err.count("\n")) == (2, 1)
    assert "did you mean 'list'?" in done.err


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_a_page_is_printed_whatever_the_terminal_can_show(luahost: Command, encoding: str) -> None:
    done = luahost("docs", "devin.get_session", env={"PYTHONIOENCODING": encoding})
    assert done.code == 0, done.err
    assert "get_session" in done.out


@pytest.mark.parametrize("command", ["docs", "schema"])
def test_a_function_needs_no_integration_where_only_one_has_it(luahost: Command, command: str) -> None:
    done = luahost(command, "create_session")
    assert (done.code, done.out) == (0, luahost(command, "devin.create_session").out)
