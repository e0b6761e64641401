"""What is generated from the spec is committed, and must be what would be generated now.

`python -m tests.checks.generated` names what is stale and exits 1; with `--write` it writes it anew.
"""

from __future__ import annotations

import io
import os
import sys
from contextlib import redirect_stdout
from pathlib import Path

from luahost.cli import COMMANDS, main as luahost
from luahost.integrations.devin import DEVIN
from luahost.reference.markdown import integration_page
from tests.checks import tables

ROOT = Path(__file__).parents[2]
NOTE = "<!-- Generated from {source} by `make docs`: edit that, not this. -->\n\n"


def _devin() -> str:
    return NOTE.format(source="luahost/integrations/devin/functions/") + integration_page(DEVIN)


def _tables() -> str:
    return NOTE.format(source="luahost/errors.py and luahost/results.py") + tables.page()


def _help(*words: str) -> str:
    """The command's own help, at a fixed width."""
    os.environ["COLUMNS"] = "100"
    text = io.StringIO()
    with redirect_stdout(text):
        luahost([*words, "--help"])
    return text.getvalue()


def _commands() -> str:
    pages = [
        (),
        *((name,) for name in COMMANDS),
        *(("accounts", each) for each in ("list", "add", "test", "remove")),
        *(("runs", each) for each in ("list", "show", "trace", "prune")),
    ]
    parts = [NOTE.format(source="the commands' own help"), "# Command help\n"]
    for words in pages:
        title = " ".join(("luahost", *words))
        parts.append(f"\n## {title}\n\n```text\n{_help(*words).rstrip()}\n```\n")
    return "".join(parts)


GENERATED = {"docs/devin.md": _devin, "docs/errors-and-limits.md": _tables}
if sys.version_info[:2] == (3, 11):
    # argparse words its help differently from one Python to the next: the committed one is that of the oldest.
    GENERATED["docs/command-help.md"] = _commands


def stale() -> list[str]:
    """The generated files that are not what would be generated now."""
    return [
        name
        for name, make in GENERATED.items()
        if not (ROOT / name).exists() or (ROOT / name).read_text("utf-8") != make()
    ]


def main(words: list[str]) -> int:
    found = stale()
    if "--write" in words:
        for name in found:
            (ROOT / name).write_text(GENERATED[name](), "utf-8")
            print(f"written: {name}")
        return 0
    print("\n".join(f"{name} is stale: run make docs" for name in found) or "generated files: all as they should be")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
