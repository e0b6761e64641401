"""Asking somebody whether a call may be made: a person at a terminal, a program, a client of MCP."""

from __future__ import annotations

import inspect
import json
import threading
from collections.abc import Awaitable, Callable
from copy import deepcopy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from luahost.calls.policy import how_to_allow
from luahost.errors import ApprovalRequired, Cancelled, PermissionDenied

if TYPE_CHECKING:
    from collections.abc import Mapping
    from concurrent.futures import Future

    from luahost.calls.checked import Checked
    from luahost.calls.pending import Pending
    from luahost.calls.policy import Verdict
    from luahost.calls.run import Run


@dataclass(frozen=True, slots=True)
class ApprovalRequest:
    """A call that waits for a yes or a no. `arguments` are as records show them: sensitive values covered.

    `rule` is the line of the policy that asks; `summary` says what the function does.
    """

    call: str
    account: str
    access: str
    summary: str
    arguments: Mapping[str, Any]
    rule: str

    def __str__(self) -> str:
        """It in words, a line for each argument, long ones cut. What a script wrote cannot look like a line of ours."""
        return self.text(_LONGEST)

    def text(self, longest: int | None = None) -> str:
        """The same with `longest` characters of a value, its beginning and its end; None: all of it."""
        lines = [f"{self.call} on account {self.account}: {self.summary}"]
        lines += [f"  {name} = {_shown(value, longest)}" for name, value in self.arguments.items()]
        return "\n".join(lines)


Approve = Callable[[ApprovalRequest], bool | Awaitable[bool]]
"""Says whether a call may be made. It may be a coroutine function. What it raises is a no; an
ApprovalRequired, with its words."""

_LONGEST = 2000  # characters of a value


def _shown(value: Any, longest: int | None) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    text = "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in text)
    if longest is None or len(text) <= longest:
        return text
    end = longest // 4
    return f"{text[: longest - end]} … ({len(text) - longest} characters are not shown) … {text[-end:]}"


def seek(run: Run, checked: Checked, verdict: Verdict) -> bool:
    """Ask whoever the run has to ask, and give True for a yes.

    Raises ApprovalRequired where there is nobody, or where asking failed; PermissionDenied for a no; Cancelled when
    the run ended first, or nobody waits for the call any more.
    """
    rule, integration, function, pending = verdict.rule, checked.integration, checked.function, checked.pending
    asked = ApprovalRequest(
        f"{integration.name}.{function.name}",
        pending.record.account,
        function.access,
        function.summary,
        deepcopy(checked.shown),  # whoever is asked is shown what is sent, and cannot change it
        rule,
    )
    how = how_to_allow(verdict, integration.name, function)
    if run.approve is None:
        missing = ApprovalRequired(
            f"this call needs approval ({rule}), and nobody is there to give it",
            hint=f"whoever runs this can allow it: {how}; or give the host an approve function",
        )
        if run.suspend:
            run.end_with(missing, pending)
        raise missing
    answer = _ask(run, asked, pending)
    if isinstance(answer, ApprovalRequired):
        raise answer
    if isinstance(answer, BaseException):
        raise ApprovalRequired(
            f"this call needs approval ({rule}), and asking for it failed: {type(answer).__name__}",
            hint=f"mend the approve function, or allow it {how}",
        )
    if answer is True:
        return True
    if answer is False:
        raise PermissionDenied(
            "this call was refused when it was asked about", hint="do without it, or say why it is needed and end"
        )
    raise ApprovalRequired(
        f"this call needs approval ({rule}), and the answer was neither True nor False but a {type(answer).__name__}",
        hint="an approve function gives True or False",
    )


def _ask(run: Run, asked: ApprovalRequest, pending: Pending) -> Any:
    """What the approve function says, or what it raises. In a thread of its own: one that hangs holds up no other."""
    answers: list[Any] = []
    awaited: list[Future[Any]] = []
    left = threading.Event()

    def ask() -> None:
        try:
            answers.append(_answer(run, asked, awaited, left))
        except BaseException as error:  # noqa: BLE001 (a no, told to the script)
            answers.append(error)
        run.wake()

    threading.Thread(target=ask, name="luahost-approve", daemon=True).start()
    run.wait_for(lambda: bool(answers) or pending.cancelled)
    if answers:
        return answers[0]
    left.set()
    for future in awaited:
        future.cancel()
    if pending.cancelled:
        raise Cancelled("this was given up before it was approved")
    ended = run.stopped or run.fate is not None
    raise Cancelled("the run ended before this was approved") if ended else run.wall_exceeded()


def _answer(run: Run, asked: ApprovalRequest, awaited: list[Future[Any]], left: threading.Event) -> Any:
    answer = run.approve(asked) if run.approve is not None else None
    if not inspect.isawaitable(answer):
        return answer

    import asyncio  # most runs have nobody who waits

    async def wait() -> Any:
        return await answer

    if run.loop is None:
        return asyncio.run(wait())
    awaited.append(asyncio.run_coroutine_threadsafe(wait(), run.loop))
    if left.is_set():
        awaited[0].cancel()  # nobody waits for it any more, and nobody may have seen it there
    return awaited[0].result()
