"""Frames on a stream of bytes: four bytes of length, little-endian, and that many bytes (see border.lua)."""

from __future__ import annotations

from luahost.errors import InternalError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_FRAME = 64 << 20
"""Bytes of the largest frame that a script's side may send; a longer one ends the run."""


def pack(frame: bytes) -> bytes:
    return len(frame).to_bytes(4, "little") + frame


class Splitter:
    """Takes bytes as they come, gives frames as they are complete."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The frames that are complete now. Raises InternalError for a length that no frame has."""
        buffer = self._buffer
        if not buffer:  # nearly always one whole frame
            size = int.from_bytes(data[:4], "little")
            if len(data) == size + 4 and 0 < size <= MAX_FRAME:
                yield data[4:]
                return
        buffer += data
        at = 0
        try:
            while len(buffer) - at >= 4:
                size = int.from_bytes(buffer[at : at + 4], "little")
                if not 0 < size <= MAX_FRAME:
                    raise InternalError("the script's process sent something that is not a frame")
                if len(buffer) - at - 4 < size:
                    break
                frame = bytes(buffer[at + 4 : at + 4 + size])
                at += 4 + size
                yield frame
        finally:
            del buffer[:at]

    @property
    def empty(self) -> bool:
        """Whether nothing but whole frames has come."""
        return not self._buffer
