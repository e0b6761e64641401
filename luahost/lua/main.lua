-- One run: get ready, read what to run, run it, report.

local H = ...

local type, error, next, xpcall, select, unpack, collectgarbage, tostring, tonumber =
  type, error, next, xpcall, select, unpack, collectgarbage, tostring, tonumber
local concat = table.concat
local match, sub = string.match, string.sub
local jit = jit
local json, errors, wire = H.json, H.errors, H.wire

local globals = {}
for name, value in next, _G do
  globals[name] = value
end
H.globals = globals

local GUARD_INTERVAL = 1e5 -- instructions; a check costs a call into Python

local function pack(...)
  return select("#", ...), { ... }
end

-- The values a script returned, each as JSON; one that has no JSON form is given as text.
local function values_json(n, values)
  local out = {}
  for i = 1, n do
    out[i] = json.encode(values[i], false, true) or json.encode(H.text.safe_text(values[i]), false, true)
  end
  return "[" .. concat(out, ",") .. "]"
end

local function report(ok, body)
  wire.submit("R0 {" .. '"ok":' .. tostring(ok) .. ',"memory":' .. json.encode(collectgarbage("count") * 1024) .. "," .. body .. "}")
end

-- The first frame: numbers that say how long each text is, the texts, and JSON where there are args or words.
--   seed  now or -  bytes of memory or -  bytes of account, name and source
local function read_start(body)
  local seed, now, most, account, name, source, at = match(body, "^(%d+) (%S+) (%S+) (%d+) (%d+) (%d+) ()")
  local run = { seed = tonumber(seed), now = tonumber(now), memory = tonumber(most) }
  for _, part in next, { { "account", account }, { "name", name }, { "source", source } } do
    local stop = at + tonumber(part[2])
    run[part[1]] = sub(body, at, stop - 1)
    at = stop
  end
  if at <= #body then
    local ok, more = json.decode(sub(body, at))
    if not ok then
      error(more, 0)
    end
    run.args, run.words = more.args, more.words
  end
  return run
end

function H.main()
  local begin = H.environment()
  -- From here on nothing global is left for a script to find, however it gets at the table.
  for name in next, globals do
    globals._G[name] = nil
  end
  if H.guarded then
    jit.off()
  end
  local _, _, body = wire.receive()
  local run = read_start(body)
  H.run_name, H.run_account = run.name, run.account
  local env = begin(run)
  wire.memory(run.memory)
  collectgarbage("restart")
  if H.guarded then
    wire.guard(GUARD_INTERVAL)
  end
  local chunk, problem = errors.compile(run.source, run.name, env)
  if not chunk then
    return report(false, '"error":' .. json.encode(problem, false, true))
  end
  local n, results = pack(xpcall(chunk, errors.handler, unpack(run.words or {})))
  if results[1] then
    for i = 1, n - 1 do
      results[i] = results[i + 1]
    end
    return report(true, '"values":' .. values_json(n - 1, results))
  end
  local fields = results[2]
  if type(fields) ~= "table" or type(fields.code) ~= "string" then
    collectgarbage()
    fields = errors.describe(fields)
  end
  report(false, '"error":' .. json.encode(fields, false, true))
end
