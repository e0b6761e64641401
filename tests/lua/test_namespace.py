"""app.integrations: closed, read-only, and the same on every account."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from luahost import Host, Policy
from luahost.spec import Function, Integration, Param

if TYPE_CHECKING:
    from collections.abc import Iterator

    from luahost.errors import LuaHostError

FUNCTIONS = {"create_session", "get_session", "list_sessions", "send_message", "get_current_user"}


def value(host: Host, source: str, **options: Any) -> Any:
    result = host.run(source, **options)
    assert result.ok, result.error and result.error.fields()
    return result.value


def failure(host: Host, source: str, **options: Any) -> LuaHostError:
    result = host.run(source, **options)
    assert result.error is not None, result.values
    return result.error


# -- what is there ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", ["devin", "devin.default", "devin.work", "devin['personal']"])
@pytest.mark.parametrize(
    "walk",
    [
        "for k, v in pairs(place) do t[#t + 1] = k assert(type(v) == 'function') end",
        "for k, v in next, place do t[#t + 1] = k assert(v == place[k]) end",
        "local k, v = next(place) while k do t[#t + 1] = k k, v = next(place, k) end",
    ],
)
def test_pairs_and_next_list_the_functions_of_every_account(host: Host, place: str, walk: str) -> None:
    names = value(host, f"local t, place = {{}}, app.integrations.{place} {walk} return t")
    assert set(names) >= FUNCTIONS
    assert len(names) == len(set(names))


def test_every_account_has_the_same_functions(host: Host) -> None:
    source = """local t = {}
    for _, account in ipairs{'default', 'work', 'personal'} do
      t[account] = {} for k in pairs(app.integrations.devin[account]) do table.insert(t[account], k) end
      table.sort(t[account])
    end return t"""
    found = value(host, source)
    assert found["default"] == found["work"] == found["personal"]


def test_dump_lists_a_namespace(host: Host) -> None:
    result = host.run("dump(app.integrations.devin.work) dump(app)")
    assert all(f"{name} = function" in result.output for name in FUNCTIONS)
    assert result.output.count("integrations = {") == 1


def test_pairs_lists_integrations_and_app(host: Host) -> None:
    source = """local t = {}
    for k in pairs(app) do t[#t + 1] = k end
    for k in pairs(app.integrations) do t[#t + 1] = k end return t"""
    assert value(host, source) == ["integrations", "devin"]


def test_a_function_is_the_same_each_time_it_is_looked_up(host: Host) -> None:
    source = "local d = app.integrations.devin return {d.work.get_session == d['work'].get_session, d.work == d.work}"
    assert value(host, source) == [True, True]


def test_looking_at_a_namespace_makes_no_call(host: Host) -> None:
    result = host.run("dump(app) local f = app.integrations.devin.work.create_session")
    assert result.calls == []


# -- how functions are called -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "call",
    [
        "create_session{prompt = 'p'}",
        "create_session({prompt = 'p'})",
        "create_session('p')",
        "create_session 'p'",
        "create_session('p', nil)",
        "create_session('p', json.null)",
        "create_session{prompt = 'p', idempotency_key = nil}",
        "create_session{prompt = 'p', idempotency_key = json.null}",
        "create_session(setmetatable({prompt = 'p'}, {__index = error}))",
    ],
)
def test_values_are_given_by_name_or_by_position(host: Host, call: str) -> None:
    result = host.run(f"return app.integrations.devin.{call}.session_id")
    assert result.ok, result.error
    assert result.calls[0].arguments == {"prompt": "p"}


@pytest.mark.parametrize("call", ["list_sessions()", "list_sessions{}", "list_sessions(nil)"])
def test_a_function_without_parameters_is_called_with_nothing(host: Host, call: str) -> None:
    assert isinstance(value(host, f"return app.integrations.devin.{call}.sessions"), list)


def test_nil_stands_for_a_parameter_that_is_left_out(host: Host) -> None:
    error = failure(host, "app.integrations.devin.create_session(nil, 'key')")
    assert (error.code, "'prompt' is required" in error.message) == ("invalid_arguments", True)


def test_nil_at_the_end_counts_for_nothing(host: Host) -> None:
    assert failure(host, "app.integrations.devin.get_session('devin-none', nil, nil)").code == "not_found"


@pytest.mark.parametrize(
    ("call", "words"),
    [
        ("get_session('a', 'b')", "2 values were given, and there is 1 parameter"),
        ("get_current_user('a')", "takes none"),
        ("get_session{'devin-1'}", "list"),
        ("get_session{}", "'session_id' is required"),
        ("get_session{id = 1}", "unknown parameter 'id'"),
        ("get_session{sesion_id = 'x'}", "did you mean 'session_id'?"),
        ("get_session{session_id = 5}", "must be a string, not the number 5"),
        ("get_session{session_id = {}}", "must be a string, not a table"),
        ("get_session{session_id = ''}", "must be a session's id"),
        ("get_session{session_id = '../x'}", "must be a session's id"),
        ("get_session{session_id = 'a b'}", "must be a session's id"),
        ("get_session{session_id = 'a\\n'}", "must be a session's id"),
        ("get_session{session_id = 0/0}", "nan"),
        ("get_session{session_id = 1/0}", "inf"),
        ("get_session{session_id = print}", "function"),
        ("get_session{session_id = app}", "namespace"),
        ("get_session{session_id = coroutine.create(print)}", "thread"),
        ("get_session{session_id = json.null}", "required"),
        ("get_session(print)", "function"),
        ("get_session(0/0)", "nan"),
        ("get_session(true)", "boolean"),
        ("get_session{1, session_id = 'x'}", "both a list and the name"),
        ("get_session{[2] = 'x'}", "without holes"),
        ("get_session{[1.5] = 'x'}", "without holes"),
        ("get_session{[true] = 'x'}", "boolean"),
        ("get_session{[{}] = 'x'}", "table"),
        ("create_session{prompt = ('x'):rep(10), idempotency_key = ('k'):rep(1000)}", "512"),
        ("create_session{prompt = '\\255'}", "UTF-8"),
        ("create_session{['\\255'] = 'x'}", "UTF-8"),
    ],
)
def test_wrong_arguments_are_told_before_anything_is_sent(host: Host, call: str, words: str) -> None:
    error = failure(host, f"\napp.integrations.devin.{call}")
    assert (error.code, error.file, error.line) == ("invalid_arguments", "script.lua", 2)
    assert words in error.message
    assert "0x" not in error.message.replace("0xFF", "")
    assert not any(
        request.path.endswith("/sessions") or "/sessions/" in request.path
        for request in host.simulation("devin").requests
    )


def test_a_table_that_contains_itself_is_refused_in_few_words(host: Host) -> None:
    error = failure(host, "local t = {} t.t = t app.integrations.devin.create_session{prompt = t}")
    assert (error.code, "contains itself" in error.message) == ("invalid_arguments", True)
    assert len(error.message) < 250


@pytest.mark.parametrize("place", ["devin", "devin.work", "devin.default"])
def test_a_call_with_a_colon_is_told(host: Host, place: str) -> None:
    error = failure(host, f"app.integrations.{place}:get_session('devin-1')")
    assert (error.code, "colon" in error.message) == ("invalid_arguments", True)
    assert error.hint is not None
    assert "dot" in error.hint


def test_the_arguments_are_those_of_the_moment_of_the_call(host: Host) -> None:
    source = "local t = {prompt = 'a'} app.integrations.devin.create_session(t) t.prompt = 'b' return t.prompt"
    result = host.run(source)
    assert (result.value, result.calls[0].arguments) == ("b", {"prompt": "a"})


def test_a_long_argument_arrives_whole(host: Host) -> None:
    result = host.run("return #app.integrations.devin.create_session{prompt = ('é'):rep(2e5)}.session_id > 0")
    assert result.ok, result.error
    assert len(result.calls[0].arguments["prompt"]) == 200_000


# -- what is not there --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("place", "code", "near"),
    [
        ("app.integrations.devin.get_sesion", "unknown_function", "'get_session'"),
        ("app.integrations.devin.getSession", "unknown_function", "'get_session'"),
        ("app.integrations.devin.work.creat_session", "unknown_function", "'create_session'"),
        ("app.integrations.devin.delete_everything", "unknown_function", None),
        ("app.integrations.devin.work.nope", "unknown_function", None),
        ("app.integrations.devin.work.default", "unknown_function", None),
        ("app.integrations.devin.work.work", "unknown_function", None),
        ("app.integrations.devin.wrok", "unknown_account", "'work'"),
        ("app.integrations.devin.Work", "unknown_account", "'work'"),
        ("app.integrations.devin['']", "unknown_account", None),
        ("app.integrations.devin['team/x']", "unknown_account", None),
        ("app.integrations.devin[1]", "unknown_account", None),
        ("app.integrations.devin[true]", "unknown_account", None),
        ("app.integrations.devin[{}]", "unknown_account", None),
        ("app.integrations.devin[print]", "unknown_account", None),
        (r"app.integrations.devin['\255']", "unknown_account", None),
        ("app.integrations.devin[('x'):rep(1e5)]", "unknown_account", None),
        ("app.integrations.devin[setmetatable({}, {__tostring = function() return 1 end})]", "unknown_account", None),
        ("app.integrations.devin[setmetatable({}, {__tostring = error})]", "unknown_account", None),
        ("app.integrations.devn", "unknown_integration", "'devin'"),
        ("app.integrations.github", "unknown_integration", None),
        ("app.integrations[1]", "unknown_integration", None),
        ("app.integrations[{}]", "unknown_integration", None),
        (r"app.integrations['\255']", "unknown_integration", None),
        ("app.devin", "unknown_integration", None),
        ("app[{}]", "unknown_integration", None),
        (r"app['\255']", "unknown_integration", None),
    ],
)
def test_an_unknown_name_is_an_error_when_it_is_indexed(host: Host, place: str, code: str, near: str | None) -> None:
    error = failure(host, f"\nlocal x = {place}")
    assert (error.code, error.file, error.line) == (code, "script.lua", 2)
    assert error.hint
    assert near is None or f"did you mean {near}?" in error.message
    assert "0x" not in error.message
    assert len(error.message) < 1000


