"""Writing for people or for programs: data on stdout, everything else on stderr."""

from __future__ import annotations

import json
import os
import sys
from contextlib import contextmanager

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

    from luahost.errors import LuaHostError


def fail(error: LuaHostError, *, as_json: bool = False) -> int:
    """Say an error in one line, with what to do; as JSON on stdout too where that was asked for."""
    if as_json:
        print_json({"error": error.fields()})
    text = f"luahost: {error.message}" + (f"; {error.hint}" if error.hint else "")
    print(" ".join(text.split()), file=sys.stderr)
    return error.exit_code


def note(text: str) -> None:
    print(f"luahost: {text}", file=sys.stderr, flush=True)


def print_json(value: Any, *, one_line: bool = False) -> None:
    """One JSON object (or list); readable on a terminal, one line elsewhere."""
    indent = 2 if sys.stdout.isatty() and not one_line else None
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    sys.stdout.buffer.write(text.encode("utf-8", "replace") + b"\n")
    sys.stdout.buffer.flush()


def print_plan(plan: list[dict[str, Any]]) -> None:
    """What a dry run would have done, in order; on stderr, for stdout is the script's."""
    lines = [f"dry run: nothing was sent; {len(plan) or 'no'} call{'' if len(plan) == 1 else 's'} would have been made"]
    for number, each in enumerate(plan, 1):
        asks = " (asks first)" if (each["policy"] or {}).get("decision") == "ask" else ""
        lines.append(f"{number:>3}. {each['call']} on account {each['account']}{asks}")
        lines += [f"     {name} = {shown(value)}" for name, value in each["arguments"].items()]
    print("\n".join(lines), file=sys.stderr)


def shown(value: Any, most: int = 200) -> str:
    """A JSON value in one line that a terminal can show, cut when it is long."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    text = "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in text)
    return text if len(text) <= most else f"{text[:most]}… ({len(text)} characters)"


def columns() -> int:
    """How wide the terminal is; 80 where nobody knows."""
    try:
        return int(os.environ["COLUMNS"]) or 80
    except (KeyError, ValueError):
        pass
    try:
        return os.get_terminal_size(1).columns or 80
    except OSError:
        return 80


def print_table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> None:
    """Columns for people: drawn on a terminal, plain elsewhere."""
    rows = [tuple(cell.replace("\n", " ") for cell in row) for row in rows]
    if sys.stdout.isatty():
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text

        table = Table(box=None, header_style="bold", pad_edge=False)
        for head in heads:
            table.add_column(head, overflow="fold")
        for row in rows:
            table.add_row(*(Text(cell) for cell in row))
        Console().print(table)
        return
    widths = [max(len(row[i]) for row in [heads, *rows]) for i in range(len(heads))]
    for row in [heads, *rows]:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def print_markdown(text: str) -> None:
    """Markdown: drawn on a terminal, as it is elsewhere."""
    if sys.stdout.isatty():
        from rich.console import Console
        from rich.markdown import Markdown

        Console().print(Markdown(text))
        return
    print(text, end="" if text.endswith("\n") else "\n")


@contextmanager
def progress(total: int | None) -> Iterator[Callable[[int, int], None]]:
    """A bar on stderr, moved by how many are done and how many of them failed; `total` is None where nobody knows."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[failed]}"), TimeRemainingColumn()
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=total, failed="")

        def show(done: int, failed: int) -> None:
            bar.update(task, completed=done + failed, failed=f"{failed} failed" if failed else "")

        yield show
