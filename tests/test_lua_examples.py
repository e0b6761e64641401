"""The scripts in lua_examples/: what they ask of Devin, and what they say."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from luahost import Host, Policy

if TYPE_CHECKING:
    from luahost.results import Result
    from tests.conftest import Command

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "lua_examples"
SCRIPTS = ["triage", "weekly_report", "onboard_repo", "clean_up", "fan_out"]
VERSIONS = ["v3", "v1"]
DAY = 86400


@pytest.fixture(params=VERSIONS)
def version(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The version of the API that the simulator speaks; asked for before `host`."""
    monkeypatch.setenv("LUAHOST_DEVIN_API_VERSION", request.param)
    return str(request.param)


def run(host: Host, script: str, **args: Any) -> Result:
    return host.run((FOLDER / f"{script}.lua").read_text("utf-8"), name=f"{script}.lua", args=args)


def lines(host: Host, script: str, **args: Any) -> list[str]:
    """What a script printed that came to its end."""
    result = run(host, script, **args)
    assert result.error is None, result.error
    return result.output.splitlines()


def writes(host: Host) -> list[tuple[str, str]]:
    """Method and last step of the path of every request that changes something."""
    asked = host.simulation("devin").requests
    return [(each.method, each.path.rsplit("/", 1)[-1]) for each in asked if each.method != "GET"]


def bodies(host: Host, ending: str) -> list[Any]:
    return [
        each.body for each in host.simulation("devin").requests if each.method == "POST" and each.path.endswith(ending)
    ]


def session(host: Host, title: str, state: str, detail: str | None = None) -> str:
    """A session that stays in one state."""
    made = host.call("devin.create_session", {"prompt": title, "title": title})["session_id"]
    host.simulation("devin").force(made, state, detail)
    return str(made)


# -- all of them -------------------------------------------------------------------------------------------------


def test_every_script_is_tested_here() -> None:
    assert {file.stem for file in FOLDER.glob("*.lua")} == {*SCRIPTS, "tour"}


@pytest.mark.usefixtures("version")
def test_the_tour_comes_to_its_end_on_either_version(isolation: str) -> None:
    with Host(simulate=True, policy=Policy(write="allow"), isolation=isolation, state=False) as host:
        told = lines(host, "tour")
    assert "The same key gives the same session: true" in told
    assert any(line.startswith("On the work account I am ") for line in told)
    assert len(told) == 10


@pytest.mark.parametrize("script", SCRIPTS)
def test_each_begins_with_what_it_does_and_how_to_run_it(script: str) -> None:
    text = (FOLDER / f"{script}.lua").read_text("utf-8")
    header = text[: text.index("\n\n")].splitlines()
    assert len(header) >= 3
    assert all(line.startswith("--") for line in header)
    assert any("luahost run --simulate" in line and line.endswith(f"lua_examples/{script}.lua") for line in header)


@pytest.mark.parametrize("script", SCRIPTS)
def test_each_runs_at_the_terminal_without_any_argument(script: str, version: str, luahost: Command) -> None:
    env = {"LUAHOST_DEVIN_API_VERSION": version}
    done = luahost("run", "--simulate", str(FOLDER / f"{script}.lua"), env=env)
    assert (done.code, done.err) == (0, "")
    assert done.out
    told = luahost("run", "--simulate", "--json", str(FOLDER / f"{script}.lua"), env=env).json
    assert (told["ok"], told["output"]) == (True, done.out)


@pytest.mark.parametrize("script", SCRIPTS)
def test_the_shown_run_does_what_it_is_there_for(script: str, luahost: Command) -> None:
    shown = re.search(r"^-- +luahost (run --simulate.*)$", (FOLDER / f"{script}.lua").read_text("utf-8"), re.MULTILINE)
    assert shown is not None
    done = luahost(*shown[1].split(), cwd=ROOT)
    assert (done.code, done.err) == (0, "")
    assert {
        "triage": "Done; the session has ended",
        "weekly_report": "Slow nightly build",
        "onboard_repo": "schedule  made",
        "clean_up": "archived  ",
        "fan_out": "Waits for you: ",
    }[script] in done.out


