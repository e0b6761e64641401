-- trick: change what pairs and next hand out of namespaces and libraries
-- expect: ok
-- output: invalid_arguments A nil
local devin = app.integrations.devin
for _, place in ipairs{devin, devin.work, app.integrations, app, string, json, table} do
  local _, state = pairs(place)
  if type(state) == "table" then
    for name in next, state do
      pcall(rawset, state, name, function() return "spoilt" end)
    end
    pcall(rawset, state, "added", print)
  end
end
local _, e = pcall(devin.get_session, {session_id = ""})
local added
for name in pairs(devin) do
  added = added or name == "added" and name or nil
end
print(e.code .. " " .. ("a"):upper() .. " " .. tostring(added or string.added))
