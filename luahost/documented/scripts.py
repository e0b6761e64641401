"""Blocks as scripts: what is joined runs as one, at the lines that it has in its document."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from luahost.reference.blocks import Block, Fault

if TYPE_CHECKING:
    from collections.abc import Iterable

    from luahost.reference.marks import Marks

MARKER = "__luahost_next"
"""The local of a joined script that says where the output of its next block begins."""


@dataclass(frozen=True)
class Script:
    """Blocks that run one after another in one state: the first, and those joined to it."""

    blocks: tuple[Block, ...]

    @property
    def marks(self) -> Marks:
        """What holds for the run."""
        return self.blocks[0].marks

    @property
    def text(self) -> str:
        """The code alone: the same wherever in its document it stands. It is what a journal is of."""
        return "\n".join(_shown(code) for block in self.blocks for _, code in _pieces(block))

    def source(self, token: str) -> str:
        """What is run: each line at its number in the document. `token` is printed between joined blocks."""
        lines: list[str] = []
        if len(self.blocks) > 1:
            lines.append(f"local {MARKER} = print")
        for block in self.blocks:
            pieces = _pieces(block)
            for line, code in pieces:
                lines += [""] * (line - 1 - len(lines))
                if block is not self.blocks[0] and line == pieces[0][0]:
                    lines[-1] = f'do {MARKER}("{token}") end'  # where the document has a fence
                lines += _shown(code).rstrip("\n").split("\n")
        return "\n".join(lines)


def _pieces(block: Block) -> list[tuple[int, str]]:
    return [*block.marks.setup, (block.line, block.code)]


def _shown(code: str) -> str:
    """Code whose first line a shell would read, as a comment."""
    return f"--{code}" if code.startswith("#") else code


def in_scripts(blocks: Iterable[Block]) -> list[Script]:
    """The blocks as scripts, in order. A block that cannot be joined has a fault that says why."""
    found: list[list[Block]] = []
    chain: list[Block] = []  # what a block that is joined continues
    for block in blocks:
        if block.marks.join and block.fault is None:
            block.fault = _unfit(block, chain)
            if block.fault is None:
                if block.marks.skip is None:
                    chain.append(block)
                else:
                    found.append([block])  # those behind it continue what stands before it
                continue
        chain = [block]
        found.append(chain)
    return [Script(tuple(each)) for each in found]


def _unfit(block: Block, together: list[Block]) -> Fault | None:
    if not together:
        return Fault(block.line, "join: no Lua block stands before this one")
    if together[-1].marks.error is not None:
        return Fault(block.line, f"join: the block at line {together[-1].line} ends with an error")
    if block.marks.of_the_run:
        name = block.marks.of_the_run[0]
        return Fault(block.line, f"{name} is said where the run begins: before the block at line {together[0].line}")
    return None
