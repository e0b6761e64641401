"""The walls that a child process puts around itself before it reads a script, and how many of them stand.

Each is asked of the kernel by its documented call (walls.lua). One that this system does not have is named in the
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

    from lupa.luajit21 import LuaRuntime

_MIB = 1 << 20

_LANDLOCK_VERSION = 6  # the first that knows scopes

STACK = 112 * _MIB
"""Bytes that the C stack may take. However a process was started, the kernel leaves 128 MiB free below its stack."""

_STACK_TAKEN = 4 * _MIB  # twice what the deepest nesting that libraries.lua allows has been seen to take

LEVELS = ("none", "partial", "full")
SECCOMP, LANDLOCK = "seccomp", "landlock"
WALLS = ("no_new_privs", "not_dumpable", "parent_death_signal", LANDLOCK, "rlimits", SECCOMP)


class Seal:
    """Which walls stand. `missing` has each that does not, and why; `level` is "full", "partial" or "none".

    `space` is the bytes of address space that the process had taken before.
    """

    def __init__(self, missing: dict[str, str], space: int = 0) -> None:
        self.missing = missing
        self.space = space

    @property
    def level(self) -> str:
        if not self.missing:
            return "full"
        return "none" if len(self.missing) >= len(WALLS) - 1 else "partial"  # resource limits are anywhere

    def satisfies(self, required: str) -> bool:
        return not self.missing or LEVELS.index(self.level) >= LEVELS.index(required)

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


class Walls:
    """The walls of this process and of those that it forks. Made while files can still be read.

    LuaJIT's FFI makes the calls: it is there already, and takes a tenth of the time and memory of ctypes.
    """

    def __init__(self) -> None:
        self._missing: dict[str, str] = {}
        self._filters: dict[str, bytes] = {}
        self._calls: LuaRuntime | None = None
        if sys.platform != "linux":
            self._missing = {wall: f"{os.uname().sysname} has none" for wall in WALLS if wall != "rlimits"}
            return
        from lupa.luajit21 import LuaError, LuaRuntime

        from luahost.lua import seccomp
        from luahost.lua.engine import read

        self._calls = LuaRuntime(encoding=None, register_eval=False, register_builtins=False)
        try:
            self._calls.execute(read("walls"))
        except LuaError:
            self._missing = {wall: "LuaJIT was built without FFI" for wall in WALLS if wall != "rlimits"}
        machine = os.uname().machine
        if machine not in seccomp.ARCHITECTURES:
            self._missing.setdefault(SECCOMP, f"no filter for {machine}")
            return
        self._filters = {
            "parent": seccomp.program(machine, seccomp.PARENT),
            "script": seccomp.program(machine, seccomp.SCRIPT),
        }

    @property
    def parent_death_signal(self) -> bool:
        """Whether the kernel ends this process when its parent is gone."""
        return "parent_death_signal" not in self._missing

    @property
    def filtered(self) -> bool:
        """Whether the kernel looks at this process's system calls."""
        return SECCOMP not in self._missing

    def _call(self, function: bytes, *arguments: int | bytes) -> None:
        """A function of walls.lua; raises Refused in the system's words."""
        if self._calls is None:
            raise Refused("not on this system")
        problem = self._calls.execute(b"return " + function + b"(...)", *arguments)
        if problem:
            raise Refused(os.strerror(problem))

    def _put_up(self, wall: str, build: Callable[..., object], *arguments: Any) -> None:
        if wall in self._missing:
            return
        try:
            build(*arguments)
        except (Refused, OSError, ValueError) as error:
            self._missing[wall] = str(error)

    def seal(self, parent: int) -> Seal:
        """All walls but those that forking needs open. `parent` is the process that has started this one."""
        self._put_up("no_new_privs", self._call, b"no_new_privs")
        self._put_up("not_dumpable", self._call, b"not_dumpable")
        self._put_up("parent_death_signal", self._die_with, parent)
        self._grow_stack()
        space = address_space()  # what is read here cannot be read any more from the next wall on
        self._put_up(LANDLOCK, self._landlock)
        self._put_up("rlimits", _lasting_limits)
        self._put_up(SECCOMP, self._filter, "parent")
        return Seal(self._missing, space)

    def close(self, parent: int) -> None:
        """The rest, in a process that reads a script next. Any that fails now ends it."""
        if self.parent_death_signal:
            self._die_with(parent)
        resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
        resource.setrlimit(resource.RLIMIT_NOFILE, (1, 1))  # no further one; with 0 the kernel refuses to poll
        if self.filtered:
            self._filter("script")
        self._calls = None  # this state can call anything: it has no business beside a script's

    def _die_with(self, parent: int) -> None:
        self._call(b"parent_death_signal")
        if os.getppid() != parent:  # it was gone before the signal was asked for
            os._exit(1)

    def _landlock_version(self) -> int:
        return 0 if self._calls is None else int(self._calls.execute(b"return landlock_version()"))

    def _landlock(self) -> None:
        version = self._landlock_version()
        if version <= 0:
            raise Refused(os.strerror(-version))
        self._call(b"landlock", version)
        if version < _LANDLOCK_VERSION:
            raise Refused(f"version {version} of {_LANDLOCK_VERSION}: it knows no TCP or no scopes")

    def _grow_stack(self) -> None:
        """Have the C stack take what it will need, before a limit of memory could refuse that and kill the process.

        Only one page is touched. Kernels without Landlock may think such a touch a mistake, and are not asked.
        """
        if LANDLOCK in self._missing or self._landlock_version() <= 0:
            return
        with open("/proc/self/maps", "rb") as maps:  # noqa: PTH123 (no pathlib in the child)
            lines = [line for line in maps if line.rstrip().endswith(b"[stack]")]
        if lines and self._calls is not None:
            lowest = int(lines[0].partition(b"-")[0], 16)
            self._calls.execute(b"touch(...)", lowest - _STACK_TAKEN)

    def _filter(self, name: str) -> None:
        self._call(b"filter", self._filters[name])


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
