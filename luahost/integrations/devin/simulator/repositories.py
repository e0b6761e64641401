"""The repositories that the organisation can reach, and how far their indexing is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from .draws import drawn_between, drawn_hex

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from .session import Session

_HOST = "github.com"
_MAIN = "main"
# path → language and description
_KNOWN = {
    "example/api": ("Python", "The service behind the shop"),
    "example/app": ("TypeScript", "What customers see"),
    "example/infrastructure": ("HCL", None),
}


class _Job(NamedTuple):
    id: str
    branch: str
    commit: str
    created_at: float
    done_at: float


class Repositories:
    def __init__(self, seed: int, now: float) -> None:
        self._seed = seed
        self._since = now
        self._branches: dict[str, list[str]] = {}  # of the repositories whose indexing is enabled
        self._jobs: dict[str, list[_Job]] = {}
        self._started = 0

    def paths(self, sessions: Iterable[Session]) -> list[str]:
        """Those of the example organisation, and every one that a session was given."""
        named = {path for session in sessions for path in session.repositories}
        return sorted({*_KNOWN, *named})

    def indexed(self) -> list[str]:
        return sorted(self._branches)

    def enable(self, path: str, branches: Sequence[str] | None, now: float) -> None:
        """Starts a job for each branch that has none yet; the same request again changes nothing."""
        wanted = list(dict.fromkeys(branches or [_MAIN]))
        have = self._branches.get(path, [])
        jobs = self._jobs.setdefault(path, [])
        jobs += [self._job(path, branch, now) for branch in wanted if branch not in have]
        self._branches[path] = wanted

    def disable(self, path: str) -> None:
        """Forgets the branches; what has been indexed stays known."""
        self._branches.pop(path, None)

    def view(self, path: str, now: float, *, status: bool) -> dict[str, Any]:
        """A repository of the list."""
        language, description = _KNOWN.get(path, (None, None))
        return {
            "repo_name": path.rpartition("/")[2],
            "repo_path": path,
            "repo_language": language,
            "repo_description": description,
            "git_connection_id": f"git-connection-{drawn_hex(self._seed, 'git connection', length=16)}",
            "git_connection_host": _HOST,
            "provider_repository_id": str(int(drawn_hex(self._seed, "repository", path, length=7), 16)),
            "last_updated_at": int(self._since),
            "indexing_status": self._status(path, now) if status else None,
        }

    def indexing(self, path: str, now: float) -> dict[str, Any]:
        return {
            "repository_path": path,
            "branches": list(self._branches.get(path, [])),
            "indexing_enabled": path in self._branches,
            "indexing_status": self._status(path, now),
        }

    def _status(self, path: str, now: float) -> dict[str, Any]:
        jobs = self._jobs.get(path, [])
        latest = {job.branch: _shown(job, now) for job in jobs}
        done = next((_shown(job, now) for job in reversed(jobs) if job.done_at <= now), None)
        return {
            "indexing_enabled": path in self._branches,
            "latest_indexes": list(latest.values()),
            "latest_completed_search_index_job": done,
            "latest_completed_wiki_index_job": done,
        }

    def _job(self, path: str, branch: str, now: float) -> _Job:
        self._started += 1
        seed, number = self._seed, self._started
        done_at = now + drawn_between(30.0, 120.0, seed, "indexing", number)
        job_id = f"job-{drawn_hex(seed, 'job', number, length=16)}"
        return _Job(job_id, branch, drawn_hex(seed, "commit", path, branch, length=40), now, done_at)


def _shown(job: _Job, now: float) -> dict[str, Any]:
    return {
        "job_id": job.id,
        "branch_name": job.branch,
        "commit": job.commit,
        "created_at": int(job.created_at),
        "status": "completed" if job.done_at <= now else "in_progress",
    }
