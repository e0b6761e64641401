-- Lua's libraries as a script sees them: copies that hold what is allowed, read-only, bounded where LuaJIT is not.
-- Left out, and why:
--   string.dump                 bytecode can crash LuaJIT
--   string.format("%p")         an address
--   os.execute, os.remove …     files and processes belong to the host
--   os.getenv, os.setlocale     the environment and the locale are the process's, not the run's
--   os.exit                     only the host ends a run

local H = ...

local type, next, select, error, pcall, unpack = type, next, select, error, pcall, unpack
local find, format = string.find, string.format
local gsub, create, resume = string.gsub, coroutine.create, coroutine.resume
local insert, move = table.insert, table.move
local raw_metatable = debug.getmetatable
local text, readonly = H.text, H.readonly

local MAX_NESTED = 150 -- coroutines, and callbacks of gsub

local ALLOWED = {
  bit = { "tobit", "tohex", "bnot", "band", "bor", "bxor", "lshift", "rshift", "arshift", "rol", "ror", "bswap" },
  coroutine = { "create", "running", "status", "yield", "isyieldable" },
  math = {
    "abs", "acos", "asin", "atan", "atan2", "ceil", "cos", "cosh", "deg", "exp", "floor", "fmod", "frexp", "huge", "ldexp", "log",
    "log10", "max", "min", "modf", "pi", "pow", "rad", "random", "randomseed", "sin", "sinh", "sqrt", "tan", "tanh",
  },
  os = { "clock", "difftime" },
  string = { "byte", "char", "find", "gmatch", "len", "lower", "match", "rep", "reverse", "sub", "upper" },
  table = { "concat", "maxn", "remove", "sort" },
}

------------------------------------------------------------------------------------------------------------
-- 5.2 coroutine, 5.4 string: bounded
-- Coroutines that resume one another, and callbacks of gsub that call gsub, use up the C stack, and LuaJIT
-- does not look (LuaJIT issue 619; gsub crashes between 500 and 1000 levels deep).

local function bounded(coroutines, strings)
  local nested = 0

  local function leave(...)
    nested = nested - 1
    return ...
  end

  function coroutines.resume(co, ...)
    if nested >= MAX_NESTED then
      return false, "more than " .. MAX_NESTED .. " coroutines resume one another"
    end
    nested = nested + 1
    return leave(resume(co, ...))
  end

  local function passed(ok, ...)
    if not ok then
      error((...), 0)
    end
    return ...
  end

  function coroutines.wrap(f)
    if type(f) ~= "function" then
      error("bad argument #1 to 'wrap' (function expected, got " .. type(f) .. ")", 2)
    end
    local co = create(f)
    return function(...)
      return passed(coroutines.resume(co, ...))
    end
  end

  function strings.gsub(s, pattern, by, n)
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
end

-- %s writes a table as tostring does, and no address of anything.
local function format_values(pattern, ...)
  if type(pattern) == "string" and find(gsub(pattern, "%%%%", ""), "%%[^%a]*p") then
    error("invalid option '%p' to 'format': addresses are not shown", 2)
  end
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

------------------------------------------------------------------------------------------------------------
-- 5.5 table

local function tables(library)
  library.unpack = unpack

  function library.pack(...)
    return { n = select("#", ...), ... }
  end

  function library.insert(t, ...)
    readonly.refuse(t, 1)
    return insert(t, ...)
  end

  function library.move(from, first, last, at, to)
    readonly.refuse(to or from, 1)
    return move(from, first, last, at, to or from)
  end
end

-- Puts the libraries into `env`. Gives the one table behind them that is filled later: `os`.
local function libraries(env)
  local made = {}
  for library, names in next, ALLOWED do
    local copy = {}
    for _, name in next, names do
      copy[name] = H.globals[library][name]
    end
    made[library] = copy
    env[library] = readonly.make(library, copy, copy)
  end
  bounded(made.coroutine, made.string)
  made.string.format = format_values
  tables(made.table)
  H.string_library = made.string
  -- ("x"):upper() looks here, in what no script can reach.
  local string_mt = raw_metatable("")
  string_mt.__index = made.string
  string_mt.__metatable = false
  return made.os
end

H.libraries = libraries
