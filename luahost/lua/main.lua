-- One run: get ready, read what to run, run it, report.

local H = ...

local type, error, pcall, xpcall, select, unpack, collectgarbage, tostring, tonumber, setmetatable, rawset =
  type, error, pcall, xpcall, select, unpack, collectgarbage, tostring, tonumber, setmetatable, rawset
local concat = table.concat
local match, sub = string.match, string.sub
local getinfo = debug.getinfo
local string_mt = debug.getmetatable("")
local jit = jit
local GUARD_INTERVAL = 1e4 -- instructions; a check costs a call into Python

local function pack(...)
  return select("#", ...), { ... }
end

-- The values a script returned, each as JSON; one that has no JSON form is given as text.
local function values_json(n, values)
  local out = {}
  for i = 1, n do
    local v = values[i]
    out[i] = H.scalar(v) or H.json.encode(v, false, true) or H.json.encode(H.text.safe_text(v), false, true)
  end
  return "[" .. concat(out, ",") .. "]"
end

local FAILED_TWICE = "error in error handling"
local raised, place -- what the script has failed with and where, should no memory or stack be left to say more of it

local function failed(problem)
  raised = problem
  place = getinfo(2, "Sl")
  return H.failure.handler(problem)
end

local function report(ok, body)
  if H.durable then
    pcall(H.durable.tell, false)
  end
  local memory = H.scalar(collectgarbage("count") * 1024)
  local clean = tostring(H.border.clean())
  H.border.submit('R0 {"ok":' .. tostring(ok) .. ',"clean":' .. clean .. ',"memory":' .. memory .. "," .. body .. "}")
end

-- The first frame: numbers that say how long each text is, the texts, and JSON where there are args or words.
--   seed  now, - or, in a run that may be resumed, +  bytes of memory or -  bytes of account, name and source
local function read_start(body)
  local seed, now, most, account, name, source, at = match(body, "^(%d+) (%S+) (%S+) (%d+) (%d+) (%d+) ()")
  local run = { seed = tonumber(seed), now = tonumber(now), memory = tonumber(most), durable = now == "+" }
  local function text(size)
    local from = at
    at = at + tonumber(size)
    return sub(body, from, at - 1)
  end
  run.account, run.name, run.source = text(account), text(name), text(source)
  if at <= #body then
    local ok, more = H.decode(sub(body, at))
    if not ok then
      error(more, 0)
    end
    run.args, run.words, run.times, run.clock = more.args, more.words, more.times, more.clock
  end
  return run
end

-- The script's environment is filled when a script first looks into it, or at once for many to share. Nothing can have
-- caught an error before: what catches one is found there.
local function environment()
  local env = {}
  local begun, run
  local function fill()
    setmetatable(env, nil)
    begun = H.environment(env)
    local _ = H.failure -- where the stack or memory has ended it could not be loaded any more
    if run then
      begun(run)
    end
  end
  setmetatable(env, {
    __index = function(_, name)
      fill()
      return env[name]
    end,
    __newindex = function(_, name, value)
      fill()
      rawset(env, name, value)
    end,
  })
  -- ("x"):upper() looks here; the libraries put their own in its place.
  string_mt.__index = function(_, name)
    fill()
    return H.string_library[name]
  end
  if H.eager then
    fill()
  end
  return env, function(this)
    run = this
    if begun then
      begun(run)
    end
  end
end

-- A forked process copies each page that it writes, one at a time: better now than while somebody waits.
local function rehearse()
  local chunk = H.chunks.compile("return 1 + 1", "rehearsal", {})
  H.json.encode({ (xpcall(chunk, failed)) })
  H.chunks.files["@rehearsal"] = nil
end

local function run_script(env, begin)
  if H.eager then
    rehearse()
  end
  local _, _, body = H.border.receive()
  local run = read_start(body)
  H.run_name, H.run_account = run.name, run.account
  begin(run)
  H.border.memory(run.memory)
  collectgarbage("restart", -1) -- its pace as after a cycle: by itself it would begin one at once
  if H.guarded then
    H.border.guard(GUARD_INTERVAL)
  end
  local chunk, problem = H.chunks.compile(run.source, run.name, env)
  if not chunk then
    return report(false, '"error":' .. H.json.encode(problem, false, true))
  end
  local n, results = pack(xpcall(chunk, failed, unpack(run.words or {})))
  if results[1] then
    for i = 1, n - 1 do
      results[i] = results[i + 1]
    end
    return report(true, '"values":' .. values_json(n - 1, results))
  end
  local fields = results[2]
  if type(fields) ~= "table" or type(fields.code) ~= "string" then
    collectgarbage()
    fields = H.failure.describe_later(fields == FAILED_TWICE and raised or fields, place)
  end
  report(false, '"error":' .. H.json.encode(fields, false, true))
end

-- Gets ready, and gives the function that runs a script.
return function()
  local env, begin = environment()
  local _ = H.border, H.chunks, H.scalar -- what every run needs
  if H.guarded then
    jit.off()
  end
  return function()
    run_script(env, begin)
  end
end
