-- trick: megabytes are built and dropped, in C functions: rep, concat, upper, reverse, format
-- expect: limit_exceeded: cpu
-- limits: cpu=0.05
-- modes: process
local parts = {}
for i = 1, 1000 do parts[i] = ("x"):rep(1000) end
while true do
  local s = table.concat(parts)
  s = s:upper():reverse():lower()
  pcall(string.format, "%s %q", s, s)
end
