-- trick: the loop sits in __index, __newindex, __concat and __lt, each behind a pcall
-- expect: limit_exceeded: cpu
-- limits: cpu=0.05
-- modes: process, none
local function spin() for i = 1, 1e6 do pcall(error) end end
local mt = {__index = spin, __newindex = spin, __concat = spin, __lt = spin, __call = spin}
local t = setmetatable({}, mt)
while true do
  pcall(function() return t.x end)
  pcall(function() t.x = 1 end)
  pcall(function() return t .. t end)
  pcall(function() return t < t end)
  pcall(t)
end