@pytest.mark.parametrize("name", ["get_zzzzzzzz", "get_sesion"])
def test_the_hint_has_the_dozen_known_names_that_are_nearest(host: Host, name: str) -> None:
    hint = str(failure(host, f"return app.integrations.devin.{name}").hint)
    assert "get_session, " in hint
    assert hint.partition(" and ")[0].count(", ") == 11


def test_the_hint_has_the_accounts(host: Host) -> None:
    assert "default, personal, work" in str(failure(host, "return app.integrations.devin.wrok").hint)


def test_an_unknown_account_is_never_replaced(host: Host) -> None:
    result = host.run("pcall(function() return app.integrations.devin.nobody.create_session{prompt = 'x'} end)")
    assert (result.ok, result.calls) == (True, [])
    assert not [r for r in host.simulation("devin").requests if r.method == "POST"]


def test_a_call_on_an_account_uses_that_account(host: Host) -> None:
    source = """local d = app.integrations.devin
    d.get_current_user() d.default.get_current_user() d.work.get_current_user() d['personal'].get_current_user()"""
    result = host.run(source)
    assert [call.account for call in result.calls] == ["default", "default", "work", "personal"]


def test_a_bare_call_uses_the_account_of_the_run_and_default_stays_default(host: Host) -> None:
    result = host.run(
        "local d = app.integrations.devin d.get_current_user() d.default.get_current_user()", account="work"
    )
    assert [call.account for call in result.calls] == ["work", "default"]


