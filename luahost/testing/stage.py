"""Where an integration is tried out: a host with nothing else, and whoever answers its requests is looked at."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from luahost.calls.policy import Policy
from luahost.calls.settings import Settings
from luahost.calls.wsgi import Forwarding
from luahost.host import Host
from luahost.results import Limits

if TYPE_CHECKING:
    from pathlib import Path

    from luahost.spec import Call, Function, Integration

ACCOUNTS = ("default", "work", "personal")
_LIMITS = Limits(cpu=60.0, wall=120.0, calls=None, output_bytes=1 << 24, memory_mib=256)
_UNSIMULATED = 10.0  # seconds for all that one run does, where waiting takes its time
_now = threading.local()

Fault = Callable[[dict[str, Any], Any], Iterable[bytes]]
"""Answers a request in place of the API: a WSGI application."""


@dataclass
class Made:
    """One call that a handler answered: with what, what it sent, and what it gave."""

    function: str
    account: str
    arguments: dict[str, Any]
    sent: list[str] = field(default_factory=list)
    result: Any = None
    done: bool = False


class Stage:
    """An API that is looked at: a simulated one, or whoever answers at its address.

    `fault` answers in its place, once it has answered `first` requests.
    """

    def __init__(self, answers: Any, keys: Mapping[str, Mapping[str, str]]) -> None:
        self._answers = answers
        self.keys = keys
        self.fault: Fault | None = None
        self.first = 0
        self.sent: list[str] = []

    @property
    def clock(self) -> Any:
        return self._answers.clock

    @clock.setter
    def clock(self, clock: Any) -> None:
        self._answers.clock = clock

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        request = f"{environ['REQUEST_METHOD']} {environ['RAW_URI']}"
        self.sent.append(request)
        made: Made | None = getattr(_now, "made", None)
        if made is not None:
            made.sent.append(request)
        answers: Any = self._answers
        if self.fault is not None:
            self.first -= 1
            answers = self.fault if self.first < 0 else answers
        answer: Iterable[bytes] = answers(environ, start_response)
        return answer


class StagedHost(Host):
    """A host with one integration, on one of its API versions. `stage` answers; `made` are the calls that there were.

    Without a simulator its requests go to where they lead: to what the test has recorded.
    """

    def __init__(
        self, integration: Integration, version: str, folder: Path, accounts: Mapping[str, Mapping[str, str]]
    ) -> None:
        self.name = integration.name
        self.version = version
        self.made: list[Made] = []
        self.stage: Stage | None = None
        self.forwarding = Forwarding()
        staged = replace(integration, functions=[self._watched(each) for each in integration.functions])
        simulated = integration.simulator is not None
        prefix = next((p for p, v in integration.key_prefixes.items() if v == version), "")
        keys = {name: f"{prefix}canary-of-{name}-0123456789" for name in (*ACCOUNTS, *accounts)}
        passed = {
            name: {"api_version": version, "api_key": key, **accounts.get(name, {})} for name, key in keys.items()
        }
        name = integration.name
        environ = {"LUAHOST_HOME": str(folder), f"LUAHOST_{name.upper()}_API_VERSION": version}
        super().__init__(
            settings=Settings.load(environ),
            simulate=simulated,
            isolation="none",
            policy=Policy(read="allow", write="allow"),
            limits=_LIMITS if simulated else _LIMITS.replace(wall=_UNSIMULATED),
            state=folder / "state",
            journal="if-possible",
        )
        if simulated:
            staged = replace(staged, simulator=self._staged_simulator(integration))
        else:
            self.stage = Stage(self.forwarding, {version: {n: str(values["api_key"]) for n, values in passed.items()}})
            self._parts.networks = {name: self.stage}
            self._parts.accounts = {name: passed}
        self._parts.catalog = {name: staged}

    def _staged_simulator(self, integration: Integration) -> Callable[[Iterable[str], int], Stage]:
        def make(accounts: Iterable[str], seed: int) -> Stage:
            if integration.simulator is None:
                raise TypeError("no simulator")
            simulation = integration.simulator(accounts, seed)
            made = Stage(simulation, simulation.keys)
            self.stage = self.stage or made  # the first one: those of dry runs come later
            return made

        return make

    def _watched(self, function: Function) -> Function:
        handler, pages = function.handler, function.pages

        def handle(call: Call, arguments: dict[str, Any]) -> Any:
            with self._making(call, arguments) as made:
                made.result = handler(call, arguments)
                made.done = True
                return made.result

        def walk(call: Call, arguments: dict[str, Any]) -> Iterator[dict[str, Any]]:
            if pages is None:
                return
            step = pages(call, arguments)
            if getattr(_now, "made", None) is not None:  # for a handler that gathers them
                yield from step
                return
            with self._making(call, arguments) as made:
                page = next(step, None)
            while page is not None:
                yield page
                with self._making_of(made):
                    page = next(step, None)

        return replace(function, handler=handle, pages=None if pages is None else walk)

    @contextmanager
    def _making(self, call: Call, arguments: dict[str, Any]) -> Iterator[Made]:
        made = Made(call.function.name, call.account, deepcopy(arguments))
        self.made.append(made)
        with self._making_of(made):
            yield made

    @contextmanager
    def _making_of(self, made: Made) -> Iterator[None]:
        """What is sent meanwhile is that call's."""
        before = getattr(_now, "made", None)
        _now.made = made
        try:
            yield
        finally:
            _now.made = before
