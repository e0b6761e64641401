"""Values as they cross the border: JSON both ways, where nothing that a script's side has sent is taken for granted."""

from __future__ import annotations

import json

from luahost import strict
from luahost.errors import InternalError, ScriptError, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

MAX_VALUES = 1 << 20
"""The most values in one frame: Python takes a hundred times the memory of the text for some."""


_scan = strict.decoder.raw_decode
_MAX_NESTED = strict.DEEPEST + 32  # of a frame that a script's side has sent: a value, and what stands around it


def _has_more_values(body: bytes, most: int) -> bool:
    """Whether JSON has more than `most` values, without reading it. What its strings hold does not count."""
    if len(body) <= most or body.count(b",") + body.count(b"{") + body.count(b"[") <= most:
        return False
    text = body.replace(b"\\\\", b"").replace(b'\\"', b"")  # now every quote begins or ends a string
    found = at = 0
    while found <= most:
        start = text.find(b'"', at)
        end = len(text) if start < 0 else start
        found += 1 + text.count(b",", at, end) + text.count(b"{", at, end) + text.count(b"[", at, end)
        at = text.find(b'"', start + 1) + 1 if start >= 0 else 0
        if not at:
            return found > most
    return True


def read_object(body: bytes) -> dict[str, Any]:
    """The JSON object that a script's side has sent. It may have been made by anybody: nothing is taken for granted."""
    if _has_more_values(body, MAX_VALUES):
        raise ScriptError(f"more than {MAX_VALUES} values at once", hint="return or send fewer, or print them")
    try:
        text = body.decode("utf-8", "replace")
        found, end = _scan(text)
        if end != len(text):
            raise ValueError("text after the value")  # noqa: TRY301 (as what the scanner itself raises)
        if len(body) > _MAX_NESTED and body.count(b"{") + body.count(b"[") > _MAX_NESTED:
            strict.check_depth(found, _MAX_NESTED)
        if b"\\" in body and (b"\\ud" in body or b"\\uD" in body):  # halves of surrogate pairs
            found, _ = _scan(dumps(found).decode())
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise InternalError("the script's process sent a frame that cannot be read")
    return found


def refusal(fields: dict[str, Any]) -> bytes:
    """The answer that is an error; what has no JSON form, or is nested too deep for one, is left out of it."""
    try:
        return dumps({"ok": False, "error": fields})
    except (TypeError, ValueError, RecursionError):
        return dumps({"ok": False, "error": {**fields, "details": None}})


_BYTES = "\0bytes"  # the name under which bytes cross, each as the character of its number; requests.lua knows it too


def with_bytes(arguments: Any) -> Any:
    """Arguments, or positional values, with bytes in place of what stands for them."""
    if isinstance(arguments, list):
        return [_as_bytes(value) for value in arguments]
    if isinstance(arguments, dict):
        return {name: _as_bytes(value) for name, value in arguments.items()}
    return arguments


def _as_bytes(value: Any) -> Any:
    if isinstance(value, dict) and len(value) == 1 and isinstance(value.get(_BYTES), str):
        try:
            return value[_BYTES].encode("latin-1")
        except UnicodeEncodeError:
            raise InternalError("the script's process sent bytes that are none") from None
    return value


def _of_bytes(value: Any) -> dict[str, str]:
    if isinstance(value, bytes):
        return {_BYTES: value.decode("latin-1")}
    raise TypeError(f"{type(value).__name__} has no JSON form")


_FORM: dict[str, Any] = {"ensure_ascii": False, "allow_nan": False, "separators": (",", ":")}
_encode = json.JSONEncoder(**_FORM).encode
encode_answer = json.JSONEncoder(**_FORM, default=_of_bytes).encode


def dumps(value: Any, encode: Callable[[Any], str] = _encode) -> bytes:
    text = encode(value)
    try:
        return text.encode()
    except UnicodeEncodeError:
        # Half of a surrogate pair, which JSON can say and UTF-8 cannot: U+FFFD stands for it.
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode()


def success(value: Any) -> bytes:
    """The answer to a request that went well.

    A page that was not read goes on as the API sent it, in front: reading and writing it anew takes time. The script's
    side finds out whether it is JSON.
    """
    entries = value.get("entries") if isinstance(value, dict) else None
    if entries is None or not hasattr(entries, "field"):
        return dumps({"ok": True, "value": value}, encode_answer)
    text = entries.text.encode()
    rest = {**{name: each for name, each in value.items() if name != "entries"}, "field": entries.field}
    return b"P%d %s%s" % (len(text), text, dumps({"ok": True, "value": rest}))


def start_frame(start: dict[str, Any], memory_mib: int | None, number: int = 0) -> bytes:
    """The first frame for a script, as main.lua reads it: seed, time, memory, then texts with their lengths, then JSON.

    In a state that lasts it has the chunk's `number`.

    Raises UsageError for args that JSON does not know.
    """
    texts: list[bytes] = [start[name].encode("utf-8", "surrogatepass") for name in ("account", "name", "source")]
    account, name, source = texts
    durable = start.get("durable")
    now = start["now"] if start["now"] is not None else "-" if durable is None else "+"
    memory = memory_mib << 20 if memory_mib else "-"
    head = f"S{number} {start['seed']} {now} {memory} {len(account)} {len(name)} {len(source)} "
    frame = head.encode() + account + name + source
    if not start["args"] and not start["words"] and not durable:
        return frame
    try:
        given = {"args": start["args"], "words": start["words"], **(durable or {})}
        strict.check_depth(given, strict.DEEPEST)
        return frame + dumps(given)
    except (TypeError, ValueError, RecursionError) as error:
        raise UsageError(f"args cannot be given to a script: {error}", hint="give JSON values") from None
