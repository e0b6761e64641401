-- What models write that is not there, and what to write instead.

local JOIN = 'write "a" .. "b", or table.concat(list, ", ")'
local FILES = 'a script has no files: print(...) writes; with --files DIR there is devin.upload_attachment{ file = "name" }'
local PROCESS = 'a script starts no processes; have Devin do it: app.integrations.devin.create_session{ prompt = "..." }'
local NET = "a script has no network: write app.integrations.devin.list_sessions{}; docs.list() says what else there is"
local PARSE = "write json.decode(text)"
local WRITE = "write json.encode(value), or json.encode(value, { pretty = true })"
local WAIT = "write sleep(5), or wait_until{ check = function() return ... end }"
local LENGTH = "write #list, or #text"
local PUSH = "write table.insert(list, value), or list[#list + 1] = value"
local LOOP = "write for i, x in ipairs(list) do ... end, and collect with out[#out + 1] = x"
local FIND = "write for _, x in ipairs(list) do if x == value then ... end end, or text:find(part, 1, true)"
local SPLIT = 'write for word in text:gmatch("[^,]+") do ... end'
local TRIM = 'write text:match("^%s*(.-)%s*$")'
local BEGINS = "write text:sub(1, #start) == start"
local ENDS = "write text:sub(-#ending) == ending"
local REPLACE = 'write text:gsub(from, to), with % before ( ) . % + - * ? [ ^ $ in from'
local FORMAT = 'write print(string.format("%s: %d", text, number))'
local PRINT = "write print(...)"
local ENV = "a script reads no environment: run it with --set name=value and read args.name; keys stay with the host"
local ASK = "a script cannot ask: run it with --set name=value and read args.name"
local TOGETHER = "write parallel{ function() return f(1) end, function() return f(2) end }, or parallel(list, f, { limit = 8 })"
local LOAD = "write load(text), which gives a function"
local SCOPE = "write local variables, or load(text, name, \"t\", env)"
local ERROR = 'write error("why"), and local ok, err = pcall(f, x) to catch'
local WAITS = "leave it out: a call waits for its answer by itself"
local TIME = 'write os.time() for seconds since 1970, os.date("%Y-%m-%d", seconds) for text'
local COUNT = "write for i = 1, 10 do ... end"
local NUMBER = "write tonumber(text)"
local TEXT = "write tostring(value)"
local KEYS = "write for name, value in pairs(t) do ... end"
local TYPE = 'write type(x) == "string"'
local DEBUG = "write print(x), dump(t); an error has its traceback"
local CODES = "write string.char(n), text:byte(i); text is bytes, in UTF-8"
local NIL = "write nil, and x == nil to test"
local READ = 'write docs.read("devin.create_session"), or docs.search("start a task")'
local IMPORT = 'app, json, docs and the rest are there; a module of your own is require("name")'
local DEVIN = "write local devin = app.integrations.devin above"

