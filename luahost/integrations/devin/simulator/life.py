"""How a session lives: its phases on the clock, what Devin says meanwhile, and what the work costs.

Nothing runs in the background. Each event plans the future at once, and asking for a moment reads
the plan up to that moment; an event that changes the course cuts the plan off there and plans anew.
"""

from __future__ import annotations

from typing import NamedTuple

from .draws import drawn_between, drawn_hex

SECONDS_PER_ACU = 900.0  # the documentation's rule of thumb: about a quarter of an hour
IDLE_SECONDS = 1800.0  # "long idleness" has no number in the documentation
ENDED = frozenset({"exit", "error"})
_WAITS = frozenset({"waiting_for_user", "waiting_for_approval", "finished"})
_ENDS_WORK = frozenset({"running", "suspended", "exit"})  # while not at work


class Phase(NamedTuple):
    at: float
    status: str
    detail: str | None = None


class Utterance(NamedTuple):
    at: float
    text: str
    number: int  # in the order of planning, which makes the event's id


class PullRequest(NamedTuple):
    at: float
    url: str


class Life:
    def __init__(self, seed: int, number: int, born: float, *, acu_limit: int | None, resumable: bool) -> None:
        self._seed = seed
        self._number = number
        self._draws = 0
        self._said = 0
        self._acu_limit = acu_limit
        self._resumable = resumable
        self.phases = [Phase(born, "new")]
        self.utterances: list[Utterance] = []
        self.pull_requests: list[PullRequest] = []

    def begin(self, repository: str) -> None:
        """Plans the start-up and the first stretch of work; some sessions end it with a question."""
        claimed = self.phases[0].at + self._draw(1.0, 3.0)
        self._enter(claimed, "claimed")
        running = claimed + self._draw(2.0, 6.0)
        asks = self._draw(0.0, 1.0) < 0.25
        opens = not asks and self._draw(0.0, 1.0) < 0.6
        self._say(running + self._draw(2.0, 8.0), "I have read the task and am getting started.")
        seconds = self._draw(90.0, 300.0)
        if asks:
            self._work(running, seconds, "waiting_for_user", "Before I go on: which of the two ways do you prefer?")
        elif opens:
            number = 1 + int(drawn_hex(self._seed, "pull request", self._number, length=3), 16)
            url = f"https://github.com/{repository}/pull/{number}"
            if self._work(running, seconds, "finished", "Done. The pull request is ready for your review."):
                self.pull_requests.append(PullRequest(running + seconds, url))
        else:
            self._work(running, seconds, "finished", "Done. Tell me if anything should be different.")

    def work_until(self, end: float) -> None:
        """Plans a life that is at work from early on until `end`."""
        running = self.phases[0].at + 5.0
        self._say(running + 5.0, "I have read the task and am getting started.")
        self._work(running, end - running, "finished", "Done. Tell me if anything should be different.")

    def hear(self, now: float, message: str) -> None:
        """A user's message: wakes a sleeping session, and Devin answers it after a while."""
        phase = self.at(now)
        start = now
        if phase.status == "suspended" or phase.detail in _WAITS:
            self._cut(now)
            if phase.status == "suspended":
                self._enter(now, "resuming")
                start = now + self._draw(3.0, 8.0)
            self._work(start, self._draw(60.0, 180.0), "finished", "That is done as well.")
        else:
            start = max(now, next((p.at for p in self.phases if p.at > now and p.detail == "working"), now))
        reply = start + self._draw(15.0, 60.0)
        self._make_room(now, reply + 5.0)
        self._say(reply, f"Understood: {message.strip().splitlines()[0][:80] if message.strip() else '…'}")

    def enter(self, now: float, status: str, detail: str | None = None) -> None:
        """From now on this state and, until the next event, no other."""
        self._cut(now)
        self._enter(now, status, detail)

    def at(self, now: float) -> Phase:
        # A real clock may be set back to before the session: then it is still new.
        return next((phase for phase in reversed(self.phases) if phase.at <= now), self.phases[0])

    def finished_by(self, now: float) -> bool:
        return any(phase.at <= now and phase.detail == "finished" for phase in self.phases)

    def working_seconds(self, now: float) -> float:
        ends = [*(phase.at for phase in self.phases[1:]), now]
        pairs = zip(self.phases, ends, strict=True)
        return sum(max(0.0, min(end, now) - phase.at) for phase, end in pairs if phase.detail == "working")

    def acus(self, now: float) -> float:
        return round(self.working_seconds(now) / SECONDS_PER_ACU, 4)

    def changed_at(self, now: float) -> float:
        """When something last happened by itself."""
        moments = [phase.at for phase in self.phases] + [utterance.at for utterance in self.utterances]
        return max((moment for moment in moments if moment <= now), default=self.phases[0].at)

    def _work(self, start: float, seconds: float, ending: str, last_words: str) -> bool:
        """Plans work and what follows it; False when the ACU limit cuts it short, without a word."""
        room = seconds
        if self._acu_limit is not None:
            # Never nothing: a session that is woken at its limit is seen running before it stops again.
            room = max(1.0, self._acu_limit * SECONDS_PER_ACU - self.working_seconds(start))
        self._enter(start, "running", "working")
        if room < seconds:
            self._enter(start + room, "suspended", "usage_limit_exceeded")
            return False
        self._enter(start + seconds, "running", ending)
        self._say(start + seconds, last_words)
        # What happens to a session that is not resumable is not documented; here its idleness ends it.
        asleep = ("suspended", "inactivity") if self._resumable else ("exit", None)
        self._enter(start + seconds + IDLE_SECONDS, *asleep)
        return True

    def _make_room(self, now: float, until: float) -> None:
        """Moves the end of the work that is under way or about to start to `until`, if it comes sooner."""
        end = next(
            (p.at for p in self.phases if p.at > now and p.status in _ENDS_WORK and p.detail != "working"),
            None,
        )
        if end is None or end >= until:
            return
        late = until - end
        self.phases = [p._replace(at=p.at + late) if p.at >= end else p for p in self.phases]
        self.utterances = [u._replace(at=u.at + late) if u.at >= end else u for u in self.utterances]
        self.pull_requests = [r._replace(at=r.at + late) if r.at >= end else r for r in self.pull_requests]

    def _cut(self, now: float) -> None:
        self.phases = [phase for phase in self.phases if phase.at <= now]
        self.utterances = [utterance for utterance in self.utterances if utterance.at <= now]
        self.pull_requests = [request for request in self.pull_requests if request.at <= now]

    def _enter(self, at: float, status: str, detail: str | None = None) -> None:
        self.phases.append(Phase(at, status, detail))

    def _say(self, at: float, text: str) -> None:
        self._said += 1
        self.utterances.append(Utterance(at, text, self._said))

    def _draw(self, low: float, high: float) -> float:
        self._draws += 1
        return drawn_between(low, high, self._seed, "session", self._number, self._draws)
