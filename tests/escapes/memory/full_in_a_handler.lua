-- trick: the message handler of the error for want of memory takes the rest of it
-- expect: ok
-- expect: limit_exceeded: memory_mib
-- limits: memory_mib=32
-- modes: process
-- output: false
local keep = {}
local function fill()
  while true do keep[#keep + 1] = ("x"):rep(100) .. #keep end
end
local ok = xpcall(fill, function() fill() end)
keep = {}
print(tostring(ok))
