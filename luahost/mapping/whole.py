"""A map as a whole: what is to be done, by whom, and where its results are kept."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from luahost.calls.settings import Settings
from luahost.errors import UsageError
from luahost.lua.source import decode
from luahost.mapping import crew, inputs as reading, store as keeping
from luahost.mapping.job import absolute, job as make_job
from luahost.mapping.loop import Due, Loop
from luahost.mapping.result import MapResult, as_line
from luahost.results import Limits

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from concurrent.futures import Executor

    from luahost.calls.policy import Policy
    from luahost.mapping.inputs import Input


class Map:
    """A map that is made ready: iterate over it once. `id` names it, `skipped` counts inputs that were done before."""

    def __init__(
        self,
        script: str | bytes,
        inputs: Iterable[Mapping[str, Any]] | str | Path,
        *,
        executor: Executor | None = None,
        jobs: int | None = None,
        out: str | Path | None = None,
        retry_failed: bool = False,
        id: str | None = None,  # noqa: A002 (as it is called on the command line)
        name: str = "script.lua",
        account: str = "default",
        modules: str | Path | None = None,
        files: str | Path | None = None,
        limits: Limits | None = None,
        policy: Policy | None = None,
        simulate: bool = False,
        state: str | Path | bool | None = None,
        require_seal: str = "none",
    ) -> None:
        if jobs is not None and (isinstance(jobs, bool) or not isinstance(jobs, int) or jobs < 1):
            raise UsageError(f"jobs: a whole number of at least 1 was expected, not {jobs!r}")
        if executor is not None and not hasattr(executor, "submit"):
            raise UsageError(f"executor: a concurrent.futures.Executor was expected, not {executor!r}")
        if retry_failed and out is None:
            raise UsageError("there are no failures to retry without a file of results", hint="name it")
        if state is True:
            raise UsageError("state is a folder, or False for nothing on disk")
        self._script = decode(script.encode("utf-8", "surrogatepass") if isinstance(script, str) else script, name)
        settings = Settings.load()
        limits = limits or settings.limits(Limits())
        given = id if id is None else keeping.checked_id(id)
        folder = None if simulate or state is False else absolute(state or settings.state_folder)
        if folder is not None:
            _check_folder(folder)
        self._inputs = reading.read(inputs)
        self._executor = executor
        if jobs is None:
            known = getattr(executor, "_max_workers", None)
            jobs = crew.processors() if executor is None else 2 * known if isinstance(known, int) else 64
        self._jobs = jobs
        self._retry = retry_failed
        self._digest = reading.script_digest(self._script, account)
        self._durable = folder is not None
        self._job = make_job(
            self._script, name=name, account=account, modules=modules, files=files, limits=limits, policy=policy,
            simulate=simulate, state=folder, require_seal=require_seal, at_once=jobs,
        )  # fmt: skip
        self.store: keeping.Store | None = None
        if out is not None:
            about = {
                "script": name, "digest": self._digest, "account": account, "simulated": "yes" if simulate else "no",
            }  # fmt: skip
            self.store = keeping.Store(out, about, given, retry=retry_failed)
        self.id = self.store.id if self.store else given or keeping.new_id()
        self.skipped = 0

    def __iter__(self) -> Iterator[MapResult]:
        return self._results()

    def _results(self) -> Iterator[MapResult]:
        with ExitStack() as stack:
            if self.store is not None:
                stack.callback(self.store.close)
            executor = self._executor
            if executor is None:
                executor = stack.enter_context(crew.Crew(self._jobs))
            at_once = self._jobs if self._executor else 2 * self._jobs  # the crew has the next ones at hand
            loop = Loop(executor, at_once, self._job)
            try:
                for one, record in loop.records(self._due()):
                    self._keep(one, record)
                    yield MapResult(one, record)
            finally:
                for one, record in loop.end():
                    self._keep(one, record)

    def _due(self) -> Iterator[Due]:
        """The inputs that are still to be done."""
        for one in self._inputs:
            if self.store is not None:
                done = self.store.is_done(one)
                if done or (self.store.has_failed(one) and not self._retry):
                    self.skipped += done
                    continue
            yield Due(one, None if one.args is None else {
                "job": self._job,
                "line": one.line,
                "args": one.args,
                "run_id": self._run_id(one),
                "begun": self._has_begun(one),
            })  # fmt: skip

    def _run_id(self, one: Input) -> str | None:
        """The same for the same input of the same map and script: a repeat finds what has been done."""
        if not self._durable:
            return None
        return f"{self.id}-{one.line}-{reading.digest([one.digest, self._digest]):016x}"

    def _has_begun(self, one: Input) -> bool:
        return self._durable and self.store is not None and self.store.has_written(one)

    def _keep(self, one: Input, record: dict[str, Any]) -> None:
        if self.store is not None:
            self.store.add(as_line(one.line, one.args, record))


def _check_folder(folder: str) -> None:
    """Whether journals can be written there, before anything is sent."""
    try:
        Path(folder).mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise UsageError(
            f"the state folder {folder} cannot be written: {error.strerror}",
            hint="name another with --state DIR, or set LUAHOST_HOME",
        ) from None
