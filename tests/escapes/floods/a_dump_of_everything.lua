-- trick: dump a table of 50,000 entries, and the environment with itself in it
-- expect: limit_exceeded: output_bytes
-- limits: output_bytes=100000
local t = {}
for i = 1, 5e4 do t["name" .. i] = {i, _G} end
dump(t)
