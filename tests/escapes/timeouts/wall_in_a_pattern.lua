-- trick: with much processor time allowed, one call of string.find outlives the clock on the wall
-- expect: limit_exceeded: wall
-- limits: cpu=20, wall=0.15
-- modes: process, reuse
return ("a"):rep(100):find(("a*"):rep(30) .. "b")
