"""`luahost doctor`: what is set up, where each value comes from, what to type next."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Command

KEY = "cog_not_to_be_seen"


def test_it_names_versions_folders_limits_and_both_isolations(luahost: Command, home: Path) -> None:
    found = luahost("doctor", "--json").json
    assert {"luahost", "python", "lupa", "system"} <= set(found)
    config = {"file": f"{home}/config.toml", "exists": False, "from": "LUAHOST_HOME", "problem": None}
    assert found["config"] == config
    assert found["state"].startswith(str(home))
    assert all(each["works"] for each in found["isolation"].values())
    assert (found["limits"]["cpu"], found["limits"]["memory_mib"], found["limits"]["wall"]) == (60, 256, None)


def test_without_a_key_it_says_how_to_add_one(luahost: Command) -> None:
    done = luahost("doctor")
    assert done.code == 0
    after = done.out.partition("next:")[2]
    assert "LUAHOST_DEVIN_API_KEY" in after
    assert "luahost run --simulate" in after


def test_what_it_says_to_type_next_works(luahost: Command, simulator: object) -> None:
    line = next(each for each in luahost("doctor", "--json").json["next"] if "--simulate" in each)
    import shlex

    assert luahost(*shlex.split(line)[1:]).code == 0


def test_where_a_keyring_takes_nothing_it_does_not_advise_to_store_a_key_there(luahost: Command) -> None:
    for each in luahost("doctor", "--json").json["next"]:
        assert not each.startswith("luahost accounts add")


def test_with_one_account_that_is_not_default_it_names_that_account_next(luahost: Command) -> None:
    found = luahost("doctor", "--json", env={"LUAHOST_DEVIN_WORK_API_KEY": KEY}).json
    call = next(each for each in found["next"] if each.startswith("luahost call"))
    assert "--account work" in call


@pytest.mark.parametrize("words", [["doctor"], ["doctor", "--json"]])
def test_it_says_where_values_come_from_and_never_the_key(luahost: Command, home: Path, words: list[str]) -> None:
    home.mkdir()
    (home / "config.toml").write_text('[limits]\ncpu = 7\n[integrations.devin.accounts.work]\norg_id = "org-1"\n')
    env = {"LUAHOST_DEVIN_WORK_API_KEY": KEY, "DEVIN_API_KEY": f"{KEY}_2"}
    done = luahost(*words, env=env)
    assert "LUAHOST_DEVIN_WORK_API_KEY" in done.out
    assert "DEVIN_API_KEY" in done.out
    assert KEY not in done.out + done.err


def test_a_key_that_names_no_account_is_shown_as_ignored(luahost: Command) -> None:
    variable = "LUAHOST_DEVIN_CREATE_SESSION_API_KEY"
    done = luahost("doctor", "--json", env={variable: KEY})
    assert done.json["ignored"] == [variable]
    assert KEY not in done.out


@pytest.mark.parametrize("backend", ["keyring.backends.fail.Keyring", "keyring.backends.null.Keyring", "no.such.One"])
def test_any_keyring_is_survived(luahost: Command, backend: str) -> None:
    done = luahost("doctor", "--json", env={"PYTHON_KEYRING_BACKEND": backend})
    assert done.code == 0, done.err
    assert done.json["keyring"]


def test_a_keyring_that_hides_nothing_is_told(luahost: Command) -> None:
    done = luahost("doctor", env={"PYTHON_KEYRING_BACKEND": "keyrings.alt.file.PlaintextKeyring"})
    assert "PlaintextKeyring (a file in which keys stand as they are)" in done.out


def test_it_works_with_a_home_that_cannot_be_written(luahost: Command) -> None:
    assert luahost("doctor", env={"LUAHOST_HOME": "/proc/luahost"}).code == 0


def test_a_state_folder_that_cannot_be_written_is_told(luahost: Command, home: Path) -> None:
    home.mkdir()
    (home / "state").write_text("no folder")
    done = luahost("doctor")
    assert f"{home}/state (cannot be written: runs keep no journal, and are not resumed)" in done.out
    assert luahost("doctor", "--json").json["state_writable"] is False
    (home / "state").unlink()
    assert luahost("doctor", "--json").json["state_writable"] is True


def test_what_a_run_would_find_wrong_in_the_settings_is_told(luahost: Command, home: Path) -> None:
    home.mkdir()
    (home / "config.toml").write_text('[integrations.devin.permissions]\nread = "maybe"\n')
    done = luahost("doctor")
    assert done.code == 2
    assert "permission read: 'maybe' is not a decision; write allow, ask or deny" in " ".join(done.out.split())
    assert "maybe" in luahost("doctor", "--json").json["config"]["problem"]
    (home / "config.toml").write_text('[integrations.devin.permissions]\nread = "ask"\n')
    assert luahost("doctor").code == 0
    assert luahost("doctor", "--json").json["config"]["problem"] is None