# -- triage ------------------------------------------------------------------------------------------------------


def test_triage_answers_the_question_and_ends_the_session(version: str, host: Host) -> None:
    """The first session of a fresh simulator asks."""
    told = lines(host, "triage", task="Why is it\nslow?", answer="The first.")
    assert told[0].endswith(": Why is it slow?")
    assert told[1:] == [
        "   user: Why is it slow?",
        "  devin: I have read the task and am getting started.",
        "  devin: Before I go on: which of the two ways do you prefer?",
        "   user: The first.",
        "  devin: Understood: The first.",
        "  devin: That is done as well.",
        "No pull request",
        "Done; the session has ended",
    ]
    assert [method for method, _ in writes(host)] == ["POST", "POST", "DELETE"]
    assert host.simulation("devin").sessions[-1]["status"] == "exit"


def test_triage_prints_the_pull_request_of_a_session_that_has_one(version: str, host: Host) -> None:
    results = [run(host, "triage", task=f"Task {i}", keep=True) for i in range(5)]
    assert not any(result.error for result in results)
    found = {result.value["session_id"]: result for result in results if result.value["pull_requests"]}
    assert found
    for made in host.simulation("devin").sessions[1:]:
        urls = [request["pr_url"] for request in made["pull_requests"]]
        told = [line.removeprefix("Pull request: ") for result in found.values() for line in result.output.splitlines()]
        assert set(urls) <= set(told)
        assert made["status"] == "running"  # kept


def test_triage_gives_the_repository_and_starts_one_session_for_a_ticket(host: Host) -> None:
    first = run(host, "triage", ticket="BUG-7", repo="acme/web", keep=True)
    again = run(host, "triage", ticket="BUG-7", repo="acme/web", keep=True)
    assert first.value["session_id"] == again.value["session_id"]
    assert [body["repos"] for body in bodies(host, "/sessions")] == [["acme/web"]]


def test_triage_on_v1_names_the_repository_in_the_task(monkeypatch: pytest.MonkeyPatch, isolation: str) -> None:
    monkeypatch.setenv("LUAHOST_DEVIN_API_VERSION", "v1")
    with Host(simulate=True, policy=Policy(write="allow"), isolation=isolation) as host:
        first = run(host, "triage", task="Fix it", repo="acme/web", ticket="BUG-7", keep=True)
        again = run(host, "triage", task="Fix it", repo="acme/web", ticket="BUG-7", keep=True)
        assert (first.error, again.error) == (None, None)
        assert first.value["session_id"] == again.value["session_id"]
        assert [body["prompt"] for body in bodies(host, "/sessions")] == ["In the repository acme/web: Fix it"]


def test_triage_of_a_ticket_whose_session_has_ended_says_so_and_asks_for_nobody(version: str, host: Host) -> None:
    assert lines(host, "triage", ticket="BUG-7")[-1] == "Done; the session has ended"
    before = len(writes(host))
    assert lines(host, "triage", ticket="BUG-7")[-1] == (
        "The session of ticket BUG-7 has ended already; another ticket begins a new one"
    )
    assert len(writes(host)) == before


def test_triage_leaves_an_approval_to_a_person(host: Host) -> None:
    made = run(host, "triage", ticket="BUG-8", keep=True).value["session_id"]
    before = len(writes(host))
    host.simulation("devin").force(made, "running", "waiting_for_approval")
    assert lines(host, "triage", ticket="BUG-8")[-1].startswith(
        "It is waiting_for_approval, and needs somebody: https://"
    )
    assert len(writes(host)) == before


def test_triage_that_waits_too_long_says_where_to_look(version: str, host: Host) -> None:
    result = run(host, "triage", timeout="5")
    assert result.error is not None
    assert result.error.code == "timeout"
    assert result.error.details["last"]["status"] == "running"
    assert result.output.splitlines()[-1].startswith("Devin is not done yet: https://")
    assert [method for method, _ in writes(host)] == ["POST"]


