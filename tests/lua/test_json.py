"""json.encode, json.decode, json.null and json.array."""

from __future__ import annotations

import json
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from luahost import Host

if TYPE_CHECKING:
    from luahost.errors import LuaHostError


def value(host: Host, source: str, **args: Any) -> Any:
    result = host.run(source, args=args)
    assert result.ok, result.error and result.error.fields()
    return result.value


def failure(host: Host, source: str, **args: Any) -> LuaHostError:
    result = host.run(source, args=args)
    assert result.error is not None, result.values
    return result.error


# -- decode -------------------------------------------------------------------------------------------------------

WELL_FORMED = [
    "[]",
    "{}",
    "[[],{}]",
    "1",
    "-1.5e-3",
    "0",
    '"a"',
    "true",
    "false",
    " \t\r\n[ 1 , 2 ] \n",
    '{"":{"":""}}',
    '{"a":[{"b":[]}],"c":"d"}',
    r'"\"\\\/\b\f\n\r\t\u00e9\u20AC\ud83d\ude00"',
    '"é€😀\x7f"',
    '{"a":1,"a":2}',
    "[1E3,1e-2,1e+2]",
    "99999999999999",
    "-99999999999999",
]


@pytest.mark.parametrize("text", WELL_FORMED)
def test_decode_reads_what_python_reads(host: Host, text: str) -> None:
    assert value(host, "return json.decode(args.text)", text=text) == json.loads(text)


MALFORMED = [
    "", " ", "[", "]", "{", "}", "[1,]", "[,1]", "[1 2]", "[1}", '{"a":1]', '{"a":1,}', '{"a"}', '{"a":}', '{"a" 1}',
    "{a:1}", "{'a':1}", "{1:1}", "{,}", "01", "-01", "-", "+1", ".5", "1.", "1.e3", "1e", "1e+", "--1", "0x10", "1_0",
    "nul", "nullx", "True", "truefalse", "NaN", "nan", "Infinity", "-Infinity", "inf", '"', '"a', r'"\x"', r'"\u12"',
    r'"\u12G4"', '"\\', '"\n"', '"\t"', '"\x00"', '"a"b', "1 2", "[1]]", "// c\n1", "[1] // c", "\x0b1", "\ufeff1",
    "undefined", "[1,,2]", "\x00", "1\x00", '["a" "b"]', '{"a":1 "b":2}', "'a'", "()",
]  # fmt: skip


@pytest.mark.parametrize("text", MALFORMED)
def test_python_agrees_that_it_is_not_json(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        json.loads(text, parse_constant=_refuse)


def test_decode_refuses_what_is_not_json_and_says_where(host: Host) -> None:
    source = """local taken = {}
    for _, text in ipairs(args.texts) do
      local ok, e = pcall(function() return (json.decode(text)) end)
      if ok or e.code ~= 'invalid_arguments' or e.line ~= 3 or not e:find('^json.decode: at byte %d+: ') then
        table.insert(taken, text)
      end
    end return json.array(taken)"""
    assert value(host, source, texts=MALFORMED) == []


def _refuse(word: str) -> float:
    raise ValueError(word)


@pytest.mark.parametrize(
    "text", [r"\255", r"\192\128", r"\224\128\128", r"\237\160\128", r"\244\144\128\128", r"\195", r"a\128"]
)
def test_decode_refuses_text_that_is_not_utf8(host: Host, text: str) -> None:
    error = failure(host, f"""local x = json.decode('["' .. "{text}" .. '"]')""")
    assert (error.code, "UTF-8" in error.message) == ("invalid_arguments", True)


@pytest.mark.parametrize("given", ["nil", "1", "{}", "print", "json.null", ""])
def test_decode_takes_a_string(host: Host, given: str) -> None:
    assert failure(host, f"local x = json.decode({given})").message.startswith("json.decode: a string was expected")


def test_decode_says_at_which_byte_the_text_is_wrong(host: Host) -> None:
    assert "at byte 7:" in failure(host, "local x = json.decode('[1, 2 3]')").message


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        (r"\ud83d", "\ufffd"),
        (r"\ude00", "\ufffd"),
        (r"\ude00\ud83d", "\ufffd\ufffd"),
        (r"\ud83dx", "\ufffdx"),
        (r"\ud83d\ud83d\ude00", "\ufffd😀"),
        (r"\ud83d\n", "\ufffd\n"),
        (r"\uDBFF\uDFFF", "\U0010ffff"),
        (r"\u0000", "\0"),
    ],
)
def test_half_of_a_surrogate_pair_becomes_the_replacement_character(host: Host, text: str, meant: str) -> None:
    assert value(host, "return json.decode(args.text)", text=f'"{text}"') == meant


