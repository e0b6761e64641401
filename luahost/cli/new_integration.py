"""`luahost new-integration`: a package that brings an integration, with its test, to be made one's own."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING

from luahost.cli import output
from luahost.errors import UsageError
from luahost.integrations import catalog
from luahost.spec import INTEGRATION_NAME, LUA_WORDS

if TYPE_CHECKING:
    from argparse import ArgumentParser

DESCRIPTIONS = {
    "new-integration": "Write a small package that brings an integration: two functions, their test, and what installs "
    "them. docs/write-an-integration.md goes on from there."
}

_FILES = {
    "pyproject.toml": "pyproject.toml.in",
    "README.md": "README.md.in",
    "luahost_{name}.py": "module.py.in",
    "tests/test_{name}.py": "test.py.in",
}


def main(parser: ArgumentParser, argv: list[str]) -> int:
    parser.add_argument("name", metavar="NAME", help="as in app.integrations.NAME: lower-case letters and digits")
    parser.add_argument("--out", metavar="DIR", help="the folder to make (default: luahost-NAME)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args(argv[1:])
    name = _checked(options.name)
    folder = Path(options.out or f"luahost-{name}")
    written = _write(folder, name)
    if options.json:
        output.print_json({"name": name, "folder": str(folder), "files": written})
        return 0
    for path in written:
        print(folder / path)
    output.note(f"next: cd {folder}, pip install -e '.[test]', pytest; README.md says more")
    return 0


def _checked(name: str) -> str:
    """The name, if an integration can be called so and none is."""
    if not INTEGRATION_NAME.match(name):
        raise UsageError(
            f"{name!r} cannot be an integration's name", hint="lower-case letters and digits, a letter first: notes2"
        )
    if name in LUA_WORDS:
        raise UsageError(
            f"{name!r} is a word of Lua: no script could write app.integrations.{name}", hint="choose another name"
        )
    found = catalog.load()
    if name in found or any(each.name == name for each in found.refused):
        raise UsageError(f"there is an integration named {name!r} already", hint="choose another name")
    return name


def _write(folder: Path, name: str) -> list[str]:
    """Write the files into a new folder, or into an empty one; gives their paths in it."""
    values = {"name": name, "title": name.capitalize(), "constant": name.upper()}
    templates = files("luahost.cli") / "scaffold"
    try:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise UsageError(f"{folder} is there already", hint="name another folder with --out")
        for path, template in _FILES.items():
            place = folder / path.format(name=name)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(Template((templates / template).read_text("utf-8")).substitute(values), "utf-8")
    except OSError as error:
        raise UsageError(f"{folder} cannot be written: {error.strerror}", hint="name another folder") from None
    return [path.format(name=name) for path in _FILES]
