"""A run that did not end well goes on where it stopped."""

from __future__ import annotations

import errno
import json
import os
import stat
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from luahost import Host, Limits, Policy
from luahost.calls.http import Client
from luahost.calls.journal import Journal
from luahost.calls.journals import Journals
from luahost.calls.run import Run
from luahost.errors import UsageError
from tests.conftest import ALLOW

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from luahost.calls.pending import Pending
    from luahost.calls.recorded import Entry
    from luahost.errors import LuaHostError
    from luahost.integrations.devin.simulator import Simulator

THREE = """
for i = 1, 3 do
  local made = app.integrations.devin.create_session{ prompt = "task " .. i }
  print(made.session_id)
end
return "done"
"""


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state"


@pytest.fixture
def host(accounts: Callable[..., dict[str, Any]], state: Path) -> Iterator[Host]:
    with Host(accounts=accounts(), policy=ALLOW, state=state, journal=True) as made:
        yield made


def lines_of(state: Path, run_id: str | None) -> list[dict[str, Any]]:
    assert run_id is not None
    return [json.loads(line) for line in Journals(state).path(run_id).read_text().splitlines()]


def cut(state: Path, run_id: str | None, keep: Callable[[dict[str, Any]], bool]) -> str:
    """Leave a journal as a run that died just before the first line that `keep` refuses would."""
    assert run_id is not None
    kept = []
    for event in lines_of(state, run_id):
        if not keep(event):
            break
        kept.append(json.dumps(event) + "\n")
    Journals(state).path(run_id).write_text("".join(kept))
    return run_id


def is_no(event: str, n: int | None = None) -> Callable[[dict[str, Any]], bool]:
    return lambda line: not (line["event"] == event and (n is None or line["n"] == n))


def test_the_journal_has_all_that_a_run_needs_and_is_its_owners_alone(host: Host, state: Path) -> None:
    result = host.run(THREE, name="three.lua", args={"a": 1}, words=["w"], limits=Limits(calls=50))
    path = Journals(state).path(result.run_id or "")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    first, *_, last = lines_of(state, result.run_id)
    assert first["source"] == THREE
    assert (first["name"], first["args"], first["words"], first["limits"]["calls"]) == (
        "three.lua",
        {"a": 1},
        ["w"],
        50,
    )
    assert (last["event"], last["status"], last["calls"]) == ("end", "done", 3)


def test_each_call_is_written_before_it_is_sent_and_after_it_is_answered(host: Host, state: Path) -> None:
    result = host.run(THREE)
    events = [line["event"] for line in lines_of(state, result.run_id) if line.get("n") == 2]
    assert events == ["call", "sent", "answer"]


def test_without_a_journal_nothing_is_written(accounts: Callable[..., dict[str, Any]], state: Path) -> None:
    with Host(accounts=accounts(), policy=ALLOW, state=state) as host:
        assert host.run("app.integrations.devin.list_sessions()").run_id is None
    assert not state.exists()


def test_no_secret_is_in_a_journal(host: Host, state: Path, simulator: Simulator) -> None:
    key = simulator.keys["v3"]["default"]
    simulator.fail(path="/sessions", status=403, body={"detail": f"no {key} here"})
    result = host.run(
        """
        pcall(app.integrations.devin.list_sessions)
        dump(app.integrations.devin.create_secret{ key = "TOKEN", value = "very" .. "-hidden", type = "key-value" })
        """
    )
    assert result.ok
    text = Journals(state).path(result.run_id or "").read_text()
    assert key not in text
    assert "very-hidden" not in text
    assert '"value":"<sensitive>"' in text


@pytest.mark.parametrize("isolation", ["process", "none"])
@pytest.mark.parametrize("died_before", [("call", 3), ("sent", 2), ("answer", 2), ("answer", 3), ("end", None)])
def test_a_run_that_died_does_nothing_twice(
    accounts: Callable[..., dict[str, Any]],
    state: Path,
    simulator: Simulator,
    isolation: str,
    died_before: tuple[str, int | None],
) -> None:
    with Host(accounts=accounts(), policy=ALLOW, state=state, journal=True, isolation=isolation) as host:
        before = len(simulator.sessions)
        first = host.run(THREE)
        run_id = cut(state, first.run_id, is_no(*died_before))
        second = host.resume(run_id)
    assert second.ok, second.error
    assert (second.value, second.output, second.run_id) == ("done", first.output, run_id)
    assert len(simulator.sessions) == before + 3
    assert Journals(state).status(run_id) == "done"


