"""`each`: the entries of a list in a for loop, page by page, as one call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from luahost import Host, Limits, Policy
from luahost.calls import walks
from tests.processes import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from luahost.results import Result

ALLOW = Policy(read="allow", write="allow")
SESSIONS = 450  # three pages
FIRST_LINES = "local devin = app.integrations.devin\n"


@pytest.fixture(scope="module")
def hosts() -> Iterator[dict[tuple[str, str], Host]]:
    """A host for each kind of isolation and each version, whose Devin has 450 sessions."""
    made = {}
    with pytest.MonkeyPatch.context() as patch:
        for version in ("v3", "v1"):
            patch.setenv("LUAHOST_DEVIN_API_VERSION", version)
            for isolation in ("process", "none"):
                host = Host(simulate=True, policy=ALLOW, isolation=isolation, limits=Limits(wall=30))
                made[isolation, version] = host
                simulator = host.simulation("devin")
                who = next(iter(simulator._organization.people.by_account.values()))
                for number in range(SESSIONS - 1):
                    options = {"prompt": str(number), "tags": ["even" if number % 2 == 0 else "odd"]}
                    simulator._organization.create(who, options, simulator.clock.time())
    yield made
    for host in made.values():
        host.close()


@pytest.fixture(params=["v3", "v1"])
def version(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def host(hosts: dict[tuple[str, str], Host], isolation: str, version: str) -> Iterator[Host]:
    found = hosts[isolation, version]
    found.simulation("devin").requests.clear()
    yield found
    found.simulation("devin").clear_faults()


@pytest.fixture
def host3(hosts: dict[tuple[str, str], Host], isolation: str) -> Iterator[Host]:
    """On v3 only, where both versions go the same way."""
    found = hosts[isolation, "v3"]
    found.simulation("devin").requests.clear()
    yield found
    found.simulation("devin").clear_faults()


def good(host: Host, code: str, **options: Any) -> Result:
    result = host.run(FIRST_LINES + code, **options)
    assert result.error is None, result.error.fields()
    return result


def pages(host: Host) -> int:
    return sum(request.path.endswith("/sessions") for request in host.simulation("devin").requests)


def ids(host: Host) -> list[str]:
    return [session["session_id"] for session in reversed(host.simulation("devin").sessions)]


def test_each_gives_every_entry_once_and_in_order(host: Host) -> None:
    code = """
        local found = {}
        for session in each(devin.list_sessions) do found[#found + 1] = session.session_id end
        return found
    """
    found = [each.removeprefix("devin-") for each in good(host, code).value]
    assert found == ids(host)
    assert pages(host) == 3


def test_each_is_one_call_however_many_pages(host: Host) -> None:
    code = "local n = 0 for _ in each(devin.list_sessions, {}) do n = n + 1 end return n"
    result = good(host, code, limits=Limits(calls=1))
    assert result.value == SESSIONS
    assert [(record.call, record.status, record.arguments) for record in result.calls] == [
        ("devin.list_sessions", "ok", {})
    ]


def test_the_limit_of_calls_holds_for_each(host3: Host) -> None:
    code = "for _ in each(devin.list_sessions) do break end for _ in each(devin.list_sessions) do break end"
    result = host3.run(FIRST_LINES + code, limits=Limits(calls=1))
    assert result.error is not None
    assert (result.error.code, len(result.calls)) == ("limit_exceeded", 1)


def test_a_loop_that_breaks_off_at_once_has_asked_for_two_pages_at_most(host: Host) -> None:
    assert good(host, "for session in each(devin.list_sessions) do return session.session_id end").value
    assert 1 <= pages(host) <= 2


def test_a_loop_that_is_held_up_in_a_page_is_one_page_ahead_and_no_more(host: Host) -> None:
    code = """
        local n = 0
        for _ in each(devin.list_sessions) do
          n = n + 1
          if n == 3 then print("held up") elseif n == 200 then break end
        end
    """
    good(host, code, on_output=lambda _: wait_until(lambda: pages(host) == 2))
    assert pages(host) == 2


@pytest.mark.parametrize(("limit", "asked"), [(1, 1), (199, 1), (200, 1), (201, 2), (449, 3), (450, 3), (1000, 3)])
def test_each_stops_at_its_limit_and_asks_for_no_page_beyond(host: Host, limit: int, asked: int) -> None:
    code = f"local n = 0 for _ in each(devin.list_sessions, {{ limit = {limit} }}) do n = n + 1 end return n"
    assert good(host, code).value == min(limit, SESSIONS)
    assert pages(host) == asked


def test_first_is_the_size_of_each_page(host: Host) -> None:
    code = "local n = 0 for _ in each(devin.list_sessions, { first = 50, limit = 120 }) do n = n + 1 end return n"
    assert good(host, code).value == 120
    name = "first" if pages(host) and host.simulation("devin").requests[-1].version == "v3" else "limit"
    sizes = [request.query[name][0] for request in host.simulation("devin").requests if name in request.query]
    assert sizes == ["50", "50", "20"]


def test_a_filter_holds_for_every_page(host: Host) -> None:
    code = """
        local n, others = 0, 0
        for session in each(devin.list_sessions, { tags = { "odd" }, first = 100 }) do
          n = n + 1
          if session.tags[1] ~= "odd" then others = others + 1 end
        end
        return n, others
    """
    assert good(host, code).values == [224, 0]
    assert pages(host) == 3


def test_the_account_of_a_function_is_the_one_whose_list_is_walked(host3: Host) -> None:
    code = "for _ in each(devin.work.list_sessions) do end"
    result = good(host3, code)
    assert [record.account for record in result.calls] == ["work"]
    assert {request.account for request in host3.simulation("devin").requests} == {"work"}


def test_a_bare_function_walks_on_the_account_of_the_run(host3: Host) -> None:
    result = good(host3, "for _ in each(devin.list_sessions) do end", account="personal")
    assert [record.account for record in result.calls] == ["personal"]


def test_a_list_of_nothing_gives_nothing(host: Host) -> None:
    code = "for _ in each(devin.list_sessions, { tags = { 'nosuch' } }) do return 'an entry' end return 'none'"
    assert good(host, code).value == "none"


def test_what_has_come_to_its_end_stays_there(host3: Host) -> None:
    code = "local next = each(devin.list_sessions, { limit = 1 }) return next() ~= nil, next(), next(), next()"
    assert good(host3, code).values == [True, None, None, None]


def test_two_lists_are_walked_in_turns(host: Host) -> None:
    code = """
        local odd = each(devin.list_sessions, { tags = {"odd"}, first = 100 })
        local even = each(devin.list_sessions, { tags = {"even"}, first = 100 })
        local found = 0
        while true do
          local a, b = odd(), even()
          if not a and not b then return found end
          if a and a.tags[1] == "odd" then found = found + 1 end
          if b and b.tags[1] == "even" then found = found + 1 end
        end
    """
    result = good(host, code)
    assert (result.value, len(result.calls)) == (449, 2)


def test_a_list_is_walked_within_another(host3: Host) -> None:
    code = """
        local found = 0
        for session in each(devin.list_sessions, { first = 2, limit = 5 }) do
          for other in each(devin.list_sessions, { first = 3, limit = 7 }) do found = found + 1 end
        end
        return found
    """
    result = good(host3, code)
    assert (result.value, len(result.calls)) == (35, 6)


def test_other_calls_go_between(host3: Host) -> None:
    code = """
        local same = 0
        for session in each(devin.list_sessions, { first = 3, limit = 10 }) do
          if devin.get_session(session.session_id).session_id == session.session_id then same = same + 1 end
        end
        return same
    """
    assert good(host3, code).value == 10


def test_each_works_in_a_coroutine_that_yields_between_entries(host3: Host) -> None:
    code = """
        local walk = coroutine.wrap(function()
          for session in each(devin.list_sessions, { first = 2, limit = 5 }) do coroutine.yield(session.session_id) end
        end)
        local found = {}
        for id in walk do found[#found + 1] = id end
        return found
    """
    assert good(host3, code).value == ids(host3)[:5]


def test_each_works_under_pcall(host3: Host) -> None:
    code = """
        local n = 0
        local ok = pcall(function() for _ in each(devin.list_sessions, { limit = 3 }) do n = n + 1 end end)
        return ok, n
    """
    assert good(host3, code).values == [True, 3]


def test_more_lists_than_may_be_walked_at_once_can_be_begun_and_left(host3: Host) -> None:
    code = f"""
        for i = 1, {walks.MOST + 10} do
          for session in each(devin.list_sessions, {{ first = 1 }}) do break end
        end
        local n = 0
        for _ in each(devin.list_sessions, {{ limit = 201 }}) do n = n + 1 end
        return n
    """
    assert good(host3, code, limits=Limits(calls=None, wall=30)).value == 201


def test_a_list_left_for_too_many_others_says_so(host3: Host) -> None:
    code = f"""
        local old = each(devin.list_sessions, {{ first = 1 }})
        for i = 1, {walks.MOST + 1} do each(devin.list_sessions, {{ first = 1 }})() end
        for _ = 1, 5 do old() end
    """
    result = host3.run(FIRST_LINES + code, limits=Limits(calls=None, wall=30))
    assert result.error is not None
    assert result.error.code == "limit_exceeded"
    assert "at once" in result.error.message


# -- errors -------------------------------------------------------------------------------------------------------


def test_an_error_on_a_later_page_is_raised_at_the_script_s_line_and_stands_in_the_call(host: Host) -> None:
    host.simulation("devin").fail(method="GET", path="/sessions$", after=2, times=None, status=500)
    result = host.run("local n = 0\nfor _ in each(\n  app.integrations.devin.list_sessions\n) do n = n + 1 end\n")
    assert result.error is not None
    assert (result.error.code, result.error.call, result.error.account) == (
        "server_error",
        "devin.list_sessions",
        "default",
    )
    assert result.error.line in (2, 4)  # LuaJIT puts a for loop's call at either end of its head
    (record,) = result.calls
    assert record.status == "error"
    assert record.error is not None
    assert record.error["code"] == "server_error"


def test_the_entries_before_an_error_are_given(host: Host) -> None:
    host.simulation("devin").fail(method="GET", path="/sessions$", after=2, times=None, status=500)
    code = """
        local n = 0
        local ok, err = pcall(function() for _ in each(devin.list_sessions) do n = n + 1 end end)
        return ok, n, err.code, err.status
    """
    result = good(host, code)
    assert result.values == [False, 400, "server_error", 500]
    assert result.calls[0].status == "error"


def test_an_error_on_the_first_page_is_raised_by_each_itself(host: Host) -> None:
    host.simulation("devin").fail(method="GET", path="/sessions$", times=None, status=403)
    result = host.run("\nlocal walk = each(app.integrations.devin.list_sessions)\nprint('not reached')")
    assert result.error is not None
    assert (result.error.code, result.error.line, result.output) == ("forbidden", 2, "")
    assert result.error.message.count("devin.list_sessions: ") == 1
    assert result.calls[0].status == "error"


def test_a_list_that_has_failed_has_ended(host3: Host) -> None:
    host3.simulation("devin").fail(method="GET", path="/sessions$", after=1, times=1, status=500)
    code = """
        local walk = each(devin.list_sessions, { first = 1 })
        return walk() ~= nil, pcall(walk), walk() == nil
    """
    values = good(host3, code.replace("pcall(walk)", "(pcall(walk))")).values
    assert values == [True, False, True]


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("each()", "a function that lists was expected, not nil"),
        ("each(1)", "a function that lists was expected, not a number"),
        ("each({})", "not a table: name the function itself, without calling it"),
        ("each(print)", "not another function"),
        ("each(function() end)", "not another function"),
        ("each(devin)", "not a namespace"),
        ("each(json.null)", "not json.null"),
        ("each(devin.list_sessions, {}, 1)", "not more"),
        ("each('devin.list_sessions')", "a function that lists was expected"),
        ("each(devin.list_sessions, 1)", "as a table, not as a number"),
        ("each(devin.list_sessions, 'x')", "as a table, not as a string"),
        ("each(devin.list_sessions, false)", "as a table, not as a boolean"),
        ("each(devin.list_sessions, devin)", "expected as a table, not as a namespace"),
        ("each(devin.get_session, {session_id = 'a'})", "no function of a list"),
        ("each(devin.create_session, {prompt = 'x'})", "no function of a list"),
        ("each(devin.list_sessions, {first = 201})", "'first' must be at most 200, not 201"),
        ("each(devin.list_sessions, {nosuch = 1})", "unknown parameter 'nosuch'"),
        ("each(devin.list_sessions, {print})", ""),
        ("each(devin.list_session_messages)", "'session_id' is required"),
    ],
)
def test_what_cannot_be_walked_is_refused_at_its_line_and_nothing_is_asked(host3: Host, code: str, said: str) -> None:
    result = host3.run(f"local devin = app.integrations.devin\nlocal walk = {code}\n")
    assert result.error is not None
    assert (result.error.code, result.error.line) == ("invalid_arguments", 2)
    assert said in result.error.message
    assert host3.simulation("devin").requests == []


def test_a_list_that_the_version_does_not_have_is_unsupported(hosts: Any, isolation: str) -> None:
    host = hosts[isolation, "v1"]
    host.simulation("devin").requests.clear()
    result = host.run("for _ in each(app.integrations.devin.list_schedules) do end")
    assert result.error is not None
    assert result.error.code == "unsupported"
    assert host.simulation("devin").requests == []


def test_each_asks_what_the_policy_says(isolation: str) -> None:
    with Host(simulate=True, policy=Policy(read="deny"), isolation=isolation) as host:
        result = host.run("for _ in each(app.integrations.devin.list_sessions) do end")
        assert result.error is not None
        assert result.error.code == "permission_denied"
        assert host.simulation("devin").requests == []


def test_the_wall_limit_ends_a_walk(hosts: Any, isolation: str) -> None:
    code = "while true do for _ in each(app.integrations.devin.list_sessions, { first = 1, limit = 2 }) do end end"
    result = hosts[isolation, "v3"].run(code, limits=Limits(wall=0.5, calls=None))
    assert result.error is not None
    assert (result.error.code, result.error.details["limit"]) == ("limit_exceeded", "wall")


def test_the_bytes_of_a_response_are_counted_for_each_page_alone(hosts: Any, isolation: str) -> None:
    host = hosts[isolation, "v3"]
    code = FIRST_LINES + "local n = 0 for _ in each(devin.list_sessions, {first = 20}) do n = n + 1 end return n"
    most = 20_000  # more than 20 sessions, less than 450
    assert host.run(code, limits=Limits(response_bytes=most)).value == SESSIONS
    whole = host.run(FIRST_LINES + "return #devin.list_sessions().sessions", limits=Limits(response_bytes=most))
    assert whole.error is not None
    assert whole.error.code == "limit_exceeded"
