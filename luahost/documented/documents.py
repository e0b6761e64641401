"""Documents: which files are meant, and what stands in them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from luahost.documented.scripts import Script, in_scripts
from luahost.errors import UsageError
from luahost.reference.blocks import Block, Fault, Found, in_markdown
from luahost.reference.marks import MarkError, in_lua

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    Find = Callable[[str], Found]

MARKDOWN = (".md", ".markdown")
_SEARCHED = (*MARKDOWN, ".lua")
_LEFT_OUT = ("node_modules", "__pycache__", "site-packages")


@dataclass(frozen=True)
class Document:
    """A file with Lua in it. `name` is what reports call it; `faults` are what is wrong beside its scripts."""

    path: Path
    name: str
    data: bytes
    scripts: tuple[Script, ...]
    faults: tuple[Fault, ...]

    @property
    def blocks(self) -> list[Block]:
        return [block for script in self.scripts for block in script.blocks]


def files(words: Iterable[str]) -> Iterator[Path]:
    """The files that are meant: those named, and of folders the Markdown and Lua files in them, in order, each once.

    Raises UsageError for what is not there.
    """
    seen: set[Path] = set()
    for word in words:
        path = Path(word)
        if not path.exists():
            raise UsageError(f"{word}: there is no such file or folder")
        for each in _below(path) if path.is_dir() else (path,):
            if each not in seen:
                seen.add(each)
                yield each


def _below(folder: Path) -> Iterator[Path]:
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(each for each in folders if not each.startswith(".") and each not in _LEFT_OUT)
        yield from (Path(place, name) for name in sorted(names) if name.endswith(_SEARCHED))


def read(path: Path, name: str | None = None, find: Find | None = None) -> Document:
    """A document. `find` finds its blocks; without one a `.lua` file is one block, and others are Markdown.

    Raises UsageError for a file that cannot be read. One that is no text has a fault that says so.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        found = Found(faults=[Fault(line, f"not UTF-8: byte {error.start + 1} is 0x{data[error.start]:02X}")])
    else:
        lua = find is None and path.suffix == ".lua"
        found = _whole(text) if lua else (find or in_markdown)(text)
    scripts = tuple(in_scripts(found.blocks))
    return Document(path, name or str(path), data, scripts, tuple(found.faults))


def _whole(text: str) -> Found:
    block = Block(text, 1, text.count("\n") + 1)
    try:
        block.marks = in_lua(text)
    except MarkError as error:
        block.fault = Fault(error.line, error.reason)
    if block.marks.name is None:
        block.marks.name = "the script"
    return Found([block])