# -- read-only ----------------------------------------------------------------------------------------------------

CLOSED = ["app", "app.integrations", "app.integrations.devin", "app.integrations.devin.work"]


@pytest.mark.parametrize("place", CLOSED)
@pytest.mark.parametrize(
    "change",
    [
        "{0}.x = 1",
        "{0}.get_session = print",
        "{0}[1] = 1",
        "{0}[{{}}] = 1",
        "{0}.integrations = nil",
        "rawset({0}, 'x', 1)",
        "setmetatable({0}, {{}})",
        "table.insert({0}, 1)",
        "table.move({{1}}, 1, 1, 1, {0})",
    ],
)
def test_a_namespace_cannot_be_changed(host: Host, place: str, change: str) -> None:
    error = failure(host, f"\n{change.format(place)}")
    assert (error.file, error.line) == ("script.lua", 2)
    assert "0x" not in error.message


@pytest.mark.parametrize("place", CLOSED)
def test_a_namespace_is_not_a_function_and_not_a_value(host: Host, place: str) -> None:
    assert failure(host, f"{place}()").code in ("invalid_arguments", "unknown_integration")
    assert failure(host, f"local x = json.encode({place})").code == "invalid_arguments"
    assert value(host, f"return {{type({place}), getmetatable({place}), #{place}}}") == ["table", False, 0]