-- Members of libraries, and globals by which other places call theirs.
local NAMES = {
  ["os.execute"] = PROCESS, ["os.getenv"] = ENV, ["os.environ"] = ENV, ["os.setenv"] = ENV,
  ["os.exit"] = 'write return to end the script, or error("why")',
  ["os.remove"] = FILES, ["os.rename"] = FILES, ["os.tmpname"] = FILES,
  ["os.setlocale"] = "dates and numbers are written as in C",
  ["os.sleep"] = WAIT, ["time.sleep"] = WAIT, ["socket.sleep"] = WAIT, ["os.now"] = TIME,
  ["io.write"] = "write print(...)", ["io.read"] = ASK, ["io.lines"] = FILES, ["io.open"] = FILES,
  ["io.popen"] = PROCESS, io = FILES,
  ["json.parse"] = PARSE, ["json.loads"] = PARSE, ["json.load"] = PARSE, ["json.deserialize"] = PARSE,
  ["JSON.parse"] = PARSE, ["cjson.decode"] = PARSE,
  ["json.stringify"] = WRITE, ["json.dumps"] = WRITE, ["json.dump"] = WRITE, ["json.serialize"] = WRITE,
  ["JSON.stringify"] = WRITE, ["cjson.encode"] = WRITE,
  JSON = "write json.decode(text), json.encode(value)", cjson = "write json.decode(text), json.encode(value)",
  dkjson = "write json.decode(text), json.encode(value)",
  ["math.round"] = "write math.floor(x + 0.5)", ["math.trunc"] = "write math.modf(x)",
  ["math.type"] = "write x % 1 == 0 for a whole number",
  ["math.tointeger"] = "write math.floor(x)", ["math.sum"] = LOOP,
  ["math.clamp"] = "write math.max(low, math.min(x, high))",
  ["string.dump"] = "functions have no text here", ["string.pack"] = CODES, ["string.unpack"] = CODES,
  ["string.concat"] = JOIN, ["string.join"] = JOIN,
  ["table.concatenate"] = JOIN, ["table.foreach"] = KEYS, ["table.foreachi"] = LOOP, ["table.getn"] = LENGTH,
  ["table.clear"] = "write t = {}", ["table.new"] = "write {}",
  ["table.copy"] = "write local copy = {} for k, v in pairs(t) do copy[k] = v end",
  ["table.empty"] = "write next(t) == nil", ["table.isempty"] = "write next(t) == nil",
  ["table.is_empty"] = "write next(t) == nil",
  ["table.dump"] = "write dump(t)", ["table.tostring"] = "write tostring(t)",
  ["table.reverse"] = "write for i = #list, 1, -1 do ... end",
  ["docs.get"] = READ, ["docs.help"] = READ,
  argv = "write arg[1] for the words after the script, args.name for what --set name=value gives",
  ["coroutine.close"] = "a coroutine that is not resumed needs no closing",
  console = PRINT, process = ENV, Math = "write math.floor, math.max, math.min, math.random", Object = KEYS,
  Array = LOOP,
  ["Promise.all"] = TOGETHER, ["Promise.allSettled"] = TOGETHER, ["Promise.race"] = TOGETHER,
  ["Promise.any"] = TOGETHER, ["asyncio.gather"] = TOGETHER, ["asyncio.run"] = TOGETHER, ["asyncio.sleep"] = WAIT,
  ["coroutine.parallel"] = TOGETHER, ["coroutine.all"] = TOGETHER, ["coroutine.spawn"] = TOGETHER,
  ["thread.new"] = TOGETHER, ["thread.create"] = TOGETHER, ["concurrent.futures"] = TOGETHER,
  asyncio = TOGETHER, threading = TOGETHER, Thread = TOGETHER, multiprocessing = TOGETHER, lanes = TOGETHER,
  copas = TOGETHER,
  Promise = WAITS, Date = TIME, datetime = TIME, Number = NUMBER, String = TEXT, utf8 = CODES, sys = ENV,
  debug = DEBUG, package = 'write require("name") for a module beside the script',
  jit = "the host decides how code is compiled",
  ffi = "a script reaches no memory and no C", http = NET, https = NET, socket = NET, requests = NET, axios = NET,
  curl = NET, ngx = NET,
  lfs = FILES, fs = FILES, module = "write return M at a module's end", exports = "write return M at a module's end",
  inspect = "write dump(x)", logging = PRINT, logger = PRINT, log = PRINT,
  this = "write self in function t:f() ... end",
  null = NIL, undefined = NIL, None = NIL, NULL = NIL, True = "write true", False = "write false",
  devin = DEVIN, Devin = DEVIN, integrations = "write app.integrations.devin", client = DEVIN, api = DEVIN,
}

