"""Who did what when, as the audit log tells it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from .draws import drawn_hex

if TYPE_CHECKING:
    from .people import Principal


class Event(NamedTuple):
    id: str
    at: float
    action: str
    principal: Principal
    about: dict[str, str]  # the ids of what it was done to


class AuditLog:
    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._events: list[Event] = []

    def add(self, now: float, principal: Principal, action: str, about: dict[str, str]) -> None:
        event_id = f"audit_log-{drawn_hex(self._seed, 'audit', len(self._events))}"
        self._events.append(Event(event_id, now, action, principal, about))

    def newest_first(self) -> list[Event]:
        return list(reversed(self._events))
