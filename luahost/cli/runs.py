"""`luahost runs`: what ran, call by call, from the journals."""

from __future__ import annotations

import json
import os
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from luahost.calls.journals import Journals, is_locked
from luahost.calls.prune import prune
from luahost.calls.settings import Settings
from luahost.calls.timeline import Timeline
from luahost.cli import output, run_page
from luahost.cli.columns import plain
from luahost.cli.waterfall import lines, seconds
from luahost.errors import UsageError

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from luahost.calls.history import History

DESCRIPTIONS = {"runs": "What ran, call by call: from the journals that luahost run keeps."}
COMMANDS = {
    "list": "the runs, the newest first",
    "show": "one run: its calls, what became of them, and what to type next",
    "trace": "one run as a waterfall of its calls, or as a file for Perfetto",
    "prune": "remove the journals of old runs",
}
_SHOWN = 30  # runs that are listed for people who do not say how many
_NARROW = 110  # columns


def main(parser: ArgumentParser, argv: list[str]) -> int:
    commands = parser.add_subparsers(dest="command", required=True, metavar="|".join(COMMANDS))
    for name, text in COMMANDS.items():
        command = commands.add_parser(name, help=text, description=f"{text[0].upper()}{text[1:]}.", allow_abbrev=False)
        command.add_argument("--json", action="store_true", help="print JSON")
        command.add_argument("--state", metavar="DIR", help="the state folder (default: this user's)")
        if name in ("show", "trace"):
            command.add_argument("run", metavar="RUN", help="its id, a beginning that no other id has, or last")
        if name == "list":
            command.add_argument("--limit", type=int, metavar="N", help=f"how many (default {_SHOWN}; with --json all)")
        if name == "trace":
            command.add_argument(
                "--chrome",
                nargs="?",
                const="-",
                metavar="FILE",
                help="write the trace-event format (default: to stdout)",
            )
        if name == "prune":
            command.add_argument("--older-than", type=float, metavar="DAYS", help="those last written so long ago")
            command.add_argument("--max-size", type=float, metavar="MIB", help="the oldest, until all take no more")
            command.add_argument("--all", action="store_true", help="all but those that are alive")
    options = parser.parse_args(argv[1:])
    settings = Settings.load()
    journals = Journals(options.state or settings.state_folder)
    if options.command == "list":
        return _list(options, journals)
    if options.command == "prune":
        return _prune(options, settings, journals)
    run_id = journals.find(options.run)
    history = journals.read(run_id)
    alive = is_locked(journals.path(run_id))
    timeline = Timeline(history, time.time() if alive else None)
    status = _status(history, alive=alive)
    if options.command == "show":
        return _show(options, timeline, status)
    return _trace(options, timeline, status)


def _status(history: History, *, alive: bool) -> str:
    if alive:
        return "running"
    return "died" if history.end is None else str(history.end["status"])


# -- list -----------------------------------------------------------------------------------------------------------


def _list(options: Namespace, journals: Journals) -> int:
    if options.limit is not None and options.limit < 1:
        raise UsageError(f"--limit: a number of at least 1 was expected, not {options.limit}")
    ids = journals.newest_first()
    most = options.limit or (len(ids) if options.json else _SHOWN)
    found = [_summary(journals, run_id) for run_id in ids[:most]]
    if options.json:
        output.print_json(found)
        return 0
    if not found:
        output.note(f"no run has left a journal in {journals.folder}")
        return 0
    _print_list(found, ids)
    if len(ids) > most:
        output.note(f"{len(ids) - most} older; luahost runs list --limit {len(ids)} shows all")
    return 0


def _summary(journals: Journals, run_id: str) -> dict[str, Any]:
    """A run as the list tells of it; of a journal that cannot be read, why."""
    path = journals.path(run_id)
    alive = is_locked(path)
    try:
        history = journals.read(run_id)
    except UsageError as error:
        return {"run_id": run_id, "status": "corrupt", "error": error.fields(), "file": str(path)}
    timeline = Timeline(history, time.time() if alive else None)
    return {
        **run_page.summary(timeline, _status(history, alive=alive)),
        "file": str(path),
    }


