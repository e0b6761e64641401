-- trick: the run is over because memory is
-- expect: limit_exceeded: memory_mib
-- limits: memory_mib=16
-- modes: process, reuse
left = {}
while true do left[#left + 1] = ("left"):rep(1000) .. #left end
