"""`luahost.map`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypedDict

from luahost.mapping.whole import Map

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from concurrent.futures import Executor
    from pathlib import Path
    from typing import Unpack

    from luahost.calls.policy import Policy
    from luahost.mapping.result import MapResult
    from luahost.results import Limits


class MapOptions(TypedDict, total=False):
    """The options of `luahost.map`, which its docstring explains."""

    executor: Executor | None
    jobs: int | None
    out: str | Path | None
    retry_failed: bool
    id: str | None
    name: str
    account: str
    modules: str | Path | None
    files: str | Path | None
    limits: Limits | None
    policy: Policy | None
    simulate: bool
    state: str | Path | bool | None
    require_seal: str


def map(  # noqa: A001 (luahost.map: this script, over these inputs)
    script: str | bytes, inputs: Iterable[Mapping[str, Any]] | str | Path, **options: Unpack[MapOptions]
) -> Iterator[MapResult]:
    """Run a script once for each input, which is its `args`; gives each result as it finishes, in no other order.

    inputs        dictionaries, or the path of a file with one JSON object a line; read as they are needed
    executor      any concurrent.futures.Executor; default: worker processes on this machine
    jobs          runs at a time, by default one for each processor; with an executor, tasks in its hands at a time
    out           a file for the results, with the failures in one beside it; the same map again does what is not done
    retry_failed  run what failed anew, too
    id            names the map, where there is no `out` to know it by: a map of the same id goes on with its runs
    name, account, modules, files, limits     as in `Host.run`
    policy, simulate, state, require_seal     as in `Host`

    A run that has begun before, in a process or on a machine that died, is gone on with: what it wrote is not written
    again. Its journal is in the folder `state`, which workers on other machines have to share; with `state=False`, and
    in simulations, there is none. Keys are read where the scripts run, from the environment or the keyring there. What
    a script or an input does wrong is in that one's `error`. Raises UsageError for what is wrong with the map itself,
    InternalError where it cannot go on.
    """
    return iter(Map(script, inputs, **options))
