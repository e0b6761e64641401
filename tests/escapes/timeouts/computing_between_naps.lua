-- trick: the script computes for a moment and sleeps for one, by turns
-- expect: limit_exceeded: wall
-- limits: cpu=5, wall=0.15
-- modes: process, none
while true do
  local until_then = os.clock() + 0.01
  while os.clock() < until_then do end
  pcall(sleep, 0.01)
end
