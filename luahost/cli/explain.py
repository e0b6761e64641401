"""An error of a chunk that somebody has just typed."""

from __future__ import annotations

import os
import sys

from luahost.outcome import headline

TYPE_CHECKING = False
if TYPE_CHECKING:
    from luahost.errors import LuaHostError

_RED, _DIM, _PLAIN = "\033[1;31m", "\033[2m", "\033[0m"


def explain(error: LuaHostError, line: str | None) -> None:
    """Say it as `run` does, but shorter, and in colours where a terminal shows them.

    `line` is shown where it is not the one that stands right above.
    """
    coloured = sys.stderr.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    red, dim, plain = (_RED, _DIM, _PLAIN) if coloured else ("", "", "")
    lines = [f"{red}{headline(error)}{plain}"]
    lines += [f"    {line}"] if line else []
    if error.traceback and error.traceback.count("\n") > 1:  # more than that it was in the chunk
        lines.append(f"{dim}{error.traceback}{plain}")
    if error.hint:
        lines.append(f"hint: {error.hint}")
    print("\n".join(lines), file=sys.stderr, flush=True)
