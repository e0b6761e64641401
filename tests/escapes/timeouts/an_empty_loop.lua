-- trick: the shortest loop, which the JIT turns into machine code that asks nobody
-- expect: limit_exceeded: cpu
-- limits: cpu=0.05
while true do end
