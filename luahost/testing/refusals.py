"""What an integration makes of an API that refuses, breaks down or talks nonsense: one error, of the right kind."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import TYPE_CHECKING, Any, NamedTuple

from luahost.errors import LuaHostError
from luahost.testing.executed import has_bytes
from luahost.testing.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from luahost.spec import Function, Integration
    from luahost.testing.stage import Made, StagedHost


class _Case(NamedTuple):
    """One way to go wrong. `codes` are those that a read may end with, `written` those of a write, if others.

    Without codes it may succeed, if it gives what it promises. `in_bytes` is right where a function gives bytes.
    """

    name: str
    answer: Any
    codes: tuple[str, ...] = ()
    written: tuple[str, ...] = ()
    in_bytes: bool = False


_STATUSES = (
    (401, "unauthorized"),
    (403, "forbidden"),
    (404, "not_found"),
    (409, "conflict"),
    (422, "validation_failed"),
    (429, "rate_limited"),
    (500, "server_error"),
)
_NONSENSE = (b"<html>Hello</html>", b'{"cut": ', b"\xff\xfe")
_SHAPES: tuple[Any, ...] = (None, [], {}, "text", 7, [None], {"items": None})


def _said(status: str, body: bytes, kind: str = "application/json") -> Any:
    """Answers with this, and says the key again, as careless servers do: in the body, and in a header."""

    def answer(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        sent = " ".join(str(value) for name, value in sorted(environ.items()) if name.startswith("HTTP_"))
        start_response(status, [("Content-Type", kind), ("X-Request-Id", f"req {sent}")])
        return [body.replace(b"SENT", json.dumps(sent)[1:-1].encode())]

    return answer


def _late(_environ: dict[str, Any], _start_response: Any) -> Iterable[bytes]:
    raise TimeoutError


def _lost(_environ: dict[str, Any], _start_response: Any) -> Iterable[bytes]:
    raise ConnectionResetError


_CAUGHT = "print(select(2, pcall(app.integrations[args.integration][args.call], args.with)))"
_REFUSED = json.dumps({"message": "refused: SENT", "detail": "refused: SENT"}).encode()
_CASES = (
    *(_Case(f"status {status}", _said(f"{status} No", _REFUSED), (code,)) for status, code in _STATUSES),
    _Case("no answer in time", _late, ("timeout",), ("outcome_unknown",)),
    _Case("a connection that breaks", _lost, ("network_error",), ("outcome_unknown",)),
    *(_Case(repr(body), _said("200 OK", body), ("invalid_response",), in_bytes=True) for body in _NONSENSE),
    _Case("a page of HTML", _said("200 OK", b"<html>SENT</html>", "text/html"), ("invalid_response",), in_bytes=True),
    *(_Case(json.dumps(s), _said("200 OK", json.dumps(s).encode()), in_bytes=True) for s in _SHAPES),
)
_WAITED_OUT = {"timeout", "limit_exceeded"}
"""A function that waits may try again, until its time is over."""


def faults(
    host: StagedHost, integration: Integration, function: Function, made: Made, told: list[str]
) -> Iterator[Finding]:
    """What one call, as an example has made it, ends with in each case. What is said meanwhile goes to `told`."""
    if host.stage is None or not made.sent:
        return
    place = f"{integration.name}.{function.name}"
    in_bytes = has_bytes(made.result)
    cases: dict[tuple[str, int], list[str]] = {}
    for case, first in (*((case, 0) for case in _CASES), *((case, 1) for case in _CASES if len(made.sent) > 1)):
        if in_bytes and case.in_bytes:
            continue
        host.stage.fault, host.stage.first = case.answer, first
        try:
            found = host.call(place, deepcopy(made.arguments), account=made.account, on_notice=told.append)
        except LuaHostError as error:
            told.append(repr(error.fields()))
            told.append(repr(error))
            problem = _wrong_code(case, function, error, first)
        else:
            told.append(repr(found))
            problem = None if first else _wrong_result(case, host, function, found)
        finally:
            host.stage.fault = None
        if problem:
            cases.setdefault((problem, first), []).append(case.name)
    _write_down(host, integration, function, made, told)
    for (problem, first), names in cases.items():
        when = " as the second answer that it gets" if first else ""
        yield Finding(place, "errors", f"of {', '.join(names)}{when} it makes {problem}")


def _write_down(host: StagedHost, integration: Integration, function: Function, made: Made, told: list[str]) -> None:
    """A script whose call is refused, so that the journal has such an error."""
    if host.stage is None or has_bytes(made.arguments):
        return
    host.stage.fault, host.stage.first = _CASES[0].answer, 0
    args = {"integration": integration.name, "call": function.name, "with": made.arguments}
    told.append(repr(host.run(_CAUGHT, args=args, account=made.account).as_dict()))
    host.stage.fault = None


def _wrong_code(case: _Case, function: Function, error: LuaHostError, first: int) -> str | None:
    if first:
        # What it makes of that is its own affair, if it is an error with a name.
        return None if error.code != "internal_error" else error.message[:160]
    expected = {*((case.written or case.codes) if function.access == "write" else case.codes)} or {"invalid_response"}
    if case.written and function.access == "write":
        expected |= {*case.codes}  # it may have read before it wrote
    if function.name.startswith("wait_"):
        expected |= _WAITED_OUT
    if error.code in expected:
        return None
    return f"{error.code} ({error.message[:160]}), where {' or '.join(sorted(expected))} is right"


def _wrong_result(case: _Case, host: StagedHost, function: Function, found: Any) -> str | None:
    if case.codes:
        return f"a result, where {case.codes[0]} is right"
    for field in function.returns:
        given = not field.versions or host.version in field.versions
        if field.always and given and (not isinstance(found, dict) or found.get(field.name) is None):
            return f"a result without {field.name}, which is promised; invalid_response is right"
    return None
