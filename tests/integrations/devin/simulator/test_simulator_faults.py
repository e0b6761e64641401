from __future__ import annotations

import threading
from typing import Any

import pytest

from luahost.integrations.devin.simulator import LostAnswer, Simulator


def test_a_fault_answers_in_place_of_the_request_as_often_as_asked(v3: Any, v1: Any) -> None:
    v3.simulator.fail(status=503, times=2)
    assert v3("POST", v3.sessions, {"prompt": "p"}).json["status"] == 503
    assert v1("GET", "/v1/sessions").json == {"detail": "Service Unavailable"}
    assert v3("GET", "/v3/self").status == 200
    assert len(v3.simulator.sessions) == 1


def test_a_performed_fault_does_the_request_and_hides_it(v3: Any) -> None:
    v3.simulator.fail(status=500, performed=True)
    assert v3("POST", v3.sessions, {"prompt": "p"}).status == 500
    assert len(v3.simulator.sessions) == 2


@pytest.mark.parametrize(("lose", "made"), [("before", 1), ("after", 2)])
def test_an_answer_is_lost_before_or_after_the_request_is_done(v3: Any, lose: str, made: int) -> None:
    v3.simulator.fail(lose=lose)
    with pytest.raises(LostAnswer):
        v3("POST", v3.sessions, {"prompt": "p"})
    assert len(v3.simulator.sessions) == made
    assert v3.simulator.requests[-1].status is None


def test_a_fault_meets_only_its_method_and_path(v3: Any) -> None:
    v3.simulator.fail(method="post", path=r"/messages$", status=500, times=None)
    assert v3("GET", f"{v3.sessions}/sess_abc123/messages").status == 200
    assert v3("POST", v3.sessions, {"prompt": "p"}).status == 200
    for _ in range(3):
        assert v3("POST", f"{v3.sessions}/sess_abc123/messages", {"message": "m"}).status == 500


def test_a_fault_lets_requests_through_first(v3: Any) -> None:
    v3.simulator.fail(status=500, after=2)
    assert [v3("GET", "/v3/self").status for _ in range(4)] == [200, 200, 500, 200]


def test_faults_apply_in_the_order_they_were_added(v3: Any) -> None:
    v3.simulator.fail(status=500)
    v3.simulator.fail(status=502)
    assert [v3("GET", "/v3/self").status for _ in range(3)] == [500, 502, 200]


def test_a_delay_passes_on_the_clock_and_the_answer_is_the_real_one(v3: Any) -> None:
    v3.simulator.fail(delay=7.5)
    before = v3.simulator.clock.time()
    assert v3("GET", "/v3/self").json["user_name"] == "Ada Lovelace"
    assert v3.simulator.clock.time() == before + 7.5


@pytest.mark.parametrize(
    ("body", "content", "kind"),
    [
        (b"\x00", b"\x00", "application/octet-stream"),
        ("<html>", b"<html>", "text/plain; charset=utf-8"),
        ({"a": 1}, b'{"a":1}', "application/json"),
    ],
)
def test_a_fault_sends_any_body(v3: Any, body: Any, content: bytes, kind: str) -> None:
    v3.simulator.fail(body=body)
    reply = v3("GET", "/v3/self")
    assert (reply.status, reply.content, reply.headers["content-type"]) == (200, content, kind)
    assert reply.headers["content-length"] == str(len(content))


def test_headers_of_a_fault_beat_the_usual_ones(v3: Any) -> None:
    v3.simulator.fail(status=429, body="<p>", headers={"Retry-After": "3", "Content-Type": "text/html"})
    reply = v3("GET", "/v3/self")
    assert (reply.headers["retry-after"], reply.headers["content-type"]) == ("3", "text/html")


def test_an_unknown_way_to_lose_an_answer_is_refused_at_once(simulator: Any) -> None:
    with pytest.raises(ValueError, match="before"):
        simulator.fail(lose="maybe")


def test_the_rate_limit_counts_by_key_and_moves_with_the_clock(simulator: Any, connect: Any) -> None:
    ada, bot = connect(simulator), connect(simulator, account="work")
    simulator.rate_limit(2, 10.0, 4)
    assert [ada("GET", "/v3/self").status for _ in range(2)] == [200, 200]
    refused = ada("GET", "/v3/self")
    assert (refused.status, refused.headers["retry-after"]) == (429, "4")
    assert bot("GET", "/v3/self").status == 200
    simulator.clock.sleep(10)
    assert ada("GET", "/v3/self").status == 200


def test_the_rate_limit_says_when_there_is_room_again(simulator: Any, connect: Any) -> None:
    v3, v1 = connect(simulator), connect(simulator, version="v1")
    simulator.rate_limit(2, per=60)
    for client, path in ((v3, "/v3/self"), (v1, "/v1/sessions")):
        client("GET", path)
        simulator.clock.sleep(20.5)
        client("GET", path)
        refused = client("GET", path)
        assert (refused.status, refused.headers["retry-after"]) == (429, "40")
        problem = {"title": "Too Many Requests", "status": 429} if client is v3 else {"detail": "Too many requests"}
        assert problem.items() <= refused.json.items()
        assert (set(refused.json) == {"detail"}) is (client is v1)
        simulator.clock.sleep(40)
        assert client("GET", path).status == 200


def test_the_rate_limit_may_keep_its_wait_to_itself(v3: Any) -> None:
    v3.simulator.rate_limit(0, 1.0, None)
    assert "retry-after" not in v3("GET", "/v3/self").headers


def test_cleared_faults_are_gone_with_the_rate_limit(v3: Any) -> None:
    v3.simulator.fail(status=500, times=None)
    v3.simulator.rate_limit(0, 1.0, None)
    v3.simulator.clear_faults()
    assert v3("GET", "/v3/self").status == 200


def test_threads_that_create_at_once_each_get_a_session_of_their_own(connect: Any) -> None:
    simulator = Simulator()
    client = connect(simulator)
    made: list[str] = []
    threads = [threading.Thread(target=lambda: made.extend(client.create() for _ in range(25))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(made)) == 200 == len(simulator.sessions) - 1
    assert len({record.status for record in simulator.requests}) == 1
