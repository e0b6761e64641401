-- trick: the run is over while a loop goes on
-- expect: limit_exceeded: cpu
-- limits: cpu=0.1
left = true
while true do pcall(error, left) end
