"""Which accounts exist, where the key of each comes from, and where it goes."""

from __future__ import annotations

import json
import threading
import time
from typing import TYPE_CHECKING, Any

import keyring
import keyring.backend
import keyring.backends.fail
import keyring.backends.null
import keyring.errors
import pytest
import responses
from keyrings.alt.file import PlaintextKeyring

from luahost import Host
from luahost.calls.accounts import Account, Accounts
from luahost.calls.base_urls import is_loopback, split_base_url
from luahost.calls.settings import Settings
from luahost.calls.stored import Keyring, KeyringUnavailable, read_index, write_index
from luahost.errors import LuaHostError, MissingCredentials, UnknownIntegration, UsageError
from luahost.integrations.devin.functions import DEVIN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

V3, V1 = "cog_0123456789", "apk_0123456789"
OFFICIAL = "https://api.devin.ai"
FUNCTIONS = [function.name for function in DEVIN.functions]


class Locked(keyring.backend.KeyringBackend):
    """A keyring that waits for somebody to type a password, and nobody does."""

    priority = 1

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.asked = 0
        self.release = threading.Event()

    def get_password(self, service: str, username: str) -> str | None:
        self.asked += 1
        self.release.wait(10)
        return None

    def set_password(self, service: str, username: str, password: str) -> None:
        self.release.wait(10)

    def delete_password(self, service: str, username: str) -> None:
        self.release.wait(10)


@pytest.fixture(autouse=True)
def _own_backend() -> Iterator[None]:
    before = keyring.get_keyring()
    keyring.set_keyring(keyring.backends.null.Keyring())  # type: ignore[no-untyped-call]
    yield
    keyring.set_keyring(before)


@pytest.fixture
def ring(tmp_path: Path) -> PlaintextKeyring:
    """A real keyring, in a file of its own."""
    backend = PlaintextKeyring()
    backend.file_path = str(tmp_path / "keyring.cfg")
    keyring.set_keyring(backend)
    return backend


@pytest.fixture
def locked() -> Iterator[Locked]:
    backend = Locked()
    keyring.set_keyring(backend)
    yield backend
    backend.release.set()
    for thread in threading.enumerate():
        if thread.name == "luahost-keyring":  # given up, but not over: it would ask the keyring of the next test
            thread.join()


@pytest.fixture
def accounts(tmp_path: Path) -> Callable[..., Accounts]:
    """Accounts from an environment and a config.toml, given as values."""

    def make(
        environ: dict[str, str] | None = None,
        config: dict[str, Any] | None = None,
        *,
        passed: dict[str, Any] | None = None,
        timeout: float = 5,
    ) -> Accounts:
        table = {"integrations": {"devin": {"accounts": config or {}}}}
        settings = Settings(environ or {}, str(tmp_path), str(tmp_path / "state"), table)
        return Accounts(DEVIN, settings, passed=passed, keyring_timeout=timeout)

    return make


def stored(ring: keyring.backend.KeyringBackend, name: str, value: Any) -> None:
    ring.set_password("luahost:devin", name, value if isinstance(value, str) else json.dumps(value))


def missing(found: Accounts, name: str = "default") -> MissingCredentials:
    with pytest.raises(MissingCredentials) as caught:
        found.resolve(name)
    assert caught.value.account == name
    return caught.value


# -- the order ---------------------------------------------------------------------------------------------------


def test_the_default_account_reads_the_longest_name_first_and_the_vendor_s_last(
    accounts: Callable[..., Accounts],
) -> None:
    environ = {
        "LUAHOST_DEVIN_DEFAULT_API_KEY": "cog_1",
        "LUAHOST_DEVIN_API_KEY": "cog_2",
        "DEVIN_API_KEY": "cog_3",
    }
    found = []
    for name in list(environ):
        account = accounts(dict(environ)).resolve("default")
        assert account.sources["api_key"] == name
        found.append(account.api_key)
        del environ[name]
    assert found == ["cog_1", "cog_2", "cog_3"]


def test_another_account_reads_its_own_name_only(accounts: Callable[..., Accounts]) -> None:
    environ = {"LUAHOST_DEVIN_WORK_API_KEY": "cog_w", "LUAHOST_DEVIN_API_KEY": "cog_d", "DEVIN_API_KEY": "cog_v"}
    assert accounts(environ).resolve("work").api_key == "cog_w"
    missing(accounts({"DEVIN_API_KEY": "cog_v", "LUAHOST_DEVIN_API_KEY": "cog_d"}, {"work": {}}), "work")