# -- weekly_report -----------------------------------------------------------------------------------------------


def test_the_report_has_days_and_sessions_in_columns(host: Host) -> None:
    session(host, "Größe\nändern", "suspended", "inactivity")
    told = lines(host, "weekly_report")
    assert told[0] == "From 2026-03-29 09:00 to 2026-04-05 09:00 (UTC)"
    assert told[2:5] == ["DAY         ACUS", "2026-04-05  3.99", "all         3.99"]
    head, new, old = told[6:]
    assert new.endswith("Größe ändern")
    assert old.endswith("Slow nightly build")
    for title, cells in (("STATE", ("suspended", "working")), ("TITLE", ("Größe", "Slow"))):
        assert [new.index(cells[0]), old.index(cells[1])] == [head.index(title)] * 2


def test_the_report_leaves_out_what_is_older(version: str, host: Host) -> None:
    host.simulation("devin").clock.sleep(8 * DAY)
    assert lines(host, "weekly_report")[-1] == "No sessions"
    host.call("devin.create_session", {"prompt": "New"})
    assert run(host, "weekly_report").value["sessions"] == 1
    assert run(host, "weekly_report", days="14").value["sessions"] == 2


def test_the_report_on_v1_says_that_it_knows_no_consumption(monkeypatch: pytest.MonkeyPatch, isolation: str) -> None:
    monkeypatch.setenv("LUAHOST_DEVIN_API_VERSION", "v1")
    with Host(simulate=True, isolation=isolation) as host:
        told = lines(host, "weekly_report")
    assert told[2].startswith("ACUs not known: devin.get_daily_consumption: this needs API v3")
    assert told[-1].split()[:5] == ["2026-04-05", "working", "-", "0", "devin-sess_abc123"]


def test_the_report_has_the_sessions_where_the_key_may_not_read_consumption(host: Host) -> None:
    source = (FOLDER / "weekly_report.lua").read_text("utf-8")
    result = host.run(source, account="personal")
    assert result.error is None
    assert "ACUs not known: " in result.output
    assert "ViewOrgConsumption" in result.output
    assert "Slow nightly build" in result.output


@pytest.mark.parametrize("days", ["x", 0, "-1"])
def test_the_report_wants_days_above_zero(host: Host, days: object) -> None:
    result = run(host, "weekly_report", days=days)
    assert result.error is not None
    assert "days must be a number above 0" in result.error.message
    assert not result.calls


# -- onboard_repo ------------------------------------------------------------------------------------------------


def test_onboarding_makes_everything_once(version: str, host: Host) -> None:
    kinds = ["note", "playbook", "schedule"] if version == "v3" else ["note", "playbook"]
    first = lines(host, "onboard_repo", repo="acme/web")
    assert [line.split()[:2] for line in first if " made: " in line] == [[kind, "made:"] for kind in kinds]
    made = writes(host)
    assert len(made) == len(kinds)
    again = lines(host, "onboard_repo", repo="acme/web")
    assert sum("already there: " in line for line in again) == len(kinds)
    assert writes(host) == made
    lines(host, "onboard_repo", repo="acme/api")
    assert len(writes(host)) == 2 * len(kinds)
    if version == "v1":
        assert "schedule  left out: devin.list_schedules: this needs API v3" in first[-1]


def test_onboarding_ties_the_schedule_to_the_playbook_and_the_note_to_the_repository(host: Host) -> None:
    value = run(host, "onboard_repo", repo="acme/web").value
    assert host.call("devin.get_schedule", {"schedule_id": value["schedule_id"]})["frequency"] == "0 6 * * 1"
    assert [body["playbook_id"] for body in bodies(host, "/schedules")] == [value["playbook_id"]]
    assert host.call("devin.get_note", {"note_id": value["note_id"]})["pinned_repo"] == "acme/web"


