"""The commonest mistakes of those who write scripts: the message names each and its line, the hint what to write."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from luahost import Host
    from luahost.errors import LuaHostError

D = "local devin = app.integrations.devin\n"
ONE = D + 'local session = devin.create_session{ prompt = "x" }\n'
LIST = D + "local result = devin.list_sessions()\n"

ARGUMENTS, FUNCTION, SCRIPT, SYNTAX = "invalid_arguments", "unknown_function", "script_error", "syntax_error"

# What was done, the script, the line that is named, the code, words of the message, words of the hint.
CALLS = [
    ("another verb", D + "devin.start_session{ prompt = 'x' }", 2, FUNCTION, "did you mean 'create_session'?",
     "create_session"),
    ("camel case", D + "devin.createSession{ prompt = 'x' }", 2, FUNCTION, "did you mean 'create_session'?",
     "create_session"),
    ("get for list", D + "devin.get_sessions()", 2, FUNCTION, "did you mean 'list_sessions'?", "create_session"),
    ("an object for each kind", D + "devin.sessions.create{}", 2, FUNCTION, "did you mean 'list_sessions'?",
     "create_session"),
    ("methods of an object", D + "devin.sessions:list()", 2, FUNCTION, "did you mean 'list_sessions'?",
     "create_session"),
    ("an unknown account", D + "devin.staging.list_sessions()", 2, "unknown_account",
     "no account and no function 'staging'", "accounts: default, personal, work"),
    ("a place that was left out", "app.devin.list_sessions()", 1, "unknown_integration", "app has no 'devin'",
     "write app.integrations.devin"),
    ("one letter too few", "app.integration.devin.list_sessions()", 1, "unknown_integration",
     "app has no 'integration'", "write app.integrations.devin"),
    ("no place at all", "\ndevin.list_sessions()", 2, SCRIPT, "there is no devin",
     "write local devin = app.integrations.devin"),
    ("a function as a global", "list_sessions()", 1, SCRIPT, "functions of an integration are not globals",
     "write app.integrations.devin.list_sessions{ ... }"),
    ("a colon", D + "devin:get_session{ session_id = 'x' }", 2, ARGUMENTS, "called with a colon", "write a dot"),
    ("id for session_id", D + "devin.get_session{ id = 'x' }", 2, ARGUMENTS, "did you mean 'session_id'?",
     "get_session{ session_id"),
    ("text for message", D + "devin.send_message{ session_id = 'x', text = 'y' }", 2, ARGUMENTS,
     "did you mean 'message'?", "message = string"),
    ("task for prompt", D + "devin.create_session{ task = 'x' }", 2, ARGUMENTS, "did you mean 'prompt'?",
     "prompt = string"),
    ("a text for a list", D + "devin.create_session{ prompt = 'x', tags = 'a' }", 2, ARGUMENTS,
     "'tags' must be an array, not a string: write { … } around it", "tags = array?"),
    ("a text for a time", D + "devin.list_sessions{ created_after = '2025-01-31' }", 2, ARGUMENTS,
     "a time is in seconds since 1970, as os.time{ year = 2025", "created_after = integer?"),
    ("a text for a number", D + "devin.list_sessions{ created_after = '5' }", 2, ARGUMENTS,
     "'created_after' must be an integer, not a string: write tonumber(…)", "created_after = integer?"),
    ("a result for an id", D + "devin.get_session(devin.create_session('x'))", 2, ARGUMENTS,
     "a whole result was given where 'session_id' is wanted", "write get_session(x.session_id)"),
    ("a table for a text", D + "devin.create_session{ prompt = { 'x' } }", 2, ARGUMENTS, "'prompt' must be a string",
     "prompt = string"),
    ("one value too many", D + "devin.get_session('a', 'b')", 2, ARGUMENTS,
     "2 values were given, and there is 1 parameter", "get_session{ session_id = string }"),
    ("a value without its name", D + "devin.get_session{ 'a' }", 2, ARGUMENTS, "a list was given",
     "get_session{ session_id"),
    ("keyword arguments", D + 'devin.create_session(prompt = "x")', 2, SYNTAX, "named values stand in braces",
     'devin.create_session{ prompt = "..." }'),
    ("help", "help(app)", 1, SCRIPT, "there is no help", "docs.read("),
    ("a call in each", D + "for s in each(devin.list_sessions()) do end", 2, ARGUMENTS, "without calling it",
     "each(app.integrations.devin.list_sessions"),
]  # fmt: skip

RESULTS = [
    ("sessions of one session", ONE + "for _, s in ipairs(session.sessions) do end", 3, SCRIPT,
     "there is no session.sessions", "give the session itself"),
    ("an entry of what is no list", LIST + "print(result[1].session_id)", 3, SCRIPT,
     "a list's answer is no list itself", "list_sessions are in .sessions"),
    ("playbooks for items", D + "print(#devin.list_playbooks().playbooks)", 2, SCRIPT, "there is no playbooks",
     "all others in .items"),
    ("id of a session", ONE + 'print("id: " .. session.id)', 3, SCRIPT, "there is no session.id",
     "session.session_id"),
    ("a function of a session", ONE + "session.send_message('x')", 3, SCRIPT, "a result has no functions",
     "app.integrations.devin.send_message{ ... }"),
    ("a method of a session", ONE + "session:wait()", 3, SCRIPT, "call method 'wait'",
     "devin.wait_session{ session_id"),
    ("an envelope around one thing", ONE + "print(session.data.status)", 3, SCRIPT, "there is no session.data",
     "create_session gives the thing itself"),
    ("role and content of a message",
     ONE + "local m = devin.list_session_messages(session.session_id).items[1]\nprint(m.role .. ': ')", 4, SCRIPT,
     "there is no m.role", ".source says whose it is"),
    ("the address of its pull request", ONE + "print('at ' .. session.pr_url)", 3, SCRIPT, "there is no session.pr_url",
     "session.pull_requests, a list"),
    ("a field to reckon with", ONE + "print(1 + session.cost)", 3, SCRIPT, "field 'cost'", "(session.cost or 0)"),
    ("a field to look into", ONE + "print(session.output.x)", 3, SCRIPT, "field 'output'", "(session.output or {})"),
    ("get of a dictionary", ONE + "print(session.get('status'))", 3, SCRIPT, "there is no session.get",
     "write t.name"),
    ("camel case of a field", ONE + 'print("at " .. session.createdAt)', 3, SCRIPT, "there is no session.createdAt",
     "session.created_at"),
    ("a field that is absent", ONE + 'print("title: " .. session.title)', 3, SCRIPT, "session.title",
     'session.title or "none"'),
    ("a name that is absent", ONE + 'print("by " .. session.name)', 3, SCRIPT, "there is no session.name",
     'it may be absent: write user.name or "none"'),
    ("a field that nobody knows", ONE + 'print("x" .. session.colour)', 3, SCRIPT, "a nil value",
     "dump(session) shows"),
    ("a call that was left out", D + "local s = devin.list_sessions\nprint(s.sessions)", 3, SCRIPT,
     "s is the function itself", "write s{ ... } or s()"),
    ("a call of a text", ONE + "print(session.status())", 3, SCRIPT, "status is no function", "without ( )"),
    ("one value of pcall", D + "local s = pcall(devin.get_session, 'a b') -- x\nprint(s.status)", 3, SCRIPT,
     "the first value of pcall", "write local ok, s = pcall(devin.get_session, 'a b')"),
    ("fields of an error that is text", "local ok, err = pcall(error, 'x')\nprint('why: ' .. err.message)", 2, SCRIPT,
     "there is no err.message", "write tostring(err)"),
    ("for in a table", LIST + "for s in result.sessions do end", 3, SCRIPT,
     "for goes through what ipairs or pairs gives", "for i, x in ipairs(list) do"),
    ("for in what lists", D + "for s in devin.list_sessions() do end", 2, SCRIPT,
     "for goes through what ipairs or pairs gives", "write for x in each(devin.list_sessions) do"),
    ("a task without return", "local r = parallel({ 1 }, function(n) local x = n end)\nprint(r[1].status)", 2, SCRIPT,
     "json.null is not nil", "a task of parallel gives that has no return"),
    ("a table as a limit", LIST + "for i = 1, result.sessions do end", 3, SCRIPT, "for counts to a number",
     "write #result.sessions"),
    (".length of a list", LIST + "if result.sessions.length > 0 then end", 3, SCRIPT,
     "there is no result.sessions.length", "write #result.sessions"),
    ("a list from 0", LIST + "print(result.sessions[0].title)", 3, SCRIPT, "lists begin at 1", "[1]"),
    ("the first of a list from 0", LIST + "local s = result.sessions[0]\nprint(s.title)", 4, SCRIPT, "lists begin at 1",
     "write result.sessions[1]"),
    ("a loop from 0", LIST + "for i = 0, #result.sessions - 1 do\n  print(result.sessions[i].title)\nend", 4, SCRIPT,
     "lists begin at 1", "write for i = 1, #sessions do"),
    ("an entry that a list lacks", ONE + "print(session.pull_requests[1].pr_url)", 3, SCRIPT, "a nil value",
     "pull_requests has no such entry: #pull_requests counts"),
    ("one variable for two values", LIST + "for s in pairs(result.sessions) do print(s.title) end", 3, SCRIPT,
     "pairs gives two values, and the first is no entry", "write for _, s in pairs(...) do"),
    ("two variables for one value", D + "for i, s in each(devin.list_sessions) do print(s.title) end", 2, SCRIPT,
     "each gives one value at a time", "write for s in each(...) do"),
    ("a date as text", ONE + 'if session.created_at > "2025-01-31" then end', 3, SCRIPT, "a time is a number on v3",
     "os.time{ year = 2025"),
    ("a place in args", "print(args[1].x)", 1, SCRIPT, "args has names, and no places", "write args.name"),
    ("a dot for a colon", "local t = {}\nfunction t:f() return self.x.y end\nt.f()", 2, SCRIPT,
     "self is what stands before the colon", "write t:f()"),
    ("a field that is nil, compared", ONE + "if session.cost > 5 then end", 3, SCRIPT, "compare number with nil",
     "if that is session.cost, dump(session) shows"),
    ("a place in a text", 'local s = "abc"\nprint(s[1]:upper())', 2, SCRIPT, "text has no places", "write s:sub(i, i)"),
    ("another name of an error's message", D + "local ok, e = pcall(devin.get_session, 'x')\nprint('' .. e.msg)", 3,
     SCRIPT, "there is no e.msg", "write err.message"),
    ("a local function that calls itself", "local f = function(n)\n  return 1 + f(n - 1)\nend\nprint(f(2))", 2, SCRIPT,
     "f is not known inside of itself", "write local function f"),
    ("a number that was not given", "\nprint(args.count + 1)", 2, SCRIPT, "args has no 'count'", "(args.count or 0)"),
    ("a list in a text", ONE + "print('tags: ' .. session.tags)", 3, SCRIPT, "a table value",
     'table.concat(list, ", ")'),
    ("a table in a text", LIST + 'print("all: " .. result)', 3, SCRIPT, "a table value", "tostring(result)"),
    ("a truth in a text", 'local done = true\nprint("done: " .. done)', 2, SCRIPT, "a boolean value",
     "tostring(done)"),
    ("a function in a text", D + 'print("x" .. devin.list_sessions)', 2, SCRIPT,
     "list_sessions is the function itself", "to call it"),
    ("json.null as nil", "local x = json.decode('[null]')[1]\nprint(x.title)", 2, SCRIPT, "json.null is not nil",
     "x ~= json.null"),
    ("an argument that was not given", '\nprint("for " .. args.ticket)', 2, SCRIPT, "args has no 'ticket'",
     "--set ticket=value"),
    ("tables joined", LIST + 'print(table.concat(result.sessions, ", "))', 3, SCRIPT,
     "concat joins text and numbers only", "words[#words + 1]"),
    ("return forgotten", "local function f() local x = 1 end\nlocal s = f()\nprint(s.x)", 3, SCRIPT,
     "s came from f, which gave nothing", "end the function of line 1 with return"),
    ("a function called above it", "f()\nfunction f() end", 1, SCRIPT, "call global 'f'", "above its first call"),
    ("what did not match", "local id = ('x'):match('%d+')\nprint('id ' .. id)", 2, SCRIPT, "nothing matched",
     "if id then"),
]  # fmt: skip

LIBRARIES = [
    ("os.execute", "os.execute('ls')", 1, SCRIPT, "there is no os.execute", "app.integrations.devin.create_session"),
    ("os.getenv", "local key = os.getenv('DEVIN_API_KEY')", 1, SCRIPT, "there is no os.getenv", "--set name=value"),
    ("os.exit", "\nos.exit(1)", 2, SCRIPT, "there is no os.exit", "write return"),
    ("io.open", "local f = io.open('x')", 1, SCRIPT, "there is no io.open", "--files DIR"),
    ("io.read", "local answer = io.read()", 1, SCRIPT, "there is no io.read", "args.name"),
    ("io.write", "io.write('x')", 1, SCRIPT, "there is no io.write", "write print(...)"),
    ("require http", 'local http = require("socket.http")', 1, SCRIPT, "module 'socket.http' not found",
     "app.integrations.devin.list_sessions"),
    ("require cjson", 'local json = require "cjson"', 1, SCRIPT, "module 'cjson' not found", "json.decode(text)"),
    ("loadstring", "loadstring('return 1')()", 1, SCRIPT, "there is no loadstring", "write load(text)"),
    ("setfenv", "setfenv(1, {})", 1, SCRIPT, "there is no setfenv", "load(text, name"),
    ("debug.traceback", "print(debug.traceback())", 1, SCRIPT, "there is no debug", "dump(t)"),
    ("collectgarbage", "collectgarbage()", 1, SCRIPT, "there is no collectgarbage", "memory looks after itself"),
    ("Promise.all", D + "local r = Promise.all({ devin.list_sessions() })", 2, SCRIPT, "there is no Promise.all",
     "write parallel{ function()"),
    ("asyncio.gather", "asyncio.gather(print, print)", 1, SCRIPT, "there is no asyncio.gather", "write parallel{"),
    ("gather", "gather(print, print)", 1, SCRIPT, "there is no gather", "write parallel{"),
    ("threads", "local t = threading.Thread(print)", 1, SCRIPT, "there is no threading", "write parallel{"),
    ("require lanes", 'local lanes = require "lanes"', 1, SCRIPT, "module 'lanes' not found", "write parallel{"),
    ("functions without braces", "parallel(print, print)", 1, ARGUMENTS, "one table of functions", "write braces"),
    ("a call in parallel", D + "parallel{ devin.list_sessions() }", 2, ARGUMENTS, "entry 1 is a table",
     "write function() return"),
    ("printf", "printf('%d', 1)", 1, SCRIPT, "there is no printf", "string.format"),
    ("json.parse", "json.parse('{}')", 1, SCRIPT, "there is no json.parse", "write json.decode(text)"),
    ("json.dumps", "print(json.dumps({}))", 1, SCRIPT, "there is no json.dumps", "write json.encode(value)"),
    ("JSON.stringify", "print(JSON.stringify({}))", 1, SCRIPT, "there is no JSON.stringify",
     "write json.encode(value)"),
    ("string.split", "local t = string.split('a,b', ',')", 1, SCRIPT, "there is no string.split", "gmatch"),
    ("text:trim()", "local s = ' x '\nprint(s:trim())", 2, SCRIPT, "there is no s:trim",
     'text:match("^%s*(.-)%s*$")'),
    ("text.startsWith", "local s = 'x'\nprint(s.startsWith('y'))", 2, SCRIPT, "there is no s.startsWith",
     "text:sub(1, #start)"),
    ("text.upper()", "local s = 'x'\nprint(s.upper())", 2, SCRIPT, "called with a dot", "write s:upper()"),
    ("toFixed of a number", "local n = 1\nprint(n.toFixed(2))", 2, SCRIPT, "there is no n.toFixed", "string.format"),
    ("a bracket in a pattern", 'print(("f(x)"):find("("))', 1, SCRIPT, "unfinished capture",
     "text:find(part, 1, true)"),
    ("nothing to put in", "print(('x'):gsub('x', args.y))", 1, SCRIPT, "bad argument", "text:gsub(from, to or"),
    ("argv", "print(argv[1])", 1, SCRIPT, "there is no argv", "write arg[1]"),
    ("text times a number", "print('-' * 20)", 1, SCRIPT, "repeats no text", 'write ("-"):rep(20)'),
    ("table.contains", "table.contains({}, 1)", 1, SCRIPT, "there is no table.contains", "ipairs(list)"),
    ("table.length", "print(table.length({}))", 1, SCRIPT, "there is no table.length", "write #list"),
    ("list:push()", "local t = {}\nt:push(1)", 2, SCRIPT, "there is no t:push", "table.insert(list, value)"),
    ("math.round", "print(math.round(1.5))", 1, SCRIPT, "there is no math.round", "math.floor(x + 0.5)"),
    ("a member that nobody knows", "table.frobnicate({})", 1, SCRIPT, "there is no table.frobnicate",
     "table has concat insert"),
    ("utf8 of Lua 5.3", "print(utf8.char(8364))", 1, SCRIPT, "there is no utf8", "string.char"),
    ("console.log", "console.log('x')", 1, SCRIPT, "there is no console", "write print(...)"),
    ("len()", "print(len({}))", 1, SCRIPT, "there is no len", "write #list"),
    ("range()", "for i in range(3) do end", 1, SCRIPT, "there is no range", "for i = 1, 10 do"),
    ("wait()", "wait(5)", 1, SCRIPT, "there is no wait", "write sleep(5)"),
    ("f-strings", 'local x = 1\nprint(f"x is {x}")', 2, SCRIPT, 'Lua has no f"..."', "string.format"),
    ("os.time of a text", "local t = os.time('2025-01-31')", 1, SCRIPT, "bad argument #1 to 'time'",
     "os.time{ year = 2025"),
    ("os.date of a text", "print(os.date('%Y', '2025-01-31'))", 1, SCRIPT, "bad argument #2 to 'date'",
     "session.created_at"),
    ("+ between texts", 'print("Sessions: " + "3")', 1, SCRIPT, "+ adds numbers, and joins no text",
     'write "a" .. b'),
    ("% behind a text", 'print("%d sessions" % 3)', 1, SCRIPT, "puts nothing into text", "string.format"),
    ("a number beside a text", "local n = '3'\nif n > 2 then end", 2, SCRIPT, "compare number with string",
     "tonumber(text)"),
    ("tonumber of no number", "local n = tonumber('three')\nprint(n + 1)", 2, SCRIPT, "tonumber gives nil",
     "tonumber(text) or 0"),
    ("a text for a place", "table.insert({}, 'a', 1)", 1, SCRIPT, "bad argument #2 to 'insert'",
     "table.insert(list, 1, value)"),
    ("new", "local d = new\nDate()", 2, SCRIPT, "call global 'Date'", "never set"),
]  # fmt: skip

LANGUAGES = [
    ("!=", 'local s = "x"\nif s != "y" then end', 2, SYNTAX, "Lua has no !=", "write ~="),
    ("===", "if 1 === 1 then end", 1, SYNTAX, "Lua has no ===", "write == for equal"),
    ("&&", "if a && b then end", 1, SYNTAX, "Lua has no &&", "write and"),
    ("||", "local x = a || b", 1, SYNTAX, "Lua has no ||", "write or"),
    ("!x", "if !done then end", 1, SYNTAX, "Lua has no !", "write not"),
    ("x++", "local n = 0\nn++", 2, SYNTAX, "Lua has no ++", "write n = n + 1"),
    ("x--", "local n = 0\nn--\nprint(n)", 2, SYNTAX, "Lua has no --", "write n = n - 1"),
    ("+=", "local n = 0\nn += 1", 2, SYNTAX, "Lua has no +=", "write n = n + 1"),
    ("const", "const x = 1", 1, SYNTAX, "Lua has no const", "write local x = 1"),
    ("let", "let x = 1", 1, SYNTAX, "Lua has no let", "write local x = 1"),
    ("fields with colons", 'local t = { prompt: "x" }', 1, SYNTAX, "a field is not written with a colon",
     'write { name = "x" }'),
    ("JSON", 'local t = { "prompt": "x" }', 1, SYNTAX, "a field is not written with a colon", 'write { name = "x" }'),
    ("a list in []", "local t = [1, 2]", 1, SYNTAX, "a list is not written in []", 'write { "a", "b" }'),
    ("// comments", "print(1)\n// don't", 2, SYNTAX, "a comment does not begin with //", "write --"),
    ("/* comments */", "/* what it does */", 1, SYNTAX, "a comment does not begin with /*", "write --"),
    ("# comments", "print(1)\n# don't", 2, SYNTAX, "a comment does not begin with #", "write --"),
    ("//, a whole quotient", "local x = 7 // 2", 1, SYNTAX, "LuaJIT has no //", "math.floor(a / b)"),
    ("arrow functions", "local f = (x) => x", 1, SYNTAX, "Lua has no =>", "write function(x)"),
    ("template strings", "print(`id ${id}`)", 1, SYNTAX, "Lua has no backticks", '"session " .. id'),
    ("a Markdown fence", "```lua\nprint(1)\n```", 1, SYNTAX, "a Markdown fence is no Lua",
     "without the lines of ```"),
    ("curly quotes", "print(“hello you”)", 1, SYNTAX, "curly quotes", "straight ones"),
    ("if (x) {", "local x = 1\nif (x) {\n  print(1)\n}", 2, SYNTAX, "blocks have no braces", "if x then ... end"),
    ("function f() {", "function f() {\n  print(1)\n}", 1, SYNTAX, "blocks have no braces", "function f() ... end"),
    ("for (;;)", "for (let i = 0; i < 3; i++) {\n}", 1, SYNTAX, "for has no parentheses", "for i = 1, 10 do"),
    ("for of", "for (const x of list) {\n}", 1, SYNTAX, "for has no parentheses", "in ipairs(list) do"),
    ("else if", "if a then\n  x()\nelse if b then\n  y()\nend", 5, SYNTAX, "line 3 has else if", "write elseif"),
    ("try", "try\n  f()\ncatch", 1, SYNTAX, "Lua has no try", "pcall(devin.get_session, id)"),
    ("throw", 'if x then\n  throw new Error("x")\nend', 2, SYNTAX, "Lua has no throw", "write error("),
    ("await", D + "await devin.list_sessions()", 2, SYNTAX, "Lua has no await", "leave it out"),
    ("a value of await", D + "local r = await\ndevin.list_sessions()\nprint(r.sessions)", 4, SCRIPT,
     "Lua has no await", "leave it out"),
    ("a ? b : c", 'local x = done ? "a" : "b"', 1, SYNTAX, "Lua has no ? :", 'done and "yes" or "no"'),
    ("null", "\nprint(null.x)", 2, SCRIPT, "there is no null", "write nil"),
    ("switch", "switch (x) {\n  case 1:\n    f()\n}", 1, SYNTAX, "Lua has no switch", "elseif x == 2 then"),
    ("continue", "for i = 1, 3 do\n  continue\nend", 2, SYNTAX, "Lua has no continue", "goto continue"),
    ("a goto without its label", "for i = 1, 3 do\n  goto continue\nend", 2, SYNTAX, "the place to go to is missing",
     "write ::continue::"),
    ("elif", "if a then\n  x()\nelif b then\n  y()\nend", 3, SYNTAX, "Lua has no elif", "write elseif"),
    ("def", "def f(x):\n  return x", 1, SYNTAX, "Lua has no def", "write function f(x)"),
    ("import", "import json", 1, SYNTAX, "Lua has no import", "json"),
    ("if x:", "local x = 1\nif x:\n  print(1)", 2, SYNTAX, "does not end with a colon", "if x then ... end"),
    ("is None", "if x is None then end", 1, SYNTAX, "Lua has no is None", "x == nil"),
    ("x in list", "if x in list then end", 1, SYNTAX, "Lua has no in for lists", "ipairs(tags)"),
    ("lambda", "local f = lambda x: x", 1, SYNTAX, "Lua has no lambda", "write function(x)"),
    ('"""', 'local s = """x"""', 1, SYNTAX, 'Lua has no """', "[[...]]"),
    ("names in braces", D + "local { sessions } = devin.list_sessions()", 2, SYNTAX, "Lua takes no tables apart",
     "write local sessions = result.sessions"),
    ("const and names in braces", "const { sessions } = f()", 1, SYNTAX, "takes no tables apart", "result.sessions"),
    ("spread", "local t = { ...a, 3 }", 1, SYNTAX, "Lua has no spread", "unpack(list)"),
    ("typeof", 'if typeof x == "number" then end', 1, SYNTAX, "Lua has no typeof", "write type(x)"),
    ("not in", 'if "x" not in tags then end', 1, SYNTAX, "Lua has no not in", "ipairs(tags)"),
    ("a condition as a value", 'local x = if done then "a" else "b"', 1, SYNTAX, "no if inside of a value",
     'done and "yes" or "no"'),
    ("a if b else c", 'local x = "a" if done else "b"', 1, SYNTAX, "no if inside of a value", 'done and "yes" or "no"'),
    ("a method of a text, by a dot", 'print("n {}".format(3))', 1, SYNTAX, "behind a colon", "string.format"),
    ("with", 'with open("x") as f:\n  f()', 1, SYNTAX, "Lua has no with", "leave it out"),
    ("then of a promise", D + "devin.list_sessions():then(print)", 2, SYNTAX, "Lua has no promises", "leave it out"),
    ("a block of Ruby's", "list.each do |x|\n  print(x)\nend", 1, SYNTAX, "no blocks with | |", "ipairs(list)"),
    ("elseIf", "if a then x() elseIf b then y() end", 1, SYNTAX, "Lua has no elseIf", "write elseif"),
    ("endif", "if a then\n  x()\nendif\nprint(1)", 3, SYNTAX, "Lua has no endif", "write end"),
    ("a = b = 1", "local a = b = 1", 1, SYNTAX, "= sets a variable, and gives no value", "write a = 1"),
    ("a slice", "local t = list[1:3]", 1, SYNTAX, "Lua has no slices", "unpack(list, 1, 3)"),
    ("types", 'local x: string = "a"', 1, SYNTAX, "a variable has no type", "write local x = 1"),
    ("&", "local x = 6 & 3", 1, SYNTAX, "LuaJIT has no &", "bit.band(a, b)"),
    ("<const>", "local x <const> = 1", 1, SYNTAX, "LuaJIT has no <const>", "write local x = 1"),
]  # fmt: skip

SLIPS = [
    ("then left out", "local x = 1\nif x\n  print(1)\nend", 2, SYNTAX, "then is missing", "if x then ... end"),
    ("do left out", "for i = 1, 3\n  print(i)\nend", 1, SYNTAX, "do is missing", "for _, x in ipairs(list) do"),
    ("end left out", "for i = 1, 3 do\n  print(i)\n", 3, SYNTAX, "to close 'for' at line 1", "an end of its own"),
    ("an end too many", "if x then y() end\nend", 2, SYNTAX, "one end too many", "each end closes one"),
    ("= to compare", "if x = 1 then end", 1, SYNTAX, "= sets a variable", "write == to compare"),
    ("a comma left out", "local t = { a = 1 b = 2 }", 1, SYNTAX, "a comma or a } is missing",
     'write { name = "x", other = 1 }'),
    ("a quote left out", 'local s = "abc\nprint(s)', 1, SYNTAX, "unfinished string", "[[...]]"),
    ("quotes in quotes", D + 'devin.create_session{ prompt = "Fix the "login" bug" }', 2, SYNTAX,
     "a quote inside of a text ends it", 'write \\" for it'),
    ("quotes in quotes that are a call", 'local s = "say "hi" now"', 1, SCRIPT, "a quote inside of a text ends it",
     'write \\" for it'),
    ("in left out", "for _, x ipairs(list) do end", 1, SYNTAX, "what stands behind in", "for _, x in ipairs(list) do"),
    ("function left out", "local f(x)\n  return x\nend", 1, SYNTAX, "a function begins with function",
     "write local function f(x)"),
    ("function left out, without a name", "table.sort(t, (a, b) return a < b end)", 1, SYNTAX,
     "a function begins with function", "write function(x)"),
    ("... in a function without them", "local function f() return ... end", 1, SYNTAX, "takes any number of values",
     "write function(...)"),
    ("a bracket left out", 'print("a"\nprint("b")', 2, SYNTAX, "to close '(' at line 1", "write f(a, b)"),
    ("a value by itself", LIST + "result", 3, SYNTAX, "a value by itself is no statement", "write return x"),
    ("a function by itself", D + "devin.list_sessions", 2, SYNTAX, "a value by itself is no statement",
     "f() to call"),
    ("print without parentheses", "local x = 1\nprint x", 2, SYNTAX, "print needs parentheses", "write print(x)"),
    ("code behind return", "return 1\nprint(2)", 2, SYNTAX, "return must be the last statement", "do return x end"),
    ("a method of a quoted text", 'print("x":upper())', 1, SYNTAX, "in parentheses only", 'write ("text"):upper()'),
    ("a backslash in a pattern", 'print(("a1"):match("\\d"))', 1, SYNTAX, "a backslash is special", '"%d+"'),
    ("a word of Lua's own", "local t = {}\nt.end = 1", 2, SYNTAX, "end is a word of Lua's own", 'x["end"]'),
    ("a word of Lua's own in a table", "local t = { end = 1 }", 1, SYNTAX, "end is a word of Lua's own",
     '{ ["end"] = 1 }'),
]  # fmt: skip

MISTAKES = [*CALLS, *RESULTS, *LIBRARIES, *LANGUAGES, *SLIPS]


def failure(host: Host, source: str, **options: Any) -> LuaHostError:
    result = host.run(source, **options)
    assert result.error is not None, result.values
    return result.error


@pytest.mark.parametrize(
    ("script", "line", "code", "message", "hint"), [pytest.param(*rest, id=name) for name, *rest in MISTAKES]
)
def test_the_message_names_the_mistake_and_the_hint_says_what_to_write(
    host: Host, script: str, line: int, code: str, message: str, hint: str
) -> None:
    error = failure(host, script)
    assert (error.code, error.file, error.line) == (code, "script.lua", line)
    assert message in error.message
    assert hint in (error.hint or "")


@pytest.mark.parametrize(
    ("script", "line"),
    [
        ("local x = 1\nreturn math.floor('x')", 2),
        ("-- return f(x)\nlocal s = 'return f(x)'\nreturn s:rep({})", 3),
        ("if not args then return 1 end\n\nreturn tonumber('1', 99)", 3),
        ("local function g()\n  return math.floor('x')\nend\nreturn g()", None),
        ("local function g() return tostring(1) end\nreturn\n  math.floor('x')", None),
    ],
)
def test_a_failed_call_that_is_returned_at_once_is_told_with_its_line_where_one_alone_is(
    host: Host, script: str, line: int | None
) -> None:
    error = failure(host, script)
    assert (error.line, error.message.startswith("bad argument #")) == (line, True)


# -- what is not explained ----------------------------------------------------------------------------------------

LUAS = "attempt to call field 'execute' (a nil value)"


@pytest.mark.parametrize(
    "script",
    [
        f'error("{LUAS}") os.execute()',
        f'error("script.lua:1: {LUAS}", 0) os.execute()',
        f'error("{LUAS}", 2) os.execute()',
        f'assert(false, "{LUAS}") os.execute()',
        f'error({{ message = "{LUAS}" }}) os.execute()',
        f'error(setmetatable({{}}, {{ __tostring = function() return "{LUAS}" end }})) os.execute()',
        f'coroutine.wrap(function() error("{LUAS}") end)() os.execute()',
        f'coroutine.wrap(error)("{LUAS}") os.execute()',
        f'coroutine.wrap(assert)(false, "{LUAS}") os.execute()',
        f'wait_until{{ check = function() error("{LUAS}") end }} os.execute()',
        f'("x"):gsub("x", function() error("{LUAS}") end) os.execute()',
        f'local x = setmetatable({{}}, {{ __index = function() error("{LUAS}") end }}).x os.execute()',
    ],
)
def test_what_a_script_raises_itself_is_not_explained(host: Host, script: str) -> None:
    error = failure(host, script)
    assert (error.code, error.hint) == ("script_error", None)
    assert error.message.endswith(LUAS)


def test_what_pcall_catches_is_luas_own_message(host: Host) -> None:
    result = host.run("return select(2, pcall(function() os.execute() end))")
    assert result.value == f"script.lua:1: {LUAS}"


def test_what_load_gives_is_luas_own_message(host: Host) -> None:
    assert host.run("return select(2, load('if x != 1 then end', '=x'))").value == "x:1: 'then' expected near '!'"


@pytest.mark.parametrize(
    "name", ["io", "os.execute", "os.getenv", "debug", "package", "utf8", "string.split", "json.parse"]
)
def test_what_is_absent_is_nil_to_those_who_ask(host: Host, name: str) -> None:
    assert host.run(f"if {name} then return 1 end return {name} == nil").values == [True]


@pytest.mark.parametrize(
    "script",
    [
        "local s = 'if a && b then // let x = `y`'\nx = = 1",
        "local s = [[\nif (x) {\n  continue\n]]\nx = = 1",
        "-- n--\n--[[ if x:\n const x = 1 ]]\nx = = 1",
        'local s = "a \\" && b"\nx = = 1',
        "local s = 'a' local t = \"b\"\n--[[ { ...a } ]] x = = 1",
    ],
)
def test_words_in_strings_and_comments_are_no_mistakes(host: Host, script: str) -> None:
    error = failure(host, script)
    assert (error.line, error.message) == (script.count("\n") + 1, "unexpected symbol near '='")


def test_text_that_an_argument_gives_in_place_of_a_number_is_told(host: Host) -> None:
    error = failure(host, "if args.n > 3 then end", args={"n": "5"})
    assert error.message.endswith("--set name=value gives text")
    assert "--set name:=5" in (error.hint or "")


# -- wherever it happens ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "script",
    [
        "local function f()\n  os.execute('ls')\nend\nf()",
        "coroutine.wrap(function()\n  os.execute('ls')\nend)()",
        "wait_until{ check = function()\n  os.execute('ls')\nend }",
        "table.sort({ 2, 1 }, function()\n  os.execute('ls')\nend)",
    ],
)
def test_a_mistake_in_a_function_is_explained_at_its_line(host: Host, script: str) -> None:
    error = failure(host, script)
    assert (error.line, "there is no os.execute" in error.message) == (2, True)


@pytest.mark.parametrize(
    ("text", "words"), [("\nos.execute('ls')", "there is no os.execute"), ("\nlet x = 1", "Lua has no let")]
)
def test_a_mistake_in_a_module_is_explained_at_its_line(host: Host, tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "m.lua").write_text(text)
    error = failure(host, "require('m')", modules=tmp_path)
    assert (error.file, error.line, words in error.message) == (str(tmp_path / "m.lua"), 2, True)


def test_a_long_script_is_explained_without_its_text(host: Host) -> None:
    error = failure(host, "--" + "x" * 70_000 + "\nio.open('x')")
    assert (error.line, "there is no io" in error.message) == (2, True)


@pytest.mark.parametrize("tail", ["if x != 1 then end", "local s = x.y.z .. 1"])
@pytest.mark.parametrize(
    "line", ["(" * 190, "{" * 190 + "}", "a.b:" * 2000, "' " * 2001, "-- x " * 5000, "x = x + x " * 3000]
)
def test_odd_text_is_explained_in_no_time(host: Host, line: str, tail: str) -> None:
    assert host.run(f"{line}\n{tail}").elapsed_ms < 2000


def test_a_script_without_mistakes_loads_no_explanation(host: Host) -> None:
    """What is loaded takes memory: that of one which fails is larger by a good part."""
    fine = host.run("local ok = pcall(error, 'x')").memory_bytes
    failed = host.run("os.execute()").memory_bytes
    assert fine is not None
    assert failed is not None
    assert failed > fine + 20_000
