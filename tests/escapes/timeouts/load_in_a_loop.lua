-- trick: new code is compiled without end, so that no loop is ever hot
-- expect: limit_exceeded: cpu
-- limits: cpu=0.05, wall=2
-- modes: process, none
local i = 0
while true do
  i = i + 1
  pcall(load("local x = " .. i .. " for j = 1, 10 do x = x + j end return x"))
end
