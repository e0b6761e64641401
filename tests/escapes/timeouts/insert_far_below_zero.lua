-- trick: table.insert at -2^31 moves two thousand million slots that are not there
-- expect: limit_exceeded: cpu
-- limits: cpu=0.05
-- modes: process
local t = {1, 2, 3}
pcall(table.insert, t, -2 ^ 31, 1)
pcall(table.move, {}, 1, 2 ^ 31 - 2, 2)
while true do pcall(table.insert, t, -2e9, 1) end
