-- Archives sessions that nothing has happened in for 30 days and that are finished, asleep or ended. Without apply it
-- only says what it would do.
--
--   luahost run --simulate --set demo=yes --set days=0 --set apply=yes lua_examples/clean_up.lua
--   luahost run --set days=14 --set apply=yes lua_examples/clean_up.lua
--
-- A fresh simulator has nothing to archive: demo makes a session and ends it first. Archiving needs API v3.

local devin = app.integrations.devin

local days = tonumber(args.days or 30)
assert(days and days >= 0, "days must be a number, as in --set days=14")
local apply = args.apply == true or args.apply == "yes" or args.apply == "true"

local AT_REST = { finished = true, suspended = true, exit = true, error = true }
local PASSES = { not_found = true, conflict = true, server_error = true } -- errors of one session, not of them all

-- A task that is done is still "running": status_detail says that it is finished.
local function state(session)
  return session.status == "running" and session.status_detail or session.status
end

local function unchanged()
  local before = os.time() - math.floor(days * 86400)
  return each(devin.list_sessions, { updated_before = before, is_archived = false })
end

local ok, sessions = pcall(unchanged)
if not ok then
  if sessions.code ~= "unsupported" then
    error(sessions, 0)
  end
  print("Nothing can be archived: that needs a key of API v3")
  return
end

if args.demo then
  local session = devin.create_session({ prompt = "Nothing: this session is there to be archived", title = "Demo" })
  devin.terminate_session({ session_id = session.session_id })
  sleep(2)
  sessions = unchanged()
end

-- First found, then archived: archiving changes the list that is walked.
local found, busy = {}, 0
for session in sessions do
  if session.session_id and AT_REST[state(session)] then
    found[#found + 1] = session
  else
    busy = busy + 1
  end
end

local archived, failed = 0, 0
for _, session in ipairs(found) do
  local label = ("%s  %s  %s"):format(
    session.session_id,
    session.updated_at and os.date("!%Y-%m-%d", session.updated_at) or "?",
    session.title or "(no title)"
  )
  if not apply then
    print("would archive  " .. label)
  else
    local done, err = pcall(devin.archive_session, { session_id = session.session_id })
    if done then
      archived = archived + 1
      print("archived  " .. label)
    elseif PASSES[err.code] then
      failed = failed + 1
      print("not archived  " .. label .. ": " .. err)
    else
      error(err, 0)
    end
  end
end

local summary = "%d unchanged for %g days: %d to archive, %d still at work or waiting"
print(summary:format(#found + busy, days, #found, busy))
if not apply and #found > 0 then
  print("Nothing was changed; do it with --set apply=yes")
end
if failed > 0 then
  error(failed .. " could not be archived", 0)
end
return { found = #found, archived = archived }
