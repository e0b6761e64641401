"""What print, dump and tostring write."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from luahost import Host
    from luahost.errors import LuaHostError


def output(host: Host, source: str) -> str:
    result = host.run(source)
    assert result.ok, result.error and result.error.fields()
    return result.output


def failure(host: Host, source: str) -> LuaHostError:
    result = host.run(source)
    assert result.error is not None, result.values
    return result.error


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("print()", "\n"),
        ("print(nil)", "nil\n"),
        ("print(1, 'a', true, nil, 0.5)", "1\ta\ttrue\tnil\t0.5\n"),
        ("print(nil, nil)", "nil\tnil\n"),
        ("print('')", "\n"),
        ("print(json.null, print, coroutine.create(print))", "null\tfunction\tthread\n"),
        (r"print('a\0b')", "a\0b\n"),
        ("print({})", "{}\n"),
        ("print({1, 2, {3}})", "{1, 2, {3}}\n"),
        ("print({b = 1, a = 'x', [1] = 0})", '{0, a = "x", b = 1}\n'),
        ("print({['b c'] = 1, ['end'] = 2, ['1a'] = 3})", '{["1a"] = 3, ["b c"] = 1, ["end"] = 2}\n'),
        ("print({[true] = 1, [false] = 2, [1.5] = 3, [-1] = 4})", "{[-1] = 4, [1.5] = 3, [true] = 1, [false] = 2}\n"),
        ("print({[{1}] = {2}})", "{[{1}] = {2}}\n"),
        (r"""dump('é\n\t\r"\\\0\1')""", '"é\\n\\t\\r\\"\\\\\\000\\001"\n'),
        ("dump('x') dump(1) dump(nil) dump(true)", '"x"\n1\nnil\ntrue\n'),
        ("print(json.decode('[1,null,{}]'))", "{1, null, {}}\n"),
        ("print(1e15, 2^53, 99999999999999, -0.5)", "1e+15\t9.007199254741e+15\t99999999999999\t-0.5\n"),
    ],
)
def test_values_are_written_readably(host: Host, source: str, text: str) -> None:
    assert output(host, source) == text


def test_dump_returns_its_argument(host: Host) -> None:
    assert host.run("local t = {} return dump(t) == t, dump(5), dump(nil)").values == [True, 5, None]


def test_tostring_of_a_table_is_what_print_writes(host: Host) -> None:
    assert output(host, "local t = {b = {1}, a = 2} print(tostring(t)) print(t)") == "{a = 2, b = {1}}\n" * 2


def test_a_table_that_is_too_wide_is_written_in_lines(host: Host) -> None:
    text = output(host, "print({name = ('n'):rep(50), other = ('o'):rep(50), deep = {x = 1}})")
    assert text.splitlines() == [
        "{",
        "  deep = {x = 1},",
        f'  name = "{"n" * 50}",',
        f'  other = "{"o" * 50}"',
        "}",
    ]


def test_a_long_list_is_written_whole(host: Host) -> None:
    text = output(host, "local t = {} for i = 1, 1000 do t[i] = i end print(t)")
    assert [int(word.strip(",")) for word in text.strip("{}\n").split()] == list(range(1, 1001))


def test_what_is_written_can_be_read_by_lua(host: Host) -> None:
    source = r"""local t = {1, "a\n\"\\\0001é", {x = {y = {}}}, ["end"] = true, [2.5] = -1, a_b = "x", [true] = false}
    local again = load("return " .. tostring(t))()
    return json.encode(again[3]), tostring(again) == tostring(t)"""
    assert host.run(source).values == ['{"x":{"y":{}}}', True]


@pytest.mark.parametrize("number", ["0.1", "1/3", "2^53", "1e15 + 1", "123456789012.345"])
def test_a_number_is_written_as_lua_writes_it(host: Host, number: str) -> None:
    assert output(host, f"print(({number}) .. '' == tostring({number}))") == "true\n"


# -- cycles, depth, size ------------------------------------------------------------------------------------------


def test_a_cycle_is_named_and_not_followed(host: Host) -> None:
    assert output(host, "local t = {} t.t = t t.u = {t} print(t)") == "{t = <cycle>, u = {<cycle>}}\n"


def test_a_table_that_occurs_twice_is_no_cycle(host: Host) -> None:
    assert output(host, "local t = {1} print({t, t})") == "{{1}, {1}}\n"


def test_a_table_as_its_own_key_is_written(host: Host) -> None:
    assert output(host, "local t = {} t[t] = t print(t)") == "{[<cycle>] = <cycle>}\n"


def test_what_is_nested_too_deep_is_cut(host: Host) -> None:
    text = output(host, "local t = {} for i = 1, 1000 do t = {t} end print(t)")
    assert "<...>" in text
    assert len(text) < 200


def test_a_small_table_that_shares_its_parts_is_not_written_without_end(host: Host) -> None:
    source = "local t = {'x'} for i = 1, 60 do t = {t, t, t} end return #tostring(t)"
    result = host.run(source)
    assert result.ok, result.error
    assert result.value < 20_000_000


def test_a_long_string_in_a_table_is_written_whole(host: Host) -> None:
    assert host.run("return #tostring({('x'):rep(1e5)})").value >= 100_000


# -- metatables ---------------------------------------------------------------------------------------------------


def test_tostring_of_the_script_is_used_inside_tables_too(host: Host) -> None:
    source = (
        "local p = setmetatable({x = 1}, {__tostring = function(p) return 'P' .. p.x end}) print(p, {p}, tostring(p))"
    )
    assert output(host, source) == "P1\t{P1}\tP1\n"


def test_a_table_behind_a_closed_metatable_is_written_all_the_same(host: Host) -> None:
    assert output(host, "print(setmetatable({1}, {__metatable = 'closed'}))") == "{1}\n"


def test_a_callable_table_serves_as_tostring(host: Host) -> None:
    source = "print(setmetatable({}, {__tostring = setmetatable({}, {__call = function() return 'called' end})}))"
    assert output(host, source) == "called\n"


def test_no_other_metamethod_runs(host: Host) -> None:
    assert output(host, "print(setmetatable({1}, {__index = error, __len = error, __pairs = error}))") == "{1}\n"


@pytest.mark.parametrize("gives", ["1", "nil", "{}", "json.null"])
def test_a_tostring_that_gives_no_string_is_an_error_of_the_script(host: Host, gives: str) -> None:
    error = failure(host, f"\nprint(setmetatable({{}}, {{__tostring = function() return {gives} end}}))")
    assert (error.code, error.line, error.message) == ("script_error", 2, "'__tostring' must return a string")


@pytest.mark.parametrize("is_", ["5", "'x'", "{}", "true"])
def test_a_tostring_that_cannot_be_called_is_an_error_of_the_script(host: Host, is_: str) -> None:
    error = failure(host, f"\nprint(setmetatable({{}}, {{__tostring = {is_}}}))")
    assert (error.code, error.file, error.line) == ("script_error", "script.lua", 2)
    assert "luahost" not in error.message


def test_an_error_in_tostring_is_the_error_of_print(host: Host) -> None:
    error = failure(host, "local t = setmetatable({}, {__tostring = function()\nerror('mine') end})\nprint({t})")
    assert (error.message, error.line) == ("mine", 2)


def test_a_tostring_that_calls_itself_ends_with_an_error_of_the_script(host: Host) -> None:
    error = failure(host, "print(setmetatable({}, {__tostring = function(t) return tostring(t) end}))")
    assert (error.code, error.file) == ("script_error", "script.lua")
    assert "stack overflow" in error.message
    assert "luahost" not in error.message


def test_a_tostring_that_changes_the_table_that_is_written_does_no_harm(host: Host) -> None:
    source = """local t = {}
    local eater = setmetatable({}, {__tostring = function() for k in pairs(t) do t[k] = nil end return 'ate' end})
    for i = 1, 50 do t[i] = i == 10 and eater or i t['k' .. i] = i end
    return #tostring(t) > 0, #tostring(t)"""
    assert host.run(source).values == [True, 2]


