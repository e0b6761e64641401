"""Makes the pictures of docs/pictures/: what real commands show at a terminal, as SVG.

    .venv/bin/python docs/site/pictures.py

The commands run at a pseudo-terminal, against a simulator, with a settings folder of their own; the script is that of
the tutorial. Ids and times differ from one making to the next, so no check compares pictures.
"""

from __future__ import annotations

import io
import json
import os
import pty
import re
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
PICTURES = ROOT / "docs/pictures"
LUAHOST = str(Path(sys.executable).with_name("luahost"))
WIDTH = 90

# Rich's own frame asks a server for a font; this one takes what the reader has.
FRAME = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}">
<style>
.{unique_id}-matrix {{ white-space: pre }}
.{unique_id}-matrix {{ font: {char_height}px/{line_height}px Menlo, Consolas, "DejaVu Sans Mono", monospace }}
.{unique_id}-title {{ font: bold 18px sans-serif }}
{styles}
</style>
<defs>{lines}</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g></g></svg>
"""


class Terminal:
    """A folder with a script, settings of its own, and a terminal of WIDTH columns."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.folder = folder
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("LUAHOST", "DEVIN"))}
        colours = {"TERM": "xterm-256color", "COLUMNS": str(WIDTH), "LUAHOST_HOME": str(folder / "home")}
        self.environment = {**kept, **colours, **environment}

    def shown(self, *words: str, interrupt_at: str | None = None) -> str:
        """All that a command shows; `interrupt_at` is Ctrl-C once that has been shown three times."""
        ours, its = pty.openpty()
        started = subprocess.Popen(
            [LUAHOST, *words], cwd=self.folder, env=self.environment, stdin=its, stdout=its, stderr=its
        )
        os.close(its)
        parts: list[bytes] = []
        while True:
            try:
                part = os.read(ours, 65536)
            except OSError:  # how Linux says that nobody is at the other end
                break
            if not part:
                break
            parts.append(part)
            if interrupt_at and b"".join(parts).decode("utf-8", "replace").count(interrupt_at) >= 3:
                time.sleep(1.5)
                started.send_signal(signal.SIGINT)
                interrupt_at = None
        os.close(ours)
        started.wait()
        return b"".join(parts).decode("utf-8", "replace").replace("\r\n", "\n")


def picture(name: str, command: str, shown: str) -> None:
    """Writes a terminal with a command and what it showed."""
    shown = re.sub(r"[^\n]*\r\x1b\[K", "", shown)  # the live line, which a finished run has taken away
    text = Text.from_ansi(shown.rstrip("\n"))
    console = Console(width=WIDTH, record=True, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    console.print(Text(f"$ {command}", "bold"))
    console.print(text, soft_wrap=False)
    drawn = console.export_svg(title="", theme=MONOKAI, code_format=FRAME, unique_id=name)
    drawn = re.sub(r' clip-path="url\([^"]*\)"', "", drawn)
    drawn = re.sub(r"<defs>.*?</defs>\n", "", drawn, flags=re.DOTALL)
    drawn = drawn.replace(" textLength=", ' lengthAdjust="spacingAndGlyphs" textLength=')
    (PICTURES / f"{name}.svg").write_text("\n".join(line.strip() for line in drawn.splitlines() if line.strip()) + "\n")


@contextmanager
def simulator() -> Iterator[dict[str, str]]:
    """A simulated Devin, thirty times as fast; gives the variables that lead to it."""
    words = [LUAHOST, "simulate", "--speed", "30", "--json"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as served:
        assert served.stdout
        told = json.loads(served.stdout.readline())
        yield {"LUAHOST_DEVIN_BASE_URL": told["url"], "LUAHOST_DEVIN_API_KEY": told["keys"]["v3"]["default"]}
        served.send_signal(signal.SIGINT)


def tutorial_script(name: str) -> str:
    """The Lua block of the tutorial that begins with the script's name."""
    found = re.search(
        rf"```lua\n(-- {re.escape(name)}.*?)```", (ROOT / "docs/tutorial.md").read_text("utf-8"), re.DOTALL
    )
    assert found, name
    return found[1]


def main() -> None:
    PICTURES.mkdir(exist_ok=True)
    with TemporaryDirectory() as folder:
        place = Path(folder)
        (place / "issues.lua").write_text(tutorial_script("issues.lua"))
        mistake = 'local made = app.integrations.devin.create_session{ promt = "Fix the typo in the footer" }\n'
        (place / "first.lua").write_text(mistake)
        alone = Terminal(place, {})
        picture("mistake", "luahost run --simulate first.lua", alone.shown("run", "--simulate", "first.lua"))
        home = str(place / "home")
        picture("doctor", "luahost doctor", alone.shown("doctor").replace(home, "/home/ada/.luahost"))
        with simulator() as variables:
            served = Terminal(place, variables)
            served.shown("run", "issues.lua", interrupt_at="begun: ")
            served.shown("run", "--resume", "last")
            picture("trace", "luahost runs trace last", served.shown("runs", "trace", "last"))


if __name__ == "__main__":
    main()
