-- One run: read what to run, run it, report.

local H = ...

local type, error, next, xpcall, select, unpack, collectgarbage, tostring =
  type, error, next, xpcall, select, unpack, collectgarbage, tostring
local concat = table.concat
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

function H.main()
  local _, _, body = wire.receive()
  local ok, run = json.decode(body)
  if not ok then
    error(run, 0)
  end
  H.run_name, H.run_account = run.name, run.account
  run.env = H.environment(run)
  -- From here on nothing global is left for a script to find, however it gets at the table.
  for name in next, globals do
    globals._G[name] = nil
  end
  if H.guarded then
    jit.off()
    wire.guard(GUARD_INTERVAL)
  end
  local chunk, problem = errors.compile(run.source, run.name, run.env)
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
