"""A dry run: reads are made, writes are not. What a write would give comes from the API's simulator, so that the script
goes on; so does what is read of a thing that the dry run has made.

What names what goes by the names of functions: `create_note` makes what `note_id` names and `get_note` reads, and
`create_pr_review` what `pr_url` names, since both take one.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, NoReturn

from luahost.calls.accounts import simulated_account
from luahost.calls.handling import Connection, HandlerCall
from luahost.calls.ledger import MemoryLedger
from luahost.calls.stand_ins import SAMPLES, StandIn, noun_of, replaced
from luahost.errors import Forbidden, NotFound

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from luahost.calls.pending import Clock
    from luahost.calls.policy import Policy
    from luahost.spec import Function, Http, Integration, Param, Simulation


class DryRun:
    """What answers one dry run. Thread-safe.

    `simulations` are simulated APIs of its own, by integration, all on `clock`, which is that of the run. `policy` says
    what may be read to answer a write.
    """

    def __init__(self, simulations: Mapping[str, Simulation], clock: Clock | None, policy: Policy) -> None:
        self.clock = clock
        self._policy = policy
        self._simulations = simulations
        self._ledger = MemoryLedger()
        self._lock = threading.RLock()
        self._connected: dict[tuple[str, str], Connection] = {}
        self._made: dict[str, set[str]] = {}
        self._stand_ins: dict[tuple[str, str], StandIn] = {}
        self._samples = 0

    def answer(self, integration: Integration, function: Function, call: HandlerCall, arguments: dict[str, Any]) -> Any:
        """What the call gives: a read that names nothing made here is made, all else is simulated."""
        if function.access == "read":
            if not self._is_simulated(integration, function, arguments):
                return function.handler(call, arguments)
            return self._simulated(integration, function, call, arguments)
        if not self._can_simulate(integration, function):
            call.plan()
            found = self._sample(function, arguments)
        elif "idempotency_key" in arguments and (known := _existing(function, call, arguments)) is not None:
            return known  # made long ago: nothing would be done
        else:
            found = self._simulated(integration, function, call, arguments)
        self._remember(integration, function, arguments, found)
        return found

    def pages(
        self, integration: Integration, function: Function, call: HandlerCall, arguments: dict[str, Any]
    ) -> Iterator[dict[str, Any]]:
        """The pages of a list: of the real one, or of what belongs to a thing made here."""
        if function.pages is None:
            raise TypeError(f"{function.name} has no pages")
        if self._is_simulated(integration, function, arguments):
            call = call.moved(self._connection(integration, call), lambda: self._ledger)
        return function.pages(call, arguments)

    # -- simulating -----------------------------------------------------------------------------------------

    def _simulated(
        self, integration: Integration, function: Function, call: HandlerCall, arguments: dict[str, Any]
    ) -> Any:
        if not self._can_simulate(integration, function):
            return self._sample(function, arguments)
        moved = _Noted(call.moved(self._connection(integration, call), lambda: self._ledger))
        standing = [
            self._stand_in(integration, param, arguments[param.name], call, moved)
            for param in function.params
            if self._is_real(integration, param, arguments)
        ]
        moved.wrote.clear()
        for each in standing:
            arguments = replaced(arguments, each.real_id, each.id) if each.id else arguments
        try:
            found = function.handler(moved, arguments)
        except (Forbidden, NotFound):
            if function.access == "read" or not self._names_real(integration, arguments):
                raise
            moved.wrote.append(True)
            found = self._sample(function, arguments)  # of a thing that the simulator cannot have
        if moved.wrote and function.access == "write":
            call.plan()
            for each in standing:
                each.changed = True
        for each in standing:
            if each.id:
                found = replaced(each.merged(found), each.id, each.real_id)
        return found

    def _is_simulated(self, integration: Integration, function: Function, arguments: dict[str, Any]) -> bool:
        """Whether a read is of what was made here; or waits for something to become of what was changed here."""
        if self._names_made(integration, arguments):
            return integration.name in self._simulations or not function.endpoints
        waits = function.name.startswith("wait_") and self._can_simulate(integration, function)
        return waits and any(
            stand_in.changed
            for (name, real), stand_in in self._stand_ins.items()
            if name == integration.name and real in arguments.values()
        )

    def _can_simulate(self, integration: Integration, function: Function) -> bool:
        """Whether all that the function does is to send requests, which a simulator can answer."""
        return integration.name in self._simulations and bool(function.endpoints)

    def _connection(self, integration: Integration, call: HandlerCall) -> Connection:
        at = (integration.name, call.account)
        with self._lock:
            found = self._connected.get(at)
            if found is None:
                app = self._simulations[integration.name]
                account = simulated_account(integration, call.account, app, call.version)
                found = self._connected[at] = call.connection_to(account, app)
            return found

    def _sample(self, function: Function, arguments: dict[str, Any]) -> dict[str, Any]:
        """The declared example of what a function gives; without one, its fields with something in them."""
        with self._lock:
            self._samples += 1
            number = self._samples
        if function.sample is not None:
            return {**function.sample}
        ids = _identities(function)
        found = {
            field.name: f"dry-run-{number}" if field.name in ids else SAMPLES[field.type]
            for field in function.returns
            if field.always
        }
        return {**found, **{name: value for name, value in arguments.items() if name in found}}

    # -- what was made here ---------------------------------------------------------------------------------

    def _remember(self, integration: Integration, function: Function, arguments: Mapping[str, Any], found: Any) -> None:
        if not function.name.startswith(("create_", "upload_")) or not isinstance(found, dict):
            return
        ids = [found.get(name) for name in _identities(function)]
        ids += [arguments.get(name) for name in _named_by(integration, function)]
        with self._lock:
            made = self._made.setdefault(integration.name, set())
            made.update(_bare(value, integration) for value in ids if isinstance(value, str))

    def _names_made(self, integration: Integration, arguments: Any) -> bool:
        made = self._made.get(integration.name, ())
        return any(_bare(text, integration) in made for text in _texts(arguments))

    # -- what is there, and is to be changed ----------------------------------------------------------------

    def _is_real(self, integration: Integration, param: Param, arguments: dict[str, Any]) -> bool:
        """Whether a parameter names a thing of the real API, for which something must stand in the simulator."""
        value = arguments.get(param.name)
        return (
            isinstance(value, str)
            and noun_of(integration, param.name) is not None
            and not self._names_made(integration, value)
        )

    def _names_real(self, integration: Integration, arguments: dict[str, Any]) -> bool:
        return bool(arguments) and not all(
            self._names_made(integration, value) for value in arguments.values() if isinstance(value, str)
        )

    def _stand_in(
        self, integration: Integration, param: Param, real: str, call: HandlerCall, moved: HandlerCall
    ) -> StandIn:
        with self._lock:
            at = (integration.name, real)
            if at not in self._stand_ins:
                self._stand_ins[at] = StandIn(integration, param.name, real, call, moved, self._may_read)
            return self._stand_ins[at]

    def _may_read(self, integration: Integration, reader: Function, call: HandlerCall) -> bool:
        return self._policy.decide(integration.name, reader, call.account).decision == "allow"


def _identities(function: Function) -> tuple[str, ...]:
    """The fields that say what a function has made: `note_id` of `create_note`, `id`, `url`."""
    return function.name.partition("_")[2] + "_id", "id", "url"


def _named_by(integration: Integration, function: Function) -> list[str]:
    """The parameters that a thing is read by: the `pr_url` of `create_pr_review`, by which `get_pr_review` reads it."""
    reader = integration.function("get_" + function.name.partition("_")[2])
    required = {param.name for param in reader.params if param.required} if reader is not None else ()
    return [param.name for param in function.params if param.name in required]


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list)):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _texts(each)


def _bare(text: str, integration: Integration) -> str:
    """An id without the integration's name before it, which Devin's paths want and its answers leave out."""
    return text.removeprefix(f"{integration.name}-")


# -- what a call does ------------------------------------------------------------------------------------------------


class _WouldWriteError(BaseException):
    """A handler was about to write. Not an Exception: no handler is to catch it."""


def _would_write(*_: Any, **__: Any) -> NoReturn:
    raise _WouldWriteError


def _existing(function: Function, call: HandlerCall, arguments: dict[str, Any]) -> Any:
    """What an idempotency key has made, by what can be read; None where the call would write."""
    try:
        return function.handler(_Probe(call), arguments)
    except _WouldWriteError:
        return None


class _Probe(HandlerCall):
    """A call that ends where it would write."""

    def __init__(self, call: HandlerCall) -> None:
        self.__dict__.update(call.__dict__)

    @property
    def http(self) -> Http:
        return _Http(super().http, _would_write)

    def notice(self, text: str) -> None:
        """Nothing: what answers in place of this call tells it again."""

    def once(self, key: str, arguments: Mapping[str, Any], creation: Any) -> Any:
        found = self._once(key, arguments, creation).existing()
        return _would_write() if found is None else found


class _Noted(HandlerCall):
    """A call, simulated, that notes in `wrote` whether it has written: an idempotency key may have been used here."""

    def __init__(self, call: HandlerCall) -> None:
        self.__dict__.update(call.__dict__)
        self.wrote: list[bool] = []

    @property
    def http(self) -> Http:
        http = super().http

        def write(*arguments: Any, **options: Any) -> Any:
            self.wrote.append(True)
            return http.write(*arguments, **options)

        return _Http(http, write)


class _Http:
    """An Http whose writing is another."""

    def __init__(self, http: Http, write: Callable[..., Any]) -> None:
        self.get: Callable[..., Any] = http.get
        self.get_page: Callable[..., Any] = http.get_page
        self.download: Callable[..., tuple[bytes, str]] = http.download
        self.write = write
