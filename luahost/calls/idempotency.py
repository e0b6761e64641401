"""Creating under an idempotency key, against an API that has no such thing.

The ledger says what this machine (or several, sharing a folder) has sent; two tags on what was made let any
other machine find it: a hash of the key, and one of the arguments.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import time
from typing import TYPE_CHECKING, Any

from luahost.calls.arguments import shown
from luahost.calls.ledger import FREE
from luahost.errors import (
    Conflict,
    Forbidden,
    InternalError,
    LuaHostError,
    NotFound,
    OutcomeUnknown,
    may_have_happened,
)
from luahost.spec import KEPT_TAGS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from luahost.calls.accounts import Account
    from luahost.calls.ledger import Entry, Ledger
    from luahost.calls.pending import Pending
    from luahost.calls.recorded import Entry as JournalEntry
    from luahost.calls.run import Run
    from luahost.calls.settings import Timing
    from luahost.spec import Creation, Function

KEY_TAG, ARGUMENTS_TAG = KEPT_TAGS
_HEX = 16
_FIRST_LOOK, _SLOWEST_LOOK = 0.25, 5.0


def _hash(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


class Once:
    """One create under one key. `create` gives what the key has made, making it if nobody has.

    With the `entry` of a journal the key is that call's alone: nobody else uses it, and what has never left is not
    looked for.
    """

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
        entry: JournalEntry | None = None,
    ) -> None:
        self._ledger = ledger
        self._journaled = entry
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
            free = entry["state"] == "free"
            if not free and entry.get("arguments") != self._arguments:
                raise _conflict()
            if entry["state"] == "done":
                return self._creation_at(entry["id"])
            if self._journaled is not None and self._journaled.fresh and self._claim(turn + 1):
                return self._send([self._key_tag, self._arguments_tag])
            now = self._time()
            until = now if free else waiting.until(turn, entry, now)
            if not waiting.may_look(now, until):
                self._wait(until, waiting)
                continue
            # Looked for before it is claimed: a claim begins with sending, and of whoever has read this turn
            # only one gets the next.
            found = self._look()
            if found:
                self._turn = turn
                if free:
                    self._turn = turn + 1
                    self._ledger.claim(self._entry, self._turn, self._done(found[0]["id"]))
                return self._take(found)
            if now >= until:
                if not free and (found is None or not entry.get("tagged", True)):
                    raise OutcomeUnknown(
                        "an earlier call under this idempotency key was not answered, and what it made cannot be found",
                        hint="look whether it exists; to create it anew, use another idempotency_key",
                    )
                if self._claim(turn + 1):
                    return self._send([self._key_tag, self._arguments_tag])

    def existing(self) -> dict[str, Any] | None:
        """What the key has made, None where nothing is known or found; nothing is claimed. Raises Conflict."""
        _, entry = self._ledger.read(self._entry)
        if entry["state"] != "free" and entry.get("arguments") != self._arguments:
            raise _conflict()
        if entry["state"] == "done":
            return self._creation_at(entry["id"])
        found = self._look()
        return self._creation_at(found[0]["id"]) if found else None

    def _claim(self, turn: int, *, tagged: bool = True) -> bool:
        self._turn = turn
        return self._ledger.claim(self._entry, turn, self._sent(self._timing.timeout + self._timing.settle, tagged))

    def _sent(self, lasts: float, tagged: bool = True) -> Entry:
        until = self._time() + lasts
        return {"state": "sent", "arguments": self._arguments, "until": until, "lasts": lasts, "tagged": tagged}

    def _done(self, found: str) -> Entry:
        return {"state": "done", "arguments": self._arguments, "id": found}

    def _settle(self, found: str) -> None:
        try:
            self._ledger.settle(self._entry, self._turn, self._done(found))
        except InternalError as error:  # it exists all the same, and its tags tell of it
            self._run.notice(f"{found} could not be kept in the ledger: {error.message}")

    def _free(self) -> None:
        self._ledger.settle(self._entry, self._turn, FREE)

    # -- the API --------------------------------------------------------------------------------------------

    def _send(self, tags: list[str]) -> dict[str, Any]:
        try:
            with self._ledger.held(self._entry):
                made = self._creation.send(tags)
                identity = self._creation.identify(made)
        except LuaHostError as error:
            if self._pending.sent and may_have_happened(error):
                return self._search(error, tagged=bool(tags))
            if tags and _refuses_tags(error):
                self._run.notice(
                    "the organisation refuses luahost's tags: the idempotency key is kept on this machine only"
                )
                return self._send([]) if self._claim(self._turn + 1, tagged=False) else self.create()
            self._free()
            raise
        self._settle(identity)
        return self._oldest(made, identity) if tags and self._journaled is None else made

    def _oldest(self, made: dict[str, Any], identity: str) -> dict[str, Any]:
        """`made`, unless a machine that shares nothing with this one made another first."""
        until, step = self._time() + self._timing.settle, _FIRST_LOOK
        if "tags" in made and self._key_tag not in (made["tags"] or ()):
            self._run.notice(
                "the organisation left luahost's tags out: the idempotency key is kept on this machine only"
            )
            return made
        try:
            found = self._creation.find(self._key_tag)
            # A list that does not show what was just made does not show yet what others made either.
            while all(each["id"] != identity for each in found) and self._time() < until and not self._out_of_time():
                self._run.sleep(min(step, until - self._time()), self._pending)
                step = min(step * 2, _SLOWEST_LOOK)
                found = self._creation.find(self._key_tag)
        except LuaHostError as error:
            self._run.notice(f"whether another machine created the same could not be looked up: {error.message}")
            return made
        if found and found[0]["id"] != identity and self._arguments_tag in found[0]["tags"]:
            return self._take(found)
        self._tell_of(each["id"] for each in found if each["id"] != identity)
        return made

    def _search(self, error: LuaHostError, *, tagged: bool) -> dict[str, Any]:
        """The answer was lost: look for what it may have made, for as long as lists may lag."""
        until = self._time() + self._timing.settle
        self._ledger.settle(self._entry, self._turn, self._sent(self._timing.settle, tagged))
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

    def _look(self) -> list[dict[str, Any]] | None:
        """What carries this key's tag, oldest first, None when that cannot be seen; raises Conflict."""
        try:
            found = self._creation.find(self._key_tag)
        except Forbidden:
            self._run.notice("the key may not list what exists: the idempotency key is kept on this machine only")
            return None
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
        with self._ledger.held(self._entry):
            pass
        if self._ledger.read(self._entry)[1]["state"] != "sent":
            return
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
        self._first_seen: dict[int, float] = {}
        self._next_look = float("-inf")

    def until(self, turn: int, entry: Entry, now: float) -> float:
        """When the claim ends: no later by this clock than it lasts, however wrong the other's clock was."""
        return min(float(entry["until"]), self._first_seen.setdefault(turn, now) + float(entry.get("lasts", 1e9)))

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


def _refuses_tags(error: LuaHostError) -> bool:
    """No code for it is documented; the refusal of a tag names tags."""
    return error.status in (400, 403, 422) and bool(
        re.search(r"\btags?\b", f"{error.message} {error.details}", re.IGNORECASE)
    )
