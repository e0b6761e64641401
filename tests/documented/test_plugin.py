"""The pytest plug-in, as projects use it: documents as items, fixtures, and nothing where it was not asked for."""

from __future__ import annotations

import subprocess
import sys

import pytest

PAGE = """# Page

<!-- luahost: name = The first -->
```lua
print("one")
```

```output
one
```

<!-- luahost: join -->
```lua
local x = nil
print(x.y)
```

<!-- luahost: skip = it costs money -->
```lua
os.exit()
```

```lua
x = 1
"""


@pytest.fixture
def pytester(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """Without the plug-ins that have nothing to do with this, of which one takes a second to import."""
    monkeypatch.setenv("PYTEST_ADDOPTS", "-p no:hypothesispytest -p no:anyio")
    return pytester


@pytest.fixture
def project(pytester: pytest.Pytester) -> pytest.Pytester:
    """A project with a page and a script, whose pytest knows of nothing else."""
    pytester.mkdir("docs")
    (pytester.path / "docs/page.md").write_text(PAGE)
    (pytester.path / "docs/script.lua").write_text('print("hi")\n')
    return pytester


def outcomes(result: pytest.RunResult) -> dict[str, int]:
    return {name: number for name, number in result.parseoutcomes().items() if name != "warnings"}


def test_blocks_and_files_are_items_that_fail_at_the_documents_line(project: pytest.Pytester) -> None:
    result = project.runpytest("--luahost", "-rfs", "docs")
    assert outcomes(result) == {"passed": 2, "failed": 2, "skipped": 1}
    result.stdout.fnmatch_lines(
        [
            "*_ page.md: line 14 _*",
            "docs/page.md:15: attempt to index local 'x' (a nil value)",
            "    print(x.y)",
            "*docs/page.md:15: in main chunk",
            "docs/page.md:23: this block is not closed: what follows is part of it",
            "FAILED docs/page.md::line 14 - docs/page.md:15: attempt to index*",
            "SKIPPED * docs/page.md:20: it costs money",
        ]
    )
    assert "luahost/documented" not in result.stdout.str()


def test_one_block_can_be_chosen_by_its_name(project: pytest.Pytester) -> None:
    assert outcomes(project.runpytest("--luahost", "docs/page.md::The first")) == {"passed": 1}
    assert outcomes(project.runpytest("--luahost", "-k", "script", "docs")) == {"passed": 1, "deselected": 4}


def test_without_the_option_nothing_is_collected(project: pytest.Pytester) -> None:
    project.makepyfile("def test_it(): pass")
    assert outcomes(project.runpytest(".")) == {"passed": 1}


def test_the_files_that_are_meant_can_be_configured(project: pytest.Pytester) -> None:
    project.makeini("[pytest]\naddopts = --luahost\nluahost_files = docs/*.lua README.md")
    assert outcomes(project.runpytest()) == {"passed": 1}


def test_two_blocks_of_one_name_are_two_items(project: pytest.Pytester) -> None:
    block = "<!-- luahost: name = same -->\n```lua\nx = 1\n```\n"
    (project.path / "docs/page.md").write_text(block + block)
    result = project.runpytest("--luahost", "-v", "docs/page.md")
    assert outcomes(result) == {"passed": 2}
    result.stdout.fnmatch_lines(["docs/page.md::same PASSED*", "docs/page.md::same (line 7) PASSED*"])


FIXTURES = """
    import pathlib

    import pytest
    import requests
    import responses

    from luahost import Host, NotFound, Policy

    CREATE = 'return app.integrations.devin.create_session{ prompt = "x" }.session_id'


    def test_the_simulator_is_this_tests_own(luahost_run, devin):
        before = len(devin.sessions)
        assert luahost_run(CREATE).value == devin.sessions[-1]["session_id"].removeprefix("devin-")
        assert len(devin.sessions) == before + 1 == 2
        assert [each.method for each in devin.requests if each.path.endswith("/sessions")] == ["POST"]


    def test_and_another_tests_is_another(luahost_host, devin):
        assert (len(devin.sessions), devin.requests) == (1, [])
        assert luahost_host.run(CREATE).ok


    def test_it_can_be_made_to_fail(luahost_host, devin):
        devin.fail(status=403)
        assert luahost_host.run("app.integrations.devin.list_sessions()").error.code == "forbidden"


    def test_an_error_is_raised_with_the_line_of_the_script(luahost_run):
        with pytest.raises(NotFound) as caught:
            luahost_run('\\napp.integrations.devin.get_session("devin-0000")')
        assert caught.value.line == 2
        assert caught.value.__notes__[0].startswith("script.lua:2: devin.get_session")


    def test_a_file_runs_with_its_modules_and_arguments(luahost_run, tmp_path):
        (tmp_path / "m.lua").write_text("return 2")
        (tmp_path / "s.lua").write_text('print(require("m") + args.n)')
        assert luahost_run(tmp_path / "s.lua", args={"n": 3}).output == "5\\n"


    @responses.activate
    def test_responses_answers_what_it_is_there_for_and_the_simulator_the_rest(luahost_run, devin):
        responses.get("https://example.com/", body="mocked")
        assert requests.get("https://example.com/").text == "mocked"
        assert luahost_run(CREATE).ok
        assert len(responses.calls) == 1


    @responses.activate
    def test_a_host_with_accounts_is_answered_by_responses():
        responses.get("https://api.devin.ai/v1/sessions", json={"sessions": [{"session_id": "devin-1"}]})
        accounts = {"devin": {"default": {"api_key": "apk_x"}}}
        with Host(accounts=accounts, policy=Policy(write="allow"), state=False) as host:
            result = host.run("return #app.integrations.devin.list_sessions().sessions")
        assert (result.error, result.value) == (None, 1)
"""


def test_the_fixtures_are_a_tests_own(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(FIXTURES)
    assert outcomes(pytester.runpytest_subprocess()) == {"passed": 7}  # requests is not one to be imported twice


def test_it_works_beside_xdist_and_in_any_order_and_warns_of_nothing(project: pytest.Pytester) -> None:
    names = "".join(f"<!-- luahost: name = n{i} -->\n```lua\nassert(x == nil) x = {i}\n```\n" for i in range(10))
    (project.path / "docs/more.md").write_text(names)
    project.makepyfile(FIXTURES)
    result = project.runpytest_subprocess("--luahost", "-W", "error", "-n", "2", "--random-order-bucket=global")
    assert outcomes(result) == {"passed": 19, "failed": 2, "skipped": 1}, result.stdout.str()


def test_a_script_that_fails_is_shown_at_its_own_line(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_it(luahost_run):\n    luahost_run('local x = 1\\nerror(\"no\")')\n")
    result = pytester.runpytest()
    result.stdout.fnmatch_lines(
        ["E *ScriptError: no", "E *script.lua:2: no", 'E *    error("no")', "test_*.py:2: ScriptError"]
    )


def test_a_pytest_that_does_not_ask_for_it_imports_nothing_for_it() -> None:
    code = (
        "import sys, pytest, pathlib; before = set(sys.modules); import luahost.pytest_plugin; "
        "print(sorted(set(sys.modules) - before))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['luahost', 'luahost.pytest_plugin']"


def test_it_can_be_left_out(project: pytest.Pytester) -> None:
    result = project.runpytest_subprocess("-p", "no:luahost", "--luahost", "docs")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
