"""Every Lua text of the project that is meant to be right: example scripts, and the blocks of all pages."""

from __future__ import annotations

from functools import cache
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import TYPE_CHECKING

from luahost.integrations import catalog
from luahost.reference.blocks import in_markdown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from luahost.spec import Integration

ROOT = Path(__file__).parents[1]
_PAGES = ("*.md", "docs/**/*.md", "luahost/**/*.md", "lua_examples/**/*.md")


@cache
def integrations() -> Mapping[str, Integration]:
    """Those that the texts use: the built-in ones, and that of the examples."""
    spec = spec_from_file_location("luahost_github", ROOT / "lua_examples/github_integration/luahost_github.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return catalog.load([module.GITHUB])


def scripts() -> dict[str, str]:
    """The example scripts, by their names below the project's folder."""
    found = sorted((ROOT / "lua_examples").rglob("*.lua"))
    return {path.relative_to(ROOT).as_posix(): path.read_text("utf-8") for path in found}


def blocks() -> dict[str, str]:
    """The fenced blocks, by the page and the line on which each begins; those that are joined are one.

    One that shows a mistake, and is marked with its error, is none of them.
    """
    found: dict[str, str] = {}
    for page in sorted(path for pattern in _PAGES for path in ROOT.glob(pattern)):
        name = ""
        for block in in_markdown(page.read_text("utf-8")).blocks:
            if block.marks.error is not None:
                continue
            if not block.marks.join:
                name = f"{page.relative_to(ROOT).as_posix()}:{block.line}"
                found[name] = "".join(f"{line}\n" for _, line in block.marks.setup)
            found[name] += block.code
    return found
