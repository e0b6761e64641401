"""The sections of the benchmarks: what each measures, and on which processors."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tests.benchmarks import (
    brokered,
    checking,
    compute,
    docs,
    here,
    host_calls,
    listing,
    mapping,
    mcp,
    memory,
    runs,
    seal,
    start_up,
    together,
    tokens,
    walls,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.benchmarks.figures import Figure


class Section(NamedTuple):
    """`free` is measured on two processors, `pinned` on one."""

    title: str
    measure: Callable[[], list[Figure]]
    free: bool = True
    pinned: bool = True


SECTIONS = {
    "reuse": Section("Host(reuse=N): a fresh state each run, in a child that is used again", runs.reuse),
    "loop": Section("Host.run_async: runs from an event loop", runs.loop),
    "single": Section("Host(): a process for each run, from a pool", runs.single),
    "calls": Section("a call from a script to its host", host_calls.host_calls),
    "none": Section('Host(isolation="none"): a run of ten host calls', here.here),
    "compute": Section("computing", compute.compute, pinned=False),
    "memory": Section("memory of a process that waits for a run", memory.memory, pinned=False),
    "start": Section("the command line", start_up.start_up),
    "brokered": Section("a brokered request", brokered.brokered),
    "listing": Section("a long list", listing.listing),
    "together": Section("calls in parallel", together.together),
    "map": Section("luahost map: one script over many inputs", mapping.mapping, pinned=False),
    "docs": Section("documented blocks as tests", docs.docs),
    "mcp": Section("the MCP server", mcp.mcp, pinned=False),
    "check": Section("a script that is checked and not run", checking.checking, pinned=False),
    "seal": Section("what each wall costs, once a process", seal.seal, free=False),
    "tokens": Section("what a model reads, by o200k_base", tokens.tokens, free=False),
    "walls": Section("what the parts of a run cost", walls.walls, free=False),
}
