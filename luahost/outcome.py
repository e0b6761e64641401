"""What came of a run or a call, as a Result."""

from __future__ import annotations

from luahost.calls.run import milliseconds
from luahost.errors import Cancelled, LuaHostError
from luahost.results import Result

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from luahost.calls.run import Run
    from luahost.lua.bridge import Bridge
    from luahost.results import CallRecord


AGAIN = "run it again"
"""What luahost.lua.runner says of a process that died."""

_MANY = 10  # calls in a row that are the same: the script waits for something


class Interrupted(KeyboardInterrupt):
    """Ctrl-C ended a run. `result` is what came of it; writes already sent were awaited.

    Where a second Ctrl-C ended the waiting too, the status of such a call is "unknown", and a notice names it.
    """

    def __init__(self, result: Result) -> None:
        super().__init__("interrupted")
        self.result = result


def run_result(run: Run, about: Callable[[], dict[str, Any]], bridge: Bridge, error: LuaHostError | None) -> Result:
    """What came of a run, `about` being what else is known of it. Its journal ends here."""
    journal = run.journal
    if journal is not None and error is not None and error.hint == AGAIN:
        error.hint = None  # begun anew, it would do twice what it has done: it is resumed
    if journal is not None and error is None:
        for call in journal.left_over():
            run.notice(f"made before, and not this time: {call}")
    calls = run.calls()
    if error is not None and error.code == "limit_exceeded":
        _tell_of_waiting(error, calls)
    result = Result(
        output=bridge.output,
        values=[] if error else bridge.values(),
        error=error,
        calls=calls,
        elapsed_ms=run.elapsed_ms(),
        memory_bytes=bridge.memory_bytes(),
        meta={},
        run_id=journal.run_id if journal is not None else None,
    )
    if journal is not None:
        journal.end(result)
    result.meta = about()
    return result


def _tell_of_waiting(error: LuaHostError, calls: list[CallRecord]) -> None:
    """A script that asks the same again and again may wait for what never comes: its error says so."""
    asked = [(each.task, each.call, each.account, each.arguments) for each in reversed(calls)]
    same = next((number for number, each in enumerate(asked) if each != asked[0]), len(asked))
    if same >= _MANY:
        call = asked[0][1]
        error.hint = (
            f"{error.hint}; the last {same} calls were all the same {call}: does the script wait for what never comes? "
            f'docs.read("{call}") says what it gives, and wait_until has a timeout'
        )


def call_result(run: Run, about: dict[str, Any], outcome: list[Any], problem: list[BaseException]) -> Result:
    """Of a call that was interrupted: what it gave or raised, if it did."""
    error = next((each for each in problem if isinstance(each, LuaHostError)), None)
    return Result(
        output="",
        values=outcome,
        error=error if error or outcome else Cancelled("interrupted"),
        calls=run.calls(),
        elapsed_ms=run.elapsed_ms(),
        memory_bytes=None,
        meta=about,
    )


def plan(run: Run) -> list[dict[str, Any]]:
    """What a dry run would have done, in order."""
    return [
        {name: getattr(record, name) for name in ("call", "account", "arguments", "policy")}
        for record in run.calls()
        if record.status == "planned"
    ]


def meta(run: Run, *, isolation: str, simulated: bool) -> dict[str, Any]:
    """What else is known of a run: `Result.meta`."""
    return {
        "isolation": isolation,
        "seal": run.seal,
        **({"missing_walls": dict(run.missing_walls)} if run.missing_walls else {}),
        "simulated": simulated,
        "account": run.account,
        "notices": list(run.notices),
        **({"plan": plan(run)} if run.dry_run is not None else {}),
        **({"pending": run.journal.pending} if run.journal is not None and run.journal.pending else {}),
        "usage": {
            "cpu_ms": None if run.cpu_seconds is None else milliseconds(run.cpu_seconds),
            "waiting_ms": milliseconds(run.waited),
        },
    }


def explained(error: LuaHostError, name: str, source: bytes) -> str:
    """An error for people: `FILE:LINE: message`, the line itself, the Lua traceback, and the hint.

    The line is shown where it is one of `source`, the script called `name`.
    """
    lines = [headline(error)]
    line = line_of(error, source) if error.file == name else None
    lines += [f"    {line}"] if line else []
    if error.traceback:
        lines.append(error.traceback)
    if error.hint and len(lines) == 1:
        lines[0] += f"; {error.hint}"
    elif error.hint:
        lines.append(f"hint: {error.hint}")
    return "\n".join(lines)


def headline(error: LuaHostError) -> str:
    """`FILE:LINE: message`, as far as the place is known."""
    place = f"{error.file}:{error.line}: " if error.file and error.line else f"{error.file}: " if error.file else ""
    return place + error.message if place else f"luahost: {error.message}"


def line_of(error: LuaHostError, source: bytes) -> str | None:
    """The line of the error in the text of its file; None where that has none, or is no text."""
    text = source.splitlines()
    if not error.line or error.line > len(text):
        return None
    try:
        return text[error.line - 1].strip()[:200].decode()
    except UnicodeDecodeError:
        return None
