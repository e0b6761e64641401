-- trick: make .default or a bare call use another account than the run's
-- expect: ok
-- output: default default work
local devin = app.integrations.devin
pcall(function() devin.default = devin.work end)
pcall(rawset, devin, "default", devin.work)
pcall(rawset, devin.default, "get_session", devin.work.get_session)
pcall(setmetatable, devin.default, {__index = devin.work})
pcall(table.move, {devin.work}, 1, 1, 1, devin)
local _, state = pairs(devin.default)
pcall(rawset, state, "get_session", devin.work.get_session)
local function account(f)
  local _, e = pcall(f, {session_id = ""})
  return e.account
end
print(account(devin.get_session) .. " " .. account(devin.default.get_session) .. " " .. account(devin.work.get_session))
