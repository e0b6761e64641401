-- trick: string.format with the widest fields that it takes, thousands at a time
-- expect: limit_exceeded: cpu
-- limits: cpu=0.05
-- modes: process, none
local pattern, values = ("%99.99f"):rep(200), {}
for i = 1, 200 do values[i] = 1e308 end
while true do
  string.format(pattern, unpack(values))
end
