-- trick: table.insert and table.remove at the front of a long table, each a move of everything
-- expect: limit_exceeded: cpu
-- limits: cpu=0.05
-- modes: process
local t = {}
for i = 1, 2e5 do t[i] = i end
while true do
  table.insert(t, 1, table.remove(t))
end
