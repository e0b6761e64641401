"""What can go wrong, as classes made for the `except` that a caller writes.

    LuaHostError
    ├── ArgumentError            the call was wrong before anything was sent
    │   ├── InvalidArguments     invalid_arguments
    │   ├── UnknownFunction      unknown_function
    │   ├── UnknownAccount       unknown_account
    │   ├── UnknownIntegration   unknown_integration
    │   └── Unsupported          unsupported
    ├── CredentialError          exit 4
    │   ├── MissingCredentials   missing_credentials
    │   └── Unauthorized         unauthorized
    ├── PolicyError              exit 5
    │   ├── PermissionDenied     permission_denied
    │   └── ApprovalRequired     approval_required
    ├── ApiError                 exit 6: the API answered, and said no
    │   ├── Forbidden            forbidden
    │   ├── NotFound             not_found
    │   ├── Conflict             conflict
    │   ├── ValidationFailed     validation_failed
    │   ├── RateLimited          rate_limited
    │   ├── ServerError          server_error
    │   └── InvalidResponse      invalid_response
    ├── TransportError           exit 6: no answer, or none that can be trusted
    │   ├── NetworkError         network_error
    │   ├── CallTimeout          timeout
    │   └── OutcomeUnknown       outcome_unknown
    ├── LimitExceeded            limit_exceeded, exit 3
    ├── Cancelled                cancelled, exit 130
    ├── ScriptError              script_error, exit 1
    │   └── ScriptSyntaxError    syntax_error
    ├── UsageError               usage, exit 2: the command line or a settings file
    └── InternalError            internal_error

An error crosses into Lua as the plain table that `fields()` returns, and comes back the same way.
"""

from __future__ import annotations

TYPE_CHECKING = False  # `typing` is slow to import, and every run imports this
if TYPE_CHECKING:
    from typing import Any, ClassVar

FIELDS = (
    "code",
    "message",
    "hint",
    "call",
    "account",
    "status",
    "retryable",
    "retry_after",
    "request_id",
    "details",
)
"""The fields of an error table in the order in which they are shown; absent where they do not apply."""


class LuaHostError(Exception):
    """Any error of luahost: `code` names it for programs, `message` says it to people, `hint` says what to do.

    `status` is the HTTP status, `retry_after` is in seconds, `retryable` says that repeating the same call
    can help and harms nothing (None where there is no call).
    """

    code: ClassVar[str] = "internal_error"
    exit_code: ClassVar[int] = 6

    def __init__(
        self,
        message: str,
        *,
        hint: str | None = None,
        call: str | None = None,
        account: str | None = None,
        status: int | None = None,
        retryable: bool | None = None,
        retry_after: float | None = None,
        request_id: str | None = None,
        details: Any = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.call = call
        self.account = account
        self.status = status
        self.retryable = retryable
        self.retry_after = retry_after
        self.request_id = request_id
        self.details = details
        # Set where a script raised it: the script's name and line, and the Lua traceback.
        self.file: str | None = None
        self.line: int | None = None
        self.traceback: str | None = None

    def fields(self) -> dict[str, Any]:
        """The error as plain data: the fields that apply, and no others."""
        found = {name: getattr(self, name) for name in (*FIELDS, "file", "line", "traceback")}
        return {name: value for name, value in found.items() if value is not None}


class ArgumentError(LuaHostError):
    exit_code = 1


class InvalidArguments(ArgumentError):
    code = "invalid_arguments"


class UnknownFunction(ArgumentError):
    code = "unknown_function"


class UnknownAccount(ArgumentError):
    code = "unknown_account"


class UnknownIntegration(ArgumentError):
    code = "unknown_integration"


class Unsupported(ArgumentError):
    code = "unsupported"
    exit_code = 6


class CredentialError(LuaHostError):
    exit_code = 4


class MissingCredentials(CredentialError):
    code = "missing_credentials"


class Unauthorized(CredentialError):
    code = "unauthorized"


class PolicyError(LuaHostError):
    exit_code = 5


class PermissionDenied(PolicyError):
    code = "permission_denied"


class ApprovalRequired(PolicyError):
    code = "approval_required"


class ApiError(LuaHostError):
    """The API answered, and the answer is a refusal or cannot be used."""


class Forbidden(ApiError):
    code = "forbidden"


class NotFound(ApiError):
    code = "not_found"


class Conflict(ApiError):
    code = "conflict"


class ValidationFailed(ApiError):
    code = "validation_failed"


class RateLimited(ApiError):
    code = "rate_limited"


class ServerError(ApiError):
    code = "server_error"


class InvalidResponse(ApiError):
    code = "invalid_response"


class TransportError(LuaHostError):
    """There was no answer, or not all of it."""


class NetworkError(TransportError):
    code = "network_error"


class CallTimeout(TransportError):
    code = "timeout"


class OutcomeUnknown(TransportError):
    """A write was sent and its answer was lost: it may have happened."""

    code = "outcome_unknown"


class LimitExceeded(LuaHostError):
    """A limit of the run; `details` is `{"limit": name, "allowed": n, "used": n}`."""

    code = "limit_exceeded"
    exit_code = 3


class Cancelled(LuaHostError):
    code = "cancelled"
    exit_code = 130


class ScriptError(LuaHostError):
    """The script raised it with `error`, or did something that Lua refuses."""

    code = "script_error"
    exit_code = 1


class ScriptSyntaxError(ScriptError):
    code = "syntax_error"


class UsageError(LuaHostError):
    """A command line or a settings file that cannot be used; never seen by a script."""

    code = "usage"
    exit_code = 2


class InternalError(LuaHostError):
    """A fault of luahost or of a handler, not of the script."""

    code = "internal_error"


def _leaves(cls: type[LuaHostError]) -> list[type[LuaHostError]]:
    return [cls] + [leaf for child in cls.__subclasses__() for leaf in _leaves(child)]


BY_CODE: dict[str, type[LuaHostError]] = {
    cls.code: cls
    for cls in reversed(_leaves(LuaHostError))
    if "code" in vars(cls) and cls not in (LuaHostError, UsageError)
}
"""Every code of the contract, and the class that raises it."""


def from_fields(fields: dict[str, Any]) -> LuaHostError:
    """The error that `fields` describe: what `LuaHostError.fields` wrote, or what a script raised.

    Values of the wrong type are left out, since a script can write anything into an error table.
    """
    kinds: dict[str, type | tuple[type, ...]] = {
        "hint": str,
        "call": str,
        "account": str,
        "status": int,
        "retryable": bool,
        "retry_after": (int, float),
        "request_id": str,
    }
    known = {name: fields[name] for name, kind in kinds.items() if _is(fields.get(name), kind)}
    code = fields.get("code")
    cls = BY_CODE.get(code, ScriptError) if isinstance(code, str) else ScriptError
    message = fields.get("message")
    error = cls(message if isinstance(message, str) else "", details=fields.get("details"), **known)
    for name, kind in (("file", str), ("line", int), ("traceback", str)):
        if _is(fields.get(name), kind):
            setattr(error, name, fields[name])
    return error


def may_have_happened(error: LuaHostError) -> bool:
    """Whether a write that had left may be done although it has failed: no answer, or one that says nothing of it."""
    if error.status is not None:
        return not 400 <= error.status < 500 or error.status == 408
    return not isinstance(error, (CallTimeout, Cancelled, NetworkError))  # these say that nothing was sent


def _is(value: Any, kind: type | tuple[type, ...]) -> bool:
    """Whether a value is of a kind; true and false are no numbers."""
    return isinstance(value, kind) and (kind is bool or not isinstance(value, bool))
