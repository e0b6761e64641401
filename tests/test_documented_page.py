"""The documented page runs as written: the acceptance test of everything."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from luahost import Host, Policy
from luahost.integrations.devin import DEVIN
from luahost.reference.flattened import between
from tests.checks import generated

if TYPE_CHECKING:
    from collections.abc import Callable

    from luahost.spec import Function
    from tests.conftest import Command

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "tests/data/devin-lua-reference.txt").read_text("utf-8")
DOCUMENTED = sorted((ROOT / "lua_examples/documented").glob("*.lua"))

BLOCKS = [block.code for block in between(PAGE).blocks]

FORMS = [
    *(pytest.param(block, id=f"page-{i}") for i, block in enumerate(BLOCKS, 1)),
    *(pytest.param(file.read_text("utf-8"), id=file.stem) for file in DOCUMENTED),
]
VERSIONS = ["v3", "v1"]


def expected(source: str, version: str) -> str:
    """What an example prints, as a pattern."""
    one_id = r"(devin-)?[0-9a-f]{32}" if version == "v3" else r"devin-[0-9a-f]{32}"
    if "Session ID" in source:
        return rf"Session ID: {one_id}\nStatus: \w+\n"
    if "Created at" in source:
        when = r"\d{10}" if version == "v3" else r"\d{4}-\d\d-\d\dT.*"
        return rf"Status: \w+\nCreated at: {when}\n"
    if "ipairs" in source:
        return r"(\S+ - \w+\n)+"
    if "User: " in source:
        return (
            r"User: Ada Lovelace\nEmail: ada@example.com\n" if version == "v3" else r"User: Unknown\nEmail: Unknown\n"
        )
    return ""


def test_the_page_has_seven_blocks_and_each_is_a_file() -> None:
    assert len(BLOCKS) == len(DOCUMENTED) == 7


def test_page_and_files_are_the_same_but_for_leading_blanks() -> None:
    for block, file in zip(BLOCKS, DOCUMENTED, strict=True):
        without = [line.lstrip() for line in file.read_text("utf-8").splitlines()]
        assert without == block.splitlines(), file.name


def test_the_files_are_the_examples_of_the_spec() -> None:
    """The page's functions come first, each with the page's examples and no others."""
    examples = [example.code for function in DEVIN.functions[:5] for example in function.examples]
    examples += [example.code for example in DEVIN.examples]
    assert [file.read_text("utf-8") for file in DOCUMENTED] == examples


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("function", DEVIN.functions[5:], ids=lambda function: function.name)
def test_every_other_function_has_an_example_that_runs(
    function: Function, version: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LUAHOST_DEVIN_API_VERSION", version)
    assert function.examples
    for example in function.examples:
        with Host(simulate=True, policy=Policy(write="allow")) as host:
            # On this account the simulated key is a service user's, which has a consumption of its own.
            account = "work" if "service_user" in function.name else "default"
            result = host.run(example.code, name="example.lua", account=account)
        if result.error is None and version in function.endpoints:
            assert f"devin.{function.name}" in {record.call for record in result.calls}
        elif result.error is not None:  # what v1 does not know, the function itself or what its example prepares
            assert version == "v1"
            assert (result.error.code, "v3" in result.error.message) == ("unsupported", True)


def test_every_parameter_of_every_function_is_described() -> None:
    for function in DEVIN.functions:
        assert function.summary.endswith(".")
        assert all(param.description for param in function.params), function.name
        assert function.endpoints, function.name


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("source", FORMS)
def test_each_example_runs_through_host(
    source: str, version: str, isolation: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LUAHOST_DEVIN_API_VERSION", version)
    with Host(simulate=True, policy=Policy(write="allow"), isolation=isolation) as host:
        result = host.run(source, name="example.lua")
    assert result.error is None
    assert re.fullmatch(expected(source, version), result.output), result.output


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("source", FORMS)
def test_each_example_runs_against_a_real_server(
    source: str, version: str, accounts: Callable[..., dict[str, Any]]
) -> None:
    with Host(accounts=accounts(version), policy=Policy(write="allow"), state=False) as host:
        result = host.run(source, name="example.lua")
    assert result.error is None
    assert re.fullmatch(expected(source, version), result.output), result.output


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("source", FORMS)
def test_each_example_runs_in_a_fresh_process(source: str, version: str, luahost: Command, tmp_path: Path) -> None:
    script = tmp_path / "example.lua"
    script.write_text(source, "utf-8")
    done = luahost("run", "--simulate", str(script), env={"LUAHOST_DEVIN_API_VERSION": version})
    assert done.code == 0, done
    assert re.fullmatch(expected(source, version), done.out), done


def test_every_account_of_the_page_made_its_own_session() -> None:
    with Host(simulate=True, policy=Policy(write="allow")) as host:
        assert host.run(DOCUMENTED[6].read_text("utf-8")).error is None
        made = [each["account"] for each in host.simulation("devin").sessions[1:]]
    assert made == ["default", "default", "work", "personal"]


def test_the_reference_says_all_that_the_page_says() -> None:
    reference = (ROOT / "docs/devin.md").read_text("utf-8")
    rows = {tuple(cell.strip(" `") for cell in line.strip("|").split("|")) for line in reference.splitlines()}
    for line in PAGE.splitlines():
        cells = tuple(cell.strip() for cell in line.split("|"))
        if len(cells) == 4 and cells[2] in ("yes", "no"):
            assert cells in rows, line
        elif len(cells) == 1 and not any(line in block for block in BLOCKS):
            heading = line.removeprefix("This is the rendered version of the full Lua documentation exposed to agents")
            assert heading != line or line in reference, line
    for file in DOCUMENTED:
        assert file.read_text("utf-8") in reference, file.name


def test_nothing_generated_is_stale() -> None:
    assert generated.stale() == []