# -- no addresses -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "shown",
    [
        "print({}, print, coroutine.create(print), json.null, app, setmetatable({}, {}))",
        "dump({print, {coroutine.create(print)}, [print] = print, [json.null] = app})",
        "print(tostring(string.rep), tostring(app.integrations.devin.get_session))",
        "print(pcall(error, {}))",
        "print(select(2, pcall(app.integrations.devin.get_session, {})))",
        "print(select(2, pcall(function() return app.integrations.devin[{}] end)))",
        "print(select(2, pcall(function() return app.integrations[print] end)))",
        "print(select(2, pcall(function() return app[coroutine.create(print)] end)))",
        "print(select(2, pcall(function() app[{}] = 1 end)))",
        "print(select(2, pcall(sleep, {})), select(2, pcall(sleep, print)))",
        "print(select(2, pcall(json.encode, {1, [print] = 1})))",
        "print(select(2, pcall(require, 'x')))",
    ],
)
def test_no_address_of_memory_is_ever_shown(host: Host, shown: str) -> None:
    assert "0x" not in output(host, shown)


def test_string_format_writes_a_table_as_tostring_does(host: Host) -> None:
    assert output(host, "print(('%s|%5s'):format({b = 1, a = {}}, print))") == "{a = {}, b = 1}|function\n"


# -- bytes --------------------------------------------------------------------------------------------------------


def test_output_that_is_not_utf8_reaches_the_listener_unchanged_and_the_result_as_u_fffd(host: Host) -> None:
    pieces: list[bytes] = []
    result = host.run(r"print('a\255\195(') dump('\254')", on_output=pieces.append)
    assert b"".join(pieces) == b'a\xff\xc3(\n"\xfe"\n'
    assert result.output == 'a\ufffd\ufffd(\n"\ufffd"\n'


def test_a_character_split_between_two_prints_is_whole_in_the_output(host: Host) -> None:
    source = r"print((('x'):rep(65535)) .. 'é')"
    assert output(host, source) == "x" * 65535 + "é\n"


def test_output_comes_in_the_order_in_which_it_was_printed_and_at_once(host: Host) -> None:
    pieces: list[bytes] = []
    host.run("for i = 1, 100 do print(i) end", on_output=pieces.append, keep_output=False)
    assert b"".join(pieces).split() == [b"%d" % i for i in range(1, 101)]
