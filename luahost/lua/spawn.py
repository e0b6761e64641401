"""Start a child process. It imports next to nothing, so that the command line can do it before all else."""

from __future__ import annotations

import os
import sys

# signal itself makes enumerations of them, for a millisecond; type checkers do not know what it is made of.
from _signal import SIGCHLD, SIGTERM, SIGXCPU  # type: ignore[import-not-found]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

    from luahost.errors import InternalError

    Process: TypeAlias = tuple[int, int, int, int]

_BOOT = "import sys; sys.path += sys.argv[3:]; from luahost.lua.worker import {0}; {0}()"
# A program may ignore them, and what is started would too; the child waits for its own children, and has a limit.
_HEARD = (SIGCHLD, SIGXCPU, SIGTERM)
_LOCAL_TIME = "/etc/localtime"


def _problem(message: str, hint: str | None = None) -> InternalError:
    from luahost.errors import InternalError  # not before it is needed

    return InternalError(message, hint=hint)


def _folders() -> list[str]:
    """Where the child finds luahost and lupa: it has no site-packages of its own."""
    found = [os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))]  # noqa: PTH100, PTH120
    # As importlib.util.find_spec does, which takes another millisecond to import.
    specs = (finder.find_spec("lupa", None) for finder in sys.meta_path)
    spec = next(filter(None, specs), None)
    if spec is None or spec.origin is None:
        raise _problem("the package lupa is not installed", hint="pip install lupa")
    home = os.path.dirname(os.path.dirname(spec.origin))  # noqa: PTH120
    return [*found, home] if home not in found else found


def _environment() -> dict[str, str]:
    """The time zone, named, since the C library would otherwise look at a file for each date; a hint to its malloc."""
    zone = os.environ.get("TZ") or (_LOCAL_TIME if os.path.exists(_LOCAL_TIME) else "")  # noqa: PTH110
    return {"GLIBC_TUNABLES": "glibc.malloc.tcache_count=7000", **({"TZ": zone} if zone else {})}


def above_standard(fd: int) -> int:
    """The same descriptor above the standard ones, which are free in a host that has closed its own."""
    if fd >= 3:
        return fd
    import fcntl

    moved = fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 3)
    os.close(fd)
    return moved


def pipe() -> tuple[int, int]:
    ends = os.pipe()
    return above_standard(ends[0]), above_standard(ends[1])


def execute(entry: str, stdin: int, stdout: int, stderr: int, mode: str = "") -> int:
    """Start a function of luahost.lua.worker as a process with these descriptors; gives its process id.

    It is a fresh interpreter, isolated from the environment but for TZ, and it leads a process group of its own.
    The thread that calls this must outlive the process: the kernel kills it when the thread ends.
    """
    if not hasattr(os, "posix_spawn"):
        raise _problem(
            "isolation='process' needs a POSIX system", hint="use isolation='none', for scripts that you trust"
        )
    words = [sys.executable, "-I", "-S", "-c", _BOOT.format(entry), str(os.getpid()), mode, *_folders()]
    actions = [(os.POSIX_SPAWN_DUP2, fd, at) for at, fd in enumerate((stdin, stdout, stderr))]
    try:
        return os.posix_spawn(
            sys.executable,
            words,
            _environment(),
            file_actions=actions,
            setpgroup=0,  # the terminal's Ctrl-C is the host's business
            setsigmask=[],
            setsigdef=_HEARD,
        )
    except OSError as error:
        raise _problem(f"no child process can be started: {error.strerror}") from error


def start(entry: str = "serve_one") -> Process:
    """Start a process for one run, or for what `entry` of luahost.lua.worker serves.

    Gives its id, and our ends of the pipes to it, from it, and from its standard error.
    """
    ends: list[int] = []
    try:
        for _ in range(3):
            ends += pipe()
    except OSError as error:
        for fd in ends:
            os.close(fd)
        raise _problem(f"no child process can be started: {error.strerror}") from error
    to_child, write_to, read_from, from_child, read_errors, errors_child = ends
    try:
        pid = execute(entry, to_child, from_child, errors_child)
    except BaseException:
        for fd in (write_to, read_from, read_errors):
            os.close(fd)
        raise
    finally:
        for fd in (to_child, from_child, errors_child):
            os.close(fd)
    return pid, write_to, read_from, read_errors
