-- trick: put functions of the script's own into every library, in place of what is there and beside it
-- expect: ok
-- output: changed: 0
local changed = 0
for _, lib in ipairs{string, table, math, bit, coroutine, os, json, docs} do
  local name, f = next(lib)
  local ok = pcall(function() lib[name] = print end)
  local ok2 = pcall(function() lib.added_by_the_script = print end)
  local ok3 = pcall(function() lib[name] = nil end)
  if ok or ok2 or ok3 or lib[name] ~= f or lib.added_by_the_script ~= nil then
    changed = changed + 1
  end
end
print("changed: " .. changed)
