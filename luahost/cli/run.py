"""`luahost run`: a script, its output as it is printed, and an exit code that says how it went."""

from __future__ import annotations

import os
import select
import signal
import sys
import time

from luahost import strict
from luahost.calls.run import limit_exceeded
from luahost.cli import again, output
from luahost.errors import Cancelled, UsageError
from luahost.host import ISOLATIONS, Host
from luahost.lua.confine import LEVELS
from luahost.lua.source import decode
from luahost.outcome import Interrupted, explained
from luahost.results import COMMAND_LINE, Limits

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser
    from collections.abc import Callable
    from typing import Any

    from luahost.asynchronous import AgainOptions
    from luahost.calls.approval import Approve
    from luahost.calls.history import History
    from luahost.calls.policy import Policy
    from luahost.calls.settings import Settings
    from luahost.cli.live import Live
    from luahost.errors import LuaHostError
    from luahost.lua.child import Single
    from luahost.lua.spawn import Process
    from luahost.results import Result

DESCRIPTIONS = {"run": "Run a Lua script. Everything after FILE belongs to the script."}


USAGE = "luahost run [OPTIONS] FILE [WORDS...] | - | -e CODE [WORDS...]"

OPTIONS: dict[str, dict[str, Any]] = {
    "-e": {"dest": "code", "metavar": "CODE", "help": "run CODE instead of a file"},
    "--account": {"default": "default", "metavar": "A", "help": "the account of calls that name none"},
    "--set": {
        "action": "append",
        "default": (),
        "metavar": "K=V",
        "help": "set args.K to a text, or with K:=JSON to a value",
    },
    "--args": {"metavar": "FILE", "help": "set args from a JSON file"},
    "--modules": {"metavar": "DIR", "help": "where require looks (default: the script's folder)"},
    "--files": {"metavar": "DIR", "help": "the folder whose files the script may upload and write (default: none)"},
    "--simulate": {"action": "store_true", "help": "answer from the simulator: no network, no key"},
    "--dry-run": {"action": "store_true", "help": "make reads, send no write, and list what would have been done"},
    "--read-only": {"action": "store_true", "help": "deny every call that writes"},
    "--confirm": {"action": "store_true", "help": "ask at the terminal before every call that writes"},
    "--timeout": {"type": float, "metavar": "S", "help": "seconds that the run may last"},
    "--cpu-limit": {"type": float, "metavar": "S", "help": "seconds of processor time (default 60)"},
    "--memory-limit": {"type": int, "metavar": "MIB", "help": "memory that the script may take (default 256)"},
    "--max-calls": {
        "action": "append",
        "default": (),
        "metavar": "N",
        "help": "calls that it may make; with FUNCTION=N, calls of that one",
    },
    "--max-output": {"type": int, "metavar": "BYTES", "help": "bytes that it may print"},
    "--max-response": {"type": int, "metavar": "BYTES", "help": "bytes of one call's result (default 8388608)"},
    "--isolation": {
        "choices": ISOLATIONS,
        "default": "process",
        "help": "process: a child that never sees a key (default)",
    },
    "--require-seal": {
        "choices": LEVELS,
        "default": "none",
        "help": "refuse to run with fewer walls around the child than this",
    },
    "--no-journal": {"action": "store_true", "help": "keep no journal: the run can then not be resumed"},
    "--resume": {
        "metavar": "RUN",
        "help": "go on with a run that died, failed or was suspended; the script is its own",
    },
    "--approve": {
        "action": "append",
        "default": (),
        "type": int,
        "metavar": "N",
        "help": "with --resume: approve the call N that the run was suspended at",
    },
    "--assume": {
        "action": "append",
        "default": (),
        "metavar": "WORD",
        "help": "with --resume: whether a write was done whose answer was lost: done or not-done, N=done of call N",
    },
    "--suspend": {
        "action": "store_true",
        "help": "end at a call that needs approval which nobody is there to give; --resume goes on",
    },
    "--state": {"metavar": "DIR", "help": "the folder of journals and idempotency keys (default: this user's)"},
    "--replay": {"metavar": "RUN|FILE", "help": "run again from a journal alone: nothing is sent"},
    "--json": {"action": "store_true", "help": "print one JSON object instead of the output"},
}

_LIMITS = {
    "wall": "--timeout",
    "cpu": "--cpu-limit",
    "memory_mib": "--memory-limit",
    "output_bytes": "--max-output",
    "response_bytes": "--max-response",
}
"""Limits that have an option of their own; the others are said by --max-calls."""


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
    given = _given_limits(options)
    if given and options.resume is not None:
        how["limits"] = Limits(**(header["limits"] or {})).replace(**given)
    shown: Any = header["name"], header["source"].encode("utf-8", "surrogatepass"), [], None
    if options.resume is not None:
        result = host.resume(found.run_id, approved=options.approve, assume=again.assumed(options), **how)
    else:
        source = None if script is None else decode(script[1], script[0])
        result = host.replay(found.path, source, **how)
    return result, shown