def test_the_environment_comes_before_the_keyring(accounts: Callable[..., Accounts], ring: PlaintextKeyring) -> None:
    stored(ring, "default", V3)
    assert accounts({"DEVIN_API_KEY": "cog_env"}).resolve("default").api_key == "cog_env"
    assert accounts().resolve("default").api_key == V3


def test_what_the_program_passes_is_all_that_is_read(accounts: Callable[..., Accounts], ring: PlaintextKeyring) -> None:
    stored(ring, "work", V3)
    environ = {"DEVIN_API_KEY": "cog_env", "LUAHOST_DEVIN_WORK_API_KEY": "cog_w", "LUAHOST_DEVIN_ORG_ID": "org-env"}
    found = accounts(environ, {"default": {"org_id": "org-c"}}, passed={"default": {"api_key": V3}, "work": {}})
    assert (found.resolve("default").api_key, found.resolve("default").org_id) == (V3, None)
    assert found.names() == ["default", "work"]
    missing(found, "work")


def test_an_empty_variable_is_as_good_as_none(accounts: Callable[..., Accounts]) -> None:
    environ = {"LUAHOST_DEVIN_DEFAULT_API_KEY": "", "DEVIN_API_KEY": "cog_v", "LUAHOST_DEVIN_WORK_API_KEY": ""}
    found = accounts(environ)
    assert found.resolve("default").api_key == "cog_v"
    assert found.names() == ["default"]


def test_the_other_settings_come_from_where_the_key_comes_from(accounts: Callable[..., Accounts]) -> None:
    environ = {
        "DEVIN_API_KEY": V3,
        "DEVIN_ORG_ID": "org-vendor",
        "LUAHOST_DEVIN_ORG_ID": "org-other",
        "LUAHOST_DEVIN_DEFAULT_BASE_URL": "https://other.test",
    }
    account = accounts(environ).resolve("default")
    assert (account.org_id, account.base_url) == ("org-vendor", OFFICIAL)
    assert account.sources["org_id"] == "DEVIN_ORG_ID"


def test_what_the_environment_leaves_out_comes_from_the_config(accounts: Callable[..., Accounts]) -> None:
    config = {"default": {"org_id": "org-config", "base_url": "https://gateway.test/devin", "api_version": "v1"}}
    account = accounts({"DEVIN_API_KEY": V3}, config).resolve("default")
    assert (account.org_id, account.base_url, account.version) == ("org-config", "https://gateway.test/devin", "v1")
    assert set(account.sources.values()) == {"DEVIN_API_KEY", "config.toml"}


def test_the_environment_comes_before_the_config(accounts: Callable[..., Accounts]) -> None:
    environ = {"DEVIN_API_KEY": V3, "DEVIN_ORG_ID": "org-env"}
    assert accounts(environ, {"default": {"org_id": "org-config"}}).resolve("default").org_id == "org-env"


# -- the version -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("key", "version"), [(V3, "v3"), (V1, "v1"), ("apk_user_1", "v1"), ("other", "v3")])
def test_the_key_s_prefix_chooses_the_version(accounts: Callable[..., Accounts], key: str, version: str) -> None:
    assert accounts({"DEVIN_API_KEY": key}).resolve("default").version == version


def test_a_version_that_is_set_comes_before_the_prefix(accounts: Callable[..., Accounts]) -> None:
    assert accounts({"DEVIN_API_KEY": V3, "DEVIN_API_VERSION": "v1"}).resolve("default").version == "v1"


@pytest.mark.parametrize(("ending", "version"), [("/v1", "v1"), ("/v3/", "v3"), ("/x/v1", "v1")])
def test_a_base_url_that_ends_in_a_version_decides_it(
    accounts: Callable[..., Accounts], ending: str, version: str
) -> None:
    for key in (V3, V1):
        environ = {"DEVIN_API_KEY": key, "DEVIN_BASE_URL": f"https://gateway.test{ending}"}
        account = accounts(environ).resolve("default")
        assert (account.version, account.base_url.endswith(version)) == (version, False)


