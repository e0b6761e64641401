"""What is wrong with calls of each, parallel, wait_until, sleep and json.decode, without running them."""

from __future__ import annotations

import pytest

from luahost.calls.settings import Settings
from luahost.check.known import Known
from tests import lua_texts
from tests.check.test_findings import D, found

KNOWN = Known(lua_texts.integrations(), Settings({}, "/nowhere", "/nowhere"))
WRONG = {
    "wait_until(function() return true end, { timeout = 1 })": "wait_until: 'check' must be a function",
    "wait_until{ timeout = 1 }": "wait_until: 'check' must be a function",
    "wait_until{ check = true }": "wait_until: 'check' must be a function",
    "wait_until{ check = function() return true end, tmeout = 5 }": "wait_until: unknown parameter 'tmeout'",
    "parallel({ 1 }, print, { concurency = 2 })": "parallel: unknown option 'concurency'",
    "parallel(5, print)": "parallel: a table was expected, not a number",
    'each("x")': "each: a function that lists was expected, not a string",
    'sleep("soon")': "sleep: a number of seconds, 0 or more, was expected, not a string",
    "json.decode(5)": "json.decode: a string was expected, not a number",
}
RIGHT = [
    "local o = { check = function() return true end }\no.timeout = 5\nwait_until(o)",
    "wait_until{ check = function() return true end, timeout = 5, every = 1 }",
    "parallel({ 1, 2 }, function(i) return i end, { limit = 2, settle = true })",
    "parallel{ function() return 1 end, settle = true }",
    "wait_until(args.options)\nparallel(args.list, args.f, args.options)\nsleep(args.seconds)\njson.decode(args.text)",
]


@pytest.mark.parametrize(("code", "message"), WRONG.items())
def test_a_wrong_call_is_found(code: str, message: str) -> None:
    assert message in [each.message for each in found(KNOWN, D + code)]


@pytest.mark.parametrize("code", RIGHT)
def test_nothing_is_said_of_a_right_one(code: str) -> None:
    assert found(KNOWN, D + code) == []
