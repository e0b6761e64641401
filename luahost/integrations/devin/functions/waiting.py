"""wait_session: ask for a session until it has come to something."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from luahost.errors import CallTimeout, LuaHostError
from luahost.integrations.devin.functions.common import (
    ID_FIELD,
    SESSION,
    STATUS,
    STATUS_DETAIL,
    Json,
    endpoints,
    session_id,
    texts,
)
from luahost.integrations.devin.functions.sessions import GET_SESSION
from luahost.integrations.devin.operations import promised, send
from luahost.spec import Example, Function, Param

if TYPE_CHECKING:
    from luahost.spec import Call

_SLOWER, _LONGEST = 1.5, 60.0  # each pause beside the one before; seconds, where `every` is not longer
_JITTER = 0.25  # of a pause, so that many waiters do not ask at once

STATES = (
    "new", "claimed", "running", "exit", "error", "suspended", "resuming",
    "working", "waiting_for_user", "waiting_for_approval", "blocked", "finished", "expired",
)  # fmt: skip

# A task that is done stays `running` until the machine sleeps: v3 says so in status_detail, v1 in status_enum.
_SETTLED = ("finished", "waiting_for_user", "waiting_for_approval", "blocked", "suspended", "exit", "error", "expired")
_ENDED = {"exit", "error", "expired"}


def _words(session: Json) -> set[str]:
    """Every word that tells the state of a session. What v1 calls blocked waits for its user."""
    found = {word for name in ("status", "status_detail", "status_enum") if isinstance(word := session.get(name), str)}
    return found | {"waiting_for_user"} if "blocked" in found else found


def _wait_session(call: Call, arguments: Json) -> Json:
    wanted = set(arguments.get("until_status", _SETTLED))
    timeout, every = arguments.get("timeout", 3600.0), arguments.get("every", 10.0)
    until, pause = call.time() + timeout, every
    session: Json = {}
    problem: LuaHostError | None = None
    while True:
        least = 0.0
        try:
            found = send(call, {"session_id": arguments["session_id"]}, endpoint=GET_SESSION.endpoints[call.version])
            session, problem = promised(call, found), None
        except LuaHostError as error:
            if not error.retryable:
                raise
            problem, least = error, error.retry_after or 0.0
        words = _words(session) if problem is None else set()
        if words & wanted:
            return session
        if words & _ENDED:
            raise _ended(session, wanted)
        left = until - call.time()
        if left <= 0:
            raise _late(session, problem, wanted, timeout)
        call.sleep(min(left, max(least, pause * (1 - _JITTER * random.random()))))  # noqa: S311 (no secret)
        pause = min(pause * _SLOWER, max(every, _LONGEST))


def _state(session: Json) -> str:
    return " ".join(str(session[name]) for name in ("status", "status_detail", "status_enum") if session.get(name))


def _ended(session: Json, wanted: set[str]) -> LuaHostError:
    return CallTimeout(
        f"the session has ended ({_state(session)}) and will not come to {', '.join(sorted(wanted))}",
        hint="add the state to until_status, to be told of it without an error",
        details={"last": session},
        retryable=False,
    )


def _late(session: Json, problem: LuaHostError | None, wanted: set[str], timeout: float) -> LuaHostError:
    told = f"it could not be read: {problem.message}" if problem is not None else f"it is {_state(session)}"
    return CallTimeout(
        f"after {timeout:g} s the session has not come to {', '.join(sorted(wanted))}; {told}",
        hint="raise timeout, or look at it with get_session",
        details={"last": session},
        retryable=False,
    )


WAIT_SESSION = Function(
    name="wait_session",
    summary="Wait until a session has come to a state: done, asking, asleep or ended, unless said otherwise.",
    access="read",
    handler=_wait_session,
    params=(
        session_id("The session to wait for"),
        texts(
            "until_status",
            "States to wait for; without it finished, waiting_for_user, waiting_for_approval, blocked, suspended, "
            "exit, error and expired",
            enum=STATES,
            min_length=1,
        ),
        Param(
            name="timeout",
            type="number",
            description="Seconds to wait at most; 3600 unless said",
            minimum=0,
            maximum=1e9,
        ),
        Param(
            name="every",
            type="number",
            description="Seconds between two looks at first, less often later; 10 unless said",
            minimum=0.1,
            maximum=86400,
        ),
    ),
    returns=(ID_FIELD, STATUS, STATUS_DETAIL),
    examples=(
        Example(
            code="""\
local made = app.integrations.devin.create_session({ prompt = "Update the changelog" })
local session = app.integrations.devin.wait_session({
  session_id = made.session_id,
  until_status = { "finished", "waiting_for_user", "suspended" },
  timeout = 1800
})
print(session.status, session.status_detail)
"""
        ),
    ),
    endpoints=endpoints(f"GET {SESSION}", "GET /v1/sessions/{session_id}"),
    notes=(
        (
            "A task that is done is still `running`: v3 says `finished` in `status_detail`, v1 in `status_enum`. "
            "A state in `until_status` may be any of the three."
        ),
        (
            "A session that ends in another state, and a wait that takes too long, are a `timeout` error; "
            "`err.details.last` is the session as it was last seen. Waiting counts as one call."
        ),
    ),
)

ALL = (WAIT_SESSION,)
