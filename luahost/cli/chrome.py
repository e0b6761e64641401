"""A run in the trace-event format, which Perfetto (https://ui.perfetto.dev) and chrome://tracing open.

The format: https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from luahost.calls.timeline import Span, Timeline

Event = dict[str, Any]


def trace(timeline: Timeline, status: str) -> dict[str, Any]:
    """The object to write as JSON: a process for the run, a thread for each of its tasks, a slice for each call."""
    header = timeline.history.header
    pid = header.get("pid") or 1
    name = f"luahost run {header['name']}"
    lanes = _lanes(timeline.spans)
    events = [_named("process_name", pid, 0, name)]
    for tid, (task, lane) in enumerate(lanes, 1):
        thread = (f"task {task}" if task else "script") + (f" ({lane + 1})" if lane else "")
        events += [_named("thread_name", pid, tid, thread), _named("thread_sort_index", pid, tid, tid, "sort_index")]
    for part, (begin, end) in enumerate(timeline.parts):
        title = f"{header['name']}, resumed" if part else header["name"]
        events.append(_slice(title, "run", pid, 1, begin, end, {"run_id": timeline.history.run_id}))
    for tid, spans in enumerate(lanes.values(), 1):
        events += [_of(span, pid, tid) for span in spans]
    about = {"run_id": timeline.history.run_id, "script": header["name"], "status": status}
    return {
        "traceEvents": events,
        "displayTimeUnit": "ms",
        "otherData": {**about, "luahost": header.get("luahost", "")},
    }


def _lanes(spans: list[Span]) -> dict[tuple[str, int], list[Span]]:
    """The spans by task, in as many lanes as it takes: slices of one thread must not overlap. The script is first."""
    lanes: dict[tuple[str, int], list[Span]] = {("", 0): []}
    for span in spans:
        lane = 0
        while lanes.get((span.task, lane)) and lanes[span.task, lane][-1].end > span.begin:
            lane += 1
        lanes.setdefault((span.task, lane), []).append(span)
    order = {task: at for at, task in enumerate(dict.fromkeys(task for task, _ in lanes))}
    return dict(sorted(lanes.items(), key=lambda each: (order[each[0][0]], each[0][1])))


def _of(span: Span, pid: int, tid: int) -> Event:
    call = span.call
    if call is None:
        return _slice("sleep", "sleep", pid, tid, span.begin, span.end, {})
    about = {"n": call.n, "account": call.account, "access": call.access, "status": span.status}
    about |= {"arguments": call.arguments}
    if call.error is not None:
        about["error"] = call.error
    return _slice(call.call, f"call,{call.access}", pid, tid, span.begin, span.end, about)


def _named(what: str, pid: int, tid: int, value: Any, key: str = "name") -> Event:
    return {"ph": "M", "name": what, "pid": pid, "tid": tid, "args": {key: value}}


def _slice(name: str, category: str, pid: int, tid: int, begin: float, end: float, about: dict[str, Any]) -> Event:
    at = round(begin * 1e6)
    lasted = max(0, round(end * 1e6) - at)
    return {"ph": "X", "name": name, "cat": category, "pid": pid, "tid": tid, "ts": at, "dur": lasted, "args": about}
