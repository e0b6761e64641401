"""The command line. Each command is a module of this package, imported when it is asked for."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Action, ArgumentParser
    from typing import Any, NoReturn

    from luahost.lua.spawn import Process

COMMANDS = {
    "run": ("run", "run a Lua script"),
    "repl": ("repl", "run Lua chunk by chunk, in one state that lasts"),
    "map": ("map", "run a script once for each line of a file"),
    "call": ("call", "make one call without a script"),
    "check": ("check", "find mistakes in scripts without running them"),
    "stubs": ("stubs", "write definitions for editors and luacheck"),
    "list": ("reference", "list the functions of all integrations"),
    "search": ("reference", "search the reference"),
    "docs": ("reference", "read a page of the reference"),
    "schema": ("reference", "print a function's JSON Schema"),
    "accounts": ("accounts", "list, add, test or remove accounts"),
    "doctor": ("doctor", "show what is set up, and what to type next"),
    "simulate": ("simulate", "serve the Devin simulator over HTTP"),
    "runs": ("runs", "list, show, trace or prune the runs there were"),
    "test-docs": ("test_docs", "run the Lua blocks of documents as tests"),
    "new-integration": ("new_integration", "begin a package that brings an integration"),
    "mcp": ("mcp", "serve the Model Context Protocol: tools for a model"),
    "completion": ("completion", "print what completes luahost in bash, zsh or fish"),
}
"""Each command: its module, and what it does."""


def _start_early(argv: list[str]) -> Process | None:
    """For `run`, start the child at once: it gets ready while this process imports what it needs."""
    if argv[:1] != ["run"] or not {"-h", "--help", "none", "--isolation=none"}.isdisjoint(argv):
        return None
    from luahost.lua.spawn import start

    try:
        return start()
    except Exception:  # noqa: BLE001 (`run` starts one itself, and says what is wrong)
        return None


def _help() -> str:
    from luahost import __version__

    lines = [f"  {name:<15} {text}" for name, (_, text) in COMMANDS.items()]
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
    try:
        return _main(argv)
    except SystemExit as leaving:  # argparse has said why
        return leaving.code if isinstance(leaving.code, int) else 2
    except KeyboardInterrupt:
        _say("interrupted")
        return 130
    except BrokenPipeError:
        # Whoever read our output has left; nothing more can be said there.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 130
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        place = f"{error.filename}: " if error.filename else "the output cannot be written: " if _is_full(error) else ""
        _say(f"cannot go on: {place}{error.strerror or type(error).__name__}")
        return 6
    except Exception as error:
        from luahost.cli import output
        from luahost.errors import LuaHostError

        if isinstance(error, LuaHostError):
            return output.fail(error)
        if os.environ.get("LUAHOST_DEBUG"):
            raise
        _say(f"a fault of luahost's own: {type(error).__name__} (LUAHOST_DEBUG=1 shows where)")
        return 6


def _is_full(error: OSError) -> bool:
    """Whether a disk is, where no file is named: what luahost itself writes to is named by the errors of that."""
    import errno

    return error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def _say(text: str) -> None:
    print(f"luahost: {text}", file=sys.stderr)


def _main(argv: list[str]) -> int:
    process = _start_early(argv)
    if "opentelemetry" in sys.modules:  # opentelemetry-instrument has started this
        from luahost import telemetry

        telemetry.inherit(os.environ)
    if not argv:
        print(_help(), file=sys.stderr)
        return 2
    if argv[0] == "help" and argv[1:2] and argv[1] in COMMANDS:
        argv = [argv[1], "--help"]
    if argv[0] in ("-h", "--help", "help"):
        print(_help())
        return 0
    if argv[0] == "--version":
        from luahost import __version__

        print(f"luahost {__version__}")
        return 0
    if argv[0] not in COMMANDS:
        from luahost.calls.names import did_you_mean

        _say(f"unknown command {argv[0]!r}{did_you_mean(argv[0], COMMANDS)}; luahost --help lists them")
        return 2
    return _command(argv, process)


def _command(argv: list[str], process: Process | None) -> int:
    module = load(argv[0])
    if argv[0] == "run":
        return int(module.main(lambda: make_parser(argv[0], module.DESCRIPTIONS[argv[0]]), argv[1:], process))
    return int(module.main(make_parser(argv[0], module.DESCRIPTIONS[argv[0]]), argv))


def load(command: str) -> Any:
    """The module of a command."""
    from importlib import import_module

    return import_module(f"luahost.cli.{COMMANDS[command][0]}")


def make_parser(command: str, description: str) -> ArgumentParser:
    """The parser of a command, without what the command adds."""
    from argparse import ArgumentParser, HelpFormatter

    from luahost.cli.output import columns

    class Formatter(HelpFormatter):
        """Knows how wide the terminal is: argparse would import shutil for that, and all of its compressors."""

        def __init__(self, prog: str) -> None:
            super().__init__(prog, width=columns() - 2)

    class Parser(ArgumentParser):
        """Says what is wrong in one line, and what a misspelt option was meant to be."""

        def error(self, message: str) -> NoReturn:
            start, _, words = message.partition(": ")
            if start == "unrecognized arguments":
                from luahost.calls.names import did_you_mean

                word = words.partition(" ")[0].partition("=")[0]
                message += did_you_mean(word, _all_options(self)) if word.startswith("--") else ""
            self.exit(2, f"{self.prog}: {message}; {self.prog} --help says more\n")

    return Parser(prog=f"luahost {command}", description=description, allow_abbrev=False, formatter_class=Formatter)


def actions_of(parser: ArgumentParser) -> list[Action]:
    """What a parser takes: argparse has no other way to be asked."""
    return list(parser._actions)  # noqa: SLF001


def options_of(parser: ArgumentParser) -> dict[str, Action]:
    """The options of a parser, by each of their names."""
    return {name: action for action in actions_of(parser) for name in action.option_strings}


def _all_options(parser: ArgumentParser) -> list[str]:
    """The options of a parser, and of those below it."""
    below = [
        each for action in actions_of(parser) if isinstance(action.choices, dict) for each in action.choices.values()
    ]
    return [*options_of(parser), *(name for each in below for name in _all_options(each))]


def _open_streams() -> None:
    """Standard streams that were closed become empty ones, and text that a terminal cannot show is escaped."""
    for fd, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        if getattr(sys, name) is None:
            null = os.open(os.devnull, os.O_RDWR)
            if null != fd:
                os.dup2(null, fd)
                os.close(null)
            setattr(sys, name, open(fd, mode, encoding="utf-8", closefd=False))  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]  # both are text files here


def entry() -> None:
    """The `luahost` command: leaves without an interpreter's goodbye, which waits for nothing that matters here.

    But for who traces it: what has not been sent yet is sent by that.
    """
    try:
        _open_streams()
        code = main()
        sys.stdout.flush()
        sys.stderr.flush()
    except KeyboardInterrupt:
        code = 130
    except OSError:
        code = 6
    if "opentelemetry" in sys.modules:
        sys.exit(code)  # spans that wait to be sent are sent by it
    os._exit(code)
