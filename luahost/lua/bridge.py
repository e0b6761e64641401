"""The host's half of the border: what a script's frames ask, answered; the same for both kinds of isolation.

luahost/lua/border.lua says what a frame is. Every frame is treated as hostile: it was written by a process
that may have been taken over.
"""

from __future__ import annotations

import re
import time
from functools import partial

from luahost.calls.limits import limit_exceeded
from luahost.errors import (
    InternalError,
    InvalidArguments,
    LuaHostError,
    ScriptError,
    UsageError,
    from_fields,
)
from luahost.lua.asked import Requests
from luahost.lua.output import Output
from luahost.lua.wire import read_object, refusal, success, with_bytes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from luahost.calls.run import Run
    from luahost.lua.asked import Asked, Reply
    from luahost.lua.modules import Modules

_MAX_ID = 15  # digits
_MAX_NAME = 300  # characters of a function, account, module, page or search

MAX_SLIPS = 10
"""The most lines of which a notice says that Lua let something pass there."""

_FIELD = re.compile(r"[A-Za-z_]\w{0,63}", re.ASCII)
_TASK = re.compile(r"[0-9./]{0,200}")


class Services:
    """What a run's requests are answered with; given by the host, so that this file knows no calls."""

    def __init__(
        self,
        *,
        describe: Callable[[Run], dict[str, Any]],
        unknown: Callable[[str, str | None, str], LuaHostError],
        call: Callable[..., Any],
        more: Callable[[Run, Any], Any],
        ahead: Callable[[Run, Any, Callable[[Any], bytes]], None],
        docs: Callable[[str, str], Any],
        submit: Callable[[Callable[[], None]], None],
        is_inline: Callable[[str], bool],
    ) -> None:
        self.describe = describe
        self.unknown = unknown
        self.call = call
        self.more = more
        self.ahead = ahead
        self.docs = docs
        self.submit = submit
        self.is_inline = is_inline


_AT_ONCE = frozenset(("sleep", "cancel", "note", "slip"))
"""What takes no time to answer, wherever that is done: a sleep is a simulated one here."""


