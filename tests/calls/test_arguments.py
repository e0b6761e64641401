"""Arguments against the declaration: every problem at once, before anything is sent."""

from __future__ import annotations

import math
from typing import Any

import pytest

from luahost import Function, Host, Param
from luahost.calls import arguments as args
from luahost.errors import InvalidArguments, LuaHostError
from luahost.integrations.devin import DEVIN


def function(*params: Param) -> Function:
    return Function(name="do_it", summary="", access="read", handler=lambda _call, _arguments: None, params=params)


def one(kind: Any, **options: Any) -> Function:
    return function(Param(name="value", type=kind, description="", **options))


def checked(declared: Function, value: Any) -> Any:
    return args.check(declared, {"value": value})["value"]


def refused(declared: Function, given: Any) -> InvalidArguments:
    with pytest.raises(InvalidArguments) as caught:
        args.check(declared, given)
    return caught.value


# -- types -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "value", "clean"),
    [
        ("string", "", ""),
        ("string", "ü\n\0", "ü\n\0"),
        ("boolean", False, False),
        ("integer", 3, 3),
        ("integer", 3.0, 3),
        ("integer", -(10**30), -(10**30)),
        ("number", 3, 3),
        ("number", 0.5, 0.5),
        ("number", 10**400, 10**400),
        ("object", {}, {}),
        ("object", {"a": [1]}, {"a": [1]}),
    ],
)
def test_a_value_of_the_type_is_taken(kind: str, value: Any, clean: Any) -> None:
    found = checked(one(kind), value)
    assert (found, type(found)) == (clean, type(clean))


@pytest.mark.parametrize(
    ("kind", "value", "said"),
    [
        ("string", 5, "must be a string, not the number 5"),
        ("string", True, "must be a string, not a boolean"),
        ("string", ["a"], "must be a string, not a list"),
        ("string", {}, "must be a string, not a table"),
        ("string", 10**400, "must be a string, not the number"),
        ("boolean", 1, "must be a boolean, not the number 1"),
        ("boolean", "true", "must be a boolean, not a string"),
        ("integer", 1.5, "must be an integer, not the number 1.5"),
        ("integer", True, "must be an integer, not a boolean"),
        ("integer", "5", "must be an integer, not a string"),
        ("integer", math.inf, "must be an integer, not the number inf"),
        ("integer", math.nan, "must be an integer, not the number nan"),
        ("number", math.nan, "must be a number, not the number nan"),
        ("number", -math.inf, "must be a number, not the number -inf"),
        ("number", "1", "must be a number, not a string"),
        ("object", [1], "must be an object, not a list"),
        ("object", "x", "must be an object, not a string"),
    ],
)
def test_a_value_of_another_type_is_told(kind: str, value: Any, said: str) -> None:
    assert refused(one(kind), {"value": value}).message.startswith(f"'value' {said}")


@pytest.mark.parametrize("text", ["\ud800", "a\udfffb"])
def test_text_that_is_no_unicode_text_is_told(text: str) -> None:
    assert "'value'" in refused(one("string"), {"value": text}).message


def test_arrays_are_checked_entry_by_entry() -> None:
    declared = one("array", items="integer")
    assert checked(declared, [1, 2.0]) == [1, 2]
    assert checked(declared, []) == []
    assert checked(declared, {}) == []
    assert refused(declared, {"value": [1, "x"]}).message == "'value' at [2] must be an integer, not a string"
    assert refused(declared, {"value": [None]}).message == "'value' at [1] must be an integer, not null"
    assert "must be an array" in refused(declared, {"value": {"a": 1}}).message
    assert "must be an array" in refused(declared, {"value": "x"}).message


def test_the_caller_s_values_are_left_as_they_are() -> None:
    given = {"value": [1.0]}
    args.check(one("array", items="integer"), given)
    assert (given, type(given["value"][0])) == ({"value": [1.0]}, float)


# -- bounds ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "good", "bad", "said"),
    [
        ({"minimum": 1}, 1, 0, "must be at least 1, not 0"),
        ({"maximum": 10}, 10, 11, "must be at most 10, not 11"),
    ],
)
def test_bounds_are_inclusive(options: dict[str, Any], good: int, bad: int, said: str) -> None:
    assert checked(one("integer", **options), good) == good
    assert refused(one("integer", **options), {"value": bad}).message == f"'value' {said}"


def test_a_word_must_be_one_of_those_declared_and_a_near_one_is_suggested() -> None:
    declared = one("string", enum=("normal", "fast", "lite"))
    assert checked(declared, "fast") == "fast"
    said = refused(declared, {"value": "fastt"}).message
    assert said == "'value' must be one of normal, fast, lite, not 'fastt' (did you mean 'fast'?)"


def test_text_has_a_length_in_characters() -> None:
    declared = one("string", min_length=1, max_length=3)
    assert checked(declared, "äöü") == "äöü"
    assert refused(declared, {"value": ""}).message == "'value' must not be empty"
    assert refused(declared, {"value": "four"}).message == "'value' must have at most 3 characters, not 4"
    short = refused(one("string", min_length=2), {"value": "x"}).message
    assert short == "'value' must have at least 2 characters"


def test_an_array_has_a_length_in_entries() -> None:
    declared = one("array", items="integer", min_length=2, max_length=2)
    assert refused(declared, {"value": [1]}).message == "'value' must have at least 2 entries"
    assert refused(declared, {"value": [1, 2, 3]}).message == "'value' must have at most 2 entries, not 3"


@pytest.mark.parametrize("value", ["a\n", "a b", "", "../a", "a/b", "ä", "a\0", "a\r\nb"])
def test_a_pattern_is_for_the_whole_of_the_text(value: str) -> None:
    declared = one("string", pattern=r"[a-z]+", pattern_hint="letters")
    assert checked(declared, "abc") == "abc"
    assert refused(declared, {"value": value}).message.startswith("'value' must be letters, not ")


