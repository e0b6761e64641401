"""Blocks that a journal answers: recorded once with a real account, and stale when their code is another one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from luahost.integrations.devin.simulator import Simulator
    from luahost.integrations.devin.simulator.server import Server
    from tests.conftest import Command

PAGE = """# Recorded

<!-- luahost: replay = journals/made.jsonl -->
```lua
local made = app.integrations.devin.create_session{ prompt = "x" }
print(made.session_id)
```

```output
```
"""


@pytest.fixture
def recorded(tmp_path: Path, server: Server, simulator: Simulator, luahost: Command) -> Callable[..., Any]:
    """Records the page with an account on a real server, and gives the page's path."""

    def make() -> Path:
        page = tmp_path / "docs/page.md"
        page.parent.mkdir()
        page.write_text(PAGE)
        env = {"LUAHOST_DEVIN_API_KEY": simulator.keys["v3"]["default"], "LUAHOST_DEVIN_BASE_URL": server.url}
        done = luahost("test-docs", "--record", "--update", str(page), env=env)
        assert done.code == 0, done
        assert len(simulator.sessions) == 2
        return page

    return make


def test_what_was_recorded_is_what_is_told_without_an_account(
    recorded: Callable[..., Path], simulator: Simulator, luahost: Command
) -> None:
    page = recorded()
    made = simulator.sessions[1]["session_id"].removeprefix("devin-")
    assert f"```output\n{made}\n```" in page.read_text()
    done = luahost("test-docs", "--json", str(page))
    assert (done.code, done.json["passed"]) == (0, 1)
    (call,) = done.json["blocks"][0]["calls"]
    assert call["replayed"]
    assert len(simulator.sessions) == 2


def test_a_block_may_move_and_its_journal_names_no_folder_and_no_key(
    recorded: Callable[..., Path], simulator: Simulator, luahost: Command, tmp_path: Path
) -> None:
    page = recorded()
    journal = (page.parent / "journals/made.jsonl").read_text()
    assert simulator.keys["v3"]["default"] not in journal
    assert str(tmp_path) not in journal
    assert json.loads(journal.splitlines()[0])["name"] == "page.md"
    page.write_text("A line.\n\n" * 10 + page.read_text())
    assert luahost("test-docs", str(page)).code == 0


def test_a_stale_journal_fails_with_its_place_and_the_others_run(
    recorded: Callable[..., Path], luahost: Command
) -> None:
    page = recorded()
    page.write_text(page.read_text().replace('"x"', '"y"') + "\n```lua\nprint(1)\n```\n")
    done = luahost("test-docs", str(page))
    assert done.code == 1
    assert f"{page}:5: journals/made.jsonl: this is the journal of another script" in done.out
    assert "--record makes it anew" in done.out
    assert "1 failed, 1 passed" in done.out


def test_a_journal_that_does_not_know_a_call_fails_at_its_line(recorded: Callable[..., Path], luahost: Command) -> None:
    page = recorded()
    journal = page.parent / "journals/made.jsonl"
    lines = journal.read_text().splitlines(keepends=True)
    journal.write_text(lines[0])
    done = luahost("test-docs", str(page))
    assert done.code == 1
    assert f"{page}:5: " in done.out


@pytest.mark.parametrize("content", [None, b"", b"{}\n", b"\xff\xfe"])
def test_what_is_no_journal_fails_with_its_place(content: bytes | None, luahost: Command, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(PAGE)
    if content is not None:
        (tmp_path / "journals").mkdir()
        (tmp_path / "journals/made.jsonl").write_bytes(content)
    done = luahost("test-docs", str(page))
    assert (done.code, done.err) == (1, "")
    assert f"{page}:5: journals/made.jsonl:" in done.out
    assert "Traceback" not in done.out


def test_a_recording_that_fails_leaves_no_journal(luahost: Command, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(PAGE)
    done = luahost("test-docs", "--record", str(page))
    assert done.code == 1
    assert f"{page}:5: not recorded: " in done.out
    assert "accounts add" in done.out
    assert not (tmp_path / "journals").exists()
