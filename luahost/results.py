"""What a run is allowed, and what came of it: plain values.

They are written out, without dataclasses: every run imports this, and `dataclasses` alone takes as long to
import as the child process takes to start.
"""

from __future__ import annotations

from luahost.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from luahost.errors import LuaHostError

MIN_MEMORY_MIB = 8
_WHOLE = ("memory_mib", "calls", "output_bytes", "response_bytes")


class Limits:
    """What one run may use; None is no limit. The defaults are those of an embedded host. Never changed.

    cpu             seconds of the script's own processor time
    wall            seconds of everything: computing, calls, sleeping
    memory_mib      MiB that the script's process may take beyond its start (isolation "process")
    calls           calls of integration functions, each once however many pages it reads
    output_bytes    bytes of output
    response_bytes  bytes of one call's result, over all its pages
    calls_per_function  calls of single functions, as in {"devin.create_session": 3}

    Raises UsageError for a limit that is no number above 0.
    """

    __slots__ = NAMES = ("cpu", "wall", "memory_mib", "calls", "output_bytes", "response_bytes", "calls_per_function")

    def __init__(
        self,
        cpu: float | None = 5.0,
        wall: float | None = 60.0,
        memory_mib: int | None = 64,
        calls: int | None = 200,
        output_bytes: int | None = 1 << 20,
        response_bytes: int | None = 8 << 20,
        calls_per_function: Mapping[str, int] | None = None,
    ) -> None:
        self.cpu = cpu
        self.wall = wall
        self.memory_mib = memory_mib
        self.calls = calls
        self.output_bytes = output_bytes
        self.response_bytes = response_bytes
        for name in self.NAMES[:-1]:
            _check(name, getattr(self, name))
        self.calls_per_function = _per_function(calls_per_function)

    def replace(self, **changes: Any) -> Limits:
        """The same limits but for `changes`."""
        return Limits(**{**self.as_dict(), **changes})

    def as_dict(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.NAMES}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Limits) and self.as_dict() == other.as_dict()

    def __hash__(self) -> int:
        return hash(repr(self))

    def __repr__(self) -> str:
        return f"Limits({', '.join(f'{name}={value!r}' for name, value in self.as_dict().items())})"


def _per_function(given: Any) -> dict[str, int] | None:
    """A copy in one order; raises UsageError for what are no functions and numbers."""
    if not given:
        return None
    if not hasattr(given, "items"):
        raise UsageError(f"limit calls_per_function: functions and numbers were expected, not {given!r}")
    for function, most in given.items():
        integration, dot, name = function.partition(".") if isinstance(function, str) else ("", "", "")
        if not (integration and dot and name):
            raise UsageError(
                f"limit calls_per_function: {function!r} is not a function", hint="as in devin.create_session"
            )
        if most is None:
            raise UsageError(f"limit calls_per_function of {function}: a number was expected")
        _check("calls", most, f"calls_per_function of {function}")
    return dict(sorted(given.items()))


def _check(name: str, value: Any, shown: str | None = None) -> None:
    if value is None:
        return
    whole = name in _WHOLE
    name, kind = shown or name, name
    if isinstance(value, bool) or not isinstance(value, int if whole else (int, float)):
        raise UsageError(f"limit {name}: a {'whole ' if whole else ''}number was expected, not {value!r}")
    if not 0 < value < float("inf"):
        raise UsageError(f"limit {name}: must be above 0, not {value!r}", hint="leave it out for no limit")
    most = 1e9 if kind in ("cpu", "wall") else 1 << 24 if kind == "memory_mib" else 1 << 50
    if value > most:
        raise UsageError(f"limit {name}: at most {most:.0f}, not {value!r}", hint="leave it out for no limit")
    if kind == "memory_mib" and value < MIN_MEMORY_MIB:
        raise UsageError(f"limit memory_mib: at least {MIN_MEMORY_MIB} MiB, not {value}")


COMMAND_LINE = Limits(cpu=60.0, wall=None, memory_mib=256, calls=None, output_bytes=None, response_bytes=8 << 20)
"""The limits of `luahost run` before config.toml and options."""


class CallRecord:
    """One call of a run.

    status  "ok", "error", "unknown" for a write whose outcome nobody knows, "planned" for one that a dry run did not
            send
    policy  what was decided and by which rule: {"decision", "rule"}, and "approved" where somebody was asked; None for
            a call that was wrong before that
    task    the part of the script that made it, as in "1.3": the third task of the first `parallel`; "" outside of any
    replayed  whether the journal answered it, and nothing was sent
    """

    __slots__ = NAMES = (
        "call", "account", "status", "duration_ms", "arguments", "error", "policy", "task", "replayed",
    )  # fmt: skip

    def __init__(self, call: str, account: str, task: str = "") -> None:
        self.call = call
        self.account = account
        self.task = task
        self.replayed = False
        self.arguments: dict[str, Any] = {}
        self.status = "unknown"
        self.duration_ms: float | None = None
        self.error: dict[str, Any] | None = None
        self.policy: dict[str, Any] | None = None

    def as_dict(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.NAMES}

    def copy(self, **changes: Any) -> CallRecord:
        """The same record but for `changes`."""
        made = CallRecord(self.call, self.account, self.task)
        made.arguments, made.status = self.arguments, self.status
        made.duration_ms, made.error, made.policy = self.duration_ms, self.error, self.policy
        made.replayed = self.replayed
        for name, value in changes.items():
            setattr(made, name, value)
        return made

    def __repr__(self) -> str:
        return f"CallRecord({self.call!r}, {self.account!r}, {self.status})"


class Result:
    """What came of a run. `value` is the first of the `values` that the script returned.

    `memory_bytes` is the size of the script's Lua heap at its end, None when it was killed; `run_id` names the
    journal, None without one; `meta` has what else is known: isolation, seal, simulation,
    account, notices, and what was used: milliseconds of processor time and of waiting for the host.
    """

    __slots__ = NAMES = ("ok", "output", "values", "error", "calls", "elapsed_ms", "memory_bytes", "run_id", "meta")

    def __init__(
        self,
        *,
        output: str,
        values: list[Any],
        error: LuaHostError | None,
        calls: list[CallRecord],
        elapsed_ms: float,
        memory_bytes: int | None,
        meta: dict[str, Any],
        run_id: str | None = None,
    ) -> None:
        self.ok = error is None
        self.output = output
        self.values = values
        self.error = error
        self.calls = calls
        self.elapsed_ms = elapsed_ms
        self.memory_bytes = memory_bytes
        self.run_id = run_id
        self.meta = meta

    @property
    def value(self) -> Any:
        return self.values[0] if self.values else None

    def as_dict(self) -> dict[str, Any]:
        """The object that `luahost run --json` prints."""
        found = {name: getattr(self, name) for name in self.NAMES}
        found["error"] = self.error.fields() if self.error else None
        found["calls"] = [record.as_dict() for record in self.calls]
        return found

    def __repr__(self) -> str:
        how = "ok" if self.error is None else f"error {self.error.code}: {self.error.message}"
        return f"Result({how}, {len(self.calls)} calls, {self.elapsed_ms:.0f} ms)"