def test_rawget_reads_what_is_there_and_asks_for_nothing(host: Host) -> None:
    source = """local devin = app.integrations.devin
    return rawget(app, 'integrations') == app.integrations, rawget(devin, 'get_session') == devin.get_session,
        rawget(devin, 'get_sesion') == nil"""
    assert host.run(source).values == [True, True, True]


def test_what_pairs_gives_is_not_the_namespace_itself(host: Host) -> None:
    source = """local f, s = pairs(app.integrations.devin)
    if type(s) == 'table' then pcall(rawset, s, 'get_session', function() return 'mine' end) end
    return app.integrations.devin.get_session == nil or (pcall(app.integrations.devin.get_session, {}))"""
    assert value(host, source) is False


def test_what_one_pairs_gives_cannot_change_the_next(host: Host) -> None:
    source = """local _, s = pairs(app.integrations.devin)
    if type(s) == 'table' then for k in next, s do pcall(function() s[k] = nil end) end end
    local n = 0 for _ in pairs(app.integrations.devin) do n = n + 1 end return n"""
    assert value(host, source) >= len(FUNCTIONS)


# -- other integrations -------------------------------------------------------------------------------------------


def _echo() -> Integration:
    params = (
        Param(name="text", type="string", description="", required=True),
        Param(name="list", type="array", items="number", description=""),
        Param(name="deep", type="object", description=""),
        Param(name="count", type="integer", description=""),
    )
    function = Function(
        name="give_back",
        summary="Give back what was given.",
        access="read",
        handler=lambda _call, arguments: arguments,
        params=params,
    )
    return Integration(
        name="echo",
        title="Echo",
        summary="Gives back what it is given.",
        functions=(function,),
        base_url="https://echo.invalid",
        key_prefixes={"k_": "v1"},
        identify="give_back",
    )


KEY = {"echo": {"default": {"api_key": "k_secret"}}}


@pytest.fixture
def echo(isolation: str) -> Iterator[Host]:
    """A host with one more integration, whose function gives back what it was given."""
    with Host(accounts=KEY, integrations=[_echo()], isolation=isolation, state=False) as host:
        yield host


@pytest.mark.parametrize(
    ("given", "arrives"),
    [
        ("{text = 'x'}", {"text": "x"}),
        ("'x', {1, 2}", {"text": "x", "list": [1, 2]}),
        ("'x', {}", {"text": "x", "list": []}),
        ("'x', nil, {a = {b = {}}}", {"text": "x", "deep": {"a": {"b": {}}}}),
        ("'x', nil, {}, 3", {"text": "x", "deep": {}, "count": 3}),
        ("'x', json.null, json.null, 3", {"text": "x", "count": 3}),
        ("{text = 'x', deep = {a = json.null, l = {json.null}, e = json.array{}}}",
         {"text": "x", "deep": {"a": None, "l": [None], "e": []}}),
        ("{text = 'x', count = 3.0}", {"text": "x", "count": 3}),
        ("{text = 'x', count = 2^53}", {"text": "x", "count": 2**53}),
        (r"{text = 'a\0b\n\"é'}", {"text": 'a\0b\n"é'}),
    ],
)  # fmt: skip
def test_values_arrive_as_they_were_given(echo: Host, given: str, arrives: dict[str, Any]) -> None:
    result = echo.run(f"local r = app.integrations.echo.give_back({given})")
    assert result.ok, result.error
    assert result.calls[0].arguments == arrives


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ("{text = 'x', count = 1.5}", "'count'"),
        ("{text = 'x', count = '1'}", "'count'"),
        ("{text = 'x', list = {a = 1}}", "'list'"),
        ("{text = 'x', list = {1, nil, 3}}", "'list'"),
        ("{text = 'x', deep = {1}}", "'deep'"),
        ("{text = 'x', deep = {a = {1, b = 2}}}", "'deep.a'"),
        ("{text = 'x', deep = {a = {{b = print}}}}", "'deep.a[1].b'"),
        ("'x', {1, print}", "[2]"),
        ("'x', nil, nil, nil, nil, 6", "values were given"),
    ],
)
def test_what_does_not_fit_is_told_with_its_place(echo: Host, given: str, problem: str) -> None:
    error = failure(echo, f"app.integrations.echo.give_back({given})")
    assert (error.code, problem in error.message) == ("invalid_arguments", True)


