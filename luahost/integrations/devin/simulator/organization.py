"""The one organisation everything lives in: its people, sessions and library, and its rules for tags."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .answers import Refusal, failure, invalid
from .attachments import Attachments
from .audit import AuditLog
from .draws import drawn_hex
from .library import Library
from .life import ENDED
from .people import People
from .repositories import Repositories
from .reviews import Reviews
from .session import Session

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from .people import Principal

MOST_TAGS = 50
_DOCUMENTED_AGE = 3600.0


class Organization:
    def __init__(
        self,
        accounts: Iterable[str],
        seed: int,
        now: float,
        *,
        list_lag: float,
        allowed_tags: Collection[str] | None,
    ) -> None:
        self._seed = seed
        self.id = f"org-{drawn_hex(seed, 'organization')}"
        self.people = People(accounts, seed)
        self.list_lag = list_lag
        self.allowed_tags = allowed_tags
        self.default_tag: str | None = None
        self.sessions: dict[str, Session] = {}
        self.attachments = Attachments(seed)
        self.repositories = Repositories(seed, now)
        self.reviews = Reviews(seed)
        self.library = Library(seed, now)
        self.audit = AuditLog(seed)
        first = next(iter(self.people.by_account.values()), None)
        if first is not None:
            self._open_documented_session(first, now - _DOCUMENTED_AGE, now)

    def create(
        self,
        principal: Principal,
        options: dict[str, Any],
        now: float,
        *,
        user: Principal | None = None,
        parent: Session | None = None,
    ) -> Session:
        """A new session, made with the key of `principal` for `user`, or for themselves."""
        self.check_tags(options.get("tags") or [])
        number = len(self.sessions)
        session = Session(
            seed=self._seed,
            number=number,
            session_id=drawn_hex(self._seed, "session", number),
            principal=principal,
            options=options,
            now=now,
            user=user,
            parent=parent,
        )
        session.begin()
        if not session.tags and self.default_tag is not None:
            session.tags = [self.default_tag]
        # Last, so that a session that cannot begin leaves no trace.
        self.sessions[session.id] = session
        if parent is not None:
            parent.children.append(session)
        return session

    def session(self, session_id: str) -> Session:
        """By its bare id or with `devin-` before it; clients send both."""
        try:
            return self.sessions[bare(session_id)]
        except KeyError:
            raise Refusal(404, f"Session {session_id} not found") from None

    def awake(self, session_id: str, now: float) -> Session:
        """A session that has not ended, or a conflict."""
        session = self.session(session_id)
        status = session.status(now)
        if status in ENDED:
            raise Refusal(409, f"Session {session_id} has already ended (status: {status})")
        return session

    def newest_first(self) -> list[Session]:
        return list(reversed(self.sessions.values()))

    def listed(self, now: float) -> list[Session]:
        """The sessions that lists know by now, newest first."""
        return [session for session in self.newest_first() if now - session.created_at >= self.list_lag]

    def same_request(self, principal: Principal, prompt: str, now: float) -> Session | None:
        """What an idempotent create of v1 finds: the newest that goes on, by the same key and prompt."""
        return next(
            (
                session
                for session in self.newest_first()
                if session.principal is principal and session.prompt == prompt and session.status(now) not in ENDED
            ),
            None,
        )

    @property
    def vocabulary(self) -> list[str]:
        """The allowed tags, in the order in which they were given where that is known."""
        allowed = self.allowed_tags or ()
        return list(allowed) if isinstance(allowed, list | tuple) else sorted(allowed)

    def check_tags(self, tags: Sequence[str], *, already: Sequence[str] = ()) -> None:
        """Refuses more tags than a session may have, and words outside the organisation's vocabulary."""
        if len(dict.fromkeys([*already, *tags])) > MOST_TAGS:
            msg = f"List should have at most {MOST_TAGS} items after validation"
            raise invalid(failure(("body", "tags"), msg, "too_long"))
        if self.allowed_tags is None:
            return
        strange = [
            failure(("body", "tags", place), f"Tag '{tag}' is not allowed in this organization", "value_error")
            for place, tag in enumerate(tags)
            if tag not in self.allowed_tags
        ]
        if strange:
            raise invalid(*strange)

    def signature(self, *words: object) -> str:
        """What only the organisation can put under these words."""
        return drawn_hex(self._seed, "signature", *words, length=64)

    def _open_documented_session(self, principal: Principal, born: float, now: float) -> None:
        """The session of the documented examples, still at work when the clock starts."""
        options = {
            "prompt": "Find out why the nightly build is slow and make it faster.",
            "title": "Slow nightly build",
        }
        session = Session(
            seed=self._seed,
            number=0,
            session_id="sess_abc123",
            principal=principal,
            options=options,
            now=born,
        )
        session.life.work_until(now + 1200.0)
        self.sessions[session.id] = session


def bare(session_id: str) -> str:
    return session_id.removeprefix("devin-")
