"""Errors: tables that read like text, raised at the script's own line, with the script's own traceback."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from luahost import Host
    from luahost.errors import LuaHostError

CAUGHT = "local ok, e = pcall(app.integrations.devin.get_session, {session_id = 'devin-none'})\n"


def value(host: Host, source: str) -> Any:
    result = host.run(source)
    assert result.ok, result.error and result.error.fields()
    return result.value


def failure(host: Host, source: str, **options: Any) -> LuaHostError:
    result = host.run(source, **options)
    assert result.error is not None, result.values
    return result.error


# -- what is caught -----------------------------------------------------------------------------------------------


def test_an_error_of_the_api_has_the_fields_of_the_contract(host: Host) -> None:
    found = value(host, CAUGHT + "local t = {} for k, v in pairs(e) do t[k] = v end return t")
    assert found.pop("message").endswith("Session devin-none not found")
    assert found.pop("request_id").startswith("req_")
    assert found == {
        "code": "not_found",
        "call": "devin.get_session",
        "account": "default",
        "status": 404,
        "retryable": False,
        "file": "script.lua",
        "line": 1,
    }


def test_wrong_arguments_are_listed_in_details(host: Host) -> None:
    source = """local ok, e = pcall(app.integrations.devin.create_session, {promt = 'x', idempotency_key = 1})
    return {e.code, e.call, e.account, e.retryable, #e.details.problems, e.hint ~= nil}"""
    assert value(host, source) == ["invalid_arguments", "devin.create_session", "default", False, 3, True]


@pytest.mark.parametrize("given", ["{session_id = 0/0}", "{session_id = print}", "print", "{1, a = 2}", r"'\255'"])
def test_arguments_that_cannot_be_sent_are_errors_of_that_call(host: Host, given: str) -> None:
    error = failure(host, f"\napp.integrations.devin.work.get_session({given})")
    assert (error.code, error.call, error.account) == ("invalid_arguments", "devin.get_session", "work")
    assert error.line == 2


def test_an_error_reads_like_its_message(host: Host) -> None:
    source = (
        CAUGHT + "return {tostring(e) == e.message, 'a' .. e == 'a' .. e.message, e .. 1 == e.message .. '1', e .. e}"
    )
    found = value(host, source)
    assert found[:3] == [True, True, True]
    assert found[3].count("devin-none") == 2


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("e:find('none', 1, true) ~= nil", True),
        ("e:match('%d+')", "404"),
        ("e:upper() == e.message:upper()", True),
        ("e:len() == #e.message", True),
        ("e:sub(1, 5)", "devin"),
        ("select(2, e:gsub('devin', ''))", 3),
        ("e:byte()", 100),
        ("e:rep(2) == e.message .. e.message", True),
        ("(e:gmatch('%a+'))()", "devin"),
        ("e:lower():find('session') ~= nil", True),
        ("e:reverse():reverse() == e.message", True),
        ("e.nothing", None),
        ("e[1]", None),
        ("e.dump", None),
        ("('%s'):format(tostring(e)) == e.message", True),
    ],
)
def test_string_methods_work_on_an_error(host: Host, expression: str, expected: object) -> None:
    assert value(host, f"{CAUGHT}return ({expression})") == expected


def test_print_writes_the_message_of_an_error(host: Host) -> None:
    result = host.run(CAUGHT + "print(e, {e})")
    assert result.output.count("Session devin-none not found") == 2


def test_an_error_can_be_written_as_json(host: Host) -> None:
    assert value(host, CAUGHT + "return json.decode(json.encode(e)).code") == "not_found"


def test_an_error_that_a_script_has_changed_stays_readable(host: Host) -> None:
    source = CAUGHT + "e.message = {} e.code = nil return {tostring(e), e .. 'x', 'x' .. e, (e:find('r'))}"
    assert value(host, source) == ["error", "errorx", "xerror", 2]


