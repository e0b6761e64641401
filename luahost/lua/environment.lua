-- What a script sees: an allow-list. The script's environment is a table of its own; Lua's globals are emptied.
-- Left out, and why:
--   io, os.execute, os.remove …   files and processes belong to the host
--   debug                         reaches every other value in the state
--   ffi, jit                      memory and machine code
--   package, dofile, loadfile     files; `require` asks the host
--   getfenv, setfenv              reach the environments of the host's functions
--   newproxy, collectgarbage      finalizers and the allocator
--   string.dump                   bytecode can crash LuaJIT
--   python                        lupa's door into the host's interpreter

local H = ...

local type, next, select, error, pcall, rawset, load, unpack, pairs, floor =
  type, next, select, error, pcall, rawset, load, unpack, pairs, math.floor
local find, format, sub = string.find, string.format, string.sub
local concat = table.concat
local os_time, os_date = os.time, os.date
local getmetatable, raw_metatable = getmetatable, debug.getmetatable
local json, text, errors, wire, namespace = H.json, H.text, H.errors, H.wire, H.namespace

local MAX_NESTED = 150 -- coroutines, and callbacks of gsub

local BASE = {
  "assert", "error", "pcall", "xpcall", "select", "type", "tonumber", "ipairs", "rawget", "rawequal", "setmetatable", "unpack",
}
local LIBRARIES = {
  bit = { "tobit", "tohex", "bnot", "band", "bor", "bxor", "lshift", "rshift", "arshift", "rol", "ror", "bswap" },
  coroutine = { "create", "resume", "running", "status", "wrap", "yield", "isyieldable" },
  math = {
    "abs", "acos", "asin", "atan", "atan2", "ceil", "cos", "cosh", "deg", "exp", "floor", "fmod", "frexp", "huge", "ldexp", "log",
    "log10", "max", "min", "modf", "pi", "pow", "rad", "random", "randomseed", "sin", "sinh", "sqrt", "tan", "tanh",
  },
  string = {
    "byte", "char", "find", "format", "gmatch", "gsub", "len", "lower", "match", "rep", "reverse", "sub", "upper",
  },
  table = { "concat", "insert", "maxn", "move", "remove", "sort" },
}

------------------------------------------------------------------------------------------------------------
-- 5.1 Basic functions

local function basic(env)
  for _, name in next, BASE do
    env[name] = H.globals[name]
  end
  env._G = env
  env._VERSION = H.globals._VERSION
  env.tostring = text.text_of

  if H.guarded then
    -- When the stop is the error, a handler runs with hooks off: it would never end.
    local xpcall = env.xpcall
    function env.xpcall(f, handler, ...)
      return xpcall(f, function(e)
        if wire.is_stopped() then
          return e
        end
        return handler(e)
      end, ...)
    end
  end

  function env.rawlen(v)
    if type(v) ~= "table" and type(v) ~= "string" then
      errors.invalid("rawlen: a table or a string was expected, not a " .. type(v))
    end
    return #v
  end

  function env.next(t, k)
    return next(namespace.listing(t) or t, k)
  end

  function env.pairs(t)
    local members = namespace.listing(t)
    if not members then
      return pairs(t)
    end
    -- A copy: what is iterated over is in the script's hands.
    local copy = {}
    for k, v in next, members do
      copy[k] = v
    end
    return next, copy, nil
  end

  function env.rawset(t, k, v)
    if namespace.is_namespace(t) then
      t[k] = v -- its own refusal says why
    end
    return rawset(t, k, v)
  end

  function env.getmetatable(v)
    -- The mark of an array is the host's, and shared by all arrays.
    if json.is_array(v) then
      return nil
    end
    return getmetatable(v)
  end

  -- Text only, in the script's environment unless another is given.
  function env.load(chunk, name, _, ...)
    local scope = env
    if select("#", ...) > 0 then
      scope = ...
    end
    if type(chunk) == "string" and sub(chunk, 1, 1) == "\27" then
      return nil, "bytecode cannot be loaded"
    end
    name = type(name) == "string" and name or type(chunk) == "string" and chunk or "=(load)"
    return load(chunk, errors.chunk_name(name), "t", scope)
  end

  function env.print(...)
    local n = select("#", ...)
    if n == 1 then
      wire.output(text.text_of((...)) .. "\n")
      return
    end
    local words = {}
    for i = 1, n do
      words[i] = text.text_of((select(i, ...)))
    end
    wire.output(concat(words, "\t") .. "\n")
  end

  function env.dump(v)
    wire.output(text.dump_text(v) .. "\n")
    return v
  end
end

------------------------------------------------------------------------------------------------------------
-- 5.4 to 5.8 Libraries

