"""What a model is told of a run: what matters, of a size that it can read."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from luahost.agents import perform
from luahost.agents.render import ends_of, fitting, start_of
from luahost.agents.tools import EXECUTE

if TYPE_CHECKING:
    from luahost import Host


def told(host: Host, code: str, **options: Any) -> str:
    return perform(host, EXECUTE.name, {"code": code}, **options).text


# -- text --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("return 1", "returned: 1"),
        ("return 'a', {b = {1, 2}}, nil", 'returned: "a", {"b":[1,2]}, null'),
        ("return 'two\\nlines'", "returned: \ntwo\nlines"),
        ("print('x')", "output:\nx"),
        ("print('x') return true", "output:\nx\nreturned: true"),
        ("local x = 1", "nothing was printed or returned: end the script with return …"),
        ("return 'größer'", 'returned: "größer"'),
        ("return nil", "returned: null"),
    ],
)
def test_a_run_is_told_in_few_words(host: Host, code: str, text: str) -> None:
    assert told(host, code) == text


def test_an_error_has_code_line_and_hint_and_comes_first(host: Host) -> None:
    code = "print('before')\nlocal devin = app.integrations.devin\n  local s = devin.get_session({ sesion_id = 'x' })"
    lines = told(host, code).splitlines()
    assert lines[0].startswith("error invalid_arguments at script.lua:3: devin.get_session: ")
    assert lines[1] == "line: local s = devin.get_session({ sesion_id = 'x' })"
    assert lines[2].startswith("hint: it is called get_session{")
    assert lines[3:5] == ["output:", "before"]


def test_where_an_error_was_called_from_is_told_of_nested_functions(host: Host) -> None:
    code = "local function f()\n  error('no')\nend\nlocal function g()\n  f()\n  return 1\nend\ng()\nreturn 2"
    text = told(host, code)
    assert "error script_error at script.lua:2: no" in text
    assert "called from: " in text
    assert "script.lua:5" in text


def test_calls_are_counted_by_function_account_and_outcome(host: Host) -> None:
    code = """
        local devin = app.integrations.devin
        for _ = 1, 3 do devin.get_current_user() end
        devin.work.get_current_user()
        pcall(devin.get_session, "nope")"""
    assert told(host, code).splitlines()[-1] == (
        "calls: devin.get_current_user, 3 times, devin.get_current_user on work, devin.get_session (not_found)"
    )


# -- size --------------------------------------------------------------------------------------------------------

LONG = {
    "output": "for i = 1, 20000 do print('line ' .. i) end",
    "one line": "print(('x'):rep(5e5))",
    "list": "local t = {} for i = 1, 5000 do t[i] = { id = i, name = ('n'):rep(50) } end return t",
    "text": "return ('x'):rep(3e5)",
    "object": "local t = {} for i = 1, 5000 do t['k' .. i] = i end return t",
    "deep": "local t = {} for i = 1, 60 do t = { t, ('d'):rep(500) } end return t",
    "many": "local t = {} for i = 1, 200 do t[i] = ('v'):rep(300) end return unpack(t)",
    "both": "print(('o'):rep(2e5)) return ('r'):rep(2e5)",
    "error": "error(('e'):rep(3e5))",
    "all": "local l = ('e'):rep(2e5) print(l) error({ code = 'x', message = l, hint = l, details = { l } })",
    "control characters": r"print(('\1'):rep(30000))",
    "lines": r"""
        for i = 1, 150 do pcall(app.integrations.devin.get_session, 'x' .. i) end
        print(('\n'):rep(50000))""",
    "kinds of calls": r"""
        for _, f in pairs(app.integrations.devin) do if type(f) == 'function' then pcall(f, { zz = 1 }) end end
        print(('\n'):rep(50000)) error(('\1'):rep(9000))""",
    "error that grows": r"""
        local l = ('\1'):rep(9000)
        print(l) error({ message = l, hint = l, details = { l, l } })""",
    "keys that grow": r"local t = {} for i = 1, 3000 do t[('\1'):rep(50) .. i] = i end return t, t",
    "notices": "local t = json.decode('{\"items\":[]}')\n" + "ipairs(t)\n" * 20 + r"print(('\"x'):rep(9e4))",
    "calls": "for i = 1, 100 do pcall(app.integrations.devin.get_session, 'x' .. i) end print(('o'):rep(2e5))",
}  # fmt: skip


@pytest.mark.parametrize("most", [1_000, 5_000, 20_000])
@pytest.mark.parametrize("code", LONG.values(), ids=LONG)
def test_whatever_a_script_does_the_answer_is_of_the_size_that_was_set(host: Host, code: str, most: int) -> None:
    done = perform(host, EXECUTE.name, {"code": code}, max_chars=most)
    assert len(done.text) <= most
    assert done.structured is not None
    assert len(json.dumps(done.structured, ensure_ascii=False, separators=(",", ":"))) <= most


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("lua_list_docs", {}),
        ("lua_read_doc", {"page": "devin.list_sessions"}),
        ("lua_search_docs", {"query": "session"}),
    ],
)
def test_what_is_looked_up_is_of_the_size_that_was_set(host: Host, tool: str, arguments: dict[str, Any]) -> None:
    done = perform(host, tool, arguments, max_chars=1_000)
    assert len(done.text) <= 1_000
    assert 500 < len(json.dumps(done.structured, ensure_ascii=False, separators=(",", ":"))) <= 1_000


def test_the_hint_and_the_line_of_an_error_are_whole_where_there_is_room(host: Host) -> None:
    code = "return app.integrations.devin.get_session{ id = 'a text that makes the line of a hundred characters' }"
    said = told(host, code, max_chars=2_000)
    assert f"line: {code}\nhint: it is called get_session{{ session_id = string }}" in said


def test_an_error_and_the_end_of_the_output_are_kept_whole(host: Host) -> None:
    text = told(host, LONG["output"] + " error('the reason')", max_chars=2_000)
    assert text.startswith("error script_error at script.lua:1: the reason\n")
    assert "\nline 20000\n" in text
    assert "\nline 1\n" in text
    assert "characters left out" in text
    assert text.endswith("print less")


def test_a_long_list_says_how_many_more_there_are_and_how_to_get_less(host: Host) -> None:
    done = perform(host, EXECUTE.name, {"code": LONG["list"]}, max_chars=5_000)
    assert done.structured is not None
    values = done.structured["values"][0]
    assert values[0] == {"id": 1, "name": "n" * 50}
    assert values[-1] == f"… {5_000 - len(values) + 1:,} more"
    assert done.structured["cut"] == [done.text.splitlines()[-1].removeprefix("cut: ")]
    assert "return fewer entries" in done.text


def test_what_fits_is_not_touched(host: Host) -> None:
    done = perform(host, EXECUTE.name, {"code": "print('x') return { 1, 2 }"}, max_chars=1_000)
    assert done.structured is not None
    assert (done.structured["output"], done.structured["values"], done.structured["cut"]) == ("x\n", [[1, 2]], [])


# -- cutting -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("most", [60, 100, 999])
def test_a_text_that_is_cut_has_its_beginning_and_its_end(most: int) -> None:
    text = "".join(chr(0x4E00 + i) for i in range(1_000))
    short = ends_of(text, most)
    assert len(short) <= most
    assert "left out" in short
    if most > 60:
        assert (short[0], short[-1]) == (text[0], text[-1])
    assert len(start_of(text, most)) <= most


@pytest.mark.parametrize("value", [None, True, 7, 1.5, "x", [], {}, [1, [2]], {"a": {"b": None}}])
def test_a_small_value_stays_as_it_is(value: Any) -> None:
    assert fitting(value, 100) == value


@pytest.mark.parametrize("most", [40, 100, 1_000])
@pytest.mark.parametrize(
    "value", ["x" * 9_999, ["x" * 99] * 99, {f"{i}" * 50: i for i in range(99)}, [[["y" * 50] * 50]]]
)
def test_a_large_value_is_shortened_to_fit(value: Any, most: int) -> None:
    assert len(json.dumps(fitting(value, most), ensure_ascii=False, separators=(",", ":"))) <= most + 10
