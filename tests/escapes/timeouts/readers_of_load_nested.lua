-- trick: readers that load with readers: each level catches what stops the level below
-- expect: limit_exceeded: cpu
-- limits: cpu=0.05, wall=2
-- modes: process, reuse
local function reader() return load(reader) and "x" or " " end
while true do
  load(reader)
end