class Bridge:
    """One run's frames. `receive` takes each as it comes, in one thread; `result` is there after the last.

    `never_blocks` says that this thread has others to serve: then what may take long is done in another.
    """

    def __init__(
        self,
        run: Run,
        services: Services,
        *,
        modules: Modules,
        on_output: Callable[[bytes], None] | None = None,
        keep_output: bool = True,
        never_blocks: bool = False,
    ) -> None:
        self._run = run
        self._services = services
        self._modules = modules
        self._output = Output(run, on_output, keep=keep_output)
        self._requests = Requests(run, services.submit)
        self._never_blocks = never_blocks
        self._slips = 0
        self.result: dict[str, Any] | None = None

    @property
    def output(self) -> str:
        """The output so far; what is not UTF-8 as U+FFFD."""
        return self._output.text

    @property
    def open(self) -> int:
        """How many requests have not been answered."""
        return self._requests.open

    def has_ended(self) -> bool:
        """Whether the last frame has come."""
        return self.result is not None

    def receive(self, frame: bytes, reply: Reply) -> None:
        """Take one frame. Its answer goes to `reply`, now or later and from another thread.

        Raises LimitExceeded, and InternalError for what is not a frame.
        """
        head, _, body = frame.partition(b" ")
        kind, number = head[:1], head[1:]
        if not number.isdigit() or len(number) > _MAX_ID:
            raise InternalError("the script's process sent something that is not a frame")
        if kind == b"O":
            self._print(number, body)
        elif kind == b"Q":
            self._request(number, body, reply)
        elif kind == b"R":
            self.result = read_object(body)
        else:
            raise InternalError("the script's process sent a frame of an unknown kind")

    def _print(self, number: bytes, text: bytes) -> None:
        task = ""
        if number != b"0":  # a task says which it is
            named, _, text = text.partition(b" ")
            task = named.decode("ascii", "replace")
            if not _TASK.fullmatch(task):
                raise InternalError("the script's process sent the output of no task")
        self._output.write(text, task)

    def values(self) -> list[Any]:
        """What the script returned."""
        found = self.result.get("values") if self.result else None
        return found if isinstance(found, list) else []

    def error(self) -> LuaHostError | None:
        """What the script ended with, None when it ended well."""
        fate = self._run.fate
        if self.result is None or self.result.get("ok") is True:
            return fate
        fields = self.result.get("error")
        error = from_fields(fields if isinstance(fields, dict) else {"message": "the script ended with an error"})
        if fate is not None and (error.code, error.message) != (fate.code, fate.message):
            return fate
        if error.code == "limit_exceeded" and error.details == {"limit": "memory_mib"}:
            full = limit_exceeded("memory_mib", self._run.limits.memory_mib, self._run.limits.memory_mib or 0)
            full.file, full.line, full.traceback = error.file, error.line, error.traceback
            return full
        return error

    def is_clean(self) -> bool:
        """Whether no answer is under way to the script's process, or waits there unread."""
        return not self.open and self.result is not None and self.result.get("clean") is True

    def memory_bytes(self) -> int | None:
        size = self.result.get("memory") if self.result else None
        return int(size) if isinstance(size, (int, float)) and 0 <= size < 1 << 50 else None

    # -- requests -------------------------------------------------------------------------------------------

    def _request(self, number: bytes, body: bytes, reply: Reply) -> None:
        """Answer a request, now or, since calls and sleeping take time, in another thread."""
        try:
            request = read_object(body)
        except ScriptError as error:
            reply(b"A%s %s" % (number, refusal(error.fields())))
            return
        operation = request.get("op")
        if operation == "sleep" and self._run.clock is None:
            self._sleep(self._requests.note(number, 0, reply), request)
        elif self._takes_long(operation, request):
            self._answer_later(self._requests.note(number, len(body), reply), request)
        else:
            started = time.monotonic()
            reply(self._requests.frame(number, self._answer(request)[1]))
            self._requests.waited(time.monotonic() - started)

    def _answer_later(self, asked: Asked, request: dict[str, Any]) -> None:
        found: list[Any] = []

        def find() -> bytes:
            value, text = self._answer(request, asked)
            found.append(value)
            return text

        def go_ahead() -> None:
            if found:
                self._services.ahead(self._run, found[0], success)

        self._requests.answer(asked, find, go_ahead if "walk" in request else None)

    def _sleep(self, asked: Asked, request: dict[str, Any]) -> None:
        """Answer when the time has passed; or at once, where it is wrong."""
        try:
            seconds = self._seconds(request)
        except LuaHostError as error:
            self._requests.settle(asked, refusal(error.fields()))
        else:
            self._requests.sleep(asked, seconds)

    def _seconds(self, request: dict[str, Any]) -> float:
        """How long a sleep still takes."""
        journal, task, seconds = self._run.journal, self._task(request), request.get("seconds")
        if isinstance(seconds, bool) or not isinstance(seconds, (int, float)) or not 0 <= seconds <= 1e9:
            raise InvalidArguments("sleep: a number of seconds, 0 or more, was expected")
        return seconds if journal is None else journal.pause(task, seconds)

    def _takes_long(self, operation: Any, request: dict[str, Any]) -> bool:
        if self._never_blocks:
            return operation not in _AT_ONCE
        if operation != "call":
            return bool(operation == "more")
        name = request.get("function")
        return not (isinstance(name, str) and self._services.is_inline(name))

    def _answer(self, request: dict[str, Any], asked: Asked | None = None) -> tuple[Any, bytes]:
        """The value that answers a request, and the answer as it is sent."""
        try:
            value = self._do(request, asked)
            return value, getattr(value, "text", None) or _encoded(value)
        except LuaHostError as error:
            fields = error.fields()
            if isinstance(error, UsageError):  # a settings file that cannot be used: no script's doing
                fields["code"] = InternalError.code
            return None, refusal(fields)
        except BaseException as error:  # noqa: BLE001 (nothing that goes wrong here may leave a script waiting)
            failed = InternalError(f"luahost failed: {type(error).__name__}")
            return None, refusal(failed.fields())

    def _task(self, request: dict[str, Any]) -> str:
        """The task that asks, in a run that goes on; a journal is told what time it was told."""
        if self._run.fate is not None:
            self._run.check_open()
        journal, task = self._run.journal, request.get("task", "")
        if not isinstance(task, str) or not _TASK.fullmatch(task):
            raise InternalError("the script's process sent a request of no task")
        if journal is not None and "clock" in request:
            journal.times(task, request.get("times"), request["clock"])
        return task

    def _do(self, request: dict[str, Any], asked: Asked | None) -> Any:
        operation = request.get("op")
        if operation == "sleep":
            self._run.sleep(self._seconds(request))
            return None
        journal = self._run.journal
        task = self._task(request)
        if operation == "call":
            positional = request.get("positional")
            return self._services.call(
                self._run,
                _text(request, "function"),
                arguments=with_bytes(request.get("arguments")),
                positional=with_bytes(positional) if isinstance(positional, list) else None,
                account=_text(request, "account") if "account" in request else None,
                walk=request.get("walk") is True,
                task=task,
                unordered=request.get("unordered") is True,
                on_begin=None if asked is None else partial(self._requests.begun, asked),
            )
        if operation == "more":
            return self._services.more(self._run, request.get("walk"))
        if operation == "note":
            return None  # what there is to tell goes with it
        if operation == "cancel":
            self._requests.give_up(_numbers(request.get("ids")))
            return None
        if operation == "describe":
            return self._services.describe(self._run)
        if operation == "unknown":
            account = _text(request, "account") if "account" in request else None
            raise self._services.unknown(_text(request, "integration"), account, _text(request, "name"))
        if operation == "module":
            name = _text(request, "name")
            return self._modules.read(name) if journal is None else journal.module(name, self._modules.read)
        if operation == "slip":
            self._tell_slip(request.get("line"), request.get("field"), request.get("caught"))
            return None
        if operation == "docs":
            return self._services.docs(_text(request, "docs"), _text(request, "text") if "text" in request else "")
        raise InternalError("the script's process asked for something unknown")

    def _tell_slip(self, line: Any, field: Any, caught: Any) -> None:
        """Tell of a slip that Lua lets pass; in words of ours, since a process may be hostile."""
        if not isinstance(line, int) or self._slips >= MAX_SLIPS:
            return
        if isinstance(field, str) and _FIELD.fullmatch(field):
            told = f"ipairs found nothing, for the list is in a field: write ipairs(x.{field})"
        elif caught in ("pcall", "xpcall"):
            then = ", handler" if caught == "xpcall" else ""
            told = (
                f"{caught} was given a table, not a function: a call in its parentheses was made before it, and may "
                f"have succeeded; write {caught}(f{then}, arguments)"
            )
        else:
            return
        self._slips += 1
        self._run.notice(f"line {line:d}: {told}")


def _numbers(ids: Any) -> list[int]:
    if not isinstance(ids, list) or not all(type(each) is int and 0 <= each < 10**_MAX_ID for each in ids):
        raise InternalError("the script's process sent a request that is not one")
    return ids


def _encoded(value: Any) -> bytes:
    try:
        return success(value)
    except (TypeError, ValueError, RecursionError) as error:
        problem = "it is nested too deep" if isinstance(error, RecursionError) else error
        raise InternalError(f"what the function gave cannot go to a script: {problem}") from None


def _text(request: dict[str, Any], name: str) -> str:
    value = request.get(name)
    if not isinstance(value, str):
        raise InternalError("the script's process sent a request that is not one")
    if len(value) > _MAX_NAME:
        what = f"docs.{request['docs']}" if name == "text" else "require" if request["op"] == "module" else name
        raise InvalidArguments(f"{what}: {len(value)} characters are no name", hint=f"at most {_MAX_NAME}")
    return value