def test_a_method_taken_from_one_error_does_not_read_the_host(host: Host) -> None:
    assert value(host, CAUGHT + "return {e.upper({message = 'm'}), e.upper('s'), (pcall(e.upper))}") == [
        "M",
        "S",
        False,
    ]


# -- what ends the script -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raised", "message"),
    [
        ("error('plain')", "plain"),
        ("error('plain', 0)", "plain"),
        ("error('a:1: b', 0)", "a:1: b"),
        ("error('')", ""),
        ("error(nil)", "nil"),
        ("error()", "nil"),
        ("error(42)", "42"),
        ("error(true)", "true"),
        ("error(print)", "function"),
        ("error({})", "{}"),
        ("error({1, a = {}})", "{1, a = {}}"),
        ("error(json.null)", "null"),
        ("error(coroutine.create(print))", "thread"),
        ("error(setmetatable({}, {__tostring = function() return 'mine' end}))", "mine"),
        ("error({message = 'mine'})", "mine"),
        ("local t = {} t.t = t error(t)", "{t = <cycle>}"),
        ("assert(false)", "assertion failed!"),
        ("assert(nil, 'why')", "why"),
        ("assert(false, {message = 'mine'})", "mine"),
        ("local x = nil + 1", "attempt to perform arithmetic on a nil value"),
        ("local t t.x = 1", "attempt to index local 't' (a nil value)"),
        ("undefined()", "attempt to call global 'undefined' (a nil value)"),
        ("('x'):nope()", "attempt to call method 'nope' (a nil value)"),
        (r"error('a\255b')", "a\ufffdb"),
        (r"error({message = 'a\255b'})", "a\ufffdb"),
        (r"error('a\0b\n')", "a\0b\n"),
    ],
)
def test_an_uncaught_error_has_message_file_and_line(host: Host, raised: str, message: str) -> None:
    error = failure(host, f"\n\n{raised}")
    assert (error.code, error.message, error.file, error.line) == ("script_error", message, "script.lua", 3)


@pytest.mark.parametrize(
    "body", ["error('x')", "while true do local x = nil + 1 end", "error({})", "return {}, nil .. 1"]
)
def test_a_tostring_that_fails_does_not_hide_the_error(host: Host, body: str) -> None:
    error = failure(host, f"\nerror(setmetatable({{}}, {{__tostring = function() {body} end}}))")
    assert (error.code, error.line) == ("script_error", 2)
    assert "__tostring" in error.message


def test_a_table_that_a_script_raises_says_what_it_will_and_is_a_scripts_error(host: Host) -> None:
    source = """error({code = 'rate_limited', message = 'm', hint = 'h', status = 'no', retryable = 1,
      retry_after = 2.5, details = {a = {1}}, other = 1, call = {}})"""
    found = failure(host, source).fields()
    del found["file"], found["line"], found["traceback"]
    assert found == {"code": "script_error", "message": "m", "hint": "h", "details": {"a": [1]}}


@pytest.mark.parametrize("code", ["'nonsense'", "'internal'", "5", "{}", "('x'):rep(1e5)", r"'\255'", "'usage'"])
def test_a_code_that_the_contract_does_not_know_is_a_script_error(host: Host, code: str) -> None:
    assert failure(host, f"error({{message = 'm', code = {code}}})").code == "script_error"


def test_a_large_error_crosses_whole(host: Host) -> None:
    assert len(failure(host, "error(('x'):rep(1e6), 0)").message) == 1_000_000


@pytest.mark.parametrize(
    ("raised", "line"),
    [("error(e)", 1), ("error(e, 0)", 1), ("error(e.message)", 4), ("error('more: ' .. e)", 4), ("assert(ok, e)", 1)],
)
def test_an_error_raised_again_keeps_its_line_and_as_text_gets_a_new_one(host: Host, raised: str, line: int) -> None:
    error = failure(host, f"{CAUGHT}\n\n{raised}")
    assert (error.code, error.line) == ("not_found" if line == 1 else "script_error", line)
    assert "Session devin-none not found" in error.message


