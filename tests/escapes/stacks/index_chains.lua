-- trick: chains of a million tables behind __index and __newindex, and rings of them
-- expect: ok
-- output: false false false false
local t = {}
for _ = 1, 1e5 do
  t = setmetatable({}, {__index = t, __newindex = t})
end
local ring = {}
setmetatable(ring, {__index = ring, __newindex = ring})
local function try(f) return tostring((pcall(f))) end
print(try(function() return t.x.y end) .. " " .. try(function() t.x = 1 end) .. " " .. try(function() return ring.x.y end)
  .. " " .. try(function() ring.x = 1 end))
