"""What lies beside a document: nothing else is read for its blocks, and nothing else is written."""

from __future__ import annotations

import os
import stat
from shutil import copy2, copytree
from typing import TYPE_CHECKING

from luahost.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

MOST_FILES, MOST_BYTES = 2000, 64 << 20
"""What a block is given a copy of, at most."""

_JOURNAL = b'{"event":"run"'


def beside(document: Path, setting: str, name: str) -> Path:
    """The file or folder that a setting names; raises UsageError for what lies outside of the document's folder."""
    folder = document.parent.resolve()
    found = (folder / name).resolve()
    if folder != found and folder not in found.parents:
        raise UsageError(
            f"{setting} = {name}: this lies outside of the document's folder", hint="put it beside the page"
        )
    return found


def copied(document: Path, name: str, place: Path) -> Path:
    """A copy of the folder `name`, in `place`; raises UsageError for what cannot be copied, or is too much."""
    folder = beside(document, "files", name)
    if not folder.is_dir():
        raise UsageError(f"files = {name}: there is no such folder beside the document")
    files = size = 0

    def copy(source: str, target: str) -> str:
        nonlocal files, size
        about = os.lstat(source)
        if not stat.S_ISREG(about.st_mode):
            raise UsageError(f"files = {name}: {os.path.relpath(source, folder)} is no regular file")
        files, size = files + 1, size + about.st_size
        if files > MOST_FILES or size > MOST_BYTES:
            most = f"{MOST_FILES} files, {MOST_BYTES >> 20} MiB"
            raise UsageError(f"files = {name}: more than a block is given a copy of ({most})")
        return str(copy2(source, target))

    return copytree(folder, place, symlinks=True, copy_function=copy)


def writable(document: Path, name: str) -> Path:
    """Where a journal may be recorded; raises UsageError for a file that is there and is none."""
    found = beside(document, "replay", name)
    if found.exists():
        with found.open("rb") as file:
            if file.read(len(_JOURNAL)) != _JOURNAL:
                raise UsageError(f"replay = {name}: this file is no journal, and is left as it is")
    return found
