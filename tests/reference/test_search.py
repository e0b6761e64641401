"""Search by what one wants to do, not by what it is called."""

from __future__ import annotations

import time

import pytest

from luahost import Function, Integration
from luahost.integrations import catalog
from luahost.integrations.devin import DEVIN
from luahost.integrations.devin.functions.keywords import KEYWORDS
from luahost.reference import pages
from luahost.reference.search import MOST, Index, stem

CATALOG = catalog.load()
INDEX = Index(CATALOG)

FIRST = """
start a task                        devin.create_session
kick off a job                      devin.create_session
new devin                           devin.create_session
begin working on a bug              devin.create_session
launch an agent                     devin.create_session
assign work to devin                devin.create_session
reply to devin                      devin.send_message
answer its question                 devin.send_message
tell devin something                devin.send_message
write a comment to the session      devin.send_message
what is running                     devin.list_sessions
show my active sessions             devin.list_sessions
find sessions by tag                devin.list_sessions
wait until finished                 devin.wait_session
wait for devin to be done           devin.wait_session
status of a session                 devin.get_session
where is the pull request           devin.get_session
fix a bug in my repository          devin.create_session
give feedback to a running session  devin.send_message
unblock a session                   devin.send_message
shut down all my running sessions   devin.terminate_session
drop a label from a session         devin.replace_session_tags
turn off a schedule                 devin.update_schedule
add a runbook                       devin.create_playbook
find a teammate                     devin.list_users
stop a session                      devin.terminate_session
cancel a running task               devin.terminate_session
kill devin                          devin.terminate_session
read the conversation               devin.list_session_messages
how much did it cost                devin.get_daily_consumption
how many acus did a session use     devin.get_session_consumption
billing                             devin.get_daily_consumption
spending of one user                devin.get_user_consumption
attach a file                       devin.upload_attachment
upload a screenshot                 devin.upload_attachment
download the artifact               devin.download_attachment
what files did devin make           devin.list_session_attachments
save an api token for devin         devin.create_secret
add an environment variable         devin.create_secret
remove a password                   devin.delete_secret
teach devin about our repo          devin.create_note
forget a fact                       devin.delete_note
reusable prompt template            devin.create_playbook
run every night                     devin.create_schedule
cron job                            devin.create_schedule
every monday morning                devin.create_schedule
pause a recurring task              devin.update_schedule
review a pull request               devin.create_pr_review
result of the code review           devin.get_pr_review
which repositories are connected    devin.list_repositories
index a repo                        devin.index_repository
who am i                            devin.get_current_user
check my api key                    devin.get_current_user
list team members                   devin.list_users
react to a github event             devin.create_automation
number of merged prs                devin.get_prs_metrics
daily active users                  devin.get_dau_metrics
put old sessions away               devin.archive_session
restore an archived session         devin.unarchive_session
quality of a session                devin.get_session_insights
loop over all sessions              each
paginate                            each
parse json                          json
catch an error                      errors
handle rate limit                   errors
use another account                 accounts
read the arguments                  args
load a module                       require
print a table                       print
pause for ten seconds               sleep
poll until a condition              wait_until
call many at the same time          parallel
run concurrently                    parallel
make an http request                sandbox
look up documentation               docs
named arguments and results         calls
devin.get_note                      devin.get_note
get_session                         devin.get_session
app.integrations.devin.get_session  devin.get_session
creat sesion                        devin.create_session
consum                              devin.get_daily_consumption
get all sessions created last week  devin.list_sessions
sessions from yesterday             devin.list_sessions
sessions of the last month          devin.list_sessions
sessions created by me              devin.list_sessions
sessions tagged urgent              devin.list_sessions
list my jobs                        devin.list_sessions
list all my tasks                   devin.list_sessions
list runs                           devin.list_sessions
which tasks are still running       devin.list_sessions
find failed sessions                devin.list_sessions
filter sessions by status           devin.list_sessions
continue a session                  devin.send_message
wake up a suspended session         devin.send_message
ask devin a follow up question      devin.send_message
approve a plan                      devin.send_message
suspend a session                   devin.archive_session
put a session to sleep              devin.archive_session
cancel all my sessions              devin.terminate_session
untag a session                     devin.replace_session_tags
add a label to a session            devin.append_session_tags
transcript of a session             devin.list_session_messages
export session history              devin.list_session_messages
how long did the session take       devin.get_session_insights
get the output of a session         devin.get_session
get the pull request url            devin.get_session
start several sessions in parallel  devin.create_session
start a session from a playbook     devin.create_session
wait for several sessions           devin.wait_session
add knowledge                       devin.create_note
search the knowledge base           devin.list_notes
add a repository                    devin.index_repository
trigger devin on a slack message    devin.create_automation
which user spends most              devin.get_user_consumption
retry on error                      errors
"""
AMONG_THREE = """
what does devin remember            devin.list_notes
label a session                     devin.append_session_tags
what did devin say                  devin.list_session_messages
is it done yet                      devin.wait_session
terminate                           devin.terminate_session
secrets                             devin.list_secrets
resume a sleeping session           devin.send_message
pause session                       devin.archive_session
what did devin do                   devin.list_session_messages
what did devin do                   devin.get_session_insights
what has devin been working on      devin.list_sessions
remove a tag from a session         devin.replace_session_tags
remove a tag from a session         devin.append_session_tags
delete a session                    devin.terminate_session
list prs                            devin.list_sessions
"""