def test_half_of_a_surrogate_pair_in_args_becomes_the_replacement_character(host: Host) -> None:
    assert value(host, "return args.text", text="a\ud800b") == "a\ufffdb"


# -- null and arrays ----------------------------------------------------------------------------------------------


def test_null_is_absent_in_objects_and_json_null_elsewhere(host: Host) -> None:
    source = """local v = json.decode('{"a":null,"b":[null,1,null]}')
    return {v.a == nil, next(v) == 'b', #v.b, v.b[1] == json.null, v.b[3] == json.null,
      json.decode('null') == json.null}"""
    assert value(host, source) == [True, True, 3, True, True, True]


def test_json_null_is_written_as_null(host: Host) -> None:
    assert value(host, "return json.encode{a = json.null, b = {json.null}}") == '{"a":null,"b":[null]}'
    assert value(host, "return json.encode(nil)") == "null"
    assert value(host, "return tostring(json.null) .. type(json.null)") == "nulluserdata"


def test_decoded_arrays_stay_arrays_when_they_are_empty(host: Host) -> None:
    text = '{"a":[],"b":{},"c":[[],{}]}'
    assert value(host, "return json.encode(json.decode(args.text))", text=text) == text


def test_an_emptied_array_stays_an_array(host: Host) -> None:
    assert value(host, "local t = json.decode('[1]') table.remove(t) return json.encode(t)") == "[]"


def test_an_empty_table_is_an_object_and_json_array_makes_it_an_array(host: Host) -> None:
    source = "return json.encode{} .. json.encode(json.array()) .. json.encode(json.array{}) .. json.encode{1}"
    assert value(host, source) == "{}[][][1]"


def test_json_array_marks_and_gives_the_same_table(host: Host) -> None:
    assert value(host, "local t = {} return json.array(t) == t and json.encode(t)") == "[]"


@pytest.mark.parametrize("given", ["1", "'x'", "app", "print", "json.null", "true"])
def test_json_array_takes_a_table(host: Host, given: str) -> None:
    assert failure(host, f"json.array({given})").code == "invalid_arguments"


def test_json_array_of_a_table_with_a_closed_metatable_is_refused_in_plain_words(host: Host) -> None:
    error = failure(host, "\njson.array(setmetatable({}, {__metatable = 1}))")
    assert error.line == 2
    assert "luahost" not in error.message


# -- numbers ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [10**14, -(10**14), 10**15, 2**53 + 1, 12345678901234567890, -(10**30)])
def test_an_integer_from_1e14_on_is_text_both_ways(host: Host, number: int) -> None:
    source = "local v = json.decode(args.text) return {type(v), v, json.encode(v), type(args.n), args.n}"
    text = str(number)
    assert value(host, source, text=text, n=number) == ["string", text, f'"{text}"', "string", text]


@pytest.mark.parametrize("number", [0, -1, 2**31, 2**32, 10**13, 10**14 - 1, 1 - 10**14])
def test_an_integer_below_1e14_is_a_number_and_printed_exactly(host: Host, number: int) -> None:
    source = "return {type(args.n), args.n, tostring(args.n), json.encode(args.n)}"
    assert value(host, source, n=number) == ["number", number, str(number), str(number)]


FLOATS = [0.1, 1 / 3, -1.5, 5e-324, 2.2250738585072014e-308, 1.7976931348623157e308, 1e14 + 0.5, 1e100, 123456789.123]


