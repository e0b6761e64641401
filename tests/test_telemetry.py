"""Spans of OpenTelemetry: what a program that uses its API sees of runs and calls."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from luahost import Host, Policy, function

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ALLOW = Policy(read="allow", write="allow")
SESSIONS = "POST /v3/organizations/{org_id}/sessions"
_provider = TracerProvider()
_exporter = InMemorySpanExporter()


class Spans:
    """The spans that have ended, by name."""

    def __call__(self) -> dict[str, ReadableSpan]:
        return {span.name: span for span in _exporter.get_finished_spans()}

    def all(self) -> tuple[ReadableSpan, ...]:
        return _exporter.get_finished_spans()


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> Spans:
    """A program that has set up OpenTelemetry; afterwards it has not."""
    if not _provider._active_span_processor._span_processors:
        _provider.add_span_processor(SimpleSpanProcessor(_exporter))
    monkeypatch.setattr(trace, "_TRACER_PROVIDER", _provider)
    _exporter.clear()
    return Spans()


def parent(span: ReadableSpan) -> int | None:
    return span.parent.span_id if span.parent else None


def span_id(span: Any) -> int:
    return int(span.get_span_context().span_id)


@pytest.fixture
def host(isolation: str) -> Any:
    with Host(simulate=True, policy=ALLOW, isolation=isolation) as made:
        yield made


def test_a_run_is_a_span_and_each_call_one_below_it(host: Host, spans: Spans) -> None:
    assert host.run("app.integrations.devin.create_session('Fix it')", name="triage.lua").ok
    found = spans()
    run, call = found["luahost.run triage.lua"], found[SESSIONS]
    assert (run.kind, call.kind) == (SpanKind.INTERNAL, SpanKind.CLIENT)
    assert (parent(run), parent(call)) == (None, span_id(run))
    assert dict(call.attributes or {}) == {
        "luahost.call": "devin.create_session",
        "luahost.account": "default",
        "luahost.access": "write",
        "luahost.simulated": True,
        "luahost.status": "ok",
        "http.request.method": "POST",
        "url.template": "/v3/organizations/{org_id}/sessions",
        "http.response.status_code": 200,
        "server.address": "api.devin.ai",
        "server.port": 443,
    }
    assert dict(run.attributes or {}) == {
        "luahost.script": "triage.lua",
        "luahost.account": "default",
        "luahost.isolation": host.isolation,
        "luahost.simulated": True,
        "luahost.calls": 1,
    }
    assert run.status.status_code is StatusCode.UNSET
    assert (run.instrumentation_scope.name if run.instrumentation_scope else "") == "luahost"


def test_what_goes_wrong_is_the_spans_status(host: Host, spans: Spans) -> None:
    host.run("\napp.integrations.devin.get_session('devin-nothing')")
    run, call = spans()["luahost.run script.lua"], spans()["GET /v3/organizations/{org_id}/sessions/{devin_id}"]
    for span in (run, call):
        assert (span.status.status_code, span.status.description) == (StatusCode.ERROR, "not_found")
        assert (span.attributes or {})["error.type"] == "not_found"
    assert (call.attributes or {})["http.response.status_code"] == 404
    assert (run.attributes or {})["code.line.number"] == 2


def test_a_function_that_there_is_not_names_no_span(host: Host, spans: Spans) -> None:
    with pytest.raises(Exception, match="no function"):
        host.call("devin.launch_it")
    (span,) = spans.all()
    assert (span.name, span.kind) == ("luahost.call", SpanKind.INTERNAL)
    assert (span.attributes or {})["error.type"] == "unknown_function"


def test_no_argument_and_no_key_is_in_any_span(
    spans: Spans, accounts: Callable[..., dict[str, Any]], isolation: str
) -> None:
    given = accounts()
    with Host(accounts=given, policy=ALLOW, isolation=isolation, state=False) as host:
        host.run("""
            local devin = app.integrations.devin
            devin.create_session{ prompt = "open SESAME" }
            pcall(devin.create_session, { prompt = "SESAME", titel = "SESAME", max_acu_limit = "SESAME" })
            pcall(devin.create_secret, { key = "SESAME", value = "SESAME", type = "SESAME" })
            devin.get_session("SESAME")
        """)
    text = "".join(span.to_json() for span in spans.all())
    assert len(spans.all()) == 5
    assert "SESAME" not in text
    assert not any(account["api_key"] in text for account in given["devin"].values())
    call = spans()[SESSIONS]
    assert (call.attributes or {})["server.address"] == "127.0.0.1"
    assert (call.attributes or {})["server.port"] == int(given["devin"]["default"]["base_url"].rsplit(":", 1)[1])


def test_the_version_that_answers_names_the_span(
    spans: Spans, accounts: Callable[..., dict[str, Any]], isolation: str
) -> None:
    with Host(accounts=accounts("v1"), policy=ALLOW, isolation=isolation, state=False) as host:
        assert host.run("app.integrations.devin.create_session('Fix it')").ok
    assert (spans()["POST /v1/sessions"].attributes or {})["url.template"] == "/v1/sessions"


def test_what_a_journal_answers_is_not_shown_as_sent(
    spans: Spans, accounts: Callable[..., dict[str, Any]], tmp_path: Path, isolation: str
) -> None:
    options: Any = {"policy": ALLOW, "isolation": isolation, "state": tmp_path, "journal": True}
    with Host(accounts=accounts(), **options) as host:
        failed = host.run(
            "local devin = app.integrations.devin\n"
            "local made = devin.create_session('Fix it')\n"
            "pcall(devin.get_session, 'devin-nothing')\n"
            "devin.get_session('devin-none')\n"
        )
        assert failed.error is not None
        _exporter.clear()
        host.resume(str(failed.run_id))
        resumed = spans.all()
        _exporter.clear()
        host.replay(str(failed.run_id))
    replayed = spans.all()
    assert [span.name for span in resumed[:-1]] == [
        "devin.create_session",
        "devin.get_session",
        "GET /v3/organizations/{org_id}/sessions/{devin_id}",
    ]
    assert resumed[2].kind is SpanKind.CLIENT
    assert (resumed[2].attributes or {}).items() >= {
        "http.request.method": "GET", "http.response.status_code": 404, "server.address": "127.0.0.1",
    }.items()  # fmt: skip
    assert [span.name for span in replayed[:-1]] == ["devin.create_session", "devin.get_session", "devin.get_session"]
    assert all(span.kind is SpanKind.INTERNAL for span in replayed)
    for span in (*resumed[:2], *replayed[:-1]):
        assert (span.attributes or {})["luahost.replayed"] is True
        assert not [name for name in span.attributes or {} if name.startswith(("http.", "url.", "server."))]
    assert (resumed[1].attributes or {})["error.type"] == "not_found"


def test_the_current_span_is_the_parent_of_a_run_and_of_a_call_without_one(host: Host, spans: Spans) -> None:
    with trace.get_tracer("program").start_as_current_span("request") as request:
        host.run("return 1")
        host.call("devin.get_current_user")
    found = spans()
    for name in ("luahost.run script.lua", "GET /v3/self"):
        assert parent(found[name]) == span_id(request)


def test_a_task_is_the_parent_of_its_run(spans: Spans) -> None:
    async def main(host: Host) -> None:
        async def work(name: str) -> None:
            with trace.get_tracer("program").start_as_current_span(name):
                await host.run_async("sleep(0) app.integrations.devin.get_current_user()", name=f"{name}.lua")

        await asyncio.gather(work("one"), work("two"))

    with Host(simulate=True, policy=ALLOW) as host:
        asyncio.run(main(host))
    found = spans()
    for name in ("one", "two"):
        assert parent(found[f"luahost.run {name}.lua"]) == span_id(found[name])


def test_what_a_handler_does_belongs_to_its_call(spans: Spans, isolation: str) -> None:
    @function(access="read")
    def find_ticket(number: int) -> dict[str, Any]:
        """Find a ticket."""
        with trace.get_tracer("program").start_as_current_span("database"):
            return {"number": number}

    from luahost import Integration

    desk = Integration(name="desk", functions=[find_ticket])
    with Host(integrations=[desk], policy=ALLOW, isolation=isolation, state=False) as host:
        assert host.run("return app.integrations.desk.find_ticket(7).number").value == 7
    found = spans()
    assert parent(found["database"]) == span_id(found["desk.find_ticket"])
    assert found["desk.find_ticket"].kind is SpanKind.INTERNAL
    assert not trace.get_current_span().get_span_context().is_valid


def test_a_run_that_ends_by_an_exception_has_its_span(spans: Spans) -> None:
    def fail(_: bytes) -> None:
        raise RuntimeError("SESAME")

    with Host(simulate=True, isolation="none") as host, pytest.raises(RuntimeError):
        host.run("print(1)", on_output=fail)
    (run,) = spans.all()
    assert (run.attributes or {})["error.type"] == "RuntimeError"
    assert "SESAME" not in run.to_json()


def test_calls_of_many_threads_keep_their_own_runs(spans: Spans) -> None:
    with Host(simulate=True, policy=ALLOW) as host:
        script = "for _ = 1, 3 do app.integrations.devin.get_current_user() end"
        threads = [threading.Thread(target=host.run, args=(script,), kwargs={"name": f"{n}"}) for n in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    runs = {span_id(span): span for span in spans.all() if span.name.startswith("luahost.run")}
    calls = [span for span in spans.all() if span.name == "GET /v3/self"]
    assert len(runs) == 4
    assert sorted(map(str, map(parent, calls))) == sorted(str(each) for each in runs for _ in range(3))


def test_nothing_is_traced_where_nobody_set_that_up() -> None:
    with Host(simulate=True, policy=ALLOW, state=False) as host:
        run = host._new_run("default", None, dry_run=False)
    assert run.spans is None


def test_a_plain_run_imports_nothing_of_it(tmp_path: Path) -> None:
    code = (
        "import sys; from luahost import Host\n"
        "with Host(simulate=True, state=False) as host:\n"
        "    host.run('app.integrations.devin.get_current_user()')\n"
        "print([name for name in sys.modules if 'telemetry' in name])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert found.stdout == "[]\n"


def test_the_command_sends_its_spans_before_it_leaves_below_the_span_of_the_environment(tmp_path: Path) -> None:
    # What opentelemetry-instrument does: a sitecustomize that sets up a provider with a batch of spans.
    (tmp_path / "sitecustomize.py").write_text(
        "import sys\n"
        "from opentelemetry import trace\n"
        "from opentelemetry.sdk.trace import TracerProvider\n"
        "from opentelemetry.sdk.trace.export import BatchSpanProcessor, ConsoleSpanExporter\n"
        "provider = TracerProvider()\n"
        "show = lambda span: span.name + ' ' + hex(span.parent.span_id) + '\\n'\n"
        "to = ConsoleSpanExporter(out=sys.stderr, formatter=show)\n"
        "provider.add_span_processor(BatchSpanProcessor(to))\n"
        "trace.set_tracer_provider(provider)\n"
    )
    env = {
        **os.environ,
        "PYTHONPATH": str(tmp_path),
        "TRACEPARENT": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    }
    words = [sys.executable, "-m", "luahost", "run", "--simulate", "-e", "error('no')"]
    found = subprocess.run(words, env=env, capture_output=True, text=True, check=False)
    assert found.returncode == 1
    assert "luahost.run -e 0xb7ad6b7169203331" in found.stderr


def test_an_mcp_clients_trace_goes_on_in_the_run(spans: Spans) -> None:
    pytest.importorskip("mcp")
    from luahost.mcp.execution import Executions

    async def main(host: Host) -> None:
        executions = Executions(host, {}, 1000)
        with trace.get_tracer("program").start_as_current_span("tools/call execute_lua"):
            execution = executions.begin({"code": "return 1"}, ask=None, follow=False, owner="")
        await execution.outcome()
        await executions.close()

    with Host(simulate=True) as host:
        asyncio.run(main(host))
    (run,) = (span for span in spans.all() if span.name.startswith("luahost.run"))
    assert parent(run) == span_id(spans()["tools/call execute_lua"])
