"""Checking a script of 2,000 lines without running it, beside luacheck: from nothing to the last finding."""

from __future__ import annotations

import compileall
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import luahost
from luahost.integrations import catalog
from luahost.lua.inspection import sandbox
from luahost.reference.luacheck import luacheckrc
from tests.benchmarks.figures import Figure, beside, seconds, timed
from tests.checks import others
from tests.lua_texts import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable

LINES = 2000


def script() -> str:
    """An example script again and again, each time in a block of its own."""
    text = (ROOT / "lua_examples" / "triage.lua").read_text("utf-8")
    block = f"do\n{text}end\n"
    return block * (LINES // block.count("\n") + 1)


def _process(*words: str | Path) -> Callable[[], object]:
    return lambda: subprocess.run(words, stdout=subprocess.DEVNULL, check=False)


def checking() -> list[Figure]:
    compileall.compile_dir(Path(luahost.__file__).parent, quiet=2)  # as it is where it was installed
    folder = Path(sys.executable).parent
    luacheck = others.find("luacheck")
    with tempfile.TemporaryDirectory() as place:
        file, config = Path(place) / "long.lua", Path(place) / ".luacheckrc"
        file.write_text(script(), "utf-8")
        integrations = catalog.load()
        config.write_text(luacheckrc(integrations, {name: ["default"] for name in integrations}, sandbox()), "utf-8")
        ours = _process(folder / "luahost", "check", file)
        theirs = _process(luacheck, "--no-cache", "--config", config, file) if luacheck else None
        pair = beside(11, seconds, ours, theirs)
    lines = script().count("\n")
    return [timed(f"`luahost check` of {lines:,} lines / luacheck", pair, "ms", "under 500 ms")]