@pytest.mark.parametrize("number", FLOATS)
def test_a_float_comes_back_as_it_was(host: Host, number: float) -> None:
    source = "return {args.n, json.encode(args.n), json.decode(json.encode(args.n)) == args.n}"
    found, text, same = value(host, source, n=number)
    assert (found, float(text), same) == (number, number, True)


def test_decimals_are_read_as_python_reads_them(host: Host) -> None:
    random = Random(7)
    texts = ["-0.0", "0.1", "123456789012.345", "1234567890123.45", "0.000000000000001", "0.1234567890123456789"]
    for _ in range(4000):
        whole, fraction = random.randrange(1, 14), random.randrange(1, 19)
        sign, first = random.choice(["", "-"]), random.randrange(10**whole)
        texts.append(f"{sign}{first}.{random.randrange(10**fraction):0{fraction}d}")
    source = """
    local out = {}
    for i, text in ipairs(args.texts) do out[i] = string.format("%.17g", json.decode(text)) end
    return out
    """
    read = value(host, source, texts=texts)
    assert [float(text) for text in read] == [float(text) for text in texts]


def test_a_control_character_is_found_wherever_it_stands(isolation: str) -> None:
    source = """
    local found = {}
    for length = 0, 9 do
      for place = 0, length do
        local text = '"' .. ("x"):rep(place) .. "\\1" .. ("x"):rep(length - place) .. '"'
        if not pcall(json.decode, text) then found[#found + 1] = 1 end
      end
    end
    return #found
    """
    with Host(isolation=isolation, state=False) as host:
        assert value(host, source) == 55


@pytest.mark.parametrize("number", ["0/0", "1/0", "-1/0"])
def test_a_number_without_a_json_form_is_refused_with_its_place(host: Host, number: str) -> None:
    error = failure(host, f"local x = json.encode{{a = {{1, {number}}}}}")
    assert (error.code, "at a[2]:" in error.message) == ("invalid_arguments", True)


def test_what_decode_gives_can_be_encoded(host: Host) -> None:
    source = "local ok, v = pcall(json.decode, '1e400') return not ok or (pcall(json.encode, v))"
    assert value(host, source) is True


# -- encode -------------------------------------------------------------------------------------------------------


def test_names_are_sorted_and_controls_escaped(host: Host) -> None:
    text = value(host, r"""return json.encode{b = 1, a = "\"\\/\b\f\n\r\t\0\1\127é", [""] = true}""")
    assert text == '{"":true,"a":"\\"\\\\/\\b\\f\\n\\r\\t\\u0000\\u0001\x7fé","b":1}'
    assert json.loads(text) == {"": True, "a": '"\\/\b\f\n\r\t\0\1\x7fé', "b": 1}


def test_every_character_survives_a_round_trip(host: Host) -> None:
    text = "".join(map(chr, [*range(0x300), 0x7FF, 0x800, 0xD7FF, 0xE000, 0xFFFD, 0xFFFF, 0x10000, 0x10FFFF]))
    escaped = json.dumps(text)
    source = (
        "return {json.decode(args.escaped) == args.text, json.decode(json.encode(args.text)) == args.text, args.text}"
    )
    assert value(host, source, text=text, escaped=escaped) == [True, True, text]


def test_pretty_writes_a_line_for_each_value(host: Host) -> None:
    given = {"a": [1, {"b": []}], "c": {}}
    text = value(host, "return json.encode(args, {pretty = true})", **given)
    assert text == json.dumps(given, indent=2)


@pytest.mark.parametrize("options", ["nil", "{}", "{pretty = false}", "true", "1", "'x'"])
def test_without_pretty_there_is_one_line(host: Host, options: str) -> None:
    assert value(host, f"return json.encode({{1, {{a = 2}}}}, {options})") == '[1,{"a":2}]'


