"""Integrations that packages bring: the good ones are there, a bad one stops nobody and says why."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from luahost import Function, Host, Integration, Policy, UsageError
from luahost.integrations import catalog

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Command, Packages

GOOD = """
from luahost import Integration, function

@function(access="read")
def get_stock(item: str) -> dict:
    "How many there are."
    return {"count": len(item)}

SHOP = Integration(name="shop", summary="What there is.", functions=[get_stock])
"""
USE = "print(app.integrations.shop.get_stock('lamp').count)"
DEVIN = "print(app.integrations.devin.get_current_user().name)"
BAD = {
    "an import that fails": ("import nothing_like_it\n", "cannot be imported: ModuleNotFoundError"),
    "a syntax error": ("SHOP = (\n", "cannot be imported: SyntaxError"),
    "a module that leaves": ("raise SystemExit(3)\n", "cannot be imported: SystemExit"),
    "no such name": ("OTHER = 1\n", "cannot be imported: AttributeError"),
    "another thing": ("SHOP = 'a text'\n", "it is no Integration, but of type str"),
    "a declaration that contradicts itself": (GOOD.replace('"shop"', '"Shop!"'), "cannot be imported: SpecError"),
    "the name of a built-in one": (GOOD.replace('"shop"', '"devin"'), "there is one named 'devin' already, built in"),
}


def test_an_integration_that_a_package_brings_is_there(packages: Packages, luahost: Command) -> None:
    packages.install("acme-shop", GOOD, brings="shop = the_shop:SHOP")
    done = luahost("run", "-e", USE)
    assert (done.code, done.out, done.err) == (0, "4\n", "")
    assert luahost("doctor", "--json").json["integrations"] == {"installed": ["shop"], "left_out": []}


@pytest.mark.parametrize("code", [pytest.param(code, id=name) for name, code in BAD.items()])
def test_a_bad_one_stops_neither_a_run_nor_another_integration(packages: Packages, code: tuple[str, str]) -> None:
    packages.install("acme-bad", code[0], brings="bad = the_bad:SHOP")
    packages.install("acme-shop", GOOD, brings="shop = the_shop:SHOP")
    with Host(simulate=True, isolation="none") as host:
        result = host.run(f"{DEVIN} {USE}")
    assert (result.error, result.output) == (None, "Ada Lovelace\n4\n")
    (notice,) = result.meta["notices"]
    for words in ("the package acme-bad", "(the_bad:SHOP)", "is left out", code[1]):
        assert words in notice


def test_the_command_line_says_it_once_and_on_stderr(packages: Packages, luahost: Command) -> None:
    packages.install("acme-bad", "import nothing_like_it", brings="bad = the_bad:BAD")
    done = luahost("run", "--simulate", "-e", f"{DEVIN} {DEVIN}")
    assert (done.code, done.out) == (0, "Ada Lovelace\nAda Lovelace\n")
    (line,) = done.err.splitlines()
    assert line.startswith("luahost: the integration bad of the package acme-bad (the_bad:BAD) is left out: ")


def test_a_run_that_looks_at_no_integration_is_told_nothing(packages: Packages, luahost: Command) -> None:
    packages.install("acme-bad", "import nothing_like_it", brings="bad = the_bad:BAD")
    done = luahost("run", "-e", "print(1)")
    assert (done.code, done.out, done.err) == (0, "1\n", "")


def test_who_asks_for_one_that_was_left_out_learns_why(packages: Packages) -> None:
    packages.install("acme-bad", "import nothing_like_it", brings="bad = the_bad:BAD")
    with Host(state=False) as host:
        error = host.run("app.integrations.bad.get_it()").error
    assert error is not None
    assert error.code == "unknown_integration"
    assert "nothing_like_it" in str(error.hint)


def test_doctor_and_list_name_the_package_and_its_place(packages: Packages, luahost: Command) -> None:
    packages.install("acme-bad", "import nothing_like_it", brings="bad = the_bad:BAD")
    (left_out,) = luahost("doctor", "--json").json["integrations"]["left_out"]
    assert (left_out["name"], left_out["package"], left_out["place"]) == ("bad", "acme-bad", "the_bad:BAD")
    (row,) = [line for line in luahost("doctor").out.splitlines() if "acme-bad" in line]
    assert row.startswith("integration bad")
    done = luahost("list")
    assert done.code == 0
    assert "acme-bad" in done.err


def test_settings_of_one_that_was_left_out_stop_nobody(packages: Packages, luahost: Command, home: Path) -> None:
    packages.install("acme-bad", "import nothing_like_it", brings="bad = the_bad:BAD")
    home.mkdir()
    text = '[integrations.bad.accounts.work]\norg_id = "o"\n[integrations.bad.permissions]\nget_it = "deny"\n'
    (home / "config.toml").write_text(text, "utf-8")
    done = luahost("run", "--simulate", "-e", DEVIN)
    assert (done.code, done.out) == (0, "Ada Lovelace\n")


def test_of_two_packages_with_one_name_neither_gets_its_key(packages: Packages) -> None:
    packages.install("acme-shop", GOOD, brings="shop = the_shop:SHOP")
    packages.install("evil-shop", GOOD, brings="shop = other_shop:SHOP")
    found = catalog.load()
    assert "shop" not in found
    assert {(each.name, each.package) for each in found.refused} == {("shop", "acme-shop"), ("shop", "evil-shop")}
    (first,) = [each for each in found.refused if each.package == "acme-shop"]
    assert "another named 'shop', of evil-shop" in first.problem


def _same(name: str) -> Integration:
    given = Function(name="get_it", summary="Get it.", access="read", handler=lambda _call, _arguments: {"given": True})
    return Integration(name=name, functions=[given])


def test_what_a_program_gives_comes_before_what_is_installed(packages: Packages) -> None:
    packages.install("acme-shop", GOOD, brings="shop = the_shop:SHOP")
    with Host(integrations=[_same("shop")], state=False) as host:
        assert host.call("shop.get_it") == {"given": True}


def test_a_program_may_give_what_is_installed(packages: Packages) -> None:
    packages.install("acme-shop", GOOD, brings="shop = the_shop:SHOP")
    installed = catalog.load()["shop"]
    assert catalog.load([installed]).refused == ()


@pytest.mark.parametrize("names", [["devin"], ["shop", "shop"]])
def test_a_program_that_gives_a_name_twice_is_told_at_once(names: list[str]) -> None:
    with pytest.raises(UsageError, match=f"two integrations named {names[-1]!r}"):
        Host(integrations=[_same(name) for name in names])


def test_a_simulator_that_cannot_be_made_stops_nobody(packages: Packages) -> None:
    code = GOOD.replace("functions=[get_stock]", "functions=[get_stock], simulator=lambda names, seed: 1 / 0")
    packages.install("acme-shop", code, brings="shop = the_shop:SHOP")
    with Host(simulate=True, policy=Policy(write="allow")) as host:
        result = host.run(DEVIN)
    assert (result.output, result.error) == ("Ada Lovelace\n", None)
    assert result.meta["notices"] == ["the integration shop has no simulator: it cannot be made: ZeroDivisionError"]
