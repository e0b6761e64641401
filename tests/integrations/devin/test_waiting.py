"""`wait_session`: asks for a session until it has come to something."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from luahost import Host, Limits, LuaHostError, Policy
from luahost.calls.settings import Settings
from luahost.errors import CallTimeout, InvalidArguments, NotFound
from luahost.integrations.devin.simulator import RealClock, Simulator
from luahost.integrations.devin.simulator.server import Server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ALLOW = Policy(read="allow", write="allow")
SESSION = "sess_abc123"


@pytest.fixture(params=["v3", "v1"])
def version(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def host(version: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Host]:
    monkeypatch.setenv("LUAHOST_DEVIN_API_VERSION", version)
    with Host(simulate=True, policy=ALLOW, limits=Limits(wall=30)) as made:
        yield made


def wait(host: Host, **arguments: Any) -> dict[str, Any]:
    found: dict[str, Any] = host.call("devin.wait_session", {"session_id": SESSION, **arguments})
    return found


def now(host: Host) -> float:
    return float(host.simulation("devin").clock.time())


def looks(host: Host) -> int:
    return sum(request.path.endswith(f"devin-{SESSION}") for request in host.simulation("devin").requests)


def test_a_task_that_is_done_is_still_running(host: Host, version: str) -> None:
    session = wait(host, until_status=["finished"])
    assert session["status"] == "running"
    assert session["status_detail" if version == "v3" else "status_enum"] == "finished"


def test_it_asks_again_and_again_less_and_less_often(host: Host) -> None:
    began = now(host)
    wait(host, until_status=["finished"])
    assert 1200 <= now(host) - began <= 1260  # that session works for so long
    assert 20 <= looks(host) <= 40


def test_every_says_how_often(host: Host) -> None:
    began = now(host)
    wait(host, until_status=["finished"], every=300)
    assert 4 <= looks(host) <= 7
    assert now(host) - began <= 1200 + 300


@pytest.mark.parametrize("state", ["running", "working"])
def test_a_state_that_is_there_is_not_waited_for(host: Host, state: str) -> None:
    began = now(host)
    assert wait(host, until_status=[state])["session_id"].endswith(SESSION)
    assert (looks(host), now(host)) == (1, began)


@pytest.mark.parametrize(
    ("status", "detail"),
    [
        ("running", "waiting_for_user"),
        ("running", "waiting_for_approval"),
        ("running", "finished"),
        ("suspended", "inactivity"),
        ("suspended", "user_request"),
        ("exit", None),
        ("error", None),
    ],
)
def test_without_a_state_it_waits_for_any_in_which_nothing_more_happens(
    host: Host, status: str, detail: str | None
) -> None:
    host.simulation("devin").force(SESSION, status, detail)
    began = now(host)
    assert wait(host)["session_id"].endswith(SESSION)
    assert (looks(host), now(host)) == (1, began)


@pytest.mark.parametrize("detail", ["waiting_for_user", "waiting_for_approval"])
def test_a_session_that_asks_is_found_waiting_on_both_versions(host: Host, detail: str, version: str) -> None:
    host.simulation("devin").force(SESSION, "running", detail)
    wanted = [detail, "blocked"] if detail == "waiting_for_approval" else [detail]  # v1 has one word for both
    assert wait(host, until_status=wanted, timeout=0)["session_id"].endswith(SESSION)


@pytest.mark.parametrize("status", ["exit", "error"])
def test_a_session_that_has_ended_otherwise_is_an_error_at_once_that_carries_it(host: Host, status: str) -> None:
    host.simulation("devin").force(SESSION, status)
    began = now(host)
    with pytest.raises(CallTimeout, match=rf"the session has ended \({status}.*will not come to finished") as caught:
        wait(host, until_status=["finished"])
    assert now(host) == began
    assert caught.value.details["last"]["status"] == status
    assert caught.value.retryable is False
    assert caught.value.hint


@pytest.mark.parametrize("timeout", [0, 1, 60, 600.5])
def test_a_wait_that_takes_too_long_is_an_error_that_carries_the_last_state(host: Host, timeout: float) -> None:
    began = now(host)
    with pytest.raises(CallTimeout, match=f"after {timeout:g} s .* not come to finished; it is running") as caught:
        wait(host, until_status=["finished"], timeout=timeout)
    assert now(host) - began == pytest.approx(timeout)
    assert caught.value.details["last"]["session_id"].endswith(SESSION)
    assert caught.value.retryable is False


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"until_status": ["done"]}, r"until_status' at \[1\] must be one of new, .*not 'done'"),
        ({"until_status": ["finished", "finishd"]}, r"at \[2\] must be one of .*did you mean 'finished'"),
        ({"until_status": []}, "'until_status' must not be empty"),
        ({"until_status": "finished"}, "'until_status' must be an array"),
        ({"timeout": -1}, "'timeout' must be at least 0, not -1"),
        ({"timeout": float("inf")}, "'timeout' must be a number"),
        ({"every": 0}, "'every' must be at least 0.1, not 0"),
        ({"every": 86401}, "'every' must be at most 86400, not 86401"),
        ({"session_id": "a/b"}, "'session_id' must be a session's id"),
    ],
)
def test_wrong_arguments_are_named_before_anything_is_sent(host: Host, arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidArguments, match=said):
        wait(host, **arguments)
    assert host.simulation("devin").requests == []


def test_a_session_that_does_not_exist_is_not_waited_for(host: Host) -> None:
    with pytest.raises(NotFound):
        wait(host, session_id="nosuch")


@pytest.mark.parametrize("status", [429, 500, 503])
def test_trouble_that_passes_is_waited_for(host: Host, status: int) -> None:
    host.simulation("devin").fail(method="GET", path=SESSION, times=3, status=status)
    assert wait(host, until_status=["running"])["status"] == "running"
    assert looks(host) == 4


def test_a_retry_after_in_between_is_kept(host: Host) -> None:
    host.simulation("devin").fail(
        method="GET", path=SESSION, after=1, times=1, status=429, headers={"retry-after": "500"}
    )
    began = now(host)
    wait(host, until_status=["finished"], every=1)
    first, second = 500, now(host) - began
    assert second >= first
    assert looks(host) < 40


def test_trouble_that_does_not_pass_is_told_with_the_last_state_that_was_read(host: Host) -> None:
    host.simulation("devin").fail(method="GET", path=SESSION, after=1, times=None, status=503)
    with pytest.raises(CallTimeout, match=r"could not be read: .*503") as caught:
        wait(host, until_status=["finished"], timeout=100)
    assert caught.value.details["last"]["status"] == "running"


def test_waiting_is_one_call(host: Host) -> None:
    code = f"return app.integrations.devin.wait_session{{ session_id = '{SESSION}', until_status = {{'finished'}} }}"
    result = host.run(code, limits=Limits(calls=1))
    assert result.error is None, result.error.fields()
    assert [(record.call, record.status) for record in result.calls] == [("devin.wait_session", "ok")]


def test_the_error_of_a_wait_reaches_the_script_at_its_line(isolation: str, monkeypatch: pytest.MonkeyPatch) -> None:
    code = f"""\nlocal ok, err = pcall(app.integrations.devin.wait_session, {{
          session_id = "{SESSION}", until_status = {{ "finished" }}, timeout = 5 }})
        print(ok, err.code, err.details.last.status)
        app.integrations.devin.wait_session{{ session_id = "{SESSION}", timeout = 5 }}"""
    with Host(simulate=True, policy=ALLOW, isolation=isolation) as host:
        result = host.run(code)
    assert result.output == "false\ttimeout\trunning\n"
    assert result.error is not None
    assert (result.error.code, result.error.line) == ("timeout", 5)


@pytest.fixture
def real(tmp_path: Path) -> Iterator[tuple[Host, Simulator]]:
    """A host whose Devin goes by the machine's clock."""
    simulator = Simulator(clock=RealClock())
    with Server(simulator) as server:
        account = {"api_key": simulator.keys["v3"]["default"], "base_url": server.url, "org_id": simulator.org_id}
        settings = Settings({}, str(tmp_path), str(tmp_path), {"http": {"retries": 0}})
        with Host(accounts={"devin": {"default": account}}, policy=ALLOW, settings=settings, state=False) as host:
            yield host, simulator