def test_a_base_url_of_the_environment_decides_the_version_against_the_config_s(
    accounts: Callable[..., Accounts],
) -> None:
    environ = {"DEVIN_API_KEY": V3, "DEVIN_BASE_URL": "https://gateway.test/v1"}
    assert accounts(environ, {"default": {"api_version": "v3"}}).resolve("default").version == "v1"


def test_a_base_url_decides_the_version_against_the_same_source_s_setting(
    accounts: Callable[..., Accounts],
) -> None:
    environ = {"DEVIN_API_KEY": V3, "DEVIN_BASE_URL": "https://gateway.test/v1", "DEVIN_API_VERSION": "v3"}
    assert accounts(environ).resolve("default").version == "v1"


@pytest.mark.parametrize("environ", [{"DEVIN_API_VERSION": "v2"}, {"DEVIN_BASE_URL": "https://gateway.test/v2"}])
def test_an_unknown_version_is_told_with_its_source(accounts: Callable[..., Accounts], environ: dict[str, str]) -> None:
    error = missing(accounts({"DEVIN_API_KEY": V3, **environ}))
    assert next(iter(environ)) in error.message
    assert "v3, v1" in (error.hint or "")


# -- hosts -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "base", "version"),
    [
        ("https://api.devin.ai", "https://api.devin.ai", None),
        ("https://API.Devin.AI/", "https://api.devin.ai", None),
        ("https://h:8443/a/b/v3", "https://h:8443/a/b", "v3"),
        ("http://127.0.0.1:80/v1/", "http://127.0.0.1", "v1"),
        ("http://localhost:1", "http://localhost:1", None),
        ("http://[::1]:8080/v3", "http://[::1]:8080", "v3"),
        ("https://h/v31x", "https://h/v31x", None),
        ("https://h/av1", "https://h/av1", None),
    ],
)
def test_a_base_url_is_taken_apart(text: str, base: str, version: str | None) -> None:
    assert split_base_url(text) == (base, version)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "api.devin.ai",
        "ftp://h",
        "file:///etc/passwd",
        "https://",
        "https:///x",
        "http://api.devin.ai",
        "http://127.0.0.1.evil.test",
        "http://localhost.evil.test",
        "http://0.0.0.0",
        "http://[::]",
        "http://[::1",
        "http://10.0.0.1",
        "https://user:pass@h",
        "https://user@h",
        "https://@h",
        "https://h?x=1",
        "https://h#f",
        "https://h:99999",
        "https://h:x",
        "https://h/a b",
        "https://h/\r\nX: 1",
        "https://h/\x00",
        "https://*.test",
        "https://h\\@evil.test",
        "https://" + "a" * 64 + ".test",
        "https://h/../x",
    ],
)
def test_a_bad_base_url_is_refused(accounts: Callable[..., Accounts], text: str) -> None:
    with pytest.raises(UsageError) as caught:
        split_base_url(text)
    assert caught.value.hint
    if text:
        missing(accounts({"DEVIN_API_KEY": V3, "DEVIN_BASE_URL": text}))


def test_a_password_in_a_base_url_is_not_shown() -> None:
    for text in ("https://user:s3cret@h", "ftp://user:s3cret@h", "http://user:s3cret@h.test", "https://u:s3cret@h:x"):
        with pytest.raises(UsageError) as caught:
            split_base_url(text)
        assert "s3cret" not in f"{caught.value.message} {caught.value.hint}"


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.1.2.3", "::1"])
def test_these_are_loopback(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["127.0.0.1.test", "1127.0.0.1", "localhost.test", "::2", "0.0.0.0", ""])
def test_these_are_not_loopback(host: str) -> None:
    assert not is_loopback(host)


# -- bad keys ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["cog_a\n", "cog_a\r\nX-Evil: 1", "cog a", " ", "cog_ü", "cog_\x00", "cog_\x7f", "\t"])
def test_a_key_that_is_no_key_is_told_without_showing_it(accounts: Callable[..., Accounts], key: str) -> None:
    error = missing(accounts({"DEVIN_API_KEY": key}))
    assert "DEVIN_API_KEY" in error.message
    assert key.strip() == "" or key not in str(error.fields())
    assert ("line break" in error.message) == ("\n" in key or "\r" in key)


