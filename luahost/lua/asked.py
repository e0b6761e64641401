"""The requests of one run that take time: who waits for which answer, and how many of them are answered at a time."""

from __future__ import annotations

import threading
import time
from collections import deque
from functools import partial

from luahost.errors import Cancelled, InternalError
from luahost.lua.sleeps import Sleeps
from luahost.lua.wire import refusal, success

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from luahost.calls.pending import Pending
    from luahost.calls.run import Run

    Reply = Callable[[bytes], None]

MAX_OPEN = 1024
"""The most requests of one script that may wait for their answers."""

MAX_AT_ONCE = 256
"""The most requests of one script that are answered at a time, as many as `parallel` has tasks at once at most; more of
them wait, and other scripts' do not. Sleeping takes no turn."""

MAX_OPEN_BYTES = 64 << 20
"""What they may be in all."""


class Asked:
    """A request that takes time: who waits for its answer, and how far the call has come that gives it."""

    __slots__ = ("answered", "given_up", "number", "pending", "reply", "size")

    def __init__(self, number: bytes, size: int, reply: Reply) -> None:
        self.number = number
        self.size = size
        self.reply = reply
        self.pending: Pending | None = None
        self.given_up = False
        self.answered = False


class Requests:
    """Those of one run; `submit` has a thread do something. Thread-safe.

    While any waits for its answer, the script waits for its host.
    """

    def __init__(self, run: Run, submit: Callable[[Callable[[], None]], None]) -> None:
        self._run = run
        self._submit = submit
        self._lock = threading.Lock()
        self._asked: dict[bytes, Asked] = {}
        self._sleeps: Sleeps | None = None
        self.open = 0
        """How many have not been answered."""
        self._open_since = 0.0
        self._open_bytes = 0
        self._at_once = 0
        self._later: deque[Callable[[], None]] = deque()

    def frame(self, number: bytes, text: bytes) -> bytes:
        """The frame of an answer; where time is simulated, it says what time it is."""
        if self._run.clock is None:
            return b"A%s %s" % (number, text)
        return b'A%s %s,"now":%.3f}' % (number, text[:-1], self._run.clock.time())

    def waited(self, seconds: float) -> None:
        """The script has waited so long for an answer that was given at once."""
        with self._lock:
            if not self.open:
                self._run.waited += seconds

    def note(self, number: bytes, size: int, reply: Reply) -> Asked:
        """A request that is answered later; raises InternalError where there are too many."""
        asked = Asked(number, size, reply)
        with self._lock:
            if self.open >= MAX_OPEN or self._open_bytes + size > MAX_OPEN_BYTES:
                raise InternalError("the script's process has more requests open than any script has use for")
            self._open_bytes += size
            if self.open == 0:
                self._open_since = time.monotonic()
            self.open += 1
            self._asked[number] = asked
        return asked

    def settle(self, asked: Asked, text: bytes) -> bool:
        """Send an answer, unless the request was given up meanwhile, and has had its answer."""
        frame = self.frame(asked.number, text)
        with self._lock:
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

    def answer(self, asked: Asked, find: Callable[[], bytes], then: Callable[[], None] | None = None) -> None:
        """Have a thread send what `find` gives, when it is its turn; `then` is called when that was waited for."""

        def answer() -> None:
            text = b"" if asked.answered else find()
            with self._lock:
                self._open_bytes -= asked.size
            if self.settle(asked, text) and then is not None:
                then()

        with self._lock:
            waits = self._at_once >= MAX_AT_ONCE
            if waits:
                self._later.append(answer)
            else:
                self._at_once += 1
        if not waits:
            self._submit(partial(self._one_after_another, answer))

    def _one_after_another(self, answer: Callable[[], None] | None) -> None:
        """Answer, and then in the same thread what has waited for its turn meanwhile."""
        while answer is not None:
            answer()
            with self._lock:
                answer = self._later.popleft() if self._later else None
                if answer is None:
                    self._at_once -= 1

    def sleep(self, asked: Asked, seconds: float) -> None:
        """Answer when the time has passed."""
        if self._sleeps is None:
            self._sleeps = Sleeps(self._run, self._submit)
        self._sleeps.add(seconds, lambda: self.settle(asked, success(None)), key=asked)

    def begun(self, asked: Asked, pending: Pending) -> None:
        """A call begins; raises Cancelled where it was given up before that."""
        with self._lock:
            asked.pending = pending
            given_up = asked.given_up
        if given_up:
            self._run.give_up(pending, _given_up())
            raise _given_up()

    def give_up(self, ids: list[int]) -> None:
        """Answer these at once, with `cancelled`, but for writes that were sent: their outcome is awaited.

        Those that have been answered meanwhile are passed over.
        """
        refused = refusal(_given_up().fields())
        for each in ids:
            with self._lock:
                asked = self._asked.get(b"%d" % each)
                if asked is None:
                    continue
                asked.given_up = True
                pending = asked.pending
            if pending is None or self._run.give_up(pending, _given_up()):
                self.settle(asked, refused)
                if self._sleeps is not None:
                    self._sleeps.drop(asked)


def _given_up() -> Cancelled:
    return Cancelled("given up, since another task has failed", hint="nothing was changed by this call")
