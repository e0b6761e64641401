"""What the parts of a run cost, each alone, for docs/performance.md."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from luahost.lua.engine import Engine, compiled, sources
from tests.benchmarks import others, ours
from tests.benchmarks.figures import Figure, Pair, beside, each, interleaved, timed, typical

if TYPE_CHECKING:
    from luahost import Host
    from tests.benchmarks.figures import Work

NOTHING = "return 1"
GIVE_BACK = "return args.value"
STEPS = 10**7
LOOP = f"local t = os.clock() local s = 0 for i = 1, {STEPS} do s = s + i end return os.clock() - t"
LINES = 1024
PRINT = f"local line = ('x'):rep(1023) for _ = 1, {LINES} do print(line) end"
REQUIRE = "return require('twenty').f1(1)"
MODULE = "local M = {}\n" + "".join(f"function M.f{i}(x) return x + {i} end\n" for i in range(20)) + "return M\n"


def walls() -> list[Figure]:
    return [*_states(), *_runs()]


def _states() -> list[Figure]:
    """A Lua state, bare and with the host's half of the Lua code, up to where it waits for a script."""
    ready, text = compiled(), sources()
    bare, *others_made = interleaved(
        15,
        *each(
            typical(40),
            others.lupa_state,
            lambda: Engine(_border, ready),
            lambda: Engine(_border, ready, max_memory=0),
            lambda: Engine(_border, ready, eager=True),
            lambda: Engine(_border, text),
        ),
    )
    names = (
        "a state ready for a script",
        "with memory counted",
        "with all files loaded",
        "compiled from source each time",
    )
    return [
        timed(f"{name} / a bare LuaRuntime", Pair(made, bare)) for name, made in zip(names, others_made, strict=True)
    ]


def _border(_data: bytes) -> bytes:
    """Never called: a state is made, and runs nothing."""
    return b""


def _runs() -> list[Figure]:
    """What a script adds to a run that does nothing."""
    with tempfile.TemporaryDirectory() as folder, ours.host(reuse=ours.EVER) as host, _here() as here:
        Path(folder, "twenty.lua").write_text(MODULE)
        nothing = ours.runner(host, NOTHING)
        loop = beside(5, _clock, host, here)
        printed = _added(15, ours.runner(host, PRINT), nothing)
        required = _added(15, ours.runner(host, REQUIRE, modules=folder), nothing)
        values = _values(host, "10 KB", 10_000, 15) + _values(host, "1 MB", 1_000_000, 5)
    return [
        timed(f"{STEPS:,} steps, compiled / isolation none, where they are not", loop, "ms"),
        *values,
        timed("1 MB of output, a line for each KB", Pair(printed), "ms"),
        timed("a require of 20 functions", Pair(required), "ms"),
    ]


def _values(host: Host, size: str, count: int, rounds: int) -> list[Figure]:
    """What a value costs that is given to a script, and one that a script gives back."""
    value = _records(count)
    text = json.dumps(value)
    given = ours.runner(host, NOTHING, {"value": value})
    returned = ours.runner(host, GIVE_BACK, {"value": value})
    dumps, loads = interleaved(rounds, *each(typical(5), lambda: json.dumps(value), lambda: json.loads(text)))
    return [
        timed(
            f"{size} given to a script / json.dumps",
            Pair(_added(rounds, given, ours.runner(host, NOTHING)), dumps),
            "ms",
        ),
        timed(f"{size} given back by it / json.loads", Pair(_added(rounds, returned, given), loads), "ms"),
    ]


def _added(rounds: int, work: Work, without: Work) -> float:
    with_it, alone = interleaved(rounds, *each(typical(5), work, without))
    return with_it - alone


def _here() -> Host:
    return ours.host(isolation="none")


def _clock(host: Host) -> float:
    return float(ours.run(host, LOOP).value)


def _records(size: int) -> list[dict[str, Any]]:
    """Rows such as an API gives, that take about `size` bytes as JSON."""
    row = {"id": "sess_0123456789", "title": "Fix the login", "tags": ["a", "b"], "size": 12.5, "open": True}
    return [row] * (size // len(json.dumps(row)))
