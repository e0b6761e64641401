"""What came of one input of a map."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from luahost.errors import LuaHostError, from_fields

if TYPE_CHECKING:
    from collections.abc import Mapping

    from luahost.mapping.inputs import Input


class MapResult:
    """What came of one input: `index` counts from 0, `args` is the input, None where it could not be used.

    The rest is that of a Result, but that `calls` is how many there were.
    """

    __slots__ = ("args", "calls", "elapsed_ms", "error", "index", "ok", "output", "run_id", "values")

    def __init__(self, one: Input, record: Mapping[str, Any]) -> None:
        self.index = one.line - 1
        self.args = one.args
        self.ok: bool = record["ok"]
        self.values: list[Any] = record["values"]
        self.output: str = record["output"]
        self.error: LuaHostError | None = None if record["error"] is None else from_fields(record["error"])
        self.run_id: str | None = record["run_id"]
        self.calls: int = record["calls"]
        self.elapsed_ms: float = record["elapsed_ms"]

    @property
    def value(self) -> Any:
        return self.values[0] if self.values else None

    def as_dict(self) -> dict[str, Any]:
        """The line that `luahost map` writes."""
        return as_line(self.index + 1, self.args, {
            "ok": self.ok,
            "value": self.value,
            "values": self.values,
            "output": self.output,
            "error": None if self.error is None else self.error.fields(),
            "run_id": self.run_id,
            "calls": self.calls,
            "elapsed_ms": self.elapsed_ms,
        })  # fmt: skip

    def __repr__(self) -> str:
        how = "ok" if self.error is None else f"error {self.error.code}: {self.error.message}"
        return f"MapResult({self.index}, {how})"


def as_line(line: int, args: Any, record: Mapping[str, Any]) -> dict[str, Any]:
    return {"line": line, "args": args, **record}
