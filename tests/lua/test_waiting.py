"""`wait_until`: asks a function of the script's until it says that it is so."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from luahost import Host, Limits, Policy

if TYPE_CHECKING:
    from luahost.results import Result

ALLOW = Policy(read="allow", write="allow")


def good(host: Host, code: str, **options: Any) -> Result:
    result = host.run(code, **options)
    assert result.error is None, result.error.fields()
    return result


def test_what_the_check_returns_is_returned(host: Host) -> None:
    code = "return wait_until{ check = function() return 'found', 'in this state' end }"
    assert good(host, code).values == ["found", "in this state"]


@pytest.mark.parametrize("value", ["1", "0", "''", "{}", "true"])
def test_all_but_false_and_nil_is_so(host: Host, value: str) -> None:
    code = f"local n = 0 wait_until{{ check = function() n = n + 1 return {value} end }} return n"
    assert good(host, code).value == 1


def test_it_asks_again_until_it_is_so(host: Host) -> None:
    code = "local n = 0 return wait_until{ check = function() n = n + 1 return n == 4 and n end }"
    assert good(host, code).value == 4


def test_simulated_time_passes_at_once(host: Host) -> None:
    code = """
        local began, n = os.time(), 0
        wait_until{ check = function() n = n + 1 return os.time() - began >= 3000 end, timeout = 3600 }
        return os.time() - began, n
    """
    begun = time.monotonic()
    passed, asked = good(host, code, limits=Limits(wall=20)).values
    assert time.monotonic() - begun < 5
    assert 3000 <= passed <= 3060
    assert 50 <= asked <= 90  # once a minute, less the jitter, when the pauses have grown


def test_the_pauses_grow_from_every_to_a_minute_each_a_quarter_shorter_at_most(host: Host) -> None:
    code = """
        local at = {}
        pcall(wait_until, { check = function() at[#at + 1] = os.time() end, every = 8, timeout = 400 })
        local pauses = {}
        for i = 2, #at do pauses[#pauses + 1] = at[i] - at[i - 1] end
        return pauses
    """
    pauses = good(host, code).value
    pause = 8.0
    for found in pauses[:-1]:  # the last one ends with the time
        assert pause * 0.75 - 1 <= found <= pause + 1
        pause = min(pause * 1.5, 60)


def test_a_longer_every_is_kept(host: Host) -> None:
    code = """
        local began, n = os.time(), 0
        wait_until{ check = function() n = n + 1 return n == 3 end, every = 1000, timeout = 1e6 }
        return os.time() - began
    """
    assert 1500 <= good(host, code).value <= 2001


@pytest.mark.parametrize("timeout", [0, 0.5, 30, 600])
def test_what_is_never_so_is_a_timeout_that_carries_the_last_state(host: Host, timeout: float) -> None:
    code = f"""
        local n = 0
        local ok, err = pcall(wait_until, {{
          check = function() n = n + 1 return false, {{ status = 'state ' .. n }} end, timeout = {timeout}
        }})
        return ok, err.code, err.retryable, err.details.last.status == 'state ' .. n, tostring(err), n
    """
    ok, error, retryable, last, text, asked = good(host, code).values
    assert (ok, error, retryable, last) == (False, "timeout", False, True)
    assert f"within {timeout:g} s" in text
    assert asked >= (1 if timeout == 0 else 2)


def test_a_timeout_without_a_state_has_none(host: Host) -> None:
    code = "local _, e = pcall(wait_until, { check = function() end, timeout = 1 }) return e.details.last == nil"
    assert good(host, code).value is True


def test_a_timeout_is_raised_at_the_script_s_line(host: Host) -> None:
    result = host.run("\n\nlocal x = wait_until{ check = function() end, timeout = 1 }\nprint('no')")
    assert result.error is not None
    assert (result.error.code, result.error.line, result.output) == ("timeout", 3, "")


def test_nobody_waits_longer_than_the_timeout(host: Host) -> None:
    code = """
        local began = os.time()
        pcall(wait_until, { check = function() end, timeout = 100, every = 5000 })
        return os.time() - began
    """
    assert 99 <= good(host, code).value <= 101


def test_time_that_the_check_takes_counts(host: Host) -> None:
    code = """
        local n = 0
        pcall(wait_until, { check = function() n = n + 1 sleep(50) end, timeout = 100, every = 1 })
        return n
    """
    assert good(host, code).value == 2


# -- errors of the check ------------------------------------------------------------------------------------------


def test_an_error_that_may_pass_is_waited_for(host: Host) -> None:
    host.simulation("devin").fail(method="GET", path="/sessions/", times=2, status=503)
    code = """
        return wait_until{ check = function()
          return app.integrations.devin.get_session("sess_abc123").status
        end }
    """
    result = good(host, code)
    assert result.value == "running"
    assert [record.status for record in result.calls] == ["error", "error", "ok"]


def test_a_retry_after_is_waited_for(host: Host) -> None:
    host.simulation("devin").fail(method="GET", path="/sessions/", times=1, status=429, headers={"retry-after": "300"})
    code = """
        local began = os.time()
        wait_until{ check = function() return app.integrations.devin.get_session("sess_abc123") end, every = 1 }
        return os.time() - began
    """
    assert 299 <= good(host, code).value <= 301


def test_a_retry_after_beyond_the_timeout_is_not_waited_for(host: Host) -> None:
    host.simulation("devin").fail(
        method="GET", path="/sessions/", times=None, status=429, headers={"retry-after": "300"}
    )
    code = """
        local began = os.time()
        local ok, err = pcall(wait_until, {
          check = function() return app.integrations.devin.get_session("sess_abc123") end, timeout = 20
        })
        return ok, err.code, os.time() - began, err.details.last
    """
    ok, error, passed, last = good(host, code).values
    assert (ok, error) == (False, "timeout")
    assert 19 <= passed <= 21
    assert "429" in last


@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_an_error_that_will_not_pass_is_passed_on_with_its_position(host: Host, status: int) -> None:
    host.simulation("devin").fail(method="GET", path="/sessions/", times=None, status=status)
    code = "wait_until{ check = function()\n  local it = app.integrations.devin.get_session('sess_abc123')\nend }"
    result = host.run(code)
    assert result.error is not None
    assert (result.error.call, result.error.status, result.error.line) == ("devin.get_session", status, 2)
    assert len(result.calls) == 1


@pytest.mark.parametrize(
    ("raised", "said"), [("error('mine')", "mine"), ("error({ code = 'own', message = 'a table' })", "a table")]
)
def test_the_script_s_own_error_is_passed_on(host: Host, raised: str, said: str) -> None:
    result = host.run(f"wait_until{{\n  check = function()\n    {raised}\n  end }}")
    assert result.error is not None
    assert said in result.error.message


def test_the_very_value_that_the_check_raises_arrives(host: Host) -> None:
    code = """
        local mine = {}
        local ok, err = pcall(wait_until, { check = function() error(mine) end })
        return ok, err == mine
    """
    assert good(host, code).values == [False, True]


# -- arguments ----------------------------------------------------------------------------------------------------


def test_the_clock_of_a_simulation_moves_with_waiting_calls_as_with_sleep(host: Host) -> None:
    source = """
        local devin = app.integrations.devin
        local id = devin.create_session{ prompt = "x" }.session_id
        local began = os.time()
        local session = devin.wait_session{ session_id = id }
        local waited, n = os.time() - began, 0
        pcall(wait_until, { check = function() n = n + 1 end, timeout = 100 })
        return { waited = waited, checks = n, ahead = session.updated_at - os.time() }
    """
    result = host.run(source)
    assert result.ok, result.error
    assert result.value["waited"] >= 60
    assert result.value["checks"] >= 5
    assert result.value["ahead"] <= 0


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("", "'check' must be a function"),
        ("nil", "'check' must be a function"),
        ("1", "'check' must be a function"),
        ("'x'", "'check' must be a function"),
        ("{}", "'check' must be a function"),
        ("{ check = 1 }", "'check' must be a function"),
        ("app", "'check' must be a function"),
        ("{ check = print, nosuch = 1 }", "unknown parameter 'nosuch'"),
        ("{ check = print, 5 }", "unknown parameter"),
        ("{ check = print, timeout = -1 }", "'timeout' must be a number of seconds, 0 to 1000000000, not -1"),
        ("{ check = print, timeout = 0/0 }", "'timeout' must be a number of seconds"),
        ("{ check = print, timeout = 1/0 }", "'timeout' must be a number of seconds"),
        ("{ check = print, timeout = '5' }", "'timeout' must be a number of seconds, 0 to 1000000000, not a string"),
        ("{ check = print, every = 0 }", "'every' must be a number of seconds, 0.01 to 1000000000, not 0"),
        ("{ check = print, every = -1 }", "'every' must be a number of seconds, 0.01 to 1000000000, not -1"),
        ("{ check = print, every = {} }", "'every' must be a number of seconds"),
        ("{ check = print, every = 2e9 }", "'every' must be a number of seconds"),
    ],
)
def test_wrong_arguments_are_refused_at_their_line(host: Host, given: str, said: str) -> None:
    result = host.run(f"\nwait_until({given})\n")
    assert result.error is not None
    assert (result.error.code, result.error.line) == ("invalid_arguments", 2)
    assert said in result.error.message
    assert result.output == ""


# -- the limits of the run ----------------------------------------------------------------------------------------


def test_waiting_ends_with_the_run(isolation: str) -> None:
    begun = time.monotonic()
    with Host(isolation=isolation, state=False) as host:
        result = host.run("wait_until{ check = function() end, every = 30 }", limits=Limits(wall=0.5))
    assert time.monotonic() - begun < 10
    assert result.error is not None
    assert (result.error.code, result.error.details["limit"]) == ("limit_exceeded", "wall")


def test_a_limit_of_calls_ends_the_waiting(host: Host) -> None:
    code = "wait_until{ check = function() app.integrations.devin.get_session('sess_abc123') end, timeout = 1e6 }"
    result = host.run(code, limits=Limits(calls=5))
    assert result.error is not None
    assert (result.error.code, len(result.calls)) == ("limit_exceeded", 5)


def test_real_time_is_waited_in_real_time(isolation: str) -> None:
    with Host(isolation=isolation, state=False) as host:
        code = "local n = 0 return wait_until{ check = function() n = n + 1 return n == 3 end, every = 0.2 }"
        begun = time.monotonic()
        good(host, code)
    assert time.monotonic() - begun >= 0.3


def test_it_waits_in_a_coroutine_whose_check_yields(host: Host) -> None:
    code = """
        local n = 0
        local co = coroutine.wrap(function()
          return wait_until{ check = function() n = n + 1 coroutine.yield("asked " .. n) return n == 2 and "so" end }
        end)
        return co(), co(), co()
    """
    assert good(host, code).values == ["asked 1", "asked 2", "so", None]
