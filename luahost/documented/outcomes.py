"""What came of the blocks of documents: plain values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from luahost.documented.documents import Document
    from luahost.reference.blocks import Block, Fault, Output

PASSED, FAILED, SKIPPED, UPDATED = "passed", "failed", "skipped", "updated"


@dataclass
class Outcome:
    """What came of one block, or of what is wrong beside the blocks of a document.

    line    where it stands, or what is wrong with it
    status  "passed", "failed", "skipped", or "updated" where the document got the real output
    reason  of a failure or of being skipped, in one line
    told    what `luahost run` says of an error, or how the output differs
    output  what it printed
    block   None for what is no block
    stale   the output block for which alone it failed
    """

    file: str
    line: int
    name: str
    status: str
    reason: str | None = None
    told: str | None = None
    output: str = ""
    error: dict[str, Any] | None = None
    calls: list[dict[str, Any]] = field(default_factory=list)
    elapsed_ms: float = 0.0
    block: Block | None = None
    stale: Output | None = None

    def as_dict(self) -> dict[str, Any]:
        names = ("file", "line", "name", "status", "reason", "output", "error", "calls", "elapsed_ms")
        return {name: getattr(self, name) for name in names}


def of_fault(document: Document, fault: Fault) -> Outcome:
    """What is wrong beside the blocks is an item that fails."""
    return failed(document, fault.line, fault.reason)


def failed(document: Document, line: int, reason: str, block: Block | None = None) -> Outcome:
    """One that failed before it could run."""
    name = block.name if block else f"line {line}"
    told = f"{document.name}:{line}: {reason}"
    return Outcome(document.name, line, name, FAILED, reason, told, block=block)


def skipped(document: Document, block: Block, reason: str) -> Outcome:
    return Outcome(document.name, block.line, block.name, SKIPPED, reason, block=block)


def not_run(document: Document, block: Block, before: Block) -> Outcome:
    """A block that continues one that failed."""
    return skipped(document, block, f"it continues the block at line {before.line}, which failed")


def count(outcomes: Iterable[Outcome]) -> dict[str, int]:
    """How many of each status there are."""
    found = dict.fromkeys((PASSED, FAILED, SKIPPED, UPDATED), 0)
    for each in outcomes:
        found[each.status] += 1
    return found
