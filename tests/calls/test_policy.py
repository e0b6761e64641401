"""What may be called: a function beats a pattern beats read or write; then accounts; then the stricter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from luahost import Function, Host, Policy
from luahost.calls.policy import Rule, rules_from
from luahost.errors import ApprovalRequired, InvalidArguments, LuaHostError, PermissionDenied, UsageError

if TYPE_CHECKING:
    from luahost.calls.policy import Decision


def function(name: str, access: Any) -> Function:
    return Function(name=name, summary="", access=access, handler=lambda _call, _arguments: None)


GET = function("get_session", "read")
LIST = function("list_sessions", "read")
CREATE = function("create_session", "write")


def policy(*rules: tuple[str, Decision] | tuple[str, Decision, str]) -> Policy:
    return Policy(rules=tuple(Rule("devin", *rule) for rule in rules))


def test_without_rules_reading_is_allowed_and_writing_asks() -> None:
    assert Policy().decide("devin", GET, "default").decision == "allow"
    assert Policy().decide("devin", CREATE, "default").decision == "ask"


def test_without_a_rule_that_fits_the_defaults_decide() -> None:
    strict = Policy(read="deny", write="allow", rules=(Rule("other", "read", "allow"), Rule("devin", "x_*", "ask")))
    assert strict.decide("devin", GET, "default").decision == "deny"
    assert strict.decide("devin", CREATE, "default").decision == "allow"


@pytest.mark.parametrize(
    ("rules", "decision"),
    [
        ([("write", "deny")], "deny"),
        ([("write", "deny"), ("create_*", "allow")], "allow"),
        ([("create_*", "deny"), ("create_session", "allow")], "allow"),
        ([("create_session", "deny"), ("create_*", "allow"), ("write", "allow")], "deny"),
        ([("write", "deny"), ("write", "allow", "work")], "allow"),
        ([("write", "allow"), ("write", "deny", "work")], "deny"),
        ([("create_*", "deny"), ("write", "allow", "work")], "deny"),
        ([("create_session", "deny"), ("create_*", "allow", "work")], "deny"),
        ([("create_session", "deny"), ("create_session", "allow", "work")], "allow"),
        ([("create_*", "allow"), ("*_session", "deny")], "deny"),
        ([("*_session", "deny"), ("create_*", "allow")], "deny"),
        ([("create_*", "allow"), ("*_session", "ask")], "ask"),
        ([("create_*", "deny"), ("*", "allow", "work")], "allow"),
        ([("*", "deny")], "deny"),
        ([("*", "allow"), ("write", "deny")], "allow"),
        ([("write", "deny", "other")], "ask"),
        ([("read", "deny")], "ask"),
        ([("create_sessions", "deny")], "ask"),
        ([("CREATE_*", "deny")], "ask"),
    ],
)
def test_the_closest_rule_decides_whatever_the_order(rules: list[Any], decision: str) -> None:
    assert policy(*rules).decide("devin", CREATE, "work").decision == decision
    assert policy(*reversed(rules)).decide("devin", CREATE, "work").decision == decision


def test_a_rule_counts_for_its_integration_only() -> None:
    only = Policy(read="allow", rules=(Rule("other", "get_session", "deny"),))
    assert only.decide("devin", GET, "default").decision == "allow"


def test_read_only_denies_every_write_whatever_the_rules_say() -> None:
    only = Policy(write="allow", rules=(Rule("devin", "create_session", "allow", "work"),), read_only=True)
    assert only.decide("devin", CREATE, "work").decision == "deny"
    assert only.decide("devin", LIST, "work").decision == "allow"


def test_denied_and_unapproved_calls_are_told_the_rule_and_what_to_write() -> None:
    with Host(simulate=True, policy=Policy(read="deny")) as host:
        with pytest.raises(PermissionDenied, match="read = deny") as denied:
            host.call("devin.get_session", {"session_id": "sess_abc123"})
        assert 'get_session = "allow"' in (denied.value.hint or "")
        with pytest.raises(ApprovalRequired, match="write = ask") as asked:
            host.call("devin.create_session", {"prompt": "x"})
        assert '{"devin.create_session": "allow"}' in (asked.value.hint or "")


def test_a_call_that_read_only_denies_is_not_told_to_change_rules_that_do_not_count() -> None:
    with Host(simulate=True, policy=Policy(read_only=True)) as host, pytest.raises(PermissionDenied) as denied:
        host.call("devin.create_session", {"prompt": "x"})
    assert "config.toml" not in (denied.value.hint or "")


def test_confirm_asks_about_what_would_be_allowed_and_leaves_what_is_denied() -> None:
    careful = Policy(write="allow", rules={"devin.get_session": "allow", "devin.create_session": "deny"}, confirm=True)
    assert careful.decide("devin", function("send_message", "write"), "default").decision == "ask"
    assert careful.decide("devin", CREATE, "default").decision == "deny"
    assert careful.decide("devin", GET, "default").decision == "allow"


def test_rules_can_be_written_as_names_and_decisions() -> None:
    written = Policy(rules={"devin.delete_secret": "deny", "devin.work.write": "ask", "devin.list_*": "allow"})
    assert written.rules == (
        Rule("devin", "delete_secret", "deny"),
        Rule("devin", "write", "ask", "work"),
        Rule("devin", "list_*", "allow"),
    )


@pytest.mark.parametrize("name", ["write", "devin", "", ".write", "devin.", "a.b.c.d", 1, None])
def test_what_names_no_rule_is_refused(name: Any) -> None:
    with pytest.raises(UsageError, match="names no function"):
        Policy(rules={name: "allow"})


@pytest.mark.parametrize("rules", [["devin.write"], "devin.write", 5, ("x",)])
def test_what_is_no_table_of_rules_is_refused(rules: Any) -> None:
    with pytest.raises(UsageError, match="names and decisions"):
        Policy(rules=rules)


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("devin.create_sesion", "did you mean 'create_session'"),
        ("devin.works.write", "no account 'works'"),
        ("devil.write", "did you mean 'devin'"),
        ("devin.nosuch_*", "no such function"),
    ],
)
def test_a_rule_for_what_does_not_exist_is_refused_at_once(rule: str, words: str) -> None:
    with pytest.raises(LuaHostError, match=words):
        Host(simulate=True, policy=Policy(rules={rule: "deny"}))


def test_the_record_of_a_call_says_what_was_decided_and_by_which_rule(home: Any) -> None:
    home.mkdir()
    (home / "config.toml").write_text('[integrations.devin.permissions]\n"create_*" = "allow"\n')
    with Host(simulate=True) as host:
        source = "local d = app.integrations.devin d.create_session('x') d.list_sessions() pcall(d.delete_secret, 'x')"
        calls = host.run(source).calls
    assert [call.policy for call in calls] == [
        {"decision": "allow", "rule": "devin.create_* = allow (config.toml)"},
        {"decision": "allow", "rule": "read = allow (the policy's default)"},
        {"decision": "ask", "rule": "write = ask (the policy's default)", "approved": False},
    ]


@pytest.mark.parametrize("word", ["yes", "Allow", "", None, True, "ALLOW", "allow "])
def test_what_is_no_decision_is_refused(word: Any) -> None:
    with pytest.raises(UsageError):
        Rule("devin", "read", word)
    with pytest.raises(UsageError):
        Policy(read=word)
    with pytest.raises(UsageError):
        Policy(write=word)
    with pytest.raises(UsageError):
        rules_from({"read": word}, "devin")


@pytest.mark.parametrize("word", [[], {}])
def test_what_cannot_even_be_looked_up_is_no_decision_either(word: Any) -> None:
    with pytest.raises(UsageError):
        Policy(read=word)


# -- on the road of calls ----------------------------------------------------------------------------------------


def test_a_denied_call_sends_nothing_and_needs_no_key() -> None:
    with Host(policy=Policy(read="deny")) as host, pytest.raises(PermissionDenied):
        host.call("devin.list_sessions")


def test_wrong_arguments_are_told_before_the_policy() -> None:
    with Host(policy=Policy(read="deny", write="deny")) as host, pytest.raises(InvalidArguments):
        host.call("devin.create_session", {})


def test_a_denied_call_is_recorded_as_an_error(host: Host) -> None:
    denied = Host(simulate=True, policy=Policy(write="deny"), isolation=host.isolation)
    with denied:
        result = denied.run("app.integrations.devin.create_session('x')")
    assert result.error is not None
    assert (result.error.code, [call.status for call in result.calls]) == ("permission_denied", ["error"])


def test_the_rules_of_an_account_hold_for_it_alone() -> None:
    rules = (Rule("devin", "write", "deny"), Rule("devin", "write", "allow", "work"))
    with Host(simulate=True, policy=Policy(rules=rules)) as host:
        assert host.call("devin.create_session", {"prompt": "x"}, account="work")["session_id"]
        with pytest.raises(PermissionDenied):
            host.call("devin.create_session", {"prompt": "x"})


def test_an_embedded_host_goes_by_the_rules_of_config_toml(home: Any) -> None:
    home.mkdir()
    (home / "config.toml").write_text('[integrations.devin.permissions]\n"create_*" = "allow"\nread = "deny"\n')
    with Host(simulate=True) as host:
        assert host.call("devin.create_session", {"prompt": "x"})["session_id"]
        with pytest.raises(PermissionDenied):
            host.call("devin.list_sessions")
        with pytest.raises(ApprovalRequired):
            host.call("devin.send_message", {"session_id": "sess_abc123", "message": "x"})
