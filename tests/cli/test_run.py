"""`luahost run`: what a script prints, what it was given, how it ended."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Command

RESULT = {"ok", "output", "values", "error", "calls", "elapsed_ms", "memory_bytes", "run_id", "meta"}
BIG = 300_000  # several pipes full


# -- output ---------------------------------------------------------------------------------------------------


def test_output_arrives_while_the_script_still_runs(luahost: Command, isolation: str) -> None:
    words = ["run", "--isolation", isolation, "-e", "print('first') sleep(60) print('second')"]
    with luahost.start(*words, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            assert process.stdout.readline() == b"first\n"
            assert process.poll() is None
        finally:
            process.kill()


def test_bytes_that_are_no_text_reach_a_pipe_unchanged(luahost: Command) -> None:
    assert luahost("run", "-e", r"print('\255\0\254')").raw == b"\xff\x00\xfe\n"


def test_bytes_that_are_no_text_are_replaced_in_json(luahost: Command) -> None:
    found = luahost("run", "--json", "-e", r"print('\255') return '\255'").json
    assert (found["output"], found["values"]) == ("\ufffd\n", ["\ufffd"])


def test_megabytes_of_lines_arrive_whole(luahost: Command) -> None:
    done = luahost("run", "-e", "for i = 1, 50000 do print(('x'):rep(99)) end")
    assert done.code == 0, done.err
    assert done.raw == (b"x" * 99 + b"\n") * 50000


def test_one_huge_string_is_printed_whole(luahost: Command, isolation: str) -> None:
    done = luahost("run", "--isolation", isolation, "-e", "print(('x'):rep(5000000))")
    assert (done.code, len(done.raw)) == (0, 5_000_001), done.err


def test_a_huge_value_is_returned_whole(luahost: Command, isolation: str) -> None:
    done = luahost("run", "--isolation", isolation, "--json", "-e", f"return ('x'):rep({BIG})")
    assert done.code == 0, done.out[:300]
    assert done.json["values"] == ["x" * BIG]


def test_a_huge_argument_is_sent_whole(luahost: Command, isolation: str) -> None:
    code = f"print(app.integrations.devin.create_session{{prompt = ('x'):rep({BIG})}}.status)"
    done = luahost("run", "--isolation", isolation, "--simulate", "-e", code)
    assert (done.code, done.out) == (0, "new\n"), done.err


def test_a_huge_script_runs(luahost: Command) -> None:
    done = luahost("run", "-", stdin=b"--" + b"x" * 2_000_000 + b"\nprint('ran')")
    assert done.out == "ran\n"


# -- where a script comes from, and what it is given ------------------------------------------------------------


def test_a_script_is_read_from_standard_input(luahost: Command) -> None:
    assert luahost("run", "-", "a", "b", stdin=b"print(...)").out == "a\tb\n"


def test_the_words_after_code_belong_to_the_script(luahost: Command) -> None:
    done = luahost("run", "-e", "print(#arg, ...)", "a", "-x", "--json", "--help", "c=d")
    assert done.out == "5\ta\t-x\t--json\t--help\tc=d\n"


def test_the_words_after_a_file_belong_to_the_script(luahost: Command, tmp_path: Path) -> None:
    (tmp_path / "it.lua").write_text("print(arg[1], arg[2])")
    assert luahost("run", "it.lua", "--json", "--", cwd=tmp_path).out == "--json\t--\n"


def test_a_file_whose_name_begins_with_a_dash_is_named_after_two(luahost: Command, tmp_path: Path) -> None:
    (tmp_path / "-it.lua").write_text("print(...)")
    assert luahost("run", "--", "-it.lua", "w", cwd=tmp_path).out == "w\n"


def test_a_name_in_any_alphabet_is_a_name(luahost: Command, tmp_path: Path) -> None:
    (tmp_path / "ünï 名.lua").write_text("print(...) error('böse')", "utf-8")
    done = luahost("run", "ünï 名.lua", "wörd", cwd=tmp_path)
    assert done.out == "wörd\n"
    assert done.err.startswith("ünï 名.lua:1: böse\n")


def test_a_long_path_is_a_path(luahost: Command, tmp_path: Path) -> None:
    folder = tmp_path.joinpath(*["d" * 200] * 8)
    folder.mkdir(parents=True)
    (folder / "it.lua").write_text("error('here')")
    done = luahost("run", str(folder / "it.lua"))
    assert done.err.startswith(f"{folder}/it.lua:1: here\n")


def test_modules_lie_beside_the_script_wherever_the_command_is_typed(luahost: Command, tmp_path: Path) -> None:
    (tmp_path / "scripts" / "lib").mkdir(parents=True)
    (tmp_path / "scripts" / "it.lua").write_text("print(require('lib.words').hello)")
    (tmp_path / "scripts" / "lib" / "words.lua").write_text("return {hello = 'hi'}")
    assert luahost("run", "scripts/it.lua", cwd=tmp_path).out == "hi\n"
    assert luahost("run", "../it.lua", cwd=tmp_path / "scripts" / "lib").out == "hi\n"


def test_code_has_the_modules_of_the_folder_it_is_given(luahost: Command, tmp_path: Path) -> None:
    (tmp_path / "m.lua").write_text("return 7")
    assert luahost("run", "--modules", str(tmp_path), "-e", "print(require('m'))").out == "7\n"
    assert luahost("run", "-e", "require('m')", cwd=tmp_path).code == 1


def test_a_script_with_a_first_line_for_the_shell_is_a_command(luahost: Command, tmp_path: Path) -> None:
    script = tmp_path / "it"
    script.write_text(f"#!/usr/bin/env -S {sys.executable} -m luahost run\nprint(...)\nerror('third')")
    script.chmod(0o755)
    done = subprocess.run([script, "a", "--json"], capture_output=True, check=False, timeout=60)
    assert (done.returncode, done.stdout) == (1, b"a\t--json\n")
    assert done.stderr.decode().startswith(f"{script}:3: third\n    error('third')\n")


def test_a_byte_order_mark_is_no_part_of_a_script(luahost: Command) -> None:
    assert luahost("run", "-", stdin=b"\xef\xbb\xbf#!shell\nprint('ran')").out == "ran\n"


def test_set_gives_texts_and_json(luahost: Command) -> None:
    code = "print(type(args.a), args.a, type(args.b), args.b, args.c[2], args.d == nil)"
    done = luahost("run", "--set", "a=7", "--set", "b:=7", "--set", "c:=[1,2]", "--set", "d:=null", "-e", code)
    assert done.out == "string\t7\tnumber\t7\t2\ttrue\n"


def test_set_goes_over_the_file_of_args(luahost: Command, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"a": 1, "b": {"c": "ü"}}', "utf-8")
    done = luahost("run", "--args", "a.json", "--set", "a=2", "-e", "print(args.a, args.b.c)", cwd=tmp_path)
    assert done.out == "2\tü\n"


# -- how it ended -----------------------------------------------------------------------------------------------


def test_an_uncaught_error_says_place_line_and_traceback(luahost: Command, tmp_path: Path) -> None:
    (tmp_path / "it.lua").write_text("local function f()\n  error('broken')\nend\nf()\n")
    done = luahost("run", "it.lua", cwd=tmp_path)
    assert done.code == 1
    lines = done.err.splitlines()
    assert lines[:3] == ["it.lua:2: broken", "    error('broken')", "stack traceback:"]
    assert any("it.lua:4: in main chunk" in line for line in lines[3:])


def test_an_uncaught_error_of_a_call_ends_with_its_hint(luahost: Command) -> None:
    done = luahost("run", "--simulate", "-e", "app.integrations.devin.create_session{promt = 'x'}")
    assert "did you mean 'prompt'?" in done.err.splitlines()[0]
    assert done.err.splitlines()[-1].startswith("hint: ")


def test_an_error_in_a_module_names_the_module(luahost: Command, tmp_path: Path) -> None:
    (tmp_path / "m.lua").write_text("\nerror('inside')")
    (tmp_path / "it.lua").write_text("require('m')\n-- second line of the script")
    done = luahost("run", "it.lua", cwd=tmp_path)
    assert done.err.splitlines()[0].endswith("m.lua:2: inside")
    assert "second line of the script" not in done.err


@pytest.mark.parametrize(
    ("code", "script"),
    [
        (0, "pcall(error, 'caught')"),
        (1, "error('x')"),
        (1, "x ="),
        (1, "app.integrations.devin.create_session{}"),
        (1, "app.integrations.devin.creat_session()"),
        (1, "app.integrations.devin.nobody.list_sessions()"),
        (6, "app.integrations.devin.get_session('devin-none')"),
    ],
)
def test_the_exit_code_says_what_ended_a_script(luahost: Command, code: int, script: str) -> None:
    done = luahost("run", "--simulate", "-e", script)
    assert done.code == code, done


def test_a_missing_key_ends_with_4(luahost: Command) -> None:
    assert luahost("run", "-e", "app.integrations.devin.list_sessions()").code == 4


def test_a_refused_key_ends_with_4(luahost: Command, server: Any) -> None:
    env = {"LUAHOST_DEVIN_API_KEY": "cog_wrong", "LUAHOST_DEVIN_BASE_URL": server.url}
    assert luahost("run", "-e", "app.integrations.devin.list_sessions()", env=env).code == 4


def test_read_only_denies_a_write_with_5(luahost: Command) -> None:
    code = "print(#app.integrations.devin.list_sessions().sessions) app.integrations.devin.create_session{prompt='x'}"
    done = luahost("run", "--simulate", "--read-only", "-e", code)
    assert (done.code, done.out) == (5, "1\n")


def test_config_denies_a_write_with_5(luahost: Command, home: Path) -> None:
    home.mkdir()
    (home / "config.toml").write_text('[integrations.devin.permissions]\ncreate_session = "deny"\n')
    assert luahost("run", "--simulate", "-e", "app.integrations.devin.create_session{prompt = 'x'}").code == 5


@pytest.mark.parametrize(
    ("options", "script", "name"),
    [
        (["--max-output", "3"], "print('hello')", "output_bytes"),
        (["--max-calls", "1"], "for i = 1, 2 do app.integrations.devin.list_sessions() end", "calls"),
        (["--memory-limit", "16"], "local t = {} while true do t[#t + 1] = ('x'):rep(1000) .. #t end", "memory_mib"),
        (["--timeout", "0.3"], "while true do end", "wall"),
        (["--cpu-limit", "1"], "while true do end", "cpu"),
    ],
)
def test_a_limit_ends_with_3_and_names_the_option(luahost: Command, options: list[str], script: str, name: str) -> None:
    done = luahost("run", "--simulate", *options, "-e", script)
    assert done.code == 3, done
    assert name in done.err
    assert options[0] in done.err


def test_a_limit_of_config_holds_and_an_option_goes_over_it(luahost: Command, home: Path) -> None:
    home.mkdir()
    (home / "config.toml").write_text("[limits]\noutput_bytes = 3\n")
    assert luahost("run", "-e", "print('hello')").code == 3
    assert luahost("run", "--max-output", "30", "-e", "print('hello')").code == 0


def test_a_fraction_of_a_second_of_processor_time_is_a_limit(luahost: Command, isolation: str) -> None:
    done = luahost("run", "--isolation", isolation, "--cpu-limit", "0.2", "-e", "while true do end")
    assert done.code == 3, done


# -- --json -----------------------------------------------------------------------------------------------------


def test_json_is_one_object_in_one_line_with_the_words_of_the_contract(luahost: Command) -> None:
    done = luahost("run", "--simulate", "--json", "-e", "print('out') return 1, 'two', {3}, nil, true")
    assert done.out.count("\n") == 1
    found = done.json
    assert set(found) == RESULT
    assert (found["ok"], found["output"], found["error"]) == (True, "out\n", None)
    assert found["values"] == [1, "two", [3], None, True]


def test_json_tells_of_each_call(luahost: Command) -> None:
    code = "pcall(app.integrations.devin.get_session, 'devin-none') app.integrations.devin.list_sessions()"
    calls = luahost("run", "--simulate", "--json", "-e", code).json["calls"]
    assert [(each["call"], each["status"]) for each in calls] == [
        ("devin.get_session", "error"),
        ("devin.list_sessions", "ok"),
    ]
    assert set(calls[0]) == {
        "call", "account", "status", "duration_ms", "arguments", "error", "policy", "task", "replayed",
    }  # fmt: skip
    assert calls[0]["error"]["code"] == "not_found"


def test_json_tells_of_an_error_with_place_and_traceback(luahost: Command) -> None:
    done = luahost("run", "--json", "-e", "\nerror('x')")
    assert done.code == 1
    error = done.json["error"]
    assert (error["code"], error["message"], error["file"], error["line"]) == ("script_error", "x", "-e", 2)
    assert "traceback" in error


def test_json_of_numbers_that_json_has_not_is_still_json(luahost: Command) -> None:
    found = luahost("run", "--json", "-e", "return 1/0, 0/0, 1e15").json
    assert found["ok"]
    assert len(found["values"]) == 3


# -- accounts, the simulator, the surroundings -------------------------------------------------------------------


def test_account_is_what_bare_calls_use_and_never_default(luahost: Command) -> None:
    code = "local d = app.integrations.devin d.list_sessions() d.default.list_sessions() d.work.list_sessions()"
    found = luahost("run", "--simulate", "--json", "--account", "personal", "-e", code).json
    assert [each["account"] for each in found["calls"]] == ["personal", "default", "work"]


def test_simulated_time_passes_at_once(luahost: Command) -> None:
    code = "local before = os.time() sleep(3600) print(os.time() - before >= 3600)"
    assert luahost("run", "--simulate", "-e", code, timeout=20).out == "true\n"


@pytest.mark.parametrize(("version", "kind"), [("v3", "number"), ("v1", "string")])
def test_the_simulator_speaks_both_versions(luahost: Command, version: str, kind: str) -> None:
    code = "print(type(app.integrations.devin.get_session('sess_abc123').created_at))"
    done = luahost("run", "--simulate", "-e", code, env={"LUAHOST_DEVIN_API_VERSION": version})
    assert done.out == kind + "\n", done


def test_simulate_needs_no_home_that_can_be_written(luahost: Command) -> None:
    code = "print(app.integrations.devin.create_session{prompt = 'x', idempotency_key = 'k'}.status)"
    done = luahost("run", "--simulate", "-e", code, env={"LUAHOST_HOME": "/proc/luahost"})
    assert (done.code, done.out) == (0, "new\n"), done


def test_a_script_runs_without_any_environment() -> None:
    command = [sys.executable, "-m", "luahost", "run", "-e", "print('ran')"]
    done = subprocess.run(command, env={}, capture_output=True, check=False, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"ran\n", b"")


def test_a_script_never_sees_the_key(luahost: Command) -> None:
    code = "local seen = {} for k in pairs(_G) do seen[#seen + 1] = k end return table.concat(seen, ' '), os.getenv"
    done = luahost("run", "--json", "-e", code, env={"LUAHOST_DEVIN_API_KEY": "cog_not_to_be_seen"})
    assert done.json["ok"]
    assert "cog_not_to_be_seen" not in done.out + done.err
    assert "getenv" not in done.out
    assert os.environ.get("LUAHOST_DEVIN_API_KEY") is None


def test_an_option_behind_the_script_of_a_run_that_failed_is_told_to_be_a_word_of_its_own(
    luahost: Command, tmp_path: Path
) -> None:
    script = tmp_path / "a.lua"
    script.write_text("app.integrations.devin.list_sessions()")
    finished = luahost("run", str(script), "--simulate")
    assert finished.code == 4
    assert "--simulate stands behind the script" in finished.err
    script.write_text("print(arg[1])")
    finished = luahost("run", str(script), "--simulate")
    assert (finished.code, finished.out, finished.err) == (0, "--simulate\n", "")
