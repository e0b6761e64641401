-- trick: json.encode and json.decode of what fits, but not twice: the error must not say that the value is wrong
-- expect: ok
-- expect: limit_exceeded: memory_mib
-- limits: memory_mib=32
-- modes: process, reuse
-- output: [1,2] 2
local s = ("\1"):rep(8e6)
local _, e = pcall(json.encode, s)
s = nil
local _, e2 = pcall(json.decode, "[" .. ("{},"):rep(1e6) .. "{}]")
if type(e) == "table" or type(e2) == "table" then
  print("the value is blamed")
end
print(json.encode({1, 2}) .. " " .. #json.decode("[1,2]"))
