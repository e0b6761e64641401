"""luahost runs Lua scripts that drive Devin and other APIs without ever handing them a key.

The names below are the public interface. They are imported on first use, so that `luahost run`
of a script that makes no call pays for none of them.
"""

from __future__ import annotations

__version__ = "0.1.0"

TYPE_CHECKING = False  # `typing` is slow to import, and the child process imports this

if TYPE_CHECKING:
    from luahost.calls.approval import ApprovalRequest
    from luahost.calls.cancellation import Cancellation
    from luahost.calls.policy import Policy, Rule
    from luahost.declare import function
    from luahost.errors import (
        ApiError,
        ApprovalRequired,
        ArgumentError,
        CallTimeout,
        Cancelled,
        Conflict,
        CredentialError,
        Forbidden,
        InternalError,
        InvalidArguments,
        InvalidResponse,
        LimitExceeded,
        LuaHostError,
        MissingCredentials,
        NetworkError,
        NotFound,
        OutcomeUnknown,
        PermissionDenied,
        PolicyError,
        RateLimited,
        ScriptError,
        ScriptSyntaxError,
        ServerError,
        TransportError,
        Unauthorized,
        UnknownAccount,
        UnknownFunction,
        UnknownIntegration,
        Unsupported,
        UsageError,
        ValidationFailed,
    )
    from luahost.host import Host
    from luahost.mapping.entry import map  # noqa: A004 (as in luahost.map)
    from luahost.mapping.result import MapResult
    from luahost.outcome import Interrupted
    from luahost.results import CallRecord, Limits, Result
    from luahost.spec import Call, Example, Field, Function, Integration, Param, SpecError

_HOMES = {
    "ApprovalRequest": "luahost.calls.approval",
    "Call": "luahost.spec",
    "CallRecord": "luahost.results",
    "Cancellation": "luahost.calls.cancellation",
    "Example": "luahost.spec",
    "Field": "luahost.spec",
    "Function": "luahost.spec",
    "Host": "luahost.host",
    "Integration": "luahost.spec",
    "Interrupted": "luahost.outcome",
    "Limits": "luahost.results",
    "MapResult": "luahost.mapping.result",
    "Param": "luahost.spec",
    "Policy": "luahost.calls.policy",
    "Result": "luahost.results",
    "Rule": "luahost.calls.policy",
    "SpecError": "luahost.spec",
    "function": "luahost.declare",
    "map": "luahost.mapping.entry",
}

__all__ = [
    "ApiError",
    "ApprovalRequest",
    "ApprovalRequired",
    "ArgumentError",
    "Call",
    "CallRecord",
    "CallTimeout",
    "Cancellation",
    "Cancelled",
    "Conflict",
    "CredentialError",
    "Example",
    "Field",
    "Forbidden",
    "Function",
    "Host",
    "Integration",
    "InternalError",
    "Interrupted",
    "InvalidArguments",
    "InvalidResponse",
    "LimitExceeded",
    "Limits",
    "LuaHostError",
    "MapResult",
    "MissingCredentials",
    "NetworkError",
    "NotFound",
    "OutcomeUnknown",
    "Param",
    "PermissionDenied",
    "Policy",
    "PolicyError",
    "RateLimited",
    "Result",
    "Rule",
    "ScriptError",
    "ScriptSyntaxError",
    "ServerError",
    "SpecError",
    "TransportError",
    "Unauthorized",
    "UnknownAccount",
    "UnknownFunction",
    "UnknownIntegration",
    "Unsupported",
    "UsageError",
    "ValidationFailed",
    "function",
    "map",
]


def __getattr__(name: str) -> object:
    from importlib import import_module

    home = _HOMES.get(name, "luahost.errors")  # each of the others is an error
    if name not in __all__:
        raise AttributeError(f"module 'luahost' has no attribute {name!r}")
    value = getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
