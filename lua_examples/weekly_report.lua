-- What Devin has done in the last 7 days: ACUs by day, and the sessions as a table.
--
--   luahost run --simulate lua_examples/weekly_report.lua
--   luahost run --set days=14 lua_examples/weekly_report.lua
--
-- API v1 knows no consumption, and its list no dates: there all sessions are read, and the older ones left out.

local devin = app.integrations.devin

local days = tonumber(args.days or 7)
assert(days and days > 0, "days must be a number above 0, as in --set days=14")
local now = os.time()
local since = now - math.floor(days * 86400)

-- What the API version does not have, or the key may not read, is nil and the reason; every other error is one.
local function if_allowed(f, ...)
  local ok, result = pcall(f, ...)
  if ok then
    return result
  elseif result.code ~= "unsupported" and result.code ~= "forbidden" then
    error(result, 0)
  end
  return nil, result.message
end

-- v3 has seconds since 1970, v1 ISO 8601 text in UTC: the same once written alike.
local function moment(when)
  return type(when) == "number" and os.date("!%Y-%m-%dT%H:%M:%S", when) or tostring(when or "?")
end

local function state(session)
  return session.status_enum or (session.status == "running" and session.status_detail) or session.status or "?"
end

-- Letters, not bytes: only the first byte of each UTF-8 letter counts.
local function width(text)
  return select(2, text:gsub("[^\128-\191]", ""))
end

local function print_table(rows, right)
  local widths = {}
  for _, row in ipairs(rows) do
    for i, cell in ipairs(row) do
      widths[i] = math.max(widths[i] or 0, width(cell))
    end
  end
  for _, row in ipairs(rows) do
    local cells = {}
    for i, cell in ipairs(row) do
      local blanks = (" "):rep(widths[i] - width(cell))
      cells[i] = right[i] and blanks .. cell or cell .. blanks
    end
    print((table.concat(cells, "  "):gsub("%s+$", "")))
  end
end

print(("From %s to %s (UTC)\n"):format(os.date("!%Y-%m-%d %H:%M", since), os.date("!%Y-%m-%d %H:%M", now)))

local used, why = if_allowed(devin.get_daily_consumption, { time_after = since, time_before = now })
if used then
  local rows = { { "DAY", "ACUS" } }
  for _, day in ipairs(used.consumption_by_date or {}) do
    rows[#rows + 1] = { moment(day.date):sub(1, 10), ("%.2f"):format(day.acus or 0) }
  end
  rows[#rows + 1] = { "all", ("%.2f"):format(used.total_acus or 0) }
  print_table(rows, { [2] = true })
else
  print("ACUs not known: " .. why)
end
print()

local sessions = if_allowed(each, devin.list_sessions, { created_after = since }) or each(devin.list_sessions)
local rows = { { "CREATED", "STATE", "ACUS", "PRS", "SESSION", "TITLE" } }
for session in sessions do
  if moment(session.created_at) >= moment(since) then
    local requests = session.pull_requests and #session.pull_requests or session.pull_request and 1 or 0
    rows[#rows + 1] = {
      moment(session.created_at):sub(1, 10),
      state(session),
      session.acus_consumed and ("%.2f"):format(session.acus_consumed) or "-",
      tostring(requests),
      session.session_id or "?",
      (tostring(session.title or ""):gsub("%s+", " ")),
    }
  end
end
if #rows > 1 then
  print_table(rows, { [3] = true, [4] = true })
else
  print("No sessions")
end
return { sessions = #rows - 1, total_acus = used and used.total_acus }
