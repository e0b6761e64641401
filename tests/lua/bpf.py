"""Classic BPF as seccomp uses it: enough of the kernel to ask a filter what it says to a system call.

linux/filter.h has the codes, linux/seccomp.h the data that a filter sees and what it can answer, and
seccomp_check_filter in kernel/seccomp.c the programs that the kernel takes. Both machines are little-endian.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

LOAD, AND, RETURN, JUMP = 0x20, 0x54, 0x06, 0x05  # LD|W|ABS, ALU|AND|K, RET|K, JMP|JA
EQUAL, GREATER, AT_LEAST, ANY_BIT = 0x15, 0x25, 0x35, 0x45  # JMP|JEQ|K, JGT, JGE, JSET
BRANCHES = (EQUAL, GREATER, AT_LEAST, ANY_BIT)

ALLOW, KILL, ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
NUMBER_AT, ARCH_AT, ARGUMENTS_AT, SIZE = 0, 4, 16, 64

_INSTRUCTION = struct.Struct("<HBBI")
_LENGTH = 4096  # BPF_MAXINSNS


class Malformed(Exception):
    """A program that the kernel does not take."""


class Instruction(NamedTuple):
    code: int
    if_true: int
    if_false: int
    k: int


class Call(NamedTuple):
    """A system call, as a filter sees it (struct seccomp_data). `number` may have any 32 bits, an argument any 64."""

    arch: int
    number: int
    arguments: tuple[int, ...] = ()

    def data(self) -> bytes:
        six = (*self.arguments, *(0,) * (6 - len(self.arguments)))
        return struct.pack("<IIQ6Q", self.number, self.arch, 0x7F00_DEAD_BEEF, *six)


class Program:
    """A filter. Raises Malformed where the kernel would refuse it."""

    def __init__(self, text: bytes) -> None:
        if len(text) % _INSTRUCTION.size:
            raise Malformed("a part of an instruction")
        self.instructions = [Instruction(*each) for each in _INSTRUCTION.iter_unpack(text)]
        count = len(self.instructions)
        if not 0 < count <= _LENGTH:
            raise Malformed(f"{count} instructions")
        for at, each in enumerate(self.instructions):
            self._check(each, count - at - 1)
        if self.instructions[-1].code != RETURN:
            raise Malformed("no return at the end")

    @staticmethod
    def _check(each: Instruction, after: int) -> None:
        if each.code == LOAD:
            if each.k % 4 or each.k >= SIZE:
                raise Malformed(f"load of {each.k}")
        elif each.code in BRANCHES:
            if max(each.if_true, each.if_false) >= after:
                raise Malformed("a branch out of the program")
        elif each.code == JUMP:
            if each.k >= after:
                raise Malformed("a jump out of the program")
        elif each.code not in (AND, RETURN):
            raise Malformed(f"code {each.code:#x}")

    def __call__(self, call: Call) -> int:
        """What it answers to one call."""
        data = call.data()
        (answer,) = self._walk({at: int.from_bytes(data[at : at + 4], "little") for at in range(0, SIZE, 4)})
        return answer

    def answers(self, arch: int, number: int) -> set[int]:
        """All that it can answer to calls of a number, whatever their arguments are."""
        return self._walk({ARCH_AT: arch, NUMBER_AT: number})

    def _walk(self, known: dict[int, int]) -> set[int]:
        """The answers at the ends of all paths; on a word that is not known, a branch goes both ways."""
        answers = set()
        ways: list[tuple[int, int | None]] = [(0, 0)]
        while ways:
            at, word = ways.pop()
            code, if_true, if_false, k = self.instructions[at]
            if code == RETURN:
                answers.add(k)
                continue
            if code == LOAD:
                word = known.get(k)
            elif code == AND:
                word = None if word is None else word & k
            elif code == JUMP:
                at += k
            elif word is None:
                ways.append((at + 1 + if_true, word))
                at += if_false
            else:
                at += if_true if _holds(code, word, k) else if_false
            ways.append((at + 1, word))
        return answers


def _holds(code: int, word: int, k: int) -> bool:
    if code == EQUAL:
        return word == k
    if code == GREATER:
        return word > k
    return word >= k if code == AT_LEAST else bool(word & k)


def instruction(code: int, k: int, if_true: int = 0, if_false: int = 0) -> bytes:
    """One instruction of a program, for those that tests write themselves."""
    return _INSTRUCTION.pack(code, if_true, if_false, k)
