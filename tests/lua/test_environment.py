"""The globals of a script: what the contract lists, and nothing else."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from luahost import Host
from luahost.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from luahost.errors import LuaHostError

LATER = {"each", "parallel", "wait_until"}
GLOBALS = {
    "_G", "_VERSION", "app", "arg", "args", "assert", "bit", "coroutine", "docs", "dump", "error", "getmetatable",
    "ipairs", "json", "load", "math", "next", "os", "pairs", "pcall", "print", "rawequal", "rawget", "rawlen",
    "rawset", "require", "select", "setmetatable", "sleep", "string", "table", "tonumber", "tostring", "type",
    "unpack", "xpcall",
}  # fmt: skip
MEMBERS = {
    "os": "clock date difftime time",
    "string": "byte char find format gmatch gsub len lower match rep reverse sub upper",
    "table": "concat insert maxn move pack remove sort unpack",
    "bit": "arshift band bnot bor bswap bxor lshift rol ror rshift tobit tohex",
    "coroutine": "create isyieldable resume running status wrap yield",
    "docs": "list read search",
    "json": "array decode encode null",
    "math": (
        "abs acos asin atan atan2 ceil cos cosh deg exp floor fmod frexp huge ldexp log log10 max min modf pi pow rad "
        "random randomseed sin sinh sqrt tan tanh"
    ),
}
ABSENT = [
    "io", "debug", "ffi", "jit", "package", "python", "dofile", "loadfile", "loadstring", "getfenv", "setfenv",
    "newproxy", "collectgarbage", "gcinfo", "module", "os.execute", "os.remove", "os.rename", "os.tmpname",
    "os.getenv", "os.exit", "os.setlocale", "string.dump",
]  # fmt: skip


def value(host: Host, source: str, **options: Any) -> Any:
    result = host.run(source, **options)
    assert result.ok, result.error and result.error.fields()
    return result.value


def failure(host: Host, source: str) -> LuaHostError:
    result = host.run(source)
    assert result.error is not None, result.values
    return result.error


def test_the_globals_are_those_of_the_contract(host: Host) -> None:
    names = set(value(host, "local t = {} for k in pairs(_G) do t[#t + 1] = k end return t"))
    assert names - LATER == GLOBALS


@pytest.mark.parametrize("library", MEMBERS)
def test_a_library_has_the_functions_that_are_allowed(host: Host, library: str) -> None:
    names = value(host, f"local t = {{}} for k in pairs({library}) do t[#t + 1] = k end return t")
    assert sorted(names) == MEMBERS[library].split()


def test_what_reaches_out_is_absent(host: Host) -> None:
    kinds = ", ".join(f"[{name!r}] = type({name})" for name in ABSENT)
    assert value(host, f"return {{{kinds}}}") == dict.fromkeys(ABSENT, "nil")


def test_string_dump_is_not_a_method_of_strings_either(host: Host) -> None:
    assert value(host, "return type((''):rep(0).dump)") == "nil"


@pytest.mark.parametrize("name", ["io", "debug", "ffi", "jit", "package", "os", "python", "string.buffer", "table.new"])
def test_require_gives_none_of_the_libraries_of_lua(host: Host, name: str) -> None:
    assert value(host, f"return (pcall(require, '{name}'))") is False


def test_g_is_the_environment_of_the_script(host: Host) -> None:
    assert value(host, "x = 1 _G.y = 2 return {_G._G == _G, _G.x, y, rawget(_G, 'x')}") == [True, 1, 2, 1]


def test_the_environment_can_be_made_strict(host: Host) -> None:
    source = "setmetatable(_G, {__index = function(_, k) error('no ' .. k, 2) end}) return wrong"
    assert failure(host, source).message == "no wrong"


# -- load ---------------------------------------------------------------------------------------------------------


def test_load_runs_text_in_the_environment_of_the_script(host: Host) -> None:
    assert value(host, "x = 5 local g, v = load('x = x + 1 return _G, x')() return {g == _G, v, x}") == [True, 6, 6]


def test_load_takes_an_environment_and_gives_the_words_on(host: Host) -> None:
    assert value(host, "return load('return y + ...', 'n', 't', {y = 3})(4)") == 7


def test_load_with_nil_for_an_environment_has_none(host: Host) -> None:
    assert value(host, "return (pcall(load('return x.y', 'n', 't', nil)))") is False


def test_load_reads_the_pieces_that_a_function_gives(host: Host) -> None:
    source = "local p, i = {'return ', '4', '2'}, 0 return load(function() i = i + 1 return p[i] end)()"
    assert value(host, source) == 42


@pytest.mark.parametrize(
    "chunk",
    [
        r"'\27LJ\2'",
        r"'\27LJ\2', 'n', 'b'",
        r"'\27Lua'",
        r"(function() local n = 0 return function() n = n + 1 return n == 1 and '\27LJ\2' or nil end end)()",
        r"(function() local n = 0 return function() n = n + 1 return ({'\27', 'LJ\2'})[n] end end)(), 'n', 'bt'",
    ],
)
def test_load_refuses_bytecode_with_a_reason(host: Host, chunk: str) -> None:
    source = f"local f, why = load({chunk}) return {{f == nil, type(why)}}"
    assert value(host, source) == [True, "string"]


def test_load_gives_nil_and_where_the_text_is_wrong(host: Host) -> None:
    assert value(host, "local f, why = load('x = = 1', '@made.lua') return {f == nil, why}") == [
        True,
        "made.lua:1: unexpected symbol near '='",
    ]


def test_a_script_that_is_bytecode_is_refused(host: Host) -> None:
    error = host.run(b"\x1bLJ\x02").error
    assert error is not None
    assert (error.code, "bytecode" in error.message) == ("syntax_error", True)


# -- what 5.1 lacks -----------------------------------------------------------------------------------------------


def test_rawlen_reads_no_metatable(host: Host) -> None:
    source = "return {rawlen({1, 2}), rawlen('abc'), rawlen(setmetatable({1}, {__len = function() return 9 end}))}"
    assert value(host, source) == [2, 3, 1]
    assert failure(host, "rawlen(1)").code == "invalid_arguments"


def test_table_pack_counts_nil_and_unpack_takes_a_range(host: Host) -> None:
    source = """local p = table.pack(1, nil, 3, nil)
    return {p.n, p[3], select('#', table.unpack({}, 1, 3)), (table.unpack({1, 2, 3}, 2)), table.unpack == unpack}"""
    assert value(host, source) == [4, 3, 3, 2, True]


def test_strings_have_their_methods(host: Host) -> None:
    assert value(host, "return ('abc'):upper() .. ('%d'):format(7) .. ('x'):rep(3) .. #('é')") == "ABC7xxx2"


def test_the_metatable_of_strings_is_closed(host: Host) -> None:
    assert value(host, "return {getmetatable(''), (pcall(setmetatable, '', {}))}") == [False, False]


@pytest.mark.parametrize("library", ["string", "table", "math", "bit", "coroutine", "os", "json", "docs"])
@pytest.mark.parametrize(
    "write",
    [
        "{0}.mine = 1",
        "{0}.gone, {0}[1] = nil, 1",
        "rawset({0}, 'mine', 1)",
        "table.insert({0}, 1)",
        "table.move({{1}}, 1, 1, 1, {0})",
        "function {0}.trim(s) return s end",
        "for k in pairs({0}) do {0}[k] = nil end",
    ],
)
def test_a_library_is_read_only_and_says_so(host: Host, library: str, write: str) -> None:
    error = failure(host, write.format(library))
    assert (error.code, error.message.startswith(f"{library} is read-only: ")) == ("invalid_arguments", True)


def test_a_library_can_be_listed_and_read_in_every_way(host: Host) -> None:
    source = """local n = 0
    for name, f in pairs(string) do assert(string[name] == f and rawget(string, name) == f) n = n + 1 end
    return n > 10, next(table) ~= nil, (tostring(bit):find('band', 1, true)) ~= nil"""
    assert host.run(source).values == [True, True, True]


@pytest.mark.parametrize(
    "spoil",
    [
        "local p = print for k in pairs(_G) do if k ~= '_G' and k ~= 'app' then _G[k] = nil end end _G.print = p",
        "local f = function() while true do end end type, next, error, pcall, select, tostring = f, f, f, f, f, f",
        "setmetatable(_G, {__newindex = function() end, __index = function() return 1 end})",
    ],
)
def test_a_script_that_spoils_its_globals_spoils_nothing_of_the_host(host: Host, spoil: str) -> None:
    source = f"{spoil} print({{b = 1, a = app.integrations.devin.get_current_user().name}})"
    assert host.run(source).output == '{a = "Ada Lovelace", b = 1}\n'


# -- math and os --------------------------------------------------------------------------------------------------


def test_random_numbers_differ_from_run_to_run(host: Host) -> None:
    source = "return {math.random(), math.random(), math.random(1e9)}"
    assert value(host, source) != value(host, source)


def test_a_seed_of_the_script_makes_them_repeatable(host: Host) -> None:
    source = "math.randomseed(7) return {math.random(), math.random(1e9)}"
    assert value(host, source) == value(host, source)


def test_os_time_takes_a_table(host: Host) -> None:
    source = "return os.difftime(os.time{year=2026,month=4,day=6,hour=0}, os.time{year=2026,month=4,day=5,hour=0})"
    assert value(host, source) == 86400


def test_os_date_formats_a_time_and_takes_it_apart(host: Host) -> None:
    source = "return {os.date('!%Y-%m-%d %H:%M:%S', 86399), os.date('!*t', 0).year, type(os.date())}"
    assert value(host, source) == ["1970-01-01 23:59:59", 1970, "string"]


def test_os_date_uses_the_time_zone_of_the_host(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "XXX-9")
        time.tzset()
        hour = value(host, "return os.date('%H', 0)")
    time.tzset()
    assert hour == "09"


def test_os_clock_counts_seconds_of_computing(host: Host) -> None:
    assert value(host, "local a = os.clock() for i = 1, 1e5 do end return os.clock() >= a and a >= 0") is True


def test_in_a_simulation_os_time_is_the_time_of_the_simulator(host: Host) -> None:
    clock = host.simulation("devin").clock
    before = int(clock.time())
    script = value(host, "return {os.time(), os.date('!%Y-%m-%d')}")
    assert before <= script[0] <= clock.time()
    assert script[1] == time.strftime("%Y-%m-%d", time.gmtime(before))


def test_sleep_moves_the_clock_of_the_simulator_at_once(host: Host) -> None:
    clock = host.simulation("devin").clock
    before = clock.time()
    assert value(host, "local t = os.time() sleep(3600) return os.time() - t") == 3600
    assert clock.time() - before >= 3600


def test_without_a_simulation_os_time_is_the_time_of_the_machine(isolation: str) -> None:
    with Host(isolation=isolation, state=False) as host:
        before = int(time.time())
        assert before <= value(host, "sleep(0.01) return os.time()") <= time.time()


@pytest.mark.parametrize("seconds", ["-1", "0/0", "1/0", "'1'", "nil", "{}", "", "print", "true", r"'\255'", "1e10"])
def test_sleep_takes_seconds_and_nothing_else(host: Host, seconds: str) -> None:
    error = failure(host, f"\nsleep({seconds})")
    assert (error.code, error.file, error.line) == ("invalid_arguments", "script.lua", 2)
    assert error.message.startswith("sleep: ")


# -- args ---------------------------------------------------------------------------------------------------------


def test_args_are_the_values_of_the_run(host: Host) -> None:
    given = {"n": 7, "f": 0.1, "t": "é\0\n", "list": [1, [], {}], "empty": [], "yes": True, "deep": {"a": {"b": [{}]}}}
    assert value(host, "return args", args=given) == given


def test_what_is_null_in_args_is_absent_and_in_lists_json_null(host: Host) -> None:
    assert value(host, "return {args.a == nil, args.l[2] == json.null, #args.l}", args={"a": None, "l": [1, None]}) == [
        True,
        True,
        2,
    ]


def test_without_args_the_table_is_empty(host: Host) -> None:
    assert value(host, "return {next(args) == nil, #arg, select('#', ...)}") == [True, 0, 0]


def test_arg_has_the_words_and_the_name_of_the_script(host: Host) -> None:
    source = "return {arg[0], arg[1], arg[2], #arg, select('#', ...), (...)}"
    assert value(host, source, name="a.lua", words=["x", "ÿ z"]) == ["a.lua", "x", "ÿ z", 2, 2, "x"]


@pytest.mark.parametrize("given", [float("nan"), float("inf"), object(), {1, 2}, b"x"])
def test_args_that_have_no_json_form_are_the_mistake_of_the_program(host: Host, given: Any) -> None:
    with pytest.raises(UsageError, match="args"):
        host.run("return 1", args={"x": given})


@pytest.mark.parametrize("around", [lambda value: [value], lambda value: {"x": value}, lambda value: (value,)])
def test_args_are_as_deep_as_a_script_can_read(host: Host, around: Callable[[Any], Any]) -> None:
    deep: Any = 1
    for _ in range(126):
        deep = around(deep)
    assert host.run("return 1", args={"x": deep}).ok
    with pytest.raises(UsageError, match="nested deeper than 128 levels"):
        host.run("return 1", args={"x": around(deep)})


# -- other kinds of attack ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "source",
    [
        "for _, f in ipairs{print, pcall, sleep, require, load} do assert(tostring(f) == 'function') end",
        "assert(getmetatable(print) == nil and getmetatable(coroutine.create(print)) == nil)",
        "assert(getmetatable(json.null) == false and not pcall(setmetatable, json.null, {}))",
        "assert(not pcall(function() return json.null.x end))",
        "assert(getmetatable(json.array{}) == nil)",
        "assert(getmetatable(app) == false)",
        "assert(not pcall(function() print.x = 1 end))",
        "local ok, e = pcall(app.integrations.devin.get_session) assert(getmetatable(e) == false)",
    ],
)
def test_no_value_leads_to_a_metatable_of_the_host(host: Host, source: str) -> None:
    value(host, source)


def test_a_finalizer_does_not_run(host: Host) -> None:
    source = """for i = 1, 1000 do setmetatable({}, {__gc = function() print('gc') end}) end
    local t = {} for i = 1, 1e5 do t[i % 10] = {i} end"""
    assert host.run(source).output == ""
