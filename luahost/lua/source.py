"""The text of a script, from whatever bytes somebody has."""

from __future__ import annotations

import codecs

from luahost.errors import ScriptSyntaxError


class SourceError(ScriptSyntaxError):
    """A file that is no Lua text."""

    def __init__(self, message: str, file: str, line: int | None = None, *, hint: str) -> None:
        super().__init__(message, hint=hint)
        self.file = file
        self.line = line


def decode(data: bytes, name: str) -> str:
    """The text: without a byte order mark, and with a first line that begins with # left empty.

    Raises SourceError for bytecode, which can crash LuaJIT, and for what is not UTF-8.
    """
    if data.startswith(b"\x1b"):
        raise SourceError("this is bytecode, and only Lua text is run", name, hint="run the source it was made from")
    try:
        text = data.decode("utf-8-sig" if data.startswith(codecs.BOM_UTF8) else "utf-8")  # the former is much slower
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        byte = f"byte {error.start + 1} is 0x{data[error.start]:02X}"
        raise SourceError(f"not UTF-8: {byte}", name, line, hint="save the file as UTF-8") from None
    if text.startswith("#"):
        text = "--" + text
    return text