@pytest.mark.parametrize("key", [5, b"cog_a", ["cog_a"], True])
def test_a_passed_key_that_is_no_text_is_told(accounts: Callable[..., Accounts], key: Any) -> None:
    assert "is not text" in missing(accounts(passed={"default": {"api_key": key}})).message


@pytest.mark.parametrize("setting", ["org_id", "base_url", "api_version"])
def test_a_passed_setting_that_is_no_text_is_told(accounts: Callable[..., Accounts], setting: str) -> None:
    with pytest.raises(LuaHostError) as caught:
        accounts(passed={"default": {"api_key": V3, setting: 5}}).resolve("default")
    assert setting in caught.value.message


@pytest.mark.parametrize("org", ["..", ".", "a/b", "org 1", "org\r\n", "org?x", "\x00"])
def test_an_organisation_that_is_none_is_told_before_anything_is_sent(org: str, tmp_path: Path) -> None:
    account = {"api_key": V3, "org_id": org}
    with (
        responses.RequestsMock(assert_all_requests_are_fired=False) as mock,
        Host(accounts={"devin": {"default": account}}, settings=Settings({}, str(tmp_path), str(tmp_path))) as host,
    ):
        with pytest.raises(LuaHostError):
            host.call("devin.list_sessions")
        for call in mock.calls:
            assert str(call.request.url).startswith(f"{OFFICIAL}/v3/organizations/")


def test_a_missing_key_says_what_to_type(accounts: Callable[..., Accounts]) -> None:
    assert "LUAHOST_DEVIN_WORK_API_KEY" in (missing(accounts(config={"work": {}}), "work").hint or "")
    assert "luahost accounts add default" in (missing(accounts()).hint or "")
    assert "accounts=" in (missing(accounts(passed={})).hint or "")


# -- names -------------------------------------------------------------------------------------------------------


def test_accounts_come_from_everywhere_and_default_is_first(accounts: Callable[..., Accounts], tmp_path: Path) -> None:
    found = accounts({"LUAHOST_DEVIN_ZOO_API_KEY": V3, "LUAHOST_DEVIN_A_B_API_KEY": V3}, {"mine": {}})
    write_index(Settings({}, str(tmp_path), str(tmp_path)), {"devin": {"stored": {}}})
    assert found.names() == ["default", "a_b", "mine", "stored", "zoo"]


@pytest.mark.parametrize("name", [*FUNCTIONS, "Work", "1a", "a-b", "", "a.b", "wörk", "_a", 5])
def test_a_passed_name_that_cannot_be_one_is_refused(accounts: Callable[..., Accounts], name: Any) -> None:
    with pytest.raises(UsageError):
        accounts(passed={name: {"api_key": V3}})


def test_a_function_s_name_in_the_environment_is_ignored_and_told_to_doctor(
    accounts: Callable[..., Accounts],
) -> None:
    found = accounts({"LUAHOST_DEVIN_GET_SESSION_API_KEY": V3})
    assert (found.names(), found.ignored()) == (["default"], ["LUAHOST_DEVIN_GET_SESSION_API_KEY"])


def test_a_function_s_name_in_the_config_is_no_account(accounts: Callable[..., Accounts]) -> None:
    try:
        names = accounts(config={"get_session": {}}).names()
    except UsageError as error:
        assert "get_session" in error.message  # noqa: PT017 (either is fine)
    else:
        assert "get_session" not in names


@pytest.mark.parametrize("name", ["get_session", "Bad Name", "a.b", ""])
def test_a_name_in_accounts_json_that_cannot_be_one_is_no_account(
    accounts: Callable[..., Accounts], tmp_path: Path, name: str
) -> None:
    write_index(Settings({}, str(tmp_path), str(tmp_path)), {"devin": {name: {}}})
    try:
        names = accounts().names()
    except UsageError:
        return
    assert name not in names


def test_an_integration_that_is_none_is_refused() -> None:
    with pytest.raises(UnknownIntegration):
        Host(accounts={"devni": {"default": {"api_key": V3}}})


@pytest.mark.parametrize("given", [{"api_kee": V3}, {"api_key": V3, "token": "x"}])
def test_an_unknown_setting_of_a_passed_account_is_refused(
    accounts: Callable[..., Accounts], given: dict[str, str]
) -> None:
    with pytest.raises(UsageError, match="unknown setting"):
        accounts(passed={"default": given})


