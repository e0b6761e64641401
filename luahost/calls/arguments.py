"""Arguments against the declaration: everything that is wrong, in one error, before anything is sent."""

from __future__ import annotations

import json
import math
import re
from typing import TYPE_CHECKING, Any

from luahost.calls.cover import SENSITIVE
from luahost.calls.names import did_you_mean
from luahost.errors import InvalidArguments, Unsupported

if TYPE_CHECKING:
    from collections.abc import Container, Iterator

    from luahost.spec import Function, Param

_MOST_PROBLEMS = 20
_MOST_SHOWN = 8  # parameters in a hint
_MOST_STRAY = 3  # unknown names that somebody may have thought of
_LONGEST_NAME = 100  # characters; a longer word is no misspelt name


class _Unknown:
    """The class of UNKNOWN."""

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN = _Unknown()
"""A value that only a run will know, among arguments that are checked before one: nothing is wrong with it."""


def from_positions(function: Function, values: list[Any]) -> dict[str, Any]:
    """Positional values by the declared order; None stands for one left out."""
    if len(values) > len(function.params):
        given = "1 value was given" if len(values) == 1 else f"{len(values)} values were given"
        names = ", ".join(param.name for param in function.params)
        count = "there is 1 parameter" if len(function.params) == 1 else f"there are {len(function.params)} parameters"
        problem = f"{given}, and {f'{count} ({names})' if names else 'it takes none'}"
        raise InvalidArguments(problem, hint=usage(function))
    pairs = zip(function.params, values, strict=False)
    return {param.name: value for param, value in pairs if value is not None}


def check(function: Function, arguments: Any) -> dict[str, Any]:
    """The arguments, clean and in declared order; raises InvalidArguments with every problem at once."""
    if arguments == []:  # json.array() of nothing
        arguments = {}
    if isinstance(arguments, list):
        raise InvalidArguments("a list was given where named values are expected", hint=usage(function))
    if not isinstance(arguments, dict):
        raise InvalidArguments("named values were expected", hint=usage(function))
    problems: list[tuple[str, str]] = []
    known = [param.name for param in function.params]
    expected = f"; known: {', '.join(known)}" if known else "; it takes none"
    for name in arguments:
        if name not in known and len(problems) <= _MOST_PROBLEMS:
            given = str(name)  # a program may use what JSON has no name for
            given = given if len(given) <= _LONGEST_NAME else given[: _LONGEST_NAME - 3] + "..."
            guess = did_you_mean(given, known)
            problems.append((given, f"unknown parameter {given!r}{guess or expected}"))
            expected = expected if guess else ""  # once is enough
    clean: dict[str, Any] = {}
    for param in function.params:
        value = arguments.get(param.name)
        if value is None:
            if param.required:
                problems.append((param.name, f"{param.name!r} is required"))
            continue
        value, problem = _checked(param, value)
        if problem:
            problems.append((param.name, f"{param.name!r} {problem}"))
        clean[param.name] = value
    if len(problems) > _MOST_STRAY and wants_one_of(function, arguments) not in (None, *dict(problems)):
        raise whole_given(function)
    if problems:
        told, more = problems[:_MOST_PROBLEMS], len(problems) > _MOST_PROBLEMS
        raise InvalidArguments(
            "; ".join(problem for _, problem in told) + ("; and more" if more else ""),
            hint=usage(function),
            details={"problems": [{"parameter": name, "problem": problem} for name, problem in told]},
        )
    return clean


def wants_one_of(function: Function, names: Container[str]) -> str | None:
    """The one parameter that is required, where it is among `names`."""
    required = [param.name for param in function.params if param.required]
    return required[0] if len(required) == 1 and required[0] in names else None


def whole_given(function: Function) -> InvalidArguments:
    """The error where what another function gave was passed on, in place of the one thing that is wanted of it."""
    name = next(param.name for param in function.params if param.required)
    return InvalidArguments(
        f"a whole result was given where {name!r} is wanted", hint=f"write {function.name}(x.{name})"
    )


def check_version(function: Function, arguments: dict[str, Any], version: str, account: str) -> None:
    """Raises Unsupported for what the account's API version does not know, naming the version that does."""
    if function.endpoints and version not in function.endpoints:
        known = ", ".join(function.endpoints)
        raise Unsupported(
            f"this needs API {known}, and account {account} speaks {version}", hint=f"use a key of API {known}"
        )
    for param in function.params:
        if param.name in arguments and param.versions and version not in param.versions:
            known = ", ".join(param.versions)
            raise Unsupported(
                f"{param.name!r} is for API {known} only, and account {account} speaks {version}", hint="leave it out"
            )


