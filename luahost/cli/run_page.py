"""One run for people and for programs, as its journal tells it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from luahost.cli import output
from luahost.cli.columns import fit, plain, width
from luahost.cli.waterfall import seconds

if TYPE_CHECKING:
    from collections.abc import Iterable

    from luahost.calls.history import History, RecordedCall
    from luahost.calls.timeline import Span, Timeline

_GAP = 2
_LEAST = 8  # columns that a column keeps where it is cut
_MOST_LAST = 17  # and that the last one may take from another: the longest code of an error


def summary(timeline: Timeline, status: str) -> dict[str, Any]:
    """What there is to say of a run in one line."""
    header, end = timeline.history.header, timeline.history.end
    return {
        "run_id": timeline.history.run_id,
        "name": header["name"],
        "status": status,
        "at": header["at"],
        "started": f"{datetime.fromtimestamp(header['at'], UTC):%Y-%m-%dT%H:%M:%SZ}",
        "elapsed_ms": round(timeline.seconds * 1000, 3),
        "calls": len(timeline.history.calls),
        "account": header["account"],
        "error": (end or {}).get("error"),
        "resumed": len(timeline.history.pauses),
        "pid": header.get("pid"),
        "host": header.get("host"),
    }


def whole(timeline: Timeline, status: str) -> dict[str, Any]:
    """All there is to say, `calls` being the calls themselves."""
    header = timeline.history.header
    found = summary(timeline, status)
    found |= {name: header.get(name) for name in ("sha256", "args", "words", "limits", "isolation", "luahost")}
    found["calls"] = [_call(span.call, span, timeline) for span in timeline.spans if span.call is not None]
    found["sleeps"] = [
        {"task": each.task, "at": each.begin, "elapsed_ms": round(each.seconds * 1000, 3)}
        for each in timeline.spans
        if each.call is None
    ]
    found["next"] = following(timeline, status)
    return found


def _call(call: RecordedCall, span: Span, timeline: Timeline) -> dict[str, Any]:
    return {
        **{name: getattr(call, name) for name in ("n", "task", "call", "account", "access", "arguments")},
        "status": span.status,
        "at": span.begin,
        "started_ms": round(timeline.elapsed(span.begin) * 1000, 3),
        "duration_ms": round(span.seconds * 1000, 3),
        **{name: getattr(call, name) for name in ("result", "error", "policy")},
        "pages": len(call.pages),
    }


def title(timeline: Timeline, status: str, columns: int) -> list[str]:
    """What is said of the run above its calls: one line, or as many as it takes where they have so many `columns`."""
    history = timeline.history
    found: list[str] = []
    for part in (plain(history.header["name"]), history.run_id, status, _extent(timeline)):
        if found and width(found[-1]) + _GAP + width(part) <= columns:
            found[-1] += " " * _GAP + part
        else:
            found.append(fit(part, columns))
    return found


def _extent(timeline: Timeline) -> str:
    """How much a run has done, and in what time."""
    history = timeline.history
    calls = "1 call" if len(history.calls) == 1 else f"{len(history.calls)} calls"
    resumed = f", resumed {_times(len(history.pauses))}" if history.pauses else ""
    return f"{calls} in {seconds(timeline.seconds)}{resumed}"


def _times(number: int) -> str:
    return {1: "once", 2: "twice"}.get(number, f"{number} times")


def show(timeline: Timeline, status: str, columns: int) -> None:
    """Print a run: what it is, its calls, what went wrong, and what to type next."""
    history = timeline.history
    header, error = history.header, (history.end or {}).get("error")
    started = datetime.fromtimestamp(header["at"], UTC).astimezone()
    about = {
        "run": history.run_id,
        "script": f"{header['name']} (sha256 {str(header.get('sha256', ''))[:12]})",
        "started": f"{started:%Y-%m-%d %H:%M:%S %Z}, process {header.get('pid')} on {header.get('host')}",
        "status": f"{status}, {_extent(timeline)}",
        "account": header["account"],
    }
    about |= {name: output.shown(header[name]) for name in ("args", "words") if header.get(name)}
    for name, text in about.items():
        print(fit(f"{name:<8} {plain(text)}", columns))
    if error is not None:
        print(f"{'error':<8} {plain(error.get('code'))}: {plain(error.get('message'))}")
    if history.calls:
        print(flush=True)
        output.print_table(*_calls(timeline, columns))
    pending = history.pending
    failed = [call for call in history.calls.values() if call not in pending]
    told = [(call.n, call.error) for call in failed if call.error is not None]
    if told:
        print()
    for n, problem in told:
        print(f"call {n}: {plain(problem.get('code'))}: {plain(problem.get('message'))}")
    _show_pending(timeline)
    for call in _doubtful(timeline.history) if status != "running" else ():
        print(f"\ncall {call.n} has left, and may have happened: {plain(call)}")
    print("\nnext:")
    for line in following(timeline, status):
        print(f"  {line}")


def _show_pending(timeline: Timeline) -> None:
    """The calls that wait for a yes, whole: whoever allows them has to know what they do."""
    for call in timeline.history.pending:
        rule = (call.policy or {}).get("rule")
        print(f"\ncall {call.n} waits for approval: {plain(call.call)} on account {plain(call.account)}")
        for name, value in call.arguments.items():
            print(f"  {plain(name)} = {output.shown(value, 2000)}")
        if rule:
            print(f"  because of: {plain(rule)}")


def _calls(timeline: Timeline, columns: int) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """The table of calls; a column that would say the same in every row is left out."""
    spans = sorted((span for span in timeline.spans if span.call is not None), key=lambda span: _n(span.call))
    account = timeline.history.header["account"]
    wanted = ["n", "task", "call", "account", "status", "time", "arguments"]
    if not any(span.task for span in spans):
        wanted.remove("task")
    if all(span.call and span.call.account == account for span in spans):
        wanted.remove("account")
    rows = []
    for span in spans:
        call = span.call
        if call is None:
            continue
        arguments = ", ".join(f"{name}={output.shown(value)}" for name, value in call.arguments.items())
        lasted = "" if span.status in ("waiting", "unanswered") else seconds(span.seconds)
        cells = {"n": str(call.n), "task": call.task, "call": call.call, "account": call.account, "time": lasted}
        cells |= {"status": span.status, "arguments": arguments}
        rows.append(tuple(plain(cells[name]) for name in wanted))
    return tuple(wanted), narrowed(tuple(wanted), rows, columns)


def _n(call: RecordedCall | None) -> int:
    return call.n if call else 0


def narrowed(
    heads: tuple[str, ...], rows: list[tuple[str, ...]], columns: int, *, also: str = ""
) -> list[tuple[str, ...]]:
    """The rows with the last column cut to what the others leave of `columns`, but for a few; and before it `also`."""
    widths = [max(map(width, each)) for each in zip(heads, *rows, strict=True)]
    room = {len(heads) - 1: widths[-1]}
    left = columns - sum(widths[:-1]) - _GAP * (len(heads) - 1)
    if left < widths[-1] and also:
        at = heads.index(also)
        room[at] = max(_LEAST, widths[at] - min(widths[-1], _MOST_LAST) + left)
        left += widths[at] - min(room[at], widths[at])
    room[len(heads) - 1] = max(_LEAST, left)
    return [tuple(fit(cell, room[at]) if at in room else cell for at, cell in enumerate(row)) for row in rows]


def without(
    heads: tuple[str, ...], rows: list[tuple[str, ...]], columns: int, least: Iterable[str], *, also: str
) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """What `narrowed` has room for: columns of `least` are left out, one after another, as far as that must be."""
    for name in least:
        widths = {head: max(map(width, each)) for head, each in zip(heads, zip(heads, *rows, strict=True), strict=True)}
        needed = sum(min(each, _LEAST) if head in (also, heads[-1]) else each for head, each in widths.items())
        if needed + _GAP * (len(heads) - 1) <= columns:
            break
        at = heads.index(name)
        heads, rows = heads[:at] + heads[at + 1 :], [row[:at] + row[at + 1 :] for row in rows]
    return heads, rows


def following(timeline: Timeline, status: str) -> list[str]:
    """What to type next."""
    history = timeline.history
    run_id = history.run_id
    resume = f"luahost run --resume {run_id}"
    if status == "running":
        return [f"luahost runs trace {run_id}", f"kill -INT {history.header.get('pid')}"]
    if status == "done":
        return [f"luahost runs trace {run_id}", f"luahost run --replay {run_id}"]
    doubtful = _doubtful(history)
    approved = "".join(f" --approve {call.n}" for call in history.pending)
    if doubtful:
        said = {word: "".join(f" --assume {call.n}={word}" for call in doubtful) for word in ("done", "not-done")}
        which = "if it has" if len(doubtful) == 1 else "for those that have"
        return [
            f"{resume}{approved}{said['done']}      ({which} happened: look first)",
            f"{resume}{approved}{said['not-done']}      ({which} not)",
        ]
    if approved:
        return [f"{resume}{approved}", f"{resume}      (asks at the terminal)"]
    return [resume]


def _doubtful(history: History) -> list[RecordedCall]:
    """The writes that may have happened, and that a resumed run would make anew: it has to be told what became of them.

    One that carries a key is found again; where that has failed, the run has ended with it.
    """
    end = history.end or {}
    anew = end.get("reopen") or ()
    lost = bool(history.pauses) and (end.get("error") or {}).get("code") == "outcome_unknown"
    return [
        call
        for _, call in sorted(history.calls.items())
        if call.access == "write"
        and call.sent
        and (call.status is None or call.n in anew)
        and (not call.keyed or (lost and call.status is None))
    ]