def _print_list(found: list[dict[str, Any]], ids: list[str]) -> None:
    columns = output.columns() if sys.stdout.isatty() else 1000
    heads: tuple[str, ...] = ("run", "started", "script", "status", "calls", "time", "error")
    rows: list[tuple[str, ...]] = []
    for each in found:
        corrupt = each["status"] == "corrupt"
        rows.append(
            (
                each["run_id"] if columns >= _NARROW else _short(each["run_id"], ids),
                "" if corrupt else _when(each["at"]),
                "" if corrupt else plain(each["name"]),
                each["status"],
                "" if corrupt else str(each["calls"]),
                "" if corrupt else seconds(each["elapsed_ms"] / 1000),
                "" if corrupt else _problem(each["error"], brief=columns < _NARROW),
            )
        )
    heads, rows = run_page.without(heads, rows, columns, ("calls", "time", "started", "error"), also="script")
    output.print_table(heads, run_page.narrowed(heads, rows, columns, also="script"))
    for each in found:
        if each["status"] == "corrupt":
            output.note(plain(each["error"]["message"]))


def _problem(error: dict[str, Any] | None, *, brief: bool) -> str:
    if error is None:
        return ""
    return plain(error.get("code" if brief else "message"))


def _short(run_id: str, ids: list[str]) -> str:
    """The beginning of an id that no other has: with the second in which the run began it is short enough."""
    most = 15
    while most < len(run_id) and sum(each.startswith(run_id[:most]) for each in ids) > 1:
        most += 2
    return run_id[:most]


def _when(at: float) -> str:
    """In the local time of whoever reads it."""
    then = datetime.fromtimestamp(at, UTC).astimezone()
    now = datetime.now(UTC).astimezone()
    if then.date() == now.date():
        return f"{then:%H:%M}"
    return f"{then:%b %d %H:%M}" if then.year == now.year else f"{then:%Y-%m-%d}"


# -- show and trace -------------------------------------------------------------------------------------------------


def _show(options: Namespace, timeline: Timeline, status: str) -> int:
    if options.json:
        output.print_json(run_page.whole(timeline, status))
        return 0
    run_page.show(timeline, status, output.columns() if sys.stdout.isatty() else 1000)
    return 0


def _trace(options: Namespace, timeline: Timeline, status: str) -> int:
    if options.chrome is not None:
        from luahost.cli.chrome import trace

        return _write_trace(options.chrome, json.dumps(trace(timeline, status), ensure_ascii=False, default=str))
    if options.json:
        output.print_json(run_page.whole(timeline, status))
        return 0
    print("\n".join(run_page.title(timeline, status, output.columns())))
    color = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    encoding = (sys.stdout.encoding or "").lower().replace("-", "")
    for line in lines(timeline, output.columns(), color=color, ascii_only=encoding != "utf8"):
        print(line)
    return 0


def _write_trace(file: str, text: str) -> int:
    if file == "-":
        print(text)
        return 0
    try:
        Path(file).write_text(text + "\n", "utf-8")
    except OSError as error:
        raise UsageError(f"--chrome {file}: {error.strerror}", hint="name a file that can be written") from None
    output.note(f"{file} is written: open it at https://ui.perfetto.dev, which keeps it on this machine")
    return 0


# -- prune ----------------------------------------------------------------------------------------------------------


def _prune(options: Namespace, settings: Settings, journals: Journals) -> int:
    for flag, value in (("--older-than", options.older_than), ("--max-size", options.max_size)):
        if value is not None and not 0 <= value < float("inf"):
            raise UsageError(f"{flag}: a number of 0 or more was expected, not {value}")
    if options.all and (options.older_than is not None or options.max_size is not None):
        raise UsageError("--all leaves nothing to --older-than and --max-size", hint="give one or the other")
    keeping = settings.keeping()
    days, mib = options.older_than, options.max_size
    if options.all:
        days = 0.0
    elif days is None and mib is None:
        days, mib = keeping.keep_days, keeping.max_mib
    removed = prune(journals.folder, days, mib)
    left = journals.ids()
    if options.json:
        output.print_json({"removed": [{"run_id": each.run_id, "bytes": each.bytes} for each in removed], "left": left})
        return 0
    for each in removed:
        print(f"removed {each.run_id}, last written {_when(each.changed)}, {_size(each.bytes)}")
    size = sum(each.bytes for each in removed)
    runs = "1 run" if len(removed) == 1 else f"{len(removed)} runs"
    output.note(
        f"{runs} removed, {_size(size)}; {len(left)} left" if removed else f"nothing to remove; {len(left)} left"
    )
    return 0


def _size(size: float) -> str:
    for unit in ("bytes", "KiB", "MiB"):
        if size < 1024:
            return f"{size:.0f} {unit}" if unit == "bytes" else f"{size:.1f} {unit}"
        size /= 1024
    return f"{size:.1f} GiB"