def usage(function: Function) -> str:
    """How the function is called, as one line of Lua."""
    if not function.params:
        return f"it is called {function.name}()"
    params = sorted(function.params, key=lambda param: not param.required)
    words = [f"{param.name} = {param.type}" + ("" if param.required else "?") for param in params]
    if len(words) > _MOST_SHOWN:
        most = max(_MOST_SHOWN - 1, sum(param.required for param in params))
        words = [*words[:most], f"… {len(words) - most} more: see docs.read"]
    return f"it is called {function.name}{{ {', '.join(words)} }}"


def shown(function: Function, arguments: Any) -> dict[str, Any]:
    """Arguments as records and prompts may show them: sensitive values covered.

    So is what stands under an unknown name, where it may be a sensitive one misspelt.
    """
    if not isinstance(arguments, dict):
        return {}
    known = {param.name: param for param in function.params}
    otherwise = any(_is_sensitive(param) for param in function.params)
    return {
        str(name): _shown(known[name], value) if name in known else SENSITIVE if otherwise else _plain(value)
        for name, value in arguments.items()
    }


def _is_sensitive(param: Param) -> bool:
    return param.sensitive or any(_is_sensitive(field) for field in param.fields)


def _shown(param: Param, value: Any) -> Any:
    """A value as it may be shown: of an object, its sensitive fields are covered, and those that it does not know."""
    if param.sensitive:
        return SENSITIVE
    if not _is_sensitive(param):
        return _plain(value)
    if isinstance(value, list):
        return [_shown(param, each) for each in value]
    if not isinstance(value, dict):
        return SENSITIVE
    fields = {field.name: field for field in param.fields}
    return {str(name): _shown(fields[name], each) if name in fields else SENSITIVE for name, each in value.items()}


def _plain(value: Any) -> Any:
    return f"({len(value)} bytes)" if isinstance(value, bytes) else value


def secrets(function: Function, arguments: Any) -> list[str]:
    """The texts in `arguments` that the declaration marks sensitive; of objects, those of their sensitive fields."""
    if not isinstance(arguments, dict):
        return []
    return [text for param in function.params for text in _secrets(param, arguments.get(param.name))]


def _secrets(param: Param, value: Any) -> Iterator[str]:
    """The sensitive texts in one value; a number counts as its digits."""
    if param.fields and any(_is_sensitive(field) for field in param.fields):
        for entry in value if isinstance(value, list) else [value]:
            for field in param.fields if isinstance(entry, dict) else ():
                yield from _secrets(field, entry.get(field.name))
    elif param.sensitive:
        yield from _texts(value)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, (dict, list)):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _texts(each)
    elif isinstance(value, str):
        yield value
    elif isinstance(value, bytes):
        yield value.decode("utf-8", "replace")
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        yield str(value)


def _checked(param: Param, value: Any) -> tuple[Any, str | None]:
    if value is UNKNOWN:
        return value, None
    value, problem = _typed(param.type, value)
    if problem:
        return value, problem.partition(", not ")[0] if param.sensitive else problem
    if param.items is not None:
        for at, entry in enumerate(value, 1):
            if entry is UNKNOWN:
                continue
            entry_value, problem = _typed(param.items, entry)
            problem = problem or _unfit(param, entry_value)
            if problem is None and param.fields:
                entry_value, problem = _with_fields(param, entry_value)
                if problem:
                    return value, f"at [{at}]{problem}"
            if problem:
                return value, f"at [{at}] {problem.partition(', not ')[0] if param.sensitive else problem}"
            value[at - 1] = entry_value
    elif param.fields:
        value, problem = _with_fields(param, value)
        if problem:
            return value, f"at {problem[1:]}" if problem.startswith(".") else problem[1:]
    return value, _out_of_bounds(param, value)


def _with_fields(param: Param, given: dict[str, Any]) -> tuple[dict[str, Any], str | None]:
    """An object against its fields: as it is sent, and the first thing that is wrong, to be put behind its place."""
    known = [field.name for field in param.fields]
    for name in given:
        if name not in known:
            near = did_you_mean(str(name), known) or f"; known: {', '.join(known)}"
            # The name of a sensitive parameter's field may be the secret itself.
            told = " has an unknown name" if param.sensitive else f".{str(name)[:_LONGEST_NAME]} is unknown"
            return given, told + near
    clean = {}
    for field in param.fields:
        value = given.get(field.name)
        if value is None:
            if field.required:
                return given, f".{field.name} is required"
            continue
        clean[field.name], problem = _checked(field, value)
        if problem:
            return given, f".{field.name} {problem}"
    return clean, None


