"""The error of a limit that a run went over."""

from __future__ import annotations

from luahost.errors import LimitExceeded

LIMIT_OPTIONS = {
    "wall": "--timeout",
    "cpu": "--cpu-limit",
    "memory_mib": "--memory-limit",
    "calls": "--max-calls",
    "calls_per_function": "--max-calls",
    "output_bytes": "--max-output",
    "response_bytes": "--max-response",
}
"""By what option the command line sets each limit."""


def limit_exceeded(limit: str, allowed: float | None, used: float, function: str | None = None) -> LimitExceeded:
    """The error of a limit, with its name, what was allowed and what was used; `function` where it is one of that."""
    unit = {
        "wall": " s",
        "cpu": " s",
        "output_bytes": " bytes",
        "response_bytes": " bytes",
        "memory_mib": " MiB",
    }
    allowed_text = f"{allowed:.14g}{unit.get(limit, '')}" if allowed is not None else "no limit"
    if function:
        allowed_text += f" calls of {function}"
    option = LIMIT_OPTIONS[limit] + (f" {function}=N" if function else "")
    settings = f"[limits] in config.toml, or Limits({limit}=…)"
    return LimitExceeded(
        f"the run went over its limit of {allowed_text} ({limit})",
        hint=f"raise it with {option}, {settings}",
        details={"limit": limit, "allowed": allowed, "used": used, **({"function": function} if function else {})},
    )
