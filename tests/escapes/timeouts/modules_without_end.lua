-- trick: require of what is not there, in a loop
-- expect: limit_exceeded: wall
-- limits: cpu=20, wall=0.15
-- modes: process, none
while true do
  pcall(require, "nothing.of.that.name")
end
