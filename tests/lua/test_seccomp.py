"""The filters of system calls, asked through an interpreter of their own: for this machine and for one that is not
here. The lists of what is allowed are written again in this file, from the kernel's headers, and must be the same.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given, settings, strategies as st

from luahost.lua import seccomp
from tests.lua import bpf
from tests.lua.bpf import ALLOW, ERRNO, KILL, Call, Program

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import TypeAlias

    Arguments: TypeAlias = tuple[int, ...]
    Allowed: TypeAlias = dict[str, Callable[[Arguments], bool]]

# linux/audit.h: EM_X86_64 and EM_AARCH64, 64 bits, little-endian
ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
OTHER_ARCHS = {
    "none": 0,
    "i386": 0x40000003,
    "arm": 0x40000028,
    "armeb": 0x28,
    "ppc64le": 0xC0000015,
    "riscv64": 0xC00000F3,
    "s390x": 0x80000016,
    "mips64": 0x80000008,
    "x86_64 of 32 bits": 0x4000003E,
    "x86_64, big-endian": 0x8000003E,
    "all bits": 0xFFFFFFFF,
}

# asm/unistd_64.h
X86_64 = {
    "read": 0, "write": 1, "open": 2, "close": 3, "poll": 7, "mmap": 9, "mprotect": 10, "munmap": 11, "brk": 12,
    "rt_sigaction": 13, "rt_sigprocmask": 14, "rt_sigreturn": 15, "mremap": 25, "madvise": 28, "dup2": 33,
    "getpid": 39, "sendmsg": 46, "clone": 56, "fork": 57, "exit": 60, "wait4": 61, "gettimeofday": 96, "getppid": 110,
    "prctl": 157, "gettid": 186, "time": 201, "futex": 202, "restart_syscall": 219, "clock_gettime": 228,
    "exit_group": 231, "openat": 257, "ppoll": 271, "set_robust_list": 273, "dup3": 292, "pipe2": 293, "prlimit64": 302,
    "seccomp": 317, "getrandom": 318, "rseq": 334, "clone3": 435,
}  # fmt: skip
# asm-generic/unistd.h, which has no open, poll, time, fork and dup2
AARCH64 = {
    "dup3": 24, "openat": 56, "close": 57, "pipe2": 59, "read": 63, "write": 64, "ppoll": 73, "exit": 93,
    "exit_group": 94, "futex": 98, "set_robust_list": 99, "clock_gettime": 113, "restart_syscall": 128,
    "rt_sigaction": 134, "rt_sigprocmask": 135, "rt_sigreturn": 139, "prctl": 167, "gettimeofday": 169,
    "getpid": 172, "getppid": 173,
    "gettid": 178, "sendmsg": 211, "brk": 214, "munmap": 215, "mremap": 216, "clone": 220, "mmap": 222,
    "mprotect": 226, "madvise": 233, "wait4": 260, "prlimit64": 261, "seccomp": 277, "getrandom": 278, "rseq": 293,
    "clone3": 435,
}  # fmt: skip
NUMBERS = {"x86_64": X86_64, "aarch64": AARCH64}
HEADERS = {
    "x86_64": ("/usr/include/x86_64-linux-gnu/asm/unistd_64.h", "/usr/include/asm/unistd_64.h"),
    "aarch64": ("/usr/include/asm-generic/unistd.h",),
}

# -- what is allowed, and with which arguments -------------------------------------------------------------------

PROT_WRITE, PROT_EXEC = 2, 4
MAP_ANONYMOUS = 0x20
FUTEX_WAKE, FUTEX_PRIVATE_FLAG, FUTEX_CLOCK_REALTIME = 1, 128, 256
PR_SET_PDEATHSIG, PR_SET_SECCOMP, SECCOMP_SET_MODE_FILTER = 1, 22, 1
SIGCHLD, CLONE_CHILD_CLEARTID, CLONE_CHILD_SETTID = 17, 0x00200000, 0x01000000


def always(_: Arguments) -> bool:
    return True


def low(value: int) -> int:
    """The bits of an argument that the kernel itself looks at, where it takes an int."""
    return value & 0xFFFFFFFF


SCRIPT: Allowed = {
    "read": lambda a: low(a[0]) == 0,
    "write": lambda a: low(a[0]) in (1, 2),
    "mmap": lambda a: not a[2] & PROT_EXEC and bool(a[3] & MAP_ANONYMOUS),
    "mprotect": lambda a: not (a[2] & PROT_WRITE and a[2] & PROT_EXEC),
    "futex": lambda a: low(a[1]) & 0x7F == FUTEX_WAKE,
    **dict.fromkeys(
        [
            "munmap", "mremap", "madvise", "brk", "poll", "ppoll", "clock_gettime", "gettimeofday", "time",
            "getrandom", "rt_sigreturn", "restart_syscall", "exit", "exit_group",
        ],
        always,
    ),
}  # fmt: skip
PARENT: Allowed = {
    **SCRIPT,
    "clone": lambda a: low(a[0]) in (SIGCHLD, SIGCHLD | CLONE_CHILD_CLEARTID | CLONE_CHILD_SETTID),
    "prctl": lambda a: low(a[0]) in (PR_SET_PDEATHSIG, PR_SET_SECCOMP),
    "seccomp": lambda a: low(a[0]) == SECCOMP_SET_MODE_FILTER,
    "prlimit64": lambda a: low(a[0]) == 0,
    **dict.fromkeys(
        [
            "read", "write", "futex", "sendmsg", "pipe2", "close", "dup2", "dup3", "fork", "wait4", "getpid",
            "getppid", "gettid", "set_robust_list", "rseq", "rt_sigaction", "rt_sigprocmask",
        ],
        always,
    ),
}  # fmt: skip
ENOSYS, EACCES = 38, 13
ANSWERED = {"script": {"clone3": ENOSYS}, "parent": {"clone3": ENOSYS, "open": EACCES, "openat": EACCES}}

FILTERS = [(machine, name) for machine in ARCH for name in ("script", "parent")]
EXPECTED = {"script": SCRIPT, "parent": PARENT}
PROGRAMS = {
    (machine, name): Program(seccomp.program(machine, rules))
    for machine in ARCH
    for name, rules in (("script", seccomp.SCRIPT), ("parent", seccomp.PARENT))
}

each_filter = pytest.mark.parametrize(("machine", "name"), FILTERS)
each_machine = pytest.mark.parametrize("machine", list(ARCH))


def expected(machine: str, name: str, number: int, arguments: Arguments) -> int:
    """What a filter is to say, by the lists in this file."""
    if machine == "x86_64" and number >= 0x40000000:  # a call of x32, or none
        return KILL
    for call, its_number in NUMBERS[machine].items():
        if its_number == number:
            if call in ANSWERED[name]:
                return ERRNO | ANSWERED[name][call]
            return ALLOW if call in EXPECTED[name] and EXPECTED[name][call](arguments) else KILL
    return KILL


GARBAGE = 0xDEADBEEF << 32
WORDS = [
    0,
    1,
    2,
    3,
    4,
    5,
    6,
    7,
    11,
    12,
    17,
    22,
    32,
    34,
    38,
    0x7F,
    0x80,
    0x81,
    0x101,
    0x181,
    0x1200011,
    0x1200012,
    0xFFFFFFFF,
]
ADVERSARIAL = [
    *((word,) * 6 for word in WORDS),
    *((word | GARBAGE,) * 6 for word in WORDS),
    *((word << 32,) * 6 for word in WORDS),
    (0, 0, 3, 0x22, 0xFFFFFFFF, 0),
    (0, 0, 7, 0x22, 0xFFFFFFFF, 0),
    (0, 0, 3, 0x02, 5, 0),
    (GARBAGE, 129, 1, 0, 0, 0),
]  # fmt: skip


# -- the programs -------------------------------------------------------------------------------------------------


@each_filter
def test_the_kernel_would_take_the_filter(machine: str, name: str) -> None:
    text = seccomp.program(machine, {"script": seccomp.SCRIPT, "parent": seccomp.PARENT}[name])
    program = Program(text)  # raises where a jump leaves it, a load is wrong, or it does not end in a return
    assert len(text) == 8 * len(program.instructions)
    assert len(program.instructions) < 4096
    assert program.instructions[-1] == (bpf.RETURN, 0, 0, KILL)


@each_filter
def test_a_filter_looks_at_the_architecture_first(machine: str, name: str) -> None:
    first, second = PROGRAMS[machine, name].instructions[:2]
    assert (first.code, first.k) == (bpf.LOAD, bpf.ARCH_AT)
    assert (second.code, second.k) == (bpf.EQUAL, ARCH[machine])


@pytest.mark.parametrize("machine", ["i686", "armv7l", "riscv64", "aarch64_be", ""])
def test_there_is_no_filter_for_another_machine(machine: str) -> None:
    with pytest.raises(KeyError):
        seccomp.program(machine, seccomp.SCRIPT)


# -- the numbers --------------------------------------------------------------------------------------------------


@each_machine
def test_the_numbers_are_those_of_the_machine(machine: str) -> None:
    named = {*seccomp.SCRIPT, *seccomp.PARENT}
    assert {name: seccomp.number(machine, name) for name in named} == {
        name: NUMBERS[machine].get(name) for name in named
    }


@each_machine
def test_the_numbers_are_those_of_the_kernels_headers(machine: str) -> None:
    file = next((Path(each) for each in HEADERS[machine] if Path(each).exists()), None)
    if file is None:
        pytest.skip("no kernel headers are installed")
    found = {}
    for name, number in re.findall(r"^#define __NR(?:3264)?_(\w+)\s+(\d+)", file.read_text(), re.MULTILINE):
        found[name] = int(number)
    assert {name: found.get(name) for name in NUMBERS[machine]} == NUMBERS[machine]
    named = {*seccomp.SCRIPT, *seccomp.PARENT}
    assert {name: found.get(name) for name in named} == {name: seccomp.number(machine, name) for name in named}


@each_machine
def test_the_rules_name_the_calls_of_this_list_and_no_other(machine: str) -> None:
    assert set(seccomp.SCRIPT) == {*SCRIPT, *ANSWERED["script"]}
    assert set(seccomp.PARENT) == {*PARENT, *ANSWERED["parent"]}


# -- the answers --------------------------------------------------------------------------------------------------


def possible(program: Program, machine: str, numbers: Iterable[int]) -> set[int]:
    """The numbers of calls that some arguments make allowed."""
    return {number for number in numbers if ALLOW in program.answers(ARCH[machine], number)}


@each_filter
def test_the_calls_that_can_be_allowed_are_exactly_those_of_the_list(machine: str, name: str) -> None:
    numbers = [*range(601), *range(0x40000000, 0x40000259), *(2**n for n in range(10, 32)), 2**31 - 1, 2**32 - 1]
    listed = {NUMBERS[machine][call] for call in EXPECTED[name] if call in NUMBERS[machine]}
    assert possible(PROGRAMS[machine, name], machine, numbers) == listed


@each_filter
def test_a_call_that_is_not_in_the_list_ends_the_process(machine: str, name: str) -> None:
    listed = {NUMBERS[machine][call] for call in {*EXPECTED[name], *ANSWERED[name]} if call in NUMBERS[machine]}
    for number in set(range(601)) - listed:
        assert PROGRAMS[machine, name].answers(ARCH[machine], number) == {KILL}, number


@each_filter
def test_every_call_gets_the_answer_of_the_list(machine: str, name: str) -> None:
    program = PROGRAMS[machine, name]
    for number in [*NUMBERS[machine].values(), 41, 59, 101, 600]:
        for arguments in ADVERSARIAL:
            answer = program(Call(ARCH[machine], number, arguments))
            assert answer == expected(machine, name, number, arguments), (number, arguments)


@each_filter
@pytest.mark.parametrize("other", OTHER_ARCHS)
def test_another_architecture_ends_the_process(machine: str, name: str, other: str) -> None:
    numbers = [*range(601), *(0x40000000 | number for number in X86_64.values()), 2**32 - 1]
    assert {answer for n in numbers for answer in PROGRAMS[machine, name].answers(OTHER_ARCHS[other], n)} == {KILL}


@each_filter
def test_the_architecture_of_the_other_machine_ends_the_process(machine: str, name: str) -> None:
    (other,) = set(ARCH) - {machine}
    found = {answer for n in range(601) for answer in PROGRAMS[machine, name].answers(ARCH[other], n)}
    assert found == {KILL}


@pytest.mark.parametrize("name", ["script", "parent"])
def test_a_call_of_x32_ends_the_process(name: str) -> None:
    program = PROGRAMS["x86_64", name]
    numbers = [0x40000000 | number for number in range(601)]
    assert {answer for number in numbers for answer in program.answers(ARCH["x86_64"], number)} == {KILL}


@each_filter
def test_clone3_is_answered_as_if_it_were_not_there(machine: str, name: str) -> None:
    assert PROGRAMS[machine, name].answers(ARCH[machine], 435) == {ERRNO | 38}


@each_machine
def test_a_scripts_filter_allows_nothing_that_its_parents_does_not(machine: str) -> None:
    for number in range(601):
        for arguments in ADVERSARIAL:
            call = Call(ARCH[machine], number, arguments)
            if PROGRAMS[machine, "script"](call) == ALLOW:
                assert PROGRAMS[machine, "parent"](call) == ALLOW, call


# -- arguments ----------------------------------------------------------------------------------------------------


def allowed(machine: str, name: str, call: str, *arguments: int) -> bool:
    """Whether a call is allowed; with rubbish in all that was not given, and in the upper half of what was."""
    number = NUMBERS[machine][call]
    rest = (0x5EED_5EED_5EED_5EED,) * (6 - len(arguments))
    plain = PROGRAMS[machine, name](Call(ARCH[machine], number, (*arguments, *rest)))
    rubbish = PROGRAMS[machine, name](
        Call(ARCH[machine], number, (*(low(each) | GARBAGE for each in arguments), *rest))
    )
    assert plain == rubbish
    return plain == ALLOW


@each_machine
def test_a_script_reads_descriptor_0_and_writes_1_and_2(machine: str) -> None:
    fds = [*range(70), 255, 256, 1023, 0x10000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF]
    assert [fd for fd in fds if allowed(machine, "script", "read", fd)] == [0]
    assert [fd for fd in fds if allowed(machine, "script", "write", fd)] == [1, 2]


@each_machine
def test_a_script_maps_memory_that_is_of_no_file_and_not_executable(machine: str) -> None:
    for flags in range(64):
        for prot in range(8):
            fits = not prot & PROT_EXEC and bool(flags & MAP_ANONYMOUS)
            assert allowed(machine, "script", "mmap", 0, 4096, prot, flags) == fits, (prot, flags)


@each_machine
def test_memory_is_never_writable_and_executable(machine: str) -> None:
    for prot in [*range(16), 0x1000006, 0x1000007, 0x2000006]:
        fits = not (prot & PROT_WRITE and prot & PROT_EXEC)
        assert allowed(machine, "script", "mprotect", 0, 4096, prot) == fits, prot


@each_machine
def test_a_script_wakes_others_and_waits_for_none(machine: str) -> None:
    flags = (0, FUTEX_PRIVATE_FLAG, FUTEX_CLOCK_REALTIME, FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME)
    commands = [
        command for command in range(128) for flag in flags if allowed(machine, "script", "futex", 0, command | flag)
    ]
    assert set(commands) == {FUTEX_WAKE}


@each_machine
def test_a_parent_forks_processes_and_makes_no_thread_or_namespace(machine: str) -> None:
    bits = [1 << n for n in range(32)]
    fork, plain = SIGCHLD | CLONE_CHILD_CLEARTID | CLONE_CHILD_SETTID, SIGCHLD
    assert allowed(machine, "parent", "clone", fork)
    assert allowed(machine, "parent", "clone", plain)
    for flags in (fork, plain):
        for bit in bits:
            assert allowed(machine, "parent", "clone", flags ^ bit) == (flags ^ bit in (fork, plain)), flags ^ bit


@each_machine
def test_a_parent_asks_prctl_for_the_death_signal_and_a_filter_only(machine: str) -> None:
    options = [*range(80), 0x59616D61, 0x53564D41, 0xFFFFFFFF]
    assert [option for option in options if allowed(machine, "parent", "prctl", option)] == [1, 22]


@each_machine
def test_a_parent_sets_limits_of_no_other_process(machine: str) -> None:
    pids = [0, 1, 2, 1000, 0x7FFFFFFF, 0xFFFFFFFF]
    assert [pid for pid in pids if allowed(machine, "parent", "prlimit64", pid)] == [0]


@each_machine
@pytest.mark.parametrize("call", ["prctl", "seccomp", "clone", "prlimit64", "close", "rt_sigaction", "sendmsg"])
def test_a_script_makes_no_call_that_only_its_parent_needs(machine: str, call: str) -> None:
    assert PROGRAMS[machine, "script"].answers(ARCH[machine], NUMBERS[machine][call]) == {KILL}


# -- any call at all ----------------------------------------------------------------------------------------------

words32 = st.one_of(st.integers(0, 600), st.sampled_from(WORDS), st.integers(0, 2**32 - 1))
words64 = st.one_of(
    words32,
    st.builds(lambda high, low: high << 32 | low, words32, words32),
    st.integers(0, 2**64 - 1),
)
any_filter = st.sampled_from(FILTERS)
archs = st.one_of(st.sampled_from([*ARCH.values(), *OTHER_ARCHS.values()]), words32)


@settings(max_examples=1500, deadline=None, derandomize=True, database=None)
@given(any_filter, words32, st.tuples(*[words64] * 6))
@example(("x86_64", "script"), 0, (1 << 32, 0, 0, 0, 0, 0))
@example(("x86_64", "script"), 10, (0, 0, 6 | GARBAGE, 0, 0, 0))
@example(("x86_64", "script"), 0xFFFFFFFF, (0, 0, 0, 0, 0, 0))
def test_no_arguments_make_a_call_allowed_that_is_not_in_the_list(
    which: tuple[str, str], number: int, arguments: Arguments
) -> None:
    machine, name = which
    assert PROGRAMS[which](Call(ARCH[machine], number, arguments)) == expected(machine, name, number, arguments)


@settings(max_examples=500, deadline=None, derandomize=True, database=None)
@given(any_filter, archs, words32, st.tuples(*[words64] * 6))
def test_nothing_is_allowed_for_another_architecture(
    which: tuple[str, str], arch: int, number: int, arguments: Arguments
) -> None:
    if arch != ARCH[which[0]]:
        assert PROGRAMS[which](Call(arch, number, arguments)) == KILL


# -- the interpreter itself ---------------------------------------------------------------------------------------


def run(*lines: bytes, number: int = 0, arguments: Arguments = ()) -> int:
    return Program(b"".join(lines))(Call(0, number, arguments))


@pytest.mark.parametrize(
    ("code", "k", "word", "holds"),
    [
        (bpf.EQUAL, 5, 5, True),
        (bpf.EQUAL, 5, 4, False),
        (bpf.GREATER, 5, 6, True),
        (bpf.GREATER, 5, 5, False),
        (bpf.AT_LEAST, 5, 5, True),
        (bpf.AT_LEAST, 0x80000000, 0x7FFFFFFF, False),
        (bpf.ANY_BIT, 6, 4, True),
        (bpf.ANY_BIT, 6, 9, False),
    ],
)
def test_the_interpreter_branches_as_the_kernel_does(code: int, k: int, word: int, holds: bool) -> None:
    made = bpf.instruction
    lines = (made(bpf.LOAD, 0), made(code, k, 0, 1), made(bpf.RETURN, 1), made(bpf.RETURN, 2))
    assert run(*lines, number=word) == (1 if holds else 2)


def test_the_interpreter_loads_either_half_of_an_argument() -> None:
    made = bpf.instruction
    for index in range(6):
        arguments = (0,) * index + (7 << 32 | 3,)
        for offset, word in ((0, 3), (4, 7)):
            load = made(bpf.LOAD, 16 + 8 * index + offset)
            lines = (load, made(bpf.AND, 0xF), made(bpf.EQUAL, word, 0, 1), made(bpf.RETURN, 1), made(bpf.RETURN, 2))
            assert run(*lines, arguments=arguments) == 1


def test_the_interpreter_jumps() -> None:
    made = bpf.instruction
    assert run(made(bpf.JUMP, 1), made(bpf.RETURN, 1), made(bpf.RETURN, 2)) == 2


@pytest.mark.parametrize(
    "lines",
    [
        [],
        [(bpf.LOAD, 0)],
        [(bpf.LOAD, 2), (bpf.RETURN, 0)],
        [(bpf.LOAD, 64), (bpf.RETURN, 0)],
        [(bpf.EQUAL, 0, 1, 0), (bpf.RETURN, 0)],
        [(bpf.EQUAL, 0, 0, 1), (bpf.RETURN, 0)],
        [(bpf.JUMP, 1), (bpf.RETURN, 0)],
        [(0x28, 0), (bpf.RETURN, 0)],
        [(bpf.RETURN, 0)] * 4097,
    ],
)
def test_the_interpreter_refuses_what_the_kernel_does(lines: list[tuple[int, ...]]) -> None:
    with pytest.raises(bpf.Malformed):
        Program(b"".join(bpf.instruction(*line) for line in lines))
