"""What a durable run writes down as it goes: one JSON object a line, only ever appended."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


class Journal:
    """The journal of one run, as its bridge and its calls see it. Thread-safe."""

    def times(self, task: str, times: Any, clock: Any) -> None:
        """A task has asked for the time `clock` times so far; `times` has each new answer, with its number."""

    def pause(self, task: str, seconds: float) -> float:
        """How long a task that sleeps has still to wait."""
        raise NotImplementedError

    def module(self, name: str, read: Callable[[str], dict[str, str]]) -> dict[str, str]:
        """The text of a module: as it was, where this run has read it before."""
        raise NotImplementedError