@pytest.mark.parametrize("given", [V3, {"default": V3}, {"default": None}, {"default": [V3]}])
def test_passed_accounts_of_the_wrong_shape_are_refused_without_showing_the_key(given: Any) -> None:
    with pytest.raises(UsageError) as caught:
        Host(accounts={"devin": given})
    assert V3 not in str(caught.value)
    assert "unknown setting" not in caught.value.message


def test_looking_names_up_reads_no_key(accounts: Callable[..., Accounts], locked: Locked) -> None:
    accounts(config={"work": {}}).names()
    assert locked.asked == 0


# -- the keyring -------------------------------------------------------------------------------------------------


def test_a_key_in_a_real_keyring_is_found(accounts: Callable[..., Accounts], ring: PlaintextKeyring) -> None:
    stored(ring, "work", {"api_key": V3, "base_url": "https://gateway.test", "org_id": "org-k", "api_version": "v1"})
    account = accounts(config={"work": {}}).resolve("work")
    assert (account.api_key, account.base_url, account.org_id, account.version) == (
        V3,
        "https://gateway.test",
        "org-k",
        "v1",
    )
    assert set(account.sources.values()) == {"keyring"}


def test_a_bare_key_in_the_keyring_belongs_to_the_official_host(
    accounts: Callable[..., Accounts], ring: PlaintextKeyring
) -> None:
    stored(ring, "default", V1)
    account = accounts().resolve("default")
    assert (account.api_key, account.base_url, account.version) == (V1, OFFICIAL, "v1")


@pytest.mark.parametrize("entry", [V3, {"api_key": V3}, {"api_key": V3, "base_url": "https://verified.test"}])
def test_a_key_verified_against_one_host_goes_nowhere_else(
    accounts: Callable[..., Accounts], ring: PlaintextKeyring, entry: Any
) -> None:
    stored(ring, "default", entry)
    error = missing(accounts(config={"default": {"base_url": "https://evil.test"}}))
    assert "evil.test" in error.message
    environ = {"LUAHOST_DEVIN_BASE_URL": "https://evil.test", "DEVIN_BASE_URL": "https://evil.test"}
    assert "evil" not in accounts(environ).resolve("default").base_url


def test_the_same_host_in_the_config_is_no_other_host(
    accounts: Callable[..., Accounts], ring: PlaintextKeyring
) -> None:
    stored(ring, "default", {"api_key": V3, "base_url": "https://verified.test"})
    account = accounts(config={"default": {"base_url": "https://Verified.test/v1/"}}).resolve("default")
    assert account.base_url == "https://verified.test"


@pytest.mark.parametrize("url", ["nonsense", "http://evil.test"])
def test_a_bad_host_in_the_config_is_missing_credentials_for_a_key_in_the_keyring_too(
    accounts: Callable[..., Accounts], ring: PlaintextKeyring, url: str
) -> None:
    stored(ring, "default", V3)
    missing(accounts(config={"default": {"base_url": url}}))


@pytest.mark.parametrize("text", ["{}", '{"api_key":5}', '{"api_key":""}', "cog a", "cog_a\n"])
def test_what_is_no_key_in_the_keyring_is_told_without_showing_it(
    accounts: Callable[..., Accounts], ring: PlaintextKeyring, text: str
) -> None:
    stored(ring, "default", text)
    error = missing(accounts())
    assert "keyring" in error.message


def test_without_a_keyring_the_hint_says_why(accounts: Callable[..., Accounts]) -> None:
    keyring.set_keyring(keyring.backends.fail.Keyring())  # type: ignore[no-untyped-call]
    assert "keyring cannot be used" in (missing(accounts()).hint or "")


def test_a_keyring_that_keeps_nothing_is_found_out_when_a_key_is_stored() -> None:
    with pytest.raises(KeyringUnavailable, match="did not keep"):
        Keyring("devin", 5).set("default", V3)


def test_a_key_is_stored_found_and_forgotten(ring: PlaintextKeyring) -> None:
    store = Keyring("devin", 5)
    store.set("work", V3)
    assert (store.get("work"), ring.get_password("luahost:devin", "work")) == (V3, V3)
    assert (store.delete("work"), store.delete("work"), store.get("work")) == (True, False, None)


