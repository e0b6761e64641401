"""`idempotency_key` holds: on one machine, on several, and whatever happens to the answer, on both API versions."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from luahost import Host, Limits, Policy
from luahost.calls.ledger import MemoryLedger
from luahost.errors import (
    Conflict,
    InternalError,
    LuaHostError,
    NotFound,
    OutcomeUnknown,
    RateLimited,
    ServerError,
    Unauthorized,
)
from luahost.integrations.devin.simulator import LostAnswer, RealClock, Simulator, VirtualClock

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from _typeshed.wsgi import StartResponse, WSGIEnvironment

    from luahost.integrations.devin.simulator.server import Server
    from luahost.spec import Call

ALLOW = Policy(read="allow", write="allow")
CREATE = "devin.create_session"
LISTS = r"sessions$"
SETTLE, TIMEOUT = 30.0, 60.0  # the defaults, which cost nothing on the simulator's clock


Hook = Callable[[str, str], object]


class Devin(Simulator):
    """A simulator that calls `before` and `after` each request, so that a test can hold it, or let a caller die."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.before: Hook = lambda _method, _path: None
        self.after: Hook = lambda _method, _path: None

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        self.before(method, path)
        answer = super().__call__(environ, start_response)
        self.after(method, path)
        return answer

    @property
    def made(self) -> list[dict[str, Any]]:
        """The sessions beyond the one that is there from the start."""
        return [each for each in self.sessions if each["session_id"] != "sess_abc123"]

    @property
    def posts(self) -> list[Any]:
        return [each.body for each in self.requests if each.method == "POST"]


class Died(BaseException):
    """The process is no more: nothing of luahost may catch this."""


def die_once(method: str) -> Callable[[str, str], None]:
    """The first request of this method is the last thing its caller does."""
    left = [1]

    def die(seen: str, path: str) -> None:
        if seen == method and not path.endswith("/self") and left:
            left.clear()
            raise Died

    return die


@pytest.fixture(params=["v3", "v1"])
def version(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("LUAHOST_DEVIN_API_VERSION", request.param)
    return str(request.param)


@pytest.fixture
def devin(monkeypatch: pytest.MonkeyPatch) -> Devin:
    """The one Devin that all simulated hosts of a test see."""
    shared = Devin()
    monkeypatch.setattr("luahost.integrations.devin.simulator.Simulator", lambda accounts, seed: shared)
    return shared


@pytest.fixture
def machine(devin: Devin) -> Iterator[Callable[..., Host]]:
    """Makes machines that share nothing but Devin."""
    made: list[Host] = []

    def make(**options: Any) -> Host:
        made.append(Host(simulate=True, policy=ALLOW, limits=Limits(wall=8, **options)))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture
def host(version: str, machine: Callable[..., Host]) -> Host:
    return machine()


def bare(session_id: str) -> str:
    return session_id.removeprefix("devin-")


def create(host: Host, prompt: str = "Fix it", key: str | None = "key", **options: Any) -> str:
    arguments = {"prompt": prompt} if key is None else {"prompt": prompt, "idempotency_key": key}
    return bare(host.call(CREATE, arguments, **options)["session_id"])


def at_once(*works: Callable[[], Any]) -> list[Any]:
    """What each gives, or the error it raises, each in a thread of its own."""
    results: list[Any] = [None] * len(works)

    def run(place: int) -> None:
        try:
            results[place] = works[place]()
        except BaseException as error:  # noqa: BLE001 (the test looks at it)
            results[place] = error

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(works))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


# -- what is sent ------------------------------------------------------------------------------------------------


def test_the_session_carries_two_short_tags_that_tell_neither_key_nor_prompt(devin: Devin, host: Host) -> None:
    create(host, "Fix the login", "fix-login")
    (session,) = devin.made
    assert len(set(session["tags"])) == 2
    for tag in session["tags"]:
        assert re.fullmatch(r"[a-z0-9-]{8,32}", tag)
        assert "login" not in tag


def test_the_tags_depend_on_key_and_arguments_and_on_nothing_else(devin: Devin, machine: Callable[..., Host]) -> None:
    create(machine(), "Fix it", "one")
    create(machine(), "Fix it", "two", account="work")
    create(machine(), "Mend it", "three")
    first, second, third = (set(session["tags"]) for session in devin.made)
    assert len(first & second) == 1
    assert not third & (first | second)


def test_neither_the_key_nor_v1s_flag_is_sent(devin: Devin, host: Host) -> None:
    create(host)
    create(host)
    (body,) = devin.posts
    assert sorted(body) == ["prompt", "tags"]


