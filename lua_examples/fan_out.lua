-- What the newest sessions are doing, asked for side by side: how many are in which state, and the last word of each
-- that waits for somebody.
--
--   luahost run --simulate --set demo=12 lua_examples/fan_out.lua
--   luahost run --set newest=200 --set at_once=32 lua_examples/fan_out.lua
--
-- A fresh simulator has one session: demo makes some more first. Two calls a session, at_once of them at a time; one
-- that fails is told, and spoils no other.

local devin = app.integrations.devin

local function number(name, otherwise, most)
  local n = tonumber(args[name] or otherwise)
  assert(n and n % 1 == 0 and n >= 0 and n <= most, name .. " must be a whole number up to " .. most)
  return n
end
local newest, at_once, demo = number("newest", 50, 10000), number("at_once", 16, 256), number("demo", 0, 100)

if demo > 0 then
  local tasks = {}
  for i = 1, demo do
    tasks[i] = { prompt = "Look at part " .. i, idempotency_key = "fan-out-demo-" .. i }
  end
  parallel(tasks, devin.create_session)
  sleep(300) -- no time is lost in a simulation
end

local ids = {}
for session in each(devin.list_sessions, { limit = newest > 0 and newest or 1 }) do
  ids[#ids + 1] = session.session_id
end

-- What v3 says in status_detail, v1 says in status_enum.
local function state(session)
  return session.status_enum or (session.status == "running" and session.status_detail) or session.status or "?"
end

local WAITS = { waiting_for_user = true, waiting_for_approval = true, blocked = true }

local function look(id)
  local session = devin.get_session(id)
  local found = { id = id, state = state(session), title = session.title, url = session.url }
  if WAITS[found.state] then
    for message in each(devin.list_session_messages, { session_id = id }) do
      found.said = message.message
    end
  end
  return found
end

local outcomes = parallel(ids, look, { limit = math.max(at_once, 1), settle = true })

local counts, waiting, failed = {}, {}, {}
for i, outcome in ipairs(outcomes) do
  if outcome.ok then
    local session = outcome.value
    counts[session.state] = (counts[session.state] or 0) + 1
    if WAITS[session.state] then
      waiting[#waiting + 1] = session
    end
  else
    failed[#failed + 1] = ids[i] .. ": " .. tostring(outcome.error)
  end
end

local function line(text)
  return (tostring(text or ""):gsub("%s+", " "))
end

local states = {}
for name in pairs(counts) do
  states[#states + 1] = name
end
table.sort(states)
for _, name in ipairs(states) do
  print(("%4d  %s"):format(counts[name], name))
end
for _, session in ipairs(waiting) do
  print(("\nWaits for you: %s"):format(line(session.title or session.id)))
  print("  " .. line(session.said))
  if session.url then
    print("  " .. line(session.url))
  end
end
for _, text in ipairs(failed) do
  print("\nNot known: " .. line(text))
end
return { sessions = #ids, states = counts, waiting = #waiting, failed = #failed }
