"""`require`: Lua modules, as text, below the script's own folder and nowhere else."""

from __future__ import annotations

import os

from luahost.errors import InvalidArguments, ScriptError
from luahost.lua.source import SourceError, decode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path


class Modules:
    """The modules of one run. Without a folder there are none."""

    def __init__(self, folder: str | Path | None) -> None:
        self._folder = folder

    def read(self, name: str) -> dict[str, str]:
        """The module `a.b`: `source`, and `file` as errors name it."""
        if not all(part.replace("_", "a").isalnum() and part.isascii() for part in name.split(".")):
            raise InvalidArguments(
                f"require: {name!r} is not a module's name",
                hint="names are letters, digits and _, joined by dots",
            )
        if self._folder is None:
            raise ScriptError(f"module {name!r} not found: this run has no folder of modules", hint="use --modules DIR")
        folder = os.path.realpath(self._folder)
        shown = os.path.join(self._folder, *name.split(".")) + ".lua"  # noqa: PTH118 (pathlib is slow to import)
        target = os.path.realpath(shown)
        if os.path.commonpath((folder, target)) != folder:
            raise ScriptError(f"module {name!r} lies outside {folder}", hint="copy it below the script's folder")
        if os.path.exists(target) and not os.path.isfile(target):  # noqa: PTH110, PTH113
            raise ScriptError(f"module {name!r} not found: {shown}: not a file")
        try:
            with open(target, "rb") as file:  # noqa: PTH123
                data = file.read()
        except OSError as error:
            raise ScriptError(f"module {name!r} not found: {shown}: {error.strerror}") from None
        try:
            return {"source": decode(data, shown), "file": shown}
        except SourceError as error:
            raise ScriptError(f"{shown}: {error.message}", hint=error.hint) from None
