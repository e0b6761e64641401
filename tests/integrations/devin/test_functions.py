"""Each function of Devin on API v3 and v1: what is asked, and what is made of the answer."""

from __future__ import annotations

import json
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
import responses

from luahost import Host, Limits, Policy
from luahost.calls.settings import Settings
from luahost.errors import (
    Conflict,
    InvalidArguments,
    InvalidResponse,
    LuaHostError,
    MissingCredentials,
    NotFound,
    OutcomeUnknown,
    ServerError,
)
from luahost.integrations.devin.simulator import RealClock, Simulator, VirtualClock
from luahost.integrations.devin.simulator.server import Server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Make = Callable[..., Host]

ALLOW = Policy(read="allow", write="allow")
API = "https://api.devin.ai"
SESSIONS = f"{API}/v3/organizations/org-1/sessions"
HTTP = {"retries": 0, "timeout": 5}


@pytest.fixture(params=["v3", "v1"])
def version(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def simulated(version: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Host]:
    """A host that answers from the simulator, on each version."""
    monkeypatch.setenv("LUAHOST_DEVIN_API_VERSION", version)
    with Host(simulate=True, policy=ALLOW, limits=Limits(wall=30)) as host:
        yield host


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    """Hosts whose account speaks to api.devin.ai, which `responses` plays."""
    made: list[Host] = []

    def host(version: str = "v3", org_id: str | None = "org-1", **tables: Any) -> Host:
        account = {"api_key": {"v3": "cog_key", "v1": "apk_key"}[version], "org_id": org_id}
        settings = Settings({}, str(tmp_path), str(tmp_path), {"http": HTTP, **tables})
        made.append(Host(accounts={"devin": {"default": account}}, policy=ALLOW, settings=settings, state=False))
        return made[-1]

    yield host
    for each in made:
        each.close()


@pytest.fixture
def mock() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock() as found:
        yield found


def asked(host: Host) -> list[str]:
    return [f"{request.method} {request.path}" for request in host.simulation("devin").requests]


def sent(mock: responses.RequestsMock) -> list[tuple[str | None, str | None]]:
    return [(call.request.method, call.request.url) for call in mock.calls]


def notices(host: Host, name: str, arguments: Any = None, **options: Any) -> tuple[Any, list[str]]:
    found: list[str] = []
    return host.call(name, arguments, on_notice=found.append, **options), found


def org(host: Host) -> str:
    return str(host.simulation("devin").org_id)


# -- create_session ----------------------------------------------------------------------------------------------


def test_a_session_is_created_and_has_the_documented_fields(simulated: Host) -> None:
    made = simulated.call("devin.create_session", {"prompt": "Fix it"})
    assert made["session_id"]
    assert made["status"] == "new"
    assert made["url"].startswith("https://")
    assert simulated.simulation("devin").sessions[-1]["prompt"] == "Fix it"


def test_creating_on_v3_is_one_request_after_the_organisation_is_known(
    mock: responses.RequestsMock, make: Make
) -> None:
    mock.post(SESSIONS, json={"session_id": "abc", "status": "new", "url": "u"})
    assert make().call("devin.create_session", {"prompt": "x"}) == {"session_id": "abc", "status": "new", "url": "u"}
    assert sent(mock) == [("POST", SESSIONS)]
    assert json.loads(mock.calls[0].request.body or "") == {"prompt": "x"}


def test_creating_on_v1_fetches_the_status_that_v1_does_not_give(mock: responses.RequestsMock, make: Make) -> None:
    mock.post(f"{API}/v1/sessions", json={"session_id": "devin-abc", "url": "u", "is_new_session": None})
    mock.get(f"{API}/v1/sessions/devin-abc", json={"session_id": "devin-abc", "status": "running"})
    made = make("v1").call("devin.create_session", {"prompt": "x"})
    assert (made["session_id"], made["status"], made["url"]) == ("devin-abc", "running", "u")


@pytest.mark.parametrize(
    "fault",
    [{"status": 500}, {"status": 404}, {"status": 401}, {"lose": "before"}, {"status": 200, "body": "x"}],
    ids=["500", "404", "401", "lost", "text"],
)
def test_a_status_that_cannot_be_fetched_is_absent_with_a_notice(
    fault: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LUAHOST_DEVIN_API_VERSION", "v1")
    with Host(simulate=True, policy=ALLOW) as host:
        host.simulation("devin").fail(method="GET", path="^/v1/sessions/devin-", times=None, **fault)
        made, told = notices(host, "devin.create_session", {"prompt": "x"})
    assert made["session_id"]
    assert "status" not in made
    assert len(told) == 1
    assert "was created, and its status could not be read" in told[0]


@pytest.mark.parametrize("answer", [{"session_id": "devin-abc"}, {"session_id": "devin-abc", "status": None}])
def test_a_status_that_is_not_in_the_answer_either_is_absent_with_a_notice(
    mock: responses.RequestsMock, make: Make, answer: Any
) -> None:
    mock.post(f"{API}/v1/sessions", json={"session_id": "devin-abc"})
    mock.get(f"{API}/v1/sessions/devin-abc", json=answer)
    made, told = notices(make("v1"), "devin.create_session", {"prompt": "x"})
    assert made.get("status") is None
    assert len(told) == 1


@pytest.mark.parametrize("identity", ["\ud800", "../../x", "a b", "x" * 5000])
def test_a_strange_id_in_the_answer_does_not_make_a_created_session_an_error(
    mock: responses.RequestsMock, make: Make, identity: str
) -> None:
    mock.assert_all_requests_are_fired = False
    mock.post(f"{API}/v1/sessions", body=json.dumps({"session_id": identity}), content_type="application/json")
    made, told = notices(make("v1"), "devin.create_session", {"prompt": "x"})
    assert (made, len(told)) == ({"session_id": identity}, 1)


@pytest.mark.parametrize("body", ["", "{}", "[]", "null", '{"session_id": null}', '{"session_id": 5}'])
def test_a_created_session_without_an_id_is_an_invalid_response_and_not_to_be_repeated(
    mock: responses.RequestsMock, make: Make, body: str
) -> None:
    mock.post(SESSIONS, body=body, content_type="application/json")
    with pytest.raises(InvalidResponse) as caught:
        make().call("devin.create_session", {"prompt": "x"})
    assert caught.value.retryable is False


def test_a_create_whose_answer_is_lost_says_where_to_look(simulated: Host) -> None:
    simulated.simulation("devin").fail(method="POST", lose="after")
    with pytest.raises(OutcomeUnknown) as caught:
        simulated.call("devin.create_session", {"prompt": "x"})
    assert "list_sessions" in (caught.value.hint or "")
    assert [request.method for request in simulated.simulation("devin").requests].count("POST") == 1


# -- creating under a key ----------------------------------------------------------------------------------------


def test_the_same_key_gives_the_same_session(simulated: Host) -> None:
    arguments = {"prompt": "x", "idempotency_key": "k"}
    first = simulated.call("devin.create_session", arguments)
    again = simulated.call("devin.create_session", arguments)
    assert again["session_id"].removeprefix("devin-") == first["session_id"].removeprefix("devin-")
    assert [line.split()[0] for line in asked(simulated)].count("POST") == 1


def test_the_same_key_with_other_arguments_is_a_conflict(simulated: Host) -> None:
    simulated.call("devin.create_session", {"prompt": "x", "idempotency_key": "k"})
    with pytest.raises(Conflict):
        simulated.call("devin.create_session", {"prompt": "y", "idempotency_key": "k"})


@pytest.mark.parametrize(
    ("fault", "limit"),
    [
        ({"lose": "after"}, None),
        ({"status": 500, "performed": True}, None),
        ({"status": 200, "performed": True, "body": {}}, None),
        ({"status": 200, "performed": True, "body": b""}, None),
        ({"status": 200, "performed": True, "body": "a page"}, None),
        ({"status": 200, "performed": True, "body": {"session_id": "x" * 200_000}}, 100_000),
        ({"status": 103, "performed": True}, None),
    ],
    ids=["lost", "500", "no-id", "empty", "text", "too-long", "103"],
)
def test_a_key_whose_answer_was_no_answer_never_makes_a_second_session(
    tmp_path: Path, version: str, fault: dict[str, Any], limit: int | None
) -> None:
    simulator = Simulator(clock=RealClock(), list_lag=0.4)
    tables = {"http": HTTP, "idempotency": {"settle": 2}}
    with (
        Server(simulator) as server,
        Host(
            accounts={"devin": {"default": {"api_key": simulator.keys[version]["default"], "base_url": server.url}}},
            policy=ALLOW,
            settings=Settings({}, str(tmp_path), str(tmp_path), tables),
            limits=Limits(wall=20, response_bytes=limit or 8 << 20),
            state=False,
        ) as host,
    ):
        simulator.fail(method="POST", **fault)
        arguments = {"prompt": "just once", "idempotency_key": "k"}
        for _ in range(2):
            try:
                host.call("devin.create_session", arguments)
            except LuaHostError:
                continue
        time.sleep(0.5)
        host.call("devin.create_session", arguments)
    assert [session["prompt"] for session in simulator.sessions].count("just once") == 1


# -- get_session -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("prefix", ["", "devin-"])
def test_a_session_is_found_by_its_id_with_and_without_the_prefix(simulated: Host, prefix: str) -> None:
    session_id = f"{prefix}sess_abc123"
    found = simulated.call("devin.get_session", {"session_id": session_id})
    assert found["session_id"].removeprefix("devin-") == "sess_abc123"
    assert {"session_id", "status", "created_at"} <= set(found)
    assert asked(simulated)[-1].endswith("/sessions/devin-sess_abc123")


def test_an_unknown_session_is_not_found(simulated: Host) -> None:
    with pytest.raises(NotFound) as caught:
        simulated.call("devin.get_session", {"session_id": "nobody"})
    assert (caught.value.call, caught.value.account, caught.value.status) == ("devin.get_session", "default", 404)
    assert caught.value.request_id


HOSTILE = [
    "../secrets",
    "..",
    ".",
    "/",
    "a/b",
    "a\\b",
    "?x=",
    "a?x=1",
    "a#b",
    "a%2e%2e",
    "%00",
    "a\r\nX-Evil: 1",
    "a\n",
    "a\x00",
    " a",
    "a ",
    "",
    "devin-../x",
    "ä",
    "\u2028",
    "\uff0e\uff0e",
    "a" * 129,
    "@evil.test",
    ":80",
    "-a",
    "{org_id}",
    "\ud800",
]


@pytest.mark.parametrize("session_id", HOSTILE)
def test_no_hostile_id_reaches_a_url(simulated: Host, session_id: str) -> None:
    with pytest.raises(InvalidArguments, match="session_id"):
        simulated.call("devin.get_session", {"session_id": session_id})
    with pytest.raises(InvalidArguments, match="session_id"):
        simulated.call("devin.send_message", {"session_id": session_id, "message": "x"})
    assert asked(simulated) == []


@pytest.mark.parametrize("organization", ["..", "../..", "org/../x", "org?x=", "org#", "%2e%2e", "org\r\nX: 1", "ö"])
def test_no_hostile_organisation_leaves_its_place_in_a_url(
    mock: responses.RequestsMock, make: Make, organization: str
) -> None:
    mock.assert_all_requests_are_fired = False
    mock.get(f"{API}/v3/self", json={"principal_type": "service_user", "org_id": organization})
    with pytest.raises(LuaHostError):
        make(org_id=None).call("devin.get_session", {"session_id": "abc"})
    for _, url in sent(mock)[1:]:
        assert str(url).startswith(f"{API}/v3/organizations/")
        assert len(str(url).split("/")) == 8
        assert "?" not in str(url)


# -- list_sessions -----------------------------------------------------------------------------------------------


def test_all_of_450_sessions_are_listed_newest_first_at_200_a_page(version: str, tmp_path: Path) -> None:
    simulator = Simulator(clock=VirtualClock())
    with (
        Server(simulator) as server,
        Host(
            accounts={"devin": {"default": {"api_key": simulator.keys[version]["default"], "base_url": server.url}}},
            policy=ALLOW,
            limits=Limits(calls=1000),
            settings=Settings({}, str(tmp_path), str(tmp_path), {"http": HTTP}),
            state=False,
        ) as host,
    ):
        for number in range(449):
            simulator._organization.create(
                next(iter(simulator._organization.people.by_account.values())),
                {"prompt": str(number)},
                simulator.clock.time(),
            )
        simulator.requests.clear()
        listed = host.call("devin.list_sessions")
    ids = [session["session_id"].removeprefix("devin-") for session in listed["sessions"]]
    assert ids == [session["session_id"] for session in reversed(simulator.sessions)]
    pages = [request for request in simulator.requests if request.path.endswith("/sessions")]
    assert len(pages) == 3
    assert {request.query["first" if version == "v3" else "limit"][0] for request in pages} == {"200"}
    if version == "v1":
        assert [request.query["offset"] for request in pages] == [["0"], ["200"], ["400"]]
    else:
        assert listed["total"] == 450
        assert "items" not in listed


def test_listed_sessions_have_the_documented_fields(simulated: Host) -> None:
    for session in simulated.call("devin.list_sessions")["sessions"]:
        assert {"session_id", "status", "created_at"} <= set(session)


def test_the_cursor_is_sent_as_it_came(mock: responses.RequestsMock, make: Make) -> None:
    cursor = "a+/=&?# é"
    mock.get(SESSIONS, json={"items": [{"session_id": "a"}], "has_next_page": True, "end_cursor": cursor})
    mock.get(
        SESSIONS,
        json={"items": [{"session_id": "b"}], "has_next_page": False, "end_cursor": None},
        match=[responses.matchers.query_param_matcher({"first": "200", "after": cursor})],
    )
    assert [each["session_id"] for each in make().call("devin.list_sessions")["sessions"]] == ["a", "b"]


@pytest.mark.parametrize("cursor", [None, "", 5, ["c"]])
def test_a_list_that_says_it_goes_on_and_not_where_is_an_invalid_response(
    mock: responses.RequestsMock, make: Make, cursor: Any
) -> None:
    mock.get(SESSIONS, json={"items": [{"session_id": "a"}], "has_next_page": True, "end_cursor": cursor})
    with pytest.raises(InvalidResponse):
        make().call("devin.list_sessions")
    assert len(mock.calls) <= 2


def test_a_list_whose_pages_go_round_is_an_invalid_response(mock: responses.RequestsMock, make: Make) -> None:
    mock.get(SESSIONS, json={"items": [{"session_id": "a"}], "has_next_page": True, "end_cursor": "c"})
    with pytest.raises(InvalidResponse, match="circle"):
        make().call("devin.list_sessions")
    assert len(mock.calls) == 2


def test_a_list_of_v1_that_never_gets_on_is_an_invalid_response(mock: responses.RequestsMock, make: Make) -> None:
    page = [{"session_id": str(number)} for number in range(200)]
    mock.get(f"{API}/v1/sessions", json={"sessions": page})
    with pytest.raises(InvalidResponse):
        make("v1").call("devin.list_sessions")


def test_a_session_that_moves_to_the_next_page_of_v1_is_listed_once(mock: responses.RequestsMock, make: Make) -> None:
    page = [{"session_id": str(number)} for number in range(200)]
    mock.get(f"{API}/v1/sessions", json={"sessions": page})
    mock.get(f"{API}/v1/sessions", json={"sessions": [{"session_id": "199"}, {"session_id": "200"}]})
    listed = make("v1").call("devin.list_sessions")["sessions"]
    assert [each["session_id"] for each in listed] == [str(number) for number in range(201)]


def test_what_is_listed_without_an_id_is_not_lost(mock: responses.RequestsMock, make: Make) -> None:
    strange: list[Any] = [{"title": "a"}, {"title": "b"}, "c", None, {"session_id": ["x"]}]
    mock.get(f"{API}/v1/sessions", json={"sessions": strange})
    assert make("v1").call("devin.list_sessions")["sessions"] == strange


@pytest.mark.parametrize(
    "answer", [[], {}, {"items": None, "sessions": None}, {"items": {}, "sessions": {}}, "x", None]
)
def test_a_list_that_is_none_is_an_invalid_response(
    mock: responses.RequestsMock, make: Make, version: str, answer: Any
) -> None:
    mock.get(SESSIONS if version == "v3" else f"{API}/v1/sessions", json=answer)
    with pytest.raises(InvalidResponse):
        make(version).call("devin.list_sessions")


def test_an_empty_list_is_empty(mock: responses.RequestsMock, make: Make, version: str) -> None:
    empty: Any = {"items": [], "has_next_page": False, "end_cursor": None, "total": 0, "sessions": []}
    mock.get(SESSIONS if version == "v3" else f"{API}/v1/sessions", json=empty)
    assert make(version).call("devin.list_sessions")["sessions"] == []


def test_listing_is_one_call_however_many_pages(simulated: Host) -> None:
    for _ in range(3):
        simulated.call("devin.create_session", {"prompt": "x"})
    result = simulated.run("return #app.integrations.devin.list_sessions().sessions", limits=Limits(calls=1))
    assert (result.value, len(result.calls)) == (4, 1)


# -- the organisation --------------------------------------------------------------------------------------------


def test_the_organisation_is_asked_for_once_an_account(monkeypatch: pytest.MonkeyPatch) -> None:
    with Host(simulate=True, policy=ALLOW) as host:
        for _ in range(3):
            host.call("devin.list_sessions")
            host.call("devin.list_sessions", account="work")
        assert asked(host).count("GET /v3/self") == 2


def test_calls_at_the_same_time_ask_for_the_organisation_once() -> None:
    with Host(simulate=True, policy=ALLOW) as host:
        threads = [threading.Thread(target=host.call, args=("devin.list_sessions",)) for _ in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert asked(host).count("GET /v3/self") == 1


def test_an_organisation_that_could_not_be_asked_for_is_asked_for_again() -> None:
    with Host(simulate=True, policy=ALLOW) as host:
        host.simulation("devin").fail(path="^/v3/self", status=500)
        with pytest.raises(ServerError):
            host.call("devin.list_sessions")
        assert host.call("devin.list_sessions")["sessions"]


def test_an_organisation_that_is_set_is_not_asked_for(mock: responses.RequestsMock, make: Make) -> None:
    mock.get(f"{SESSIONS}/devin-abc", json={"session_id": "abc", "status": "running", "created_at": 1})
    make().call("devin.get_session", {"session_id": "abc"})
    assert len(mock.calls) == 1


@pytest.mark.parametrize("value", [None, "", 5])
@pytest.mark.parametrize("name", ["list_sessions", "create_session"])
def test_a_key_of_no_single_organisation_says_what_to_set(
    mock: responses.RequestsMock, make: Make, value: Any, name: str
) -> None:
    mock.get(f"{API}/v3/self", json={"principal_type": "service_user", "org_id": value})
    with pytest.raises(MissingCredentials) as caught:
        make(org_id=None).call(f"devin.{name}", {"prompt": "x"} if name == "create_session" else None)
    assert "org_id" in f"{caught.value.message} {caught.value.hint}"


def test_what_a_key_of_no_single_organisation_is_told_to_set_helps(
    mock: responses.RequestsMock, tmp_path: Path
) -> None:
    mock.get(f"{API}/v3/self", json={"org_id": None})
    environ = {"DEVIN_API_KEY": "cog_key"}
    with Host(settings=Settings(environ, str(tmp_path), str(tmp_path)), state=False) as host:
        with pytest.raises(MissingCredentials) as caught:
            host.call("devin.list_sessions")
        assert " DEVIN_ORG_ID" in f" {caught.value.hint}"


# -- send_message ------------------------------------------------------------------------------------------------


def test_a_message_arrives(simulated: Host) -> None:
    simulated.call("devin.send_message", {"session_id": "sess_abc123", "message": "Hello"})
    assert "Hello" in str(simulated.simulation("devin").sessions[0]["messages"])


def test_a_message_is_one_request(mock: responses.RequestsMock, make: Make) -> None:
    mock.post(f"{SESSIONS}/devin-abc/messages", json={"session_id": "abc", "status": "running"})
    mock.post(f"{API}/v1/sessions/devin-abc/message", json=None)
    make().call("devin.send_message", {"session_id": "abc", "message": "x"})
    make("v1").call("devin.send_message", {"session_id": "devin-abc", "message": "x"})
    assert [json.loads(call.request.body or "") for call in mock.calls] == [{"message": "x"}] * 2


@pytest.mark.parametrize(("body", "status"), [("null", 200), ("", 204), ("", 200), ("{}", 200)])
def test_a_message_that_v1_takes_without_a_word_is_an_empty_table(
    mock: responses.RequestsMock, make: Make, body: str, status: int
) -> None:
    mock.post(f"{API}/v1/sessions/devin-abc/message", body=body, status=status, content_type="application/json")
    assert notices(make("v1"), "devin.send_message", {"session_id": "abc", "message": "x"}) == ({}, [])


@pytest.mark.parametrize(("body", "status"), [("null", 200), ("", 204), ("", 200)])
def test_a_message_that_v3_takes_without_a_word_is_no_error(
    mock: responses.RequestsMock, make: Make, body: str, status: int
) -> None:
    mock.post(f"{SESSIONS}/devin-abc/messages", body=body, status=status, content_type="application/json")
    assert make().call("devin.send_message", {"session_id": "abc", "message": "x"}) == {}


def test_what_v1_says_about_a_message_is_a_notice_and_in_the_result(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LUAHOST_DEVIN_API_VERSION", "v1")
    with Host(simulate=True, policy=ALLOW) as host:
        host.simulation("devin").force("sess_abc123", "suspended", "inactivity")
        found, told = notices(host, "devin.send_message", {"session_id": "sess_abc123", "message": "x"})
    assert found == {"detail": "Session is already suspended"}
    assert "already suspended" in told[0]


def test_an_empty_message_is_refused_here(simulated: Host) -> None:
    with pytest.raises(InvalidArguments):
        simulated.call("devin.send_message", {"session_id": "a", "message": ""})
    assert asked(simulated) == []


# -- get_current_user --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("account", "name", "email"),
    [("default", "Ada Lovelace", "ada@example.com"), ("work", "CI Bot", None), ("personal", "Grace Hopper", None)],
)
def test_the_user_has_a_name_and_an_email_where_there_is_one_to_be_read(
    account: str, name: str, email: str | None
) -> None:
    with Host(simulate=True) as host:
        user, told = notices(host, "devin.get_current_user", account=account)
        assert (user["name"], user.get("email"), told) == (name, email, [])
        assert user["org_id"] == org(host)


def test_a_user_without_an_organisation_has_a_name_and_no_member_is_asked_for(
    mock: responses.RequestsMock, make: Make
) -> None:
    mock.get(f"{API}/v3/self", json={"user_id": "u", "user_name": "Ada", "org_id": None})
    user = make(org_id=None).call("devin.get_current_user")
    assert (user["name"], "email" in user, len(mock.calls)) == ("Ada", False, 1)


def test_a_member_is_asked_for_in_the_organisation_that_is_set(mock: responses.RequestsMock, make: Make) -> None:
    mock.get(f"{API}/v3/self", json={"user_id": "u/1", "org_id": "org-2"})
    url = f"{API}/v3beta1/organizations/org-1/members/users/u%2F1"
    mock.get(url, json={"name": "Ada", "email": "a@b"})
    user = make().call("devin.get_current_user")
    assert (user["name"], user["email"]) == ("Ada", "a@b")
    assert sent(mock)[1] == ("GET", url)


@pytest.mark.parametrize(
    "fault", [{"status": 500}, {"lose": "before"}, {"status": 200, "body": "page"}, {"status": 401}]
)
def test_an_email_that_cannot_be_read_is_absent_with_a_notice(fault: dict[str, Any]) -> None:
    with Host(simulate=True) as host:
        host.simulation("devin").fail(path="/members/", times=None, **fault)
        user, told = notices(host, "devin.get_current_user")
    assert (user["name"], "email" in user, len(told)) == ("Ada Lovelace", False, 1)


@pytest.mark.parametrize("identity", [5, ["u"], {"id": 1}, "..", "\ud800"])
def test_a_strange_user_id_does_not_make_the_user_an_error(
    mock: responses.RequestsMock, make: Make, identity: Any
) -> None:
    mock.assert_all_requests_are_fired = False
    body = json.dumps({"user_id": identity, "user_name": "Ada", "org_id": "org-1"})
    mock.get(f"{API}/v3/self", body=body, content_type="application/json")
    assert make().call("devin.get_current_user")["name"] == "Ada"
    for _, url in sent(mock)[1:]:
        assert str(url).startswith(f"{API}/v3beta1/organizations/org-1/members/users/")


def test_a_user_whom_the_api_does_not_name_has_no_name(mock: responses.RequestsMock, make: Make) -> None:
    mock.get(f"{API}/v3/self", json={"principal_type": "devin_brain", "devin_id": "d", "org_id": "org-1"})
    assert "name" not in make().call("devin.get_current_user")


def test_v1_checks_the_key_and_says_what_is_known(mock: responses.RequestsMock, make: Make) -> None:
    mock.get(f"{API}/v1/sessions", json={"sessions": []})
    user, told = notices(make("v1"), "devin.get_current_user")
    assert user == {"api_version": "v1"}
    assert len(told) == 1
    assert sent(mock) == [("GET", f"{API}/v1/sessions?limit=1")]


def test_a_wrong_key_is_unauthorized(mock: responses.RequestsMock, make: Make, version: str) -> None:
    mock.get(f"{API}/v3/self" if version == "v3" else f"{API}/v1/sessions", status=401, json={"detail": "no"})
    with pytest.raises(LuaHostError) as caught:
        make(version).call("devin.get_current_user")
    assert (caught.value.code, caught.value.account) == ("unauthorized", "default")
