"""The host's half of the border: what a script's frames ask, answered; the same for both kinds of isolation.

luahost/lua/border.lua says what a frame is. Every frame is treated as hostile: it was written by a process
that may have been taken over.
"""

from __future__ import annotations

import re
import threading
import time
from collections import deque
from functools import partial

from luahost import strict
from luahost.calls.run import limit_exceeded
from luahost.errors import (
    Cancelled,
    InternalError,
    InvalidArguments,
    LuaHostError,
    ScriptError,
    UsageError,
    from_fields,
)
from luahost.lua.output import Output
from luahost.lua.sleeps import Sleeps
from luahost.lua.wire import dumps, read_object, refusal, success, with_bytes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from luahost.calls.run import Pending, Run
    from luahost.lua.modules import Modules

    Reply = Callable[[bytes], None]

_MAX_ID = 15  # digits
_MAX_NAME = 300  # characters of a function, account, module, page or search

MAX_OPEN = 1024
"""The most requests of one script that may wait for their answers."""

MAX_AT_ONCE = 256
"""The most requests of one script that are answered at a time, as many as `parallel` has tasks at once at most; more of
them wait, and other scripts' do not. Sleeping takes no turn."""

MAX_OPEN_BYTES = 64 << 20
"""What they may be in all."""

MAX_SLIPS = 10
"""The most lines of which a notice says that Lua let something pass there."""

_FIELD = re.compile(r"[A-Za-z_]\w{0,63}", re.ASCII)
_TASK = re.compile(r"[0-9./]{0,200}")


def start_frame(start: dict[str, Any], memory_mib: int | None, number: int = 0) -> bytes:
    """The first frame for a script, as main.lua reads it: seed, time, memory, then texts with their lengths, then JSON.

    In a state that lasts it has the chunk's `number`.

    Raises UsageError for args that JSON does not know.
    """
    texts: list[bytes] = [start[name].encode("utf-8", "surrogatepass") for name in ("account", "name", "source")]
    account, name, source = texts
    durable = start.get("durable")
    now = start["now"] if start["now"] is not None else "-" if durable is None else "+"
    memory = memory_mib << 20 if memory_mib else "-"
    head = f"S{number} {start['seed']} {now} {memory} {len(account)} {len(name)} {len(source)} "
    frame = head.encode() + account + name + source
    if not start["args"] and not start["words"] and not durable:
        return frame
    try:
        given = {"args": start["args"], "words": start["words"], **(durable or {})}
        strict.check_depth(given, strict.DEEPEST)
        return frame + dumps(given)
    except (TypeError, ValueError, RecursionError) as error:
        raise UsageError(f"args cannot be given to a script: {error}", hint="give JSON values") from None


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


class _Asked:
    """A request that takes time: who waits for its answer, and how far the call has come that gives it."""

    __slots__ = ("answered", "given_up", "number", "pending", "reply", "size")

    def __init__(self, number: bytes, size: int, reply: Reply) -> None:
        self.number = number
        self.size = size
        self.reply = reply
        self.pending: Pending | None = None
        self.given_up = False
        self.answered = False


