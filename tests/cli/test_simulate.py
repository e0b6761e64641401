"""`luahost simulate`: a Devin on loopback, for any client."""

from __future__ import annotations

import http.client
import json
import signal
import subprocess
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from luahost.integrations.devin.simulator.server import Server
    from tests.conftest import Command

    Start = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture(autouse=True)
def _interruptible() -> None:
    """A test run in the background ignores SIGINT, and so would what it starts."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def start(luahost: Command) -> Iterator[Start]:
    """Starts `luahost simulate`, and ends it."""
    running: list[subprocess.Popen[bytes]] = []

    def begin(*words: str, **options: Any) -> subprocess.Popen[bytes]:
        pipe = subprocess.PIPE
        running.append(luahost.start("simulate", *words, stdout=pipe, stderr=pipe, **options))
        return running[-1]

    yield begin
    for process in running:
        process.kill()
        process.communicate()


def first_line(process: subprocess.Popen[bytes]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().decode()


def ask(url: str, method: str, path: str, key: str, body: Any = None) -> tuple[int, Any]:
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=20)
    try:
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


def test_the_first_line_of_json_has_all_that_a_client_needs(start: Start) -> None:
    found = json.loads(first_line(start("--json")))
    assert set(found) == {"url", "org_id", "keys"}
    assert urlsplit(found["url"]).hostname == "127.0.0.1"
    for version, prefix in (("v3", "cog_"), ("v1", "apk_")):
        assert set(found["keys"][version]) == {"default", "work", "personal"}
        assert all(key.startswith(prefix) for key in found["keys"][version].values())


def test_a_client_creates_a_session_on_v3_and_reads_it(start: Start) -> None:
    found = json.loads(first_line(start("--json")))
    key, path = found["keys"]["v3"]["work"], f"/v3/organizations/{found['org_id']}/sessions"
    status, session = ask(found["url"], "POST", path, key, {"prompt": "x"})
    assert status == 200, session
    status, again = ask(found["url"], "GET", f"{path}/devin-{session['session_id'].removeprefix('devin-')}", key)
    assert (status, again["session_id"]) == (200, session["session_id"])


def test_a_client_creates_a_session_on_v1(start: Start) -> None:
    found = json.loads(first_line(start("--json")))
    status, session = ask(found["url"], "POST", "/v1/sessions", found["keys"]["v1"]["default"], {"prompt": "x"})
    assert status == 200, session
    assert session["session_id"]


def test_a_wrong_key_is_refused(start: Start) -> None:
    found = json.loads(first_line(start("--json")))
    assert ask(found["url"], "GET", "/v3/self", "cog_wrong")[0] == 401


def test_the_command_itself_is_a_client(start: Start, luahost: Command) -> None:
    found = json.loads(first_line(start("--json")))
    env = {"LUAHOST_DEVIN_API_KEY": found["keys"]["v3"]["default"], "LUAHOST_DEVIN_BASE_URL": found["url"]}
    assert luahost("call", "devin.list_sessions", "--json", env=env).json["sessions"]


def test_the_same_seed_gives_the_same_keys(start: Start) -> None:
    keys = [json.loads(first_line(start("--json", "--seed", seed)))["keys"] for seed in ("7", "7", "8")]
    assert keys[0] == keys[1] != keys[2]


def test_an_account_of_the_settings_has_a_key_too(start: Start) -> None:
    found = json.loads(first_line(start("--json", env={"LUAHOST_DEVIN_NIGHTLY_API_KEY": "cog_x"})))
    assert "nightly" in found["keys"]["v3"]
    assert "cog_x" not in str(found)


def test_people_read_what_to_type_next(start: Start) -> None:
    process = start()
    assert first_line(process).startswith("A simulated Devin at http://127.0.0.1:")
    assert first_line(process) == "\n"
    assert "export LUAHOST_DEVIN_BASE_URL=http://127.0.0.1:" in first_line(process)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_cleanly_and_frees_its_port(start: Start, how: signal.Signals) -> None:
    process = start("--json")
    port = urlsplit(json.loads(first_line(process))["url"]).port
    process.send_signal(how)
    _, err = process.communicate(timeout=20)
    assert (process.returncode, err) == (0, b"stopped\n")
    again = json.loads(first_line(start("--json", "--port", str(port))))
    assert urlsplit(again["url"]).port == port


def test_a_port_in_use_is_one_line_that_says_which(luahost: Command, server: Server) -> None:
    done = luahost("simulate", "--port", str(server.port))
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert f"port {server.port} cannot be used: Address already in use" in done.err
    assert "--port 0" in done.err


@pytest.mark.parametrize("port", ["-1", "65536", "http", ""])
def test_what_is_no_port_is_wrong_usage(luahost: Command, port: str) -> None:
    done = luahost("simulate", "--port", port)
    assert done.code == 2, done
    assert "Traceback" not in done.err


def test_the_clock_runs_as_fast_as_asked(start: Start) -> None:
    found = json.loads(first_line(start("--json", "--speed", "3600")))
    key, path = found["keys"]["v3"]["default"], f"/v3/organizations/{found['org_id']}/sessions/sess_abc123"
    deadline = time.monotonic() + 20  # the session is at work for twenty minutes, which is a third of a second
    while ask(found["url"], "GET", path, key)[1]["status_detail"] == "working":
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_a_state_outlives_the_process(start: Start, tmp_path: Path, how: signal.Signals) -> None:
    words = ("--json", "--state", str(tmp_path / "state"))
    process = start(*words, "--seed", "7")
    found = json.loads(first_line(process))
    path = f"/v3/organizations/{found['org_id']}/sessions"
    status, session = ask(found["url"], "POST", path, found["keys"]["v3"]["work"], {"prompt": "x", "tags": ["kept"]})
    assert status == 200, session
    process.send_signal(how)
    process.wait(20)
    again = json.loads(first_line(start(*words)))
    assert {**again, "url": ""} == {**found, "url": ""}
    status, kept = ask(again["url"], "GET", f"{path}/{session['session_id']}", again["keys"]["v3"]["work"])
    assert (status, kept["tags"], kept["created_at"]) == (200, ["kept"], session["created_at"])
    assert (tmp_path / "state").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("content", ["hello\n", '{"mark": 1}'])
def test_a_foreign_state_is_one_line_that_says_so(luahost: Command, tmp_path: Path, content: str) -> None:
    (tmp_path / "notes").write_text(content)
    done = luahost("simulate", "--state", str(tmp_path / "notes"))
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert "is not a state file of luahost simulate" in done.err
    assert (tmp_path / "notes").read_text() == content


def test_a_state_is_for_one_process_at_a_time(start: Start, luahost: Command, tmp_path: Path) -> None:
    words = ("--json", "--state", str(tmp_path / "state"))
    first_line(start(*words))
    done = luahost("simulate", *words)
    assert (done.code, done.err.count("\n")) == (2, 1)
    assert "in use by another simulator" in done.err


def test_a_key_that_asks_too_often_is_told_to_wait(start: Start) -> None:
    found = json.loads(first_line(start("--json", "--rate-limit", "3", "--speed", "0.001")))
    keys = found["keys"]
    asked = [ask(found["url"], "GET", "/v3/self", keys["v3"]["default"]) for _ in range(4)]
    assert [status for status, _ in asked] == [200, 200, 200, 429]
    assert (asked[-1][1]["title"], asked[-1][1]["status"]) == ("Too Many Requests", 429)
    asked = [ask(found["url"], "GET", "/v1/sessions", keys["v1"]["default"]) for _ in range(4)]
    assert asked[-1] == (429, {"detail": "Too many requests"})
    assert ask(found["url"], "GET", "/v3/self", keys["v3"]["work"])[0] == 200


@pytest.mark.parametrize("limit", ["0", "-1", "many", "1.5"])
def test_what_is_no_rate_limit_is_wrong_usage(luahost: Command, limit: str) -> None:
    done = luahost("simulate", "--rate-limit", limit)
    assert done.code == 2, done
    assert "Traceback" not in done.err
    assert "--rate-limit" in done.err


@pytest.mark.parametrize("speed", ["0", "-1", "nan", "inf", "10001", "fast"])
def test_what_is_no_speed_is_wrong_usage(luahost: Command, speed: str) -> None:
    done = luahost("simulate", "--speed", speed)
    assert done.code == 2, done
    assert "Traceback" not in done.err
    assert "--speed" in done.err