@pytest.mark.parametrize(
    ("given", "place", "problem"),
    [
        ("{a = print}", "a", "function"),
        ("{a = {b = {1, coroutine.create(print)}}}", "a.b[2]", "thread"),
        ("{1, nil, 3}", "", "1 without holes"),
        ("{[2] = 1}", "", "1 without holes"),
        ("{[0] = 1}", "", "1 without holes"),
        ("{[1.5] = 1}", "", "1 without holes"),
        ("{[1e9] = 1}", "", "1 without holes"),
        ("{1, a = 2}", "", "both a list and the name 'a'"),
        ("{a = 1, [true] = 2}", "", "boolean"),
        ("{[{}] = 2}", "", "table"),
        (r"{a = '\255'}", "a", "UTF-8"),
        (r"{['\255'] = 1}", "", "UTF-8"),
        (r"'ab\237\160\128'", "", "byte 3 is 0xED"),
        ("app", "", "namespace"),
        ("{x = app.integrations.devin}", "x", "namespace"),
        ("json.array{a = 1}", "", "name 'a'"),
    ],
)
def test_what_has_no_json_form_is_refused_with_its_place(host: Host, given: str, place: str, problem: str) -> None:
    error = failure(host, f"\nlocal x = json.encode({given})")
    assert (error.code, error.line) == ("invalid_arguments", 2)
    assert error.message.startswith("json.encode: " + (f"at {place}: " if place else ""))
    assert problem in error.message


@pytest.mark.parametrize("given", ["{1, [{}] = 1}", "{1, [print] = 1}", "{1, [coroutine.create(print)] = 1}"])
def test_an_error_of_encode_shows_no_address(host: Host, given: str) -> None:
    assert "0x" not in failure(host, f"local x = json.encode({given})").message


@pytest.mark.parametrize(
    "given",
    [
        "setmetatable({a = 1}, {__index = error, __pairs = error, __len = error, __tostring = error})",
        "setmetatable({a = 1}, {__index = function() return 1 end, __metatable = 1})",
    ],
)
def test_encode_reads_no_metatable(host: Host, given: str) -> None:
    assert value(host, f"return json.encode({given})") == '{"a":1}'


@pytest.mark.parametrize(
    "body", ["error({problem = nil})", "error({problem = {}})", "error('x')", "return 1", "print('ran') return 'k'"]
)
def test_encode_runs_no_code_of_the_script(host: Host, body: str) -> None:
    source = f"local x = json.encode{{1, [setmetatable({{}}, {{__tostring = function() {body} end}})] = 1}}"
    result = host.run(source)
    assert result.error is not None
    assert (result.error.code, result.output) == ("invalid_arguments", "")
    assert result.error.message.startswith("json.encode: ")


def test_a_table_that_contains_itself_is_refused_in_few_words(host: Host) -> None:
    error = failure(host, "local t = {} t.t = {t} local x = json.encode{a = t}")
    assert (error.code, "contains itself" in error.message) == ("invalid_arguments", True)
    assert len(error.message) < 200


def test_a_table_may_occur_twice(host: Host) -> None:
    assert value(host, "local t = {1} return json.encode{t, t}") == "[[1],[1]]"


def test_what_can_be_encoded_can_be_decoded_however_deep(host: Host) -> None:
    source = """local deepest
    for depth = 100, 200 do
      local t = 1
      for _ = 1, depth do t = {t} end
      local ok, text = pcall(json.encode, t)
      if not ok then break end
      deepest = depth
      json.decode(text)
    end
    return deepest"""
    assert value(host, source) >= 100


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 100_000, "[" * 129 + "]" * 129])
def test_a_text_that_is_nested_too_deep_is_refused(host: Host, text: str) -> None:
    assert "nested deeper" in failure(host, "local x = json.decode(args.text)", text=text).message


def test_numbers_as_names_of_a_decoded_object_stay_text(host: Host) -> None:
    assert value(host, """return json.encode(json.decode('{"1":"a","2":"b"}'))""") == '{"1":"a","2":"b"}'


def test_a_large_value_comes_back_whole(host: Host) -> None:
    big = [{"n": i, "text": "é" * 20} for i in range(3000)]
    assert value(host, "return json.decode(json.encode(args.big))", big=big) == big
