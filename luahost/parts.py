"""The parts of a host that answer calls, each made when it is first needed: a script that asks nothing needs none."""

from __future__ import annotations

import os
import threading
import time

from luahost.errors import UsageError
from luahost.lua.bridge import Services

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path
    from typing import Any

    from luahost.calls.dispatch import Dispatcher
    from luahost.calls.dry_run import DryRun
    from luahost.calls.ledger import Ledger
    from luahost.calls.policy import Policy
    from luahost.calls.run import Run
    from luahost.calls.settings import Settings
    from luahost.errors import LuaHostError
    from luahost.results import Limits
    from luahost.spec import Integration, Simulation


_DRY_SEED = 1  # what a dry run makes is not called as what a simulation has made


class Parts:
    """Dispatcher, simulators and ledger of one host; see `luahost.host.Host` for what they are made from."""

    def __init__(
        self,
        *,
        settings: Settings,
        policy: Policy | Callable[[], Policy] | None,
        limits: Limits,
        accounts: Mapping[str, Mapping[str, Mapping[str, Any]]] | None,
        simulate: bool,
        state: str | Path | bool | None,
        integrations: Iterable[Integration],
        catalog: Mapping[str, Integration] | None = None,
    ) -> None:
        self._settings = settings
        self._policy = policy
        self._limits = limits
        self.accounts = accounts
        self._simulated = simulate
        self._state = state
        self._integrations = tuple(integrations)
        self._catalog = catalog
        self._lock = threading.Lock()
        self.networks: Mapping[str, Any] = {}
        """Who answers in place of the network, by integration."""
        self._notices: list[str] = []  # what each run is told that looks at the integrations
        self._dispatcher: Dispatcher | None = None
        self._simulations: dict[str, Simulation] = {}

    def anew(self) -> Parts:
        """The same parts, of which none is made yet."""
        return Parts(
            settings=self._settings,
            policy=self._policy,
            limits=self._limits,
            accounts=self.accounts,
            simulate=self._simulated,
            state=self._state,
            integrations=self._integrations,
            catalog=self.catalog,
        )

    @property
    def catalog(self) -> Mapping[str, Integration]:
        """The integrations, looked up once: to go through what is installed takes longer than a short run."""
        if self._catalog is None:
            from luahost.integrations import catalog

            self._catalog = catalog.load(self._integrations)
        return self._catalog

    @catalog.setter
    def catalog(self, integrations: Mapping[str, Integration]) -> None:
        """These in place of all that there are; before anything is called."""
        self._catalog = integrations

    @property
    def dispatcher(self) -> Dispatcher:
        """The road of calls; made, with all that it imports, when something is first called or looked up."""
        with self._lock:
            if self._dispatcher is None:
                self._dispatcher = self._make_dispatcher()
            return self._dispatcher

    def _make_dispatcher(self) -> Dispatcher:
        from luahost.calls.dispatch import Dispatcher
        from luahost.calls.policy import Policy

        policy = self._policy() if callable(self._policy) else self._policy
        policy = policy or Policy(rules=self._settings.rules())
        integrations = self.catalog
        if self._simulated:
            self._simulate(integrations)
        made = Dispatcher(
            catalog=integrations,
            settings=self._settings,
            policy=policy,
            ledger=self._make_ledger,
            passed=self.accounts,
            simulations=self._simulations,
            networks=self.networks,
            simulated=self._simulated,
        )
        made.check_limits(self._limits)
        self._notices += map(str, made.refused)
        return made

    def _simulate(self, integrations: Mapping[str, Integration]) -> None:
        from luahost.calls.accounts import Accounts

        for name, integration in integrations.items():
            if integration.simulator is None:
                continue
            passed = None if self.accounts is None else self.accounts.get(name, {})
            configured = Accounts(integration, self._settings, passed=passed).names()
            names = dict.fromkeys(("default", "work", "personal", *configured))
            if (made := self._simulator(integration, list(names), 0)) is not None:
                self._simulations[name] = made
        clock = next((each.clock for each in self._simulations.values()), None)
        for each in self._simulations.values():
            each.clock = clock  # a run has one time

    def _simulator(self, integration: Integration, accounts: list[str], seed: int) -> Simulation | None:
        """The simulated API; None, and a notice in each run, where it cannot be made: a fault of the integration's."""
        if integration.simulator is None:
            return None
        try:
            return integration.simulator(accounts, seed)
        except Exception as error:  # noqa: BLE001 (whatever somebody else's code raises)
            told = f"the integration {integration.name} has no simulator: it cannot be made: {type(error).__name__}"
            if told not in self._notices:
                self._notices.append(told)
            return None

    def simulation(self, integration: str) -> Any:
        """The simulated API of an integration."""
        _ = self.dispatcher
        if integration not in self._simulations:
            raise UsageError(f"{integration} is not simulated here", hint="make the host with simulate=True")
        return self._simulations[integration]

    def clock(self) -> Any:
        """The clock that simulated time goes by, None where it is real."""
        if not self._simulated:
            return None
        _ = self.dispatcher
        return next((each.clock for each in self._simulations.values()), None)

    def dry_run(self) -> DryRun:
        """What answers one dry run: simulators of its own, as late as it is now."""
        from luahost.calls.dry_run import DryRun

        dispatcher = self.dispatcher
        made: dict[str, Any] = {}
        clock = self.clock()
        for name, integration in dispatcher.catalog.items():
            simulation = self._simulator(integration, dispatcher.account_names(name), _DRY_SEED)
            if simulation is None:
                continue
            made[name] = simulation
            if clock is None:
                clock = made[name].clock
                clock.sleep(time.time() - clock.time())
            made[name].clock = clock
        return DryRun(made, clock, dispatcher.policy)

    def _make_ledger(self) -> Ledger:
        from pathlib import Path

        from luahost.calls.ledger import FolderLedger, MemoryLedger

        if self._simulated or self.state is None:
            return MemoryLedger()
        return FolderLedger(Path(self.state) / "ledger")

    @property
    def state(self) -> str | None:
        """The folder of the ledger and the journals; None: nothing on disk."""
        if self._state is False:
            return None
        return os.fspath(self._state) if isinstance(self._state, (str, os.PathLike)) else self._settings.state_folder

    def services(self, submit: Callable[[Callable[[], None]], None]) -> Services:
        """What a run's requests are answered with; `submit` has a thread do something."""
        return Services(
            describe=self._describe,
            unknown=self._unknown,
            call=self._call,
            more=_more,
            ahead=_ahead,
            docs=self._docs,
            submit=submit,
            is_inline=self._is_inline,
        )

    def _describe(self, run: Run) -> dict[str, Any]:
        found = self.dispatcher.describe()
        for told in self._notices:
            run.notice(told)
        if run.journal is not None and run.journal.alone:
            for name, about in found.items():
                about["accounts"] = [*about["accounts"], *run.journal.account_names(name)]
        return found

    def _unknown(self, integration: str, account: str | None, name: str) -> LuaHostError:
        return self.dispatcher.unknown(integration, account, name)

    def _call(self, *args: Any, **options: Any) -> Any:
        return self.dispatcher.call(*args, **options)

    def _is_inline(self, name: str) -> bool:
        return self.dispatcher.is_inline(name)

    def _docs(self, operation: str, text: str) -> Any:
        from luahost.reference import pages

        return pages.answer(self.dispatcher.catalog, operation, text)

    def close(self) -> None:
        with self._lock:
            if self._dispatcher is not None:
                self._dispatcher.close()


def _more(run: Run, number: Any) -> Any:
    from luahost.calls import walks

    return walks.step(run, number)


def _ahead(run: Run, page: Any, encode: Callable[[Any], bytes]) -> None:
    from luahost.calls import walks

    walks.fetch(run, page, encode)