def test_what_the_journal_answers_is_not_sent(host: Host, state: Path, simulator: Simulator) -> None:
    run_id = cut(state, host.run(THREE).run_id, is_no("call", 3))
    asked = len(simulator.requests)
    result = host.resume(run_id)
    assert [call.replayed for call in result.calls] == [True, True, False]
    assert [call.status for call in result.calls] == ["ok"] * 3
    # The third has its key of before, and nobody has sent it: that it exists is in the ledger.
    assert {each.method for each in simulator.requests[asked:]} == {"GET"}


def test_output_that_was_delivered_is_not_repeated(host: Host, state: Path) -> None:
    pieces: list[bytes] = []
    code = (
        "print('a') app.integrations.devin.list_sessions() print('b') app.integrations.devin.list_sessions() print('c')"
    )
    run_id = cut(state, host.run(code, on_output=pieces.append).run_id, is_no("call", 2))
    assert b"".join(pieces) == b"a\nb\nc\n"
    pieces.clear()
    assert host.resume(run_id, on_output=pieces.append).output == "a\nb\nc\n"
    assert b"".join(pieces) == b"c\n"


def test_a_sleep_that_is_over_is_not_slept_again_and_one_under_way_for_what_is_left(host: Host, state: Path) -> None:
    code = "sleep(0.3) app.integrations.devin.list_sessions() sleep(0.2)"
    run_id = cut(state, host.run(code).run_id, is_no("call"))
    assert host.resume(run_id).elapsed_ms < 300


def test_a_module_is_as_it_was(host: Host, state: Path, tmp_path: Path) -> None:
    (tmp_path / "words.lua").write_text("return { text = 'old' }")
    code = "local w = require('words') app.integrations.devin.list_sessions() return w.text"
    run_id = cut(state, host.run(code, modules=tmp_path).run_id, is_no("end"))
    (tmp_path / "words.lua").write_text("return { text = 'new' }")
    assert host.resume(run_id).value == "old"


def test_random_numbers_are_the_same(host: Host, state: Path) -> None:
    code = "local n = math.random(1e9) app.integrations.devin.list_sessions() return n"
    first = host.run(code)
    assert host.resume(cut(state, first.run_id, is_no("end"))).value == first.value


def test_the_call_that_ended_a_run_is_made_anew(host: Host, simulator: Simulator) -> None:
    simulator.fail(method="POST", path="/sessions$", status=403, after=1)
    first = host.run(THREE)
    assert first.error is not None
    assert first.error.code == "forbidden"
    second = host.resume(first.run_id or "")
    assert second.ok
    assert [call.replayed for call in second.calls] == [True, False, False]


def test_an_error_that_the_script_has_handled_is_raised_again(host: Host, state: Path, simulator: Simulator) -> None:
    simulator.fail(method="POST", path="/sessions$", status=403)
    code = """
    local ok, problem = pcall(app.integrations.devin.create_session, { prompt = "x" })
    app.integrations.devin.list_sessions()
    return ok, problem.code, problem.status
    """
    run_id = cut(state, host.run(code).run_id, is_no("end"))
    assert host.resume(run_id).values == [False, "forbidden", 403]


SAY = """
local made = app.integrations.devin.create_session{ prompt = "x" }
app.integrations.devin.send_message{ session_id = made.session_id, message = "hello" }
return "said"
"""


def messages(simulator: Simulator) -> list[str]:
    return [
        each["message"] for session in simulator.sessions for each in session["messages"] if each["source"] == "user"
    ]


def test_a_write_without_answer_that_has_no_key_is_asked_about(host: Host, state: Path, simulator: Simulator) -> None:
    run_id = cut(state, host.run(SAY).run_id, is_no("answer", 2))
    said = messages(simulator)
    result = host.resume(run_id)
    assert result.error is not None
    assert result.error.code == "outcome_unknown"
    assert "devin.send_message on account default" in result.error.message
    assert "hello" in result.error.message
    assert f"--resume {run_id} --assume" in (result.error.hint or "")
    assert messages(simulator) == said
    assert host.resume(run_id, assume="done").value == "said"
    assert messages(simulator) == said