local function libraries(env)
  for library, names in next, LIBRARIES do
    local copy = {}
    for _, name in next, names do
      copy[name] = H.globals[library][name]
    end
    env[library] = copy
  end
  env.table.unpack = unpack
  local insert, move = env.table.insert, env.table.move
  function env.table.move(from, first, last, at, to)
    if namespace.is_namespace(to or from) then
      (to or from)[1] = nil -- its own refusal says why
    end
    return move(from, first, last, at, to or from)
  end
  function env.table.insert(t, ...)
    if namespace.is_namespace(t) then
      t[1] = ... -- its own refusal says why
    end
    return insert(t, ...)
  end
  function env.table.pack(...)
    return { n = select("#", ...), ... }
  end
  -- %s writes a table as tostring does, and no address of anything.
  function env.string.format(pattern, ...)
    local n = select("#", ...)
    local words = { ... }
    for i = 1, n do
      local kind = type(words[i])
      if kind == "table" or kind == "function" or kind == "thread" or kind == "userdata" then
        words[i] = text.text_of(words[i])
      end
    end
    return format(pattern, unpack(words, 1, n))
  end
  -- Coroutines that resume one another, and callbacks of gsub that call gsub, use up the C stack, and LuaJIT
  -- does not look (LuaJIT issue 619; gsub crashes between 500 and 1000 levels deep).
  local create, resume = env.coroutine.create, env.coroutine.resume
  local nested = 0
  local function leave(...)
    nested = nested - 1
    return ...
  end
  local function bounded(co, ...)
    if nested >= MAX_NESTED then
      return false, "more than " .. MAX_NESTED .. " coroutines resume one another"
    end
    nested = nested + 1
    return leave(resume(co, ...))
  end
  env.coroutine.resume = bounded
  local gsub = env.string.gsub
  function env.string.gsub(s, pattern, by, n)
    if type(by) ~= "function" and type(by) ~= "table" then
      return gsub(s, pattern, by, n)
    end
    if nested >= MAX_NESTED then
      error("more than " .. MAX_NESTED .. " calls of gsub within one another", 2)
    end
    nested = nested + 1
    local ok, made, count = leave(pcall(gsub, s, pattern, by, n))
    if not ok then
      error(made, 0) -- it has its position already
    end
    return made, count
  end
  errors.string_methods.gsub = env.string.gsub -- err:gsub(...) as well
  local function passed(ok, ...)
    if not ok then
      error((...), 0)
    end
    return ...
  end
  function env.coroutine.wrap(f)
    if type(f) ~= "function" then
      error("bad argument #1 to 'wrap' (function expected, got " .. type(f) .. ")", 2)
    end
    local co = create(f)
    return function(...)
      return passed(bounded(co, ...))
    end
  end
  -- ("x"):upper() looks here; the table is the script's own copy.
  local string_mt = raw_metatable("")
  string_mt.__index = env.string
  string_mt.__metatable = false
end

-- `now` is the simulator's time, in seconds since 1970; without one, the machine's clock counts.
local function clock(env, now)
  env.os = { clock = H.globals.os.clock, difftime = H.globals.os.difftime }

  function env.os.time(t)
    if t == nil and now then
      return floor(now)
    end
    return os_time(t)
  end

  function env.os.date(pattern, time)
    return os_date(pattern or "%c", time or (now and floor(now)) or os_time())
  end

  function env.sleep(seconds)
    if type(seconds) ~= "number" or not (seconds >= 0 and seconds <= 1e9) then
      errors.invalid("sleep: a number of seconds, 0 or more, was expected, not " .. text.safe_text(seconds))
    end
    now = wire.ask({ op = "sleep", seconds = seconds }) or now
  end
end

------------------------------------------------------------------------------------------------------------
-- json

local function json_library(env)
  env.json = { null = json.null }

  function env.json.encode(v, options)
    local out, problem, path = json.encode(v, type(options) == "table" and options.pretty)
    if not out then
      errors.invalid("json.encode: " .. (path ~= "" and "at " .. path .. ": " or "") .. problem)
    end
    return out
  end

  function env.json.decode(s)
    if type(s) ~= "string" then
      errors.invalid("json.decode: a string was expected, not a " .. type(s))
    end
    local bad = json.bad_utf8(s)
    if bad then
      errors.invalid(format("json.decode: at byte %d: not UTF-8", bad))
    end
    local ok, v, at = json.decode(s)
    if not ok then
      errors.invalid(format("json.decode: at byte %d: %s", at, v))
    end
    return v
  end

  function env.json.array(t)
    if t ~= nil and (type(t) ~= "table" or namespace.is_namespace(t)) then
      errors.invalid("json.array: a table was expected, not a " .. type(t))
    end
    return json.array(t)
  end
end

------------------------------------------------------------------------------------------------------------
-- docs and require

local function docs_library(env)
  local function ask(op, text_given)
    if text_given ~= nil and type(text_given) ~= "string" then
      errors.invalid("docs." .. op .. ": a string was expected, not a " .. type(text_given))
    end
    return (wire.ask({ op = "docs", docs = op, text = text_given }))
  end
  env.docs = {
    list = function() return ask("list") end,
    search = function(query) return ask("search", query or "") end,
    read = function(page) return ask("read", page or "") end,
  }
end

local function modules(env)
  local loaded = { json = env.json }
  local loading = {}

  function env.require(name)
    if type(name) ~= "string" then
      errors.invalid("require: a module's name was expected, not a " .. type(name))
    end
    if loaded[name] ~= nil then
      return loaded[name]
    end
    if find(name, "[^%w_.]") then
      errors.invalid("require: '" .. text.name_text(name) .. "' is not a module's name", "names are letters, digits and _, joined by dots")
    end
    if loading[name] then
      errors.raise({ code = "script_error", message = "module '" .. name .. "' requires itself" })
    end
    local module = wire.ask({ op = "module", name = name })
    local chunk, problem = errors.compile(module.source, module.file, env)
    if not chunk then
      errors.raise(problem)
    end
    loading[name] = true
    local ok, value = pcall(chunk, name)
    loading[name] = nil
    if not ok then
      error(value, 0) -- it has its position already
    end
    if value == nil then
      value = true
    end
    loaded[name] = value
    return value
  end
end

-- The environment of one run: `options` are `args`, `words`, `name`, `seed` and, in a simulation, `now`.
local function environment(options)
  local env = {}
  basic(env)
  libraries(env)
  clock(env, options.now)
  json_library(env)
  docs_library(env)
  modules(env)
  env.app = namespace.app()
  env.args = options.args or {}
  env.arg = options.words or {}
  env.arg[0] = options.name
  H.globals.math.randomseed(options.seed)
  return env
end

H.environment = environment
