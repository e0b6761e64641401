"""The system calls that a sealed process may make, as a program for the kernel's filter (seccomp, classic BPF).

An allow-list: whatever is not named here ends the process, but for a few calls that are answered with an error. There
are two lists. A script's process has `SCRIPT`; the process that it is forked from, which never reads a script, has
`PARENT` as well. A call's arguments are looked at where they matter: a script's process reads descriptor 0 and writes 1
and 2, and nothing else.

Call numbers are from the kernel's headers: asm/unistd_64.h for x86-64, asm-generic/unistd.h for aarch64.
"""

from __future__ import annotations

import errno
import struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

    # (index of an argument, the bits of its low 32 that are looked at, the values that these may have)
    Check: TypeAlias = tuple[int, int, tuple[int, ...]]
    # What must hold of a call that is made, or the error number that it is answered with instead
    Rules: TypeAlias = dict[str, tuple[Check, ...] | int]

ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
"""AUDIT_ARCH_… of each machine that there is a filter for, by os.uname().machine."""

# x86-64, aarch64; None where the machine has no such call.
_NUMBERS: dict[str, tuple[int | None, int | None]] = {
    "read": (0, 63),
    "write": (1, 64),
    "open": (2, None),
    "close": (3, 57),
    "poll": (7, None),
    "mmap": (9, 222),
    "mprotect": (10, 226),
    "munmap": (11, 215),
    "brk": (12, 214),
    "rt_sigaction": (13, 134),
    "rt_sigprocmask": (14, 135),
    "rt_sigreturn": (15, 139),
    "mremap": (25, 216),
    "madvise": (28, 233),
    "dup2": (33, None),
    "getpid": (39, 172),
    "sendmsg": (46, 211),
    "clone": (56, 220),
    "fork": (57, None),
    "exit": (60, 93),
    "wait4": (61, 260),
    "gettimeofday": (96, 169),
    "getppid": (110, 173),
    "prctl": (157, 167),
    "gettid": (186, 178),
    "time": (201, None),
    "futex": (202, 98),
    "restart_syscall": (219, 128),
    "clock_gettime": (228, 113),
    "exit_group": (231, 94),
    "openat": (257, 56),
    "ppoll": (271, 73),
    "set_robust_list": (273, 99),
    "dup3": (292, 24),
    "pipe2": (293, 59),
    "prlimit64": (302, 261),
    "seccomp": (317, 277),
    "getrandom": (318, 278),
    "rseq": (334, 293),
    "clone3": (435, 435),
}

_ALL = 0xFFFFFFFF
_WRITE_AND_EXECUTE = 2 | 4
_ANONYMOUS = 0x20
_FUTEX_COMMAND = 0x7F

SCRIPT: Rules = {
    "read": ((0, _ALL, (0,)),),
    "write": ((0, _ALL, (1, 2)),),
    # Memory, of no file. LuaJIT asks for its code's memory writable, fills it, and then makes it executable.
    "mmap": ((2, 4, (0,)), (3, _ANONYMOUS, (_ANONYMOUS,))),
    "mprotect": ((2, _WRITE_AND_EXECUTE, (0, 2, 4)),),
    "munmap": (),
    "mremap": (),
    "madvise": (),
    "brk": (),
    # Waking is harmless. The process has one thread: if it waits for a lock, it waits for itself. lupa comes to that
    # when memory ends while a callback's value is converted; better that it ends at once than that it hangs.
    "poll": (),  # with a limit of one descriptor
    "ppoll": (),
    "futex": ((1, _FUTEX_COMMAND, (1,)),),
    "clock_gettime": (),
    "gettimeofday": (),
    "time": (),
    "getrandom": (),  # LuaJIT seeds its hashes
    "rt_sigreturn": (),
    "restart_syscall": (),
    "exit": (),
    "exit_group": (),
    "clone3": errno.ENOSYS,  # the C library then uses older ones, whose arguments a filter can see
}

_FORK = (0x01200011, 0x11)  # how the C libraries fork: SIGCHLD, with or without CLONE_CHILD_SETTID and _CLEARTID
PARENT: Rules = {
    **SCRIPT,
    "read": (),
    "write": (),
    "futex": (),
    "sendmsg": (),
    "pipe2": (),
    "close": (),
    "dup2": (),
    "dup3": (),
    "clone": ((0, _ALL, _FORK),),
    "fork": (),
    "wait4": (),
    "getpid": (),
    "getppid": (),
    "gettid": (),
    "set_robust_list": (),
    "rseq": (),
    "rt_sigaction": (),
    "rt_sigprocmask": (),
    "prctl": ((0, _ALL, (1, 22)),),  # the parent-death signal, a further filter
    "seccomp": ((0, _ALL, (1,)),),
    "prlimit64": ((0, _ALL, (0,)),),
    # CPython counts threads in /proc/self/stat after each fork, from 3.12 on, and does without where it cannot.
    "open": errno.EACCES,
    "openat": errno.EACCES,
}

_LOAD, _EQUAL, _AT_LEAST, _AND, _RETURN = 0x20, 0x15, 0x35, 0x54, 0x06
_KILL, _ERRNO, _ALLOW = 0x80000000, 0x00050000, 0x7FFF0000
_NR, _ARCH, _ARGS = 0, 4, 16  # offsets in struct seccomp_data
_X32 = 0x40000000


def _instruction(code: int, k: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("<HBBI", code, if_true, if_false, k)


def number(machine: str, name: str) -> int | None:
    """The number of a system call on `machine`, None where it has no such call."""
    return _NUMBERS[name][list(ARCHITECTURES).index(machine)]


def _check(check: Check) -> list[bytes]:
    """Falls through where the argument is one of the allowed values; ends the process otherwise."""
    index, mask, values = check
    made = [_instruction(_LOAD, _ARGS + 8 * index)]
    if mask != _ALL:
        made.append(_instruction(_AND, mask))
    for at, value in enumerate(values):
        made.append(_instruction(_EQUAL, value, len(values) - at, 0))
    made.append(_instruction(_RETURN, _KILL))
    return made


def program(machine: str, rules: Rules) -> bytes:
    """The filter for `machine`: an array of struct sock_filter. KeyError: there is none for that machine."""
    body = [
        _instruction(_LOAD, _ARCH),
        _instruction(_EQUAL, ARCHITECTURES[machine], 1, 0),
        _instruction(_RETURN, _KILL),
        _instruction(_LOAD, _NR),
    ]
    if machine == "x86_64":
        body += [_instruction(_AT_LEAST, _X32, 0, 1), _instruction(_RETURN, _KILL)]
    for name, checks in rules.items():
        nr = number(machine, name)
        if nr is None:
            continue
        if isinstance(checks, int):
            inner = [_instruction(_RETURN, _ERRNO | checks)]
        else:
            inner = [each for check in checks for each in _check(check)]
            inner.append(_instruction(_RETURN, _ALLOW))
        body += [_instruction(_EQUAL, nr, 0, len(inner)), *inner]
    return b"".join([*body, _instruction(_RETURN, _KILL)])
