"""How `luahost call` shows a result to people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from luahost import Host
from luahost.cli.tables import show, table
from luahost.integrations.devin import DEVIN
from tests.conftest import ALLOW

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Command

SHOWN = {
    "list_sessions": ("session_id", "title", "status"),
    "list_session_messages": ("event_id", "source", "message"),
    "list_notes": ("note_id", "name"),
    "list_folders": ("folder_id", "name"),
    "list_playbooks": ("playbook_id", "title"),
    "list_schedules": ("schedule_id", "name", "enabled", "frequency"),
    "list_secrets": ("secret_id", "key"),
    "list_automations": ("automation_id", "name"),
    "list_users": ("user_id", "name"),
    "list_repositories": ("repo_name", "repo_path"),
}


@pytest.fixture(scope="module")
def lived_in() -> Iterator[Host]:
    """A simulator in which every example has been run."""
    with Host(simulate=True, policy=ALLOW, isolation="none", state=False) as host:
        for function in DEVIN.functions:
            for example in function.examples:
                assert host.run(example.code).error is None
        yield host


@pytest.mark.parametrize("name", SHOWN)
def test_a_list_begins_with_the_id_and_the_name_and_fits_80_columns(
    lived_in: Host, name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    arguments = {"session_id": "sess_abc123"} if name == "list_session_messages" else {}
    show(f"devin.{name}", lived_in.call(f"devin.{name}", arguments))
    lines = capsys.readouterr().out.splitlines()
    function = DEVIN.function(name)
    assert function is not None
    at = lines.index(f"{function.entries}:")
    assert tuple(lines[at + 1].split()[: len(SHOWN[name])]) == SHOWN[name]
    assert max(map(len, lines)) <= 80


def test_an_id_is_never_cut() -> None:
    _, rows = table("list_notes", [{"note_id": "n" * 60, "name": "a long name of many words"}], 80)
    assert rows == [("n" * 60, "a long name of ma…")]


def test_what_is_wider_than_the_terminal_alone_is_cut() -> None:
    assert table("list_notes", [{"note_id": "n" * 60}], 20)[1] == [("n" * 19 + "…",)]


def test_a_column_that_does_not_fit_makes_way_for_one_that_does() -> None:
    entry = {"note_id": "n", "long": "x" * 80, "short": "y"}
    assert table("list_notes", [entry], 20) == (("note_id", "short"), [("n", "y")])


def test_null_is_empty_and_what_is_nested_is_json() -> None:
    entries: list[dict[str, Any]] = [{"id": "a", "on": True, "who": {"n": None}}, {"id": "b", "on": None, "who": {}}]
    assert table("list_x", entries, 80) == (("id", "on", "who"), [("a", "true", '{"n": null}'), ("b", "", "{}")])


def test_a_column_without_any_value_is_left_out() -> None:
    assert table("list_x", [{"id": "a", "note": None, "tags": []}], 80)[0] == ("id",)


def test_every_text_is_one_line() -> None:
    assert table("list_x", [{"id": "a", "body": "one\n\ttwo"}], 80)[1] == [("a", "one two")]


def test_a_field_that_only_a_later_entry_has_is_a_column() -> None:
    assert table("list_x", [{"id": "a"}, {"id": "b", "name": "c"}], 80)[1] == [("a", ""), ("b", "c")]


def test_a_table_within_a_result_has_its_field_s_name(capsys: pytest.CaptureFixture[str]) -> None:
    show(
        "devin.get_session", {"session_id": "a", "pull_requests": [{"pr_url": "u", "pr_state": "open"}], "items": [{}]}
    )
    assert capsys.readouterr().out.splitlines() == [
        "session_id: a", "pull_requests:", "pr_url  pr_state", "u       open", "items: [{}]",
    ]  # fmt: skip


def test_a_table_is_as_wide_as_it_is_told(luahost: Command) -> None:
    words = ["call", "--simulate", "devin.list_sessions"]
    narrow, wide = (luahost(*words, env={"COLUMNS": columns}).out.splitlines() for columns in ("50", "200"))
    assert max(map(len, narrow)) <= 50
    assert "acus_consumed" in next(line for line in wide if line.startswith("session_id"))