def test_a_wait_ends_with_the_run(real: tuple[Host, Simulator]) -> None:
    host, _ = real
    begun = time.monotonic()
    code = f"app.integrations.devin.wait_session{{ session_id = '{SESSION}', until_status = {{'finished'}} }}"
    result = host.run(code, limits=Limits(wall=0.6))
    assert time.monotonic() - begun < 5
    assert result.error is not None
    assert (result.error.code, result.error.details["limit"]) == ("limit_exceeded", "wall")
    assert result.calls[0].status == "error"


def test_a_wait_sees_what_changes_meanwhile(real: tuple[Host, Simulator]) -> None:
    host, simulator = real
    import threading

    timer = threading.Timer(0.3, simulator.force, (SESSION, "running", "finished"))
    timer.start()
    begun = time.monotonic()
    found = wait(host, until_status=["finished"], every=0.1, timeout=20)
    timer.join()
    assert found["status_detail"] == "finished"
    assert time.monotonic() - begun < 5


def test_a_wait_of_real_time_ends_at_its_timeout(real: tuple[Host, Simulator]) -> None:
    host, _ = real
    begun = time.monotonic()
    with pytest.raises(LuaHostError, match=r"after 0\.4 s"):
        wait(host, until_status=["finished"], every=0.1, timeout=0.4)
    assert 0.4 <= time.monotonic() - begun < 5
