"""A dry run: reads are made, writes are not. What a write would give comes from the API's simulator, so that the script
goes on; so does what is read of a thing that the dry run has made.

What names what goes by the names of functions: `create_note` makes what `note_id` names and `get_note` reads.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, NoReturn

from luahost.calls import arguments as args
from luahost.calls.accounts import Account
from luahost.calls.handling import Connection, HandlerCall
from luahost.calls.ledger import MemoryLedger
from luahost.errors import ApiError, ArgumentError, LuaHostError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from luahost.calls.run import Clock
    from luahost.spec import Function, Http, Integration, Param, Simulation

_SAMPLES: dict[str, Any] = {
    "string": "example", "integer": 1, "number": 1.0, "boolean": True, "object": {}, "array": [], "bytes": b"",
}  # fmt: skip


class DryRun:
    """What answers one dry run. Thread-safe.

    `simulations` are simulated APIs of its own, by integration, all on `clock`, which is that of the run.
    """

    def __init__(self, simulations: Mapping[str, Simulation], clock: Clock | None) -> None:
        self.clock = clock
        self._simulations = simulations
        self._ledger = MemoryLedger()
        self._lock = threading.RLock()
        self._connected: dict[tuple[str, str], Connection] = {}
        self._made: dict[str, set[str]] = {}
        self._stand_ins: dict[tuple[str, str], _StandIn] = {}
        self._samples = 0

    def answer(self, integration: Integration, function: Function, call: HandlerCall, arguments: dict[str, Any]) -> Any:
        """What the call gives: a read that names nothing made here is made, all else is simulated."""
        if function.access == "read":
            if not self._names_made(integration, arguments):
                return function.handler(call, arguments)
            return self._simulated(integration, function, call, arguments)
        if self._can_simulate(integration, function) and not self._names_made(integration, arguments):
            try:
                return function.handler(_Probe(call), arguments)  # an idempotency key may have made it long ago
            except _WouldWriteError:
                pass
        call.plan()
        found = self._simulated(integration, function, call, arguments)
        self._remember(integration, function, found)
        return found

    def pages(
        self, integration: Integration, function: Function, call: HandlerCall, arguments: dict[str, Any]
    ) -> Iterator[dict[str, Any]]:
        """The pages of a list: of the real one, or of what belongs to a thing made here."""
        if function.pages is None:
            raise TypeError(f"{function.name} has no pages")
        if self._names_made(integration, arguments) and self._can_simulate(integration, function):
            call = call.moved(self._connection(integration, call), lambda: self._ledger)
        return function.pages(call, arguments)

    # -- simulating -----------------------------------------------------------------------------------------

    def _simulated(
        self, integration: Integration, function: Function, call: HandlerCall, arguments: dict[str, Any]
    ) -> Any:
        if not self._can_simulate(integration, function):
            return self._sample(function, arguments)
        moved = call.moved(self._connection(integration, call), lambda: self._ledger)
        standing = [
            self._stand_in(integration, param, arguments[param.name], call, moved)
            for param in function.params
            if self._is_real(integration, param, arguments)
        ]
        for each in standing:
            arguments = _replaced(arguments, each.real_id, each.id) if each.id else arguments
        try:
            found = function.handler(moved, arguments)
        except ApiError:
            if function.access == "read" or not self._names_real(integration, arguments):
                raise
            found = self._sample(function, arguments)  # of a thing that the simulator cannot have
        for each in standing:
            if each.id:
                found = _replaced(each.merged(found), each.id, each.real_id)
        return found

    def _can_simulate(self, integration: Integration, function: Function) -> bool:
        """Whether all that the function does is to send requests, which a simulator can answer."""
        return integration.name in self._simulations and bool(function.endpoints)

    def _connection(self, integration: Integration, call: HandlerCall) -> Connection:
        at = (integration.name, call.account)
        with self._lock:
            found = self._connected.get(at)
            if found is None:
                app = self._simulations[integration.name]
                key = app.keys[call.version][call.account]
                account = Account(integration.name, call.account, key, integration.base_url, call.version, None, {})
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
            field.name: f"dry-run-{number}" if field.name in ids else _SAMPLES[field.type]
            for field in function.returns
            if field.always
        }
        return {**found, **{name: value for name, value in arguments.items() if name in found}}

    # -- what was made here ---------------------------------------------------------------------------------

    def _remember(self, integration: Integration, function: Function, found: Any) -> None:
        if not function.name.startswith(("create_", "upload_")) or not isinstance(found, dict):
            return
        with self._lock:
            made = self._made.setdefault(integration.name, set())
            made.update(value for name in _identities(function) if isinstance(value := found.get(name), str))

    def _names_made(self, integration: Integration, arguments: Any) -> bool:
        made = self._made.get(integration.name, ())
        return any(_bare(text, integration) in made or text in made for text in _texts(arguments))

    # -- what is there, and is to be changed ----------------------------------------------------------------

    def _is_real(self, integration: Integration, param: Param, arguments: dict[str, Any]) -> bool:
        """Whether a parameter names a thing of the real API, for which something must stand in the simulator."""
        value = arguments.get(param.name)
        return (
            isinstance(value, str)
            and _maker(integration, param.name) is not None
            and not self._names_made(integration, value)
        )

    def _names_real(self, integration: Integration, arguments: dict[str, Any]) -> bool:
        return bool(arguments) and not all(
            self._names_made(integration, value) for value in arguments.values() if isinstance(value, str)
        )

    def _stand_in(
        self, integration: Integration, param: Param, real: str, call: HandlerCall, moved: HandlerCall
    ) -> _StandIn:
        with self._lock:
            at = (integration.name, real)
            if at not in self._stand_ins:
                self._stand_ins[at] = _StandIn(integration, param.name, real, call, moved)
            return self._stand_ins[at]


class _StandIn:
    """A thing in the simulator that stands for a real one, made of what can be read of that.

    Raises what reading it raises: a write to a thing that is not there would fail as well.
    """

    def __init__(
        self, integration: Integration, name: str, real_id: str, call: HandlerCall, moved: HandlerCall
    ) -> None:
        self.real_id = real_id
        self.id: str | None = None
        self._before: dict[str, Any] = {}
        maker, reader = _maker(integration, name), integration.function("get_" + name.removesuffix("_id"))
        readable = reader is not None and (not reader.endpoints or call.version in reader.endpoints)
        self._real = _read(reader, call, {name: real_id}) if reader is not None and readable else {}
        if maker is None or (maker.endpoints and call.version not in maker.endpoints):
            return
        try:
            made = maker.handler(moved.of(maker), _filled(maker, self._real, call.version))
            self.id = made[name]
            if reader is not None and readable:
                self._before = _read(reader, moved, {name: self.id})
        except LuaHostError:  # the answer will be a sample
            self.id = None

    def merged(self, found: Any) -> Any:
        """An answer about the stand-in as one about the real thing: what is not changed is as it is there."""
        if not isinstance(found, dict):
            return found
        return {
            name: self._real[name]
            if name in self._real and value is not None and self._before.get(name) == value
            else value
            for name, value in found.items()
        }


def _read(reader: Function, call: HandlerCall, arguments: dict[str, Any]) -> dict[str, Any]:
    found = reader.handler(call.of(reader), arguments)
    return found if isinstance(found, dict) else {}


def _maker(integration: Integration, name: str) -> Function | None:
    """The function that makes what the parameter `name` names."""
    noun = name.removesuffix("_id")
    return integration.function("create_" + noun) if noun != name else None


def _identities(function: Function) -> tuple[str, ...]:
    """The fields that say what a function has made: `note_id` of `create_note`, `id`, `url`."""
    return function.name.partition("_")[2] + "_id", "id", "url"


def _filled(maker: Function, real: dict[str, Any], version: str) -> dict[str, Any]:
    """Arguments that make something like `real`."""
    known = {
        param.name: real[param.name]
        for param in maker.params
        if real.get(param.name) is not None
        and not param.name.endswith(("_id", "_ids"))  # those would have to stand there too
        and (not param.versions or version in param.versions)
    }
    needed = {
        param.name: param.enum[0] if param.enum else _SAMPLES[param.type] for param in maker.params if param.required
    }
    try:
        return args.check(maker, {**needed, **known})
    except ArgumentError:
        return needed


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list)):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _texts(each)


def _bare(text: str, integration: Integration) -> str:
    """An id without the integration's name before it, which Devin's paths want and its answers leave out."""
    return text.removeprefix(f"{integration.name}-")


def _replaced(value: Any, old: str, new: str) -> Any:
    if isinstance(value, str):
        return value.replace(old, new)
    if isinstance(value, list):
        return [_replaced(each, old, new) for each in value]
    if isinstance(value, dict):
        return {name: _replaced(each, old, new) for name, each in value.items()}
    return value


# -- reading, up to the first write -----------------------------------------------------------------------------------


class _WouldWriteError(BaseException):
    """A handler was about to write. Not an Exception: no handler is to catch it."""


def _would_write(*_: Any, **__: Any) -> NoReturn:
    raise _WouldWriteError


class _Probe(HandlerCall):
    """A call that ends where it would write."""

    def __init__(self, call: HandlerCall) -> None:
        self.__dict__.update(call.__dict__)

    @property
    def http(self) -> Http:
        return _Reading(super().http)

    def notice(self, text: str) -> None:
        """Nothing: what answers in place of this call tells it again."""

    def once(self, key: str, arguments: Mapping[str, Any], creation: Any) -> Any:
        found = self._once(key, arguments, creation).existing()
        return _would_write() if found is None else found


class _Reading:
    """An Http that reads."""

    def __init__(self, http: Http) -> None:
        self.get: Callable[..., Any] = http.get
        self.get_page: Callable[..., Any] = http.get_page
        self.download: Callable[..., tuple[bytes, str]] = http.download
        self.write: Callable[..., Any] = _would_write
