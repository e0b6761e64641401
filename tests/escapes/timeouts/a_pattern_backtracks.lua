-- trick: one call of string.find that would take longer than the world lasts: C code that no hook can stop
-- expect: limit_exceeded: cpu
-- limits: cpu=0.05
-- modes: process, reuse
while true do
  pcall(string.find, ("a"):rep(300), ".-.-.-.-.-.-.-.-b")
end
