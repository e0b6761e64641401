"""`luahost call`: one call without a script."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from luahost.integrations.devin.simulator import Simulator
    from luahost.integrations.devin.simulator.server import Server
    from tests.conftest import Command

CREATE = ["call", "--simulate", "--json", "devin.create_session"]


@pytest.fixture
def env(simulator: Simulator, server: Server) -> dict[str, str]:
    return {"LUAHOST_DEVIN_API_KEY": simulator.keys["v3"]["default"], "LUAHOST_DEVIN_BASE_URL": server.url}


def sent(simulator: Simulator) -> object:
    """The body of the one session that was asked for."""
    (request,) = [each for each in simulator.requests if each.method == "POST"]
    return request.body


def test_json_is_the_result_and_nothing_else(luahost: Command) -> None:
    done = luahost(*CREATE, "prompt=x")
    assert (done.code, done.err) == (0, "")
    assert done.json["status"] == "new"
    assert done.json["session_id"]


@pytest.mark.parametrize("at", range(4))
def test_options_may_stand_anywhere_among_the_words(luahost: Command, at: int) -> None:
    words = ["devin.create_session", "prompt=x", "idempotency_key=k"]
    done = luahost("call", *words[:at], "--simulate", *words[at:])
    assert done.code == 0, done


def test_a_result_for_people_has_a_line_a_field(luahost: Command) -> None:
    done = luahost("call", "devin.create_session", "prompt=x", "--simulate")
    assert "status: new" in done.out.splitlines()


def test_a_list_for_people_is_a_table(luahost: Command) -> None:
    done = luahost("call", "devin.list_sessions", "--simulate")
    heads = next(line for line in done.out.splitlines() if line.startswith("session_id"))
    assert "status" in heads


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("app.integrations.devin.get_session", "write luahost call devin.get_session"),
        ("devin.work.get_session", "write luahost call devin.get_session --account work"),
        ("app.integrations.devin.work.get_session", "write luahost call devin.get_session --account work"),
        ("get_session", "write luahost call devin.get_session"),
        ("devin", "devin: INTEGRATION.FUNCTION was expected"),
        ("devin.", "devin.: INTEGRATION.FUNCTION was expected"),
    ],
)
def test_a_function_as_a_script_writes_it_is_told_how_to_type(luahost: Command, word: str, hint: str) -> None:
    done = luahost("call", word, "session_id=devin-1", "--simulate")
    assert (done.code, done.out) == (2, "")
    assert hint in done.err
    assert done.err.count("\n") == 1, done.err


@pytest.mark.parametrize("text", ["7", "true", "null", "[1]", "{}", "1e3", " x ", "a=b", "ü", ""])
def test_a_text_stays_a_text_however_it_looks(
    luahost: Command, simulator: Simulator, env: dict[str, str], text: str
) -> None:
    done = luahost("call", "devin.create_session", f"prompt={text}", env=env)
    if not text:
        assert done.code in (0, 2), done
        return
    assert done.code == 0, done.err
    body = sent(simulator)
    assert isinstance(body, dict)
    assert body["prompt"] == text


def test_json_is_json(luahost: Command, simulator: Simulator, env: dict[str, str]) -> None:
    assert luahost("call", "devin.create_session", 'prompt:="a\\nb"', env=env).code == 0
    body = sent(simulator)
    assert isinstance(body, dict)
    assert body["prompt"] == "a\nb"


def test_an_argument_is_read_from_a_file(
    luahost: Command, simulator: Simulator, env: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "p.txt").write_text("line\nü\n", "utf-8")
    assert luahost("call", "devin.create_session", "prompt=@p.txt", cwd=tmp_path, env=env).code == 0
    body = sent(simulator)
    assert isinstance(body, dict)
    assert body["prompt"] == "line\nü\n"


def test_two_at_signs_are_one_in_a_text(luahost: Command, simulator: Simulator, env: dict[str, str]) -> None:
    assert luahost("call", "devin.create_session", "prompt=@@x", env=env).code == 0
    body = sent(simulator)
    assert isinstance(body, dict)
    assert body["prompt"] == "@x"


@pytest.mark.parametrize("words", [[], ["-"]])
def test_the_arguments_come_from_standard_input(luahost: Command, words: list[str]) -> None:
    done = luahost(*CREATE, *words, stdin=json.dumps({"prompt": "ü"}).encode())
    assert (done.code, done.json["status"]) == (0, "new")


def test_a_word_goes_over_standard_input(luahost: Command, simulator: Simulator, env: dict[str, str]) -> None:
    done = luahost("call", "devin.create_session", "-", "prompt=word", stdin=b'{"prompt": "input"}', env=env)
    assert done.code == 0, done.err
    body = sent(simulator)
    assert isinstance(body, dict)
    assert body["prompt"] == "word"


def test_account_chooses_the_key(luahost: Command, simulator: Simulator, server: Server) -> None:
    env = {"LUAHOST_DEVIN_WORK_API_KEY": simulator.keys["v3"]["work"], "LUAHOST_DEVIN_WORK_BASE_URL": server.url}
    assert luahost("call", "devin.get_current_user", "--account", "work", env=env).code == 0
    assert {each.account for each in simulator.requests} == {"work"}


@pytest.mark.parametrize(
    "words",
    [
        ["devin.creat_session"],
        ["devin"],
        ["nodot"],
        ["other.list"],
        ["devin.create_session"],
        ["devin.create_session", "promt=x"],
        ["devin.create_session", "prompt:=7"],
        ["devin.create_session", "prompt:=["],
        ["devin.create_session", "prompt:=NaN"],
        ["devin.create_session", "prompt"],
        ["devin.create_session", "=x"],
        ["devin.create_session", "prompt=@no-such-file"],
        ["devin.create_session", "prompt=@/"],
        ["devin.create_session", b"prompt=\xff"],
        ["devin.list_sessions", "--account", "nobody"],
        ["devin.list_sessions", "--account", ""],
    ],
)
def test_a_wrong_call_is_wrong_usage_in_one_line(luahost: Command, words: list[str]) -> None:
    done = luahost("call", *words, "--simulate")
    assert done.code == 2, done
    assert done.out == ""
    assert done.err.count("\n") == 1, done.err


@pytest.mark.parametrize("text", [b"{", b"[]", b"7", b"\xff", b'{"prompt": "\\ud800"}', b"[" * 100_000])
def test_standard_input_that_is_no_json_object_is_wrong_usage_in_one_line(luahost: Command, text: bytes) -> None:
    done = luahost("call", "devin.create_session", "--simulate", stdin=text)
    assert done.code == 2, done
    assert done.err.count("\n") == 1, done.err


def test_a_call_that_was_refused_is_told_in_json_and_in_words(luahost: Command) -> None:
    done = luahost("call", "devin.get_session", "session_id=none", "--simulate", "--json")
    assert done.code == 6
    assert done.json["error"]["code"] == "not_found"
    assert done.err.count("\n") == 1


def test_a_missing_key_ends_with_4(luahost: Command) -> None:
    done = luahost("call", "devin.list_sessions")
    assert done.code == 4
    assert "luahost accounts add default" in done.err


def test_a_host_that_nobody_reaches_ends_with_6(luahost: Command) -> None:
    env = {"LUAHOST_DEVIN_API_KEY": "cog_x", "LUAHOST_DEVIN_BASE_URL": "http://127.0.0.1:9"}
    done = luahost("call", "devin.list_sessions", env=env)
    assert done.code == 6
    assert "cannot reach 127.0.0.1:9" in done.err
    assert done.err.count("\n") == 1


def test_config_denies_a_call_with_5(luahost: Command, home: Path) -> None:
    home.mkdir()
    (home / "config.toml").write_text('[integrations.devin.permissions]\nwrite = "deny"\n')
    assert luahost(*CREATE, "prompt=x").code == 5


def test_the_same_idempotency_key_makes_one_session(
    luahost: Command, simulator: Simulator, env: dict[str, str]
) -> None:
    words = ["call", "devin.create_session", "prompt=x", "idempotency_key=k", "--json"]
    first, second = luahost(*words, env=env), luahost(*words, env=env)
    assert first.json["session_id"] == second.json["session_id"]
    assert len([each for each in simulator.requests if each.method == "POST"]) == 1


def test_an_open_standard_input_that_brings_nothing_is_not_waited_for(luahost: Command) -> None:
    import os
    import subprocess

    reading, writing = os.pipe()
    try:
        words = ["call", "devin.create_session", "prompt=x", "--simulate"]
        with luahost.start(*words, stdin=reading, stdout=subprocess.DEVNULL) as process:
            try:
                assert process.wait(20) == 0
            finally:
                process.kill()
    finally:
        os.close(reading)
        os.close(writing)


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("tags=a", """write tags:='["a"]'"""),
        ("tags=a, b", """write tags:='["a", "b"]'"""),
        ("tags=it's", """write tags:='["TEXT", "TEXT"]'"""),
        ("structured_output_schema=a", """write structured_output_schema:='{"NAME": VALUE}'"""),
        ("session_secrets=hunter2", """write session_secrets:='[{"NAME": VALUE}]'"""),
        ("prompt:=hello", "without a colon, prompt=… is text as it is"),
    ],
)
def test_what_must_be_json_says_how_to_write_it(luahost: Command, word: str, hint: str) -> None:
    done = luahost("call", "--simulate", "devin.create_session", word)
    assert (done.code, done.err.count("\n")) == (2, 1), done
    assert done.err.endswith(f"; {hint}\n")
    assert "hunter2" not in done.err


def test_the_help_with_a_function_has_its_parameters(luahost: Command) -> None:
    bare = luahost("call", "--help")
    done = luahost("call", "devin.create_session", "--help", env={"COLUMNS": "200"})
    assert (done.code, done.err) == (0, "")
    assert "parameters of" not in bare.out
    assert "parameters of devin.create_session:" in done.out
    for line in ("prompt=STRING", "tags:=JSON", "resumable=true|false", "max_acu_limit=INTEGER"):
        assert f"\n  {line}" in done.out
    assert "required; The task description" in done.out
    assert done.out.split("\n\n")[0] == luahost("call", "--help", env={"COLUMNS": "200"}).out.split("\n\n")[0]


def test_the_help_with_an_unknown_function_is_the_command_s(luahost: Command) -> None:
    assert luahost("call", "devin.nosuch", "--help").out == luahost("call", "--help").out
