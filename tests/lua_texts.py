"""Every Lua text of the project that is meant to be right: example scripts, and the blocks of all pages."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
_BLOCK = re.compile(r"^```lua\n(.*?)^```", re.DOTALL | re.MULTILINE)


def scripts() -> dict[str, str]:
    """The example scripts, by their names below the project's folder."""
    found = sorted((ROOT / "lua_examples").rglob("*.lua"))
    return {path.relative_to(ROOT).as_posix(): path.read_text("utf-8") for path in found}


def blocks() -> dict[str, str]:
    """The fenced blocks, by the page and the line on which each begins."""
    found = {}
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "luahost").rglob("*.md")]
    for page in sorted(pages):
        text = page.read_text("utf-8")
        for block in _BLOCK.finditer(text):
            line = text.count("\n", 0, block.start(1)) + 1
            found[f"{page.relative_to(ROOT).as_posix()}:{line}"] = block[1]
    return found