def table(text: str) -> list[tuple[str, str]]:
    return [(line[:35].strip(), line[35:].strip()) for line in text.strip().splitlines()]


def found(text: str) -> list[str]:
    return [each.page for each in INDEX.search(text)]


@pytest.mark.parametrize(("query", "page"), table(FIRST))
def test_the_page_that_is_meant_comes_first(query: str, page: str) -> None:
    assert found(query)[:1] == [page]


@pytest.mark.parametrize(("query", "page"), table(AMONG_THREE))
def test_the_page_that_may_be_meant_is_among_the_first_three(query: str, page: str) -> None:
    assert page in found(query)[:3]


def test_who_says_several_means_the_list() -> None:
    assert found("sessions of mine")[0] == "devin.list_sessions"
    assert found("notes about deploys")[0] == "devin.list_notes"


def test_the_name_of_an_integration_tells_nothing_beside_words_that_tell_nothing() -> None:
    assert found("what did devin do") == found("what did do")
    assert len(found("devin")) == MOST


@pytest.mark.parametrize("name", [function.name for function in DEVIN.functions])
def test_each_function_is_found_first_by_its_own_name(name: str) -> None:
    assert found(name)[0] == f"devin.{name}"
    assert found(name.replace("_", " "))[0] == f"devin.{name}"


def test_there_are_ten_results_unless_more_are_asked_for() -> None:
    assert len(found("session")) == MOST == 10
    assert len(INDEX.search("session", 20)) > MOST


@pytest.mark.parametrize("query", ["", "   ", "zzzz", "…!?", "\0", "ß"])
def test_nothing_is_found_where_no_word_is_known(query: str) -> None:
    assert found(query) == []


def test_words_that_say_nothing_count_where_there_are_no_others() -> None:
    assert found("about") == found("ABOUT")
    assert found("about a session") == found("session")


def test_every_keyword_is_of_a_function_that_there_is() -> None:
    assert set(KEYWORDS) <= {function.name for function in DEVIN.functions}


def test_the_functions_of_another_integration_are_found_beside() -> None:
    tickets = Integration(
        name="tickets",
        title="Tickets",
        summary="Our tracker.",
        base_url="https://tickets.example",
        key_prefixes={"tk_": "1"},
        identify="list_tickets",
        functions=(
            Function(
                name="list_tickets",
                summary="List the tickets.",
                access="read",
                handler=lambda call, arguments: None,
                keywords=("bugs",),
            ),
        ),
    )
    both = catalog.load([tickets])
    assert pages.search(both, "open bugs")[0] == {
        "page": "tickets.list_tickets",
        "call": "tickets.list_tickets",
        "summary": "List the tickets.",
    }
    assert pages.search(CATALOG, "open bugs")[0]["page"] != "tickets.list_tickets"


@pytest.mark.parametrize(
    "forms",
    ["file files filing filed", "stop stops stopping stopped", "repository repositories", "create creating created"],
)
def test_forms_of_a_word_are_one(forms: str) -> None:
    assert len({stem(word) for word in forms.split()}) == 1


@pytest.mark.parametrize("pair", ["status stat", "run runner", "access acces", "as a"])
def test_other_words_stay_apart(pair: str) -> None:
    assert len({stem(word) for word in pair.split()}) == 2


def test_hostile_words_take_no_longer_than_others() -> None:
    query = " ".join(f"s{chr(97 + i) * 6}qzz" for i in range(26)) + " sessoin creatt dlete" * 5
    begun = time.perf_counter()
    for _ in range(10):
        INDEX.search(query)
    assert time.perf_counter() - begun < 1
