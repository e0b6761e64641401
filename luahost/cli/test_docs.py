"""`luahost test-docs`: the Lua of documents, executed block by block."""

from __future__ import annotations

import os
import re
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from luahost.calls.settings import Settings
from luahost.cli import output
from luahost.documented import documents
from luahost.documented.outcomes import FAILED, PASSED, SKIPPED, UPDATED, Outcome, count, of_fault
from luahost.documented.running import LIMITS, Runner
from luahost.errors import UsageError

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Callable, Iterable

    from luahost.documented.documents import Document, Find
    from luahost.documented.scripts import Script
    from luahost.results import Limits

DESCRIPTIONS = {
    "test-docs": "Run every Lua block of documents, each in a fresh state against a fresh simulator. Of a folder, its "
    "Markdown and Lua files. Comments before a block say what it needs: docs/testing-docs.md lists them.",
}


def main(parser: ArgumentParser, argv: list[str]) -> int:
    add = parser.add_argument
    add("files", nargs="+", metavar="FILE", help="a document, a Lua file, or a folder")
    add(
        "--blocks",
        choices=("fenced", "flattened"),
        help="how blocks are found: between ```lua and ``` (default), or as in a reference page without its markup",
    )
    add("--begin", metavar="REGEX", help="in plain text: a block begins behind a line that is this")
    add("--end", metavar="REGEX", help="with --begin: a block ends before a line that is this")
    add("--update", action="store_true", help="write what was printed into the output blocks that say otherwise")
    add("--record", action="store_true", help="run blocks with a journal for real, with your account, and write it")
    add("--junit", metavar="FILE", help="write a report as JUnit XML")
    add("--jobs", "-j", type=int, metavar="N", help="blocks that run at a time (default: a processor's each)")
    add("--timeout", type=float, metavar="S", help=f"seconds that a script may last (default {LIMITS.wall:g})")
    add("--cpu-limit", type=float, metavar="S", help=f"seconds of processor time of a script (default {LIMITS.cpu:g})")
    add("--max-output", type=int, metavar="BYTES", help=f"bytes that it may print (default {LIMITS.output_bytes})")
    add("--verbose", "-v", action="store_true", help="tell of each block, also of those that pass")
    add("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args(argv[1:])
    started = time.perf_counter()
    limits = _limits(options)
    find = _find(options)
    read = [documents.read(path, find=find) for path in documents.files(options.files)]
    if not any(document.scripts or document.faults for document in read):
        raise UsageError(
            f"there is no Lua block in {', '.join(options.files[:5])}",
            hint="a block stands between ```lua and ```; --blocks flattened and --begin find them in plain text",
        )
    done = _all(read, limits, options)
    found = [outcome for outcomes in done for outcome in outcomes]
    elapsed = time.perf_counter() - started
    if options.junit:
        _write(options.junit, found)
    if options.json:
        output.print_json(_as_dict(found, elapsed))
    else:
        _report(read, done, elapsed, verbose=options.verbose)
    return 1 if any(each.status == FAILED for each in found) else 0


def _limits(options: Namespace) -> Limits:
    given = {"wall": options.timeout, "cpu": options.cpu_limit, "output_bytes": options.max_output}
    if options.jobs is not None and options.jobs < 1:
        raise UsageError(f"--jobs {options.jobs}: a number from 1 was expected")
    return Settings.load().limits(LIMITS).replace(**{name: value for name, value in given.items() if value is not None})


def _find(options: Namespace) -> Find | None:
    """How blocks are found, where that is not as usual."""
    if options.begin is None and options.end is None:
        if options.blocks != "flattened":
            return None
        from luahost.reference.flattened import between

        return between
    if options.begin is None or options.end is None or options.blocks is not None:
        raise UsageError("--begin and --end go together, and without --blocks")
    from luahost.reference.flattened import between

    begin, end = _pattern("--begin", options.begin), _pattern("--end", options.end)
    return lambda text: between(text, begin, end)


def _pattern(option: str, text: str) -> re.Pattern[str]:
    try:
        return re.compile(text)
    except re.error as error:
        raise UsageError(f"{option} {text}: not a regular expression: {error}") from None


def _all(read: list[Document], limits: Limits, options: Namespace) -> list[list[Outcome]]:
    """The outcomes of each document, in order of lines."""
    done: list[list[Outcome]] = []
    with Runner(limits) as runner, ThreadPoolExecutor(options.jobs or _processors()) as threads:
        run = _recorded(runner, limits) if options.record else runner.run
        begun = [[threads.submit(run, document, script) for script in document.scripts] for document in read]
        try:
            for document, futures in zip(read, begun, strict=True):
                outcomes = [of_fault(document, fault) for fault in document.faults]
                outcomes += [outcome for future in futures for outcome in future.result()]
                done.append(sorted(outcomes, key=lambda each: each.block.line if each.block else each.line))
                if options.update:
                    _update(document, done[-1])
        except BaseException:
            threads.shutdown(wait=False, cancel_futures=True)
            runner.cancel()
            raise
    return done


def _processors() -> int:
    """How many this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _recorded(runner: Runner, limits: Limits) -> Callable[[Document, Script], list[Outcome]]:
    """Runs that write their journal first, where they have one."""
    from luahost.documented.recording import record

    def run(document: Document, script: Script) -> list[Outcome]:
        journal = script.marks.replay
        if journal is not None and script.marks.skip is None and script.blocks[0].fault is None:
            problem = record(document, script, journal, limits)
            if problem is not None:
                return [problem]
        return runner.run(document, script)

    return run


def _update(document: Document, outcomes: list[Outcome]) -> None:
    from luahost.documented.updating import update

    update(document, outcomes)


def _write(file: str, outcomes: list[Outcome]) -> None:
    from luahost.documented.junit import junit

    try:
        Path(file).write_bytes(junit(outcomes))
    except OSError as error:
        raise UsageError(f"--junit {file}: {error.strerror}") from None


def _as_dict(outcomes: list[Outcome], elapsed: float) -> dict[str, Any]:
    counted = count(outcomes)
    return {
        "ok": not counted[FAILED],
        **counted,
        "elapsed_ms": round(elapsed * 1000, 3),
        "blocks": [each.as_dict() for each in outcomes],
    }


def _report(read: list[Document], done: list[list[Outcome]], elapsed: float, *, verbose: bool) -> None:
    width = max(len(document.name) for document in read)
    for document, outcomes in zip(read, done, strict=True):
        if not outcomes:
            continue
        print(f"{document.name.ljust(width)}  {_counted(outcomes)}")
        for each in outcomes:
            if each.status == FAILED:
                print(_indented(each.told or each.reason or "", "  "))
            elif verbose or each.status == UPDATED:
                why = f": {each.reason}" if each.reason else f" ({each.elapsed_ms:.0f} ms)" if each.elapsed_ms else ""
                print(f"  {each.file}:{each.line}: {each.name}: {each.status}{why}")
    found = [outcome for outcomes in done for outcome in outcomes]
    print(f"{len(found)} in all: {_counted(found)}, in {elapsed:.1f} s")
    if any(each.stale for each in found):
        sys.stdout.flush()
        output.note("--update writes what was printed into the documents")


def _counted(outcomes: Iterable[Outcome]) -> str:
    counted = count(outcomes)
    return ", ".join(f"{counted[each]} {each}" for each in (FAILED, PASSED, UPDATED, SKIPPED) if counted[each])


def _indented(text: str, by: str) -> str:
    return "\n".join(by + line for line in text.split("\n"))
