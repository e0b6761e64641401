"""The Lua blocks of a document: where each begins, what is said of it, and the output that follows it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from luahost.reference.marks import MarkError, Marks, in_comments

if TYPE_CHECKING:
    from markdown_it.token import Token

_LUA = re.compile(r"(?:\{\s*\.?)?lua(?![\w-])", re.IGNORECASE)
_OUTPUT = re.compile(r"(?:\{\s*\.?)?output(?![\w-])", re.IGNORECASE)
_FENCE = re.compile(r"`{3,}|~{3,}")


@dataclass(frozen=True)
class Fault:
    """Something in a document that hides or spoils a block: the line, and what is wrong."""

    line: int
    reason: str


@dataclass(frozen=True)
class Output:
    """A block of output: its text, and the lines between its fences, of which `end` is that of the closing one.

    `prefix` is what stands before each line where the block is in a list or a quotation; `fence` is its fence.
    """

    text: str
    line: int
    end: int
    prefix: str
    fence: str


@dataclass
class Block:
    """A Lua block: its code, the line that this begins at (from 1), and that of its end."""

    code: str
    line: int
    end: int
    marks: Marks = field(default_factory=Marks)
    output: Output | None = None
    fault: Fault | None = None

    @property
    def name(self) -> str:
        return self.marks.name or f"line {self.line}"


@dataclass
class Found:
    """What a document has: its blocks in order, and what is wrong beside them."""

    blocks: list[Block] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


def in_markdown(text: str) -> Found:
    """The fenced `lua` blocks, in lists and quotations too; not those inside of comments or of other blocks."""
    return _Walk(text).found


class _Walk:
    """One way through a document, from top to bottom."""

    def __init__(self, text: str) -> None:
        from markdown_it import MarkdownIt

        self.found = Found()
        self._lines = re.sub(r"\r\n?", "\n", text).split("\n")
        self._before: Block | None = None  # the Lua block that an output block would belong to
        self._forget()
        for token in MarkdownIt("commonmark").disable("inline").parse(text):
            if token.map is None or token.nesting:
                continue
            if token.type == "html_block":
                self._html(token)
            elif token.type == "fence":
                self._fence(token)
            else:
                self._other()
        self._other()

    def _forget(self) -> None:
        self._marks = Marks()
        self._marked_at: int | None = None
        self._fault: Fault | None = None

    def _other(self) -> None:
        """What is no fence: settings that stand before it are for nothing."""
        if self._fault is not None:
            self.found.faults.append(self._fault)
        elif self._marked_at is not None:
            self.found.faults.append(Fault(self._marked_at, "no Lua block follows this comment"))
        self._forget()

    def _html(self, token: Token) -> None:
        line = _first(token)
        try:
            said = in_comments(token.content, line, self._marks)
        except MarkError as error:
            self._fault = self._fault or Fault(error.line, error.reason)
            return
        if said:
            self._marked_at = self._marked_at or line
        elif not token.content.lstrip().startswith("<!--"):
            self._other()

    def _fence(self, token: Token) -> None:
        line, end = _first(token) + 1, (token.map or [0, 0])[1]
        if not self._is_closed(token):
            self._forget()
            self.found.faults.append(Fault(line - 1, "this block is not closed: what follows is part of it"))
            return
        info = token.info.strip()
        if _LUA.match(info):
            block = Block(token.content, line, end, self._marks, fault=self._fault)
            self.found.blocks.append(block)
            self._before = block
            self._forget()
            return
        self._other()
        before, self._before = self._before, None
        if not _OUTPUT.match(info):
            return
        if before is None:
            self.found.faults.append(Fault(line - 1, "this output has no script: no Lua block stands before it"))
            return
        opening = self._lines[line - 2]
        fence = _FENCE.search(opening)
        prefix = re.sub(r"[^>\s]", " ", opening[: fence.start()]) if fence else ""
        before.output = Output(token.content, line, end, prefix, token.markup)

    def _is_closed(self, token: Token) -> bool:
        first, end = token.map or (0, 0)
        last = self._lines[end - 1].lstrip("> \t").rstrip()
        return end - first > 1 and len(last) >= len(token.markup) and not last.strip(token.markup[0])


def _first(token: Token) -> int:
    """The line that a token begins at, from 1."""
    return (token.map or [0])[0] + 1