def test_what_a_call_gives_is_the_scripts_own(echo: Host) -> None:
    source = """local given = {a = {1}}
    local r = app.integrations.echo.give_back{text = 'x', deep = given}
    r.deep.a[1] = 2 r.more = 1 setmetatable(r, {})
    return {given.a[1], r.deep ~= given}"""
    assert value(echo, source) == [1, True]


def test_large_integers_come_back_as_text(echo: Host) -> None:
    source = "local r = app.integrations.echo.give_back{text = 'x', count = 2^53} return {type(r.count), r.count}"
    assert value(echo, source) == ["string", str(2**53)]


def test_a_value_nested_as_deep_as_it_may_go_comes_back(echo: Host) -> None:
    source = """for depth = 60, 140 do
      local t = 1 for _ = 1, depth do t = {a = t} end
      local ok, r = pcall(app.integrations.echo.give_back, {text = 'x', deep = t})
      if not ok then return {r.code, depth > 100} end
    end"""
    assert value(echo, source) == ["invalid_arguments", True]


def test_no_key_is_seen_by_a_script_that_looks_everywhere(echo: Host) -> None:
    source = """local seen, found = {}, false
    local function look(v)
      if type(v) == 'string' and v:find('k_secret', 1, true) then found = true end
      if type(v) ~= 'table' or seen[v] then return end
      seen[v] = true
      for k, w in pairs(v) do look(k) look(w) end
    end
    look(_G) look(docs.list()) look(tostring(app))
    local ok, e = pcall(app.integrations.echo.give_back) look(e)
    return found"""
    assert value(echo, source) is False


def test_a_policy_that_denies_is_an_error_of_the_call(isolation: str) -> None:
    policy = Policy(read="allow", write="deny")
    with Host(simulate=True, policy=policy, isolation=isolation) as host:
        error = failure(host, "\napp.integrations.devin.create_session{prompt = 'x'}")
    assert (error.code, error.call, error.line) == ("permission_denied", "devin.create_session", 2)


# -- calls from odd places ----------------------------------------------------------------------------------------

NAME = "app.integrations.devin.get_current_user().name"


@pytest.mark.parametrize(
    "source",
    [
        f"return (('x'):gsub('x', function() return {NAME} end))",
        f"local n table.sort({{2, 1}}, function(a, b) n = {NAME} return a < b end) return n",
        f"return setmetatable({{}}, {{__index = function() return {NAME} end}}).x",
        f"return tostring(setmetatable({{}}, {{__tostring = function() return {NAME} end}}))",
        f"local c = coroutine.wrap(function() coroutine.yield() return {NAME} end) c() return c()",
        f"local c = coroutine.wrap(function() for i = 1, 3 do coroutine.yield({NAME}) end end) c() c() return c()",
        f"return select(2, xpcall(error, function() return {NAME} end))",
        f"return load('return {NAME}')()",
        f"local n for x in function(_, s) if not s then n = {NAME} return n end end do end return n",
        f"local function deep(n) if n == 0 then return {NAME} end return (deep(n - 1)) end return deep(150)",
        f"return ({{pcall(pcall, pcall, function() return {NAME} end)}})[4]",
        f"local n for i = 1, 50 do n = coroutine.wrap(function() return {NAME} end)() end return n",
    ],
)
def test_a_call_works_from_wherever_it_is_made(host: Host, source: str) -> None:
    assert value(host, source) == "Ada Lovelace"


def test_a_result_can_be_kept_in_one_coroutine_and_used_in_another(host: Host) -> None:
    source = """local results = {}
    for i = 1, 100 do
      coroutine.wrap(function()
        local ok, e = pcall(app.integrations.devin.get_session, {i})
        results[i] = e
      end)()
    end
    for i = 1, 1e5 do local t = {i} end
    local n = 0 for _, e in ipairs(results) do if e:find('list') then n = n + 1 end end
    return n"""
    assert value(host, source) == 100
