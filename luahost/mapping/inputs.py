"""The inputs of a map: a file of JSON lines, or dictionaries. One that cannot be used is a failure of its own."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from luahost import strict
from luahost.errors import InvalidArguments, LuaHostError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class Input(NamedTuple):
    """One input: its line, counted from 1, its `args`, and their digest; or the problem why there are none."""

    line: int
    args: dict[str, Any] | None
    problem: LuaHostError | None = None

    @property
    def digest(self) -> int:
        return digest(self.args)


def digest(args: Any) -> int:
    """64 bits that tell arguments apart, whatever the order of their names; never 0."""
    text = json.dumps(args, sort_keys=True, separators=(",", ":"))
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little") | 1


def script_digest(script: str, account: str) -> str:
    """What the journals of a map are tied to: another script, or another account, makes other runs."""
    return hashlib.sha256(f"{account}\n{script}".encode("utf-8", "surrogatepass")).hexdigest()


def read(inputs: Any) -> Iterator[Input]:
    """The inputs one by one, from the path of a file of JSON lines, "-" for standard input, or an iterable of dicts.

    Raises UsageError at once for a file that cannot be read and for what is neither.
    """
    if isinstance(inputs, (str, os.PathLike)):
        return _from_lines(os.fspath(inputs), _open(os.fspath(inputs)))
    if isinstance(inputs, Mapping) or not hasattr(inputs, "__iter__"):
        raise UsageError(f"inputs: dictionaries or the path of a file were expected, not {type(inputs).__name__}")
    return _from_values(inputs)


def count(inputs: Any) -> int | None:
    """How many there are, where that can be known before they are read; blank lines count too."""
    if isinstance(inputs, (str, os.PathLike)):
        if not Path(inputs).is_file():
            return None
        with Path(inputs).open("rb") as file:
            lines = last = 0
            while block := file.read(1 << 20):
                lines += block.count(b"\n")
                last = block[-1]
        return lines + (last not in (0, 10))
    return len(inputs) if hasattr(inputs, "__len__") else None


def _open(path: str) -> Any:
    try:
        return sys.stdin.buffer if path == "-" else Path(path).open("rb")
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}", hint="name a file with one JSON object a line") from None


def _from_lines(path: str, file: Any) -> Iterator[Input]:
    name = "stdin" if path == "-" else path
    with file:
        line = 0
        while True:
            try:
                raw = file.readline()
            except OSError as error:
                raise UsageError(f"{name}: cannot be read: {error.strerror}") from None
            if not raw:
                return
            line += 1
            text = raw.removeprefix(b"\xef\xbb\xbf") if line == 1 else raw
            if text.strip():
                yield _parsed(text, name, line)


def _parsed(text: bytes, name: str, line: int) -> Input:
    try:
        args = strict.decode(text.decode("utf-8").rstrip("\r\n"))
    except UnicodeDecodeError:
        return Input(line, None, _problem(name, line, "not UTF-8", "save the file as UTF-8"))
    except json.JSONDecodeError as error:
        return Input(line, None, _problem(name, line, f"not JSON: {error.msg} at column {error.colno}"))
    except RecursionError:
        return Input(line, None, _problem(name, line, "nested too deep"))
    except ValueError as error:
        return Input(line, None, _problem(name, line, f"not JSON: {error}"))
    if not isinstance(args, dict):
        return Input(line, None, _problem(name, line, f"a JSON object was expected, not {_kind(args)}"))
    return Input(line, args)


def _from_values(values: Iterable[Any]) -> Iterator[Input]:
    for line, value in enumerate(values, 1):
        place = f"inputs[{line - 1}]"
        if not isinstance(value, Mapping):
            problem = InvalidArguments(f"{place}: a dictionary was expected, not {type(value).__name__}")
            yield Input(line, None, problem)
            continue
        try:
            yield Input(line, json.loads(json.dumps(dict(value), allow_nan=False)))
        except (TypeError, ValueError, RecursionError) as error:
            yield Input(line, None, InvalidArguments(f"{place}: not JSON: {error}"))


def _problem(name: str, line: int, what: str, hint: str = 'as in {"ticket": 7}, one object a line') -> LuaHostError:
    error = InvalidArguments(f"{name}:{line}: {what}", hint=hint)
    error.file, error.line = name, line
    return error


def _kind(value: Any) -> str:
    return {list: "an array", str: "a text", bool: "true or false", type(None): "null"}.get(type(value), "a number")
