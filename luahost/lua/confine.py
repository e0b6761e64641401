"""The walls that a child process puts around itself before it reads a script, and how many of them stand.

Each is asked of the kernel by its documented call, through ctypes. One that this system does not have is named in the
`Seal`, and never silently left out. What each wall stops is in docs/security.md.
"""

from __future__ import annotations

import os
import resource
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_MIB = 1 << 20

# linux/prctl.h, linux/seccomp.h, linux/landlock.h; Landlock's numbers are the same on every machine.
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS = 1, 4, 22, 38
_SECCOMP_MODE_FILTER = 2
_LANDLOCK_CREATE_RULESET, _LANDLOCK_RESTRICT_SELF, _LANDLOCK_CREATE_RULESET_VERSION = 444, 446, 1
_LANDLOCK_ABI = 6  # the first that knows scopes
_SIGKILL = 9

STACK = 112 * _MIB
"""Bytes that the C stack may take. However a process was started, the kernel leaves 128 MiB free below its stack."""

LEVELS = ("none", "partial", "full")
SECCOMP, LANDLOCK = "seccomp", "landlock"
WALLS = ("no_new_privs", "not_dumpable", "parent_death_signal", LANDLOCK, "rlimits", SECCOMP)


class Seal:
    """Which walls stand. `missing` has each that does not, and why; `level` is "full", "partial" or "none"."""

    def __init__(self, missing: dict[str, str]) -> None:
        self.missing = missing

    @property
    def level(self) -> str:
        if not self.missing:
            return "full"
        return "none" if len(self.missing) >= len(WALLS) - 1 else "partial"  # resource limits are anywhere

    def satisfies(self, required: str) -> bool:
        return LEVELS.index(self.level) >= LEVELS.index(required)

    def __str__(self) -> str:
        if not self.missing:
            return self.level
        return f"{self.level}: without " + ", ".join(f"{wall} ({why})" for wall, why in self.missing.items())

    def encode(self) -> bytes:
        """As the child tells its host."""
        return "\n".join(f"{wall} {why}" for wall, why in self.missing.items()).encode("utf-8", "replace")

    @classmethod
    def decode(cls, text: bytes) -> Seal:
        pairs = (line.partition(" ") for line in text.decode("utf-8", "replace").splitlines())
        return cls({wall: why for wall, _, why in pairs})


class Refused(Exception):
    """The system has not put up a wall; the message says why."""