def test_onboarding_without_a_repository_shows_those_that_there_are_and_makes_nothing(version: str, host: Host) -> None:
    told = lines(host, "onboard_repo")
    assert told[0] == "Which repository? Say so with --set repo=OWNER/NAME"
    if version == "v3":
        assert [line.split()[0] for line in told[1:]] == ["example/api", "example/app", "example/infrastructure"]
    else:
        assert len(told) == 2
        assert told[1].startswith(
            "Those that are connected cannot be shown: devin.list_repositories: this needs API v3"
        )
    assert writes(host) == []


@pytest.mark.parametrize(
    "frequency", ["weekly", "0 6 * *", "0 6 * * 1 2", "0 24 * * *", "0 6 0 * *", "0 6 * * 8", "; * * * *", 7]
)
def test_onboarding_finds_a_wrong_frequency_before_anything_is_made(
    version: str, host: Host, frequency: object
) -> None:
    result = run(host, "onboard_repo", repo="acme/web", frequency=frequency)
    assert result.error is not None
    assert "frequency must be five fields of cron" in result.error.message
    assert host.simulation("devin").requests == []


@pytest.mark.parametrize("frequency", ["0 6 * * MON-FRI", "*/15 0,12 1-15 jan *", "0 6 * * 7"])
def test_onboarding_takes_every_frequency_of_cron(host: Host, frequency: str) -> None:
    value = run(host, "onboard_repo", repo="acme/web", frequency=frequency).value
    assert host.call("devin.get_schedule", {"schedule_id": value["schedule_id"]})["frequency"] == frequency


@pytest.mark.parametrize("repo", ["web", "", "acme/", 7])
def test_onboarding_wants_owner_and_name(host: Host, repo: object) -> None:
    result = run(host, "onboard_repo", repo=repo)
    assert result.error is not None
    assert "repo must be OWNER/NAME" in result.error.message
    assert host.simulation("devin").requests == []


# -- clean_up ----------------------------------------------------------------------------------------------------


@pytest.fixture
def old(host: Host) -> dict[str, str]:
    """Sessions that have not changed for 40 days, by their state; and a new one that is asleep."""
    # The simulator's own session falls asleep meanwhile.
    made = {
        "finished": session(host, "finished", "running", "finished"),
        "exit": session(host, "exit", "exit"),
        "working": session(host, "working", "running", "working"),
        "waiting": session(host, "waiting", "running", "waiting_for_user"),
    }
    host.simulation("devin").clock.sleep(40 * DAY)
    made["new"] = session(host, "new", "suspended", "inactivity")
    host.simulation("devin").requests.clear()
    return made


def archived(host: Host) -> set[str]:
    return {each["title"] for each in host.simulation("devin").sessions if each["is_archived"]}


def test_cleaning_up_says_what_it_would_do(host: Host, old: dict[str, str]) -> None:
    told = lines(host, "clean_up")
    assert {line.split("  ")[-1] for line in told if line.startswith("would archive")} == {
        "finished",
        "exit",
        "Slow nightly build",
    }
    assert told[-2:] == [
        "5 unchanged for 30 days: 3 to archive, 2 still at work or waiting",
        "Nothing was changed; do it with --set apply=yes",
    ]
    assert writes(host) == []


@pytest.mark.parametrize("apply", [True, "yes", "true"])
def test_cleaning_up_archives_what_is_old_and_at_rest(host: Host, old: dict[str, str], apply: object) -> None:
    assert run(host, "clean_up", apply=apply).value == {"found": 3, "archived": 3}
    assert archived(host) == {"finished", "exit", "Slow nightly build"}
    assert lines(host, "clean_up", apply=apply) == ["2 unchanged for 30 days: 0 to archive, 2 still at work or waiting"]


@pytest.mark.parametrize("apply", [False, "no", "false", ""])
def test_cleaning_up_changes_nothing_unless_told_to(host: Host, old: dict[str, str], apply: object) -> None:
    lines(host, "clean_up", apply=apply)
    assert archived(host) == set()


