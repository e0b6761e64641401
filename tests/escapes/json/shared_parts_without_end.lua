-- trick: write a small value that is endlessly large as text, through every function that writes
-- expect: limit_exceeded
-- limits: cpu=1, memory_mib=32
-- modes: process, reuse
-- output: dump	true
-- output: tostring	true
local laughs = "ha"
for _ = 1, 60 do laughs = {laughs, laughs} end
print("dump", #tostring(laughs) < 5e6)
print("tostring", #tostring{laughs, laughs, laughs} < 5e6)
json.encode(laughs)