def test_the_level_of_error_says_whose_line_it_is(host: Host) -> None:
    error = failure(host, "local function f()\n  error('yours', 2)\nend\nf()\n")
    assert (error.message, error.line) == ("yours", 4)


@pytest.mark.parametrize(
    "call",
    [
        "app.integrations.devin.get_session{}",
        "app.integrations.devin.get_sesion()",
        "local x = app.integrations.devn",
        "app.x = 1",
        "sleep(-1)",
        "local x = json.decode('?')",
        "require('nope')",
        "docs.read('nope')",
        "local s = rawlen(1)",
        "app.integrations.devin:list_sessions()",
    ],
)
def test_an_error_of_the_host_is_raised_at_the_line_of_the_script(host: Host, call: str) -> None:
    source = f"local function f()\n  {call}\n  return 1\nend\n\nlocal x = f()\n"
    error = failure(host, source)
    assert (error.file, error.line) == ("script.lua", 2)
    assert error.traceback == "stack traceback:\n\tscript.lua:2: in function 'f'\n\tscript.lua:6: in main chunk"


@pytest.mark.parametrize(
    "call", ["app.integrations.devin.get_session{}", "json.decode('?')", "sleep(-1)", "require('x')"]
)
def test_an_error_in_a_tail_call_of_the_script_still_names_the_file(host: Host, call: str) -> None:
    assert failure(host, f"return {call}").file == "script.lua"


def test_an_error_in_the_iterator_of_a_loop_names_the_line_of_the_loop(host: Host) -> None:
    error = failure(host, "local n = 0\nfor k in next, app.integrations, 'nope' do\nend")
    assert (error.file, error.line) == ("script.lua", 2)


# -- coroutines, callbacks ----------------------------------------------------------------------------------------


def test_an_error_in_a_coroutine_is_given_to_who_resumed_it(host: Host) -> None:
    source = "local c = coroutine.create(function() error('in') end) return {coroutine.resume(c)}"
    assert value(host, source) == [False, "script.lua:1: in"]


def test_an_error_table_crosses_a_coroutine_with_its_line(host: Host) -> None:
    source = "local f = coroutine.wrap(function()\n  app.integrations.devin.get_session{}\nend)\n\nf()"
    error = failure(host, source)
    assert (error.code, error.line) == ("invalid_arguments", 2)


def test_an_error_in_a_wrapped_coroutine_names_the_line_where_it_was_raised(host: Host) -> None:
    error = failure(host, "local f = coroutine.wrap(function()\n  error('in')\nend)\n\nf()")
    assert (error.message, error.line) == ("in", 2)


@pytest.mark.parametrize(
    "call",
    [
        "table.sort({3, 2, 1}, function()\n error('in') end)",
        "('x'):gsub('x', function()\n error('in') end)",
        "('x'):gsub('x', setmetatable({}, {__index = function()\n error('in') end}))",
        "pcall(pcall); xpcall(print, print); (function()\n error('in') end)()",
        "setmetatable({}, {__index = function()\n error('in') end}).x.y = 1",
        "local t = setmetatable({}, {__lt = function()\n error('in') end}) local x = t < t",
        "for k in (function()\n error('in') end) do end",
        "load('\\n error(\"in\")', '@script.lua')()",
    ],
)
def test_an_error_in_a_callback_names_its_line(host: Host, call: str) -> None:
    error = failure(host, call)
    assert (error.message, error.line) == ("in", 2)
    assert_clean(error.traceback)


def test_an_error_in_loaded_text_names_the_text(host: Host) -> None:
    error = failure(host, "load('\\nerror(\"in\")', '@made.lua')()")
    assert (error.file, error.line, error.message) == ("made.lua", 2, "in")


# -- pcall and xpcall ---------------------------------------------------------------------------------------------