def test_no_keyring_stops_a_call_whose_key_comes_from_elsewhere(
    accounts: Callable[..., Accounts], locked: Locked
) -> None:
    begun = time.monotonic()
    assert accounts({"DEVIN_API_KEY": V3}).resolve("default").api_key == V3
    assert (time.monotonic() - begun < 1, locked.asked) == (True, 0)


def test_a_locked_keyring_is_given_up_in_time(accounts: Callable[..., Accounts], locked: Locked) -> None:
    begun = time.monotonic()
    error = missing(accounts(timeout=0.2))
    assert 0.15 < time.monotonic() - begun < 1
    assert "did not answer within 0.2 s" in (error.hint or "")
    assert locked.asked == 1


def test_a_locked_keyring_is_given_up_in_time_when_storing_and_removing(locked: Locked) -> None:
    store = Keyring("devin", 0.2)
    with pytest.raises(KeyringUnavailable, match="locked"):
        store.set("work", V3)
    with pytest.raises(KeyringUnavailable, match="locked"):
        store.delete("work")
    assert locked.asked == 0  # what did not answer once is not asked again


def test_calls_at_the_same_time_ask_a_keyring_once(locked: Locked, tmp_path: Path) -> None:
    config = {"keyring": {"timeout": 0.3}, "integrations": {"devin": {"accounts": {"asked_once": {}}}}}
    settings = Settings({}, str(tmp_path), str(tmp_path), config)
    with Host(settings=settings, state=False) as host:

        def call() -> None:
            with pytest.raises(MissingCredentials):
                host.call("devin.list_sessions", account="asked_once")

        threads = [threading.Thread(target=call) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert locked.asked == 1


def test_what_was_wrong_with_a_keyring_is_forgotten_when_it_answers(ring: PlaintextKeyring) -> None:
    store = Keyring("devin", 5)
    keyring.set_keyring(keyring.backends.fail.Keyring())  # type: ignore[no-untyped-call]
    assert store.get("work") is None
    assert store.problem
    keyring.set_keyring(ring)
    store.get("work")
    assert store.problem is None


# -- accounts.json -----------------------------------------------------------------------------------------------


def test_the_index_is_read_as_it_was_written(tmp_path: Path) -> None:
    settings = Settings({}, str(tmp_path / "new"), str(tmp_path))
    assert read_index(settings) == {}
    write_index(settings, {"devin": {"work": {"base_url": OFFICIAL}}})
    assert read_index(settings) == {"devin": {"work": {"base_url": OFFICIAL}}}
    assert [each.name for each in (tmp_path / "new").iterdir()] == ["accounts.json"]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"accounts": []}', '{"accounts": {"devin": 5}}', "\xff", "[" * 9999])
def test_an_index_that_cannot_be_read_says_which_file(tmp_path: Path, text: str) -> None:
    (tmp_path / "accounts.json").write_text(text, "latin-1")
    with pytest.raises(UsageError, match=r"accounts\.json"):
        read_index(Settings({}, str(tmp_path), str(tmp_path)))


def test_a_broken_index_reaches_a_script_under_a_code_of_the_contract(tmp_path: Path) -> None:
    (tmp_path / "accounts.json").write_text("broken")
    settings = Settings({"DEVIN_API_KEY": V3}, str(tmp_path), str(tmp_path))
    with Host(settings=settings, state=False, isolation="none") as host:
        result = host.run(
            "local ok, err = pcall(function() return app.integrations.devin.get_session('a') end) return err.code"
        )
    assert result.value != "usage"


# -- what is shown -----------------------------------------------------------------------------------------------


def test_no_repr_shows_a_key(accounts: Callable[..., Accounts], tmp_path: Path) -> None:
    found = accounts({"DEVIN_API_KEY": V3})
    account = found.resolve("default")
    settings = Settings({"DEVIN_API_KEY": V3}, str(tmp_path), str(tmp_path))
    for each in (account, found, found._find("default"), settings):
        assert V3 not in repr(each)


def test_an_account_covers_its_key_in_any_text() -> None:
    account = Account("devin", "default", V3, OFFICIAL, "v3", None, {})
    assert account.redact(f"a {V3} b {V3}") == "a <redacted> b <redacted>"
