"""`luahost map`: a script once for each line of a file, results as they finish, failures apart."""

from __future__ import annotations

import signal
import sys
import time
from contextlib import ExitStack, nullcontext
from typing import TYPE_CHECKING, Any

from luahost.calls.policy import Policy
from luahost.calls.settings import Settings
from luahost.cli import output
from luahost.cli.options import OPTIONS, check_modules, limits_from, script_from
from luahost.errors import LuaHostError, UsageError
from luahost.mapping.inputs import count
from luahost.mapping.whole import Map
from luahost.outcome import headline

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from luahost.mapping.result import MapResult

DESCRIPTIONS = {
    "map": "Run a script once for each line of a file, a JSON object that is its args. The same command again goes on"
    " with what is not done.",
}

_AS_RUN = (
    "--account", "--modules", "--files", "--simulate", "--read-only", "--timeout", "--cpu-limit", "--memory-limit",
    "--max-calls", "--max-output", "--max-response", "--require-seal",
)  # fmt: skip
"""The options of `run` that each of these runs has too."""


def main(parser: ArgumentParser, argv: list[str]) -> int:
    add = parser.add_argument
    add("script", metavar="SCRIPT", help="the script; what it returns is the result")
    add("--inputs", required=True, metavar="FILE", help="one JSON object a line; - for standard input")
    add(
        "--out",
        metavar="FILE",
        help="append results there, and failures to a .failed.jsonl beside it (default: stdout)",
    )
    add("--jobs", type=int, metavar="N", help="runs at a time (default: one for each processor)")
    add("--retry-failed", action="store_true", help="run what has failed once more, too")
    add("--id", metavar="NAME", help="name the map (default: made, and kept beside --out)")
    add("--state", metavar="DIR", help="the folder of journals and ledger (default: the user's own)")
    add("--dask", metavar="ADDRESS", help="run on the workers of a Dask scheduler, as in tcp://HOST:8786")
    for flag in _AS_RUN:
        add(flag, **{**OPTIONS[flag], **({"default": []} if OPTIONS[flag].get("action") == "append" else {})})
    add("--json", action="store_true", help="print a summary as one JSON object")
    options = parser.parse_args(argv[1:])
    try:
        return _map(options)
    except LuaHostError as error:
        if error.file is not None:  # of the script
            error.message = headline(error)
        return output.fail(error, as_json=options.json)


def _map(options: Namespace) -> int:
    if options.json and options.out is None:
        raise UsageError("--json is for the summary, and results go to standard output", hint="name a file with --out")
    if options.dask is not None and options.state is None and not options.simulate:
        raise UsageError(
            "--dask needs --state DIR, a folder that all workers share under that name",
            hint="in it are the journals, by which a task that Dask repeats repeats no write",
        )
    if options.jobs is not None and options.jobs < 1:
        raise UsageError(f"--jobs: a whole number of at least 1 was expected, not {options.jobs}")
    if options.dask is None:  # there the workers read it
        check_modules(options)
    options.code, options.rest = None, [options.script]
    name, source, _, folder = script_from(options)
    settings = Settings.load()
    unheard = signal.getsignal(signal.SIGTERM)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with ExitStack() as stack:
            executor = None
            jobs = options.jobs
            if options.dask is not None:
                from luahost.mapping.dask import executor as cluster

                executor, threads = stack.enter_context(cluster(options.dask))
                if not threads:
                    output.note(f"the scheduler at {options.dask} has no worker yet: waiting for one")
                jobs = jobs or 2 * max(threads, 32)
            made = Map(
                source,
                options.inputs,
                executor=executor,
                jobs=jobs,
                out=options.out,
                retry_failed=options.retry_failed,
                id=options.id,
                name=name,
                account=options.account,
                modules=options.modules or folder,
                files=options.files,
                limits=limits_from(options, settings),
                policy=Policy(read="allow", write="allow", rules=settings.rules(), read_only=options.read_only),
                simulate=options.simulate,
                state=options.state,
                require_seal=options.require_seal,
            )
            return _Report(options, made).follow()
    finally:
        signal.signal(signal.SIGTERM, unheard)


class _Report:
    """Says what comes of a map, while it goes on and at its end."""

    def __init__(self, options: Namespace, made: Map) -> None:
        self._options = options
        self._map = made
        self._done = self._failed = 0
        self._started = time.monotonic()

    def follow(self) -> int:
        """Go through all of it, and give the exit code."""
        drawn = sys.stderr.isatty() and not self._options.json and self._options.out is not None
        total = count(self._options.inputs) if drawn and self._options.inputs != "-" else None
        try:
            with output.progress(total) if drawn else nullcontext(lambda _done, _failed: None) as show:
                for result in self._map:
                    self._take(result)
                    show(self._done + self._map.skipped, self._failed)
        except (KeyboardInterrupt, BrokenPipeError) as ended:
            if isinstance(ended, BrokenPipeError):
                raise
            self._say("interrupted")
            output.note(f"what has finished is kept; {self._how_to_go_on()}")
            return 130
        except LuaHostError:
            if self._done or self._failed:
                self._say("ended early")
            raise
        self._say("")
        return 1 if self._left() else 0

    def _take(self, result: MapResult) -> None:
        if result.ok:
            self._done += 1
        else:
            self._failed += 1
        if self._options.out is None:
            output.print_json(result.as_dict(), one_line=True)

    def _left(self) -> int:
        """How many have failed and not been done since."""
        return self._failed if self._map.store is None else self._map.store.failed

    def _how_to_go_on(self) -> str:
        if self._options.out is not None:
            return "the same command again goes on with the rest"
        if self._options.id is not None:
            return "the same command again goes on with the runs that have begun"
        return f"with --id {self._map.id} the same command goes on with the runs that have begun"

    def _say(self, how: str) -> None:
        summary: dict[str, Any] = {
            "id": self._map.id,
            "done": self._done,
            "failed": self._left(),
            "skipped": self._map.skipped,
            "elapsed_ms": round((time.monotonic() - self._started) * 1000, 1),
            "interrupted": how == "interrupted",
        }
        store = self._map.store
        if store is not None:
            summary |= {"out": str(store.path), "failed_out": str(store.failed_path)}
        if self._options.json and how != "ended early":
            output.print_json(summary)
            return
        text = f"{self._done} done, {summary['failed']} failed"
        if self._map.skipped:
            text += f", {self._map.skipped} done before"
        if summary["failed"] and store is not None:
            text += f" ({store.failed_path}); --retry-failed runs them once more"
        output.note(f"{how}: {text}" if how else text)