def test_pcall_gives_back_the_very_value(host: Host) -> None:
    source = "local t = {} return {select(2, pcall(error, t)) == t, select('#', pcall(error)), (pcall(error, nil))}"
    assert value(host, source) == [True, 2, False]


def test_pcall_of_a_plain_error_gives_text_with_a_position(host: Host) -> None:
    assert value(host, "return select(2, pcall(function() error('x') end))") == "script.lua:1: x"


def test_a_handler_of_xpcall_sees_the_error_and_its_answer_is_the_result(host: Host) -> None:
    source = """local function call() app.integrations.devin.get_session{} end
    return {xpcall(call, function(e) return e.code .. e.line end)}"""
    assert value(host, source) == [False, "invalid_arguments1"]


def test_a_handler_of_xpcall_that_fails_is_an_error_all_the_same(host: Host) -> None:
    assert value(host, "return (xpcall(error, error, 'x'))") is False
    assert value(host, "return (xpcall(function() error('a') end, function() error('b') end))") is False


def test_xpcall_gives_its_further_arguments_on(host: Host) -> None:
    assert value(host, "return {xpcall(function(...) return ... end, print, 1, 2)}") == [True, 1, 2]


# -- the traceback ------------------------------------------------------------------------------------------------


def assert_clean(traceback: str | None) -> None:
    assert traceback is not None
    for word in ("luahost", "<python>", "0x", "builtin", "xpcall"):
        assert word not in traceback


@pytest.mark.parametrize(
    "source",
    [
        "local function g() error('x') end local function f() g() end f()",
        "print(setmetatable({}, {__tostring = function() error('x') end}))",
        "for k in next, {}, 'nope' do end",
        "table.sort({1, 2, 3}, function() app.integrations.devin.get_session{} end)",
        "app.integrations.devin.get_session(setmetatable({}, {}))",
        "local t = setmetatable({}, {__index = function(t, k) return app.integrations.devin[k] end}) local x = t.nope",
        "dump(setmetatable({}, {__tostring = function() json.decode(1) end}))",
        "local function f(n) return n == 0 and error('x') or 1 + f(n - 1) end f(100)",
        "string.rep()",
        "('x'):rep({})",
        "local f = string.format f('%d', 'x')",
        "ipairs()",
        "math.floor({})",
        "setmetatable(1, 2)",
        "local t = {} t[nil] = 1",
    ],
)
def test_the_traceback_has_the_frames_of_the_script_and_no_others(host: Host, source: str) -> None:
    error = failure(host, source)
    assert error.traceback is not None
    assert error.traceback.startswith("stack traceback:\n\t")
    assert error.traceback.endswith("script.lua:1: in main chunk")
    assert_clean(error.traceback)
    assert "luahost" not in error.message


@pytest.mark.parametrize("name", ["=luahost main", "<python>", "@luahost main", "@luahost text:1", "=[C]", "=(tail)"])
def test_a_chunk_that_takes_the_name_of_the_hosts_does_not_hide_the_script(host: Host, name: str) -> None:
    error = failure(host, f"\nload('\\n\\nerror(\"x\")', '{name}')()")
    assert error.line in (2, 3)
    assert error.traceback is not None
    assert error.traceback.count("\n") == 2


def test_the_traceback_of_a_deep_recursion_is_short(host: Host) -> None:
    error = failure(host, "local function f(n) return 1 + f(n) end\nprint(f(1))")
    assert (error.code, error.message, error.line) == ("script_error", "stack overflow", 1)
    assert error.traceback is not None
    assert error.traceback.count("\n") < 40


def test_a_deep_recursion_in_a_script_that_uses_nothing_has_its_place(host: Host) -> None:
    error = failure(host, "local function f(n) return 1 + f(n) end\nf(1)")
    assert (error.code, error.message, error.file, error.line) == ("script_error", "stack overflow", "script.lua", 1)


