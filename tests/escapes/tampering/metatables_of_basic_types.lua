-- trick: give functions, numbers, booleans, nil and coroutines a metatable, as debug.setmetatable could
-- expect: ok
-- output: set: 0
local set = 0
for _, v in ipairs{print, 1, true, coroutine.create(print), "x", json.null} do
  local ok = pcall(setmetatable, v, {__index = function() return "spoilt" end, __call = print})
  local mt = getmetatable(v)
  local ok2 = type(mt) == "table" and pcall(function() mt.__index = print end)
  if ok or ok2 then
    set = set + 1
  end
end
local ok = pcall(setmetatable, nil, {__index = print})
local ok2 = pcall(function() return (nil).x end)
local ok3 = pcall(function() return (1).x end)
local ok4 = pcall(function() return print.x end)
print("set: " .. set + ((ok or ok2 or ok3 or ok4) and 1 or 0))
