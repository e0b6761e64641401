"""`luahost test-docs`: what a person sees, what a program reads, and what is wrong usage."""

from __future__ import annotations

import signal
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

if TYPE_CHECKING:
    from tests.conftest import Command

ROOT = Path(__file__).parents[2]
PAGE = """# Page

```lua
print(1)
```

```output
1
```

```lua
print("a\\27b")
error("no \\0 good")
```

<!-- luahost: skip = it costs money -->
```lua
os.exit()
```

```lua
print(2)
```

```output
two
```

```lua
while true do end
"""


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "page.md").write_text(PAGE)
    return "page.md"


def test_a_person_sees_each_failure_at_its_line_and_a_sum(luahost: Command, page: str) -> None:
    done = luahost("test-docs", page)
    lines = done.out.splitlines()
    assert done.code == 1
    assert lines[0] == "page.md  3 failed, 1 passed, 1 skipped"
    assert lines[1:3] == ["  page.md:13: no \\x00 good", '      error("no \\0 good")']
    assert "  page.md:26: the output is another one" in lines
    assert "  page.md:29: this block is not closed: what follows is part of it" in lines
    assert lines[-1].startswith("5 in all: 3 failed, 1 passed, 1 skipped, in ")
    assert "--update" in done.err


def test_verbose_tells_of_every_block(luahost: Command, page: str) -> None:
    out = luahost("test-docs", "-v", page).out
    assert "  page.md:4: line 4: passed (" in out
    assert "  page.md:18: line 18: skipped: it costs money\n" in out


def test_a_program_gets_one_object(luahost: Command, page: str) -> None:
    done = luahost("test-docs", "--json", page)
    told = done.json
    assert (done.code, done.err) == (1, "")
    assert {name: told[name] for name in ("ok", "passed", "failed", "skipped", "updated")} == {
        "ok": False, "passed": 1, "failed": 3, "skipped": 1, "updated": 0,
    }  # fmt: skip
    assert [(each["line"], each["status"]) for each in told["blocks"]] == [
        (4, "passed"), (13, "failed"), (18, "skipped"), (26, "failed"), (29, "failed"),
    ]  # fmt: skip
    error = told["blocks"][1]["error"]
    assert (error["code"], error["file"], error["line"]) == ("script_error", "page.md", 13)


def test_ci_gets_junit_xml_whatever_was_printed(luahost: Command, page: str) -> None:
    assert luahost("test-docs", "--junit", "out.xml", page).code == 1
    root = ET.parse("out.xml").getroot()
    (suite,) = root
    assert suite.attrib["name"] == "page.md"
    assert {name: suite.attrib[name] for name in ("tests", "failures", "skipped", "errors")} == {
        "tests": "5", "failures": "3", "skipped": "1", "errors": "0",
    }  # fmt: skip
    found = {case.attrib["line"]: [child.tag for child in case] for case in suite}
    assert found["4"] == ["system-out"]
    assert found["13"] == ["failure", "system-out"]
    assert found["18"] == ["skipped"]
    kinds = [failure.attrib["type"] for failure in root.iter("failure")]
    assert kinds == ["script_error", "output", "document"]
    assert "page.md:13: no" in (next(root.iter("failure")).text or "")


def test_update_writes_the_output_and_tells_of_it(luahost: Command, page: str) -> None:
    done = luahost("test-docs", "--update", page)
    assert "page.md:26: line 22: updated" in done.out
    assert "```output\n2\n```" in Path(page).read_text()
    assert "2 failed, 2 passed, 1 skipped" in luahost("test-docs", page).out


def test_the_flattened_page_has_seven_blocks_that_pass(luahost: Command) -> None:
    done = luahost("test-docs", "--blocks", "flattened", "tests/data/devin-lua-reference.txt", cwd=ROOT)
    assert (done.code, done.out.splitlines()[0]) == (0, "tests/data/devin-lua-reference.txt  7 passed"), done


def test_an_older_api_is_tried_as_elsewhere(luahost: Command) -> None:
    words = ("test-docs", "--blocks", "flattened", "tests/data/devin-lua-reference.txt")
    assert luahost(*words, cwd=ROOT, env={"LUAHOST_DEVIN_API_VERSION": "v1"}).code == 0


def test_regular_expressions_say_where_blocks_are(luahost: Command, tmp_path: Path) -> None:
    text = tmp_path / "x.txt"
    text.write_text("Try\nprint(1)\nDone\nTry\nerror()\nDone\n")
    done = luahost("test-docs", "--begin", "Try", "--end", "Done", str(text))
    assert (done.code, done.out.splitlines()[0]) == (1, f"{text}  1 failed, 1 passed")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["no.md"], "no.md: there is no such file or folder"),
        (["empty.md"], "there is no Lua block in empty.md; a block stands between"),
        (["empty"], "there is no Lua block in empty;"),
        (["--begin", "(", "--end", "x", "page.md"], "--begin (: not a regular expression"),
        (["--begin", "x", "page.md"], "--begin and --end go together"),
        (["--begin", "x", "--end", "y", "--blocks", "fenced", "page.md"], "--begin and --end go together"),
        (["--jobs", "0", "page.md"], "--jobs 0: a number from 1"),
        (["--timeout", "-1", "page.md"], "limit wall: must be above 0"),
        (["--junit", "no/such.xml", "page.md"], "--junit no/such.xml: No such file"),
        (["--blocks", "odd", "page.md"], "invalid choice: 'odd'"),
        ([], "required: FILE"),
    ],
)
def test_wrong_usage_is_one_line_and_status_2(luahost: Command, page: str, words: list[str], said: str) -> None:
    Path("empty.md").write_text("# Nothing\n")
    Path("empty").mkdir()
    done = luahost("test-docs", *words)
    assert done.code == 2, done
    assert said in done.err
    assert "Traceback" not in done.err


def test_ctrl_c_ends_it_at_once(luahost: Command, tmp_path: Path) -> None:
    done, page = tmp_path / "a.md", tmp_path / "b.md"
    done.write_text("```lua\nprint(1)\n```\n```output\n```\n")
    page.write_text("```lua\nwhile true do end\n```\n" * 20)
    words = ("test-docs", "--update", "--cpu-limit", "60", str(done), str(page))
    process = luahost.start(*words, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    give_up = time.monotonic() + 20
    while "```output\n1\n" not in done.read_text():  # then the next document is on its way
        assert time.monotonic() < give_up
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=10)
    assert (process.returncode, out, err) == (130, b"", b"luahost: interrupted\n")
