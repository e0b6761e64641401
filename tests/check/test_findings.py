"""What is found in scripts, where, and what is said of it; and where nothing is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from luahost.calls.settings import Settings
from luahost.check.findings import SLIP
from luahost.check.known import Known
from luahost.check.script import check
from tests import lua_texts
from tests.lua import test_mistakes

if TYPE_CHECKING:
    from luahost.check.findings import Finding

D = "local devin = app.integrations.devin\n"
TEXTS = {**lua_texts.scripts(), **lua_texts.blocks()}


@pytest.fixture(scope="module")
def known() -> Known:
    """Two accounts beside the default one."""
    return Known(lua_texts.integrations(), Settings({}, "/nowhere", "/nowhere"), ["work", "personal"])


@pytest.fixture(scope="module")
def alone() -> Known:
    """No account but the default one: another may be set up elsewhere."""
    return Known(lua_texts.integrations(), Settings({}, "/nowhere", "/nowhere"))


def found(known: Known, script: str, modules: str | None = None) -> list[Finding]:
    return check(script.encode(), "script.lua", known, modules)


# The line and column of the mistake, the script behind the line that sets `devin`, words of the message and the hint.
MISTAKES = [
    # functions and accounts
    ("a function", 2, 7, "devin.start_session{ prompt = 'x' }", "did you mean 'create_session'?", "create_session"),
    ("a function on an account", 2, 12, "devin.work.creat_session{}", "devin.work has no function", ""),
    ("an account", 2, 7, "devin.wrok.list_sessions()", "did you mean 'work'?", "accounts: default, personal, work"),
    ("an account in brackets", 2, 7, "devin['staging'].list_sessions()", "no account", "accounts add"),
    ("a function on any account", 2, 18, "devin[args.name].creat_session{}", "did you mean 'create_session'?", ""),
    ("an integration", 2, 18, "app.integrations.devon.list_sessions()", "mean 'devin'?", "known: devin, github"),
    ("through aliases", 4, 3, "local w = devin.work\nlocal x = w\nx.get_sesion('a')", "'get_session'", ""),
    ("through a function's alias", 3, 9, "local create = devin.work.create_session\ncreate{ promt = 'x' }", "'prompt'",
     "it is called create_session"),
    ("through a global", 3, 3, "d = devin\nd.start_session{ prompt = 'x' }", "'create_session'", ""),
    ("in a function", 2, 33, "local function f() return devin.get_sesion('x') end f()", "'get_session'", ""),
    ("either of two accounts", 3, 3, "local d = args.a and devin[args.a] or devin\nd.creat_session{}",
     "'create_session'", ""),
    ("an account that is called", 2, 7, "devin.work{ prompt = 'x' }", "is a namespace, not a function", "FUNCTION"),
    # arguments
    ("a parameter", 2, 20, "devin.get_session{ id = 'x' }", "did you mean 'session_id'?", "session_id = string"),
    ("a required one", 2, 7, "devin.create_session{ title = 'x' }", "'prompt' is required", "prompt = string"),
    ("nothing at all", 2, 7, "devin.get_session()", "'session_id' is required", "get_session{ session_id"),
    ("a type", 2, 37, "devin.create_session{ prompt = 'x', tags = 'a' }", "'tags' must be an array", "tags = array?"),
    ("a type of an entry", 2, 35, "devin.create_session{ prompt = x, tags = { 'a', 5 } }", "at [2] must be a string",
     ""),
    ("one of some words", 2, 37, "devin.create_session{ prompt = 'x', devin_mode = 'fats' }", "did you mean 'fast'?",
     ""),
    ("a range", 2, 37, "devin.create_session{ prompt = 'x', max_acu_limit = -1 }", "at least 1, not -1", ""),
    ("by position", 2, 19, "devin.get_session(5)", "must be a string, not the number 5", ""),
    ("one too many", 2, 7, "devin.get_session('a', 'b')", "2 values were given", ""),
    ("a list", 2, 7, "devin.get_session{ 'a' }", "a list was given", "get_session{ session_id"),
    ("a list with names", 2, 20, "devin.get_session{ 'a', session_id = 'b' }", "both a list and the name", ""),
    ("a function in place of a value", 2, 20, "devin.get_session{ session_id = devin.list_sessions }",
     "a function is not a value", ""),
    ("a table in a variable", 2, 17, "local given = { mesage = 'x', session_id = 'y' }\ndevin.send_message(given)",
     "did you mean 'message'?", ""),
    ("through pcall", 2, 39, "local ok = pcall(devin.get_session, { id = 'x' })", "did you mean 'session_id'?", ""),
    ("through xpcall", 2, 45, "local ok = xpcall(devin.get_session, print, 5)", "not the number 5", ""),
    ("through each", 2, 38, "for s in each(devin.list_sessions, { tag = 'x' }) do end", "did you mean 'tags'?", ""),
    ("each of no list", 2, 15, "for s in each(devin.get_session) do end", "no function of a list", "lists: list_"),
    ("each of a call", 2, 15, "for s in each(devin.list_sessions()) do end", "without calling it", "each(app."),
    ("sleep for a text", 2, 7, "sleep('5')", "not a string", "sleep(5)"),
    ("parallel without braces", 2, 10, "parallel(devin.list_users)", "not a function", "write braces"),
    ("nothing to change", 2, 7, "devin.update_schedule{ schedule_id = 'x' }", "nothing to change", ""),
    # what is not there
    ("os.execute", 2, 4, "os.execute('ls')", "there is no os.execute", "create_session"),
    ("io", 2, 1, "io.write('x')", "there is no io.write", "write print"),
    ("a global", 2, 1, "collectgarbage()", "there is no collectgarbage", "memory looks after itself"),
    ("a global that nobody sets", 2, 7, "print(total.count)", "global 'total'", "total was never set"),
    ("a function set below", 2, 1, "f()\nlocal function f() end", "f is set on line 3", "above its first call"),
    ("through an alias", 3, 3, "local j = json\nj.parse('x')", "there is no json.parse", "json.decode"),
    ("a library that is required", 3, 3, "local j = require('json')\nj.parse('x')", "there is no json.parse", ""),
    ("a method of a text", 3, 3, "local s = 'a,b'\ns:split(',')", "there is no s:split", "gmatch"),
    ("a library's function set", 2, 17, "function string.trim(s) return s end", "string is read-only", "a local"),
    ("a member of app", 2, 5, "app.devin.list_sessions()", "app has no 'devin'", "write app.integrations.devin"),
    # dot and colon
    ("a colon", 2, 7, "devin:get_session{ session_id = 'x' }", "called with a colon", "write a dot"),
    ("a colon on an account", 2, 12, "devin.work:list_sessions()", "called with a colon", "write a dot"),
    ("a colon on a library", 2, 6, "json:decode('1')", "json.decode was called with a colon", "write json.decode(...)"),
    # functions and tables in the wrong place
    ("a function looked into", 2, 27, "print(devin.list_sessions.sessions)", "is the function itself", "to call it"),
    ("a table that is called", 2, 10, "for s in devin.list_sessions() do end", "for goes through", "each(devin."),
    ("a table in a text", 3, 14, "local r = devin.list_sessions()\nprint('a' .. r)", "table value", "tostring(r)"),
]  # fmt: skip

SLIPS = [
    ("ipairs over all of a result", 3, 20, "local r = devin.list_sessions()\nfor _, s in ipairs(r) do print(s) end",
     "in its field sessions", "write r.sessions"),
    ("its length", 2, 8, "print(#devin.list_folders())", "in its field folders", ".folders"),
    ("its first entry", 3, 7, "local r = devin.list_playbooks()\nprint(r[1])", "in its field items", "write r.items"),
    ("entries by another name", 2, 42, "for _, s in ipairs(devin.list_sessions().items) do print(s) end",
     "its entries are in sessions", "write .sessions"),
    ("curly quotes around a word", 2, 7, "print(“hello”)", "curly quotes are no quotes", 'straight ones: "text"'),
    ("json.null in a condition", 2, 4, "if json.null then end", "json.null is true", "write x == json.null"),
    ("json.null in an alias", 3, 11, "local null = json.null\nprint(not null)", "json.null is true", ""),
    ("json.null before or", 2, 7, "print(json.null or 'none')", "json.null is true", ""),
    ("a call in pcall's place", 2, 18, "local ok = pcall(devin.get_session{ session_id = 'x' })",
     "its errors are not caught", "write pcall(devin.get_session, arguments)"),
    ("tasks that give nothing", 2, 40, "local got = parallel(args, function(x) devin.get_session(x) end)",
     "parallel gives what it returns", "write return"),
    ("a value that a function lacks", 2, 20, "local function f() devin.get_session('x') end\nprint(f())",
     "its value is taken", "write return"),
    ("a check that gives nothing", 2, 21, "wait_until{ check = function() devin.get_session('x') end }",
     "waits until its timeout", "write return"),
    ("a loop that waits for what never comes", 3, 61,
     ("local s = devin.create_session{ prompt = 'x' }\n"
      "repeat sleep(1) s = devin.get_session(s.session_id) until s.status == 'finished'"),
     "status is never 'finished' in what devin.get_session gives", "write .status_detail"),
    ("a word that is no status", 2, 37, "if 'done' ~= devin.get_session('x').status then print() end",
     "status is never 'done'", "it is one of new, claimed, running"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("line", "column", "script", "message", "hint"), [pytest.param(*rest, id=name) for name, *rest in MISTAKES]
)
def test_a_mistake_is_found_at_its_place(
    known: Known, line: int, column: int, script: str, message: str, hint: str
) -> None:
    (one,) = found(known, D + script)
    assert (one.line, one.column) == (line, column)
    assert one.code != SLIP
    assert message in one.message
    assert hint in (one.hint or "")


@pytest.mark.parametrize(
    ("line", "column", "script", "message", "hint"), [pytest.param(*rest, id=name) for name, *rest in SLIPS]
)
def test_a_silent_slip_is_found_at_its_place(
    known: Known, line: int, column: int, script: str, message: str, hint: str
) -> None:
    (one,) = found(known, D + script)
    assert (one.line, one.column, one.code) == (line, column, SLIP)
    assert message in one.message
    assert hint in (one.hint or "")


QUIET = {
    "a variable that is set twice": "local d = devin\nif args.x then d = args.x end\nd.start_session()",
    "a variable that a closure sets": "local d = devin\nlocal function f() d = nil end\nf()\nd.start_session()",
    "a parameter of that name": "local function f(devin) devin.start_session() end\nf({ start_session = print })",
    "a loop's variable of that name": "for _, devin in ipairs(args) do devin.start_session() end",
    "a name that is hidden in a block": "do local devin = args.x devin.start_session() end",
    "a global that is set twice": "d = devin\nd = args.x\nd.start_session()",
    "a global of a sandbox's name": "json = args.mine\njson.parse('x')",
    "a local of a sandbox's name": "local ipairs = args.mine\nlocal r = devin.list_sessions()\nipairs(r)",
    "an argument that only the run knows": "devin.get_session(args.x)\ndevin.get_session{ session_id = args.x }",
    "a required one that may be nil": "devin.create_session{ prompt = args.prompt }",
    "names that only the run knows": "devin.create_session{ [args.x] = 'y' }",
    "values of any number": "devin.get_session(table.unpack(args))\ndevin.send_message('x', table.unpack(args))",
    "a value that may be nil behind others": "devin.get_session('x', args.more)",
    "nil behind others": "devin.get_session('x', nil)",
    "a table that is filled later": "local given = {}\ngiven.prompt = 'x'\ndevin.create_session(given)",
    "a table that another function fills": "local given = {}\nargs.fill(given)\ndevin.create_session(given)",
    "a table that has a second name": "local a = {}\nlocal b = a\nb.prompt = 'x'\ndevin.create_session(a)",
    "a table from elsewhere": "devin.create_session(args)",
    "a list with an entry that only the run knows": "devin.create_session{ prompt = 'x', tags = { 'a', args.b } }",
    "json.null where null is as good as nothing": "devin.create_session{ prompt = 'x', title = json.null }",
    "an empty table for a list": "devin.create_session{ prompt = 'x', tags = {} }",
    "io that is asked for first": "if io then io.write('x') end",
    "io that is asked for in an expression": "local write = io and io.write or print\nwrite('x')",
    "os.execute that is asked for first": "if os.execute then os.execute('ls') end",
    "a global of another chunk": "load(args.code)()\nhelper()",
    "a global that is set by its name": "_G.helper = print\nhelper()",
    "a global that is set in a function": "local function set() helper = print end\nset()\nhelper()",
    "a module that may set globals": "require(args.name)\nhelper()",
    "a module, without a folder": "require('helpers')\nhelper()",
    "a result that is given more": "local r = devin.list_sessions()\nr[1] = 'x'\nprint(#r)",
    "a result that a function is given": "local r = devin.list_sessions()\ntable.insert(r, 'x')\nprint(r[1], #r)",
    "a result's field that the API may send": "print(devin.get_session('x').origin, devin.list_sessions().cursor)",
    "a status that there is": "local s = devin.get_session('x')\nprint(s.status == 'running' or s.status == args.x)",
    "a word that another field can be": "print(devin.get_session('x').status_detail == 'finished')",
    "a status of what may be anything": "local s = devin.get_session('x')\ns = args.s or s\nprint(s.status == 'done')",
    "a field whose words are not known": "print(devin.get_session('x').title == 'finished')",
    "pairs over a result": "for k, v in pairs(devin.list_sessions()) do print(k, v) end",
    "a name that is set twice": "devin.get_session{ session_id = args.x, session_id = 5 }",
    "json.null as a value": "local null = json.null\nif args.x == null then print(args.y or null) end",
    "a call that pcall catches": "local ok, e = pcall(function() return devin.get_session(args.id) end)\nprint(ok, e)",
    "tasks of which it matters whether they went well":
        "local s = { settle = true }\nlocal r = parallel(args, function(x) devin.get_user(x) end, s)\nprint(r[1].ok)",
    "main, which gives nothing": "local function main() devin.terminate_session('x') end\nreturn main()",
    "a table with __call in for": "local t = setmetatable({}, { __call = next })\nfor k in t do print(k) end",
    "a library's function in a variable of another": "local m = { floor = math.floor }\nprint(m.round)",
    "a line that says so": "devin.start_session() -- luahost-check: ignore",
    "numbers of LuaJIT's own": "print(1LL, 0x1p4, 2i)",
    "goto, and labels": "for i = 1, 2 do if i == 1 then goto continue end print(i) ::continue:: end",
}  # fmt: skip


@pytest.mark.parametrize("script", [pytest.param(script, id=name) for name, script in QUIET.items()])
def test_nothing_is_said_where_it_is_not_sure(known: Known, script: str) -> None:
    assert found(known, D + script) == []


@pytest.mark.parametrize("text", [pytest.param(text, id=name) for name, text in TEXTS.items()])
def test_no_example_and_no_block_of_a_page_has_a_finding(known: Known, alone: Known, text: str) -> None:
    assert found(known, text) == []
    assert found(alone, text) == []


# Of the commonest mistakes, those that the text alone does not show: they need what a call or a function gives.
LATE = {
    "list:push()", "os.time of a text", "os.date of a text", "+ between texts", "% behind a text", "a value of await",
    "a number beside a text", "tonumber of no number", "a text for a place",
    "text.upper()", "toFixed of a number", "a bracket in a pattern", "nothing to put in", "text times a number",
}  # fmt: skip
COMMON = [
    row
    for row in (*test_mistakes.CALLS, *test_mistakes.LIBRARIES, *test_mistakes.LANGUAGES, *test_mistakes.SLIPS)
    if row[0] not in LATE
]


@pytest.mark.parametrize(
    ("script", "line", "code", "message", "hint"), [pytest.param(*rest, id=name) for name, *rest in COMMON]
)
def test_what_a_run_says_of_a_common_mistake_is_said_without_one(
    known: Known, script: str, line: int, code: str, message: str, hint: str
) -> None:
    told = [one for one in found(known, script, "/nowhere") if (one.line, one.code) == (line, code)]
    assert any(message in f"{one.message}" or message in _as_run(one) for one in told), told
    assert any(hint in (one.hint or "") for one in told)


def _as_run(one: Finding) -> str:
    """Lua's own words are left out where there are better ones."""
    return f"attempt to {one.message}"
