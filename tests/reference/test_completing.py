"""What may come next in Lua that is being typed."""

from __future__ import annotations

import pytest

from luahost.integrations import catalog
from luahost.reference.completing import Completer

NAMES = ["print", "pairs", "string", "string.find", "string.format", "devin", "w", "mine"]


@pytest.fixture
def completer() -> Completer:
    made = Completer(catalog.load(), {"devin": ["default", "work"]})
    made.learn("devin = app.integrations.devin")
    made.learn("w = devin.work")
    return made


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("pri", ["print"]),
        ("x = pri", ["print"]),
        ("print", []),
        ("", []),
        ("f(", []),
        ("re", ["repeat", "return"]),
        ("string.f", ["find", "format"]),
        ("app.", ["integrations"]),
        ("app.integrations.", ["devin"]),
        ("app.integrations.devin.wo", ["work"]),
        ("app.integrations.devin.nosuch.", []),
        ("app.integrations.nosuch.", []),
        ("devin.create_sess", ["create_session"]),
        ("print(w.create_sess", ["create_session"]),
        ("=devin.create_sess", ["create_session"]),
        ("w.work.", []),
        ("devin.get_session{", ["session_id = "]),
        ("devin.get_session{ ses", ["session_id = "]),
        ("w.get_session({\n  ", ["session_id = "]),
        ("devin.get_session{ session_id = ", []),
        ("devin.get_session{ session_id = 'x', ", []),
        ("devin.get_session{ session_id = 'x', se", ["select"]),
        ("each(devin.list_sessions, { order", []),
        ("each(devin.list_sessions, { session_i", ["session_ids = "]),
        ("devin.get_session{ session_id = f{ ", []),
        ("devin.get_session{ session_id = 'x' } pri", ["print"]),
        ("devin.create_session{ devin_mode = 'f", ["fast'", "fusion'"]),
        ('devin.create_session{ devin_mode = "fu', ['fusion"']),
        ("devin.create_session{ devin_mode = 'fast'", []),
        ("devin.list_sessions{ origins = { 'slack', 'te", ["teams'"]),
        ("devin.create_session{ prompt = 'f", []),
        ("{ 'f", []),
        ("-- pri", []),
        ("--[[ pri", []),
        ("--[[ a ]] pri", ["print"]),
        ("[[ pri", []),
        ("'pri", []),
        ("'it' .. pri", ["print"]),
        ("x = 0xpri", []),
        ("\0\ud800 \x1b pri", ["print"]),
        ("}}}) pri", ["print"]),
    ],
)
def test_candidates(completer: Completer, text: str, found: list[str]) -> None:
    names = [*NAMES, "select"]
    assert [each.text for each in completer.complete(text, names)] == found


def test_a_candidate_says_how_much_of_it_was_typed_and_what_it_is(completer: Completer) -> None:
    [found] = completer.complete("devin.create_sess", NAMES)
    assert found.typed == len("create_sess")
    assert found.about == catalog.load()["devin"].function("create_session").summary  # type: ignore[union-attr]
    assert completer.complete("devin.get_session{", NAMES)[0].about == "string, required"


def test_a_name_that_was_given_another_value_stands_for_nothing(completer: Completer) -> None:
    completer.learn("devin = 5")
    assert completer.complete("devin.create_sess", NAMES) == []


def test_long_text_is_read_in_no_time(completer: Completer) -> None:
    text = "x = { 'a', [[b]], f(1) } -- c\n" * 2000 + "devin.create_sess"
    assert completer.complete(text, NAMES)[0].text == "create_session"
