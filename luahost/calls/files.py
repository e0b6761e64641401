"""The folder of files that a run was given: nothing outside it is read or written."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path

from luahost.errors import InvalidArguments, PermissionDenied, UsageError


class Folder:
    """A run's files, all below one folder; a `dry_run` writes none. Raises UsageError where the folder is none."""

    def __init__(self, folder: str | os.PathLike[str], *, dry_run: bool = False) -> None:
        self._dry_run = dry_run
        self._folder = Path(folder).resolve()
        if not self._folder.is_dir():
            raise UsageError(f"files: {folder} is not a folder", hint="name a folder that exists")

    def read(self, name: str, most: int) -> bytes:
        """The bytes of a file. Raises InvalidArguments for what is none, or has more than `most`."""
        place = self._place(name)
        try:
            # A pipe would be waited for: without a writer, opening it returns at once.
            with os.fdopen(os.open(place, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
                if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                    raise InvalidArguments(f"{name!r} is not a file")
                data = file.read(most + 1)
        except OSError as error:
            raise InvalidArguments(
                f"{name!r} cannot be read: {error.strerror}", hint=f"it is sought in {self._folder}"
            ) from None
        if len(data) > most:
            raise InvalidArguments(f"{name!r} has more than {most} bytes")
        return data

    def write(self, name: str, content: bytes, *, overwrite: bool) -> str:
        """Put `content` into a file whole or not at all; raises InvalidArguments where one is already there."""
        place = self._place(name)
        draft = place.with_name(f".luahost-{os.getpid()}-{os.urandom(8).hex()}")
        try:
            if place.is_dir():
                raise InvalidArguments(f"{name!r} is a folder")
            if place.exists() and not place.is_file():  # a pipe or a device: what uses it would be cut off
                raise InvalidArguments(f"{name!r} is not a file", hint="name one that is, or a new one")
            if self._dry_run:
                if place.exists() and not overwrite:
                    raise FileExistsError  # noqa: TRY301 (as linking would)
                return name
            with os.fdopen(
                os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666), "wb"
            ) as file:
                file.write(content)
            if overwrite:
                draft.replace(place)
            else:
                os.link(draft, place)  # unlike a rename it refuses what is there
        except FileExistsError:
            raise InvalidArguments(f"{name!r} is already there", hint="give overwrite = true to replace it") from None
        except OSError as error:
            raise InvalidArguments(f"{name!r} cannot be written: {error.strerror}") from None
        finally:
            with suppress(OSError):  # there is none, or there can be none
                draft.unlink()
        return name

    def _place(self, name: str) -> Path:
        """The file itself, with every link resolved; raises PermissionDenied outside the folder."""
        if not name or "\0" in name:
            raise InvalidArguments(f"{name!r} is no file's name")
        try:
            found = Path(os.path.realpath(self._folder / name))
        except (OSError, ValueError) as error:
            raise InvalidArguments(f"{name!r} is no file's name") from error
        if not found.is_relative_to(self._folder) or found == self._folder:
            raise PermissionDenied(f"{name!r} lies outside the folder of this run's files", hint="name a file below it")
        if name.endswith("/"):  # which resolving takes away
            raise InvalidArguments(f"{name!r} is a folder's name", hint="name a file, without / at the end")
        return found
