"""luahost runs Lua scripts that drive Devin and other APIs without ever handing them a key.

The names below are the public interface. They are imported on first use, so that `luahost run`
of a script that makes no call pays for none of them.
"""

from __future__ import annotations

__version__ = "0.1.0"

TYPE_CHECKING = False  # `typing` is slow to import, and the child process imports this

if TYPE_CHECKING:
    from luahost.calls.policy import Policy
    from luahost.errors import LuaHostError
    from luahost.host import Host
    from luahost.outcome import Interrupted
    from luahost.results import CallRecord, Limits, Result
    from luahost.spec import Example, Field, Function, Integration, Param

_HOMES = {
    "CallRecord": "luahost.results",
    "Example": "luahost.spec",
    "Field": "luahost.spec",
    "Function": "luahost.spec",
    "Host": "luahost.host",
    "Integration": "luahost.spec",
    "Interrupted": "luahost.outcome",
    "Limits": "luahost.results",
    "LuaHostError": "luahost.errors",
    "Param": "luahost.spec",
    "Policy": "luahost.calls.policy",
    "Result": "luahost.results",
}

__all__ = [
    "CallRecord",
    "Example",
    "Field",
    "Function",
    "Host",
    "Integration",
    "Interrupted",
    "Limits",
    "LuaHostError",
    "Param",
    "Policy",
    "Result",
]


def __getattr__(name: str) -> object:
    from importlib import import_module

    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'luahost' has no attribute {name!r}")
    value = getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