class Bridge:
    """One run's frames. `receive` takes each as it comes, in one thread; `result` is there after the last."""

    def __init__(
        self,
        run: Run,
        services: Services,
        *,
        modules: Modules,
        on_output: Callable[[bytes], None] | None = None,
        keep_output: bool = True,
    ) -> None:
        self._run = run
        self._services = services
        self._modules = modules
        self._output = Output(run, on_output, keep=keep_output)
        self._asking = threading.Lock()
        self._asked: dict[bytes, _Asked] = {}
        self._sleeps: Sleeps | None = None
        self._slips = 0
        self.open = 0
        """Requests that have not been answered."""
        self._open_since = 0.0
        self._open_bytes = 0
        self._at_once = 0
        self._later: deque[Callable[[], None]] = deque()
        self.result: dict[str, Any] | None = None

    @property
    def output(self) -> str:
        """The output so far; what is not UTF-8 as U+FFFD."""
        return self._output.text

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
            self._sleep(number, request, len(body), reply)
            return
        if operation == "more" or (operation == "call" and not self._is_inline(request)):
            self._answer_later(number, request, len(body), reply)
            return
        started = time.monotonic()
        reply(self._frame(number, self._answer(request)[1]))
        with self._asking:
            if not self.open:
                self._run.waited += time.monotonic() - started

    def _ask(self, number: bytes, size: int, reply: Reply) -> _Asked:
        """Note a request that is answered later."""
        asked = _Asked(number, size, reply)
        with self._asking:
            if self.open >= MAX_OPEN or self._open_bytes + size > MAX_OPEN_BYTES:
                raise InternalError("the script's process has more requests open than any script has use for")
            self._open_bytes += size
            if self.open == 0:
                self._open_since = time.monotonic()
            self.open += 1
            self._asked[number] = asked
        return asked

    def _settle(self, asked: _Asked, text: bytes) -> bool:
        """Send an answer, unless the request was given up meanwhile, and has had its answer."""
        frame = self._frame(asked.number, text)
        with self._asking:
            if asked.answered:
                return False
            asked.answered = True
            if self._asked.get(asked.number) is asked:
                del self._asked[asked.number]
            self.open -= 1
            if self.open == 0:
                self._run.waited += time.monotonic() - self._open_since
        asked.reply(frame)
        return True

    def _answer_later(self, number: bytes, request: dict[str, Any], size: int, reply: Reply) -> None:
        asked = self._ask(number, size, reply)

        def answer() -> None:
            value, text = self._answer(request, asked) if not asked.answered else (None, b"")
            with self._asking:
                self._open_bytes -= size
            if self._settle(asked, text) and "walk" in request:
                self._services.ahead(self._run, value, success)

        with self._asking:
            waits = self._at_once >= MAX_AT_ONCE
            if waits:
                self._later.append(answer)
            else:
                self._at_once += 1
        if not waits:
            self._services.submit(partial(self._answer_one_after_another, answer))

    def _answer_one_after_another(self, answer: Callable[[], None] | None) -> None:
        """Answer, and then in the same thread what has waited for its turn meanwhile."""
        while answer is not None:
            answer()
            with self._asking:
                answer = self._later.popleft() if self._later else None
                if answer is None:
                    self._at_once -= 1

    def _sleep(self, number: bytes, request: dict[str, Any], size: int, reply: Reply) -> None:
        """Answer when the time has passed; or at once, where it is wrong."""
        asked = self._ask(number, size, reply)
        with self._asking:
            self._open_bytes -= size
        try:
            seconds = self._seconds(request)
        except LuaHostError as error:
            self._settle(asked, refusal(error.fields()))
            return
        if self._sleeps is None:
            self._sleeps = Sleeps(self._run, self._services.submit)
        self._sleeps.add(seconds, lambda: self._settle(asked, success(None)), key=asked)

    def _seconds(self, request: dict[str, Any]) -> float:
        """How long a sleep still takes."""
        journal, task, seconds = self._run.journal, self._task(request), request.get("seconds")
        if isinstance(seconds, bool) or not isinstance(seconds, (int, float)) or not 0 <= seconds <= 1e9:
            raise InvalidArguments("sleep: a number of seconds, 0 or more, was expected")
        return seconds if journal is None else journal.pause(task, seconds)

    def _give_up(self, ids: Any) -> None:
        """Answer these requests at once, with `cancelled`, but for writes that were sent: their outcome is awaited.

        Those that have been answered meanwhile are passed over.
        """
        if not isinstance(ids, list) or not all(type(each) is int and 0 <= each < 10**_MAX_ID for each in ids):
            raise InternalError("the script's process sent a request that is not one")
        refused = refusal(_given_up().fields())
        for each in ids:
            with self._asking:
                asked = self._asked.get(b"%d" % each)
                if asked is None:
                    continue
                asked.given_up = True
                pending = asked.pending
            if pending is None or self._run.give_up(pending, _given_up()):
                self._settle(asked, refused)
                if self._sleeps is not None:
                    self._sleeps.drop(asked)

    def _begun(self, asked: _Asked, pending: Pending) -> None:
        """A call begins; raises Cancelled where it was given up before that."""
        with self._asking:
            asked.pending = pending
            given_up = asked.given_up
        if given_up:
            self._run.give_up(pending, _given_up())
            raise _given_up()

    def _frame(self, number: bytes, text: bytes) -> bytes:
        """The frame of an answer; where time is simulated, it says what time it is."""
        if self._run.clock is None:
            return b"A%s %s" % (number, text)
        return b'A%s %s,"now":%.3f}' % (number, text[:-1], self._run.clock.time())

    def _is_inline(self, request: dict[str, Any]) -> bool:
        name = request.get("function")
        return isinstance(name, str) and self._services.is_inline(name)

    def _answer(self, request: dict[str, Any], asked: _Asked | None = None) -> tuple[Any, bytes]:
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

    def _do(self, request: dict[str, Any], asked: _Asked | None) -> Any:
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
                on_begin=None if asked is None else partial(self._begun, asked),
            )
        if operation == "more":
            return self._services.more(self._run, request.get("walk"))
        if operation == "note":
            return None  # what there is to tell goes with it
        if operation == "cancel":
            self._give_up(request.get("ids"))
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


def _given_up() -> Cancelled:
    return Cancelled("given up, since another task has failed", hint="nothing was changed by this call")


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