def test_it_is_made_again_when_it_is_said_not_to_be_done(host: Host, state: Path, simulator: Simulator) -> None:
    run_id = cut(state, host.run(SAY).run_id, is_no("answer", 2))
    said = messages(simulator)
    assert host.resume(run_id, assume={2: "not-done"}).ok
    assert len(messages(simulator)) == len(said) + 1


def test_a_script_cannot_catch_what_nobody_knows(host: Host, state: Path) -> None:
    code = SAY.replace("app.integrations.devin.send_message{", "pcall(app.integrations.devin.send_message, {").replace(
        '"hello" }', '"hello" })'
    )
    run_id = cut(state, host.run(code).run_id, is_no("answer", 2))
    result = host.resume(run_id)
    assert result.error is not None
    assert result.error.code == "outcome_unknown"
    assert result.value is None


def test_a_script_that_goes_another_way_is_stopped_and_both_ways_are_shown(
    host: Host, state: Path, simulator: Simulator
) -> None:
    code = """
    app.integrations.devin.list_sessions()
    local until_then = os.clock() + 0.01
    while os.clock() < until_then do end
    pcall(app.integrations.devin.create_session, { prompt = "at " .. os.clock() })
    print("went on")
    """
    run_id = cut(state, host.run(code).run_id, is_no("end"))
    before = len(simulator.sessions)
    result = host.resume(run_id)
    assert result.error is not None
    assert result.error.code == "conflict"
    assert result.error.message.count("devin.create_session on account default with") == 2
    assert "went on" not in result.output
    assert len(simulator.sessions) == before


def test_calls_in_the_order_of_a_tables_keys_are_known_in_any_order(
    host: Host, state: Path, simulator: Simulator
) -> None:
    code = """
    local todo = {}
    for i = 1, 12 do todo["task " .. i] = true end
    for name in pairs(todo) do app.integrations.devin.create_session{ prompt = name } end
    """
    before = len(simulator.sessions)
    run_id = cut(state, host.run(code).run_id, is_no("end"))
    for _ in range(3):
        assert host.resume(run_id).ok
        cut(state, run_id, is_no("end"))
    assert len(simulator.sessions) == before + 12


def test_equal_calls_are_answered_in_their_order(host: Host, state: Path) -> None:
    code = """
    local ids = {}
    for i = 1, 3 do ids[i] = app.integrations.devin.create_session{ prompt = "same" }.session_id end
    return ids
    """
    first = host.run(code)
    assert len(set(first.value)) == 3
    assert host.resume(cut(state, first.run_id, is_no("end"))).value == first.value


def test_a_walk_goes_on_after_the_page_it_had_come_to(host: Host, state: Path, simulator: Simulator) -> None:
    host.run("for i = 1, 9 do app.integrations.devin.create_session{ prompt = 'p' .. i } end")
    code = """
    local n = 0
    for session in each(app.integrations.devin.list_sessions, { first = 3 }) do n = n + 1 end
    return n
    """
    first = host.run(code)
    pages = [line for line in lines_of(state, first.run_id) if line["event"] == "page"]
    assert len(pages) > 3
    run_id = cut(state, first.run_id, lambda line: line["event"] != "page" or line["at"] < pages[2]["at"])
    asked = len(simulator.requests)
    assert host.resume(run_id).value == first.value
    assert len(simulator.requests) - asked == len(pages) - 3  # two were known, and one says that it is the last


@pytest.mark.parametrize("version", ["v3", "v1"])
def test_a_walk_is_known_whole(
    accounts: Callable[..., dict[str, Any]], state: Path, simulator: Simulator, version: str
) -> None:
    code = "local n = 0 for s in each(app.integrations.devin.list_sessions, {}) do n = n + 1 end return n"
    with Host(accounts=accounts(version), policy=ALLOW, state=state, journal=True) as host:
        host.run("for i = 1, 3 do app.integrations.devin.create_session{ prompt = 'p' .. i } end")
        first = host.run(code)
        asked = len(simulator.requests)
        assert host.resume(cut(state, first.run_id, is_no("end"))).value == first.value == len(simulator.sessions)
        assert len(simulator.requests) == asked


