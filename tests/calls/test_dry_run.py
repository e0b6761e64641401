"""A dry run: what is read, what is not sent, what answers instead, and the list of what would have been done."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from luahost import Field, Function, Host, Integration, Param, Policy
from luahost.errors import LuaHostError, NotFound, PermissionDenied

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from luahost.integrations.devin.simulator import Simulator
    from luahost.results import Result

ALLOW = Policy(read="allow", write="allow")


@pytest.fixture(params=["v3", "v1"])
def real(request: pytest.FixtureRequest, accounts: Callable[..., dict[str, Any]]) -> Iterator[Host]:
    """A host whose accounts are those of a real server, on either version."""
    with Host(accounts=accounts(request.param), policy=ALLOW, state=False) as made:
        yield made


def dry(host: Host, source: str, **options: Any) -> Result:
    return host.run(f"local devin = app.integrations.devin\n{source}", dry_run=True, **options)


def written(simulator: Simulator) -> list[str]:
    return [f"{request.method} {request.path}" for request in simulator.requests if request.method != "GET"]


def test_no_write_leaves_and_the_script_goes_on(real: Host, simulator: Simulator) -> None:
    result = dry(
        real,
        """
        local made = devin.create_session{ prompt = "x", tags = {"a"} }
        devin.send_message{ session_id = made.session_id, message = "m" }
        local session = devin.wait_session{ session_id = made.session_id }
        devin.append_session_tags{ session_id = made.session_id, tags = {"b"} }
        local tags = devin.get_session_tags{ session_id = made.session_id }.tags
        devin.terminate_session{ session_id = made.session_id }
        return { made.status, session.status, tags }
        """,
    )
    assert result.ok, result.error
    assert result.value[2] == ["a", "b"]
    assert written(simulator) == []
    assert [each["call"].partition(".")[2] for each in result.meta["plan"]] == [
        "create_session",
        "send_message",
        "append_session_tags",
        "terminate_session",
    ]
    assert result.meta["plan"][0]["arguments"] == {"prompt": "x", "tags": ["a"]}


def test_reads_of_what_is_there_are_made(real: Host, simulator: Simulator) -> None:
    result = dry(real, 'return devin.get_session("sess_abc123").status, #devin.list_sessions().sessions')
    assert result.values == ["running", 1]
    assert result.meta["plan"] == []
    assert {call.status for call in result.calls} == {"ok"}
    assert any(request.path.endswith("sess_abc123") for request in simulator.requests)


def test_planned_calls_say_so_in_their_record(real: Host) -> None:
    result = dry(real, 'devin.create_session{ prompt = "x" } devin.list_sessions()')
    assert [call.status for call in result.calls] == ["planned", "ok"]


def test_a_list_shows_what_is_there_and_what_belongs_to_what_was_made_is_simulated(real: Host) -> None:
    result = dry(
        real,
        """
        local made = devin.create_session{ prompt = "say this" }
        sleep(300)
        local said = {}
        local list = devin.list_session_messages
        for each_one in each(list, { session_id = made.session_id }) do said[#said + 1] = each_one.message end
        return #devin.list_sessions().sessions, said[1]
        """,
    )
    assert result.values == [1, "say this"]


def test_waiting_takes_no_time(real: Host) -> None:
    started = time.monotonic()
    result = dry(
        real,
        """
        local made = devin.create_session{ prompt = "x" }
        local began = os.time()
        devin.wait_session{ session_id = made.session_id, timeout = 3600 }
        sleep(1000)
        return os.time() - began
        """,
    )
    assert result.ok, result.error
    assert result.value >= 1000
    assert time.monotonic() - started < 15


def test_the_time_of_a_dry_run_is_that_of_today(real: Host) -> None:
    assert abs(dry(real, "return os.time()").value - time.time()) < 60


def test_a_write_to_what_is_there_is_answered_as_of_that_thing(real: Host, simulator: Simulator) -> None:
    title = real.call("devin.get_session", {"session_id": "sess_abc123"})["title"]
    result = dry(
        real, 'local done = devin.terminate_session("sess_abc123") return done, devin.get_session("sess_abc123")'
    )
    assert result.ok, result.error
    done, after = result.values
    if "session_id" in done:  # v1 gives no more than a text
        assert (done["session_id"], done["title"], done["status"]) == ("sess_abc123", title, "exit")
    assert after["session_id"].removeprefix("devin-") == "sess_abc123"
    assert after["status"] == "running"
    assert written(simulator) == []


def test_a_write_to_what_is_not_there_fails_as_it_would(accounts: Callable[..., dict[str, Any]]) -> None:
    with Host(accounts=accounts(), policy=ALLOW, state=False) as host:
        result = dry(host, 'devin.terminate_session("nosuch")')
        assert result.error is not None
        assert (result.error.code, result.meta["plan"]) == ("not_found", [])
        with pytest.raises(NotFound):
            host.call("devin.archive_session", {"session_id": "nosuch"}, dry_run=True)


def test_an_idempotency_key_that_has_made_something_makes_nothing_again(real: Host, simulator: Simulator) -> None:
    create = {"prompt": "x", "idempotency_key": "k"}
    made = real.call("devin.create_session", create)["session_id"]
    before = written(simulator)
    source = 'return devin.create_session{ prompt = "x", idempotency_key = args.key }.session_id'
    known = dry(real, source, args={"key": "k"})
    assert (known.value, known.meta["plan"]) == (made, [])
    fresh = dry(
        real,
        f"{source}, devin.create_session{{ prompt = 'x', idempotency_key = args.key }}.session_id",
        args={"key": "n"},
    )
    assert fresh.values[0] == fresh.values[1] != made
    assert written(simulator) == before
    assert real.call("devin.create_session", {"prompt": "x", "idempotency_key": "n"})["session_id"] not in fresh.values


def test_every_kind_of_thing_can_be_made_changed_and_deleted(
    accounts: Callable[..., dict[str, Any]], simulator: Simulator
) -> None:
    with Host(accounts=accounts(), policy=ALLOW, state=False) as host:
        note = host.call("devin.create_note", {"name": "n", "body": "old", "trigger": "t"})
        secret = host.call("devin.create_secret", {"type": "key-value", "key": "K", "value": "fake-value"})
        before = written(simulator)
        result = dry(
            host,
            """
            local changed = devin.update_note{ note_id = args.note, name = "new", body = "b", trigger = "t" }
            local gone = devin.delete_secret{ secret_id = args.secret }
            local book = devin.create_playbook{ title = "p", body = "b" }
            local weekly = { name = "s", prompt = "p", frequency = "0 9 * * 1", playbook_id = book.playbook_id }
            local schedule = devin.create_schedule(weekly)
            local off = devin.update_schedule{ schedule_id = schedule.schedule_id, enabled = false }
            return changed, gone.secret_id, off.enabled, devin.get_schedule(schedule.schedule_id).name
            """,
            args={"note": note["note_id"], "secret": secret["secret_id"]},
        )
        assert result.ok, result.error
        changed = result.values[0]
        assert (changed["note_id"], changed["name"], changed["created_at"]) == (
            note["note_id"],
            "new",
            note["created_at"],
        )
        assert result.values[1:] == [secret["secret_id"], False, "s"]
        assert written(simulator) == before
        assert host.call("devin.get_note", {"note_id": note["note_id"]})["name"] == "n"


def test_what_the_policy_denies_is_denied_and_what_it_asks_about_is_not_asked() -> None:
    asked: list[Any] = []
    policy = Policy(rules={"devin.delete_secret": "deny"})

    def approve(request: Any) -> bool:
        asked.append(request)
        return False

    with Host(simulate=True, policy=policy, approve=approve) as host:
        result = host.run("app.integrations.devin.create_session('x')", dry_run=True)
        assert result.ok, result.error
        assert result.meta["plan"][0]["policy"]["decision"] == "ask"
        assert asked == []
        with pytest.raises(PermissionDenied):
            host.call("devin.delete_secret", {"secret_id": "s"}, dry_run=True)


def test_sensitive_values_are_in_no_plan() -> None:
    with Host(simulate=True) as host:
        source = 'app.integrations.devin.create_secret{ type = "totp", key = "K", value = "hunter2!" }'
        result = host.run(source, dry_run=True)
    assert result.meta["plan"][0]["arguments"]["value"] == "<sensitive>"
    assert "hunter2" not in repr(result.as_dict())


def test_over_a_simulation_nothing_of_it_is_changed_and_time_is_shared() -> None:
    with Host(simulate=True, policy=ALLOW) as host:
        source = "local id = app.integrations.devin.create_session('x').session_id sleep(100) return id"
        made = host.run(source, dry_run=True).value
        assert [each["session_id"] for each in host.call("devin.list_sessions")["sessions"]] == ["sess_abc123"]
        with pytest.raises(LuaHostError, match="not found"):
            host.call("devin.get_session", {"session_id": made})


def test_two_dry_runs_know_nothing_of_each_other() -> None:
    with Host(simulate=True, policy=ALLOW) as host:
        made = host.run(
            "return app.integrations.devin.create_note{ name='n', body='b', trigger='t' }.note_id", dry_run=True
        )
        source = "return app.integrations.devin.get_note(args.id)"
        error = host.run(source, args={"id": made.value}, dry_run=True).error
        assert error is not None
        assert error.code == "not_found"


def test_no_file_is_written(tmp_path: Any) -> None:
    with Host(simulate=True, policy=ALLOW) as host:
        host.run('app.integrations.devin.upload_attachment{ name = "a.txt", content = "x" }')
        source = """
            local devin = app.integrations.devin
            local up = devin.upload_attachment{ name = "a.txt", content = "x" }
            return devin.download_attachment{ url = up.url, file = "copy.txt" }.file
        """
        result = host.run(source, dry_run=True, files=tmp_path)
        assert (result.value, list(tmp_path.iterdir())) == ("copy.txt", [])


# -- an integration without a simulator ---------------------------------------------------------------------------


def _tickets(sent: list[Any], sample: dict[str, Any] | None) -> Integration:
    def handler(_call: Any, arguments: dict[str, Any]) -> dict[str, Any]:
        sent.append(arguments)
        return {"ticket_id": "real", "state": "open"}

    params = (Param(name="title", type="string", description="", required=True),)
    returns = (
        Field(name="ticket_id", type="string", description=""),
        Field(name="state", type="string", description=""),
    )
    read = (Param(name="ticket_id", type="string", description="", required=True),)
    return Integration(
        name="tickets",
        functions=[
            Function(
                name="create_ticket",
                summary="",
                access="write",
                handler=handler,
                params=params,
                returns=returns,
                sample=sample,
            ),
            Function(name="get_ticket", summary="", access="read", handler=handler, params=read, returns=returns),
        ],
    )


def test_without_a_simulator_the_declared_example_answers() -> None:
    sent: list[Any] = []
    sample = {"ticket_id": "T-1", "state": "new"}
    with Host(integrations=[_tickets(sent, sample)], policy=ALLOW, state=False) as host:
        source = "local t = app.integrations.tickets local made = t.create_ticket('x')"
        result = host.run(f"{source} return made, t.get_ticket(made.ticket_id)", dry_run=True)
    assert result.ok, result.error
    assert result.values[0] == sample
    assert result.values[1]["ticket_id"] == "T-1"
    assert sent == []


def test_without_an_example_the_documented_fields_answer_and_ids_differ() -> None:
    sent: list[Any] = []
    with Host(integrations=[_tickets(sent, None)], policy=ALLOW, state=False) as host:
        source = "local t = app.integrations.tickets"
        makes = f"{source} return t.create_ticket('a'), t.create_ticket('b'), t.get_ticket('there')"
        first, second, there = host.run(makes, dry_run=True).values
    assert first["ticket_id"] != second["ticket_id"]
    assert set(first) == {"ticket_id", "state"}
    assert there["ticket_id"] == "real"
    assert sent == [{"ticket_id": "there"}]


# -- what an attacker and a careful user have found -----------------------------------------------------------------


def test_what_the_api_would_refuse_is_refused(real: Host) -> None:
    for arguments in ("structured_output_schema = { type = 'nonsense' }", "parent_session_id = 'nope'"):
        result = dry(real, f"devin.create_session{{ prompt = 'x', {arguments} }}")
        assert result.error is not None, arguments
        assert result.error.code in ("validation_failed", "not_found", "unsupported", "invalid_arguments")
        assert result.meta["plan"] == [] or result.meta["plan"][0]["call"] != "devin.create_session"


def test_ending_what_this_dry_run_has_ended_already_fails_as_it_would(real: Host) -> None:
    result = dry(real, 'devin.terminate_session("sess_abc123") devin.terminate_session("sess_abc123")')
    assert result.error is not None
    assert result.error.code in ("conflict", "validation_failed")
    assert len(result.meta["plan"]) >= 1


def test_one_idempotency_key_is_one_planned_call(real: Host) -> None:
    create = 'devin.create_session{ prompt = "x", idempotency_key = "one" }'
    result = dry(real, f"return {create}.session_id, {create}.session_id")
    assert result.values[0] == result.values[1]
    assert [call.status for call in result.calls] == ["planned", "ok"]
    assert len(result.meta["plan"]) == 1


def test_another_use_of_a_key_is_a_conflict(real: Host) -> None:
    source = 'devin.create_session{ prompt = args.p or "x", idempotency_key = "one" }'
    result = dry(real, f'{source} devin.create_session{{ prompt = "other", idempotency_key = "one" }}')
    assert result.error is not None
    assert result.error.code == "conflict"


def test_a_denied_read_is_not_made_to_answer_a_write(
    accounts: Callable[..., dict[str, Any]], simulator: Simulator
) -> None:
    with Host(accounts=accounts(), policy=Policy(read="deny", write="allow"), state=False) as host:
        result = dry(host, 'return devin.send_message("sess_abc123", "x")')
    assert result.ok, result.error
    assert result.value.get("title") != "Slow nightly build"
    assert not [request for request in simulator.requests if "/sessions/" in request.path]


def test_waiting_for_what_is_there_and_not_changed_takes_little_time(real: Host) -> None:
    started = time.monotonic()
    source = 'devin.wait_session{ session_id = "sess_abc123", until_status = { "exit" }, timeout = 600 }'
    error = dry(real, source).error
    assert error is not None
    assert error.code == "timeout"
    assert time.monotonic() - started < 15


def test_waiting_for_what_this_dry_run_has_changed_is_answered_by_the_simulator(real: Host) -> None:
    source = """
        devin.terminate_session("sess_abc123")
        return devin.wait_session{ session_id = "sess_abc123", timeout = 600 }.session_id
    """
    result = dry(real, source)
    assert result.ok, result.error
    assert result.value.removeprefix("devin-") == "sess_abc123"


def test_deleting_a_secret_that_is_not_there_fails_and_one_that_is_is_told(
    accounts: Callable[..., dict[str, Any]],
) -> None:
    with Host(accounts=accounts(), policy=ALLOW, state=False) as host:
        made = host.call("devin.create_secret", {"type": "totp", "key": "REAL_KEY", "value": "fake-value"})
        told = host.call("devin.delete_secret", {"secret_id": made["secret_id"]}, dry_run=True)
        assert (told["secret_id"], told["key"]) == (made["secret_id"], "REAL_KEY")
        with pytest.raises(NotFound):
            host.call("devin.delete_secret", {"secret_id": "sec_nope"}, dry_run=True)


def test_an_id_that_was_made_here_is_known_with_and_without_its_prefix(real: Host) -> None:
    source = """
        local id = devin.create_session("x").session_id:gsub("^devin%-", "")
        return devin.get_session(id).session_id, devin.get_session("devin-" .. id).session_id
    """
    result = dry(real, source)
    assert result.ok, result.error
    assert result.values[0] == result.values[1]


def test_what_is_read_by_what_it_was_made_of_is_answered_by_the_simulator(
    accounts: Callable[..., dict[str, Any]], simulator: Simulator
) -> None:
    source = """
        local url = "https://github.com/acme/web/pull/17"
        devin.create_pr_review{ pr_url = url }
        return wait_until{ check = function()
            local now = devin.get_pr_review{ pr_url = url }
            return now.status == "completed" and now.status, now.status
        end, timeout = 1800 }
    """
    with Host(accounts=accounts(), policy=ALLOW, state=False) as host:
        result = dry(host, source)
    assert result.values[:1] == ["completed"], result.error
    assert [each["call"] for each in result.meta["plan"]] == ["devin.create_pr_review"]
    assert not [request for request in simulator.requests if "pr-reviews" in request.path]
