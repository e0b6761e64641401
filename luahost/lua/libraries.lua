-- Lua's libraries as a script sees them: copies that hold what is allowed, read-only, bounded where LuaJIT is not.
-- Left out, and why:
--   string.dump                 bytecode can crash LuaJIT
--   string.format("%p")         an address
--   os.execute, os.remove …     files and processes belong to the host
--   os.getenv, os.setlocale     the environment and the locale are the process's, not the run's
--   os.exit                     only the host ends a run

local H = ...

local type, next, select, error, pcall, tonumber, unpack = type, next, select, error, pcall, tonumber, unpack
local find, format = string.find, string.format
local gsub, create, resume = string.gsub, coroutine.create, coroutine.resume
local isyieldable, status, yield = coroutine.isyieldable, coroutine.status, coroutine.yield
local insert, move = table.insert, table.move
local raw_metatable = debug.getmetatable

local MAX_NESTED = 150 -- coroutines, and callbacks of gsub

-- What is taken over as it is.
local function allowed(lua)
  local b, c, m, o, s, t = lua.bit, lua.coroutine, lua.math, lua.os, lua.string, lua.table
  return {
    bit = {
      tobit = b.tobit, tohex = b.tohex, bnot = b.bnot, band = b.band, bor = b.bor, bxor = b.bxor, lshift = b.lshift,
      rshift = b.rshift, arshift = b.arshift, rol = b.rol, ror = b.ror, bswap = b.bswap,
    },
    coroutine = {
      create = c.create, running = c.running, yield = c.yield, isyieldable = c.isyieldable,
      resume = false, status = false, wrap = false,
    },
    math = {
      abs = m.abs, acos = m.acos, asin = m.asin, atan = m.atan, atan2 = m.atan2, ceil = m.ceil, cos = m.cos, cosh = m.cosh,
      deg = m.deg, exp = m.exp, floor = m.floor, fmod = m.fmod, frexp = m.frexp, huge = m.huge, ldexp = m.ldexp, log = m.log,
      log10 = m.log10, max = m.max, min = m.min, modf = m.modf, pi = m.pi, pow = m.pow, rad = m.rad, sin = m.sin,
      sinh = m.sinh, sqrt = m.sqrt, tan = m.tan, tanh = m.tanh, random = false, randomseed = false,
    },
    os = { difftime = o.difftime, clock = false, time = false, date = false },
    string = {
      byte = s.byte, char = s.char, find = s.find, gmatch = s.gmatch, len = s.len, lower = s.lower, match = s.match,
      rep = s.rep, reverse = s.reverse, sub = s.sub, upper = s.upper, gsub = false, format = false,
    },
    table = {
      concat = t.concat, maxn = t.maxn, remove = t.remove, sort = t.sort, unpack = unpack, pack = false, insert = false, move = false,
    },
  }
end

------------------------------------------------------------------------------------------------------------
-- 5.2 coroutine, 5.4 string: bounded
-- Coroutines that resume one another, and callbacks of gsub that call gsub, use up the C stack, and LuaJIT
-- does not look (LuaJIT issue 619; gsub crashes between 500 and 1000 levels deep).

local function bounded(coroutines, strings)
  local nested = 0
  if H.renew then
    H.renew[#H.renew + 1] = function() nested = 0 end
  end

  local function leave(...)
    nested = nested - 1
    return ...
  end

  -- `resume` itself fails where there is no memory to move its arguments.
  local function resumed(ok, ...)
    if not ok then
      H.errors.pass_on((...))
    end
    return ...
  end

  local MARK = H.mark
  local handed_on

  -- The same where there may be tasks; `passes` is what H.passes was before.
  local function resumed_in(co, passes, fine, ok, ...)
    H.passes = passes
    if not fine then
      H.errors.pass_on(ok)
    elseif (...) == MARK then
      return handed_on(co)
    end
    return ok, ...
  end

  -- The task waits in `co`: so does whoever has resumed it, until the task goes on.
  function handed_on(co)
    H.held[co] = true
    yield(MARK)
    H.held[co] = nil
    nested = nested + 1
    return resumed_in(co, true, leave(pcall(resume, co)))
  end

  function coroutines.resume(co, ...)
    if type(co) ~= "thread" then
      error("bad argument #1 to 'resume' (coroutine expected)", 2)
    end
    if nested >= MAX_NESTED then
      return false, "more than " .. MAX_NESTED .. " coroutines resume one another"
    end
    nested = nested + 1
    if not H.held then -- nothing was run in parallel yet
      return resumed(leave(pcall(resume, co, ...)))
    elseif H.held[co] then
      return false, leave("cannot resume a coroutine that waits for a call in another task")
    end
    local passes = H.passes
    H.passes = passes and isyieldable()
    return resumed_in(co, passes, leave(pcall(resume, co, ...)))
  end

  function coroutines.status(co)
    if co ~= nil and H.held and H.held[co] and status(co) == "suspended" then
      return "normal"
    end
    return status(co)
  end

  local function passed(co, ok, ...)
    if not ok then
      H.errors.keep_of(co, (...))
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
      return passed(co, coroutines.resume(co, ...))
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
      words[i] = H.text.text_of(words[i])
    end
  end
  return format(pattern, unpack(words, 1, n))
end

------------------------------------------------------------------------------------------------------------
-- 5.6 math: in a task its own stream of random numbers, so that they do not depend on the order of answers

local function randomness(library, lua)
  local random, randomseed = lua.random, lua.randomseed

  function library.random(...)
    local task = H.task
    if task then
      local x = H.streams.draw(task, ...)
      if x then
        return x
      end
    end
    return random(...) -- as an error too
  end

  function library.randomseed(...)
    local task, seed = H.task, tonumber((...))
    if select("#", ...) == 0 then
      return -- the run has its seed; LuaJIT would take one that no run could have again
    elseif task and seed then
      H.streams.seed(task, seed)
      return
    end
    H.seed = seed or H.seed
    return randomseed(...) -- as an error too
  end
end

------------------------------------------------------------------------------------------------------------
-- 5.5 table

local function tables(library)
  function library.pack(...)
    return { n = select("#", ...), ... }
  end

  function library.insert(t, ...)
    H.readonly.refuse(t, 1)
    return insert(t, ...)
  end

  function library.move(from, first, last, at, to)
    H.readonly.refuse(to or from, 1)
    return move(from, first, last, at, to or from)
  end
end

-- Puts the libraries into `env`. Gives the one table behind them that is filled later: `os`.
local function libraries(env)
  local made = allowed(H.globals)
  for name, library in next, made do
    env[name] = H.readonly.make(name, library, library)
  end
  bounded(made.coroutine, made.string)
  made.string.format = format_values
  randomness(made.math, H.globals.math)
  tables(made.table)
  H.string_library = made.string
  -- ("x"):upper() looks here, in what no script can reach.
  local string_mt = raw_metatable("")
  string_mt.__index = made.string
  string_mt.__metatable = false
  return made.os
end

return libraries
