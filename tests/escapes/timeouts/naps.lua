-- trick: thousands of short sleeps, each of them far below every limit
-- expect: limit_exceeded: wall
-- limits: cpu=5, wall=0.15
-- modes: process, none
while true do
  pcall(sleep, 0.01)
end
