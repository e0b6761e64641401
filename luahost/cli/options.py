"""The options of a run, and what they say: its script, arguments, limits, policy, and who is asked.

`repl` and `map` have some of them too.
"""

from __future__ import annotations

import os
import sys

from luahost import strict
from luahost.calls.limits import LIMIT_OPTIONS
from luahost.errors import UsageError
from luahost.given import ISOLATIONS
from luahost.lua.confine import LEVELS
from luahost.results import COMMAND_LINE, Limits

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from luahost.calls.approval import Approve
    from luahost.calls.policy import Policy
    from luahost.calls.settings import Settings

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
    """Raise UsageError where --modules names no folder: each `require` would fail, and the first may come late."""
    if options.modules is not None and not os.path.isdir(options.modules):  # noqa: PTH112 (the name as it was typed)
        raise UsageError(f"--modules {options.modules}: there is no such folder")


def limits_from(options: Any, settings: Settings) -> Limits:
    """The limits of the settings, and over them those that were given."""
    limits = settings.limits(COMMAND_LINE)
    for name, value in given_limits(options).items():
        try:
            limits = limits.replace(**{name: value})
        except UsageError as error:
            raise UsageError(f"{LIMIT_OPTIONS[name]}: {error.message}", hint=error.hint) from None
    return limits


def given_limits(options: Any) -> dict[str, Any]:
    """The limits that were given, by the names that `Limits` has for them."""
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
    """The policy of the settings, as the command line has it: what they do not name is allowed."""
    from luahost.calls.policy import Policy

    return Policy(
        read="allow",
        write="allow",
        rules=settings.rules(),
        read_only=options.read_only,
        confirm=options.confirm,
    )


def somebody(options: Any, settings: Settings) -> Approve | None:
    """Who is asked about calls, where any could be."""
    if not options.confirm and not settings.integrations():
        return None
    from luahost.cli.approve import terminal

    return terminal()
