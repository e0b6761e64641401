"""Devin Review: reviews of pull requests, each on its way from pending to completed."""

from __future__ import annotations

from typing import NamedTuple

from .draws import drawn_between, drawn_hex


class PullRequest(NamedTuple):
    repo_path: str  # with its host: github.com/owner/repo
    number: int


class Review(NamedTuple):
    pull_request: PullRequest
    commit: str
    created_at: float
    running_at: float
    completed_at: float

    def status(self, now: float) -> str:
        if now >= self.completed_at:
            return "completed"
        return "running" if now >= self.running_at else "pending"


class Reviews:
    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._reviews: list[Review] = []

    def start(self, pull_request: PullRequest, now: float) -> Review:
        """A new review of the head commit, or the one that is still under way."""
        latest = self.latest(pull_request, None)
        if latest is not None and latest.status(now) != "completed":
            return latest
        number = len(self._reviews)
        running = now + drawn_between(2.0, 6.0, self._seed, "review starts", number)
        completed = running + drawn_between(60.0, 180.0, self._seed, "review", number)
        self._reviews.append(Review(pull_request, self._head(pull_request), now, running, completed))
        return self._reviews[-1]

    def latest(self, pull_request: PullRequest, commit: str | None) -> Review | None:
        """By the commit or the beginning of it; None for the head."""
        return next(
            (
                review
                for review in reversed(self._reviews)
                if review.pull_request == pull_request and review.commit.startswith(commit or "")
            ),
            None,
        )

    def _head(self, pull_request: PullRequest) -> str:
        """Nobody pushes to a pull request of the simulator: its head stays the same."""
        return drawn_hex(self._seed, "head", *pull_request, length=40)