def script_from(options: Any) -> tuple[str, bytes, list[str], str | None]:
    """The script: its name, its bytes, its words, and the folder of its modules."""
    rest = options.rest[1:] if options.rest[:1] == ["--"] else options.rest
    if options.code is not None:
        return _not_empty("-e", os.fsencode(options.code)), os.fsencode(options.code), rest, None
    if not rest:
        raise UsageError("no script was given", hint="name a file, - for standard input, or use -e CODE")
    file, *words = rest
    if file == "-":
        source = sys.stdin.buffer.read()
        return _not_empty("stdin", source), source, words, None
    try:
        with open(file, "rb") as script:  # noqa: PTH123 (the name as it was typed)
            source = script.read()
    except OSError as error:
        raise UsageError(f"{file}: {error.strerror}", hint="name a Lua file that can be read") from None
    return _not_empty(file, source), source, words, os.path.dirname(file) or "."  # noqa: PTH120


def _not_empty(name: str, source: bytes) -> str:
    if not source.removeprefix(b"\xef\xbb\xbf").strip():
        raise UsageError(
            f"{name}: the script is empty: there is nothing to run", hint='write some Lua, as in print("hi")'
        )
    return name


def args_from(options: Any) -> dict[str, Any]:
    """The global `args`: the file, and over it each --set."""
    found: dict[str, Any] = {}
    if options.args:
        try:
            with open(options.args, encoding="utf-8") as file:  # noqa: PTH123
                found = strict.decode(file.read())
        except OSError as error:
            raise UsageError(f"--args {options.args}: {error.strerror}") from None
        except UnicodeDecodeError:
            raise UsageError(f"--args {options.args}: not UTF-8", hint="save the file as UTF-8") from None
        except (ValueError, RecursionError) as error:
            raise UsageError(f"--args {options.args}: not JSON: {error}") from None
        if not isinstance(found, dict):
            raise UsageError(f"--args {options.args}: a JSON object was expected")
    for word in options.set:
        name, equals, value = word.partition("=")
        typed = name.endswith(":")
        name = name.removesuffix(":")
        if not equals or not name:
            raise UsageError(
                f"--set {word}: K=V was expected",
                hint="as in --set ticket=7, or --set ticket:=7 for a number",
            )
        if typed:
            try:
                found[name] = strict.decode(value)
            except (ValueError, RecursionError) as error:
                raise UsageError(
                    f"--set {word}: not JSON: {error}", hint=f"for a text write --set {name}={value}"
                ) from None
        else:
            found[name] = value
    return found


def check_modules(options: Any) -> None:
    """Raises UsageError where --modules names no folder: each `require` would fail, and the first may come late."""
    if options.modules is not None and not os.path.isdir(options.modules):  # noqa: PTH112 (the name as it was typed)
        raise UsageError(f"--modules {options.modules}: there is no such folder")


def limits_from(options: Any, settings: Settings) -> Limits:
    limits = settings.limits(COMMAND_LINE)
    for name, value in _given_limits(options).items():
        try:
            limits = limits.replace(**{name: value})
        except UsageError as error:
            raise UsageError(f"{_LIMITS.get(name, '--max-calls')}: {error.message}", hint=error.hint) from None
    return limits


def _given_limits(options: Any) -> dict[str, Any]:
    chosen = {
        "wall": options.timeout,
        "cpu": options.cpu_limit,
        "memory_mib": options.memory_limit,
        "output_bytes": options.max_output,
        "response_bytes": options.max_response,
        **_max_calls(options.max_calls),
    }
    return {name: value for name, value in chosen.items() if value is not None}


def _max_calls(words: list[str]) -> dict[str, Any]:
    """The limits that --max-calls N and --max-calls FUNCTION=N say."""
    found: dict[str, Any] = {}
    for word in words:
        function, equals, number = word.rpartition("=")
        if not number.isascii() or not number.isdigit() or (equals and not function):
            raise UsageError(f"--max-calls {word}: N or FUNCTION=N was expected", hint="as in --max-calls 100")
        if equals:
            found.setdefault("calls_per_function", {})[function] = int(number)
        else:
            found["calls"] = int(number)
    return found


def policy_from(options: Any, settings: Settings) -> Policy:
    from luahost.calls.policy import Policy

    return Policy(
        read="allow",
        write="allow",
        rules=settings.rules(),
        read_only=options.read_only,
        confirm=options.confirm,
    )


def live_line() -> Live | None:
    """The line that says what the run does, where stderr is a terminal; elsewhere it costs nothing."""
    if not sys.stderr.isatty():
        return None
    from luahost.cli.live import live

    return live()


def somebody(options: Any, settings: Settings) -> Approve | None:
    """Who is asked about calls, where any could be."""
    if not options.confirm and not settings.integrations():
        return None
    from luahost.cli.approve import terminal

    return terminal()


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
    return exit_code(result.error)


def exit_code(error: LuaHostError) -> int:
    """That of the error; an account that there is not is wrong usage where no line of the script names it."""
    return 2 if error.code == "unknown_account" and error.line is None else error.exit_code
