-- trick: load compiles text of many megabytes, and thousands of chunks that are all kept
-- expect: limit_exceeded: memory_mib
-- limits: memory_mib=32
-- modes: process
pcall(load, ("x = 1 "):rep(1e6))
pcall(load, "return {" .. ("{},"):rep(1e6) .. "}")
local t = {}
while true do
  local chunk, problem = load("return '" .. ("x"):rep(1000) .. #t .. "'")
  t[#t + 1] = chunk or error(problem, 0)
end