# -- waiting for somebody's approval ---------------------------------------------------------------------------------

ASKING = Policy(read="allow", write="ask")


@pytest.mark.parametrize("suspend", [True, False])
def test_a_run_waits_for_an_approval_over_any_time(
    accounts: Callable[..., dict[str, Any]], state: Path, simulator: Simulator, *, suspend: bool
) -> None:
    before = len(simulator.sessions)
    with Host(accounts=accounts(), policy=ASKING, state=state, journal=True) as host:
        result = host.run(THREE, suspend=suspend)
        for number in (1, 2, 3):
            assert result.error is not None
            assert result.error.code == "approval_required"
            assert result.meta["pending"] == [
                {
                    "n": number,
                    "call": "devin.create_session",
                    "account": "default",
                    "arguments": {"prompt": f"task {number}"},
                }
            ]
            run_id = result.run_id or ""
            assert Journals(state).status(run_id) == "suspended"
            result = host.resume(run_id, approved=[number], suspend=suspend)
    assert result.ok
    assert [call.policy and call.policy["approved"] for call in result.calls] == [True] * 3
    assert len(simulator.sessions) == before + 3


def test_a_script_that_would_go_on_without_it_is_suspended_all_the_same(
    accounts: Callable[..., dict[str, Any]], state: Path
) -> None:
    code = "pcall(app.integrations.devin.create_session, { prompt = 'x' }) print('went on')"
    with Host(accounts=accounts(), policy=ASKING, state=state, journal=True) as host:
        assert host.run(code).output == "went on\n"
        result = host.run(code, suspend=True)
        assert (result.output, result.meta["pending"][0]["n"]) == ("", 1)
        assert host.resume(result.run_id or "", approved=[1]).output == "went on\n"


def test_only_what_waits_can_be_approved(accounts: Callable[..., dict[str, Any]], state: Path) -> None:
    with Host(accounts=accounts(), policy=ASKING, state=state, journal=True) as host:
        run_id = host.run(THREE).run_id or ""
        with pytest.raises(UsageError, match=r"call 7 .* waits for no approval"):
            host.resume(run_id, approved=[7])
        assert Journals(state).status(run_id) == "suspended"


def test_what_is_denied_by_now_stays_denied(accounts: Callable[..., dict[str, Any]], state: Path) -> None:
    with Host(accounts=accounts(), policy=ASKING, state=state, journal=True) as host:
        run_id = host.run(THREE).run_id or ""
    with Host(accounts=accounts(), policy=Policy(write="deny"), state=state, journal=True) as host:
        result = host.resume(run_id, approved=[1])
    assert result.error is not None
    assert result.error.code == "permission_denied"


# -- what cannot go on -----------------------------------------------------------------------------------------------


def test_a_run_that_ended_well_is_not_resumed(host: Host) -> None:
    run_id = host.run(THREE).run_id or ""
    with pytest.raises(UsageError, match="has ended well"):
        host.resume(run_id)


def test_a_run_that_is_alive_is_not_resumed(host: Host, state: Path) -> None:
    run_id = cut(state, host.run(THREE).run_id, is_no("end"))
    held = Journals(state).open(run_id)
    assert Journals(state).status(run_id) == "running"
    with pytest.raises(UsageError, match="still alive"):
        host.resume(run_id)
    os.close(held)
    assert host.resume(run_id).ok


@pytest.mark.parametrize("words", ["nothing-of-that-name", "../../etc/passwd", "/tmp/x.jsonl", "", "UPPER-CASE"])
def test_only_ids_of_the_state_folder_are_resumed(host: Host, words: str) -> None:
    with pytest.raises(UsageError, match=r"is not the id of a run|there is no run"):
        host.resume(words)


def test_a_run_goes_on_where_it_was_and_nowhere_else(
    host: Host, state: Path, accounts: Callable[..., dict[str, Any]]
) -> None:
    run_id = cut(state, host.run(THREE).run_id, is_no("call", 3))
    elsewhere = accounts()
    for account in elsewhere["devin"].values():
        account["base_url"] = "http://127.0.0.1:9"
    with Host(accounts=elsewhere, policy=ALLOW, state=state) as other, pytest.raises(UsageError, match="base_url"):
        other.resume(run_id)


