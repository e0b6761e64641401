"""The text of a script, from whatever bytes somebody has."""

from __future__ import annotations

from luahost.errors import ScriptSyntaxError


class SourceError(ScriptSyntaxError):
    """A file that is no Lua text."""


def decode(data: bytes, name: str) -> str:
    """The text: without a byte order mark, and with a first line that begins with # left empty.

    Raises SourceError for bytecode, which can crash LuaJIT, and for what is not UTF-8.
    """
    if data.startswith(b"\x1b"):
        raise SourceError(f"{name}: this is bytecode, and only Lua text is run", hint="run the source it was made from")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise SourceError(
            f"{name}:{line}: not UTF-8: byte {error.start + 1} is 0x{data[error.start]:02X}",
            hint="save the file as UTF-8",
        ) from None
    if text.startswith("#"):
        text = "--" + text
    return text
