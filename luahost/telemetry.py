"""Spans of OpenTelemetry: one for a run, and in it one for each call. Imported where a program uses its API.

Calls that send requests are client spans, named as the conventions for HTTP say, as in `POST /v1/sessions`
(https://opentelemetry.io/docs/specs/semconv/http/http-spans/); one that a journal answers is called as its function,
and says that nothing was sent. No span holds arguments, results, messages or keys.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from opentelemetry import context, propagate, trace
from opentelemetry.trace import SpanKind, StatusCode

from luahost import __version__
from luahost.errors import LuaHostError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextvars import Token

    from luahost.calls.accounts import Account
    from luahost.calls.journal import Journal
    from luahost.calls.pending import Pending
    from luahost.results import Result
    from luahost.spec import Function

_PORTS = {"https": 443, "http": 80}
_INHERITED = ("TRACEPARENT", "TRACESTATE", "BAGGAGE")


def spans(
    account: str, find: Callable[[str], Function | None], *, simulated: bool, before: Journal | None = None
) -> Spans | None:
    """What makes the spans of one run, or of one call without a run, below the span that is current here.

    `before` is the journal of a run that is made again. None where the program has set up nothing that would take them.
    """
    provider = trace.get_tracer_provider()
    if isinstance(provider, (trace.ProxyTracerProvider, trace.NoOpTracerProvider)):
        return None
    return Spans(provider.get_tracer("luahost", __version__), account, find, simulated=simulated, before=before)


def inherit(environ: Mapping[str, str]) -> None:
    """Make the span that the environment names (TRACEPARENT) the current one, where there is none."""
    if not trace.get_current_span().get_span_context().is_valid:
        context.attach(propagate.extract({name.lower(): environ[name] for name in _INHERITED if name in environ}))


class Spans:
    """The spans of one run. Thread-safe: each call is told of by the thread that makes it."""

    def __init__(
        self,
        tracer: trace.Tracer,
        account: str,
        find: Callable[[str], Function | None],
        *,
        simulated: bool,
        before: Journal | None = None,
    ) -> None:
        self._tracer = tracer
        self._before = before
        self._find = find
        self._about: dict[str, Any] = {"luahost.simulated": simulated}
        self._account = account
        self._context = context.get_current()
        self._run: trace.Span | None = None
        self._targets: dict[tuple[str, str], Account] = {}

    # -- the run --------------------------------------------------------------------------------------------

    def begin_run(self, name: str, *, isolation: str, run_id: str | None) -> None:
        """Begin the span that those of the calls belong to; `run_id` is that of a run with a journal."""
        if run_id is not None:
            self._about["luahost.run_id"] = run_id
        name = _printable(name)
        about = {"luahost.script": name, "luahost.account": self._account, "luahost.isolation": isolation}
        self._run = self._tracer.start_span(
            f"luahost.run {name}", self._context, SpanKind.INTERNAL, {**about, **self._about}
        )
        self._context = trace.set_span_in_context(self._run, self._context)

    def end_run(self, came: Result | BaseException) -> None:
        """End it, with what came of the run, or what was raised in place of that."""
        if self._run is None:
            return
        if isinstance(came, BaseException):
            error: BaseException | None = came
        else:
            error = came.error
            self._run.set_attribute("luahost.calls", len(came.calls))
        if isinstance(error, LuaHostError):
            self._failed(self._run, error.code)
            if error.file and error.line:
                self._run.set_attributes({"code.file.path": _printable(error.file), "code.line.number": error.line})
        elif error is not None:
            self._failed(self._run, type(error).__qualname__)
        self._run.end()

    # -- calls ----------------------------------------------------------------------------------------------

    def begin(self, pending: Pending) -> None:
        """Begin a call's span, and make it the current one of this thread: what a handler does belongs to it."""
        record = pending.record
        function = self._find(record.call)
        target = self._targets.get(_at(pending))
        about = {"luahost.call": _printable(record.call), "luahost.account": _printable(record.account)}
        if function is not None:
            about["luahost.access"] = function.access
        endpoint, more = _http(function, target)
        sends = endpoint is not None and (self._before is None or not self._before.alone)
        if self._before is not None:
            endpoint, more = None, {}  # it is known at its end only whether it was sent
        name = endpoint or (record.call if function else "luahost.call")  # a name that no function has may be anything
        kind = SpanKind.CLIENT if sends else SpanKind.INTERNAL
        span = self._tracer.start_span(name, self._context, kind, {**about, **self._about, **more})
        pending.span = (span, function, context.attach(trace.set_span_in_context(span, self._context)))

    def end(self, pending: Pending, problem: LuaHostError | None) -> None:
        begun: tuple[trace.Span, Function | None, Token[context.Context]] = pending.span
        span, function, token = begun
        context.detach(token)
        record = pending.record
        span.set_attribute("luahost.status", record.status)
        if record.replayed:
            span.set_attribute("luahost.replayed", True)
        else:
            self._made(pending, problem, span, function)
        if problem is not None:
            self._failed(span, problem.code)
        elif record.status in ("error", "unknown"):
            self._failed(span, "cancelled")
        span.end()

    def _made(
        self, pending: Pending, problem: LuaHostError | None, span: trace.Span, function: Function | None
    ) -> None:
        """What is known of the request once there is an answer: such as which version of the API gave it."""
        if pending.target is not None:
            self._targets[_at(pending)] = pending.target
        if pending.target is not None or (self._before is not None and not self._before.alone):
            endpoint, more = _http(function, pending.target)
            if endpoint:
                span.update_name(endpoint)
            span.set_attributes(more)
        status = (problem.status if problem else None) or pending.http_status
        if status is not None and function is not None and function.endpoints:
            span.set_attribute("http.response.status_code", status)

    @staticmethod
    def _failed(span: trace.Span, kind: str) -> None:
        # Not the message: it may repeat what the script has given.
        span.set_attribute("error.type", kind)
        span.set_status(StatusCode.ERROR, kind)


def _at(pending: Pending) -> tuple[str, str]:
    return pending.record.call.partition(".")[0], pending.record.account


def _http(function: Function | None, target: Account | None) -> tuple[str | None, dict[str, Any]]:
    """The method and path that a function's call sends, and what the conventions tell of it; None for one of none."""
    if function is None or not function.endpoints:
        return None, {}
    newest = next(iter(function.endpoints.values()))
    endpoint = function.endpoints.get(target.version, newest) if target else newest
    method, _, template = endpoint.partition(" ")
    about: dict[str, Any] = {"http.request.method": method, "url.template": template}
    if target is not None:
        url = urlsplit(target.base_url)
        about["server.address"] = url.hostname or ""
        about["server.port"] = url.port or _PORTS.get(url.scheme, 0)
    return endpoint, about


def _printable(text: str, most: int = 200) -> str:
    return "".join(each if each.isprintable() else "?" for each in text[:most])
