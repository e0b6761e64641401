-- trick: find string.dump, or loadstring and its kin, wherever functions of strings can be reached
-- expect: ok
-- output: found: 0
local found = 0
local _, e = pcall(sleep, -1)
for _, place in ipairs{string, "", e, table, json, docs, coroutine, math, bit, os, app, _G} do
  for _, name in ipairs{"dump", "loadstring", "loadfile", "dofile", "buffer", "undump"} do
    local ok, f = pcall(function() return place[name] end)
    if ok and f ~= nil and not (place == _G and name == "dump") then
      found = found + 1
    end
  end
end
print("found: " .. found)
