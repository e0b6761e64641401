"""The command line: from nothing to the end of a script of one line."""

from __future__ import annotations

import compileall
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import luahost
from tests.benchmarks.figures import Figure, beside, seconds, timed

if TYPE_CHECKING:
    from collections.abc import Callable

LINE = 'print("hello")'
BARE = f"import lupa.luajit21 as lupa; lupa.LuaRuntime().execute({LINE!r})"


def _process(*words: str) -> Callable[[], object]:
    return lambda: subprocess.run(words, stdout=subprocess.DEVNULL, check=True)


def start_up() -> list[Figure]:
    compileall.compile_dir(Path(luahost.__file__).parent, quiet=2)  # as it is where it was installed
    command = str(Path(sys.executable).with_name("luahost"))
    pair = beside(21, seconds, _process(command, "run", "-e", LINE), _process(sys.executable, "-c", BARE))
    return [timed("`luahost run` of one line / python with lupa", pair, "ms", "at most 2.0")]
