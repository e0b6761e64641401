"""Writing the real output of blocks into their documents."""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from luahost.documented.comparing import printable
from luahost.documented.outcomes import UPDATED
from luahost.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from luahost.documented.documents import Document
    from luahost.documented.outcomes import Outcome
    from luahost.reference.blocks import Output

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
"""A line with its end, whatever kind that is."""


def update(document: Document, outcomes: Iterable[Outcome]) -> int:
    """Write the output of each block that ran, and printed something else than stands there; how many these are.

    Their outcomes are "updated" then. The file is as it was but for these lines, and is replaced as a whole.
    Raises UsageError where it cannot be written, or is no longer what was run.
    """
    stale = [(each, each.stale) for each in outcomes if each.stale is not None and _is_text(each.output)]
    if not stale:
        return 0
    lines = _LINE.findall(document.data.decode("utf-8"))
    for each, output in sorted(stale, key=lambda pair: pair[1].line, reverse=True):
        _write(lines, output, each.output)
    _replace(document, "".join(lines).encode("utf-8"))
    for each, _ in stale:
        each.status, each.reason, each.told, each.stale = UPDATED, None, None, None
    return len(stale)


def _is_text(output: str) -> bool:
    """Whether a document can hold it: nothing that is no UTF-8, and no controls of a terminal."""
    return "\ufffd" not in output and printable(output) == output


def _write(lines: list[str], output: Output, real: str) -> None:
    """Put what was printed between the fences, which become longer where it has such fences itself."""
    text = real.rstrip("\n").split("\n") if real.strip() else []
    fence, mark = output.fence, output.fence[0]
    while any(line.lstrip().startswith(fence) for line in text):
        fence += mark
    opening, closing = output.line - 2, output.end - 1
    if fence != output.fence:
        lines[opening] = lines[opening].replace(output.fence, fence, 1)
        lines[closing] = lines[closing].replace(output.fence, fence, 1)
    end = lines[opening][len(lines[opening].rstrip("\r\n")) :]
    lines[output.line - 1 : closing] = [(output.prefix + line).rstrip() + end for line in text]


def _replace(document: Document, data: bytes) -> None:
    path = Path(os.path.realpath(document.path))
    try:
        if path.read_bytes() != document.data:
            raise UsageError(f"{document.name}: it was changed while its blocks ran", hint="run this again")
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
            try:
                file.write(data)
                file.flush()
                Path(file.name).chmod(path.stat().st_mode & 0o7777)
                Path(file.name).replace(path)
            except BaseException:
                Path(file.name).unlink(missing_ok=True)
                raise
    except OSError as error:
        raise UsageError(f"{document.name}: cannot be written: {error.strerror}") from None
