"""`@function`: a function for scripts from a Python callable, its parameters from the signature."""

from __future__ import annotations

import asyncio
import inspect
import types
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import wraps
from math import isfinite
from typing import (
    Annotated,
    Any,
    Literal,
    NotRequired,
    Required,
    Union,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)

from luahost.errors import InternalError
from luahost.spec import Access, Call, Example, Field, Function, Param, SpecError

_TYPES: dict[Any, Any] = {
    str: "string", int: "integer", float: "number", bool: "boolean", bytes: "bytes", dict: "object", list: "array",
}  # fmt: skip


def function(
    *,
    access: Access,
    name: str | None = None,
    summary: str | None = None,
    returns: Sequence[Field] = (),
    examples: Sequence[str] = (),
    sensitive: Sequence[str] = (),
    sample: Mapping[str, Any] | None = None,
) -> Callable[[Callable[..., Any]], Function]:
    """Make a Function of a Python callable: `@function(access="read")`.

    Its name is the callable's, its summary the first lines of the docstring, its parameters those of the signature:
    `str`, `int`, `float`, `bool`, `bytes`, `list[…]`, `dict[str, Any]`, a TypedDict, `Literal["a", "b"]`; what has a
    default or may be None can be left out; `Annotated[str, "what it is"]` describes one. A first parameter annotated
    `luahost.Call` gets the call itself. `async def` works; it runs on a loop of its own.

    access     "read" for what changes nothing, else "write": policies go by it
    sensitive  parameters whose values are shown nowhere
    sample     what a dry run answers in its place

    The rest is that of `luahost.Function`. Raises SpecError for what a script has no value for.
    """

    def declare(callable_: Callable[..., Any]) -> Function:
        own = name or callable_.__name__
        hints = get_type_hints(callable_, include_extras=True)
        parameters = list(inspect.signature(callable_).parameters.values())
        takes_call = bool(parameters) and hints.get(parameters[0].name) is Call
        params = tuple(_param(own, each, hints, sensitive) for each in parameters[takes_call:])
        for secret in sensitive:
            if secret not in [param.name for param in params]:
                raise SpecError(f"function {own}: sensitive names {secret!r}, which is no parameter")
        doc = inspect.getdoc(callable_) or ""
        return Function(
            name=own,
            summary=summary or doc.partition("\n\n")[0].replace("\n", " ") or own.replace("_", " ").capitalize(),
            access=access,
            handler=_handler(
                callable_,
                takes_call=takes_call,
                absent=[each.name for each in parameters[takes_call:] if each.default is each.empty],
            ),
            params=params,
            returns=tuple(returns),
            examples=tuple(Example(code=code) for code in examples),
            sample=sample,
        )

    return declare


def _handler(
    callable_: Callable[..., Any], *, takes_call: bool, absent: Sequence[str]
) -> Callable[[Call, dict[str, Any]], Any]:
    @wraps(callable_)
    def handle(call: Call, arguments: dict[str, Any]) -> Any:
        given = {**dict.fromkeys(absent), **arguments}  # what may be None, and has no other default
        try:
            found = callable_(call, **given) if takes_call else callable_(**given)
            found = asyncio.run(found) if inspect.iscoroutine(found) else found
        except (SystemExit, KeyboardInterrupt, GeneratorExit, asyncio.CancelledError) as error:
            # A function ends its call with them, and neither the thread that makes it nor the host.
            raise InternalError(f"the function failed: {type(error).__name__}") from None
        return _for_script(found, "the result")

    return handle


def _for_script(value: Any, place: str) -> Any:
    """The value as a script can have it; raises InternalError for what has no such form."""
    if value is None or isinstance(value, (str, bool, int, bytes)) or (isinstance(value, float) and isfinite(value)):
        return value
    if isinstance(value, (list, tuple)):
        return [_for_script(each, f"{place}[{at}]") for at, each in enumerate(value)]
    if isinstance(value, Mapping) and all(isinstance(name, str) for name in value):
        return {name: _for_script(each, f"{place}[{name!r}]") for name, each in value.items()}
    kind = f"the number {value}" if isinstance(value, float) else f"a {type(value).__name__}"
    raise InternalError(
        f"{place} has {kind}, which a script has no value for",
        hint="give dicts with names, lists, texts, numbers, True, False, None or bytes",
    )


def _param(
    function_name: str, parameter: inspect.Parameter, hints: Mapping[str, Any], sensitive: Sequence[str]
) -> Param:
    place = f"function {function_name}: parameter {parameter.name}"
    if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD, parameter.POSITIONAL_ONLY):
        raise SpecError(f"{place}: scripts give named values, and cannot give this")
    if parameter.name == "self" and "self" not in hints:
        raise SpecError(
            f"function {function_name}: of a method, declare the bound one: function(…)(thing.{function_name})"
        )
    if parameter.name not in hints:
        raise SpecError(f"{place}: say its type, as in {parameter.name}: str")
    found = _typed(place, parameter.name, hints[parameter.name])
    told = parameter.default not in (parameter.empty, None) and parameter.name not in sensitive
    unless = f"{parameter.default!r} unless said" if told else ""
    return replace(
        found,
        description="; ".join(filter(None, (found.description, unless))),
        required=found.required and parameter.default is parameter.empty,
        sensitive=parameter.name in sensitive,
    )


def _typed(place: str, name: str, hint: Any) -> Param:
    """A parameter of the type that an annotation says; one that may be None is not required."""
    origin = get_origin(hint)
    if origin is Annotated:
        base, *notes = get_args(hint)
        text = next((note for note in notes if isinstance(note, str)), "")
        return replace(_typed(place, name, base), description=text)
    if origin in (Required, NotRequired):
        return replace(_typed(place, name, get_args(hint)[0]), required=origin is Required)
    if origin in (Union, types.UnionType):
        others = [each for each in get_args(hint) if each is not type(None)]
        if len(others) == 1:
            return replace(_typed(place, name, others[0]), required=False)
    if origin is Literal and all(isinstance(each, str) for each in get_args(hint)):
        return Param(name=name, type="string", description="", required=True, enum=get_args(hint))
    if is_typeddict(hint):
        return Param(name=name, type="object", description="", required=True, fields=_fields(place, hint))
    if origin in (list, Sequence):
        entry = _typed(f"{place}, its entries", name, get_args(hint)[0])
        if entry.type != "array":
            return Param(
                name=name, type="array", items=entry.type, description="", required=True, enum=entry.enum,
                fields=entry.fields,
            )  # fmt: skip
    kind = _TYPES.get(dict if origin in (dict, Mapping) or hint is Mapping else hint)
    if kind == "array" and origin is None:
        raise SpecError(f"{place}: say what its entries are, as in list[str]")
    if kind is None:
        raise SpecError(
            f"{place}: {hint!r} is nothing that a script has; write str, int, float, bool, bytes, list[…], "
            "dict[str, Any], a TypedDict or Literal[…]"
        )
    return Param(name=name, type=kind, description="", required=True)


def _fields(place: str, hint: Any) -> tuple[Param, ...]:
    hints = get_type_hints(hint, include_extras=True)
    return tuple(
        replace(found, required=found.required and field in hint.__required_keys__)
        for field, each in hints.items()
        if (found := _typed(f"{place}, its field {field}", field, each))
    )
