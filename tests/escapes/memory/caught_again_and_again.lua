-- trick: the error for want of memory is caught a thousand times, while the memory stays full
-- expect: limit_exceeded
-- limits: memory_mib=32, cpu=0.3
-- modes: process, reuse
local t = {}
local function fill()
  while true do t[#t + 1] = ("x"):rep(1000) .. #t end
end
while true do pcall(fill) end
