"""Blocks of documents as they run: each alone, or joined; judged at the document's lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from luahost.documented import documents

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from luahost.documented.outcomes import Outcome
    from luahost.documented.running import Runner

    Run = Callable[[str], list[Outcome]]

CREATE = 'local session = app.integrations.devin.create_session{ prompt = "x" }'


def lua(code: str, *comments: str, output: str | None = None) -> str:
    """A block with its comments before it and its output behind it."""
    said = "".join(f"<!-- luahost: {comment} -->\n" for comment in comments)
    after = "" if output is None else f"```output\n{output}\n```\n"
    return f"{said}```lua\n{code}\n```\n{after}\n"


def statuses(outcomes: list[Outcome]) -> list[str]:
    return [each.status for each in outcomes]


def test_a_block_that_runs_passes_and_one_that_fails_does_not(run: Run) -> None:
    good, bad = run(lua("print(1)", output="1") + lua('print(2)\nerror("no")'))
    assert (good.status, good.output, good.reason) == ("passed", "1\n", None)
    assert (bad.status, bad.reason, bad.line) == ("failed", "no", 10)
    assert bad.told is not None
    assert bad.told.splitlines()[:2] == ["page.md:10: no", '    error("no")']
    assert "page.md:10: in main chunk" in bad.told


def test_no_block_sees_anything_of_another(run: Run) -> None:
    """Not its globals, its sessions, its idempotency keys or its journal of requests."""
    block = lua(
        "local devin = app.integrations.devin\n"
        'local made = devin.create_session{ prompt = "Task " .. N, idempotency_key = "one" }\n'
        "print(made.session_id, #devin.list_sessions().sessions, leaked)\n"
        'leaked = "yes"'
    )
    found = run("".join(block.replace("N,", f"{n},") for n in range(20)))
    assert statuses(found) == ["passed"] * 20, found[0].told
    assert len({each.output for each in found}) == 1
    assert found[0].output.endswith("\t2\tnil\n")


def test_joined_blocks_run_as_one_and_are_judged_alone(run: Run) -> None:
    found = run(
        lua(CREATE + "\nprint(session.status)", output="new")
        + "Then:\n\n"
        + lua("print(session.session_id ~= nil)", "join", output="true")
        + lua("print(session.status)", "join", output="other")
    )
    assert statuses(found) == ["passed", "passed", "failed"]
    assert [each.output for each in found] == ["new\n", "true\n", "new\n"]
    assert [len(each.calls) for each in found] == [0, 0, 1]
    assert found[2].told is not None
    assert "- other\n+ new" in found[2].told


@pytest.mark.parametrize("code", ['error("no")', "while true do end"])
def test_of_joined_blocks_the_one_that_fails_fails_and_those_behind_are_not_run(run: Run, code: str) -> None:
    found = run(lua("x = 1", output="") + lua(code, "join") + lua("print(x)", "join"))
    assert statuses(found) == ["passed", "failed", "skipped"]
    assert (found[1].line, found[2].reason) == (10, "it continues the block at line 10, which failed")


def test_where_one_of_joined_blocks_is_no_lua_none_of_them_passes(run: Run) -> None:
    found = run(lua("print(1)") + lua("local x = = 1", "join") + lua("print(x)", "join"))
    assert [(each.line, each.status) for each in found] == [(2, "skipped"), (7, "failed"), (12, "skipped")]
    assert found[0].reason == "it is joined to the block at line 7, which is no Lua"


def test_a_block_that_ends_in_the_middle_is_not_completed_by_the_next(run: Run) -> None:
    one, two = run(lua("local x =") + lua("'a'", "join"))
    assert (one.status, two.status) == ("failed", "skipped")
    assert (one.error or {})["code"] == "syntax_error"


def test_what_cannot_be_joined_says_why(run: Run) -> None:
    (alone,) = run(lua("print(1)", "join"))
    assert alone.reason == "join: no Lua block stands before this one"
    found = run(lua('error("x")', "error = x") + lua("print(1)", "join"))
    assert [each.reason for each in found] == [None, "join: the block at line 3 ends with an error"]
    found = run(lua("print(1)") + lua("print(1)", "join", "account = work"))
    assert found[1].reason == "account is said where the run begins: before the block at line 2"


def test_a_block_is_skipped_with_its_reason_and_so_is_what_continues_it(run: Run) -> None:
    found = run(lua("os.exit()", "skip = it costs money") + lua("print(1)", "join"))
    assert [(each.status, each.reason) for each in found] == [
        ("skipped", "it costs money"),
        ("skipped", "it continues the block at line 3, which is skipped"),
    ]


def test_a_block_that_is_skipped_in_the_middle_is_left_out(run: Run) -> None:
    found = run(lua("x = 1") + lua("os.exit()", "join", "skip = no") + lua("print(x)", "join", output="1"))
    assert sorted((each.line, each.status) for each in found) == [(2, "passed"), (8, "skipped"), (13, "passed")]


def test_account_and_arguments_reach_the_run(run: Run) -> None:
    (found,) = run(
        lua(CREATE + "\nprint(args.ticket, args.list[2])", "account = work", 'args = {"ticket":7,"list":[1,2]}')
    )
    assert (found.status, found.output) == ("passed", "7\t2\n")
    assert found.calls[0]["account"] == "work"


def test_setup_runs_before_the_block_at_its_own_lines(run: Run) -> None:
    comment = "setup\nlocal id = 'a'\nlocal none = missing and missing.x\n"
    (found,) = run(lua("print(id, none)", comment, output="a\tnil"))
    assert found.status == "passed"
    (found,) = run(lua("print(1)", "setup\n\nerror('early')\n"))
    assert (found.line, found.reason) == (3, "early")


@pytest.mark.parametrize("expected", ["not_found", "no session", "script_error"])
def test_an_error_that_was_said_is_the_one_that_must_come(run: Run, expected: str) -> None:
    code = {
        "not_found": 'app.integrations.devin.get_session("devin-0000")',
        "no session": 'error("there is no session")',
        "script_error": 'error("not_found")',
    }[expected]
    (found,) = run(lua(code, f"error = {expected}"))
    assert found.status == "passed"
    (none,) = run(lua("print(1)", f"error = {expected}"))
    assert none.reason == f"it was to end with the error {expected}, and did not"


def test_another_error_than_the_one_that_was_said_fails(run: Run) -> None:
    (found,) = run(lua('error("x")', "error = not_found"))
    assert (found.status, found.reason) == ("failed", "not the error not_found: x")


def test_the_output_of_a_block_that_ends_with_an_error_is_compared(run: Run) -> None:
    good, bad = (run(lua('print(1) error("x")', "error = x", output=output))[0] for output in ("1", "2"))
    assert (good.status, bad.status) == ("passed", "failed")


def test_a_loop_and_a_flood_fail_at_their_place_and_the_others_run(run: Run) -> None:
    found = run(lua("while true do end") + lua('print(("x"):rep(2 ^ 20))') + lua("print(1)", output="1"))
    assert statuses(found) == ["failed", "failed", "passed"]
    assert [each.line for each in found] == [2, 6, 10]
    assert "limit of 0.5 s (cpu)" in (found[0].reason or "")
    assert "limit of 65536 bytes (output_bytes)" in (found[1].reason or "")


def test_files_are_a_copy_of_a_folder_beside_the_document(run: Run, tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs/build.log").write_text("x")
    code = (
        "local devin = app.integrations.devin\n"
        'local log = devin.upload_attachment{ file = "build.log" }\n'
        'devin.download_attachment{ url = log.url, file = "copy.log" }'
    )
    (found,) = run(lua(code, "files = logs"))
    assert found.status == "passed", found.told
    assert [each.name for each in (tmp_path / "logs").iterdir()] == ["build.log"]
    (found,) = run(lua(code, "files = nowhere"))
    assert found.reason == "files = nowhere: there is no such folder beside the document"


def test_modules_are_those_beside_the_document(run: Run, tmp_path: Path) -> None:
    (tmp_path / "helper.lua").write_text("return { n = 3 }")
    (found,) = run(lua('print(require("helper").n)', output="3"))
    assert found.status == "passed", found.told


def test_a_first_line_for_a_shell_is_no_mistake(run: Run) -> None:
    (found,) = run(lua("#!/usr/bin/env -S luahost run\nprint(1)", output="1"))
    assert found.status == "passed", found.told


def test_what_config_permits_is_of_no_matter_and_its_accounts_are_there(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from luahost.documented.running import Runner

    home.mkdir()
    (home / "config.toml").write_text(
        '[integrations.devin.permissions]\nwrite = "deny"\n[integrations.devin.accounts.acme]\n'
    )
    path = tmp_path / "x.md"
    path.write_text(lua(CREATE, "account = acme"))
    document = documents.read(path)
    with Runner() as runner:
        (found,) = runner.run(document, document.scripts[0])
    assert found.status == "passed", found.told


def test_a_lua_file_is_one_block_with_its_settings_in_its_first_comments(runner: Runner, tmp_path: Path) -> None:
    path = tmp_path / "x.lua"
    header = '#!/usr/bin/env -S luahost run\n-- luahost: args = {"n": 1}\n-- About.\n'
    path.write_text(header + 'print(args.n)\nerror("x")\n')
    document = documents.read(path, "x.lua")
    (found,) = runner.run(document, document.scripts[0])
    assert (found.output, found.line, found.reason) == ("1\n", 5, "x")
    path.write_text("-- luahost: skip = later\nerror()\n")
    document = documents.read(path, "x.lua")
    assert runner.run(document, document.scripts[0])[0].status == "skipped"


@pytest.mark.parametrize(
    ("data", "line", "reason"),
    [(b"# T\n\n\xff\n", 3, "not UTF-8: byte 6 is 0xFF"), (b"-- luahost: jion\n", 1, "unknown setting 'jion'")],
)
def test_a_file_that_is_none_has_a_fault(tmp_path: Path, data: bytes, line: int, reason: str) -> None:
    path = tmp_path / ("x.lua" if b"luahost" in data else "x.md")
    path.write_bytes(data)
    document = documents.read(path)
    (fault,) = [*document.faults, *(block.fault for block in document.blocks if block.fault)]
    assert fault.line == line
    assert fault.reason.startswith(reason)


def test_folders_are_searched_in_order_and_hidden_ones_are_not(tmp_path: Path) -> None:
    for name in ("b.md", "a.markdown", "c.lua", "d.txt", "sub/e.md", ".git/f.md", "node_modules/g.md"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
    found = documents.files([str(tmp_path), str(tmp_path / "b.md"), str(tmp_path / "d.txt")])
    names = [path.relative_to(tmp_path).as_posix() for path in found]
    assert names == ["a.markdown", "b.md", "c.lua", "sub/e.md", "d.txt"]
