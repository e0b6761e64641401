"""Journals that were damaged, edited or made up: what is wrong is told with file and line, and nothing else happens."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

from luahost import Host, Policy
from luahost.calls.fields import FIELDS
from luahost.calls.history import read
from luahost.calls.journals import Journals
from luahost.calls.timeline import Timeline
from luahost.cli import main
from luahost.cli.chrome import trace
from luahost.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from luahost.calls.history import History

RUN = "run-one"
NOW = 1_790_000_000.0
MODULE = "return { prompt = 'Fix it' }"
SCRIPT = """
local devin = app.integrations.devin
local made = devin.create_session{ prompt = require("words").prompt }
for session in each(devin.list_sessions, { limit = 1 }) do print(session.session_id, os.time()) end
sleep(0.5)
print(pcall(devin.get_session, "devin-nothing"))
parallel{ function() devin.get_current_user() end, function() sleep(1) devin.get_current_user() end }
return made.session_id
"""
_CALL = {"event": "call", "n": 90, "task": "", "call": "devin.create_session", "account": "default", "access": "write"}
_NEEDED = {"code": "approval_required", "message": "devin.create_session: this call needs approval"}
LATER: list[dict[str, Any]] = [
    {**_CALL, "arguments": {"prompt": "Fix it"}, "keyed": True},
    {"event": "sent", "n": 90},
    {"event": "unsent", "n": 90},
    {"event": "answer", "n": 90, "status": "error", "error": _NEEDED, "policy": {"decision": "ask", "rule": "all"}},
    {"event": "end", "status": "suspended", "error": _NEEDED, "reopen": [90]},
    {"event": "resume", "pid": 1, "host": "box"},
    {"event": "approved", "n": 90},
    {"event": "call", "n": 91, "task": "1", "call": "devin.list_sessions", "account": "default", "access": "read",
     "arguments": {}, "walk": True},
    {"event": "answer", "n": 91, "status": "ok", "pages": True, "policy": None},
    {"event": "page", "n": 91, "text": '{"items":[]}', "field": "items", "rest": {"has_next_page": False}},
    {"event": "page", "n": 91, "error": _NEEDED},
    {"event": "time", "task": "1", "times": [[1, 2]], "clock": 1},
    {"event": "output", "task": "1", "bytes": 3},
    {"event": "account", "integration": "other", "account": "default", "base_url": "https://x", "org_id": None,
     "api_version": "v3", "key": ""},
    {"event": "of-a-later-luahost", "what": [1]},
    {"event": "end", "status": "suspended", "error": _NEEDED, "reopen": [90]},
]  # fmt: skip
MISSING: Any = object()
VALUES: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 7, 1.5, 1e12, float("nan"), float("inf"), -float("inf"), 10**400, "", "x", "ok",
    "\x1b[2J\n\0\ud800", [], [1], ["x"], [[1, "a"]], [[1, 10**30]], [90, 12345], {}, {"a": 1}, {"cpu": "x"},
    {"wall": -1}, {"code": 7, "message": []}, MISSING,
)  # fmt: skip
PLACES = [(event, name) for event, fields in FIELDS.items() for name in ("at", "event", *fields)]


@pytest.fixture(scope="module")
def events(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """The lines of a real run, and behind them one of every kind that it did not have."""
    folder = tmp_path_factory.mktemp("recorded")
    (folder / "words.lua").write_text(MODULE)
    policy = Policy(read="allow", write="allow")
    with Host(simulate=True, policy=policy, isolation="none", state=folder, journal=True) as host:
        result = host.run(SCRIPT, modules=folder, run_id=RUN, name="triage.lua")
        text = host.journals.path(RUN).read_text()
    assert result.ok
    found: list[dict[str, Any]] = [json.loads(line) for line in text.splitlines()]
    last = found[-1]["at"]
    found += [{"at": last + n, **event} for n, event in enumerate(LATER)]
    assert {event["event"] for event in found} >= set(FIELDS)
    return found


@pytest.fixture
def folder(home: Path) -> Path:
    made = home / "state" / "runs"
    made.mkdir(parents=True)
    return made


def write(path: Path, events: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(event) + "\n" for event in events))
    return path


def changed(events: list[dict[str, Any]], kind: str, name: str, value: Any) -> tuple[list[dict[str, Any]], int]:
    """The lines with the first of a kind that has such a field changed, and its number."""
    at = next(
        (at for at, event in enumerate(events) if event["event"] == kind and name in event),
        next(at for at, event in enumerate(events) if event["event"] == kind),
    )
    event = {**events[at], name: value}
    if value is MISSING:
        del event[name]
    return [*events[:at], event, *events[at + 1 :]], at + 1


def attempt(path: Path) -> tuple[History | None, str]:
    """What it tells, or why it cannot."""
    try:
        return read(path), ""
    except UsageError as error:
        return None, error.message


def usable(history: History) -> None:
    """Nothing that is shown of it is negative or no number."""
    timeline = Timeline(history, None)
    spans = [each for each in trace(timeline, "done")["traceEvents"] if each["ph"] == "X"]
    assert all(isinstance(each[name], int) and each[name] >= 0 for each in spans for name in ("ts", "dur"))
    assert timeline.seconds >= 0


@pytest.mark.parametrize(("kind", "name"), PLACES, ids=map(".".join, PLACES))
def test_a_field_of_another_kind_is_told_with_its_line_or_harms_nothing(
    kind: str, name: str, events: Any, folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = folder / f"{RUN}.jsonl"
    refused = 0
    with Host(simulate=True, isolation="none", state=False) as host:
        for value in VALUES:
            lines, _ = changed(events, kind, name, value)
            write(path, lines)
            history, told = attempt(path)
            if history is None:
                refused += 1
                assert re.fullmatch(re.escape(f"{path}:") + r"[0-9]+: .+", told), told
                continue
            usable(history)
            for words in (["list"], ["show", RUN], ["show", RUN, "--json"], ["trace", RUN], ["trace", RUN, "--chrome"]):
                code = main(["runs", *words])
                out, err = capfd.readouterr()
                # Elsewhere only the name of the file may be wrong: the id within is another one then.
                assert (code, "fault" in err) == (0, False) or (code == 2 and f"{path}:1: " in err), (value, err)
                assert "\x1b" not in out
            with suppress(UsageError):  # as of an account that cannot be one
                result = host.replay(path)
                assert result.error is None or result.error.code != "internal_error", (value, result.error)
    assert refused


@pytest.mark.parametrize(
    ("kind", "name", "value", "told"),
    [
        ("call", "n", MISSING, "it has no n"),
        ("call", "n", "1", "n: a call's number, from 1 on, was expected, not '1'"),
        ("call", "access", "rw", "access: one of read, write was expected, not 'rw'"),
        ("answer", "n", 77, "there is no call 77"),
        ("answer", "status", "ok ", "status: one of ok, error, unknown, planned was expected, not 'ok '"),
        ("answer", "status", "unknown", "it has no error, and the status unknown"),
        ("sent", "at", float("nan"), "at: seconds since 1970 was expected, not nan"),
        ("run", "limits", {"cpu": -1}, "limits: limits of a run was expected, not {'cpu': -1}"),
        ("end", "reopen", [12], "there is no call 12"),
        ("output", "bytes", 10**400, f"bytes: a whole number, 0 or more, was expected, not 1{'0' * 56}..."),
        ("time", "event", [], "it is no event"),
        ("run", "event", "call", "a journal begins with one line that says what was run"),
    ],
)
def test_what_is_wrong_is_said(kind: str, name: str, value: Any, told: str, events: Any, tmp_path: Path) -> None:
    lines, number = changed(events, kind, name, value)
    path = write(tmp_path / "one.jsonl", lines)
    with pytest.raises(UsageError) as raised:
        read(path)
    assert raised.value.message == f"{path}:{number}: not a line of a journal: {told}"


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (b"[]", "it is no event"),
        (b"7", "it is no event"),
        (b'"run"', "it is no event"),
        (b"", "it is not JSON"),
        (b"\xff\xfe{}", "it is not JSON"),
        (b'{"event":"x","at":1,"deep":' + b"[" * 100_000, "it is nested too deeply"),
        (b'{"event":"x","at":' + b"1" * 5000 + b"}", "Exceeds the limit"),
        (b'{"event":"x"}', "it has no at"),
    ],
)
def test_a_line_that_is_no_event_is_told(line: bytes, told: str, events: Any, tmp_path: Path) -> None:
    path = write(tmp_path / "one.jsonl", events[:1])
    path.write_bytes(path.read_bytes() + line + b"\n")
    with pytest.raises(UsageError) as raised:
        read(path)
    assert raised.value.message.startswith(f"{path}:2: not a line of a journal: {told}")


def test_a_number_stands_for_one_call(events: Any, tmp_path: Path) -> None:
    at = next(at for at, event in enumerate(events) if event["event"] == "call")
    path = write(tmp_path / "one.jsonl", [*events[: at + 1], events[at]])
    with pytest.raises(UsageError, match=r":\d+: not a line of a journal: there is a call 1 already"):
        read(path)


def test_what_a_later_luahost_adds_is_passed_over(events: Any, tmp_path: Path) -> None:
    path = write(tmp_path / "one.jsonl", [{**event, "more": {"of": "it"}} for event in events])
    assert len(read(path).calls) == len(read(write(tmp_path / "two.jsonl", events)).calls)


def test_words_that_a_program_gives_as_numbers_are_read_again(tmp_path: Path) -> None:
    with Host(simulate=True, journal=True, state=tmp_path, isolation="none") as host:
        made = host.run("return ...", words=[7, True, "x"])  # type: ignore[list-item]
        assert host.replay(str(made.run_id)).values == made.values == [7, True, "x"]


def test_a_clock_that_was_set_back_gives_no_negative_time(events: Any, tmp_path: Path) -> None:
    middle = next(at for at, event in enumerate(events) if event["event"] == "resume")
    for backwards in (slice(1, None), slice(middle, None), slice(len(events) - 1, None)):
        lines = [dict(event) for event in events]
        for event in lines[backwards]:
            event["at"] -= 5000
        usable(read(write(tmp_path / "one.jsonl", lines)))


def test_damaged_journals_stop_no_list(events: Any, folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    write(folder / "run-good.jsonl", [{**events[0], "run_id": "run-good"}, *events[1:]])
    for kind, name in PLACES:
        run_id = f"run-{kind}-{name}".replace("_", "-")
        lines, _ = changed([{**events[0], "run_id": run_id}, *events[1:]], kind, name, [{}])
        write(folder / f"{run_id}.jsonl", lines)
    assert main(["runs", "list", "--json"]) == 0
    found = {each["run_id"]: each["status"] for each in json.loads(capfd.readouterr().out)}
    assert found.pop("run-good") == "suspended"
    assert len(found) == len(PLACES)
    assert list(found.values()).count("corrupt") == len(PLACES)
    assert Journals(folder.parent).find("last") in found
