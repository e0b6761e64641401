"""An upload: the file in a body of multipart/form-data (RFC 7578)."""

from __future__ import annotations

from email.message import Message
from email.parser import HeaderParser
from typing import TYPE_CHECKING, NamedTuple

from .answers import Refusal, failure, invalid

if TYPE_CHECKING:
    from .request import Request

MOST_BYTES = 10 * 1024 * 1024  # of one file; the documentation names no bound
MOST_LETTERS = 255  # of its name, as of a file's name elsewhere
_MOST_PARTS = 100


class File(NamedTuple):
    name: str
    content_type: str
    content: bytes


def read_file(request: Request) -> File:
    """The file in the field `file`; refuses a body without one as FastAPI does."""
    loc = ("body", "file")
    if request.content_type.partition(";")[0].strip().lower() != "multipart/form-data":
        raise invalid(failure(loc, "Field required", "missing"))
    for headers, content in reversed(_parts(request)):  # of several, the last counts
        if headers.get_param("name", header="content-disposition") != "file":
            continue
        if headers.get_param("filename", header="content-disposition") is None:
            raise invalid(failure(loc, "Value error, Expected UploadFile, received: <class 'str'>", "value_error"))
        name = _name(headers.get_filename() or "")
        if not name:
            break
        if len(name) > MOST_LETTERS:
            msg = f"The name of the file should have at most {MOST_LETTERS} characters"
            raise invalid(failure(loc, msg, "value_error"))
        if len(content) > MOST_BYTES:
            raise Refusal(413, f"The file is larger than {MOST_BYTES} bytes")
        kind = headers.get_content_type() if "content-type" in headers else "application/octet-stream"
        return File(name, kind, content)
    raise invalid(failure(loc, "Field required", "missing"))


def _parts(request: Request) -> list[tuple[Message, bytes]]:
    # Cut by hand, since the email package would take a file that is itself a message or multipart apart.
    head = Message()
    head["content-type"] = request.content_type.replace("\r", "").replace("\n", "")
    boundary = head.get_boundary()
    if not boundary or not boundary.isascii():
        raise _malformed()
    pieces = (b"\r\n" + request.data).split(b"\r\n--" + boundary.encode(), _MOST_PARTS + 1)
    if len(pieces) > _MOST_PARTS + 1:
        raise Refusal(400, f"Too many parts: at most {_MOST_PARTS} are read")
    closed = next((place for place, piece in enumerate(pieces) if place and piece.startswith(b"--")), None)
    if closed is None:
        raise _malformed()
    return [_part(piece) for piece in pieces[1:closed]]


def _part(piece: bytes) -> tuple[Message, bytes]:
    padding, line_end, rest = piece.partition(b"\r\n")
    lines, blank, content = (b"\r\n" + rest).partition(b"\r\n\r\n")
    if padding.strip(b" \t") or not line_end or not blank:
        raise _malformed()
    return HeaderParser().parsestr(lines.removeprefix(b"\r\n").decode("utf-8", "replace")), content


def _name(sent: str) -> str:
    """The last step of what may be a path; nothing for what would not be a name in a URL."""
    last = sent.replace("\\", "/").rpartition("/")[2]
    plain = "".join(letter for letter in last if letter.isprintable()).strip()
    return "" if plain in (".", "..") else plain


def _malformed() -> Refusal:
    return Refusal(400, "There was an error parsing the body")