def test_without_a_key_there_are_no_tags_and_each_call_makes_a_session(devin: Devin, host: Host) -> None:
    assert create(host, key=None) != create(host, key=None)
    assert [sorted(body) for body in devin.posts] == [["prompt"], ["prompt"]]


# -- the same key again ------------------------------------------------------------------------------------------


def test_the_same_key_gives_the_existing_session_as_it_is_now(devin: Devin, host: Host) -> None:
    made = create(host)
    devin.force(made, "suspended", "user_request")
    again = host.call(CREATE, {"prompt": "Fix it", "idempotency_key": "key"})
    assert (bare(again["session_id"]), again["status"]) == (made, "suspended")
    assert len(devin.made) == 1


def test_another_key_makes_another_session(devin: Devin, host: Host) -> None:
    assert create(host, key="one") != create(host, key="two")


def test_a_key_is_taken_byte_for_byte(devin: Devin, host: Host) -> None:
    keys = ["key", "Key", " key", "key ", "k/e/y", "../key", "ke\u0301y", "k\u00e9y", "0", "\x00", "k" * 512]
    assert len({create(host, key=key) for key in keys}) == len(keys)


def test_two_account_names_of_one_organisation_share_the_key(devin: Devin, host: Host) -> None:
    assert create(host) == create(host, account="work") == create(host, account="personal")
    assert len(devin.made) == 1


def test_on_v3_account_names_share_the_key_even_where_nothing_can_be_listed(
    devin: Devin, machine: Callable[..., Host]
) -> None:
    devin.fail(method="GET", path=LISTS, status=403, times=None)
    host = machine()
    assert create(host) == create(host, account="work")


def test_another_machine_finds_the_session(devin: Devin, version: str, machine: Callable[..., Host]) -> None:
    assert create(machine()) == create(machine()) == create(machine(), account="work")
    assert len(devin.posts) == 1


