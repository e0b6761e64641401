-- trick: keys at powers of two, at the ends of the integers, and arrays that look dense to the rehash
-- expect: ok
-- limits: memory_mib=32
-- modes: process
-- output: 62 true
local t = {}
for i = 1, 62 do t[2 ^ i] = i end
local n = 0
for _ in pairs(t) do n = n + 1 end
local u = {}
u[2 ^ 31], u[-2 ^ 31], u[2 ^ 53], u[1e300] = 1, 2, 3, 4
pcall(function() for i = 1, 2 ^ 27, 2 do u[i] = true end end)
u = nil
print(n .. " " .. tostring(t[2 ^ 10] == 10))
