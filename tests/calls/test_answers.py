"""What an answer means: its JSON, or the one error that it stands for."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import requests
import responses
from requests.structures import CaseInsensitiveDict

from luahost import Host, Limits, Policy
from luahost.calls import answers
from luahost.calls.accounts import Account
from luahost.calls.settings import Settings
from luahost.errors import BY_CODE, InvalidResponse, LuaHostError, ServerError, ValidationFailed
from luahost.spec import Listing

if TYPE_CHECKING:
    from pathlib import Path

KEY = "cog_0123456789abcdef"
ACCOUNT = Account("devin", "default", KEY, "https://api.devin.ai", "v3", "org-1", {})
JSON = "application/json"


def answer(
    status: int, body: bytes | Any = b"", *, reason: str = "Reason", kind: str | None = JSON, **headers: str
) -> Any:
    response = requests.Response()
    response.status_code = status
    response.reason = reason
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    response.headers = CaseInsensitiveDict({**({"Content-Type": kind} if kind else {}), **named})
    return response, body if isinstance(body, bytes) else json.dumps(body).encode()


def understood(status: int, body: bytes | Any = b"", *, write: bool = False, key: str = KEY, **options: Any) -> Any:
    response, content = answer(status, body, **options)
    account = Account("devin", "default", key, "https://api.devin.ai", "v3", "org-1", {})
    return answers.read(response, content, account, write=write)


def refused(status: int, body: bytes | Any = b"", **options: Any) -> LuaHostError:
    with pytest.raises(LuaHostError) as caught:
        understood(status, body, **options)
    return caught.value


# -- statuses ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (300, "invalid_response"),
        (304, "invalid_response"),
        (307, "invalid_response"),
        (400, "validation_failed"),
        (401, "unauthorized"),
        (403, "forbidden"),
        (404, "not_found"),
        (405, "validation_failed"),
        (408, "timeout"),
        (409, "conflict"),
        (410, "not_found"),
        (413, "validation_failed"),
        (418, "validation_failed"),
        (422, "validation_failed"),
        (429, "rate_limited"),
        (500, "server_error"),
        (501, "server_error"),
        (502, "server_error"),
        (503, "server_error"),
        (504, "server_error"),
        (599, "server_error"),
    ],
)
@pytest.mark.parametrize("write", [False, True])
def test_each_status_is_one_code(status: int, code: str, *, write: bool) -> None:
    error = refused(status, {"detail": "no"}, write=write)
    assert (error.code, error.status) == (code, status)
    assert code in BY_CODE


@pytest.mark.parametrize("status", [101, 103, 199])
def test_a_status_that_is_no_final_answer_is_an_invalid_response(status: int) -> None:
    assert refused(status).code == "invalid_response"


@pytest.mark.parametrize("status", [200, 201, 202, 206, 299])
def test_any_success_is_a_success(status: int) -> None:
    assert understood(status, {"a": 1}) == {"a": 1}


@pytest.mark.parametrize(
    ("status", "write", "retryable"),
    [
        (429, False, True),
        (429, True, True),
        (408, False, True),
        (408, True, False),
        (500, False, True),
        (500, True, False),
        (501, False, False),
        (503, False, True),
        (503, True, False),
        (400, False, False),
        (404, False, False),
    ],
)
def test_retryable_says_whether_repeating_can_help_and_harms_nothing(
    status: int, retryable: bool, *, write: bool
) -> None:
    assert refused(status, {"detail": "no"}, write=write).retryable is retryable


def test_a_failed_write_says_that_it_may_have_happened() -> None:
    assert "may have happened" in (refused(500, {"detail": "oops"}, write=True).hint or "")


# -- what the API says -------------------------------------------------------------------------------------------


def test_a_problem_of_v3_is_told_by_its_detail_and_its_fields() -> None:
    errors = [{"loc": ["body", "prompt"], "msg": "Field required", "type": "missing"}]
    error = refused(422, {"title": "Unprocessable", "status": 422, "detail": "Invalid", "errors": errors})
    assert error.message == "api.devin.ai answered 422: Invalid: prompt: Field required"
    assert error.details == errors


def test_a_problem_whose_detail_names_its_fields_is_not_told_twice() -> None:
    errors = [{"loc": ["body", "prompt"], "msg": "Field required"}]
    error = refused(422, {"detail": "prompt: Field required", "errors": errors})
    assert error.message.count("Field required") == 1


def test_a_refusal_of_v1_is_told_by_its_detail() -> None:
    assert refused(404, {"detail": "Session not found"}).message == "api.devin.ai answered 404: Session not found"


def test_a_refusal_of_v1_with_a_list_is_told_field_by_field() -> None:
    detail = [
        {"loc": ["body", "prompt"], "msg": "Field required", "type": "missing"},
        {"loc": ["body", "tags", 3], "msg": "Too long", "type": "too_long"},
    ]
    error = refused(422, {"detail": detail})
    assert error.message == "api.devin.ai answered 422: prompt: Field required; tags.3: Too long"
    assert error.details == detail


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"message": "m"}, "m"),
        ({"error": "e"}, "e"),
        ({"error": {"message": "inner"}}, "inner"),
        ({"title": "t"}, "t"),
        ({}, "Reason"),
        ({"detail": None, "errors": None}, "Reason"),
        ({"detail": {"a": 1}}, "Reason"),
        ({"detail": [1, "x", None]}, "Reason"),
        ({"detail": [{"loc": "body", "msg": 5}]}, "Reason"),
        ({"detail": [{"loc": 7, "msg": "m"}]}, "m"),
        ({"errors": {"a": 1}}, "Reason"),
        ([1, 2], "[1, 2]"),
        ("text", '"text"'),
        (b"plain words", "plain words"),
        (b"<html><body>Bad gateway</body></html>", "Reason (an HTML page, not the API's JSON)"),
        (b"  \n<!DOCTYPE html>", "Reason (an HTML page, not the API's JSON)"),
        (b"", "Reason (empty body)"),
        (b"  \n", "Reason (empty body)"),
        (b"\xff\xfe", "\ufffd\ufffd"),
        (b"a\x1b[31mred\x1b[0m\r\nb\x00c", "a [31mred [0m b c"),
    ],
)
def test_a_refusal_says_what_the_server_said_in_one_line(body: Any, said: str) -> None:
    assert refused(400, body).message == f"api.devin.ai answered 400: {said}"


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 200_000,
        b'{"detail": ' * 100_000,
        b'{"detail": ' + b"9" * 5000 + b"}",
        b'{"detail": NaN}',
        b'{"detail": "\\ud800"}',
        b"x" * 100_000,
    ],
    ids=["deep", "deeper", "huge-int", "nan", "surrogate", "long"],
)
def test_a_strange_refusal_is_still_the_error_of_its_status_and_short(body: bytes) -> None:
    error = refused(500, body)
    assert isinstance(error, ServerError)
    assert len(error.message) < 600
    error.message.encode()


def test_a_refusal_without_a_reason_says_so() -> None:
    assert refused(400, b"", reason="").message == "api.devin.ai answered 400: no reason was given (empty body)"


@pytest.mark.parametrize("name", ["X-Request-Id", "Request-Id", "X-Amzn-RequestId", "CF-Ray"])
def test_the_request_s_id_is_kept_for_support(name: str) -> None:
    assert refused(500, {}, **{name: "req_1"}).request_id == "req_1"
    assert refused(200, b"<html>", **{name: "req_1"}).request_id == "req_1"


# -- Retry-After -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "date", "seconds"),
    [
        (None, None, None),
        ("120", None, 120.0),
        (" 7 ", None, 7.0),
        ("0", None, 0.0),
        ("Wed, 21 Oct 2026 07:28:30 GMT", "Wed, 21 Oct 2026 07:28:00 GMT", 30.0),
        ("Wed, 21 Oct 2026 07:27:00 GMT", "Wed, 21 Oct 2026 07:28:00 GMT", 0.0),
        ("Wed, 21 Oct 2026 07:28:30 GMT", None, None),
        ("Wed, 21 Oct 2026 07:28:30 GMT", "nonsense", None),
        ("soon", None, None),
        ("-5", None, None),
        ("1.5", None, None),
        ("", None, None),
        ("\xb2", None, None),
        ("\u0663", None, None),
        ("9" * 400, None, None),
        ("Wed, 21 Oct 2026 07:28:30 -0000", "Wed, 21 Oct 2026 07:28:00 GMT", 30.0),
        ("Wed, 21 Oct 2026 07:28:30 +999999999999", "Wed, 21 Oct 2026 07:28:00 GMT", None),
    ],
)
def test_retry_after_is_seconds_or_a_date_and_nothing_else(
    value: str | None, date: str | None, seconds: float | None
) -> None:
    assert answers.retry_after(value, date) == seconds


# -- good answers ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "kind", [JSON, "application/json; charset=utf-8", "APPLICATION/JSON", "application/problem+json", "text/json", None]
)
def test_json_is_read_whatever_its_kind_of_json_is_called(kind: str | None) -> None:
    assert understood(200, {"a": [1, None]}, kind=kind) == {"a": [1, None]}


@pytest.mark.parametrize("kind", ["text/html", "text/plain; charset=utf-8", "application/jsonx", "image/png"])
@pytest.mark.parametrize("write", [False, True])
def test_a_success_of_another_kind_is_an_invalid_response(kind: str, *, write: bool) -> None:
    error = refused(200, {"a": 1}, kind=kind, write=write)
    assert error.code == "invalid_response"
    assert kind.partition(";")[0] in error.message


def test_an_empty_answer_is_nothing_to_a_write_and_invalid_to_a_read() -> None:
    assert understood(204, b"", write=True) is None
    assert understood(200, b" \r\n", write=True, kind="text/html") is None
    assert refused(200, b"").code == "invalid_response"
    assert refused(204, b"").code == "invalid_response"


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b'{"a": 1} trailing',
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b'{"a": -Infinity}',
        b'{"a": 1e400}',
        b'{"a": -1e999}',
        b"[" * 200_000 + b"]" * 200_000,
        b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
        b'{"a": "\xff"}',
        b"\xff\xfe{\x00}\x00",
        b"undefined",
        b"<html></html>",
        b"'a'",
    ],
    ids=[
        "cut",
        "trailing",
        "nan",
        "infinity",
        "minus-infinity",
        "overflow",
        "minus-overflow",
        "deep-array",
        "deep-object",
        "latin-1",
        "utf-16",
        "undefined",
        "html",
        "quotes",
    ],
)
@pytest.mark.parametrize("write", [False, True])
def test_what_is_not_json_is_an_invalid_response(body: bytes, *, write: bool) -> None:
    error = refused(200, body, write=write)
    assert isinstance(error, InvalidResponse)
    assert (error.status, len(error.message) < 300) == (200, True)


def test_json_keeps_what_it_says() -> None:
    body = '{"n": null, "b": true, "i": 12345678901234567890, "t": "\\u00fc\U0001f600", "e": {}, "l": []}'
    value = understood(200, body.encode())
    assert value == {"n": None, "b": True, "i": 12345678901234567890, "t": "ü😀", "e": {}, "l": []}


# -- the key, sent back ------------------------------------------------------------------------------------------

ECHO = f"you sent Bearer {KEY}"


@pytest.mark.parametrize(
    ("status", "body", "options"),
    [
        (400, {"detail": ECHO}, {}),
        (422, {"detail": [{"loc": ["header", KEY], "msg": ECHO, "input": KEY}]}, {}),
        (422, {"detail": "x", "errors": [{"msg": ECHO, KEY: 1}]}, {}),
        (500, ECHO.encode(), {}),
        (500, b"", {"reason": ECHO}),
        (500, {}, {"reason": ECHO}),
        (500, b"<html>" + ECHO.encode(), {"reason": ECHO}),
        (302, b"", {"Location": f"https://evil.test/?k={KEY}"}),
        (302, b"", {"Location": "https://evil.test/" + "a" * 170 + KEY}),
        (500, {}, {"X_Request_Id": KEY}),
        (200, ECHO.encode(), {}),
        (200, b"{}", {"kind": f"text/{KEY}"}),
        (200, b"{}", {"kind": KEY}),
        (429, {}, {"Retry_After": KEY}),
    ],
)
def test_a_key_that_the_server_sends_back_is_in_no_part_of_the_error(
    status: int, body: Any, options: dict[str, Any]
) -> None:
    error = refused(status, body, **options)
    seen: BaseException | None = error
    while seen is not None:
        assert KEY not in f"{seen!r} {seen} {vars(seen)}".lower()
        seen = seen.__cause__ or seen.__context__
    assert KEY not in json.dumps(error.fields())


def test_a_key_that_the_server_sends_back_is_not_in_the_result() -> None:
    assert KEY not in str(understood(200, {"echo": ECHO, KEY: [KEY]}))


@pytest.mark.parametrize("status", [200, 400])
@pytest.mark.parametrize(
    ("key", "written"),
    [
        ("cog_a/b", r"cog_a\/b"),
        ('cog_"a', r"cog_\"a"),
        ("cog_a\\b", r"cog_a\\b"),
        ("cog_abc", r"\u0063og_abc"),
        ("cog_a&b", r"cog_a\u0026b"),
    ],
)
def test_a_key_is_covered_however_json_writes_it(status: int, key: str, written: str) -> None:
    body = b'{"detail": "' + written.encode() + b'", "' + written.encode() + b'": ["' + written.encode() + b'"]}'
    if status == 200:
        found = understood(status, body, key=key)
        assert key not in found["detail"]
        assert key not in found
    else:
        error = refused(status, body, key=key)
        assert key not in error.message


# -- through a host ----------------------------------------------------------------------------------------------


@pytest.fixture
def one(tmp_path: Path, isolation: str) -> Host:
    settings = Settings({}, str(tmp_path), str(tmp_path), {"http": {"retries": 0, "timeout": 5}})
    return Host(
        accounts={"devin": {"default": {"api_key": KEY, "org_id": "org-1"}}},
        policy=Policy(write="allow"),
        limits=Limits(wall=3),
        settings=settings,
        state=False,
        isolation=isolation,
    )


SCRIPT = """
local ok, err = pcall(app.integrations.devin.get_session, "abc")
if not ok then return err.code, err.status, err.retry_after end
return "fine", err
"""


SESSION = b'"session_id": "abc", "status": "running", "created_at": 1'


def run(host: Host, body: bytes, *, status: int = 200, headers: dict[str, str] | None = None) -> list[Any]:
    with host, responses.RequestsMock() as mock:
        mock.get(
            "https://api.devin.ai/v3/organizations/org-1/sessions/devin-abc",
            body=body,
            status=status,
            content_type=JSON,
            headers=headers or {},
        )
        result = host.run(SCRIPT)
    assert result.ok, result.error
    return result.values


@pytest.mark.parametrize(
    "body",
    [
        b'{"session_id": "abc", "big": 1e400}',
        b'{"session_id": "abc", "big": NaN}',
        b'{"session_id": "abc", "deep": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b"[1]",
        b"null",
        b'"abc"',
        b"{}",
        b'{"session_id": 5}',
    ],
    ids=["overflow", "nan", "deep", "array", "null", "string", "empty", "number"],
)
def test_an_answer_that_is_no_session_is_an_invalid_response_to_a_script(one: Host, body: bytes) -> None:
    assert run(one, body)[0] == "invalid_response"


@pytest.mark.parametrize("depth", [50, 150, 400, 900])
def test_a_nested_answer_reaches_a_script_or_is_an_invalid_response(one: Host, depth: int) -> None:
    body = b'{%s, "deep": ' % SESSION + b"[" * depth + b"]" * depth + b"}"
    assert run(one, body)[0] in ("fine", "invalid_response")


@pytest.mark.parametrize("depth", [50, 150, 400, 900])
def test_what_a_nested_answer_lacks_is_named(one: Host, depth: int) -> None:
    body = b'{"session_id": "abc", "deep": ' + b"[" * depth + b"]" * depth + b"}"
    assert run(one, body)[0] == "invalid_response"


def test_half_a_surrogate_pair_reaches_a_script_as_a_replacement_character(one: Host) -> None:
    assert run(one, b'{%s, "title": "a\\ud800b"}' % SESSION)[1]["title"] == "a\ufffdb"


def test_a_huge_integer_reaches_a_script_as_text(one: Host) -> None:
    digits = "9" * 400
    assert run(one, b'{%s, "n": %s}' % (SESSION, digits.encode()))[1]["n"] == digits


@pytest.mark.parametrize("value", ["9" * 400, "\xb2", "120"])
def test_any_retry_after_reaches_a_script_as_rate_limited(one: Host, value: str) -> None:
    assert run(one, b"{}", status=429, headers={"Retry-After": value})[:2] == ["rate_limited", 429]


def test_an_unknown_refusal_is_a_failed_validation() -> None:
    assert isinstance(refused(402, {"detail": "pay"}), ValidationFailed)


# -- lists that keep their text -----------------------------------------------------------------------------------


def unread(body: str) -> Any:
    return answers._unread(body, "items", lambda: json.loads(body))


@pytest.mark.parametrize(
    "body",
    [
        '{"items":[{"a":1},{"b":"x"}],"has_next_page":false}',
        '{"items": [ {"a": 1.5e3}, null, [] ], "has_next_page": true, "end_cursor": "abc==", "total": 0}\n',
        '{"items":[]}',
        '{"items":[{"a":"],\\"has_next_page\\":true}"}],"has_next_page":false,"total":-5}',
    ],
)
def test_a_list_is_left_unread_with_what_stands_behind_it(body: str) -> None:
    found = unread(body)
    whole = json.loads(body)
    assert isinstance(found["items"], Listing)
    assert found["items"].text == body
    assert {name: value for name, value in found.items() if name != "items"} == {
        name: value for name, value in whole.items() if name != "items"
    }
    assert list(found["items"]) == whole["items"]
    assert found["items"].answer == whole


@pytest.mark.parametrize(
    "body",
    [
        '{"items":[1],"more":{"has_next_page":true}}',
        '{"items":[1],"end_cursor":"a\\"b"}',
        '[{"items":[1]}]',
        '{"items":null}',
        '{"total":1.5,"items":[1],"part":0.5}',
        "5",
        "",
        "{}",
    ],
)
def test_what_cannot_be_told_without_reading_is_read(body: str) -> None:
    assert unread(body) is None


@pytest.mark.parametrize(
    "body", ['{"other":[1],"has_next_page":false}', '{"items":{"a":[1]}}', '{"a":{"items":[1]}, "b":[]}']
)
def test_an_unread_list_that_is_not_there_is_an_invalid_response_when_it_is_looked_at(body: str) -> None:
    found = unread(body)
    if found is not None:
        with pytest.raises(InvalidResponse, match="no list items") as caught:
            list(found["items"])
        assert caught.value.details == {"answer": json.loads(body), "field": "items"}


SESSIONS = "https://api.devin.ai/v3/organizations/org-1/sessions"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'{"items":[1,],"has_next_page":false}', "cannot be read"),
        (b'{"items":[1e999],"has_next_page":false}', "cannot be read"),
        (b'{"items":[1}],"has_next_page":false}', "cannot be read"),
        (b'{"items":[]},"ok":false,"x":{"y":[],"has_next_page":false}', "cannot be read"),
        (b'{"others":[1],"has_next_page":false}', "no list items"),
    ],
)
@pytest.mark.parametrize(
    "script", ["for _ in each(app.integrations.devin.list_sessions) do end", "app.integrations.devin.list_sessions()"]
)
def test_a_page_that_is_no_json_or_no_page_is_an_invalid_response(
    one: Host, body: bytes, words: str, script: str
) -> None:
    with one as host, responses.RequestsMock() as mock:
        mock.get(SESSIONS, body=body, content_type=JSON)
        error = host.run(script).error
    assert error is not None
    assert error.code == "invalid_response"
    assert words in error.message or "no list" in error.message


def test_a_whole_list_has_all_that_the_api_sent(one: Host) -> None:
    body = b'{"note":"first","items":[{"session_id":"a"}],"kept":[1],"has_next_page":false,"total":1}'
    with one as host, responses.RequestsMock() as mock:
        mock.get(SESSIONS, body=body, content_type=JSON)
        found = host.call("devin.list_sessions")
    assert found == {
        "note": "first", "sessions": [{"session_id": "a"}], "kept": [1], "has_next_page": False, "total": 1,
    }  # fmt: skip


def test_a_list_reaches_a_script_as_the_api_sent_it_without_the_key(one: Host) -> None:
    entry = b'{"session_id":"a","n":12345678901234567890,"key":"%s","\\u0041":"\\ud800"}' % KEY.encode()
    body = b'{"items":[%s],"has_next_page":false}' % entry
    script = "for s in each(app.integrations.devin.list_sessions) do return s end"
    with one as host, responses.RequestsMock() as mock:
        mock.get("https://api.devin.ai/v3/organizations/org-1/sessions", body=body, content_type=JSON)
        found = host.run(script)
    assert found.value == {"session_id": "a", "n": "12345678901234567890", "key": "<redacted>", "A": "\ufffd"}
