"""Calls that change a part of something: they say what, and null is no way to say it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from luahost.calls.arguments import usage
from luahost.errors import InvalidArguments

if TYPE_CHECKING:
    from luahost.spec import Function


def check_changes(function: Function, given: Any, clean: dict[str, Any]) -> None:
    """Raises InvalidArguments where a `partial` function was `given` null for something, or nothing to change."""
    if not function.partial:
        return
    nulls = [name for name, value in given.items() if value is None] if isinstance(given, dict) else []
    if nulls:
        ways = [f"{way} = true takes {name} away" for name in nulls if (way := _clearing(function, name))]
        raise InvalidArguments(
            "; ".join(f"{name!r} must not be null, which changes nothing" for name in nulls),
            hint="; ".join([*ways, "what is left out stays as it is"]),
            details={"problems": [{"parameter": name, "problem": "must not be null"} for name in nulls]},
        )
    required = [param.name for param in function.params if param.required]
    # clear_x = false asks for nothing either.
    if not [name for name in clean if name not in required and not (name.startswith("clear_") and not clean[name])]:
        raise InvalidArguments(
            f"nothing to change is named beside {', '.join(map(repr, required))}", hint=usage(function)
        )


def _clearing(function: Function, name: str) -> str | None:
    """The parameter that takes away what `name` has set."""
    ways = (f"clear_{name}", f"clear_{name.removesuffix('_id')}")
    return next((way for way in ways if function.param(way)), None)
