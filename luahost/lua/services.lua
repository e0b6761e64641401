-- What a script has besides Lua's own: time, json, docs, require. Each asks the host, or computes from plain values.

local H = ...

local type, error, xpcall, floor = type, error, xpcall, math.floor
local find, format, lower, match = string.find, string.format, string.lower, string.match
local os_clock, os_time, os_date = os.clock, os.time, os.date

------------------------------------------------------------------------------------------------------------
-- time: H.now is the simulator's, in seconds since 1970, as the host's last answer told; false where the machine's
-- clock counts

local function clock(env, os)
  local started = 0

  -- A process may have run other scripts before: their time is not told.
  function os.clock()
    return os_clock() - started
  end

  local function now()
    if H.now then
      return floor(H.now)
    elseif H.durable then
      return H.durable.now(H.task)
    end
    return os_time()
  end

  function os.time(t)
    if t == nil then
      return now()
    end
    return os_time(t)
  end

  function os.date(pattern, time)
    return os_date(pattern or "%c", time or now())
  end

  local function sleep(seconds)
    if type(seconds) ~= "number" or not (seconds >= 0 and seconds <= 1e9) then
      H.errors.invalid("sleep: a number of seconds, 0 or more, was expected, not " .. H.text.safe_text(seconds))
    end
    if H.task and H.now then
      seconds = H.tasks.pause(H.task, seconds)
    end
    H.requests.ask({ op = "sleep", seconds = seconds })
  end

  env.sleep = sleep

  function env.wait_until(options)
    return H.waiting(options, sleep, os.time, env.math.random)
  end

  function env.each(...)
    return H.lists.each(...)
  end

  function env.parallel(...)
    return H.parallel(...)
  end

  return function(run)
    H.now, started = run.now or false, os_clock()
    H.durable = run.durable and H.clocks(run.times, run.clock)
  end
end

------------------------------------------------------------------------------------------------------------
-- json

local function json_library()
  local library = { null = H.json.null }

  function library.encode(v, options)
    local out, problem, path = H.json.encode(v, type(options) == "table" and options.pretty)
    if not out then
      H.errors.invalid("json.encode: " .. (path ~= "" and "at " .. path .. ": " or "") .. problem)
    end
    return out
  end

  function library.decode(s)
    if type(s) ~= "string" then
      H.errors.invalid("json.decode: a string was expected, not a " .. type(s))
    end
    local bad = H.json.bad_utf8(s)
    if bad then
      H.errors.invalid(format("json.decode: at byte %d: not UTF-8", bad))
    end
    local ok, v, at = H.decode(s)
    if not ok then
      H.errors.invalid(format("json.decode: at byte %d: %s", at, v))
    end
    return v
  end

  function library.array(t)
    if t ~= nil and (type(t) ~= "table" or H.readonly.is(t)) then
      H.errors.invalid("json.array: a table was expected, not a " .. type(t))
    end
    return H.json.array(t)
  end

  return H.readonly.make("json", library, library)
end

------------------------------------------------------------------------------------------------------------
-- docs

local function docs_library()
  local function ask(op, given)
    if given ~= nil and type(given) ~= "string" then
      H.errors.invalid("docs." .. op .. ": a string was expected, not a " .. type(given))
    end
    return (H.requests.ask({ op = "docs", docs = op, text = given }))
  end
  local library = {
    list = function() return ask("list") end,
    search = function(query) return ask("search", query or "") end,
    read = function(page) return ask("read", page or "") end,
  }
  return H.readonly.make("docs", library, library)
end

------------------------------------------------------------------------------------------------------------
-- require: the host reads the module's text

local function modules(env)
  local loaded = { json = env.json }
  local loading = {}
  if H.renew then
    H.renew[#H.renew + 1] = function() loading = {} end
  end

  return function(name)
    if type(name) ~= "string" then
      H.errors.invalid("require: a module's name was expected, not a " .. type(name))
    end
    if loaded[name] ~= nil then
      return loaded[name]
    end
    if find(name, "[^%w_.]") then
      H.errors.invalid("require: '" .. H.text.name_text(name) .. "' is not a module's name", "names are letters, digits and _, joined by dots")
    end
    if loading[name] then
      H.errors.raise({ code = "script_error", message = "module '" .. name .. "' requires itself" })
    end
    local module = H.requests.ask({ op = "module", name = name }, function(problem)
      problem.hint = H.absent.modules[match(lower(name), "^%l+")] or problem.hint
    end)
    local chunk, problem = H.chunks.compile(module.source, module.file, env)
    if not chunk then
      H.errors.raise(problem)
    end
    -- Were others to go on while it loads, they could ask for it too: until then nothing waits but all.
    local task, passes = H.task, H.passes
    H.passes = false
    loading[name] = true
    local ok, value = xpcall(chunk, H.errors.keep, name)
    loading[name] = nil
    H.passes = passes and H.task == task
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

-- Puts them into `env`; `os` is the table behind that library. Gives the function that sets the clock.
local function services(env, os)
  local set_clock = clock(env, os)
  env.json = json_library()
  env.docs = docs_library()
  env.require = modules(env)
  return set_clock
end

return services
