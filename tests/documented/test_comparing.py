"""Output as documented, and as printed."""

from __future__ import annotations

import time

import pytest

from luahost.documented.comparing import MOST_LINES, difference, same


@pytest.mark.parametrize(
    ("written", "real"),
    [
        ("", ""),
        ("a\n", "a\n"),
        ("a", "a\n\n"),
        ("a\nb", "a  \nb\t\n"),
        ("a\n...\nc", "a\nc"),
        ("a\n...\nc", "a\nb\nb\nc"),
        ("...", "x\ny"),
        ("...", ""),
        ("a\n...", "a"),
        ("...\nz", "z"),
        ("id: ...", "id: 5"),
        ("... b ...", "a b c"),
        ("a...c", "ac"),
        ("...\nb\n...\nb\n...", "b\na\nb"),
        ("wait ...", "wait ..."),
    ],
)
def test_these_agree(written: str, real: str) -> None:
    assert same(written, real)


@pytest.mark.parametrize(
    ("written", "real"),
    [
        ("", "a"),
        ("a", ""),
        ("a\nb", "b\na"),
        (" a", "a"),
        ("a\n...\nc", "a\nb"),
        ("id: ...\nb", "id: 5\nc\nb"),
        ("ab...bc", "abc"),
        ("a\n...\na", "a"),
        ("...\nb\n...\nb\n...", "b\na"),
        ("a ... b", "a\nb"),
    ],
)
def test_these_do_not(written: str, real: str) -> None:
    assert not same(written, real)


def test_many_dots_over_long_output_take_no_time() -> None:
    began = time.perf_counter()
    assert not same("...\na\n" * 20 + "b", "a\n" * 5000 + "c")
    assert not same("...a" * 20 + "b", "a" * 60_000 + "c")
    assert time.perf_counter() - began < 2


def test_a_difference_names_its_first_line_and_shows_no_more_than_fits() -> None:
    at, told = difference("a\nb\nc", "a\nx\nc")
    assert at == 1
    assert told.splitlines() == ["- documented", "+ printed", "  a", "- b", "+ x", "  c"]
    at, told = difference("a", "a\n" + "\x1b[31m" * 1000 + "\n" + "b\n" * 1000)
    assert at == 1
    assert "\x1b" not in told
    assert len(told.splitlines()) <= MOST_LINES + 3
    assert max(map(len, told.splitlines())) < 200
