-- trick: weak tables, and finalizers that LuaJIT knows for userdata only, keep what was dropped
-- expect: ok
-- limits: memory_mib=16
-- modes: process
-- output: survived
local weak = setmetatable({}, {__mode = "kv"})
for i = 1, 3e5 do
  local t = setmetatable({i}, {__gc = function() weak[1] = weak end, __mode = "k"})
  weak[t] = t
end
print("survived")
