"""Sources that are bytecode, in every disguise: no header could stand before them, so they are not .lua files here."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from luahost import Host

if TYPE_CHECKING:
    from collections.abc import Iterator

# print("bytecode ran"), dumped by LuaJIT 2.1 (GC64), stripped: all of its bytes are UTF-8.
CODE = bytes.fromhex(
    "1b4c4a020a2a020003000200043600000027020100420002014b0001001162797465636f64652072616e0a7072696e7400"
)
BOM = b"\xef\xbb\xbf"

SOURCES = {
    "bytecode": CODE,
    "bytecode_of_lua_51": b"\x1bLua\x51\x00\x01\x04\x08\x04\x08\x00",
    "the_first_byte_alone": b"\x1b",
    "after_a_byte_order_mark": BOM + CODE,
    "after_two_byte_order_marks": BOM + BOM + CODE,
    "after_a_first_line": b"#!/usr/bin/lua\n" + CODE,
    "after_a_mark_and_a_first_line": BOM + b"#!/usr/bin/lua\n" + CODE,
    "after_a_first_line_and_a_mark": b"#!/usr/bin/lua\n" + BOM + CODE,
    "after_a_first_line_that_ends_in_cr": b"#\r" + CODE,
    "after_an_empty_line": b"\n" + CODE,
    "after_a_blank": b" " + CODE,
    "after_a_zero_byte": b"\x00" + CODE,
    "after_a_comment": b"--\n" + CODE,
    "in_utf_16": "\ufeff".encode("utf-16-le") + CODE.decode().encode("utf-16-le"),
}


@pytest.fixture(scope="module")
def hosts() -> Iterator[dict[str, Host]]:
    with Host(simulate=True) as process, Host(simulate=True, isolation="none") as none:
        yield {"process": process, "none": none}


@pytest.mark.parametrize("mode", ["process", "none"])
@pytest.mark.parametrize("kind", [bytes, str])
@pytest.mark.parametrize("name", SOURCES)
def test_a_source_of_bytecode_does_not_run(hosts: dict[str, Host], name: str, kind: type, mode: str) -> None:
    data = SOURCES[name]
    source = data.decode("utf-8", "surrogateescape") if kind is str else data
    result = hosts[mode].run(source)
    assert result.error is not None
    assert (result.error.code, result.output) == ("syntax_error", "")
    assert "\x1b" not in result.error.message
    assert hosts[mode].run("return 1").value == 1
