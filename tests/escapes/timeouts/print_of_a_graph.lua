-- trick: tostring of a small graph of shared tables, which is endless as text
-- expect: limit_exceeded: cpu
-- limits: cpu=0.05
-- modes: process, none
local t = {}
for _ = 1, 31 do
  t = {t, t, a = t, b = t}
end
while true do
  tostring(t)
end
