-- trick: ten thousand different loops become hot, each with machine code that no limit on the heap counts
-- expect: ok
-- limits: memory_mib=32
-- modes: process, reuse
-- output: 450000
local sum = 0
for i = 1, 3000 do
  local f = load("local s = 0 for j = 1, 150 do s = s + (j % " .. i .. " == 0 and 1 or 1) end return s")
  sum = sum + f()
end
print(string.format("%d", sum))
