"""What time it is for the simulator: the machine's, one that runs faster, or one that only `sleep` moves."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime
from typing import Protocol

START = 1775379600.0  # 2026-04-05T09:00:00Z, the same in every run so that runs can be compared


def iso(moment: float) -> str:
    """A moment as the service writes those that are no number: ISO 8601 in UTC."""
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="microseconds")


class Clock(Protocol):
    def time(self) -> float:
        """Seconds since the epoch."""

    def sleep(self, seconds: float) -> None:
        """Returns once `seconds` have passed on this clock."""


class VirtualClock:
    """Time stands still until somebody sleeps, and then moves at once; threads may share it."""

    def __init__(self, start: float = START) -> None:
        self._now = float(start)
        self._lock = threading.Lock()

    def time(self) -> float:
        return self._now

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self._now += max(0.0, seconds)


class RealClock:
    def time(self) -> float:
        return time.time()

    def sleep(self, seconds: float) -> None:
        time.sleep(max(0.0, seconds))


class ScaledClock:
    """Begins at `start` and runs `speed` times as fast as the machine's; it is never set back."""

    def __init__(self, start: float, speed: float) -> None:
        self._start = start
        self._speed = speed
        self._begun = time.monotonic()

    def time(self) -> float:
        return self._start + (time.monotonic() - self._begun) * self._speed

    def sleep(self, seconds: float) -> None:
        time.sleep(max(0.0, seconds) / self._speed)
