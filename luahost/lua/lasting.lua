-- A state that lasts: one chunk after another in one environment, until its host goes away. A chunk that is stopped, or
-- fails, leaves what it has set; its locals end with it.
--   host to script   S<n> …      chunk n, as the first frame of any run
--                    X<n>        stop chunk n; where that is over, nothing
--   script to host   R<n> JSON   how chunk n ended, and the names there are to write, for completing
-- Loaded only where H.lasts; the JIT is off there, so that the hook below looks at every loop.

local H = ...

local error, xpcall, select, type, tostring, next = error, xpcall, select, type, tostring, next
local collectgarbage, load = collectgarbage, load
local find, format, gsub, match = string.find, string.format, string.gsub, string.match
local concat, sort, min = table.concat, table.sort, math.min
local getinfo, sethook = debug.getinfo, debug.sethook
local door, border = H.door, H.border

local INTERVAL = 1e4 -- instructions from one look for a stop to the next
local ASK = "\3\0\0\0T0 "
local KEPT = 100     -- chunks whose text is kept, to explain errors with
local MOST_NAMES = 2000
local MOST_SHOWN = 100 -- values of one chunk
local STOPPED = "the chunk was stopped"

local base

-- What may not be left half done: a frame of the host's would be lost. And where a chunk begins and ends.
local whole = {}
for f in next, border.whole do
  whole[f] = true
end

-- From now on every instruction raises, so that no pcall loop outlives the stop, until the chunk's last frame is gone.
local function raise_everywhere()
  local info = getinfo(2, "f")
  if info and info.func == base then
    sethook()
    return
  end
  error(STOPPED, 0)
end

function H.stop()
  sethook(raise_everywhere, "", 1)
  error(STOPPED, 0)
end

local function look()
  local info = getinfo(2, "f")
  if info and whole[info.func] then
    return
  end
  border.room(0)
  if door(ASK) ~= "" then
    border.stop()
  end
end

-- Runs f; no call stands behind xpcall before the hook is gone: the instructions of what it calls could raise.
function base(f, handler)
  sethook(look, "", INTERVAL)
  local ok, problem = xpcall(f, handler)
  sethook()
  return ok, problem
end
whole[base] = true

------------------------------------------------------------------------------------------------------------
-- Chunks

-- Whether a text that is no statement and no expression was meant as the latter.
local function begins_as_value(text)
  return find(text, "^%s*[%d\"'{#]") or find(text, "^%s*%-[^-]") or find(text, "^%s*%(")
    or find(" not nil true false ", " " .. (match(text, "^%s*(%l+)%f[^%w_]") or "?") .. " ", 1, true)
end

-- The text as a function, and whether it is an expression; or nil and what is wrong with it.
local function compile(source, name, env)
  local text, asked = gsub(source, "^(%s*)=", "%1 ", 1)
  -- A call behind `return` alone would be a tail call, and leave no frame for an error to name its line by.
  local as_value = asked > 0 or load("return nil," .. text, "=", "t", env) ~= nil
    or (load(source, "=", "t", env) == nil and begins_as_value(source))
  local chunk, problem = H.chunks.compile(text, name, env, as_value and "return nil," or nil)
  return chunk, problem, as_value
end

local function pack(...)
  return { n = select("#", ...), ... }
end

-- Prints what a chunk has given, from the value `first` on.
local function show(values, first)
  local words, gap = {}, "\t"
  for i = first, min(values.n, first + MOST_SHOWN - 1) do
    local text = H.text.dump_text(values[i])
    words[#words + 1] = text
    gap = find(text, "\n", 1, true) and "\n" or gap
  end
  local more = values.n - first + 1 - #words
  if more > 0 then
    words[#words + 1] = format("... and %d more", more)
  end
  if #words > 0 then
    border.output(concat(words, gap) .. "\n")
  end
end

------------------------------------------------------------------------------------------------------------
-- What the host is told

-- The names of globals, and of what lies in libraries.
local function names(env)
  local found, n = {}, 0
  local function add(prefix, members)
    for name in next, members do
      if n >= MOST_NAMES then
        return
      elseif type(name) == "string" and #name <= 64 and find(name, "^[%a_][%w_]*$") then
        n = n + 1
        found[n] = prefix .. name
      end
    end
  end
  add("", env)
  for name, value in next, env do
    if type(name) == "string" and #name <= 64 and name ~= "app" and type(value) == "table" and H.readonly.is(value) then
      add(name .. ".", H.readonly.listing(value))
    end
  end
  sort(found)
  return found
end

local function report(id, env, ok, problem)
  local fields = problem and ',"error":' .. H.json.encode(problem, false, true) or ""
  border.submit(concat({
    "R", H.scalar(id), ' {"ok":', tostring(ok), ',"stopped":', tostring(border.is_stopped()),
    ',"memory":', H.scalar(collectgarbage("count") * 1024),
    ',"names":', H.json.encode(H.json.array(names(env))), fields, "}",
  }))
end

------------------------------------------------------------------------------------------------------------
-- One after another

local function await_chunk()
  while true do
    local kind, id, body = border.receive()
    if kind == "S" then
      return id, body
    end
  end
end

-- What an earlier chunk has left under way ends with it.
local function renew(id)
  H.chunk, H.task, H.passes, H.unread = id, false, false, 0
  for _, f in next, H.renew do
    f()
  end
end

-- `begin` begins a run in `env`; `read` reads what to run; `failed` handles an error, and `fields_of` has it as fields.
return function(env, begin, read, failed, fields_of)
  local function handler(problem)
    if border.is_stopped() then
      return problem
    end
    return failed(problem)
  end

  local chunk_names = {}
  local begun = false
  while true do
    local id, body = await_chunk()
    local run = read(body)
    renew(id)
    H.run_name, H.run_account = run.name, run.account
    if begun then
      H.now = run.now or false
    else
      begun = true
      begin(run)
      collectgarbage("restart", -1)
    end
    border.memory(run.memory)
    local chunk, problem, as_value = compile(run.source, run.name, env)
    local ok = chunk ~= nil
    if chunk then
      local values
      ok, problem = base(function()
        values = pack(xpcall(chunk, handler))
        if values[1] then
          show(values, as_value and 3 or 2) -- the first says that all went well; before a value stands nil
        end
      end, handler)
      if ok and not values[1] then
        ok, problem = false, values[2]
      end
      H.chunk = false
      border.memory(nil) -- what is kept free for the host's own use is used now: the script's may hold all else
      problem = not ok and not border.is_stopped() and fields_of(problem) or nil
    end
    if border.is_torn() then
      error("not enough memory", 0)
    end
    if not ok then
      collectgarbage()
    end
    report(id, env, ok, problem)
    chunk_names[#chunk_names + 1] = run.name
    local old = #chunk_names > KEPT and table.remove(chunk_names, 1)
    if old and old ~= run.name then
      H.chunks.files["@" .. old], H.chunks.texts[old] = nil, nil
    end
  end
end
