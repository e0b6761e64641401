-- trick: table.insert writes without asking __newindex: at the end, at 1 and at a position far away
-- expect: ok
-- output: changed: 0
local changed = 0
for _, lib in ipairs{string, table, math, bit, coroutine, os, json, docs, app, app.integrations, app.integrations.devin} do
  pcall(table.insert, lib, print)
  pcall(table.insert, lib, 1, print)
  pcall(table.insert, lib, 3, print)
  for i = 0, 4 do
    local ok, found = pcall(function() return lib[i] end)
    if rawget(lib, i) ~= nil or ok and found ~= nil then
      changed = changed + 1
    end
  end
end
print("changed: " .. changed)
