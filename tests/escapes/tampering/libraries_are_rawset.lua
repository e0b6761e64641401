-- trick: rawset, which asks no metatable, writes into every library
-- expect: ok
-- output: changed: 0
local changed = 0
for _, lib in ipairs{string, table, math, bit, coroutine, os, json, docs} do
  local name, f = next(lib)
  local ok = pcall(rawset, lib, name, print)
  local ok2 = pcall(rawset, lib, "added", print)
  if ok or ok2 or lib[name] ~= f or lib.added ~= nil or rawget(lib, "added") ~= nil then
    changed = changed + 1
  end
end
print("changed: " .. changed)
