"""Limits and the seal on the command line: each can be set, each is shown, and what is no limit is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from luahost.results import COMMAND_LINE, Limits

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Command

CALL = "app.integrations.devin.get_session('sess_abc123')"
OTHER = "app.integrations.devin.get_current_user()"


@pytest.mark.parametrize("first", [True, False])
def test_a_pattern_in_a_loop_of_pcall_ends_at_the_limit_of_processor_time(luahost: Command, first: bool) -> None:
    script = 'print("began") while true do pcall(string.find, ("a"):rep(300), ".-.-.-.-b") end'
    limit, code = ["--cpu-limit", "0.3"], ["-e", script]
    done = luahost("run", *(limit + code if first else code + limit))
    assert (done.code, done.out) == (3, "began\n")
    assert "its limit of 0.3 s (cpu)" in done.err
    assert "--cpu-limit" in done.err


def test_calls_of_one_function_are_limited_and_others_are_not(luahost: Command) -> None:
    script = f"{OTHER} {CALL} {OTHER} {CALL} print('two') {CALL}"
    done = luahost("run", "--simulate", "--max-calls", "devin.get_session=2", "--json", "-e", script)
    found = done.json
    assert (done.code, found["output"], len(found["calls"])) == (3, "two\n", 4)
    assert found["error"]["details"] == {
        "limit": "calls_per_function",
        "allowed": 2,
        "used": 3,
        "function": "devin.get_session",
    }
    assert "--max-calls devin.get_session=N" in found["error"]["hint"]


def test_both_forms_of_max_calls_hold_together(luahost: Command) -> None:
    words = ["--max-calls", "devin.get_session=9", "--max-calls", "1"]
    done = luahost("run", "--simulate", *words, "-e", f"{CALL} {CALL}")
    assert (done.code, "its limit of 1 (calls)" in done.err) == (3, True)


def test_a_limit_of_one_function_comes_from_config_too(luahost: Command, home: Path) -> None:
    home.mkdir()
    (home / "config.toml").write_text('[limits.calls_per_function]\n"devin.get_session" = 1\n')
    done = luahost("run", "--simulate", "-e", f"{CALL} print('one') {CALL}")
    assert (done.code, done.out, "calls of devin.get_session" in done.err) == (3, "one\n", True)


def test_a_response_is_limited(luahost: Command) -> None:
    done = luahost("run", "--simulate", "--max-response", "100", "-e", CALL)
    assert (done.code, "(response_bytes)" in done.err, "--max-response" in done.err) == (3, True, True)


@pytest.mark.parametrize("isolation", ["process", "none"])
def test_memory_is_limited_in_both_isolations(luahost: Command, isolation: str) -> None:
    script = "local t = {} while true do t[#t + 1] = ('x'):rep(10000) .. #t end"
    done = luahost("run", "--isolation", isolation, "--memory-limit", "16", "-e", script)
    assert (done.code, "its limit of 16 MiB (memory_mib)" in done.err) == (3, True), done


@pytest.mark.parametrize(
    "words",
    [
        ["--max-calls", "0"],
        ["--max-calls", "-1"],
        ["--max-calls", "many"],
        ["--max-calls", "1.5"],
        ["--max-calls", "=3"],
        ["--max-calls", "devin.get_session="],
        ["--max-calls", "devin.get_session=0"],
        ["--max-calls", "get_session=1"],
        ["--max-response", "0"],
        ["--cpu-limit", "0"],
        ["--cpu-limit", "-1"],
        ["--timeout", "0"],
        ["--memory-limit", "0"],
        ["--memory-limit", "3"],
        ["--max-output", "0"],
        ["--require-seal", "most"],
    ],
    ids=" ".join,
)
def test_what_is_no_limit_is_wrong_usage(luahost: Command, words: list[str]) -> None:
    done = luahost("run", *words, "-e", "print('ran')")
    assert (done.code, done.out) == (2, ""), done
    assert "Traceback" not in done.err
    assert words[0].lstrip("-").split("-")[-1].rstrip("s") in done.err.lower() or words[1].split("=")[0] in done.err


def test_a_misspelt_function_would_limit_nothing_and_is_refused(luahost: Command) -> None:
    done = luahost("run", "--simulate", "--max-calls", "devin.get_sesion=1", "-e", CALL)
    assert done.code == 2, done
    assert "did you mean 'get_session'" in done.err


def test_doctor_shows_every_limit_and_the_seal(luahost: Command) -> None:
    done = luahost("doctor", "--json", env={"DEVIN_API_KEY": "cog_x"})
    found = done.json
    assert found["limits"] == COMMAND_LINE.as_dict()
    assert found["host_limits"] == Limits().as_dict()
    assert found["isolation"]["process"]["seal"] in ("full", "partial", "none")
    shown = luahost("doctor").out
    assert f"seal {found['isolation']['process']['seal']}" in shown
    assert all(name in shown for name in Limits.NAMES)


def test_a_run_says_how_it_was_sealed_and_what_it_has_used(luahost: Command) -> None:
    meta = luahost("run", "--json", "-e", "local t = os.clock() while os.clock() - t < 0.1 do end").json["meta"]
    assert meta["seal"] in ("full", "partial", "none")
    assert meta["usage"]["cpu_ms"] >= 90
    assert meta["usage"]["waiting_ms"] == 0


def test_no_seal_can_be_required_of_isolation_none(luahost: Command) -> None:
    done = luahost("run", "--isolation", "none", "--require-seal", "full", "-e", "print(1)")
    assert (done.code, done.out, "no seal" in done.err) == (2, "", True)


def test_a_script_that_asks_the_same_for_ever_is_told_so(luahost: Command) -> None:
    script = "repeat sleep(1) local s = app.integrations.devin.get_session('{0}') until s.status == 'finished'"
    made = "local made = app.integrations.devin.create_session{ prompt = 'x' }.session_id "
    done = luahost("run", "--simulate", "--max-calls", "20", "-e", made + script.replace("'{0}'", "made"))
    assert done.code == 3
    assert "the last 19 calls were all the same devin.get_session" in done.err
    other = "for i = 1, 30 do app.integrations.devin.list_sessions{ limit = i } end"
    assert "the same" not in luahost("run", "--simulate", "--max-calls", "20", "-e", other).err