class _Kernel:
    """The calls that put up walls. Made before the first of them: afterwards nothing can be loaded any more."""

    def __init__(self) -> None:
        if sys.platform != "linux":
            raise Refused(f"{os.uname().sysname} has none")
        try:
            import ctypes
        except ImportError:
            raise Refused("Python was built without ctypes") from None
        self._types: Any = ctypes
        self._library = ctypes.CDLL(None, use_errno=True)
        for function in (self._library.prctl, self._library.syscall):
            function.restype = ctypes.c_long

    def call(self, function: str, *arguments: Any) -> int:
        """A function of the C library that gives -1 and errno; raises Refused in the system's words."""
        long = self._types.c_long
        found = int(
            getattr(self._library, function)(*(long(each) if isinstance(each, int) else each for each in arguments))
        )
        if found < 0:
            raise Refused(os.strerror(self._types.get_errno()))
        return found

    def landlock(self) -> None:
        """Deny every right over files, TCP ports, abstract sockets and signals that the kernel knows."""
        abi = self.call("syscall", _LANDLOCK_CREATE_RULESET, 0, 0, _LANDLOCK_CREATE_RULESET_VERSION)
        files = 13 if abi == 1 else 14 if abi == 2 else 15 if abi < 5 else 16
        rights = [(1 << files) - 1, 0b11, 0b11][: 1 if abi < 4 else 2 if abi < 6 else 3]
        attributes = b"".join(each.to_bytes(8, sys.byteorder) for each in rights)
        ruleset = self.call("syscall", _LANDLOCK_CREATE_RULESET, attributes, len(attributes), 0)
        try:
            self.call("syscall", _LANDLOCK_RESTRICT_SELF, ruleset, 0)
        finally:
            os.close(ruleset)
        if abi < _LANDLOCK_ABI:
            raise Refused(f"version {abi} of {_LANDLOCK_ABI}, which knows no TCP or no scopes")

    def compiled(self, program: bytes) -> Any:
        """A filter as the kernel takes it."""
        types = self._types

        class Program(types.Structure):  # type: ignore[misc,name-defined]  # struct sock_fprog
            _fields_ = (("length", types.c_ushort), ("filter", types.c_char_p))

        return types.byref(Program(len(program) // 8, program))


class Walls:
    """The walls of this process and of those that it forks. Made while files can still be read."""

    def __init__(self) -> None:
        self._missing: dict[str, str] = {}
        self._kernel: _Kernel | None = None
        self._filters: dict[str, Any] = {}
        try:
            self._kernel = _Kernel()
        except Refused as error:
            self._missing = {wall: str(error) for wall in WALLS if wall != "rlimits"}
            return
        from luahost.lua import seccomp

        machine = os.uname().machine
        if machine not in seccomp.ARCHITECTURES:
            self._missing[SECCOMP] = f"no filter for {machine}"
            return
        for name, rules in (("parent", seccomp.PARENT), ("script", seccomp.SCRIPT)):
            self._filters[name] = self._kernel.compiled(seccomp.program(machine, rules))

    @property
    def parent_death_signal(self) -> bool:
        """Whether the kernel ends this process when its parent is gone."""
        return "parent_death_signal" not in self._missing

    def _put_up(self, wall: str, build: Callable[..., object], *arguments: Any) -> None:
        if wall in self._missing:
            return
        try:
            build(*arguments)
        except (Refused, OSError, ValueError) as error:
            self._missing[wall] = str(error)

    def seal(self, parent: int) -> Seal:
        """All walls but those that forking needs open. `parent` is the process that has started this one."""
        if self._kernel is not None:
            call = self._kernel.call
            self._put_up("no_new_privs", call, "prctl", _PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
            self._put_up("not_dumpable", call, "prctl", _PR_SET_DUMPABLE, 0, 0, 0, 0)
            self._put_up("parent_death_signal", self._die_with, parent)
            self._put_up(LANDLOCK, self._kernel.landlock)
        self._put_up("rlimits", _lasting_limits)
        self._put_up(SECCOMP, self._filter, "parent")
        return Seal(self._missing)

    def close(self, parent: int) -> None:
        """The rest, in a process that reads a script next. Any that fails now ends it."""
        if "parent_death_signal" not in self._missing:
            self._die_with(parent)
        resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
        resource.setrlimit(resource.RLIMIT_NOFILE, (1, 1))  # no further one; with 0 the kernel refuses to poll
        if SECCOMP not in self._missing:
            self._filter("script")

    def _die_with(self, parent: int) -> None:
        if self._kernel is not None:
            self._kernel.call("prctl", _PR_SET_PDEATHSIG, _SIGKILL, 0, 0, 0)
        if os.getppid() != parent:  # it was gone before the signal was asked for
            os._exit(1)

    def _filter(self, name: str) -> None:
        if self._kernel is not None:
            self._kernel.call("prctl", _PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, self._filters[name], 0, 0)


def _lasting_limits() -> None:
    """The limits that are the same for every run."""
    _, hard = resource.getrlimit(resource.RLIMIT_STACK)
    stack = STACK if hard == resource.RLIM_INFINITY else min(STACK, hard)
    resource.setrlimit(resource.RLIMIT_STACK, (stack, hard))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


# -- the limits of one run, which its host sets from outside where the system lets it -------------------------

SET_BY_HOST = hasattr(resource, "prlimit")


def limit(pid: int, cpu_seconds: int | None, address_space: int | None) -> None:
    """Set kernel limits of a process, 0 for this one; None is no limit. A process that is gone needs none.

    They are the second line: the host watches the processor time itself, to hundredths of a second.
    """
    for which, value in ((resource.RLIMIT_CPU, cpu_seconds), (resource.RLIMIT_AS, address_space)):
        _, hard = resource.getrlimit(which)
        soft = hard if value is None else value if hard == resource.RLIM_INFINITY else min(value, hard)
        if not pid:
            resource.setrlimit(which, (soft, hard))
            continue
        try:
            resource.prlimit(pid, which, (soft, hard))
        except ProcessLookupError:
            return


def address_space() -> int:
    """The bytes of address space that this process has taken."""
    try:
        with open("/proc/self/statm", "rb") as file:  # noqa: PTH123 (no pathlib in the child)
            return int(file.read().split()[0]) * resource.getpagesize()
    except (OSError, ValueError):
        return 64 * _MIB  # not Linux: about what an interpreter with lupa takes
