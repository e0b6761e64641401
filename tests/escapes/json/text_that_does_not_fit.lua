-- trick: have json.encode, json.decode, tostring and dump run out of memory: that is a limit, and no fault of the value
-- expect: ok
-- output: 0 blamed
-- limits: memory_mib=32
-- modes: process, reuse
local blamed = 0
local big = ("\1"):rep(4 * 2 ^ 20)
local list = {}
for i = 1, 1e5 do list[i] = "x" .. i end
for _, f in ipairs{
  function() return json.encode(big .. "a") end, function() return json.encode{list, list, list, list, list, list, list, list, big} end,
  function() return json.decode("[" .. ("[1,2],"):rep(5e5) .. "1]") end,
} do
  local ok, e = pcall(f)
  if not ok and type(e) == "table" and e.code == "invalid_arguments" then
    blamed = blamed + 1
    print(e.message:sub(1, 60))
  end
end
print(blamed .. " blamed")
