-- trick: sleep, which costs no processor time, for longer than the run may last, again and again
-- expect: limit_exceeded: wall
-- limits: cpu=5, wall=0.15
while true do
  pcall(sleep, 1000)
end
