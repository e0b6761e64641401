"""luahost as the benchmarks use it: a host with an integration whose function returns at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from luahost import Host, Limits
from luahost.spec import Function, Integration, Param

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from luahost.results import Result

NO_LIMITS = Limits(cpu=None, wall=None, calls=None, output_bytes=None)
EVER = 10**6
"""As many runs of one child as no benchmark makes."""


def _function(name: str, *, inline: bool) -> Function:
    return Function(
        name=name,
        summary="Give back what was given.",
        access="read",
        handler=lambda _call, arguments: arguments["value"],
        params=(Param(name="value", type="integer", description="What is given back.", required=True),),
        inline=inline,
    )


BENCH = Integration(
    name="bench",
    title="Benchmark",
    summary="Gives back what it is given.",
    functions=(_function("give_back", inline=True), _function("give_later", inline=False)),
    base_url="https://bench.invalid",
    key_prefixes={"k_": "v1"},
    identify="give_back",
)


def host(**options: Any) -> Host:
    """A host of its own account, that keeps nothing on disk."""
    return Host(
        accounts={"bench": {"default": {"api_key": "k_benchmark"}}},
        integrations=[BENCH],
        limits=NO_LIMITS,
        state=False,
        **options,
    )


def run(on: Host, script: str, args: Mapping[str, Any] | None = None, **options: Any) -> Result:
    """Run a script that must end well: a failing one would be measured as a fast one."""
    result = on.run(script, args=args, **options)
    if result.error is not None:
        raise result.error
    return result


def runner(on: Host, script: str, args: Mapping[str, Any] | None = None, **options: Any) -> Callable[[], Result]:
    return lambda: run(on, script, args, **options)
