"""config.toml and the environment: what is good, what is bad, and where they lie."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import platformdirs
import pytest

from luahost import Host, Limits
from luahost.calls.policy import Rule
from luahost.calls.settings import Settings, Timing, user_folders
from luahost.errors import LuaHostError, UsageError
from luahost.results import COMMAND_LINE

if TYPE_CHECKING:
    from collections.abc import Callable

    Load = Callable[[str], Settings]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    def make(text: str) -> Settings:
        (tmp_path / "config.toml").write_text(text, "utf-8")
        return Settings.load({"LUAHOST_HOME": str(tmp_path)})

    return make


def everything(settings: Settings) -> None:
    """Read all that a settings file can say."""
    settings.limits(Limits())
    settings.timing()
    settings.keeping()
    settings.rules()
    settings.accounts("devin")


def values(timing: Timing) -> tuple[float, ...]:
    return timing.connect_timeout, timing.timeout, timing.retries, timing.settle, timing.keyring_timeout


# -- where ------------------------------------------------------------------------------------------------------


def test_one_variable_moves_everything(tmp_path: Path) -> None:
    settings = Settings.load({"LUAHOST_HOME": str(tmp_path)})
    assert Path(settings.config_file) == tmp_path / "config.toml"
    assert Path(settings.state_folder) == tmp_path / "state"


def test_without_it_both_lie_in_the_user_s_folders_and_not_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config.toml").write_text("[nonsense]")
    settings = Settings.load({"HOME": "/nonexistent"})
    assert settings.config == {}
    for folder in (settings.config_folder, settings.state_folder):
        assert Path(folder).is_absolute()
        assert tmp_path not in Path(folder).parents


def test_a_user_folder_that_is_relative_is_not_taken_from_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", ".")
    (tmp_path / "luahost").mkdir()
    (tmp_path / "luahost" / "config.toml").write_text("[nonsense]")
    assert Settings.load({"HOME": "/nonexistent", "XDG_CONFIG_HOME": "."}).config == {}


@pytest.mark.parametrize("value", ["", None])
def test_an_empty_home_is_as_good_as_none(value: str | None) -> None:
    settings = Settings.load({"HOME": "/nonexistent", **({} if value is None else {"LUAHOST_HOME": value})})
    assert Path(settings.config_folder) != Path().absolute()


def test_a_tilde_is_the_user_s_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert Path(Settings.load({"LUAHOST_HOME": "~/lua"}).config_folder) == tmp_path / "lua"


def test_a_home_of_somebody_unknown_is_wrong_usage() -> None:
    with pytest.raises(UsageError, match="LUAHOST_HOME"):
        Settings.load({"LUAHOST_HOME": "~nobody-of-this-name/lua"})


def test_a_run_without_a_state_writes_nothing_at_home(home: Path) -> None:
    with Host(simulate=True) as host:
        host.run("app.integrations.devin.list_sessions()")
    assert not home.exists()


def test_a_missing_file_says_nothing(tmp_path: Path) -> None:
    assert Settings.load({"LUAHOST_HOME": str(tmp_path / "none")}).config == {}


def test_a_folder_in_the_file_s_place_is_told(tmp_path: Path) -> None:
    (tmp_path / "config.toml").mkdir()
    with pytest.raises(UsageError, match="cannot be read"):
        Settings.load({"LUAHOST_HOME": str(tmp_path)})


def test_a_file_in_the_home_s_place_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="cannot be read"):
        Settings.load({"LUAHOST_HOME": str(tmp_path / "file")})


# -- what is good ------------------------------------------------------------------------------------------------


def test_the_contract_s_example_is_read(load: Load) -> None:
    settings = load(
        """
        [integrations.devin.permissions]
        read = "allow"
        write = "ask"
        delete_secret = "deny"
        [integrations.devin.accounts.work]
        org_id = "org-1"
        [integrations.devin.accounts.work.permissions]
        write = "deny"
        [limits]
        cpu = 60
        """
    )
    assert settings.accounts("devin")["work"]["org_id"] == "org-1"
    assert settings.limits(Limits()) == Limits(cpu=60)
    assert settings.rules() == (
        Rule("devin", "read", "allow"),
        Rule("devin", "write", "ask"),
        Rule("devin", "delete_secret", "deny"),
        Rule("devin", "write", "deny", "work"),
    )


def test_limits_are_laid_over_those_given(load: Load) -> None:
    settings = load("[limits]\nwall = 5\ncalls = 3\nresponse_bytes = 1000")
    assert settings.limits(COMMAND_LINE).wall == 5
    assert settings.limits(COMMAND_LINE).cpu == COMMAND_LINE.cpu
    assert settings.limits(Limits()).calls == 3


def test_timing_is_read_and_has_defaults(load: Load) -> None:
    assert values(load("").timing()) == values(Timing()) == (10, 60, 3, 30, 20)
    text = "[http]\ntimeout = 2\nconnect_timeout = 0.5\nretries = 0\n[idempotency]\nsettle = 1\n[keyring]\ntimeout = 3"
    assert values(load(text).timing()) == (0.5, 2, 0, 1, 3)


def test_a_host_goes_by_the_limits_of_the_file(home: Path) -> None:
    home.mkdir()
    (home / "config.toml").write_text("[limits]\nwall = 7\n")
    assert Host().limits == Limits(wall=7)
    assert Host(limits=Limits(wall=8)).limits.wall == 8


# -- what is bad -------------------------------------------------------------------------------------------------


def test_how_long_journals_are_kept(load: Load) -> None:
    usual, given = load("").keeping(), load("[journal]\nkeep_days = 0.5\nmax_mib = 10").keeping()
    assert [(each.keep_days, each.max_mib) for each in (usual, given)] == [(30, 512), (0.5, 10)]


@pytest.mark.parametrize(
    "text",
    [
        "nonsense",
        "[a",
        "a = 1\na = 2",
        "[limits]\n[limits]",
        "unknown = 1",
        "[limit]",
        "[account.work]",
        "limits = 5",
        "http = []",
        "integrations = 'devin'",
        "[limits]\ncpus = 5",
        "[limits]\ncpu = '5'",
        "[limits]\ncpu = true",
        "[limits]\ncpu = 0",
        "[limits]\ncpu = -1",
        "[limits]\ncpu = nan",
        "[limits]\ncpu = inf",
        "[limits]\ncalls = 1.5",
        "[limits]\nmemory_mib = 1",
        "[limits]\nwall = []",
        "journal = 5",
        "[journal]\nkeep = 5",
        "[journal]\nkeep_days = '5'",
        "[journal]\nkeep_days = true",
        "[journal]\nkeep_days = 0",
        "[journal]\nmax_mib = -1",
        "[journal]\nmax_mib = nan",
        "[journal]\nmax_mib = inf",
        "[http]\ntimeouts = 5",
        "[http]\ntimeout = '5'",
        "[http]\ntimeout = true",
        "[http]\ntimeout = -1",
        "[http]\ntimeout = 0",
        "[http]\ntimeout = nan",
        "[http]\ntimeout = inf",
        "[http]\ntimeout = 1e300",
        "[http]\nconnect_timeout = 0",
        "[http]\nconnect_timeout = nan",
        "[http]\nretries = -1",
        "[http]\nretries = 1.5",
        "[http]\nretries = true",
        "[http]\nretries = inf",
        "[idempotency]\nsettles = 1",
        "[idempotency]\nsettle = nan",
        "[idempotency]\nsettle = -1",
        "[keyring]\ntimeout = 'long'",
        "[keyring]\ntimeout = nan",
        "[keyring]\ntimeout = inf",
        "[keyring]\nbackend = 'x'",
        "[integrations]\ndevin = 5",
        "[integrations.devin]\nkey = 5",
        "[integrations.devin]\naccount = {}",
        "[integrations.devin]\naccounts = 5",
        "[integrations.devin.accounts]\nwork = 5",
        "[integrations.devin.accounts.Work]",
        "[integrations.devin.accounts.'a-b']",
        "[integrations.devin.accounts.work]\norgid = 'x'",
        "[integrations.devin.accounts.work]\norg_id = 5",
        "[integrations.devin.accounts.work]\nbase_url = true",
        "[integrations.devin.accounts.work]\napi_version = 3",
        "[integrations.devin.accounts.work]\napi_key = 'cog_s3cret'",
        "[integrations.devin.accounts.work]\npermissions = 'allow'",
        "[integrations.devin.accounts.work.permissions]\nwrite = 'yes'",
        "[integrations.devin]\npermissions = []",
        "[integrations.devin.permissions]\nread = 'maybe'",
        "[integrations.devin.permissions]\nread = true",
        "[integrations.devin.permissions]\nread = 'Allow'",
    ],
)
def test_what_the_file_may_not_say_is_one_error_with_the_file_s_name(load: Load, tmp_path: Path, text: str) -> None:
    with pytest.raises(UsageError) as caught:
        everything(load(text))
    assert str(tmp_path / "config.toml") in caught.value.message
    assert "s3cret" not in f"{caught.value.message} {caught.value.hint}"


def test_a_file_that_is_not_utf_8_is_told(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_bytes(b"a = '\xff'")
    with pytest.raises(UsageError, match="not UTF-8"):
        Settings.load({"LUAHOST_HOME": str(tmp_path)})


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("[limit]", "limits"),
        ("[limits]\nmemory = 5", "memory_mib"),
        ("[http]\ntimeot = 5", "timeout"),
        ("[journal]\nkeep_day = 5", "keep_days"),
        ("[jornal]", "journal"),
        ("[integrations.devin]\npermission = {}", "permissions"),
    ],
)
def test_a_near_miss_is_told_with_what_was_meant(load: Load, text: str, meant: str) -> None:
    with pytest.raises(UsageError) as caught:
        everything(load(text))
    assert f"did you mean {meant!r}" in caught.value.message


def test_a_wrong_time_limit_of_the_keyring_is_told_under_the_name_that_was_written(load: Load) -> None:
    with pytest.raises(UsageError) as caught:
        load("[keyring]\ntimeout = -1").timing()
    assert "keyring_timeout" not in caught.value.message
    assert "keyring" in caught.value.message


def test_a_key_in_the_file_is_told_where_it_belongs(load: Load) -> None:
    with pytest.raises(UsageError) as caught:
        everything(load("[integrations.devin.accounts.work]\napi_key = 'cog_s3cret'"))
    assert "luahost accounts add work" in (caught.value.hint or "")


@pytest.mark.parametrize("value", [0, 1e300, math.inf, math.nan])
def test_no_setting_that_is_accepted_makes_every_call_fail_inside_luahost(tmp_path: Path, value: Any) -> None:
    for table in ({"http": {"connect_timeout": value}}, {"http": {"timeout": value}}, {"keyring": {"timeout": value}}):
        settings = Settings({"LUAHOST_HOME": str(tmp_path)}, str(tmp_path), str(tmp_path), table)
        with pytest.raises(LuaHostError) as caught, Host(settings=settings, state=False) as host:
            host.call("devin.list_sessions")
        assert caught.value.code != "internal_error", table


def test_a_bad_file_is_told_when_the_host_is_made(home: Path) -> None:
    home.mkdir()
    (home / "config.toml").write_text("[limits]\ncpus = 1\n")
    with pytest.raises(UsageError):
        Host()


@pytest.mark.parametrize("given", [{}, {"XDG_CONFIG_HOME": "/x/config", "XDG_STATE_HOME": "/x/state"}])
def test_the_users_folders_are_those_that_platformdirs_names(
    given: dict[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {"HOME": str(tmp_path), **given}.items():
        monkeypatch.setenv(name, value)
    expected = platformdirs.user_config_dir("luahost"), platformdirs.user_state_dir("luahost")
    assert user_folders(os.environ) == expected