-- Globals that are called, as functions of other places.
local CALLED = {
  printf = FORMAT, println = PRINT, echo = PRINT, puts = PRINT, pprint = "write dump(x)",
  inspect = "write dump(x)", log = PRINT,
  len = LENGTH, count = LENGTH, size = LENGTH, sizeof = LENGTH, str = TEXT, int = NUMBER, float = NUMBER,
  parseInt = NUMBER,
  parseFloat = NUMBER, Number = NUMBER, String = TEXT, range = COUNT, enumerate = LOOP, map = LOOP, filter = LOOP,
  forEach = LOOP,
  foreach = LOOP, keys = KEYS, items = KEYS, isinstance = TYPE, typeof = TYPE, input = ASK, read = FILES,
  open = FILES, readfile = FILES,
  dofile = 'write require("name") for a module beside the script',
  loadfile = 'write require("name") for a module beside the script',
  loadstring = LOAD, eval = LOAD, exec = LOAD, setfenv = SCOPE, getfenv = SCOPE,
  module = "write return M at a module's end",
  collectgarbage = "memory looks after itself", newproxy = "write setmetatable({}, ...)", wait = WAIT,
  delay = WAIT, setTimeout = WAIT,
  setInterval = WAIT, fetch = NET, curl = NET, exit = "write return to end the script",
  quit = "write return to end the script",
  gather = TOGETHER, spawn = TOGETHER, go = TOGETHER, create_task = TOGETHER, ThreadPoolExecutor = TOGETHER,
  Thread = TOGETHER, parallel_map = TOGETHER, pmap = TOGETHER,
  getenv = ENV, try = ERROR, catch = ERROR, throw = ERROR, raise = ERROR, async = WAITS, await = WAITS,
  trim = TRIM, split = SPLIT,
  contains = FIND, append = PUSH, push = PUSH, max = "write math.max(a, b)", min = "write math.min(a, b)",
  abs = "write math.abs(x)",
  floor = "write math.floor(x)", round = "write math.floor(x + 0.5)", sum = LOOP, sorted = "write table.sort(list)",
  sort = "write table.sort(list)", join = JOIN, format = FORMAT, sprintf = 'write string.format("%s", x)',
  time = TIME, now = TIME, date = TIME,
  concat = JOIN, insert = PUSH, json_decode = PARSE, json_encode = WRITE, tojson = WRITE, list = LOOP,
  dict = "write { name = value }",
  super = "Lua has no classes", switch = "write if x == 1 then ... elseif x == 2 then ... else ... end",
  include = 'write require("name")', import = IMPORT,
  help = READ, doc = READ, man = READ, isNaN = "write x ~= x",
}

-- What is called on text or on a table, with a dot or a colon, wherever it is thought to come from.
local METHODS = {
  split = SPLIT, explode = SPLIT, trim = TRIM, strip = TRIM, lstrip = TRIM, rstrip = TRIM, trimStart = TRIM,
  trimEnd = TRIM,
  startswith = BEGINS, startsWith = BEGINS, starts_with = BEGINS, hasPrefix = BEGINS, endswith = ENDS,
  endsWith = ENDS, ends_with = ENDS,
  contains = FIND, includes = FIND, indexOf = FIND, index = FIND, has = FIND, search = FIND, replace = REPLACE,
  replaceAll = REPLACE,
  toUpperCase = "write text:upper()", toLowerCase = "write text:lower()", title = "write text:upper()",
  capitalize = "write text:upper()",
  substring = "write text:sub(first, last), which counts from 1",
  substr = "write text:sub(first, last), which counts from 1",
  slice = "write text:sub(first, last), { unpack(list, first, last) }; both count from 1",
  charAt = "write text:sub(i, i)",
  charCodeAt = "write text:byte(i)", length = LENGTH, size = LENGTH, count = LENGTH, getn = LENGTH, join = JOIN,
  concat = JOIN,
  append = PUSH, push = PUSH, add = PUSH, insert = PUSH, extend = PUSH, pop = "write table.remove(list)",
  shift = "write table.remove(list, 1)",
  map = LOOP, filter = LOOP, forEach = LOOP, foreach = LOOP, each = LOOP, reduce = LOOP, keys = KEYS,
  values = KEYS, items = KEYS,
  entries = KEYS, toString = TEXT, tostring = TEXT, padStart = 'write string.format("%10s", text)',
  padEnd = 'write string.format("%-10s", text)',
  isdigit = 'write text:match("^%d+$")', isEmpty = 'write text == "", next(t) == nil',
  sort = "write table.sort(list)",
  remove = "write table.remove(list, i)", sleep = WAIT,
  get = 'write t.name, or t[key], and (t.name or "none") where it may be absent', toFixed = 'write string.format("%.2f", x)',
  len = LENGTH, is_empty = 'write #list == 0, text == ""', find = FIND, some = FIND, every = LOOP, first = "write list[1]",
  last = "write list[#list]", reverse = "write for i = #list, 1, -1 do ... end", catch = ERROR, finally = ERROR,
  toISOString = TIME, getTime = TIME, isoformat = TIME, strftime = TIME,
}

