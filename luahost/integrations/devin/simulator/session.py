"""One session: what it was asked, by whom, and what of its life is visible at a moment."""

from __future__ import annotations

import copy
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from .draws import drawn_between, drawn_hex
from .life import ENDED, Life
from .structured import output_for

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .people import Principal

CATEGORIES = (
    "bug_fixing",
    "ci_cd_and_devops",
    "code_quality_and_security",
    "code_review",
    "code_review_and_analysis",
    "data_and_automation",
    "documentation_and_content",
    "feature_development",
    "migrations_and_upgrades",
    "other",
    "production_investigation",
    "refactoring_and_optimization",
    "research_and_exploration",
    "security",
    "unit_test_generation",
)


_REFERENCE = re.compile(r'ATTACHMENT:"([^"\s]+)"')  # how a prompt of v1 refers to an upload


class Message(NamedTuple):
    at: float
    source: str  # "user" or "devin"
    text: str
    event_id: str
    principal: Principal | None


class Session:
    def __init__(
        self,
        *,
        seed: int,
        number: int,
        session_id: str,
        principal: Principal,
        options: dict[str, Any],
        now: float,
        user: Principal | None = None,
        parent: Session | None = None,
    ) -> None:
        self._seed = seed
        self.number = number
        self.id = session_id
        self.principal = principal  # whose key made it
        self.user = user or principal  # whose it is
        self.options = options
        self.created_at = now
        self.parent = parent
        self.children: list[Session] = []
        self.prompt: str = options["prompt"]
        self.title: str | None = options.get("title")
        self.tags: list[str] = list(dict.fromkeys(options.get("tags") or []))
        self.is_archived = False
        self.attachment_urls: list[str] = []
        self.analysed_at: float | None = None
        self.life = Life(
            seed,
            number,
            now,
            acu_limit=options.get("max_acu_limit"),
            resumable=options.get("resumable", True),
        )
        self._touched = now
        self._heard: list[Message] = []
        self._listen(now, self.prompt, self.user, options.get("attachment_urls") or ())

    @property
    def user_id(self) -> str | None:
        return self.user.user_id

    @property
    def url(self) -> str:
        return f"https://app.devin.ai/sessions/{self.id}"

    @property
    def repositories(self) -> list[str]:
        return self.options.get("repos") or []

    def begin(self) -> None:
        self.life.begin(self.repositories[0] if self.repositories else "example/app")

    def touch(self, now: float) -> None:
        self._touched = max(self._touched, now)

    def hear(self, now: float, text: str, principal: Principal, attachment_urls: Iterable[str] = ()) -> None:
        """A message of a user; the caller has made sure that the session can still be reached."""
        self._listen(now, text, principal, attachment_urls)
        self.life.hear(now, text)
        self.touch(now)

    def end(self, now: float) -> None:
        self.life.enter(now, "exit")
        self.touch(now)

    def archive(self, now: float) -> None:
        """Out of sight; a session that runs is put to sleep."""
        if self.status(now) not in ENDED | {"suspended"}:
            self.life.enter(now, "suspended", "user_request")
        self.is_archived = True
        self.touch(now)

    def unarchive(self, now: float) -> None:
        self.is_archived = False
        self.touch(now)

    def retag(self, now: float, tags: list[str]) -> None:
        self.tags = list(dict.fromkeys(tags))
        self.touch(now)

    def analyse(self, now: float) -> bool:
        """Starts the analysis of insights; False when there is one or it is under way."""
        if self.analysed_at is not None:
            return False
        self.analysed_at = now + drawn_between(20.0, 60.0, self._seed, "analysis", self.number)
        return True

    def status(self, now: float) -> str:
        return self.life.at(now).status

    def status_detail(self, now: float) -> str | None:
        return self.life.at(now).detail

    def updated_at(self, now: float) -> float:
        return max(self._touched, self.life.changed_at(now))

    def category(self, now: float) -> str | None:
        """Known once there has been work to judge."""
        if not self.life.working_seconds(now):
            return None
        return CATEGORIES[int(drawn_hex(self._seed, "category", self.number, length=8), 16) % len(CATEGORIES)]

    def structured_output(self, now: float) -> dict[str, Any] | None:
        schema = self.options.get("structured_output_schema")
        return output_for(schema) if schema is not None and self.life.finished_by(now) else None

    def pull_requests(self, now: float) -> list[str]:
        return [request.url for request in self.life.pull_requests if request.at <= now]

    def messages(self, now: float) -> list[Message]:
        """What both sides have said so far, in the order it was said."""
        said = [
            Message(utterance.at, "devin", utterance.text, self._event_id("devin", utterance.number), None)
            for utterance in self.life.utterances
            if utterance.at <= now
        ]
        # Of two at the same moment the planned one was there first: a page already read must not change.
        return sorted([*self._heard, *said], key=lambda message: (message.at, message.source))

    def snapshot(self, now: float) -> dict[str, Any]:
        """For tests: who asked what, and with which options (but no secret's value)."""
        options = {name: value for name, value in self.options.items() if name != "session_secrets"}
        messages = [{"source": message.source, "message": message.text} for message in self.messages(now)]
        return {
            "account": self.principal.account,
            "prompt": self.prompt,
            "options": copy.deepcopy(options),
            "messages": messages,
        }

    def _listen(self, now: float, text: str, principal: Principal, attachment_urls: Iterable[str]) -> None:
        urls = [*self.attachment_urls, *attachment_urls, *_REFERENCE.findall(text)]
        self.attachment_urls = list(dict.fromkeys(urls))
        event_id = self._event_id("user", len(self._heard))
        self._heard.append(Message(now, "user", text, event_id, principal))

    def _event_id(self, source: str, number: int) -> str:
        return f"event-{drawn_hex(self._seed, 'event', self.number, source, number)}"