def test_another_organisation_is_another_place(
    host: Host, state: Path, accounts: Callable[..., dict[str, Any]]
) -> None:
    run_id = cut(state, host.run(THREE).run_id, is_no("call", 3))
    elsewhere = accounts()
    elsewhere["devin"]["default"]["org_id"] = "org-another"
    with Host(accounts=elsewhere, policy=ALLOW, state=state) as other, pytest.raises(UsageError, match="org_id"):
        other.resume(run_id)


def test_another_key_is_the_same_place_only_where_the_organisation_is_said(
    host: Host, state: Path, accounts: Callable[..., dict[str, Any]], simulator: Simulator
) -> None:
    run_id = cut(state, host.run(THREE).run_id, is_no("call", 3))
    other = accounts()
    other["devin"]["default"]["api_key"] = simulator.keys["v3"]["work"]
    with (
        Host(accounts=other, policy=ALLOW, state=state) as changed,
        pytest.raises(UsageError, match="another key") as told,
    ):
        changed.resume(run_id)
    assert simulator.org_id in (told.value.hint or "")
    other["devin"]["default"]["org_id"] = simulator.org_id
    with Host(accounts=other, policy=ALLOW, state=state) as changed:
        assert changed.resume(run_id).ok


@pytest.mark.parametrize(
    ("damage", "problem"),
    [
        (lambda text: text.replace('"version": 1', '"version": 99'), ":1: this journal has version 99"),
        (
            lambda text: text.replace('{"event": "sent"', '{"event": sent', 1),
            r":\d+: not a line of a journal: it is not JSON",
        ),
        (lambda text: "\n".join(text.split("\n")[1:]), ":1: not a line of a journal: a journal begins with"),
        (lambda text: "", "it has no first line"),
        (lambda text: text[:100], "it has no first line"),
        (lambda text: text + "[1, 2]\n", r":\d+: not a line of a journal"),
    ],
)
def test_a_damaged_journal_is_named_with_its_line(
    host: Host, state: Path, damage: Callable[[str], str], problem: str
) -> None:
    run_id = cut(state, host.run(THREE).run_id, is_no("end"))
    path = Journals(state).path(run_id)
    damaged = damage(path.read_text())
    path.write_text(damaged)
    with pytest.raises(UsageError, match=problem) as told:
        host.resume(run_id)
    assert str(path) in told.value.message
    assert path.read_text() == damaged


def test_a_last_line_that_was_cut_off_does_not_count(host: Host, state: Path) -> None:
    run_id = cut(state, host.run(THREE).run_id, is_no("end"))
    path = Journals(state).path(run_id)
    path.write_text(path.read_text() + '{"event": "answer", "n": 9, "resu')
    assert host.resume(run_id).ok
    assert all(json.loads(line) for line in path.read_text().splitlines())


