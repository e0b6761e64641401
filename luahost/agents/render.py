"""What came of a run, for a model: text and data of a set size. What is cut is said, and how to get less.

An error is kept whole before anything else, then the end of the output: there is what happened last.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from luahost.errors import LuaHostError
    from luahost.results import CallRecord, Result

_LESS_OUTPUT = "print less"
_LESS_RETURNED = "return fewer entries, with only the fields that are needed"
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=repr)  # json.dumps makes one each time
_MOST_NOTICES = 10
_MOST_NOTICE = 300  # characters
_MOST_CALLS = 20  # different ones that are named
_MOST_PLANNED = 50  # calls of a dry run
_MOST_FRAMES = 6  # lines of a Lua traceback
_LONG = 20_000  # characters and values that are rendered in no time


def run(result: Result, code: str, name: str, most: int) -> tuple[str, dict[str, Any]]:
    """The text and the data of a run of `code`, which errors call `name`; each has `most` characters at most."""
    error = error_text(result.error, most // 2, code, name) if result.error else ""
    told = [start_of(each, most // 6) for each in (_notices(result), _calls(result.calls), _plan(result))]
    left = max(most - len(error) - sum(map(len, told)) - 200, most // 4)
    fit = fitting(result.values, max(left - len(result.output), left // 2))
    values = fit if isinstance(fit, list) else [fit]
    returned = ", ".join(map(_value, values))
    output = ends_of(result.output, max(left - len(returned), left // 4))
    cut = _cut(result, output, values)
    parts = [
        "" if error or output or returned else "nothing was printed or returned: end the script with return …",
        f"output:\n{output.rstrip()}" if output else "",
        f"returned: {returned}" if returned else "",
        *told,
        *(f"cut: {each}" for each in cut),
    ]
    rest = ends_of("\n".join(filter(None, parts)), most - len(error) - 1)
    return "\n".join(filter(None, (error, rest))), _data(result, most)


def takes_long(result: Result) -> bool:
    """Whether there is so much in a run that `run` takes long, whatever little it tells of it."""
    left: list[Any] = [result.output, result.values, result.error and result.error.details]
    seen = 0
    while left and seen <= _LONG:
        value = left.pop()
        seen += len(value) if isinstance(value, (str, list, dict)) else 1
        if isinstance(value, (list, dict)) and seen <= _LONG:
            left += value
            left += value.values() if isinstance(value, dict) else ()
    return seen > _LONG


def _data(result: Result, most: int) -> dict[str, Any]:
    """A run as data whose JSON has `most` characters at most: there a control character counts as six."""
    data: dict[str, Any] = {
        "ok": result.ok,
        "output": "",
        "values": [],
        "error": error_data(result.error, most // 2) if result.error else None,
        "calls": first_of(_counted(result.calls), most // 8, lambda more: {"call": f"and {more} other kinds"}),
        "notices": first_of(_first_notices(result), most // 8, lambda more: f"and {more} more"),
        "cut": [],
    }
    if "plan" in result.meta:
        planned = [{name: each[name] for name in ("call", "account", "arguments")} for each in result.meta["plan"]]
        data["plan"] = first_of(planned, most // 8, lambda more: {"call": f"and {more} more"})
    left = max(most - len(_json(data)) - 200, most // 10)  # 200 for what is said to be cut
    fit = fitting(result.values, max(left - len(_json(result.output)), left // 2))
    data["values"] = fit if isinstance(fit, list) else [fit]
    data["output"] = within(result.output, left - len(_json(data["values"])), ends_of)
    data["cut"] = _cut(result, data["output"], data["values"])
    return data


def _cut(result: Result, output: str, values: list[Any]) -> list[str]:
    found = []
    if output != result.output:
        found.append(f"output of {len(result.output):,} characters; {_LESS_OUTPUT}")
    if values != result.values:
        size = sum(len(_json(value)) for value in result.values)
        found.append(f"returned values of {size:,} characters; {_LESS_RETURNED}")
    return found


def _value(value: Any) -> str:
    """Text of several lines as it is, everything else as JSON."""
    return f"\n{value}" if isinstance(value, str) and "\n" in value else _json(value)


def _notices(result: Result) -> str:
    return "\n".join(f"notice: {notice}" for notice in _first_notices(result))


def _first_notices(result: Result) -> list[str]:
    notices = [start_of(" ".join(str(each).split()), _MOST_NOTICE) for each in result.meta.get("notices", ())]
    more = len(notices) - _MOST_NOTICES
    return notices[:_MOST_NOTICES] + ([f"and {more} more"] if more > 0 else [])


def _calls(calls: list[CallRecord]) -> str:
    """The calls that were made, each once, with how often and how it failed."""
    named = [f"{each['call']}{_on(each)}{_outcome(each)}{_times(each)}" for each in _counted(calls)]
    return f"calls: {', '.join(named)}" if named else ""


def _plan(result: Result) -> str:
    """What a dry run would have done, in order."""
    planned = [
        f"{at}. {each['call']}{_on(each)} {_json(each['arguments'])}"
        for at, each in enumerate(result.meta.get("plan", ())[:_MOST_PLANNED], 1)
    ]
    more = len(result.meta.get("plan", ())) - len(planned)
    planned += [f"and {more} more"] if more else []
    return "\n".join(["dry run: what was planned was not sent", *planned]) if planned else ""


def _on(call: dict[str, Any]) -> str:
    return "" if call["account"] == "default" else f" on {call['account']}"


def _outcome(call: dict[str, Any]) -> str:
    return "" if call["status"] == "ok" else f" ({call.get('error') or call['status']})"


def _times(call: dict[str, Any]) -> str:
    return f", {call['times']} times" if "times" in call else ""


def _counted(calls: list[CallRecord]) -> list[dict[str, Any]]:
    """Calls in the order in which they were first made; `times` where there is more than one of a kind."""
    kinds = Counter((each.call, each.account, each.status, (each.error or {}).get("code")) for each in calls)
    found = []
    for (call, account, status, code), times in list(kinds.items())[:_MOST_CALLS]:
        made: dict[str, Any] = {"call": start_of(call, 100), "account": account, "status": status}
        made.update({"error": code} if code else {}, **({"times": times} if times > 1 else {}))
        found.append(made)
    if len(kinds) > _MOST_CALLS:
        found.append({"call": f"and {len(kinds) - _MOST_CALLS} other kinds", "account": "default", "status": "ok"})
    return found


# -- errors ------------------------------------------------------------------------------------------------------


def error_text(error: LuaHostError, most: int, code: str = "", name: str | None = None) -> str:
    """Code, place and message; the line itself; the hint; where it was called from: whole, where that fits."""
    lines = code.splitlines()
    here = error.file == name and error.line is not None and 0 < error.line <= len(lines)
    frames = (error.traceback or "").splitlines()[1:]
    details = error.details if not (isinstance(error.details, dict) and "problems" in error.details) else None
    said = {
        "line": lines[error.line - 1].strip() if here and error.line else "",
        "hint": error.hint or "",
        "details": "" if details is None else _json(details),  # problems are in the message already
        "retry after": f"{error.retry_after:g} s" if error.retry_after is not None else "",
        "called from": "; ".join(frame.strip() for frame in frames[:_MOST_FRAMES]) if len(frames) > 1 else "",
    }
    whole = _said(error, said, error.file, error.message)
    if len(whole) <= most:
        return whole
    short = {what: start_of(text, most // 10) for what, text in said.items()}
    # A script may call what it loads as it likes.
    return _said(error, short, error.file and start_of(error.file, most // 10), ends_of(error.message, most // 2))


def _said(error: LuaHostError, said: dict[str, str], file: str | None, message: str) -> str:
    at = f" at {file}:{error.line}" if file and error.line else ""
    lines = [f"{what}: {text}" for what, text in said.items() if text]
    return "\n".join([f"error {error.code}{at}: {message}", *lines])


def error_data(error: LuaHostError, most: int) -> dict[str, Any]:
    """The error's fields but for its traceback."""
    fields = {name: value for name, value in error.fields().items() if name != "traceback"}
    if len(_json(fields)) <= most:
        return fields
    long = {"message": most // 2, "hint": most // 10, "file": most // 10}
    found = {name: within(value, long[name], start_of) if name in long else value for name, value in fields.items()}
    return {**found, "details": fitting(found["details"], most // 8)} if "details" in found else found


# -- cutting -----------------------------------------------------------------------------------------------------


def start_of(text: str, most: int, what: str = "", instead: str = "") -> str:
    """The beginning of a text, with a note of what is missing and what to do instead."""
    if len(text) <= most:
        return text
    about = f" of {what}" if what else ""
    note = f"… ({len(text) - most:,} more characters{about}{f': {instead}' if instead else ''})"
    return text[: max(most - len(note), 0)] + note


def ends_of(text: str, most: int) -> str:
    """A third of the beginning and two of the end, with a note between."""
    if len(text) <= most:
        return text
    kept = max(most - 60, 0)
    return f"{text[: kept // 3]}\n… {len(text) - kept:,} characters left out …\n{text[len(text) - kept + kept // 3 :]}"


def within(text: str, most: int, cut: Callable[[str, int], str]) -> str:
    """The text, cut until its JSON has `most` characters; nothing where a note of what is missing has no room."""
    kept, short = most, cut(text, most)
    while kept > 0 and len(_json(short)) > most:
        kept = min(kept * most // len(_json(short)), kept - 1)
        short = cut(text, kept)
    return short if len(_json(short)) <= most else ""


def first_of(entries: list[Any], most: int, rest: Callable[[int], Any] | None = None) -> list[Any]:
    """The first entries whose JSON has `most` characters, and in an entry of `rest` how many more there are."""
    kept = len(entries)
    while kept and len(_json(entries[:kept])) > most:
        kept -= 1
    more = [rest(len(entries) - kept)] if rest and kept < len(entries) else []
    return entries[:kept] + more


def fitting(value: Any, most: int) -> Any:
    """A value whose JSON has `most` characters at most: lists and texts end early, and say how much is missing."""
    if len(_json(value)) <= most:
        return value
    for entries in (200, 50, 20, 10, 5, 3, 1):
        shorter = _shorter(value, entries, max(most // 8, 40) if entries > 3 else 40, 12)
        if len(_json(shorter)) <= most:
            return shorter
    return start_of(_json(value), max(most // 2, 40))


def _shorter(value: Any, entries: int, chars: int, depth: int) -> Any:
    if isinstance(value, str):
        return start_of(value, chars)
    if isinstance(value, (list, dict)) and depth == 0:
        return "…"
    if isinstance(value, list):
        kept = [_shorter(each, entries, chars, depth - 1) for each in value[:entries]]
        return kept + ([f"… {len(value) - entries:,} more"] if len(value) > entries else [])
    if isinstance(value, dict):
        some = {
            start_of(name, chars): _shorter(each, entries, chars, depth - 1)
            for name, each in list(value.items())[: entries + 10]
        }
        return some | ({"…": f"{len(value) - entries - 10:,} more"} if len(value) > entries + 10 else {})
    return value


def _json(value: Any) -> str:
    return _ENCODER.encode(value)
