"""Names that do not exist: what an error says of those that do."""

from __future__ import annotations

import pytest

from luahost import Host
from luahost.calls.names import MOST, nearest, suggest, suggest_function
from luahost.errors import UnknownAccount, UnknownFunction
from luahost.integrations.devin import DEVIN

# -- what was meant ----------------------------------------------------------------------------------------------

FUNCTIONS = """
start_session     create_session          createSession      create_session      session_create    create_session
get_sessions      list_sessions           sessions           list_sessions       list_session      list_sessions
session           get_session             fetch_session      get_session         getSession        get_session
get_messages      list_session_messages   list_messages      list_session_messages
post_message      send_message            sendMessage        send_message        send_mesage       send_message
stop_session      terminate_session       terminate          terminate_session   cancel_task       terminate_session
creat_sesion      create_session          lst_sessions       list_sessions       createsession     create_session
resume_session    send_message            message_session    send_message        reply             send_message
pause_session     archive_session         sleep_session      archive_session     unarchive         unarchive_session
create_task       create_session          list_runs          list_sessions       list_jobs         list_sessions
get_me            get_current_user        get_account        get_current_user    who_am_i          get_current_user
get_logs          list_session_messages   get_output         get_session         get_usage         get_usage_metrics
list_knowledge    list_notes              create_knowledge   create_note         set_note          update_note
upload_file       upload_attachment       list_files         list_session_attachments
list_repos        list_repositories       list_members       list_users          add_tags          append_session_tags
remove_tag        replace_session_tags    delete_tag         replace_session_tags
get_session_by_id  get_session
wait_for_session  wait_session            list_prs           list_sessions       send              send_message
"""
NONE = (
    "update_session rename_session restart_session frobnicate_session get_version get_set create list get approve "
    "(get_session) work team enterprise staging create_user delete_user list_organizations zzz get_zzzzzzzz x"
)


@pytest.mark.parametrize(("word", "meant"), list(zip(FUNCTIONS.split()[::2], FUNCTIONS.split()[1::2], strict=True)))
def test_a_function_is_meant_by_other_words_by_a_misspelling_and_by_what_people_call_it(word: str, meant: str) -> None:
    assert suggest_function(word, DEVIN.functions) == meant


@pytest.mark.parametrize("word", ["", "…", *NONE.split(), "get_" + "x" * 200])
def test_where_no_function_is_meant_none_is_suggested(word: str) -> None:
    assert suggest_function(word, DEVIN.functions) is None


READS = "get list fetch read show find search view wait check download".split()  # noqa: SIM905
WRITES = "create start send update set delete stop terminate pause resume archive append upload clear".split()  # noqa: SIM905
THINGS = "session sessions task run job message messages note user me usage log output pr tag tags key file".split()  # noqa: SIM905


@pytest.mark.parametrize("thing", THINGS)
@pytest.mark.parametrize(("verbs", "access"), [(READS, "read"), (WRITES, "write")])
def test_a_read_is_never_taken_for_a_write_nor_a_write_for_a_read(verbs: list[str], access: str, thing: str) -> None:
    meant = [suggest_function(f"{verb}_{thing}", DEVIN.functions) for verb in verbs]
    found = [function for name in meant if name and (function := DEVIN.function(name))]
    assert {function.access for function in found} <= {access}


PARAMS = {function.name: [param.name for param in function.params] for function in DEVIN.functions}


@pytest.mark.parametrize(
    ("function", "word", "meant"),
    [
        ("get_session", "id", "session_id"),
        ("get_session", "sessionId", "session_id"),
        ("create_session", "id", None),
        ("create_session", "promt", "prompt"),
        ("create_session", "task", "prompt"),
        ("create_session", "name", None),
        ("create_session", "session_title", "title"),
        ("create_session", "idempotency", "idempotency_key"),
        ("send_message", "text", "message"),
        ("create_note", "content", "body"),
        ("wait_session", "status", "until_status"),
        ("list_sessions", "status", None),
        ("list_sessions", "state", None),
        ("list_sessions", "tag", "tags"),
        ("list_sessions", "session_id", "session_ids"),
        ("list_sessions", "email", "user_email"),
        ("list_sessions", "created", None),  # after or before?
        ("list_sessions", "x" * 101, None),
    ],
)
def test_a_parameter_is_meant_by_a_misspelling_and_by_a_part_that_no_other_has(
    function: str, word: str, meant: str | None
) -> None:
    assert suggest(word, PARAMS[function]) == meant


@pytest.mark.parametrize(
    ("word", "known", "meant"),
    [
        ("wrk", ["default", "personal", "work"], "work"),
        ("lo", ["low", "high"], "low"),
        ("org", ["org_id", "base_url"], "org_id"),
        ("Devin", ["devin"], "devin"),
        ("work", ["work"], None),
        ("version", ["session"], None),
        ("", ["a"], None),
    ],
)
def test_what_is_near_is_suggested_and_what_is_far_is_not(word: str, known: list[str], meant: str | None) -> None:
    assert suggest(word, known) == meant


# -- names that there are ----------------------------------------------------------------------------------------


def test_a_few_names_are_all_told_in_their_order() -> None:
    assert nearest("x", ["b", "a"]) == "b, a"


def test_of_many_names_those_most_alike_are_told() -> None:
    known = [*(f"get_{i}" for i in range(MOST)), "list_notes"]
    assert nearest("list_notches", known).startswith("list_notes, ")
    assert nearest("list_notches", known).endswith(" and 1 more")


def test_names_that_are_equally_unlike_keep_their_order() -> None:
    assert nearest("", [function.name for function in DEVIN.functions]).startswith("create_session, get_session, ")


@pytest.fixture
def simulated() -> Host:
    return Host(simulate=True, isolation="none", state=False)


def test_a_misspelt_function_is_told_what_was_meant_and_the_names_most_like_it(simulated: Host) -> None:
    with simulated, pytest.raises(UnknownFunction, match=r"did you mean 'create_session'\?") as caught:
        simulated.call("devin.creat_session", {})
    hint = caught.value.hint or ""
    assert hint.startswith("functions: create_session, ")
    assert hint.endswith(" more; luahost list, or docs.list() in a script, names them all")


def test_a_function_that_is_like_none_is_told_a_dozen(simulated: Host) -> None:
    with simulated, pytest.raises(UnknownFunction) as caught:
        simulated.call("devin.get_zzzzzzzzzzzz", {})
    assert caught.value.hint is not None
    assert f"and {len(DEVIN.functions) - MOST} more" in caught.value.hint


def test_a_misspelt_account_is_told_the_accounts_and_no_functions(simulated: Host) -> None:
    with simulated, pytest.raises(UnknownAccount, match=r"did you mean 'work'\?") as caught:
        simulated.call("devin.wrk", {})
    assert caught.value.hint == "accounts: default, personal, work; add one with luahost accounts add NAME"


@pytest.mark.parametrize("name", ["work", "team", "enterprise"])
def test_an_account_that_nobody_has_set_up_is_no_function(name: str) -> None:
    accounts = {"devin": {"default": {"api_key": "cog_x"}}}
    with Host(accounts=accounts, isolation="none", state=False) as host, pytest.raises(UnknownAccount) as caught:
        host.call(f"devin.{name}", {})
    assert "did you mean" not in caught.value.message