def test_what_was_made_through_one_api_version_is_found_through_the_other(
    devin: Devin, machine: Callable[..., Host], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = create(machine())
    monkeypatch.setenv("LUAHOST_DEVIN_API_VERSION", "v1")
    assert create(machine()) == made


def test_a_session_that_is_gone_is_not_made_anew(devin: Devin, host: Host) -> None:
    made = create(host)
    devin.fail(method="GET", path=made, status=404)
    with pytest.raises(NotFound) as caught:
        create(host)
    assert made in (caught.value.hint or "")
    assert len(devin.made) == 1


def test_calls_at_once_in_one_host_make_one_session(devin: Devin, host: Host) -> None:
    assert len(set(at_once(*[lambda: create(host)] * 8))) == 1
    assert len(devin.made) == 1


def test_in_a_simulation_a_call_waits_for_the_other_however_slow_it_is(devin: Devin, host: Host) -> None:
    """Simulated waiting takes no time: the claim of a call that is still at work must not run out by it."""
    devin.before = lambda method, _: time.sleep(0.5) if method == "POST" else None
    assert len(set(at_once(lambda: create(host), lambda: create(host)))) == 1
    assert len(devin.made) == 1


# -- other arguments ---------------------------------------------------------------------------------------------


def test_other_arguments_are_a_conflict(devin: Devin, host: Host) -> None:
    made = create(host)
    with pytest.raises(Conflict):
        create(host, "Mend it")
    assert create(host) == made
    assert len(devin.posts) == 1


def test_other_arguments_are_a_conflict_on_another_machine(
    devin: Devin, version: str, machine: Callable[..., Host]
) -> None:
    create(machine())
    other = machine()
    for _ in range(2):
        with pytest.raises(Conflict):
            create(other, "Mend it")
    assert len(devin.posts) == 1


def test_other_arguments_are_a_conflict_while_the_outcome_is_unknown(devin: Devin, host: Host) -> None:
    devin.fail(method="POST", lose="before")
    with pytest.raises(OutcomeUnknown):
        create(host)
    with pytest.raises(Conflict):
        create(host, "Mend it")


def note_integration(marker: list[str]) -> Any:
    """`notes.make_note`: a create with a sensitive argument, whose thing is never found."""
    from luahost.spec import Function, Integration, Param

    class Creation:
        def scope(self) -> str:
            return "org"

        def send(self, tags: list[str]) -> dict[str, Any]:
            marker.append(" ".join(tags))
            return {"id": f"note-{len(marker)}"}

        def find(self, tag: str) -> list[dict[str, Any]]:
            return []

        def fetch(self, found: str) -> dict[str, Any]:
            return {"id": found}

        def identify(self, made: dict[str, Any]) -> str:
            return str(made["id"])

    def handler(call: Call, arguments: dict[str, Any]) -> Any:
        key = arguments.pop("key")
        return call.once(key, arguments, Creation())

    def parameter(name: str, **options: Any) -> Param:
        return Param(name=name, type="string", description="", **options)

    return Integration(
        name="notes",
        title="Notes",
        summary="",
        functions=(
            Function(
                name="make_note",
                summary="",
                access="write",
                handler=handler,
                params=(parameter("text"), parameter("token", sensitive=True), parameter("key")),
            ),
        ),
        base_url="https://notes.example.com",
        key_prefixes={"n_": "v1"},
        identify="make_note",
    )


def test_sensitive_arguments_are_in_neither_ledger_nor_tags_nor_the_comparison(tmp_path: Path, home: Path) -> None:
    home.mkdir()
    (home / "config.toml").write_text("[idempotency]\nsettle = 0.1\n", "utf-8")
    sent: list[str] = []
    accounts = {"notes": {"default": {"api_key": "n_12345678"}}}
    with Host(accounts=accounts, policy=ALLOW, state=tmp_path, integrations=[note_integration(sent)]) as host:
        first = host.call("notes.make_note", {"text": "words", "token": "hunter2", "key": "key"})
        again = host.call("notes.make_note", {"text": "words", "token": "hunter3", "key": "key"})
        with pytest.raises(Conflict):
            host.call("notes.make_note", {"text": "other words", "token": "hunter2", "key": "key"})
    assert first == again
    assert len(sent) == 1
    kept = ledger_text(tmp_path)
    assert "done" in kept
    assert not re.search("hunter|words|n_12345678", kept + sent[0])


def ledger_text(state: Path) -> str:
    """All names and contents below the state folder."""
    files = [each for each in state.rglob("*") if each.is_file()]
    return "\n".join(f"{each.relative_to(state)}: {each.read_text('utf-8')}" for each in files)


# -- refusals ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422, 429])
def test_a_definite_refusal_frees_the_key_at_once(devin: Devin, host: Host, status: int) -> None:
    devin.fail(method="POST", status=status)
    began = devin.clock.time()
    with pytest.raises(LuaHostError) as caught:
        create(host)
    assert caught.value.status == status
    create(host, "Mend it")
    assert len(devin.made) == 1
    assert devin.clock.time() == began


@pytest.mark.parametrize(("status", "error"), [(401, Unauthorized), (429, RateLimited), (500, ServerError)])
def test_nothing_is_sent_when_it_cannot_be_looked_for_first(
    devin: Devin, host: Host, status: int, error: type[LuaHostError]
) -> None:
    devin.fail(method="GET", path=LISTS, status=status)
    with pytest.raises(error):
        create(host)
    assert not devin.posts
    create(host, "Mend it")
    assert len(devin.made) == 1


def test_a_key_that_may_not_list_relies_on_the_ledger_and_says_so(devin: Devin, host: Host) -> None:
    devin.fail(method="GET", path=LISTS, status=403, times=None)
    notices: list[str] = []
    made = create(host, on_notice=notices.append)
    assert any("this machine only" in notice for notice in notices)
    assert create(host) == made
    assert len(devin.posts) == 1


def test_an_organisation_that_refuses_the_tags_has_the_ledger_alone_and_is_told(devin: Devin, host: Host) -> None:
    devin.allowed_tags = ["theirs"]
    notices: list[str] = []
    made = create(host, on_notice=notices.append)
    assert any("tags" in notice and "this machine only" in notice for notice in notices)
    assert create(host) == made
    with pytest.raises(Conflict):
        create(host, "Mend it")
    (session,) = devin.made
    assert session["tags"] == []


def test_a_refusal_that_only_sounds_like_tags_is_not_taken_for_one(devin: Devin, host: Host) -> None:
    refusal = {"detail": "the advantage of staging is not available at this stage"}
    devin.fail(method="POST", status=422, body=refusal)
    notices: list[str] = []
    with pytest.raises(LuaHostError):
        create(host, on_notice=notices.append)
    assert notices == []
    assert len(devin.posts) == 1


# -- lost answers ------------------------------------------------------------------------------------------------


def lose(devin: Devin, how: str) -> None:
    """The next create is not answered well; `how` is "lost" or a status, and whether it is performed."""
    what, _, performed = how.partition(" ")
    if what == "lost":
        devin.fail(method="POST", lose="after" if performed else "before")
    else:
        devin.fail(method="POST", status=int(what), performed=bool(performed))


PERFORMED = ["lost performed", *(f"{status} performed" for status in (408, 500, 502, 503, 504, 599))]
NOT_PERFORMED = ["lost", "408", "500", "502", "503", "504"]


@pytest.mark.parametrize("how", PERFORMED)
def test_what_was_made_without_an_answer_is_found_and_returned(devin: Devin, host: Host, how: str) -> None:
    lose(devin, how)
    made = create(host)
    assert [made] == [each["session_id"] for each in devin.made]
    assert create(host) == made
    assert len(devin.posts) == 1


@pytest.mark.parametrize("how", PERFORMED)
def test_it_is_looked_for_as_long_as_lists_may_lag(devin: Devin, host: Host, how: str) -> None:
    devin.list_lag = SETTLE - 5
    lose(devin, how)
    began = devin.clock.time()
    create(host)
    assert SETTLE - 5 <= devin.clock.time() - began <= SETTLE
    assert len(devin.posts) == 1


@pytest.mark.parametrize("how", NOT_PERFORMED)
def test_what_is_not_found_in_the_settle_time_is_unknown_and_sent_by_the_next_call(
    devin: Devin, host: Host, how: str
) -> None:
    lose(devin, how)
    began = devin.clock.time()
    with pytest.raises(OutcomeUnknown) as caught:
        create(host)
    assert devin.clock.time() - began == pytest.approx(SETTLE, abs=1)
    assert "same idempotency_key" in (caught.value.hint or "")
    assert not devin.made
    assert create(host) == create(host)
    assert len(devin.made) == 1
    assert len(devin.posts) == 2


def test_the_next_call_looks_before_it_sends(devin: Devin, host: Host) -> None:
    devin.list_lag = SETTLE + 5
    lose(devin, "lost performed")
    with pytest.raises(OutcomeUnknown):
        create(host)
    devin.list_lag = 0
    assert [create(host)] == [each["session_id"] for each in devin.made]
    assert len(devin.posts) == 1


def test_lists_that_fail_meanwhile_are_asked_again(devin: Devin, host: Host) -> None:
    lose(devin, "lost performed")
    for status in (500, 401, 403, 429):
        devin.fail(method="GET", path=LISTS, status=status, after=1)
    create(host)
    assert len(devin.posts) == 1


@pytest.mark.parametrize("body", [{}, [], None, {"session_id": None}, "gone", b"\xff"], ids=repr)
def test_a_success_that_cannot_be_read_is_no_refusal(devin: Devin, host: Host, body: Any) -> None:
    """It says that the session was made: it is found by its tags, even where lists lag."""
    devin.list_lag = SETTLE - 5
    devin.fail(method="POST", body=b"" if body is None else body)
    made = create(host)
    assert [made] == [each["session_id"] for each in devin.made]
    assert len(devin.posts) == 1


def test_a_success_larger_than_the_limit_is_no_refusal(
    devin: Devin, version: str, machine: Callable[..., Host]
) -> None:
    host = machine(response_bytes=50_000)
    devin.list_lag = SETTLE - 5
    devin.fail(method="POST", body={"session_id": "0" * 60_000})
    with pytest.raises(LuaHostError):
        create(host)
    create(host)
    assert len(devin.made) == 1


def test_a_session_is_returned_although_the_ledger_cannot_be_written_any_more(
    devin: Devin, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise InternalError("the idempotency ledger cannot be used: No space left on device")

    notices: list[str] = []
    with monkeypatch.context() as patch:
        patch.setattr(MemoryLedger, "settle", full)
        made = create(host, on_notice=notices.append)
    assert any("ledger" in notice for notice in notices)
    assert create(host) == made
    assert len(devin.posts) == 1


def test_without_tags_an_unknown_outcome_stays_unknown_rather_than_making_two(devin: Devin, host: Host) -> None:
    """Nothing can be looked for, so that nothing can be sent again."""
    devin.allowed_tags = []
    devin.fail(method="POST", lose="after", after=1)
    for _ in range(3):
        with pytest.raises(OutcomeUnknown):
            create(host)
    assert len(devin.made) == 1


def test_without_a_list_an_unknown_outcome_stays_unknown_rather_than_making_two(devin: Devin, host: Host) -> None:
    devin.fail(method="GET", path=LISTS, status=403, times=None)
    devin.fail(method="POST", lose="after")
    for _ in range(3):
        with pytest.raises(OutcomeUnknown):
            create(host)
    assert len(devin.made) == 1


def test_a_list_that_may_be_read_again_settles_an_unknown_outcome(devin: Devin, host: Host) -> None:
    devin.fail(method="GET", path=LISTS, status=403, times=None)
    devin.fail(method="POST", lose="after")
    with pytest.raises(OutcomeUnknown):
        create(host)
    devin.clear_faults()
    assert [create(host)] == [each["session_id"] for each in devin.made]


@pytest.mark.parametrize("how", ["before", "after"])
def test_without_a_key_a_lost_answer_is_unknown_with_what_to_check(devin: Devin, host: Host, how: Any) -> None:
    devin.fail(method="POST", lose=how)
    with pytest.raises(OutcomeUnknown) as caught:
        create(host, key=None)
    assert "list_sessions" in (caught.value.hint or "")
    assert len(devin.posts) == 1


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs the openssl command")
def test_an_answer_that_is_lost_to_a_broken_tls_record_is_unknown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The request was sent: this is no failure to connect."""
    certificate, key = tmp_path / "certificate", tmp_path / "key"
    words = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=test"
    names = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run([*words.split(), *names], check=True, capture_output=True)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    received: list[bytes] = []

    def serve(listener: socket.socket) -> None:
        plain, _ = listener.accept()
        with context.wrap_socket(plain, server_side=True) as connection:
            while not received or b"prompt" not in b"".join(received):
                received.append(connection.recv(65536))
            os.write(connection.fileno(), b"no TLS record")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = threading.Thread(target=serve, args=(listener,))
        server.start()
        url = f"https://127.0.0.1:{listener.getsockname()[1]}"
        accounts = {"devin": {"default": {"api_key": "cog_12345678", "org_id": "org-1", "base_url": url}}}
        with Host(accounts=accounts, policy=ALLOW) as host, pytest.raises(OutcomeUnknown):
            create(host, key=None)
        server.join()


# -- deaths ------------------------------------------------------------------------------------------------------


def test_after_a_death_before_sending_the_claim_runs_out_and_the_key_is_used(devin: Devin, host: Host) -> None:
    devin.before = die_once("POST")
    began = devin.clock.time()
    with pytest.raises(Died):
        create(host)
    notices: list[str] = []
    create(host, on_notice=notices.append)
    assert devin.clock.time() - began == pytest.approx(TIMEOUT + SETTLE, abs=2)
    assert any("waiting up to" in notice for notice in notices)
    assert len(devin.made) == 1


@pytest.mark.parametrize("lag", [0, SETTLE - 5])
def test_after_a_death_before_the_answer_the_session_is_found(devin: Devin, host: Host, lag: float) -> None:
    devin.list_lag = lag
    devin.after = die_once("POST")
    with pytest.raises(Died):
        create(host)
    began = devin.clock.time()
    assert [create(host)] == [each["session_id"] for each in devin.made]
    assert devin.clock.time() - began <= lag + 6
    assert len(devin.posts) == 1


def test_after_a_death_while_searching_the_session_is_found(devin: Devin, host: Host) -> None:
    lose(devin, "lost performed")
    die = die_once("GET")
    devin.before = lambda method, _: die(method, "") if devin.posts else None
    with pytest.raises(Died):
        create(host)
    devin.before = lambda _method, _path: None
    assert [create(host)] == [each["session_id"] for each in devin.made]
    assert len(devin.posts) == 1


def test_a_clock_that_was_far_ahead_does_not_hold_the_key_for_ever(
    machine: Callable[..., Host], devin: Devin, version: str
) -> None:
    class Clock(VirtualClock):
        ahead = 1e6

        def time(self) -> float:
            return super().time() + self.ahead

    devin.clock = clock = Clock()
    host = machine()
    devin.before = die_once("POST")
    with pytest.raises(Died):
        create(host)
    clock.ahead = 0
    began = devin.clock.time()
    create(host)
    assert devin.clock.time() - began <= 2 * (TIMEOUT + SETTLE)


# -- machines that share nothing ---------------------------------------------------------------------------------


def send_together(devin: Devin, count: int = 2) -> None:
    """No create is performed before all have been sent, and none is answered before all have been performed."""
    sent, performed = threading.Barrier(count), threading.Barrier(count)
    devin.before = lambda method, _: sent.wait(5) if method == "POST" else None
    devin.after = lambda method, _: performed.wait(5) if method == "POST" else None


@pytest.mark.parametrize("lag", [0, SETTLE - 5])
def test_machines_that_call_at_the_same_instant_return_the_oldest_and_name_the_other(
    devin: Devin, version: str, machine: Callable[..., Host], lag: float
) -> None:
    devin.list_lag = lag
    send_together(devin)
    one, two = machine(), machine()
    notices: list[str] = []
    first, second = at_once(
        lambda: create(one, on_notice=notices.append), lambda: create(two, on_notice=notices.append)
    )
    made = [each["session_id"] for each in devin.made]
    assert len(made) == 2
    assert first == second
    assert first in made
    assert any(session in notice for session in made for notice in notices if session != first)
    devin.clock.sleep(lag)
    assert {create(one), create(two), create(machine())} == {first}


@pytest.mark.parametrize("seed", range(4))
def test_of_two_sessions_of_one_second_the_one_that_was_first_counts(
    version: str, seed: int, monkeypatch: pytest.MonkeyPatch, machine: Callable[..., Host], devin: Devin
) -> None:
    """v3 tells whole seconds: who came first has seen its own session alone, and returned it."""
    devin = Devin(seed=seed)
    monkeypatch.setattr("luahost.integrations.devin.simulator.Simulator", lambda accounts, seed: devin)
    one, two = machine(), machine()
    second_sends, first_done = threading.Event(), threading.Event()

    def hold(method: str, _: str) -> None:
        if method == "POST" and threading.current_thread() is not first_thread[0]:
            second_sends.set()
            assert first_done.wait(5)

    first_thread: list[Any] = [None]
    devin.before = hold
    results: list[Any] = []
    slow = threading.Thread(target=lambda: results.append(create(two)))
    slow.start()
    assert second_sends.wait(5)
    devin.before = lambda _method, _path: None
    first = create(one)
    first_done.set()
    slow.join()
    assert len(devin.made) == 2
    assert results == [first]


# -- real processes ----------------------------------------------------------------------------------------------


@pytest.fixture
def simulator() -> Devin:
    """In place of the shared fixture: one that can hold requests."""
    return Devin(clock=RealClock())


class Processes:
    """Starts `luahost call devin.create_session` as processes of their own."""

    def __init__(self, url: str, keys: dict[str, str], home: Path) -> None:
        self.url = url
        self.keys = keys
        self.home = home
        self.started: list[subprocess.Popen[str]] = []

    def configure(self, home: Path, *, timeout: float, settle: float) -> None:
        home.mkdir(parents=True, exist_ok=True)
        text = f"[http]\ntimeout = {timeout}\n[idempotency]\nsettle = {settle}\n"
        (home / "config.toml").write_text(text, "utf-8")

    def start(
        self, prompt: str = "Fix it", *, account: str = "default", home: Path | None = None, code: str = ""
    ) -> subprocess.Popen[str]:
        env = {
            **os.environ,
            "LUAHOST_HOME": str(home or self.home),
            **{f"LUAHOST_DEVIN_{name.upper()}_API_KEY": key for name, key in self.keys.items()},
            **{f"LUAHOST_DEVIN_{name.upper()}_BASE_URL": self.url for name in self.keys},
        }
        run = f"{code}\nfrom luahost.cli import entry\nentry()"
        words = ["call", CREATE, f"prompt={prompt}", "idempotency_key=fix-login", "--account", account, "--json"]
        pipe = subprocess.PIPE
        process = subprocess.Popen(
            [sys.executable, "-c", run, *words], env=env, stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe, text=True
        )
        self.started.append(process)
        return process

    def result(self, process: subprocess.Popen[str]) -> tuple[Any, str]:
        """The session's id (or the error's code), and what was said on the side."""
        out, err = process.communicate(timeout=30)
        found = json.loads(out)
        found = found.get("error", found)
        return bare(found["session_id"]) if "session_id" in found else found.get("code"), err


@pytest.fixture
def processes(simulator: Devin, server: Server, version: str, home: Path) -> Iterator[Processes]:
    made = Processes(server.url, simulator.keys[version], home)
    made.configure(home, timeout=10, settle=0.5)
    yield made
    for process in made.started:
        if process.poll() is None:
            process.kill()
        process.communicate()


def hold_first_lists(simulator: Devin, count: int) -> None:
    """No list is answered before so many callers have asked for one."""
    everybody = threading.Event()
    seen: list[int] = []

    def hold(method: str, path: str) -> None:
        if method == "GET" and path.endswith("sessions") and not everybody.is_set():
            seen.append(1)
            if len(seen) >= count:
                everybody.set()
            everybody.wait(20)

    simulator.before = hold


def test_processes_that_share_the_folder_and_call_at_once_make_one_session(
    simulator: Devin, processes: Processes
) -> None:
    hold_first_lists(simulator, 6)
    accounts = ["default"] * 6 if processes.keys["default"].startswith("apk_") else ["default", "work"] * 3
    started = [processes.start(account=account) for account in accounts]
    results = {processes.result(process)[0] for process in started}
    assert [*results] == [each["session_id"] for each in simulator.made]
    assert len(simulator.posts) == 1


def test_processes_at_once_make_one_session_where_tags_are_refused(simulator: Devin, processes: Processes) -> None:
    simulator.allowed_tags = []
    hold_first_lists(simulator, 3)
    started = [processes.start() for _ in range(3)]
    results = {processes.result(process)[0] for process in started}
    assert [*results] == [each["session_id"] for each in simulator.made]


def test_processes_at_once_with_other_arguments_make_one_session_and_conflicts(
    simulator: Devin, processes: Processes
) -> None:
    simulator.before = lambda method, _: time.sleep(0.5) if method == "POST" else None
    started = [processes.start(f"Task {number}") for number in range(3)]
    results = sorted(processes.result(process)[0] for process in started)
    assert sorted([simulator.made[0]["session_id"], "conflict", "conflict"]) == results
    assert len(simulator.made) == 1


def test_processes_that_share_nothing_return_the_oldest_and_name_the_other(
    simulator: Devin, processes: Processes, tmp_path: Path
) -> None:
    homes = [tmp_path / "one", tmp_path / "two"]
    for home in homes:
        processes.configure(home, timeout=10, settle=0.5)
    sent, performed = threading.Barrier(2), threading.Barrier(2)
    simulator.before = lambda method, _: sent.wait(20) if method == "POST" else None
    simulator.after = lambda method, _: performed.wait(20) if method == "POST" else None
    started = [processes.start(home=home) for home in homes]
    (first, said), (second, also_said) = (processes.result(process) for process in started)
    made = {each["session_id"] for each in simulator.made}
    assert len(made) == 2
    assert first == second
    (other,) = made - {first}
    assert other in said + also_said


@pytest.mark.parametrize("performed", [True, False])
def test_after_a_kill_between_claim_and_answer_one_session_is_made(
    simulator: Devin, processes: Processes, performed: bool
) -> None:
    processes.configure(processes.home, timeout=1.5, settle=0.5)
    victims = [processes.start()]

    def kill(method: str, _: str) -> None:
        if method == "POST" and victims:
            victim = victims.pop()
            victim.kill()
            victim.wait()
            raise LostAnswer

    if performed:
        simulator.after = kill
    else:
        simulator.before = kill
    processes.started[0].wait(20)
    assert processes.started[0].returncode == -signal.SIGKILL
    simulator.before = simulator.after = lambda _method, _path: None
    again = processes.result(processes.start())[0]
    assert [again] == [each["session_id"] for each in simulator.made]
    assert processes.result(processes.start())[0] == again


STOPS_AFTER_LOOKING = """
import os, signal
from luahost.integrations.devin.functions.creation import _Creation as creation
find = creation.find
def and_stop(self, tag):
    found = find(self, tag)
    creation.find = find
    os.kill(os.getpid(), signal.SIGSTOP)
    return found
creation.find = and_stop
"""


def test_a_process_that_slept_until_its_claim_ran_out_does_not_send(simulator: Devin, processes: Processes) -> None:
    """It has looked, in vain, and is stopped; another takes over; it goes on."""
    processes.configure(processes.home, timeout=1, settle=0.3)
    sleeper = processes.start(code=STOPS_AFTER_LOOKING)
    assert os.WIFSTOPPED(os.waitpid(sleeper.pid, os.WUNTRACED)[1])
    made = processes.result(processes.start())[0]
    sleeper.send_signal(signal.SIGCONT)
    assert processes.result(sleeper)[0] == made
    assert [made] == [each["session_id"] for each in simulator.made]


def test_a_claim_lasts_through_a_slow_look_and_a_slow_answer(simulator: Devin, processes: Processes) -> None:
    """Each request may take the whole timeout: the look before sending must not eat up the time for the answer."""
    processes.configure(processes.home, timeout=2.5, settle=0.2)
    simulator.fail(method="GET", path=LISTS, delay=1.9)
    simulator.fail(method="POST", delay=1.9)
    slow = processes.start()
    while not any(each.path.endswith("sessions") for each in simulator.requests):
        time.sleep(0.01)
        assert slow.poll() is None
    processes.result(processes.start())
    processes.result(slow)
    assert len(simulator.made) == 1


def test_an_answer_that_comes_after_the_timeout_is_found(simulator: Devin, processes: Processes) -> None:
    processes.configure(processes.home, timeout=1, settle=15)
    simulator.fail(method="POST", delay=1.6)
    assert [processes.result(processes.start())[0]] == [each["session_id"] for each in simulator.made]


def test_the_settle_time_is_that_of_config_toml(simulator: Devin, processes: Processes) -> None:
    processes.configure(processes.home, timeout=10, settle=0.2)
    simulator.fail(method="POST", lose="before")
    process = processes.start()
    began = time.monotonic()
    assert processes.result(process)[0] == "outcome_unknown"
    assert time.monotonic() - began < 10


def test_the_ledger_holds_neither_the_key_nor_the_prompt_nor_the_credential(
    simulator: Devin, processes: Processes
) -> None:
    processes.result(processes.start("Mend the gate"))
    kept = ledger_text(processes.home / "state")
    assert "done" in kept
    assert not re.search("fix-login|gate|cog_|apk_", kept)
    assert not any(key in kept for key in processes.keys.values())


def test_account_and_spelling_of_the_base_url_do_not_matter(
    simulator: Devin, server: Server, tmp_path: Path, version: str
) -> None:
    """All come to the one entry of the ledger. On v1 the key is the organisation."""
    keys = simulator.keys[version]
    names = ["default", "work"] if version == "v3" else ["default"]
    urls = [server.url, f"{server.url}/", f"{server.url}/{version}", server.url.upper().replace("HTTP", "http")]
    for name in names:
        for url in urls:
            accounts = {"devin": {"some_name": {"api_key": keys[name], "base_url": url}}}
            with Host(accounts=accounts, policy=ALLOW, state=tmp_path) as host:
                create(host, account="some_name")
    assert len(list((tmp_path / "ledger").iterdir())) == 1
    assert len(simulator.posts) == 1


def test_nothing_is_written_where_state_is_false(simulator: Devin, accounts: Any, home: Path, version: str) -> None:
    with Host(accounts=accounts(version), policy=ALLOW, state=False) as host:
        assert create(host) == create(host)
    assert not home.exists()


def test_an_unusable_ledger_is_an_error_and_nothing_is_sent(
    simulator: Devin, accounts: Any, tmp_path: Path, version: str
) -> None:
    (tmp_path / "ledger").touch()
    with Host(accounts=accounts(version), policy=ALLOW, state=tmp_path) as host:
        with pytest.raises(InternalError, match="ledger"):
            create(host)
        create(host, key=None)
    assert len(simulator.posts) == 1


# One child after another dies at the first, the second … line of a create under a key of its own.
DYING = """
import json, os, signal, sys, threading
from luahost import Host, Policy
from luahost.calls import dispatch, http, idempotency, ledger

FILES = {idempotency.__file__, ledger.__file__}

def create(line):
    count = 0
    def trace(frame, event, _):
        nonlocal count
        if frame.f_code.co_filename not in FILES:
            return None
        if event == "line":
            count += 1
            if count == line:
                os.kill(os.getpid(), signal.SIGKILL)
        return trace
    threading.settrace(trace)
    with Host(policy=Policy(write="allow")) as host:
        host.call("devin.create_session", {"prompt": str(line), "idempotency_key": str(line)})

for line in range(1, 1000):
    child = os.fork()
    if not child:
        create(line)
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    if not os.WIFSIGNALED(status):
        break
print(line, os.waitstatus_to_exitcode(status))
"""


def test_a_death_at_any_line_of_a_create_makes_one_session_in_the_end(
    simulator: Devin, server: Server, home: Path, version: str
) -> None:
    home.mkdir()
    (home / "config.toml").write_text("[http]\ntimeout = 3\n[idempotency]\nsettle = 0.2\n", "utf-8")
    env = {
        **os.environ,
        "LUAHOST_DEVIN_API_KEY": simulator.keys[version]["default"],
        "LUAHOST_DEVIN_BASE_URL": server.url,
        "LUAHOST_DEVIN_ORG_ID": simulator.org_id,
    }
    done = subprocess.run([sys.executable, "-c", DYING], env=env, capture_output=True, text=True, check=True)
    lines, code = map(int, done.stdout.split())
    assert (code, lines > 40) == (0, True)
    accounts = {"devin": {"default": {"api_key": env["LUAHOST_DEVIN_API_KEY"], "base_url": server.url}}}
    if version == "v3":
        accounts["devin"]["default"]["org_id"] = simulator.org_id
    with Host(accounts=accounts, policy=ALLOW) as host:
        again = at_once(*[lambda line=line: create(host, str(line), str(line)) for line in range(1, lines + 1)])
    made = {each["prompt"]: each["session_id"] for each in simulator.made}
    assert again == [made.get(str(line)) for line in range(1, lines + 1)]
    assert len(simulator.made) == lines
