"""`luahost check`: mistakes in scripts, found without running them."""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING

from luahost.cli import output
from luahost.errors import UsageError

if TYPE_CHECKING:
    from argparse import ArgumentParser

    from luahost.check.findings import Finding

DESCRIPTIONS = {
    "check": "Find mistakes in Lua scripts without running them: syntax; functions, accounts, parameters that are not "
    "there; wrong values; what a script does not have. Where it is not sure nothing is said. Exits 1 if it found any."
}


def main(parser: ArgumentParser, argv: list[str]) -> int:
    parser.add_argument("files", nargs="+", metavar="FILE", help="the scripts, or - for standard input")
    parser.add_argument(
        "--accounts",
        metavar="A,B",
        help="the accounts that there are (default: those set up here; where only default is, any account is right)",
    )
    parser.add_argument("--modules", metavar="DIR", help="where require looks (default: each script's folder)")
    parser.add_argument("--json", action="store_true", help="print a JSON list")
    options = parser.parse_args(argv[1:])
    try:
        found = _check(options.files, options.accounts, options.modules)
    except UsageError as error:
        return output.fail(error, as_json=options.json)
    if options.json:
        output.print_json([each.as_dict() for each in found])
    else:
        print("".join(map(_line, found)), end="")
    return 1 if found else 0


def _line(found: Finding) -> str:
    """`file:line:column: message`, and what to write in a line of its own, where the message does not say it."""
    hint = f"    {found.hint}\n" if found.hint and "did you mean" not in found.message else ""
    return f"{found.file}:{found.line}:{found.column}: {found.message}\n{hint}"


def _check(files: list[str], accounts: str | None, modules: str | None) -> list[Finding]:
    for package in ("tree_sitter", "tree_sitter_lua"):
        if find_spec(package) is None:
            raise UsageError(
                f"luahost check needs the package {package.replace('_', '-')}",
                hint="install it: pip install 'luahost[check]'",
            )
    from luahost.calls.settings import Settings
    from luahost.check.known import Known, account_list
    from luahost.check.script import check
    from luahost.integrations import catalog

    scripts = [(name, *_read(name)) for name in files]
    if modules is not None and not os.path.isdir(modules):  # noqa: PTH112 (the name as it was typed)
        raise UsageError(f"--modules {modules}: there is no such folder")
    known = Known(catalog.load(), Settings.load(), account_list(accounts))
    return [each for name, data, folder in scripts for each in check(data, name, known, modules or folder, output.note)]


def _read(file: str) -> tuple[bytes, str | None]:
    """A script's bytes, and the folder of its modules."""
    if file == "-":
        return sys.stdin.buffer.read(), None
    try:
        with open(file, "rb") as script:  # noqa: PTH123
            return script.read(), os.path.dirname(file) or "."  # noqa: PTH120
    except OSError as error:
        raise UsageError(f"{file}: {error.strerror}", hint="name a Lua file that can be read") from None