-- What a library has, for a name that nobody knows.
local LIBRARIES = {
  string = "byte char find format gmatch gsub len lower match rep reverse sub upper",
  table = "concat insert maxn move pack remove sort unpack",
  math = "abs ceil floor fmod huge log max min modf pi pow random sqrt and more",
  os = "clock date difftime time",
  json = "array decode encode null",
  docs = "list read search",
  bit = "arshift band bnot bor bswap bxor lshift rol ror rshift tobit tohex",
  coroutine = "create isyieldable resume running status wrap yield",
}

-- Modules that are asked for by name.
local MODULES = {
  cjson = "json is a global: write json.decode(text), json.encode(value)", http = NET, https = NET, socket = NET,
  requests = NET, ssl = NET,
  luasocket = NET, curl = NET, lfs = FILES, io = FILES, os = "os is a global: time, clock, date, difftime",
  ffi = "a script reaches no memory and no C",
  string = "string is a global", table = "table is a global", math = "math is a global", bit = "bit is a global",
  docs = "docs is a global",
  lanes = TOGETHER, threads = TOGETHER, copas = TOGETHER, effil = TOGETHER, luv = TOGETHER, promise = TOGETHER,
  async = TOGETHER, asyncio = TOGETHER, llthreads = TOGETHER,
  inspect = "write dump(x)", devin = "write local devin = app.integrations.devin",
  app = "app is a global: write app.integrations.devin",
  integrations = "app is a global: write app.integrations.devin", utf = CODES, debug = DEBUG,
}
MODULES.dkjson, MODULES.rapidjson, MODULES.lunajson, MODULES.luajson = MODULES.cjson, MODULES.cjson, MODULES.cjson, MODULES.cjson

-- Fields of results by another name.
local ONE = "create_session, get_session and wait_session give the session itself: session.status, without .sessions"
local ENTRIES = "the entries of list_sessions are in .sessions, those of list_folders in .folders, all others in .items"
local SAID = "the text of a message is in .message, and .source says whose it is; that of a note or a playbook is in .body"
local PULL = "write session.pull_requests, a list on v3"
local FIELDS = {
  sessions = ENTRIES .. "; " .. ONE, session = ONE, items = ENTRIES, data = ENTRIES, results = ENTRIES,
  result = ENTRIES, entries = ENTRIES,
  playbooks = ENTRIES, notes = ENTRIES, secrets = ENTRIES, schedules = ENTRIES, users = ENTRIES,
  repositories = ENTRIES, automations = ENTRIES,
  messages = "write devin.list_session_messages{ session_id = id }.items",
  id = "an id is named after what it is of: session.session_id, playbook.playbook_id, secret.secret_id",
  sessionId = "write session.session_id", state = "write session.status", status_enum = "write session.status",
  name = 'it may be absent: write user.name or "none"; a session has no name but a title, which may be absent too', created = "write session.created_at",
  createdAt = "write session.created_at", updatedAt = "write session.updated_at", link = "write session.url",
  session_url = "write session.url",
  pull_request = PULL,
  title = 'it may be absent: write session.title or "none"',
  length = LENGTH, size = LENGTH, count = LENGTH,
  content = SAID, text = SAID, body = SAID, role = SAID, author = SAID, sender = SAID,
  pr_url = PULL, pull_request_url = PULL, prs = PULL,
  response = ONE,
}

-- Fields that a result is put into elsewhere, and not here.
local WRAPPERS = { data = true, result = true, results = true, response = true, body = true, item = true, items = true }

-- Fields of what pcall has caught.
local RAISED = "an error of a call has code, message, hint, status, retry_after, details: write err.message"
local ERRORS = {
  error = RAISED, msg = RAISED, reason = RAISED, description = RAISED, status_code = RAISED, type = RAISED, stack = RAISED,
  message = "an error of Lua's own is text, without fields: write tostring(err)",
  code = "an error of Lua's own is text, without fields: write tostring(err)",
}

return {
  names = NAMES, called = CALLED, methods = METHODS, libraries = LIBRARIES, modules = MODULES, fields = FIELDS, wrappers = WRAPPERS,
  errors = ERRORS,
}
