"""The conformance kit: what is planted is found, where it is, and what is right is not complained of."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
import responses

from luahost import Example, Field, Function, Integration, InvalidResponse, LuaHostError, Param, function
from luahost.rest import Api, Recorded, gathered
from luahost.testing import Finding, Nonconforming, check_integration, find_faults

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from luahost import Call

Json = dict[str, Any]
api = Api(most=2)
NOTE = {"id": 1, "text": "Water the plants"}
LIMIT = Param(name="limit", type="integer", description="Stop after so many", minimum=1)
IDENTITY = Param(name="note_id", type="integer", description="The note's id", required=True)
FIELDS = (
    Field(name="id", type="integer", description="Its id"),
    Field(name="text", type="string", description="What it says"),
)
LIST = Function(
    name="list_notes",
    summary="List the notes.",
    access="read",
    handler=gathered,
    pages=api.numbered_pages("id"),
    entries="notes",
    params=(LIMIT,),
    returns=(Field(name="notes", type="array", description="Notes"),),
    examples=(Example(code="for note in each(app.integrations.box.list_notes) do print(note.text) end"),),
    endpoints={"v1": "GET /notes"},
)
GET = Function(
    name="get_note",
    summary="Read a note.",
    access="read",
    handler=api.request(),
    params=(IDENTITY,),
    returns=FIELDS,
    examples=(Example(code="print(app.integrations.box.get_note{ note_id = 1 }.text)"),),
    endpoints={"v1": "GET /notes/{note_id}"},
)
CREATE = Function(
    name="create_note",
    summary="Write a note.",
    access="write",
    handler=api.request(),
    params=(Param(name="text", type="string", description="What it says", required=True),),
    returns=FIELDS,
    examples=(Example(code="print(app.integrations.box.create_note{ text = 'Buy milk' }.id)"),),
    endpoints={"v1": "POST /notes"},
)


def simulator(accounts: Iterable[str], _seed: int) -> Recorded:
    notes = [{"id": at, "text": f"note {at}"} for at in range(1, 6)]

    def page(asked: Any) -> Any:
        first = (int(asked.query["page"]) - 1) * int(asked.query["per_page"])
        return notes[first : first + int(asked.query["per_page"])]

    return Recorded(accounts, {"GET /notes": page, "GET /notes/{note_id}": NOTE, "POST /notes": NOTE})


BOX = Integration(
    name="box",
    summary="A box of notes.",
    base_url="https://box.test",
    identify="list_notes",
    functions=[LIST, GET, CREATE],
    simulator=simulator,
)


def with_get(**changed: Any) -> Integration:
    return replace(BOX, functions=[LIST, replace(GET, **changed), CREATE])


def with_list(**changed: Any) -> Integration:
    return replace(BOX, functions=[replace(LIST, **changed), GET, CREATE])


def with_create(**changed: Any) -> Integration:
    return replace(BOX, functions=[LIST, GET, replace(CREATE, **changed)])


# -- handlers that do wrong --------------------------------------------------------------------------------------


def careless(call: Call, arguments: Json) -> Any:
    return {"text": call.http.get(f"/notes/{arguments['note_id']}")["text"], "id": 1}


def swallowing(call: Call, arguments: Json) -> Any:
    try:
        return api.send(call, arguments)
    except LuaHostError:
        return dict(NOTE)


def disguising(call: Call, arguments: Json) -> Any:
    try:
        return api.send(call, arguments)
    except LuaHostError:
        raise InvalidResponse("no luck") from None


def writing(call: Call, arguments: Json) -> Any:
    call.http.write("POST", "/notes", {})
    return api.send(call, arguments)


def second_step(call: Call, arguments: Json) -> Any:
    found = api.request()(call, arguments)
    more = api.send(call, arguments)
    return {**found, "text": more["text"]}


def unpromised(call: Call, arguments: Json) -> Any:
    return {"id": api.request()(call, arguments)["id"]}


def secret_noticed(call: Call, arguments: Json) -> Any:
    found = api.request()(call, arguments)
    call.notice("sent " + call._connection.account.headers()["Authorization"][:200])  # type: ignore[attr-defined]
    return found


def secret_logged(call: Call, arguments: Json) -> Any:
    logging.getLogger("box").debug("key %s", call._connection.account.api_key)  # type: ignore[attr-defined]
    return api.request()(call, arguments)


def secret_given(call: Call, arguments: Json) -> Any:
    return {**api.request()(call, arguments), "key": call._connection.account.api_key}  # type: ignore[attr-defined]


def not_json(call: Call, arguments: Json) -> Any:
    return {**api.request()(call, arguments), "when": complex(1)}


def first_page(call: Call, _arguments: Json) -> Any:
    return {"notes": call.http.get("/notes", [("page", "1"), ("per_page", "2")])}


def no_limit(call: Call, arguments: Json) -> Iterator[Json]:
    yield from api.numbered_pages("id")(call, {k: v for k, v in arguments.items() if k != "limit"})


def entry(description: str) -> tuple[Param, ...]:
    return (replace(IDENTITY, description=description),)


PLANTED: dict[str, tuple[Integration, str, str]] = {
    "no summary": (with_get(summary=""), "box.get_note", "it has no summary"),
    "no summary of the whole": (replace(BOX, summary=" "), "box", "it has no summary"),
    "a summary of two lines": (with_get(summary="Read\na note."), "box.get_note", "the summary is one line"),
    "a parameter not described": (with_get(params=entry("")), "box.get_note", "note_id is not described"),
    "a table that falls apart": (with_get(params=entry("a | b")), "box.get_note", "falls apart"),
    "nothing returned": (with_get(returns=()), "box.get_note", "does not say what it returns"),
    "a field not described": (
        with_get(returns=(replace(FIELDS[0], description=""),)), "box.get_note", "the field id of what it returns",
    ),
    "no example": (with_get(examples=()), "box.get_note", "it has no example"),
    "an example that fails": (
        with_get(examples=(Example(code="app.integrations.box.get_note{}"),)), "box.get_note", "fails in line 1",
    ),
    "an example of another": (
        with_get(examples=LIST.examples), "box.get_note", "an example does not call it",
    ),
    "a word of Lua": (
        with_create(params=(*CREATE.params, Param(name="end", type="string", description="Until"))),
        "box.create_note", "end is a word of Lua",
    ),
    "a secret shown": (
        with_create(params=(*CREATE.params, Param(name="password", type="string", description="It"))),
        "box.create_note", "looks like a secret",
    ),
    "a set for an enum": (
        with_create(params=(replace(CREATE.params[0], enum={"Buy milk", "b"}),)),  # type: ignore[arg-type]
        "box.create_note", "enum is a tuple",
    ),
    "a read that is a write": (with_create(access="read"), "box.create_note", "it is declared as reading"),
    "a write that is a read": (with_get(access="write"), "box.get_note", "it is declared as writing"),
    "a read that writes": (with_get(handler=writing), "box.get_note", "declared as reading, and sent POST /notes"),
    "an endpoint that is none": (
        with_get(endpoints={"v1": "FETCH /notes/{note_id}"}), "box.get_note", "is no method and path",
    ),
    "a list without pages": (
        with_list(pages=None, handler=first_page), "box.list_notes", "has no pages that each could walk",
    ),
    "a list whose result is the first page": (
        with_list(handler=first_page), "box.list_notes", "each finds 5 entries, and asked for whole it has 2",
    ),
    "a limit that is none": (with_list(pages=no_limit), "box.list_notes", "with limit = 1 it gives 5 entries of 5"),
    "entries of another name": (with_list(entries="rows"), "box.list_notes", "which is no array of what it returns"),
    "a bare exception": (with_get(handler=careless), "box.get_note", '[], "text", 7, [null] it makes internal_error'),
    "a bare exception later": (
        with_get(handler=second_step), "box.get_note", "as the second answer that it gets it makes",
    ),
    "an error swallowed": (with_get(handler=swallowing), "box.get_note", "a result, where not_found is right"),
    "an error disguised": (with_get(handler=disguising), "box.get_note", "where rate_limited is right"),
    "a promise broken": (with_get(handler=unpromised), "box.get_note", "has no text, which is promised"),
    "a word that is not declared": (
        with_get(returns=(*FIELDS, Field(name="text", type="string", description="?", enum=("Buy milk",)))),
        "box.get_note", "'Water the plants' is none of the texts that its text can be",
    ),
    "a key that is logged": (with_get(handler=secret_logged), "box.get_note", "a key is in"),
    "a key that is given": (with_get(handler=secret_given), "box.get_note", "a key is in"),
    "a result that is no JSON": (with_get(handler=not_json), "box.get_note", "cannot be said as JSON"),
}  # fmt: skip


def test_what_is_right_conforms() -> None:
    check_integration(BOX)


@pytest.mark.parametrize(("integration", "place", "words"), [pytest.param(*v, id=k) for k, v in PLANTED.items()])
def test_what_is_planted_is_found_in_its_place(integration: Integration, place: str, words: str) -> None:
    found = find_faults(integration)
    assert any(each.place == place and words in each.problem for each in found), "\n".join(map(str, found))
    assert {each.place for each in found} == {place}


def test_a_name_that_no_script_could_write_behind_a_dot_is_found() -> None:
    assert "'repeat' is a word of Lua" in find_faults(replace(BOX, name="repeat"))[0].problem


def broken(_accounts: Iterable[str], _seed: int) -> Recorded:
    raise ValueError("no data")


@pytest.mark.parametrize(
    ("simulator", "words"),
    [
        (broken, "its simulator cannot be made, with keys of API v1 and a clock: ValueError: no data"),
        (lambda accounts, _: Recorded(accounts, {}, versions=["v7"]), "KeyError: 'v1'"),
        (lambda _accounts, _seed: Recorded(["default"], {}), "no key for the account work"),
    ],
)
def test_a_simulator_that_is_none_is_one_finding(simulator: Any, words: str) -> None:
    (found,) = find_faults(replace(BOX, simulator=simulator))
    assert (found.place, found.check) == ("box", "simulator")
    assert words in found.problem


def test_a_key_in_a_notice_is_covered_by_the_host_and_no_fault() -> None:
    assert find_faults(with_get(handler=secret_noticed)) == ()


def test_all_findings_are_in_one_error() -> None:
    with pytest.raises(Nonconforming) as caught:
        check_integration(with_get(summary="", examples=()))
    assert "2 findings" in str(caught.value)
    assert "\n  box.get_note: it has no example [examples]" in str(caught.value)
    assert caught.value.findings[0] == Finding("box.get_note", "summary", "it has no summary")


# -- without a simulator -----------------------------------------------------------------------------------------


@pytest.fixture
def recorded() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        mock.get("https://box.test/notes", json=[NOTE])
        mock.post("https://box.test/notes", json=NOTE, status=201)
        yield mock


def test_requests_go_where_the_test_answers_them(recorded: responses.RequestsMock) -> None:
    recorded.get("https://box.test/notes/1", json=NOTE)
    check_integration(replace(BOX, simulator=None))
    assert {call.request.headers["Authorization"] for call in recorded.calls} == {"Bearer canary-of-default-0123456789"}


def test_a_request_that_nobody_answers_is_named(recorded: responses.RequestsMock) -> None:
    (found,) = find_faults(replace(BOX, simulator=None))
    assert found.place == "box.get_note"
    assert "GET https://box.test/notes/1" in found.problem


def test_accounts_can_have_what_an_api_needs(recorded: responses.RequestsMock) -> None:
    seen = []

    def remembering(call: Call, arguments: Json) -> Any:
        seen.append(call.org_id)
        return api.request()(call, arguments)

    recorded.get("https://box.test/notes/1", json=NOTE)
    box = replace(with_get(handler=remembering), simulator=None)
    check_integration(box, accounts={"default": {"org_id": "org-1"}})
    assert set(seen) == {"org-1"}


# -- without an API ----------------------------------------------------------------------------------------------


def _shop(summary: str) -> Callable[..., Function]:
    return function(
        access="read",
        summary=summary,
        returns=[Field(name="count", type="integer", description="How many")],
        examples=["print(app.integrations.shop.get_stock('lamp').count)"],
    )


def get_stock(item: str) -> Json:
    return {"count": len(item)}


def test_functions_of_a_program_are_looked_at_as_well() -> None:
    shop = Integration(name="shop", summary="What there is.", functions=[_shop("Count.")(get_stock)])
    assert [str(each) for each in find_faults(shop)] == ["shop.get_stock: parameter item is not described [parameters]"]
