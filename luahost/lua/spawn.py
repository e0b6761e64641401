"""Start a child process. It imports next to nothing, so that the command line can do it before all else."""

from __future__ import annotations

import os
import sys

from luahost.errors import InternalError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

    Process: TypeAlias = tuple[int, int, int, int]

_BOOT = "import sys; sys.path[:0] = sys.argv[1:]; from luahost.lua.worker import main; main()"


def _folders() -> list[str]:
    """Where the child finds luahost and lupa: it has no site-packages of its own."""
    from importlib.machinery import PathFinder

    found = [os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))]  # noqa: PTH100, PTH120
    spec = PathFinder.find_spec("lupa")
    if spec is None or spec.origin is None:
        raise InternalError("the package lupa is not installed", hint="pip install lupa")
    home = os.path.dirname(os.path.dirname(spec.origin))  # noqa: PTH120
    return [*found, home] if home not in found else found


def _pipe() -> tuple[int, int]:
    """A pipe whose ends are above the standard descriptors, even in a host that has closed those."""
    ends = list(os.pipe())
    for i, end in enumerate(ends):
        if end < 3:
            import fcntl

            ends[i] = fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 3)
            os.close(end)
    return ends[0], ends[1]


def start() -> Process:
    """Start a child: its process id, and our ends of the pipes to it, from it, and from its standard error.

    It is a fresh interpreter, isolated from the environment but for TZ, and it leads a process group of its own.
    """
    if not hasattr(os, "posix_spawn"):
        raise InternalError(
            "isolation='process' needs a POSIX system",
            hint="use isolation='none', for scripts that you trust",
        )
    folders = _folders()
    to_child, write_to = _pipe()
    read_from, from_child = _pipe()
    read_errors, errors_child = _pipe()
    try:
        pid = os.posix_spawn(
            sys.executable,
            [sys.executable, "-I", "-S", "-c", _BOOT, *folders],
            {"TZ": os.environ["TZ"]} if "TZ" in os.environ else {},
            file_actions=[
                (os.POSIX_SPAWN_DUP2, to_child, 0),
                (os.POSIX_SPAWN_DUP2, from_child, 1),
                (os.POSIX_SPAWN_DUP2, errors_child, 2),
            ],
            setpgroup=0,  # the terminal's Ctrl-C is the host's business
            setsigmask=[],
        )
    except OSError as error:
        for fd in (write_to, read_from, read_errors):
            os.close(fd)
        raise InternalError(f"no child process can be started: {error.strerror}") from error
    finally:
        for fd in (to_child, from_child, errors_child):
            os.close(fd)
    return pid, write_to, read_from, read_errors
