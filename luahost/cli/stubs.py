"""`luahost stubs`: what editors and luacheck need to know of the namespace, written into a folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from luahost.calls.settings import Settings
from luahost.check.known import Known, account_list
from luahost.cli import output
from luahost.errors import UsageError
from luahost.integrations import catalog
from luahost.reference import luals
from luahost.reference.luacheck import luacheckrc

if TYPE_CHECKING:
    from argparse import ArgumentParser

DESCRIPTIONS = {
    "stubs": "Write what a Lua language server and luacheck need to know of the namespace: .luarc.json, .luacheckrc "
    f"and the definitions, in {luals.FOLDER}. DIR is the folder that the editor opens."
}

_MARK = "luahost"  # what is in every file that this has written


def main(parser: ArgumentParser, argv: list[str]) -> int:
    parser.add_argument("--out", required=True, metavar="DIR", help="where to; it is made if it is not there")
    parser.add_argument(
        "--accounts",
        metavar="A,B",
        help="the accounts that there are (default: those set up here)",
    )
    parser.add_argument("--force", action="store_true", help="write over a .luarc.json and a .luacheckrc of your own")
    parser.add_argument("--json", action="store_true", help="print the names of the files as a JSON list")
    options = parser.parse_args(argv[1:])
    try:
        written = _write(Path(options.out), _files(options.accounts), force=options.force)
    except UsageError as error:
        return output.fail(error, as_json=options.json)
    if options.json:
        output.print_json(written)
    for name in () if options.json else written:
        print(name)
    return 0


def _files(accounts: str | None) -> dict[str, str]:
    """The text of each file, by its name below the folder."""
    known = Known(catalog.load(), Settings.load(), account_list(accounts))
    named = {name: known.account_names(name) for name in known.catalog}
    return {
        ".luarc.json": luals.luarc(),
        ".luacheckrc": luacheckrc(known.catalog, named, known.globals),
        f"{luals.FOLDER}/globals.lua": luals.globals_stub(),
        **{
            f"{luals.FOLDER}/{name}.lua": luals.integration_stub(integration, named[name])
            for name, integration in known.catalog.items()
        },
    }


def _write(folder: Path, files: dict[str, str], *, force: bool) -> list[str]:
    """Write them all, or none where one would take the place of somebody's own."""
    try:
        own = [name for name in files if not force and _is_own(folder / name)]
        if own:
            raise UsageError(
                f"{folder / own[0]} is there already, and is not of luahost's making",
                hint="--force writes over it; or use another folder, and copy what you need",
            )
        for name, text in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
    except OSError as error:
        raise UsageError(f"{error.filename or folder}: {error.strerror}", hint="--out names a folder") from None
    return [str(folder / name) for name in files]


def _is_own(path: Path) -> bool:
    return path.exists() and _MARK not in path.read_text("utf-8", "replace")
