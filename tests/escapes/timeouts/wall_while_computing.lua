-- trick: with much processor time allowed, a loop outlives the clock on the wall
-- expect: limit_exceeded: wall
-- limits: cpu=20, wall=0.15
while true do
  pcall(error)
end
