-- trick: a search without a pattern, whose work is the product of two lengths
-- expect: limit_exceeded: cpu
-- limits: cpu=0.05
-- modes: process
while true do
  (("a"):rep(4e6)):find(("a"):rep(2e6) .. "b", 1, true)
end