def test_a_long_value_is_shortened_in_the_error() -> None:
    said = refused(one("string", pattern="a", pattern_hint="an a"), {"value": "x" * 10_000}).message
    assert len(said) < 120


def test_bytes_that_are_no_text_are_refused_where_text_is_wanted_with_the_place() -> None:
    error = refused(one("string"), {"value": b"a\xff"})
    assert "must be text in UTF-8; byte 2 is 0xFF" in error.message


def test_a_sensitive_value_is_in_no_error() -> None:
    for options in ({"enum": ("s3cres",)}, {"pattern": "a", "pattern_hint": "an a"}, {"max_length": 1}):
        error = refused(one("string", sensitive=True, **options), {"value": "s3cret"})
        assert "s3cret" not in str(error.fields())
    error = refused(one("string", sensitive=True), {"value": 12345})
    assert "12345" not in str(error.fields())


def test_a_sensitive_value_is_covered_where_arguments_are_shown() -> None:
    declared = function(
        Param(name="key", type="string", description=""),
        Param(name="secret", type="string", description="", sensitive=True),
    )
    assert args.shown(declared, {"key": "k", "secret": "s"}) == {"key": "k", "secret": "<sensitive>"}
    assert args.shown(declared, ["s"]) == {}


# -- names -------------------------------------------------------------------------------------------------------

TWO = function(
    Param(name="session_id", type="string", description="", required=True),
    Param(name="message", type="string", description="", required=True),
    Param(name="limit", type="integer", description=""),
)


def test_all_problems_are_told_at_once() -> None:
    error = refused(TWO, {"sesion_id": "x", "limit": "many", "zzz": 1})
    assert error.message == (
        "unknown parameter 'sesion_id' (did you mean 'session_id'?); "
        "unknown parameter 'zzz'; known: session_id, message, limit; "
        "'session_id' is required; 'message' is required; 'limit' must be an integer, not a string"
    )
    assert [each["parameter"] for each in error.details["problems"]] == [
        "sesion_id",
        "zzz",
        "session_id",
        "message",
        "limit",
    ]
    assert error.hint == "it is called do_it{ session_id = string, message = string, limit = integer? }"


def test_what_there_is_is_told_once_however_much_is_unknown() -> None:
    error = refused(TWO, {"session_id": "a", "message": "b", "zzz": 1, "yyy": 2})
    assert error.message == "unknown parameter 'zzz'; known: session_id, message, limit; unknown parameter 'yyy'"


def test_null_is_as_good_as_absent() -> None:
    assert args.check(TWO, {"session_id": "a", "message": "b", "limit": None}) == {"session_id": "a", "message": "b"}
    assert "'message' is required" in refused(TWO, {"session_id": "a", "message": None}).message


def test_arguments_come_out_in_the_declared_order() -> None:
    assert list(args.check(TWO, {"limit": 1, "message": "b", "session_id": "a"})) == ["session_id", "message", "limit"]


def test_a_function_that_takes_nothing_says_so() -> None:
    error = refused(function(), {"x": 1})
    assert (error.message, error.hint) == ("unknown parameter 'x'; it takes none", "it is called do_it()")


@pytest.mark.parametrize("given", [["a"], "text", 5, None])
def test_what_is_no_table_of_names_is_told(given: Any) -> None:
    assert "named values" in refused(TWO, given).message


def test_a_name_that_is_no_text_is_an_unknown_parameter() -> None:
    assert "unknown parameter" in refused(TWO, {1: "x", "session_id": "a", "message": "b"}).message


def test_a_text_in_place_of_a_list_is_told_how_a_list_is_written() -> None:
    problem = refused(one("array", items="string"), {"value": "a"})
    assert "'value' must be an array, not a string: write { … } around it" in problem.message


def test_values_by_position_take_the_declared_order() -> None:
    assert args.from_positions(TWO, ["a", None, 3]) == {"session_id": "a", "limit": 3}
    assert args.from_positions(TWO, []) == {}
    with pytest.raises(InvalidArguments, match=r"4 values were given, and there are 3 parameters"):
        args.from_positions(TWO, [1, 2, 3, 4])


def test_nothing_is_wrong_with_a_value_that_only_a_run_will_know() -> None:
    create = DEVIN.function("create_session")
    assert create is not None
    secret = {"key": args.UNKNOWN, "value": args.UNKNOWN}
    schema = {"type": "object", "properties": args.UNKNOWN}
    given = {"prompt": args.UNKNOWN, "tags": ["a", args.UNKNOWN], "devin_mode": args.UNKNOWN,
             "session_secrets": [secret, args.UNKNOWN], "structured_output_schema": schema}  # fmt: skip
    assert args.check(create, given) == given
    with pytest.raises(InvalidArguments, match=r"'tags' at \[2\] must be a string"):
        args.check(create, {"prompt": args.UNKNOWN, "tags": [args.UNKNOWN, 5]})


# -- on the road of calls ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "given",
    [{}, {"prompt": ""}, {"prompt": 5}, {"promt": "x"}, {"prompt": 10**400}, {"prompt": "\ud800"}, {1: "x"}],
)
def test_a_wrong_call_sends_nothing_and_is_an_invalid_argument(given: Any) -> None:
    from luahost import Policy

    with Host(simulate=True, policy=Policy(write="allow")) as host:
        with pytest.raises(LuaHostError) as caught:
            host.call("devin.create_session", given)
        assert caught.value.code == "invalid_arguments"
        assert host.simulation("devin").requests == []
