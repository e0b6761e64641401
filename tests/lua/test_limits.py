"""Limits of a Host: exact, apart from one another, and kept by the host."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from luahost import Function, Host, Integration, Limits, Param, Policy
from luahost.errors import UsageError
from tests.conftest import ALLOW

LOOP = "while true do end"


@pytest.mark.parametrize("cpu", [0.1, 0.35])
@pytest.mark.parametrize("reuse", [1, 50])
def test_a_fraction_of_a_second_is_what_a_script_gets_in_a_process_of_any_age(cpu: float, reuse: int) -> None:
    with Host(reuse=reuse, state=False) as host:
        host.run("local t = os.clock() while os.clock() - t < 0.3 do end")
        result = host.run(LOOP, limits=Limits(cpu=cpu))
    assert result.error is not None
    assert result.error.details["limit"] == "cpu"
    assert cpu <= result.error.details["used"] < cpu + 0.25


def test_waiting_is_no_processor_time_and_is_counted_apart() -> None:
    with Host(simulate=False, state=False) as host:
        result = host.run("sleep(0.3)", limits=Limits(cpu=0.2, wall=10))
    assert result.ok, result.error
    usage = result.meta["usage"]
    assert usage["cpu_ms"] < 200
    assert 290 < usage["waiting_ms"] <= result.elapsed_ms


def test_a_limit_keeps_the_output_and_the_calls_so_far() -> None:
    with Host(simulate=True, policy=ALLOW) as host:
        source = f"app.integrations.devin.get_current_user() print('so far') {LOOP}"
        result = host.run(source, limits=Limits(cpu=0.2))
    assert (result.output, [call.call for call in result.calls]) == ("so far\n", ["devin.get_current_user"])


@pytest.mark.parametrize(
    "given", [{"x": 1}, {"devin.": 1}, {".x": 1}, {1: 1}, {"devin.x": 0}, {"devin.x": None}, 7, "x"]
)
def test_calls_per_function_wants_functions_and_numbers(given: Any) -> None:
    with pytest.raises(UsageError, match="calls_per_function"):
        Limits(calls_per_function=given)


def test_limits_are_values() -> None:
    limits = Limits(calls_per_function={"devin.b": 2, "devin.a": 1})
    assert limits == Limits(calls_per_function={"devin.a": 1, "devin.b": 2})
    assert hash(limits) == hash(Limits(calls_per_function={"devin.a": 1, "devin.b": 2}))
    assert limits.replace(cpu=1).calls_per_function == limits.calls_per_function


def test_a_function_that_does_not_exist_cannot_be_limited() -> None:
    limits = Limits(calls_per_function={"devin.get_sesion": 1})
    with Host(simulate=True) as host, pytest.raises(UsageError, match="did you mean 'get_session'"):
        host.run("return 1", limits=limits)
    with Host(simulate=True, limits=limits) as host, pytest.raises(UsageError, match="did you mean 'get_session'"):
        host.call("devin.get_current_user")


@pytest.mark.parametrize(
    "wrong", [{"reuse": 0}, {"reuse": True}, {"processes": 0}, {"processes": 1.5}, {"require_seal": "x"}]
)
def test_a_host_refuses_what_is_no_size(wrong: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=next(iter(wrong)).removeprefix("require_")):
        Host(**wrong)


def own(*, inline: bool) -> Integration:
    """An integration that says in which thread its function runs."""
    thread = Function(
        name="name_thread",
        summary="Say which thread this is.",
        access="read",
        handler=lambda _call, given: [threading.current_thread().name, given.get("n")],
        params=(Param(name="n", type="integer", description="Given back."),),
        inline=inline,
    )
    return Integration(
        name="own",
        title="Own",
        summary="Says which thread it runs in.",
        functions=(thread,),
        base_url="https://own.invalid",
        key_prefixes={"k_": "v1"},
        identify="name_thread",
    )


@pytest.mark.parametrize("isolation", ["process", "none"])
@pytest.mark.parametrize("inline", [True, False])
def test_an_inline_function_runs_in_the_thread_of_its_run(isolation: str, inline: bool) -> None:
    accounts = {"own": {"default": {"api_key": "k_1"}}}
    with Host(accounts=accounts, integrations=[own(inline=inline)], isolation=isolation, state=False) as host:
        result = host.run("return app.integrations.own.name_thread{n = 7}")
    assert result.ok, result.error
    assert (result.value[0].startswith("luahost-call"), result.value[1]) == (not inline, 7)


def test_an_inline_function_is_checked_limited_and_recorded_as_any() -> None:
    accounts = {"own": {"default": {"api_key": "k_1"}}}
    limits = Limits(calls_per_function={"own.name_thread": 2})
    with Host(accounts=accounts, integrations=[own(inline=True)], limits=limits, state=False) as host:
        wrong = host.run("app.integrations.own.name_thread{n = 'x'}")
        many = host.run("for i = 1, 3 do app.integrations.own.name_thread{n = i} end")
    assert wrong.error is not None
    assert wrong.error.code == "invalid_arguments"
    assert many.error is not None
    assert (many.error.code, len(many.calls)) == ("limit_exceeded", 2)
    with Host(accounts=accounts, integrations=[own(inline=True)], policy=Policy(read="deny"), state=False) as host:
        denied = host.run("app.integrations.own.name_thread()")
    assert denied.error is not None
    assert denied.error.code == "permission_denied"


def test_a_result_of_too_many_values_is_an_error_and_a_long_text_is_none() -> None:
    with Host(state=False, limits=Limits(memory_mib=512)) as host:
        many = host.run("local t = {} for i = 1, 2 ^ 20 do t[i] = 0 end return t")
        text = host.run("return (',[{\\\\\"'):rep(3e5)")
    assert many.error is not None
    assert (many.error.code, "values at once" in many.error.message) == ("script_error", True)
    assert text.value == ',[{\\"' * 300_000
