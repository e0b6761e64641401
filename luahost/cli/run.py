"""`luahost run`: a script, its output as it is printed, and an exit code that says how it went."""

from __future__ import annotations

# signal itself makes enumerations of them, for half a millisecond; type checkers do not know what it is made of.
import _signal as signal  # type: ignore[import-not-found]
import os
import select
import sys
import time

from luahost.calls.limits import limit_exceeded
from luahost.cli import again, output
from luahost.cli.options import (
    OPTIONS,
    args_from,
    check_modules,
    given_limits,
    limits_from,
    policy_from,
    script_from,
    somebody,
)
from luahost.errors import Cancelled, UsageError
from luahost.host import Host
from luahost.lua.source import decode
from luahost.outcome import Interrupted, explained
from luahost.results import Limits

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser
    from collections.abc import Callable
    from typing import Any

    from luahost.asynchronous import AgainOptions
    from luahost.calls.history import History
    from luahost.cli.live import Live
    from luahost.lua.child import Single
    from luahost.lua.spawn import Process
    from luahost.results import Result

DESCRIPTIONS = {"run": "Run a Lua script. Everything after FILE belongs to the script."}


USAGE = "luahost run [OPTIONS] FILE [WORDS...] | - | -e CODE [WORDS...]"


class _Options:
    """The options as attributes, each at its default: what argparse would give for none."""

    code: str | None

    def __init__(self) -> None:
        for flag, how in OPTIONS.items():
            default = how.get("default", False if how.get("action") == "store_true" else None)
            setattr(self, how.get("dest", flag.strip("-").replace("-", "_")), default)
        self.rest: list[str] = []


def _options(make_parser: Callable[[], ArgumentParser], argv: list[str]) -> Any:
    """What was typed. The plain cases need no argparse, which takes as long to import as a script to run."""
    options = _Options()
    if argv and not argv[0].startswith("-"):
        options.rest = argv
        return options
    if len(argv) == 2 and argv[0] == "-e":
        options.code = argv[1]
        return options
    from argparse import REMAINDER

    parser = make_parser()
    parser.usage = USAGE
    for flag, how in OPTIONS.items():
        parser.add_argument(flag, **{**how, **({"default": []} if how.get("action") == "append" else {})})
    parser.add_argument("rest", nargs=REMAINDER, metavar="FILE [WORDS...]", help="the script, or - for standard input")
    return parser.parse_args(argv)


def main(make_parser: Callable[[], ArgumentParser], argv: list[str], process: Process | None) -> int:
    """Run what `argv` says; `process` is a child that was started early."""
    from luahost.lua.child import Single

    child = Single(process) if process else None
    try:
        options = _options(make_parser, argv)
        try:
            return _run(options, child if options.isolation == "process" else None)
        except UsageError as error:
            return output.fail(error, as_json=options.json)
    finally:
        if child is not None:
            child.kill()  # nobody need wait for that: this process ends next


def _run(options: Any, child: Single | None) -> int:
    from luahost.calls.settings import Settings

    script = script_from(options) if again.needs_script(options) else None
    check_modules(options)
    settings = Settings.load()
    found = again.recorded(options, settings)
    limits = limits_from(options, settings)
    line = None if options.json else live_line()
    unheard = _hear()
    try:
        with Host(
            settings=settings,
            policy=lambda: policy_from(options, settings),
            limits=limits,
            isolation=options.isolation,
            require_seal=options.require_seal,
            simulate=options.simulate,
            state=options.state,
            journal=False if options.no_journal or options.simulate else "if-possible",
            noted=again.noted(options),
        ) as host:
            if settings.integrations():
                _ = host.dispatcher  # a misspelt name in config.toml is wrong usage, whatever the script calls
            how: AgainOptions = {
                "child": child,
                "on_output": None if options.json else Stdout(limits.wall),
                "on_notice": output.note,
                "approve": somebody(options, settings),
                "keep_output": options.json,
                "suspend": options.suspend,
            }
            if line is not None:
                line.surround(how)
            result, shown = _perform(host, options, script, found, how)
    except Interrupted as interrupted:
        result, shown = interrupted.result, script
    finally:
        for number, handler in unheard.items():
            signal.signal(number, handler)
        if line is not None:
            line.close()
    name, source, words, _ = shown or ("", b"", [], None)
    code = _report(options, result, name, source)
    late = next((word for word in words if word in OPTIONS), None)
    if code and late:
        output.note(f"{late} stands behind the script, and is a word of its own: luahost's options stand before it")
    if code:
        again.tell(result)
    return code


def _hear() -> dict[int, Any]:
    """A cancelled CI job and a closed terminal end a run as cleanly as Ctrl-C; gives what was there before."""
    before: dict[int, Any] = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)}
    for number, handler in before.items():
        if handler != signal.SIG_IGN:  # as nohup wants it
            signal.signal(number, signal.default_int_handler)
    return before


def _perform(host: Host, options: Any, script: Any, found: History | None, how: AgainOptions) -> tuple[Result, Any]:
    """Run it, and give the script that was run."""
    if found is None:
        name, source, words, folder = script
        result = host.run(
            source,
            name=name,
            args=args_from(options),
            words=words,
            account=options.account,
            modules=options.modules or folder,
            files=options.files,
            dry_run=options.dry_run,
            **how,
        )
        return result, script
    header = found.header
    given = given_limits(options)
    if given and options.resume is not None:
        how["limits"] = Limits(**(header["limits"] or {})).replace(**given)
    shown: Any = header["name"], header["source"].encode("utf-8", "surrogatepass"), [], None
    if options.resume is not None:
        result = host.resume(found.run_id, approved=options.approve, assume=again.assumed(options), **how)
    else:
        source = None if script is None else decode(script[1], script[0])
        result = host.replay(found.path, source, **how)
    return result, shown


def live_line() -> Live | None:
    """The line that says what the run does, where stderr is a terminal; elsewhere it costs nothing."""
    if not sys.stderr.isatty():
        return None
    from luahost.cli.live import live

    return live()


class Stdout:
    """Writes output as it comes; under a limit of time, also where nobody reads it."""

    def __init__(self, wall: float | None) -> None:
        self._wall = wall
        self._until = None if wall is None else time.monotonic() + wall
        self._poll = select.poll()
        self._poll.register(1, select.POLLOUT)

    def __call__(self, data: bytes) -> None:
        try:
            if self._until is None:
                sys.stdout.buffer.write(data)
                sys.stdout.buffer.flush()
                return
            for at in range(0, len(data), select.PIPE_BUF):
                if not self._poll.poll(max(0.0, self._until - time.monotonic()) * 1000):
                    raise limit_exceeded("wall", self._wall, self._wall or 0)
                os.write(1, data[at : at + select.PIPE_BUF])  # what is ready takes this much without blocking
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            raise Cancelled("nobody reads the output any more") from None


def _report(options: Any, result: Result, name: str, source: bytes) -> int:
    """Say how it ended, and give the exit code."""
    if options.json:
        output.print_json(result.as_dict())
    elif "plan" in result.meta:
        output.print_plan(result.meta["plan"])
    if result.error is None:
        return 0
    if not options.json or result.error.code == "cancelled":
        print(explained(result.error, name, source), file=sys.stderr)
    return result.error.exit_code
