"""The child's walls. Today: the resource limits that the kernel keeps, whatever the script does."""

from __future__ import annotations

import resource

_MIB = 1 << 20


def settings(cpu: float | None, memory_mib: int | None) -> bytes:
    """The host's first frame: CPU time in seconds and memory in MiB, 0 for no limit."""
    return b"L0 %d %d" % (
        -int(-(cpu or 0) // 1),
        memory_mib or 0,
    )  # the kernel counts whole seconds: round up


def _address_space() -> int:
    """The bytes of address space that this process has taken before any script is read."""
    try:
        with open("/proc/self/statm", "rb") as file:  # noqa: PTH123 (no pathlib in the child)
            return int(file.read().split()[0]) * resource.getpagesize()
    except (OSError, ValueError):
        return 64 * _MIB  # not Linux: about what an interpreter with lupa takes


def apply(frame: bytes) -> None:
    """Set what `settings` wrote, for good: hard limits cannot be raised again."""
    _, cpu, memory = frame.split(b" ")
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if int(cpu):
        resource.setrlimit(resource.RLIMIT_CPU, (int(cpu), int(cpu) + 1))  # SIGXCPU at the first says why
    if int(memory):
        size = _address_space() + int(memory) * _MIB
        resource.setrlimit(resource.RLIMIT_AS, (size, size))
