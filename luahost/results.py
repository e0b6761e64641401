"""What a run is allowed, and what came of it: plain values."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

from luahost.errors import UsageError

if TYPE_CHECKING:
    from luahost.errors import LuaHostError


@dataclass(frozen=True, slots=True)
class Limits:
    """What one run may use; None is no limit. The defaults are those of an embedded host.

    cpu             seconds of the script's own processor time
    wall            seconds of everything: computing, calls, sleeping
    memory_mib      MiB that the script's process may take beyond its start (isolation "process")
    calls           calls of integration functions, each once however many pages it reads
    output_bytes    bytes of output
    response_bytes  bytes of one call's result, over all its pages
    """

    cpu: float | None = 5.0
    wall: float | None = 60.0
    memory_mib: int | None = 64
    calls: int | None = 200
    output_bytes: int | None = 1 << 20
    response_bytes: int | None = 8 << 20

    def __post_init__(self) -> None:
        for each in fields(self):
            value = getattr(self, each.name)
            whole = "int" in str(each.type)
            if value is None:
                continue
            if isinstance(value, bool) or not isinstance(value, int if whole else (int, float)):
                kind = "a whole number" if whole else "a number"
                raise UsageError(f"limit {each.name}: {kind} was expected, not {value!r}")
            if not 0 < value < float("inf"):
                raise UsageError(f"limit {each.name}: must be above 0, not {value!r}", hint="leave it out for no limit")
        if self.memory_mib is not None and self.memory_mib < MIN_MEMORY_MIB:
            raise UsageError(f"limit memory_mib: at least {MIN_MEMORY_MIB} MiB, not {self.memory_mib}")


MIN_MEMORY_MIB = 8
COMMAND_LINE = Limits(cpu=60.0, wall=None, memory_mib=256, calls=None, output_bytes=None, response_bytes=8 << 20)
"""The limits of `luahost run` before config.toml and options."""


@dataclass(slots=True)
class CallRecord:
    """One call of a run. `status` is "ok", "error", or "unknown" for a write whose outcome nobody knows."""

    call: str
    account: str
    arguments: dict[str, Any]
    status: str = "unknown"
    duration_ms: float | None = None
    error: dict[str, Any] | None = None

    def as_dict(self) -> dict[str, Any]:
        return {
            "call": self.call,
            "account": self.account,
            "status": self.status,
            "duration_ms": self.duration_ms,
            "arguments": self.arguments,
            "error": self.error,
        }


@dataclass(slots=True)
class Result:
    """What came of a run. `value` is the first of the `values` that the script returned.

    `memory_bytes` is the size of the script's Lua heap at its end, None when it was killed; `run_id` names the
    journal, None without one; `meta` has what else is known: isolation, notices, the simulation.
    """

    ok: bool
    output: str = ""
    values: list[Any] = field(default_factory=list)
    error: LuaHostError | None = None
    calls: list[CallRecord] = field(default_factory=list)
    elapsed_ms: float = 0.0
    memory_bytes: int | None = None
    run_id: str | None = None
    meta: dict[str, Any] = field(default_factory=dict)

    @property
    def value(self) -> Any:
        return self.values[0] if self.values else None

    def as_dict(self) -> dict[str, Any]:
        """The object that `luahost run --json` prints."""
        return {
            "ok": self.ok,
            "output": self.output,
            "values": self.values,
            "error": self.error.fields() if self.error else None,
            "calls": [record.as_dict() for record in self.calls],
            "elapsed_ms": self.elapsed_ms,
            "memory_bytes": self.memory_bytes,
            "run_id": self.run_id,
            "meta": self.meta,
        }
