"""What stands in a dry run's simulator for a thing of the real API, so that something can be done to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from luahost.calls import arguments as args
from luahost.errors import ArgumentError, LuaHostError, NotFound

if TYPE_CHECKING:
    from collections.abc import Callable

    from luahost.calls.handling import HandlerCall
    from luahost.spec import Function, Integration

SAMPLES: dict[str, Any] = {
    "string": "example", "integer": 1, "number": 1.0, "boolean": True, "object": {}, "array": [], "bytes": b"",
}  # fmt: skip
"""Something of each type."""


class StandIn:
    """A thing in the simulator that stands for a real one, made of what can be read of that.

    Raises what reading it raises: a write to a thing that is not there would fail as well.
    """

    def __init__(
        self,
        integration: Integration,
        name: str,
        real_id: str,
        call: HandlerCall,
        moved: HandlerCall,
        may_read: Callable[[Integration, Function, HandlerCall], bool],
    ) -> None:
        self.real_id = real_id
        self.id: str | None = None
        self.changed = False
        self._before: dict[str, Any] = {}
        noun = noun_of(integration, name)
        maker, reader = integration.function(f"create_{noun}"), _reader(integration, noun, call.version)
        self._real = {}
        if reader is not None and may_read(integration, reader, call):
            self._real = _read(reader, call, noun, real_id)
        if maker is None or (maker.endpoints and call.version not in maker.endpoints):
            return
        try:
            made = maker.handler(moved.of(maker), _filled(maker, self._real, call.version))
            self.id = made[f"{noun}_id"]
            if reader is not None:
                self._before = _read(reader, moved, noun, self.id)
        except (LuaHostError, KeyError):  # the answer will be a sample
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


def noun_of(integration: Integration, name: str) -> str | None:
    """What a parameter names: `session` for `session_id`, and for `parent_session_id`."""
    words = name.removesuffix("_id").split("_") if name.endswith("_id") else []
    nouns = ["_".join(words[at:]) for at in range(len(words))]
    return next((noun for noun in nouns if integration.function(f"create_{noun}")), None)


def _reader(integration: Integration, noun: str | None, version: str) -> Function | None:
    """The function that reads one such thing, or lists them all."""
    found = integration.function(f"get_{noun}") or integration.function(f"list_{noun}s")
    return found if found is not None and (not found.endpoints or version in found.endpoints) else None


def _read(reader: Function, call: HandlerCall, noun: str | None, identity: str) -> dict[str, Any]:
    """The thing of that id; raises NotFound."""
    name = f"{noun}_id"
    if reader.pages is None:
        found = reader.handler(call.of(reader), {name: identity})
        return found if isinstance(found, dict) else {}
    for page in reader.pages(call.of(reader), {}):
        for entry in page[reader.entries]:
            if isinstance(entry, dict) and entry.get(name) == identity:
                return entry
    raise NotFound(f"there is no {noun} {identity}")


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
        param.name: param.enum[0] if param.enum else SAMPLES[param.type] for param in maker.params if param.required
    }
    try:
        return args.check(maker, {**needed, **known})
    except ArgumentError:
        return needed


def replaced(value: Any, old: str, new: str) -> Any:
    if isinstance(value, str):
        return value.replace(old, new)
    if isinstance(value, list):
        return [replaced(each, old, new) for each in value]
    if isinstance(value, dict):
        return {name: replaced(each, old, new) for name, each in value.items()}
    return value
