"""Running so that a repeat repeats no write: a run that has begun before is gone on with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from luahost.host import Host
    from luahost.results import Result


def host_options(state: str | None) -> dict[str, Any]:
    """What a host is given so that its runs can be gone on with; None: nothing on disk."""
    return {"state": False if state is None else state}


def run(host: Host, state: str, run_id: str, script: str, args: dict[str, Any], options: dict[str, Any]) -> Result:
    """Run under this id, or go on with what has begun under it."""
    return host.run(script, args=args, **options)
