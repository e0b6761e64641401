"""How a run waits: in a thread that has nothing else to do, or on an event loop that has.

The road of a run is written once, as coroutines that are handed a Waiting. `InThread` waits where it is called, so that
they never suspend, and `complete` need only call them. `OnLoop` (on_loop.py) gives the event loop back meanwhile: many
runs share a thread there, and take no turns at the interpreter.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from typing import Any, Protocol, TypeVar

    from luahost.calls.cancellation import Cancellation
    from luahost.lua.child import Child

    T = TypeVar("T")

    class Waiting(Protocol):
        """What a run waits for; see InThread."""

        never_blocks: bool

        async def elsewhere(self, work: Callable[[], T]) -> T: ...

        async def send(self, child: Child, frame: bytes) -> None: ...

        def replies(self, child: Child) -> Callable[[bytes], None]: ...

        def attach(self, child: Child, cancellation: Cancellation | None) -> None: ...

        async def output(self, child: Child, seconds: float) -> bool: ...

        def detach(self, child: Child, cancellation: Cancellation | None) -> None: ...


class InThread:
    """Waits in the thread that it is called in, which Ctrl-C may interrupt."""

    never_blocks = False
    """Whether nothing that takes long may be done where this waits."""

    async def elsewhere(self, work: Callable[[], T]) -> T:
        """What `work` gives, which may take long."""
        return work()

    async def send(self, child: Child, frame: bytes) -> None:
        """Send a frame, the first of a run, until it is taken."""
        child.send(frame)

    def replies(self, child: Child) -> Callable[[bytes], None]:
        """What sends the child an answer, from any thread."""
        return child.send

    def attach(self, child: Child, cancellation: Cancellation | None) -> None:
        """Before the first `output`; from now on a cancellation ends each at once."""
        if cancellation is not None:
            child.allow_wake()
            cancellation.wakes(child.wake)

    async def output(self, child: Child, seconds: float) -> bool:
        """Wait so long for something that the child says; whether it has."""
        return child.wait(seconds)

    def detach(self, child: Child, cancellation: Cancellation | None) -> None:
        """After the last `output`."""
        if cancellation is not None:
            cancellation.forget(child.wake)
            if cancellation.cancelled:
                child.forget_wake()


IN_THREAD = InThread()


def complete(run: Coroutine[Any, Any, T]) -> T:
    """What a coroutine gives that waits in this thread."""
    try:
        run.send(None)
    except StopIteration as end:
        came: T = end.value
        return came
    raise RuntimeError("a run has suspended where nobody resumes it")