def test_cleaning_up_goes_by_days(host: Host, old: dict[str, str]) -> None:
    assert run(host, "clean_up", days="41").value["found"] == 0
    assert run(host, "clean_up", days=39).value["found"] == 3


def test_cleaning_up_goes_on_after_one_that_cannot_be_archived(host: Host, old: dict[str, str]) -> None:
    host.simulation("devin").fail(method="POST", path=f"{old['exit']}/archive$", status=404)
    result = run(host, "clean_up", apply=True)
    assert archived(host) == {"finished", "Slow nightly build"}
    assert result.error is not None
    assert result.error.message == "1 could not be archived"
    assert f"not archived  {old['exit']}" in result.output


def test_cleaning_up_stops_where_nothing_may_be_written(isolation: str) -> None:
    with Host(simulate=True, policy=Policy(write="deny"), isolation=isolation) as host:
        host.simulation("devin").clock.sleep(40 * DAY)
        result = run(host, "clean_up", apply=True)
        assert result.error is not None
        assert result.error.code == "permission_denied"


def test_cleaning_up_walks_every_page(host: Host) -> None:
    for i in range(205):
        session(host, f"old {i}", "exit")
    host.simulation("devin").clock.sleep(40 * DAY)
    assert run(host, "clean_up").value == {"found": 206, "archived": 0}


def test_cleaning_up_on_v1_says_that_it_cannot(monkeypatch: pytest.MonkeyPatch, isolation: str) -> None:
    monkeypatch.setenv("LUAHOST_DEVIN_API_VERSION", "v1")
    with Host(simulate=True, policy=Policy(write="allow"), isolation=isolation) as host:
        assert lines(host, "clean_up", apply=True, demo="yes") == [
            "Nothing can be archived: that needs a key of API v3"
        ]
        assert host.simulation("devin").requests == []


# -- fan_out -----------------------------------------------------------------------------------------------------


def test_fanning_out_tells_the_states_and_who_waits(version: str, host: Host) -> None:
    if version == "v3":
        for name, detail in (("One", "waiting_for_user"), ("Two", "finished"), ("Three", "working")):
            session(host, name, "running", detail)
        told = lines(host, "fan_out")
        assert sorted(told[:3]) == ["   1  finished", "   1  waiting_for_user", "   2  working"]
        assert told[4] == "Waits for you: One"
    assert run(host, "fan_out").value["failed"] == 0


def test_fanning_out_tells_of_a_session_that_cannot_be_read_and_goes_on(version: str, host: Host) -> None:
    for name in ("One", "Two"):
        session(host, name, "running", "working") if version == "v3" else host.call(
            "devin.create_session", {"prompt": name}
        )
    host.simulation("devin").fail(method="GET", path="/sessions?/devin-.", times=1, status=404)
    result = run(host, "fan_out")
    assert result.error is None
    assert (result.value["sessions"], result.value["failed"]) == (3, 1)
    assert "Not known: " in result.output


def test_fanning_out_makes_sessions_only_where_a_demo_is_asked_for(host: Host) -> None:
    assert run(host, "fan_out").error is None
    assert writes(host) == []
    assert run(host, "fan_out", demo=5).value["sessions"] == 6
    assert run(host, "fan_out", demo=5).value["sessions"] == 6  # the same ones


@pytest.mark.parametrize("wrong", [{"newest": "x"}, {"at_once": 300}, {"demo": -1}, {"newest": 1.5}])
def test_fanning_out_wants_whole_numbers(host: Host, wrong: dict[str, Any]) -> None:
    error = run(host, "fan_out", **wrong).error
    assert error is not None
    assert "must be a whole number up to" in error.message


def test_pytest_in_the_folder_of_the_package_finds_its_tests_and_nothing_else() -> None:
    words = [sys.executable, "-m", "pytest", "--collect-only", "--quiet", "-p", "no:cacheprovider"]
    folder = FOLDER / "github_integration"
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout
    found = {line.partition("::")[0] for line in done.stdout.splitlines() if "::" in line}
    assert found == {"tests/test_github.py"}
