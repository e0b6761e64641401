"""A call under way, and who else looks at it."""

from __future__ import annotations

import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Protocol

    from luahost.calls.accounts import Account
    from luahost.calls.recorded import Entry
    from luahost.errors import LuaHostError
    from luahost.results import CallRecord, Result

    class Clock(Protocol):
        """What time it is and how to wait: the machine's clock, or a simulator's, which waits in no time."""

        def time(self) -> float: ...

        def sleep(self, seconds: float) -> None: ...

    class Spans(Protocol):
        """Who is told of a run and of each call, in the thread that makes it, to trace them; see luahost.telemetry."""

        def begin_run(self, name: str, *, isolation: str, run_id: str | None) -> None: ...

        def end_run(self, came: Result | BaseException) -> None: ...

        def begin(self, pending: Pending) -> None: ...

        def end(self, pending: Pending, problem: LuaHostError | None) -> None: ...


class Pending:
    """A call under way.

    `sent` says that a write has left, so that its outcome is worth waiting for; `done`, that it has given its result;
    `planned`, that a dry run has given it, and nothing was sent; `cancelled`, that nobody waits for it any more.
    `entry` is what the journal knows. `target` is the account that it has sent requests to, and `http_status` what the
    last of them was answered with; `span` is whatever traces it.
    """

    __slots__ = (
        "cancelled", "done", "entry", "http_status", "planned", "record", "sent", "span", "started", "target",
    )  # fmt: skip

    def __init__(self, record: CallRecord) -> None:
        self.record = record
        self.entry: Entry | None = None
        self.sent = False
        self.done = False
        self.planned = False
        self.cancelled = False
        self.target: Account | None = None
        self.http_status: int | None = None
        self.span: Any = None
        self.started = time.monotonic()
