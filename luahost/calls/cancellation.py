"""Ending a run from outside it: from another thread, an event loop, a client that has gone."""

from __future__ import annotations

import threading

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


class Cancellation:
    """Given to `Host.run`, it ends that run when `cancel` is called, from any thread: the script's process is killed,
    no further write leaves, those already sent are awaited, and the result's error is `cancelled`.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._wakers: list[Callable[[], object]] = []
        self.cancelled = False

    def cancel(self) -> None:
        """End the run; called before it has begun, the run ends at once. Calling it again does nothing."""
        with self._lock:
            self.cancelled = True
            for wake in self._wakers:  # within the lock: what a waker uses is closed only after `forget`
                wake()

    def wakes(self, wake: Callable[[], object]) -> None:
        """Have `wake` called when it is cancelled, or now where it is; it must not block."""
        with self._lock:
            self._wakers.append(wake)
            if self.cancelled:
                wake()

    def forget(self, wake: Callable[[], object]) -> None:
        with self._lock:
            self._wakers.remove(wake)
