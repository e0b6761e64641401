"""Creating under an idempotency key, against an API that has no such thing.

The ledger says what this machine (or several, sharing a folder) has sent; two tags on what was made let any
other machine find it: a hash of the key, and one of the arguments.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from typing import TYPE_CHECKING, Any

from luahost.calls.arguments import shown
from luahost.calls.ledger import FREE
from luahost.errors import Conflict, Forbidden, LuaHostError, NotFound, OutcomeUnknown

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from luahost.calls.accounts import Account
    from luahost.calls.ledger import Entry, Ledger
    from luahost.calls.run import Pending, Run
    from luahost.calls.settings import Timing
    from luahost.spec import Creation, Function

KEY_TAG = "luahost-key-"
ARGUMENTS_TAG = "luahost-args-"
_HEX = 16
_FIRST_LOOK, _SLOWEST_LOOK = 0.25, 5.0


def _hash(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


class Once:
    """One create under one key. `create` gives what the key has made, making it if nobody has."""

    def __init__(
        self,
        *,
        ledger: Ledger,
        timing: Timing,
        account: Account,
        function: Function,
        run: Run,
        pending: Pending,
        creation: Creation,
        key: str,
        arguments: Mapping[str, Any],
    ) -> None:
        self._ledger = ledger
        self._timing = timing
        self._run = run
        self._pending = pending
        self._creation = creation
        name = f"{account.integration}.{function.name}"
        # By host and organisation, never by the account's name: two names may mean the same account. Where only
        # the key tells the organisation, a hash under that key stands for it.
        scope = creation.scope() or hmac.new(account.api_key.encode(), b"luahost scope", "sha256").hexdigest()
        self._entry = _hash(account.base_url, scope, name, key)
        plain = json.dumps(shown(function, dict(arguments)), sort_keys=True, ensure_ascii=True)
        self._arguments = _hash(name, plain)[:_HEX]
        self._key_tag = KEY_TAG + _hash(name, key)[:_HEX]
        self._arguments_tag = ARGUMENTS_TAG + self._arguments
        self._turn = 0

    # -- the ledger -----------------------------------------------------------------------------------------

    def create(self) -> dict[str, Any]:
        waiting = _Waiting()
        while True:
            turn, entry = self._ledger.read(self._entry)
            if entry["state"] == "free" or self._is_over(entry, waiting):
                if self._claim(turn + 1):
                    return self._look_then_send()
                continue
            if entry.get("arguments") != self._arguments:
                raise _conflict()
            if entry["state"] == "done":
                return self._creation_at(entry["id"])
            self._turn = turn
            now, until = self._time(), float(entry["until"])
            if waiting.may_look(now, until):
                found = self._look()
                if found:
                    return self._take(found)
                waiting.looked = now >= until
            else:
                self._wait(until, waiting)

    def _is_over(self, entry: Entry, waiting: _Waiting) -> bool:
        """Whether a `sent` entry was settled by nobody in time, and has been looked for since."""
        if entry["state"] != "sent" or self._time() < float(entry["until"]):
            return False
        if entry.get("arguments") != self._arguments:
            raise _conflict()
        return waiting.looked

    def _claim(self, turn: int) -> bool:
        self._turn = turn
        until = self._time() + self._timing.timeout + self._timing.settle
        return self._ledger.claim(self._entry, turn, self._sent(until))

    def _sent(self, until: float) -> Entry:
        return {"state": "sent", "arguments": self._arguments, "until": until}

    def _settle(self, found: str) -> None:
        self._ledger.settle(self._entry, self._turn, {"state": "done", "arguments": self._arguments, "id": found})

    def _free(self) -> None:
        self._ledger.settle(self._entry, self._turn, FREE)

    # -- the API --------------------------------------------------------------------------------------------

    def _look_then_send(self) -> dict[str, Any]:
        """What another machine has made under this key; else send."""
        try:
            found = self._look()
        except BaseException:
            self._free()  # nothing was sent
            raise
        if found:
            return self._take(found)
        return self._send([self._key_tag, self._arguments_tag])

    def _send(self, tags: list[str]) -> dict[str, Any]:
        try:
            made = self._creation.send(tags)
            identity = self._creation.identify(made)
        except LuaHostError as error:
            if _may_have_happened(error):
                return self._search(error)
            if tags and _refuses_tags(error):
                self._run.notice(
                    "the organisation refuses luahost's tags: the idempotency key is kept on this machine only"
                )
                return self._send([])
            self._free()
            raise
        self._settle(identity)
        return self._oldest(made, identity) if tags else made

    def _oldest(self, made: dict[str, Any], identity: str) -> dict[str, Any]:
        """`made`, unless a machine that shares nothing with this one made another first."""
        try:
            found = self._creation.find(self._key_tag)
        except LuaHostError as error:
            self._run.notice(f"whether another machine created the same could not be looked up: {error.message}")
            return made
        if found and found[0]["id"] != identity and self._arguments_tag in found[0]["tags"]:
            return self._take(found)
        self._tell_of(each["id"] for each in found if each["id"] != identity)
        return made

    def _search(self, error: LuaHostError) -> dict[str, Any]:
        """The answer was lost: look for what it may have made, for as long as lists may lag."""
        until = self._time() + self._timing.settle
        self._ledger.settle(self._entry, self._turn, self._sent(until))
        step = _FIRST_LOOK
        while True:
            found = self._look_again()
            if found:
                return self._take(found)
            left = until - self._time()
            if left <= 0 or self._out_of_time():
                break
            self._run.sleep(min(step, left), self._pending)
            step = min(step * 2, _SLOWEST_LOOK)
        raise OutcomeUnknown(
            "the answer was lost, and nothing is to be found under this idempotency key yet: it may have happened",
            hint="call it again with the same idempotency_key: it looks again before it sends",
            status=error.status,
            request_id=error.request_id,
        ) from error

    def _look_again(self) -> list[dict[str, Any]]:
        """What carries both tags; nothing when that cannot be seen now."""
        try:
            found = self._creation.find(self._key_tag)
        except LuaHostError:
            return []
        return [each for each in found if self._arguments_tag in each["tags"]]

    def _look(self) -> list[dict[str, Any]]:
        """What carries this key's tag, oldest first; raises Conflict when it was made with other arguments."""
        try:
            found = self._creation.find(self._key_tag)
        except Forbidden:
            self._run.notice("the key may not list what exists: the idempotency key is kept on this machine only")
            return []
        if found and self._arguments_tag not in found[0]["tags"]:
            raise _conflict()
        return found

    def _take(self, found: list[dict[str, Any]]) -> dict[str, Any]:
        self._settle(found[0]["id"])
        self._tell_of(other["id"] for other in found[1:])
        return self._creation_at(found[0]["id"])

    def _tell_of(self, others: Iterable[str]) -> None:
        for other in others:
            self._run.notice(f"another machine used the same idempotency key at the same time: {other} exists as well")

    def _creation_at(self, identity: str) -> dict[str, Any]:
        try:
            return self._creation.fetch(identity)
        except NotFound as error:
            error.hint = f"the idempotency key has made {identity}, which is gone: use another key to make a new one"
            raise

    # -- waiting --------------------------------------------------------------------------------------------

    def _wait(self, until: float, waiting: _Waiting) -> None:
        """Give whoever holds the key a moment, no longer than the run may last."""
        left = max(0.0, until - self._time())
        if self._run.stopped or self._out_of_time():
            raise OutcomeUnknown(
                f"an earlier call under this idempotency key may still be settled within {left:.0f} s",
                hint="call it again with the same idempotency_key",
            )
        if not waiting.told:
            waiting.told = True
            self._run.notice(f"waiting up to {left:.0f} s for an earlier call under the same idempotency key")
        self._run.sleep(min(waiting.step, left), self._pending)
        waiting.step = min(waiting.step * 1.5, 1.0)

    def _time(self) -> float:
        return self._run.clock.time() if self._run.clock else time.time()

    def _out_of_time(self) -> bool:
        deadline = self._run.deadline_for(self._pending)
        return deadline is not None and time.monotonic() >= deadline


class _Waiting:
    """How one call waits for another: the ledger is read often, the API asked seldom."""

    def __init__(self) -> None:
        self.step = 0.05
        self.told = False
        self.looked = False
        self._next_look = float("-inf")

    def may_look(self, now: float, until: float) -> bool:
        """Whether it is time to ask the API; `until`, when the other's claim ends, is such a time."""
        if now < min(self._next_look, until):
            return False
        self._next_look = now + _SLOWEST_LOOK
        return True


def _conflict() -> Conflict:
    return Conflict(
        "this idempotency_key was used before with other arguments",
        hint="use a new key for a new task, or the same arguments to get what the key has made",
    )


def _may_have_happened(error: LuaHostError) -> bool:
    """Whether what was sent may have been done: no answer, one that says nothing, or one that cannot be read."""
    if isinstance(error, OutcomeUnknown):
        return True
    return error.status is not None and (error.status >= 500 or error.status == 408 or error.status < 300)


def _refuses_tags(error: LuaHostError) -> bool:
    """No code for it is documented; the refusal of a tag names tags."""
    return error.status in (400, 403, 422) and "tag" in f"{error.message} {error.details}".lower()
