"""The command line. Each command is a module of this package, imported when it is asked for."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from luahost.lua.spawn import Process

COMMANDS = {
    "run": ("run", "run a Lua script"),
    "call": ("call", "make one call without a script"),
    "list": ("reference", "list the functions of all integrations"),
    "search": ("reference", "search the reference"),
    "docs": ("reference", "read a page of the reference"),
    "schema": ("reference", "print a function's JSON Schema"),
    "accounts": ("accounts", "list, add, test or remove accounts"),
    "doctor": ("doctor", "show what is set up, and what to type next"),
    "simulate": ("simulate", "serve the Devin simulator over HTTP"),
}
"""Each command: its module, and what it does."""


def _start_early(argv: list[str]) -> Process | None:
    """For `run`, start the child at once: it gets ready while this process imports what it needs."""
    if argv[:1] != ["run"] or not {"-h", "--help", "none", "--isolation=none"}.isdisjoint(argv):
        return None
    from luahost.errors import InternalError
    from luahost.lua.spawn import start

    try:
        return start()
    except InternalError:
        return None  # `run` starts one itself, and says what is wrong


def _help() -> str:
    from luahost import __version__

    lines = [f"  {name:<10} {text}" for name, (_, text) in COMMANDS.items()]
    return "\n".join(
        [
            "usage: luahost COMMAND [OPTIONS]",
            "",
            f"luahost {__version__}: run Lua scripts that drive Devin, and never hold its key.",
            "",
            "commands:",
            *lines,
            "",
            "luahost COMMAND --help says more; luahost doctor says what is set up.",
        ]
    )


def main(argv: list[str] | None = None) -> int:
    """Run one command and give its exit code."""
    argv = sys.argv[1:] if argv is None else argv
    process = _start_early(argv)
    from luahost.cli import output
    from luahost.errors import LuaHostError

    try:
        if not argv:
            print(_help(), file=sys.stderr)
            return 2
        if argv[0] in ("-h", "--help", "help"):
            print(_help())
            return 0
        if argv[0] == "--version":
            from luahost import __version__

            print(f"luahost {__version__}")
            return 0
        if argv[0] not in COMMANDS:
            from luahost.calls.arguments import did_you_mean

            guess = did_you_mean(argv[0], COMMANDS)
            print(f"luahost: unknown command {argv[0]!r}{guess}; luahost --help lists them", file=sys.stderr)
            return 2
        return _command(argv, process)
    except SystemExit as leaving:  # argparse has said why
        return leaving.code if isinstance(leaving.code, int) else 2
    except BrokenPipeError:
        # Whoever read our output has left; nothing more can be said there.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 130
    except KeyboardInterrupt:
        return 130
    except LuaHostError as error:
        return output.fail(error)


def _command(argv: list[str], process: Process | None) -> int:
    from argparse import ArgumentParser
    from importlib import import_module

    module = import_module(f"luahost.cli.{COMMANDS[argv[0]][0]}")
    parser = ArgumentParser(prog=f"luahost {argv[0]}", description=module.DESCRIPTIONS[argv[0]], allow_abbrev=False)
    if argv[0] == "run":
        return int(module.main(parser, argv[1:], process))
    return int(module.main(parser, argv))


def entry() -> None:
    """The `luahost` command: leaves without an interpreter's goodbye, which waits for nothing that matters here."""
    code = main()
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:
        code = code or 130
    os._exit(code)