def _unfit(param: Param, value: Any) -> str | None:
    """What is wrong with one value, or with one entry of an array, by enum and pattern."""
    told = "" if param.sensitive else f", not {_short(value)}"
    if param.enum and value not in param.enum:
        near = did_you_mean(value, param.enum) if not param.sensitive and isinstance(value, str) else ""
        return f"must be one of {', '.join(param.enum)}{told}{near}"
    if param.pattern is not None and not re.fullmatch(param.pattern, value):
        return f"must be {param.pattern_hint}{told}"
    return None


def _out_of_bounds(param: Param, value: Any) -> str | None:
    unit = {"string": "characters", "bytes": "bytes"}.get(param.type, "entries")
    told = "" if param.sensitive else f", not {_short(value)}"
    if param.items is None and (problem := _unfit(param, value)):
        return problem
    if param.minimum is not None and value < param.minimum:
        return f"must be at least {param.minimum:g}{told}"
    if param.maximum is not None and value > param.maximum:
        return f"must be at most {param.maximum:g}{told}"
    if param.max_bytes is not None:
        size = len(json.dumps(value, ensure_ascii=False, default=repr).encode("utf-8", "replace"))
        return f"must have at most {param.max_bytes} bytes as JSON, not {size}" if size > param.max_bytes else None
    if param.min_length is not None and len(value) < param.min_length:
        return "must not be empty" if param.min_length == 1 else f"must have at least {param.min_length} {unit}"
    if param.max_length is not None and len(value) > param.max_length:
        return f"must have at most {param.max_length} {unit}, not {len(value)}"
    return None


def _typed(kind: str, value: Any) -> tuple[Any, str | None]:
    """The value as the type wants it, and what is wrong with it."""
    if kind == "string" and isinstance(value, str):
        return value, None if _is_text(value) else "must be text that has a UTF-8 form"
    if kind == "bytes" and isinstance(value, (str, bytes)):
        return value if isinstance(value, bytes) else value.encode("utf-8", "surrogatepass"), None
    if kind == "boolean" and isinstance(value, bool):
        return value, None
    if kind == "object" and isinstance(value, dict):
        return value, None
    if kind == "array":
        if value == {}:  # an empty Lua table says no more than that
            return [], None
        if isinstance(value, list):
            return list(value), None
    if kind in ("integer", "number") and isinstance(value, (int, float)) and not isinstance(value, bool):
        if kind == "number" and (isinstance(value, int) or math.isfinite(value)):
            return value, None
        if isinstance(value, int) or value.is_integer():
            return int(value), None
    if kind == "bytes":
        return value, f"must be a string of bytes, not {_kind(value)}"
    if kind == "string" and isinstance(value, bytes):
        return value, _not_text(value)
    article = "an" if kind[0] in "aeio" else "a"
    return value, f"must be {article} {kind}, not {_kind(value)}{_instead(kind, value)}"


def _instead(kind: str, value: Any) -> str:
    """What to write in place of a string that means the right thing."""
    if not isinstance(value, str):
        return ""
    if kind == "array":
        return ": write { … } around it"
    if kind in ("integer", "number") and re.match(r"\d{4}-\d\d-\d\d", value):
        return ": a time is in seconds since 1970, as os.time{ year = 2025, month = 1, day = 31 } gives"
    return ": write tonumber(…)" if kind in ("integer", "number") and value.strip().isdigit() else ""


def _not_text(value: bytes) -> str:
    """What is wrong with bytes where text is wanted; scripts bring them to functions that take both."""
    try:
        value.decode()
    except UnicodeDecodeError as error:
        return f"must be text in UTF-8; byte {error.start + 1} is 0x{value[error.start]:02X}"
    return "must be text, not bytes"


def _is_text(value: str) -> bool:
    """Half of a surrogate pair, which JSON and command lines can bring, cannot be sent."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _kind(value: Any) -> str:
    """What a script's author calls the type of a value."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, (int, float)):
        huge = isinstance(value, int) and abs(value) >= 10**300
        return "the number that is too large" if huge else f"the number {value:.14g}"
    if isinstance(value, str):
        return "a string"
    return "a list" if isinstance(value, list) else "a table"


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
