"""`require`: Lua modules, as text, below the script's own folder and nowhere else."""

from __future__ import annotations

import re
from pathlib import Path

from luahost.errors import InvalidArguments, ScriptError
from luahost.lua.source import SourceError, decode

_NAME = re.compile(r"\w+(\.\w+)*", re.ASCII)


class Modules:
    """The modules of one run. Without a folder there are none."""

    def __init__(self, folder: str | Path | None) -> None:
        self._folder = folder

    def read(self, name: str) -> dict[str, str]:
        """The module `a.b`: `source`, and `file` as errors name it."""
        if not _NAME.fullmatch(name):
            raise InvalidArguments(
                f"require: {name!r} is not a module's name",
                hint="names are letters, digits and _, joined by dots",
            )
        if self._folder is None:
            raise ScriptError(f"module {name!r} not found: this run has no folder of modules", hint="use --modules DIR")
        folder = Path(self._folder).resolve()
        file = folder.joinpath(*name.split(".")).with_suffix(".lua")
        target = file.resolve()
        if not target.is_relative_to(folder):
            raise ScriptError(f"module {name!r} lies outside {folder}", hint="copy it below the script's folder")
        shown = Path(self._folder, *name.split(".")).with_suffix(".lua")
        try:
            data = target.read_bytes()
        except OSError as error:
            raise ScriptError(f"module {name!r} not found: {shown}: {error.strerror}") from None
        try:
            return {"source": decode(data, str(shown)), "file": str(shown)}
        except SourceError as error:
            raise ScriptError(error.message, hint=error.hint) from None