@pytest.mark.parametrize(
    "spoil",
    [
        "local t = {} for i = 1, 190 do t[i] = 'a' .. i end load('local ' .. table.concat(t, ',') .. ' error(1)')()",
        "error('x' .. ('y'):rep(200) .. ':1: z')",
        "local c = coroutine.create(function() error(1) end) assert(coroutine.resume(c))",
    ],
)
def test_odd_errors_of_a_script_are_script_errors(host: Host, spoil: str) -> None:
    error = failure(host, spoil)
    assert (error.code, error.file is not None) == ("script_error", True)


# -- syntax -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "message", "line"),
    [
        ("\n\nx = = 1", "unexpected symbol near '='", 3),
        ("if true then", "'end' expected near '<eof>'", 1),
        ("for", "'<name>' expected near '<eof>'", 1),
        ("local s = 'abc", "unfinished string near ''abc'", 1),
        ("goto nowhere", "undefined label 'nowhere'", 1),
        ("x = 1 end", "'<eof>' expected near 'end'", 1),
        ("--[[ never", "unfinished long comment near '<eof>'", 1),
        ("local é = 1 \x01", "unexpected symbol near 'char(1)'", 1),
        ("return return", "unexpected symbol near 'return'", 1),
        ("\nbreak", "break", 2),
    ],
)
def test_a_syntax_error_has_file_and_line_and_a_plain_message(host: Host, text: str, message: str, line: int) -> None:
    error = failure(host, text, name="my script.lua")
    assert (error.code, error.file, error.line) == ("syntax_error", "my script.lua", line)
    assert error.message == message or message.partition(" near ")[0] in error.message
    assert "my script.lua" not in error.message


def test_text_that_is_not_utf8_is_a_syntax_error_with_its_line(host: Host) -> None:
    error = host.run(b"x = 1\ny = '\xff'").error
    assert error is not None
    assert (error.code, error.file) == ("syntax_error", "script.lua")
    assert "0xFF" in error.message


NAMES = [
    "a" * 59 + ".lua",
    "/very/long/" + "folder/" * 40 + "script.lua",
    "a b:1: c.lua",
    "[string x].lua",
    "=luahost main",
    "<python>",
    "é€😀.lua",
    "-e",
    "stdin",
    "@x.lua",
    "luahost main",
    "x\ny.lua",
    "%d.lua",
    "",
]


@pytest.mark.parametrize("name", NAMES)
def test_file_and_line_are_right_whatever_the_script_is_called(host: Host, name: str) -> None:
    for text in ("\nerror('x')", "\napp.integrations.devin.get_session{}", "\nx = = 1", "\nsleep()"):
        error = failure(host, text, name=name)
        assert (error.file, error.line) == (name.replace("\n", "?"), 2)
        assert not error.message.startswith(("...", "[string"))
        assert error.traceback is not None or error.code == "syntax_error"
        assert error.message == "x" or error.code != "script_error"


@pytest.mark.parametrize("first", ["#!/usr/bin/env -S luahost run", "# a comment", "\ufeff#!/x", "\ufeff"])
def test_a_first_line_for_the_shell_is_skipped_and_counted(host: Host, first: str) -> None:
    assert failure(host, f"{first}\nerror('x')").line == 2


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ('local x = 1\nreturn app.integrations.devin.get_session("nope")', 2),
        ('local d = app.integrations.devin\nreturn d.get_session{\n  session_id = "nope",\n}', 2),
        ('if true then\n  return app.integrations.devin.get_session("nope")\nend\nreturn 5', 2),
        # where it is not certain, there is no line rather than a wrong one
        ('local get = app.integrations.devin.get_session\nreturn get("nope")', None),
        (
            'local d = app.integrations.devin\nif args.x then return d.get_session() end\nreturn d.get_session("n")',
            None,
        ),
    ],
)
def test_a_call_that_is_returned_at_once_is_told_with_its_line(host: Host, source: str, line: int | None) -> None:
    error = host.run(source).error
    assert error is not None
    assert (error.code, error.file, error.line, error.traceback) == ("not_found", "script.lua", line, None)