def test_a_state_folder_that_cannot_be_written_is_named(
    accounts: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    problem = r"file/runs/.* cannot be written: Not a directory"
    with (
        Host(accounts=accounts(), policy=ALLOW, state=tmp_path / "file", journal=True) as host,
        pytest.raises(UsageError, match=problem),
    ):
        host.run(THREE)
    with Host(accounts=accounts(), policy=ALLOW, state=tmp_path / "file", journal="if-possible") as host:
        result = host.run("return app.integrations.devin.list_sessions()")
    assert result.ok
    assert result.run_id is None
    assert "this run cannot be resumed" in result.meta["notices"][0]


@pytest.mark.parametrize(
    ("status", "sent_again"),
    [(403, True), (404, True), (500, False), (200, False)],
)
def test_a_write_that_failed_is_made_anew_only_where_it_cannot_have_happened(
    host: Host, simulator: Simulator, status: int, *, sent_again: bool
) -> None:
    simulator.fail(path="/messages", status=None if status == 200 else status, body="no JSON", performed=True)
    first = host.run(SAY)
    assert first.error is not None
    said = len(messages(simulator))
    second = host.resume(first.run_id or "")
    assert (second.error is None) == sent_again
    assert len(messages(simulator)) == said + sent_again
    if second.error is not None:
        assert second.error.code == "outcome_unknown"
        assert "--assume" in (second.error.hint or "")


def test_a_sensitive_value_that_an_answer_says_again_leaves_the_journal_readable(
    host: Host, state: Path, simulator: Simulator
) -> None:
    value = '","at":'
    simulator.fail(path="/secrets", status=200, body={"secret_id": "s", "note": f"it is {value}"}, performed=True)
    code = "return app.integrations.devin.create_secret{ key = 'T', value = args.v, type = 'key-value' }"
    first = host.run(code, args={"v": value})
    (answer,) = [line for line in lines_of(state, first.run_id) if line["event"] == "answer"]
    assert answer["result"]["note"].startswith("it is <sensitive:")
    again = host.replay(Journals(state).path(first.run_id or ""))
    assert again.value == first.value == {"secret_id": "s", "note": f"it is {value}"}


def test_each_write_that_nobody_knows_of_is_named_and_answered_for_itself(
    host: Host, state: Path, simulator: Simulator
) -> None:
    code = """
    return parallel({ "a", "b", "c" }, function(name)
      return app.integrations.devin.create_note{ name = name, body = "b", trigger = "t" }.name or "nobody knows"
    end)
    """
    run_id = cut(state, host.run(code).run_id, is_no("answer"))
    numbers = sorted(line["n"] for line in lines_of(state, run_id) if line["event"] == "sent")
    assert len(numbers) > 1
    before = sum(request.method == "POST" for request in simulator.requests)
    result = host.resume(run_id)
    assert result.error is not None
    assert all(f"--assume {n}=done" in (result.error.hint or "") for n in numbers)
    again = host.resume(run_id, assume=dict.fromkeys(numbers, "done"))
    assert again.ok, again.error
    assert again.value.count("nobody knows") == len(numbers)
    assert sum(request.method == "POST" for request in simulator.requests) == before + 3 - len(numbers)


@pytest.mark.parametrize("said", ["Done", "", "yes", {1: "maybe"}])
def test_only_what_can_be_said_is_taken(host: Host, state: Path, said: Any) -> None:
    run_id = cut(state, host.run(SAY).run_id, is_no("answer", 2))
    with pytest.raises(UsageError, match="'done' or 'not-done' was expected"):
        host.resume(run_id, assume=said)


def test_the_organisation_is_known_before_a_write_leaves(
    host: Host, state: Path, accounts: Callable[..., dict[str, Any]], simulator: Simulator
) -> None:
    run_id = cut(state, host.run("app.integrations.devin.create_session{ prompt = 'x' }").run_id, is_no("answer"))
    other = accounts()
    other["devin"]["default"] |= {"api_key": simulator.keys["v3"]["work"], "org_id": "org-another"}
    with Host(accounts=other, policy=ALLOW, state=state) as changed, pytest.raises(UsageError, match="org_id"):
        changed.resume(run_id)


@pytest.mark.parametrize("said", ["done", "not-done"])
def test_a_create_that_no_key_can_find_is_asked_about(host: Host, state: Path, simulator: Simulator, said: str) -> None:
    simulator.allowed_tags = ["team"]
    code = "return app.integrations.devin.create_session{ prompt = 'x' }.session_id"
    first = host.run(code)
    ledger = next((state / "ledger").iterdir())
    (claim,) = [each for each in ledger.iterdir() if each.name == max(each.name for each in ledger.iterdir())]
    entry = {"state": "sent", "arguments": json.loads(claim.read_text())["arguments"], "until": 0, "lasts": 0}
    claim.write_text(json.dumps({**entry, "tagged": False}))
    run_id = cut(state, first.run_id, is_no("answer"))
    asked = host.resume(run_id)
    assert asked.error is not None
    assert asked.error.code == "outcome_unknown"
    before = len(simulator.sessions)
    again = host.resume(run_id, assume=said)
    assert again.ok, again.error
    assert len(simulator.sessions) == before + (said == "not-done")


def test_all_that_an_outage_has_failed_is_made_anew_at_once(host: Host, simulator: Simulator) -> None:
    code = """
    return parallel({ 1, 2, 3, 4, 5, 6 }, function(i)
      return app.integrations.devin.create_note{ name = "n" .. i, body = "b", trigger = "t" }.name
    end)
    """
    simulator.fail(method="POST", path="/notes", status=403, times=None)
    first = host.run(code)
    assert first.error is not None
    simulator.clear_faults()
    second = host.resume(first.run_id or "")
    assert second.ok, second.error
    assert second.value == ["n1", "n2", "n3", "n4", "n5", "n6"]


def test_a_write_that_is_given_up_as_it_leaves_is_known_not_to_have_left(
    host: Host, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    leaving, given_up = threading.Event(), threading.Event()
    tell, give_up = Journal.sent, Run.give_up

    def sent(journal: Journal, entry: Entry) -> None:
        tell(journal, entry)
        leaving.set()
        given_up.wait(10)
        time.sleep(0.2)  # a run that does not wait for this has ended by then

    def gives_up(run: Run, pending: Pending, problem: LuaHostError) -> bool:
        leaving.wait(10)
        given = give_up(run, pending, problem)
        given_up.set()
        return given

    code = """
    return parallel{
      function() return app.integrations.devin.create_note{ name = "n", body = "b", trigger = "t" }.name end,
      function() return #app.integrations.devin.list_sessions().sessions > 0 end,
    }
    """
    simulator.fail(method="GET", path="/sessions", status=403, times=None)
    with monkeypatch.context() as patched:
        patched.setattr(Journal, "sent", sent)
        patched.setattr(Run, "give_up", gives_up)
        first = host.run(code)
    assert first.error is not None
    assert first.error.code == "forbidden"
    simulator.clear_faults()
    second = host.resume(first.run_id or "")
    assert second.ok, second.error
    assert second.value == ["n", True]


def test_a_run_that_ends_by_an_exception_waits_for_the_write_that_has_left(
    host: Host, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left, settling = threading.Event(), threading.Event()
    exchange, settle = Client._exchange, Run.settle

    def exchanged(client: Client, request: Any, deadline: float, *, repeat: bool) -> Any:
        if repeat:
            left.wait(10)
        else:
            left.set()
            settling.wait(2)  # a run that does not wait for this has ended by then
        return exchange(client, request, deadline, repeat=repeat)

    def settles(run: Run, seconds: float) -> None:
        settling.set()
        settle(run, seconds)

    def full(_: bytes) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    code = """
    local devin = app.integrations.devin
    return parallel{
      function() return devin.create_note{ name = "n", body = "b", trigger = "t" }.name end,
      function() devin.list_notes() print("text") end,
    }[1]
    """
    host.dispatcher.call(Run(limits=Limits()), "devin.list_notes")  # what has to be asked about the account is known
    with monkeypatch.context() as patched:
        patched.setattr(Client, "_exchange", exchanged)
        patched.setattr(Run, "settle", settles)
        with pytest.raises(OSError, match="No space left"):
            host.run(code, run_id="full-disk", on_output=full)
    assert sum(line["event"] == "answer" for line in lines_of(state, "full-disk")) == 2
    assert host.resume("full-disk").value == "n"


def test_a_file_that_a_call_had_written_when_it_died_is_written_again(host: Host, state: Path, tmp_path: Path) -> None:
    (tmp_path / "in.txt").write_text("text")
    code = """
    local made = app.integrations.devin.upload_attachment{ file = "in.txt" }
    app.integrations.devin.download_attachment{ url = made.url, file = "copy.txt" }
    return "got it"
    """
    first = host.run(code, files=tmp_path)
    assert first.value == "got it", first.error
    assert host.resume(cut(state, first.run_id, is_no("answer", 2))).value == "got it"


def test_another_time_zone_is_told(host: Host, state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_id = cut(state, host.run("app.integrations.devin.list_sessions()").run_id, is_no("end"))
    path = Journals(state).path(run_id)
    path.write_text(path.read_text().replace('"utc_offset": ', '"utc_offset": 1'))
    assert "the time zone is another one" in host.resume(run_id).meta["notices"][0]


def test_a_journal_of_anybody_s_allows_nothing(
    host: Host, state: Path, accounts: Callable[..., dict[str, Any]]
) -> None:
    run_id = host.run("app.integrations.devin.list_sessions()", limits=Limits(cpu=None, output_bytes=None)).run_id
    path = Journals(state).path(run_id or "")
    path.write_text(path.read_text().replace("app.integrations", "while true do end app.integrations"))
    with Host(accounts=accounts(), state=state, limits=Limits(cpu=0.2)) as other:
        error = other.replay(path).error
    assert error is not None
    assert error.code == "limit_exceeded"
