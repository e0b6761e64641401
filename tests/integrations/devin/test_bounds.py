"""What is refused before anything is sent, what a version does not know, and how much of a list is given."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from luahost import Host, Limits, Policy
from luahost.errors import InvalidArguments, InvalidResponse, LuaHostError, Unsupported
from luahost.spec import KEPT_TAGS

if TYPE_CHECKING:
    from collections.abc import Iterator

ALLOW = Policy(read="allow", write="allow")
SESSION = "sess_abc123"


def simulated(version: str, monkeypatch: pytest.MonkeyPatch) -> Host:
    monkeypatch.setenv("LUAHOST_DEVIN_API_VERSION", version)
    return Host(simulate=True, policy=ALLOW, limits=Limits(wall=30))


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> Iterator[Host]:
    with simulated("v3", monkeypatch) as found:
        yield found


@pytest.fixture
def older(monkeypatch: pytest.MonkeyPatch) -> Iterator[Host]:
    with simulated("v1", monkeypatch) as found:
        yield found


# -- refused here -------------------------------------------------------------------------------------------------

CREATE = {"prompt": "x"}
SCHEDULE = {"name": "n", "prompt": "p", "frequency": "0 9 * * 1"}


@pytest.mark.parametrize(
    ("function", "arguments", "words"),
    [
        ("list_sessions", {"first": 0}, ("'first'", "at least 1", "0")),
        ("list_sessions", {"first": 201}, ("'first'", "at most 200", "201")),
        ("list_sessions", {"limit": 0}, ("'limit'", "at least 1", "0")),
        ("list_sessions", {"origins": ["web"]}, ("'origins'", "[1]", "webapp", "'web'")),
        ("list_sessions", {"category": "bugs"}, ("'category'", "bug_fixing", "'bugs'")),
        ("list_sessions", {"created_after": -1}, ("'created_after'", "at least 0", "-1")),
        ("create_session", {**CREATE, "tags": ["t"] * 51}, ("'tags'", "at most 50", "51")),
        ("create_session", {**CREATE, "tags": ["t"] * 49, "idempotency_key": "k"}, ("'tags'", "at most 48", "49")),
        ("create_session", {**CREATE, "tags": ["a", ""]}, ("'tags'", "[2]", "not empty")),
        ("create_session", {**CREATE, "max_acu_limit": 0}, ("'max_acu_limit'", "at least 1", "0")),
        (
            "create_session",
            {**CREATE, "devin_mode": "nrmal"},
            ("'devin_mode'", "normal, fast", "mean 'normal'"),
        ),
        (
            "create_session",
            {**CREATE, "attachment_urls": ["http://a.b/c"]},
            ("'attachment_urls'", "https", "http://a.b/c"),
        ),
        ("create_session", {**CREATE, "attachment_urls": ["https://a/" + "x" * 2083]}, ("'attachment_urls'", "2083")),
        ("create_session", {**CREATE, "repos": ["web"]}, ("'repos'", "owner/name", "'web'")),
        (
            "create_session",
            {**CREATE, "session_secrets": [{"key": "A"}]},
            ("[1]", "value is required"),
        ),
        (
            "create_session",
            {**CREATE, "session_secrets": [{"key": "A", "value": "v", "x": ""}]},
            ("at [1] has an unknown name",),
        ),
        ("create_session", {**CREATE, "structured_output_schema": {"a": "x" * 70000}}, ("65536 bytes", "as JSON")),
        ("create_schedule", {**SCHEDULE, "frequency": "0 9 * * 1 2"}, ("'frequency'", "five fields", "0 9 * * 1 2")),
        ("create_schedule", {**SCHEDULE, "frequency": "0 9 * *"}, ("'frequency'", "five fields", "0 9 * *")),
        ("create_schedule", {"name": "n", "prompt": "p"}, ("'frequency'", "required", "recurring")),
        ("create_schedule", {**SCHEDULE, "schedule_type": "one_time"}, ("'scheduled_at'", "required", "one_time")),
        (
            "create_schedule",
            {"name": "n", "prompt": "p", "schedule_type": "one_time", "scheduled_at": "2027-01-01T09:00:00"},
            ("'scheduled_at'", "zone", "2027-01-01T09:00:00"),
        ),
        ("create_playbook", {"title": "t", "body": "b", "macro": "no mark"}, ("'macro'", "!", "'no mark'")),
        ("create_secret", {"type": "password", "key": "A", "value": "v"}, ("'type'", "key-value", "'password'")),
        ("get_prs_metrics", {"time_after": 5, "time_before": 4}, ("'time_after'", "'time_before'", "4", "5")),
        ("get_prs_metrics", {"time_after": 5}, ("'time_before'", "required")),
        ("wait_session", {"session_id": SESSION, "until_status": ["done"]}, ("'until_status'", "finished", "'done'")),
        ("create_pr_review", {"pr_url": "ftp://x"}, ("'pr_url'", "https", "'ftp://x'")),
        ("upload_attachment", {}, ("'content'", "'file'")),
        ("upload_attachment", {"content": b"x"}, ("'name'", "required")),
    ],
)
def test_what_is_out_of_bounds_is_refused_before_it_is_sent(
    host: Host, function: str, arguments: dict[str, Any], words: tuple[str, ...]
) -> None:
    with pytest.raises(InvalidArguments) as caught:
        host.call(f"devin.{function}", arguments)
    for word in words:
        assert word in caught.value.message
    assert [each for each in host.simulation("devin").requests if each.method != "GET"] == []


# -- versions -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("function", "arguments"),
    [
        ("archive_session", {"session_id": SESSION}),
        ("list_schedules", {}),
        ("create_session", {"prompt": "x", "devin_mode": "fast"}),
        ("list_sessions", {"is_archived": True}),
        ("list_sessions", {"after": "cursor"}),
    ],
)
def test_what_v1_does_not_know_is_unsupported_and_not_sent(
    older: Host, function: str, arguments: dict[str, Any]
) -> None:
    with pytest.raises(Unsupported, match="API v3"):
        older.call(f"devin.{function}", arguments)
    assert older.simulation("devin").requests == []


@pytest.mark.parametrize(
    ("function", "arguments"),
    [("create_session", {"prompt": "x", "unlisted": True}), ("list_sessions", {"user_email": "a@b.example"})],
)
def test_what_v3_does_not_know_is_unsupported_and_not_sent(
    host: Host, function: str, arguments: dict[str, Any]
) -> None:
    with pytest.raises(Unsupported, match="API v1"):
        host.call(f"devin.{function}", arguments)
    assert host.simulation("devin").requests == []


# -- how much of a list -------------------------------------------------------------------------------------------


def fill(host: Host, count: int) -> list[str]:
    """Sessions, the newest first; one is there from the start."""
    made = [host.call("devin.create_session", {"prompt": f"task {n}"})["session_id"] for n in range(count)]
    return [name.removeprefix("devin-") for name in made[::-1]]


def names(page: dict[str, Any]) -> list[str]:
    return [each["session_id"].removeprefix("devin-") for each in page["sessions"]]


@pytest.mark.parametrize("version", ["v3", "v1"])
@pytest.mark.parametrize("first", [None, 2])
def test_limit_stops_after_so_many(version: str, first: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    with simulated(version, monkeypatch) as host:
        newest = fill(host, 5)
        given = {"limit": 3} if first is None else {"limit": 3, "first": first}
        assert names(host.call("devin.list_sessions", given)) == newest[:3]


def test_a_limit_beyond_the_list_gives_all_of_it(host: Host) -> None:
    newest = fill(host, 3)
    assert names(host.call("devin.list_sessions", {"limit": 100}))[:3] == newest


def test_one_page_goes_on_where_it_says(host: Host) -> None:
    newest = fill(host, 5)
    page = host.call("devin.list_sessions", {"first": 2})
    assert (names(page), page["has_next_page"]) == (newest[:2], True)
    assert names(host.call("devin.list_sessions", {"first": 2, "after": page["end_cursor"]})) == newest[2:4]


def test_one_page_of_v1_is_taken_by_its_offset(older: Host) -> None:
    newest = fill(older, 5)
    assert names(older.call("devin.list_sessions", {"first": 2, "offset": 2})) == newest[2:4]


def test_schedules_are_paged_by_offset(host: Host) -> None:
    for n in range(5):
        host.call("devin.create_schedule", {**SCHEDULE, "name": f"s{n}"})
    everything = [each["schedule_id"] for each in host.call("devin.list_schedules")["items"]]
    assert len(everything) == 5
    page = host.call("devin.list_schedules", {"first": 2, "offset": 1})
    assert [each["schedule_id"] for each in page["items"]] == everything[1:3]
    walked = host.run(
        "local n, list = {}, app.integrations.devin.list_schedules "
        "for s in each(list, {first = 2}) do n[#n + 1] = s.schedule_id end return n"
    )
    assert walked.value == everything


# -- tags ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", ["v3", "v1"])
def test_replacing_tags_keeps_those_of_the_idempotency_key(version: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with simulated(version, monkeypatch) as host:
        create = {"prompt": "x", "idempotency_key": "k", "tags": ["old"]}
        made = host.call("devin.create_session", create)["session_id"]
        tags = host.call("devin.replace_session_tags", {"session_id": made, "tags": ["new"]})["tags"]
        assert tags[0] == "new"
        assert "old" not in tags
        assert sorted(tag.rpartition("-")[0] + "-" for tag in tags[1:]) == sorted(KEPT_TAGS)
        assert host.call("devin.create_session", create)["session_id"] == made


def test_tags_are_appended_on_v1_by_reading_joining_and_replacing_them(older: Host) -> None:
    told: list[str] = []
    made = older.call("devin.create_session", {"prompt": "x", "tags": ["a", "b"]})["session_id"]
    given = {"session_id": made, "tags": ["b", "c"]}
    assert older.call("devin.append_session_tags", given, on_notice=told.append)["tags"] == ["a", "b", "c"]
    assert older.call("devin.get_session_tags", {"session_id": made})["tags"] == ["a", "b", "c"]
    assert any("v1" in notice and "replace" in notice for notice in told)


# -- promised fields ----------------------------------------------------------------------------------------------


def test_an_answer_without_a_promised_field_names_it_and_keeps_the_rest(host: Host) -> None:
    host.simulation("devin").fail(path="/notes", status=200, body={"note_id": "note-1", "name": "n", "trigger": "t"})
    with pytest.raises(InvalidResponse, match="no body") as caught:
        host.call("devin.get_note", {"note_id": "note-1"})
    assert caught.value.details["field"] == "body"
    assert caught.value.details["answer"]["name"] == "n"


@pytest.mark.parametrize(
    ("answer", "field"),
    [
        ({"session_id": "abc"}, "items"),
        ({"items": {}, "has_next_page": False}, "items"),
    ],
)
def test_a_list_that_is_none_names_the_field_and_keeps_the_rest(host: Host, answer: dict[str, Any], field: str) -> None:
    host.simulation("devin").fail(path="/sessions", status=200, body=answer, times=2)
    with pytest.raises(InvalidResponse, match=r"items") as caught:
        host.call("devin.list_sessions")
    assert caught.value.details == {"answer": answer, "field": field}
    walked = host.run("for _ in each(app.integrations.devin.list_sessions) do end")
    assert walked.error is not None
    assert walked.error.code == "invalid_response"


def test_waiting_for_a_session_whose_status_is_not_told_is_an_error_at_once(host: Host) -> None:
    host.simulation("devin").fail(path="/sessions/", status=200, body={"session_id": "abc", "title": "t"}, times=2)
    with pytest.raises(InvalidResponse, match="no status") as caught:
        host.call("devin.wait_session", {"session_id": SESSION})
    assert caught.value.details == {"answer": {"session_id": "abc", "title": "t"}, "field": "status"}


# -- secrets ------------------------------------------------------------------------------------------------------

CANARY = "cAnArY-5c1e7f"


@pytest.mark.parametrize(
    "script",
    [
        f'devin.create_secret{{type = "key-value", key = "TOKEN", value = "{CANARY}"}}',
        f'devin.create_session{{prompt = "x", session_secrets = {{{{key = "TOKEN", value = "{CANARY}"}}}}}}',
    ],
)
@pytest.mark.parametrize("echo", [False, True])
def test_a_secret_is_in_no_record_error_notice_or_output(
    host: Host, script: str, echo: bool, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    if echo:
        detail = [{"loc": ["body", "value"], "msg": f"bad value {CANARY}", "input": {CANARY: [CANARY]}}]
        body = {"title": "Unprocessable", "status": 422, "detail": f"not {CANARY}", "errors": detail}
        host.simulation("devin").fail(method="POST", status=422, body=body)
    result = host.run(f"local devin = app.integrations.devin return {script}")
    told = json.dumps(result.as_dict(), default=str)
    assert (result.error is not None) == echo
    assert len(result.calls) == 1
    assert "<sensitive>" in told
    assert CANARY not in told + caplog.text
    if result.error is not None:
        assert CANARY not in repr(result.error.fields()) + str(result.error.__cause__) + str(result.error.__context__)


@pytest.mark.parametrize(
    "secret", ["-----BEGIN KEY-----\nMIIE" + CANARY + "\n-----END", f'a"b\\{CANARY}', f"ü {CANARY} ü"]
)
@pytest.mark.parametrize("escaped", [0, 1, 2])
@pytest.mark.parametrize("long", ["", "x" * 480])
def test_a_secret_that_an_answer_says_again_in_escapes_or_cut_is_covered(
    host: Host, secret: str, escaped: int, long: str
) -> None:
    said = secret
    for _ in range(escaped):
        said = json.dumps({"value": said})
    host.simulation("devin").fail(method="POST", status=500, body={"detail": f"{long} oops {said} and more"})
    result = host.run(
        'return app.integrations.devin.create_secret{ type = "key-value", key = "K", value = args.secret }',
        args={"secret": secret},
    )
    assert result.error is not None
    assert result.error.code == "server_error"
    told = json.dumps(result.as_dict(), default=str)
    assert CANARY not in told
    assert "MIIE" not in told


def test_a_secret_of_a_few_characters_is_covered_where_it_stands_in_quotes(host: Host) -> None:
    body = {"detail": [{"loc": ["body", "value"], "msg": "is weak", "input": "e"}]}
    host.simulation("devin").fail(method="POST", status=422, body=body)
    with pytest.raises(LuaHostError, match="is weak") as caught:
        host.call("devin.create_secret", {"type": "key-value", "key": "K", "value": "e"})
    assert caught.value.details == [{"loc": ["body", "value"], "msg": "is weak", "input": "<sensitive>"}]


@pytest.mark.parametrize(
    "call",
    [
        f'create_secret{{type = "key-value", key = "A", valeu = "{CANARY}"}}',
        f'create_secret{{type = "key-value", key = "A", value = 1, Value = "{CANARY}"}}',
        f'create_session{{prompt = "x", session_secret = {{{{key = "K", value = "{CANARY}"}}}}}}',
        f'create_session{{prompt = "x", session_secrets = {{{{["{CANARY}"] = 1}}}}}}',
    ],
)
def test_a_secret_under_a_misspelt_name_or_as_one_is_covered(host: Host, call: str) -> None:
    result = host.run(f"return app.integrations.devin.{call}")
    assert result.error is not None
    assert result.error.code == "invalid_arguments"
    assert CANARY not in json.dumps(result.as_dict(), default=str)
