-- trick: numeric loops whose step or bound never lets them end
-- expect: limit_exceeded: cpu
-- limits: cpu=0.05
-- modes: process, none
for i = 1, math.huge do end
for i = 0, 1, 0 do end
