"""luahost.rest: endpoints as requests, lists by pages, an API of recorded answers; and how integrations send keys."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import responses

import luahost.rest
from luahost import (
    Field,
    Function,
    Host,
    Integration,
    InvalidArguments,
    InvalidResponse,
    MissingCredentials,
    NotFound,
    Param,
    Policy,
    SpecError,
    Unauthorized,
    Unsupported,
)
from luahost.rest import Api, Place, Recorded, gathered, quote

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Json = dict[str, Any]
URL = "https://box.test"
KEY = "k-0123456789"
api = Api(most=3)


def texts(*names: str) -> tuple[Param, ...]:
    return tuple(Param(name=name, type="string", description="") for name in names)


def numbers(*names: str) -> tuple[Param, ...]:
    return tuple(Param(name=name, type="integer", description="", minimum=1) for name in names)


def listing(pages: Any) -> Function:
    return Function(
        name="list_notes",
        summary="List.",
        access="read",
        handler=gathered,
        pages=pages,
        entries="notes",
        params=(*numbers("limit", "first", "page", "offset"), *texts("after", "tag")),
        returns=(Field(name="notes", type="array", description=""),),
        endpoints={"v1": "GET /notes"},
    )


def box(*functions: Function, **options: Any) -> Integration:
    options = {"base_url": URL, "identify": functions[0].name, **options}
    return Integration(name="box", functions=functions, **options)


def host(integration: Integration, **settings: str) -> Host:
    account = {"api_key": KEY, **settings}
    return Host(
        integrations=[integration], accounts={"box": {"default": account}}, policy=Policy(write="allow"), state=False
    )


@pytest.fixture
def network() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


def query(call: Any) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(call.request.url).query))


def serve(network: responses.RequestsMock, page: Callable[[dict[str, str]], Any]) -> None:
    """Answer what is asked for with the page that the query names."""

    def answer(request: Any) -> tuple[int, dict[str, str], str]:
        return 200, {}, json.dumps(page(dict(parse_qsl(urlsplit(request.url).query))))

    network.add_callback("GET", f"{URL}/notes", callback=answer, content_type="application/json")


NOTES = [{"id": at} for at in range(1, 9)]
WALK = """
local found = {}
for note in each(app.integrations.box.list_notes) do found[#found + 1] = note.id end
return found
"""


def by_number(asked: dict[str, str]) -> Any:
    size = int(asked["per_page"])
    return NOTES[(int(asked["page"]) - 1) * size :][:size]


def by_cursor(asked: dict[str, str]) -> Any:
    first, size = int(asked.get("cursor", "0")), int(asked["count"])
    more = {"next": str(first + size)} if first + size < len(NOTES) else {}
    return {"found": NOTES[first : first + size], **more}


KINDS: dict[str, tuple[Any, Any]] = {
    "number": (api.numbered_pages("id"), by_number),
    "number in an object": (
        api.numbered_pages("id", items="found"), lambda asked: {"found": by_number(asked), "total": 8},
    ),
    "cursor": (api.cursor_pages(items="found", size="count", after="cursor", cursor="next", more=None), by_cursor),
    "whole": (api.single_page(lambda found: found["all"]), lambda _: {"all": NOTES}),
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_a_list_is_given_whole_by_limit_and_walked(network: responses.RequestsMock, kind: str) -> None:
    pages, answer = KINDS[kind]
    serve(network, answer)
    with host(box(listing(pages))) as made:
        assert made.call("box.list_notes")["notes"] == NOTES
        for limit in (1, 3, 4, 8, 20):
            assert made.call("box.list_notes", {"limit": limit})["notes"] == NOTES[:limit]
        assert made.run(WALK).value == list(range(1, 9))


def test_one_page_is_asked_for_by_its_number(network: responses.RequestsMock) -> None:
    serve(network, by_number)
    with host(box(listing(api.numbered_pages("id")))) as made:
        assert made.call("box.list_notes", {"page": 2, "tag": "a"})["notes"] == NOTES[3:6]
        assert [query(call) for call in network.calls] == [{"tag": "a", "per_page": "3", "page": "2"}]
        assert made.call("box.list_notes", {"page": 2, "first": 2})["notes"] == NOTES[2:4]


@pytest.mark.parametrize("kind", ["number", "number in an object"])
def test_pages_that_go_round_in_a_circle_come_to_an_end(network: responses.RequestsMock, kind: str) -> None:
    pages, answer = KINDS[kind]
    serve(network, lambda asked: answer({**asked, "page": "1"}))
    with host(box(listing(pages))) as made, pytest.raises(InvalidResponse, match="circle"):
        made.call("box.list_notes")


@pytest.mark.parametrize(("kind", "walked"), [("number", NOTES[:3]), ("cursor", NOTES[:3]), ("whole", NOTES)])
def test_a_resumed_walk_goes_on_after_the_pages_that_it_was_given(kind: str, walked: list[Json]) -> None:
    pages, answer = KINDS[kind]
    function = listing(pages)
    more = {"next": "3"} if kind == "cursor" else {}
    ask = {"get": lambda _path, asked: answer(dict(asked)), "get_page": lambda _path, asked, _: answer(dict(asked))}
    call: Any = SimpleNamespace(
        function=function, version="v1", http=SimpleNamespace(**ask), walked=[{"notes": walked, **more}]
    )
    assert [note for page in pages(call, {}) for note in page["notes"]] == NOTES[len(walked) :]


def test_a_cursor_that_comes_again_is_an_error(network: responses.RequestsMock) -> None:
    serve(network, lambda _: {"found": NOTES[:3], "next": "3"})
    with host(box(listing(KINDS["cursor"][0]))) as made, pytest.raises(InvalidResponse, match="circle"):
        made.call("box.list_notes")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("answer", [None, {}, {"found": 1, "all": 1}, "text"])
def test_an_answer_without_the_list_is_an_invalid_response(
    network: responses.RequestsMock, kind: str, answer: Any
) -> None:
    serve(network, lambda _: answer)
    with host(box(listing(KINDS[kind][0]))) as made, pytest.raises(InvalidResponse):
        made.call("box.list_notes")


# -- endpoints ---------------------------------------------------------------------------------------------------


def one(endpoint: str, *params: Param, access: Any = "write", maker: Api = api, **options: Any) -> Function:
    handler = maker.request(**options)
    return Function(
        name="do_it", summary="Do.", access=access, handler=handler, params=params, endpoints={"v1": endpoint}
    )


def sent(function: Function, arguments: Json, network: responses.RequestsMock) -> Any:
    for method in ("GET", "POST", "PATCH", "DELETE"):
        network.add(method, re.compile(f"{URL}/.*"), json={})
    with host(box(function)) as made:
        made.call("box.do_it", arguments)
    return network.calls[0].request


@pytest.mark.parametrize(
    ("endpoint", "path", "body"),
    [
        ("GET /a/{one}", "/a/x%2Fy%3F?two=z", None),
        ("DELETE /a/{one}", "/a/x%2Fy%3F?two=z", None),
        ("POST /a/{one}", "/a/x%2Fy%3F", {"two": "z"}),
        ("PATCH /{two}/{one}", "/z/x%2Fy%3F", {}),
        ("POST /{two}/{one}", "/z/x%2Fy%3F", None),
    ],
)
def test_what_the_path_does_not_want_is_the_query_or_the_body(
    network: responses.RequestsMock, endpoint: str, path: str, body: Any
) -> None:
    found = sent(one(endpoint, *texts("one", "two")), {"one": "x/y?", "two": "z"}, network)
    assert found.url == f"{URL}{path}"
    assert (json.loads(found.body) if found.body else None) == body


def test_names_and_the_query_of_a_write_are_as_said(network: responses.RequestsMock) -> None:
    function = one("POST /a", *texts("one", "two"), query=frozenset({"One"}), names={"v1": {"one": "One"}})
    found = sent(function, {"one": "x", "two": "z"}, network)
    assert (found.url, json.loads(found.body)) == (f"{URL}/a?One=x", {"two": "z"})


def test_a_place_can_be_filled_by_a_function(network: responses.RequestsMock) -> None:
    halves = Place(lambda _call, given: "/".join(map(quote, given.split("/"))), "one")
    maker = Api(places={"both": halves, "who": Place(lambda call, _: call.account)})
    found = sent(one("POST /{who}/{both}", *texts("one"), maker=maker), {"one": "x y/z"}, network)
    assert (found.url, found.body) == (f"{URL}/default/x%20y/z", None)


@pytest.mark.parametrize("given", ["", ".", ".."])
def test_a_piece_of_a_path_cannot_leave_its_place(network: responses.RequestsMock, given: str) -> None:
    with pytest.raises(InvalidArguments, match="piece of a path"):
        sent(one("GET /a/{one}", *texts("one"), access="read"), {"one": given}, network)
    assert len(network.calls) == 0


def test_whole_numbers_are_pieces_of_a_path(network: responses.RequestsMock) -> None:
    assert sent(one("GET /a/{one}", *numbers("one"), access="read"), {"one": 7}, network).url == f"{URL}/a/7"


# -- how keys are sent -------------------------------------------------------------------------------------------


READ = one("GET /a", access="read")


@pytest.mark.parametrize(
    ("options", "header", "value"),
    [
        ({}, "Authorization", f"Bearer {KEY}"),
        ({"key_header": "X-Api-Key: {key}"}, "X-Api-Key", KEY),
        ({"key_header": "Authorization: Token token={key}"}, "Authorization", f"Token token={KEY}"),
        ({"headers": {"X-Version": "7"}}, "X-Version", "7"),
    ],
)
def test_an_integration_says_how_a_key_is_sent_and_what_with_it(
    network: responses.RequestsMock, options: Json, header: str, value: str
) -> None:
    network.get(f"{URL}/a", json={})
    with host(box(READ, **options)) as made:
        made.call("box.do_it")
    headers = network.calls[0].request.headers
    assert headers[header] == value
    assert sum(KEY in each for each in headers.values()) == 1


def test_a_key_in_a_header_of_its_own_is_covered_as_well(network: responses.RequestsMock) -> None:
    network.get(f"{URL}/a", json={"message": f"bad {KEY}"}, status=401)
    with host(box(READ, key_header="X-Api-Key: {key}")) as made, pytest.raises(Unauthorized) as caught:
        made.call("box.do_it")
    assert KEY not in repr(caught.value.fields())


def test_where_a_key_is_optional_an_account_without_one_sends_none(
    network: responses.RequestsMock, monkeypatch: pytest.MonkeyPatch
) -> None:
    network.get(f"{URL}/a", json={"text": "x"})
    network.get("http://127.0.0.1:9/a", json={"text": "y"})
    free = box(READ, key_optional=True)
    with Host(integrations=[free], state=False) as made:
        assert made.call("box.do_it") == {"text": "x"}
    assert "Authorization" not in network.calls[0].request.headers
    monkeypatch.setenv("LUAHOST_BOX_BASE_URL", "http://127.0.0.1:9")
    with Host(integrations=[free], state=False) as made:
        assert made.call("box.do_it") == {"text": "y"}
    with Host(integrations=[box(READ)], state=False) as made, pytest.raises(MissingCredentials) as caught:
        made.call("box.do_it")
    assert "luahost accounts add default --integration box" in str(caught.value.hint)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"base_url": f"{URL}/v2"}, "version at the end"),
        ({"key_header": "X-Api-Key"}, "key_header"),
        ({"key_header": "X-Api-Key: {key}\r\nX: y"}, "key_header"),
    ],
)
def test_what_could_not_be_sent_is_no_declaration(options: Json, words: str) -> None:
    with pytest.raises(SpecError, match=words):
        box(READ, **options)


def test_versions_are_those_of_the_keys_or_of_the_endpoints() -> None:
    assert box(READ).versions == ("v1",)
    assert box(READ, key_prefixes={"a_": "v2", "b_": "v1"}).versions == ("v2", "v1")


# -- recorded answers --------------------------------------------------------------------------------------------


def simulated(function: Function, answers: Json) -> Host:
    made = box(function, simulator=lambda accounts, _seed: Recorded(accounts, answers))
    return Host(integrations=[made], simulate=True, policy=Policy(write="allow"))


def test_recorded_answers_are_found_by_method_and_path() -> None:
    function = one("POST /a/{one}", *texts("one", "two"))
    answers = {"GET /a/{one}": {"got": 1}, "POST /a/{one}": lambda asked: {**asked.path, **asked.body}}
    with simulated(function, answers) as made:
        assert made.call("box.do_it", {"one": "x/y", "two": "z"}) == {"one": "x/y", "two": "z"}
        assert made.simulation("box").requests == [("POST", "/a/x%2Fy")]
    with simulated(function, {}) as made, pytest.raises(NotFound):
        made.call("box.do_it", {"one": "x"})


def test_a_recorded_api_knows_its_keys_only() -> None:
    started: list[Any] = []
    recorded = Recorded(["default"], {"GET /a": {}})
    key = recorded.keys["v1"]["default"]
    for sent_key in (f"Bearer {key}", "Bearer other", f"Bearer {key}x"):
        environ = {"REQUEST_METHOD": "GET", "RAW_URI": "/a", "QUERY_STRING": "", "HTTP_AUTHORIZATION": sent_key}
        recorded(environ, lambda status, _headers: started.append(status))
    assert started == ["200 OK", "401 Unauthorized", "401 Unauthorized"]


def test_in_a_simulation_nothing_is_sent_to_an_api_that_has_no_simulator(network: responses.RequestsMock) -> None:
    network.get(f"{URL}/a", json={})
    with Host(integrations=[box(READ)], simulate=True) as made, pytest.raises(Unsupported, match="no simulator"):
        made.call("box.do_it")
    assert len(network.calls) == 0


def test_a_simulated_version_is_that_of_the_integration_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LUAHOST_DEVIN_API_VERSION", "v3")
    with simulated(READ, {"GET /a": {"text": "x"}}) as made:
        assert made.call("box.do_it") == {"text": "x"}


def test_all_simulations_of_a_host_have_one_time() -> None:
    with simulated(READ, {"GET /a": {}}) as made:
        assert made.simulation("box").clock is made.simulation("devin").clock


def test_all_names_can_be_imported_and_declarations_replaced() -> None:
    assert all(hasattr(luahost.rest, name) for name in luahost.rest.__all__)
    assert replace(box(READ), title="Another").functions == (READ,)
