-- trick: table.move copies into a library or namespace, named as the fifth argument or as the first
-- expect: ok
-- output: changed: 0
local changed = 0
for _, lib in ipairs{string, table, math, bit, coroutine, os, json, docs, app, app.integrations, app.integrations.devin.work} do
  local ok = pcall(table.move, {print, print}, 1, 2, 1, lib)
  local ok2 = pcall(table.move, lib, 1, 1, 2)
  if ok or rawget(lib, 1) ~= nil or rawget(lib, 2) ~= nil then
    changed = changed + 1
  end
end
print("changed: " .. changed)
