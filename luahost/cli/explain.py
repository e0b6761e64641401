"""An error as a person sees it: the place, the message, the line itself, the traceback, the hint."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from luahost.errors import LuaHostError

_RED, _DIM, _PLAIN = "\033[1;31m", "\033[2m", "\033[0m"


def explain(error: LuaHostError, name: str, source: bytes) -> None:
    """`FILE:LINE: message` on stderr, and all that is known besides; `source` is the text of the script `name`."""
    lines = [head(error)]
    line = line_of(error, source) if error.file == name else None
    lines += [f"    {line}"] if line else []
    if error.traceback:
        lines.append(error.traceback)
    if error.hint and len(lines) == 1:
        lines[0] += f"; {error.hint}"
    elif error.hint:
        lines.append(f"hint: {error.hint}")
    print("\n".join(lines), file=sys.stderr)


def explain_chunk(error: LuaHostError, line: str | None) -> None:
    """The same of a chunk that somebody has just typed: shorter, and in colours where a terminal shows them.

    `line` is shown where it is not the one that stands right above.
    """
    coloured = sys.stderr.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    red, dim, plain = (_RED, _DIM, _PLAIN) if coloured else ("", "", "")
    lines = [f"{red}{head(error)}{plain}"]
    lines += [f"    {line}"] if line else []
    if error.traceback and error.traceback.count("\n") > 1:  # more than that it was in the chunk
        lines.append(f"{dim}{error.traceback}{plain}")
    if error.hint:
        lines.append(f"hint: {error.hint}")
    print("\n".join(lines), file=sys.stderr, flush=True)


def head(error: LuaHostError) -> str:
    place = f"{error.file}:{error.line}: " if error.file and error.line else f"{error.file}: " if error.file else ""
    return place + error.message if place else f"luahost: {error.message}"


def line_of(error: LuaHostError, source: bytes) -> str | None:
    """The line of the error in its file's text, None where that has none, or is no text."""
    text = source.splitlines()
    if not error.line or error.line > len(text):
        return None
    try:
        return text[error.line - 1].strip()[:200].decode() or None
    except UnicodeDecodeError:
        return None
