-- trick: unpack, select, pcall, coroutines and string.char with as many values as the stack can hold, and more
-- expect: ok
-- output: too many: 6
local t = {}
for i = 1, 1e6 do t[i] = 65 end
local too_many = 0
for _, f in ipairs{
  function() return select("#", unpack(t)) end,
  function() return string.char(unpack(t)) end,
  function() return math.max(unpack(t)) end,
  function() return {unpack({}, -2 ^ 31, 2 ^ 31 - 1)} end,
  function() return {unpack({}, 0, 2 ^ 31 - 1)} end,
  function() return table.pack(unpack(t, 1, 1e5 * 9)) end,
} do
  too_many = too_many + (pcall(f) and 0 or 1)
end
for _, n in ipairs{250, 7000, 7990, 7999, 8000, 8001, 60000, 65000} do
  pcall(function() return coroutine.wrap(function(...) return select("#", coroutine.yield(...)) end)(unpack(t, 1, n)) end)
  pcall(pcall, pcall, select, "#", unpack(t, 1, math.min(n, 7000)))
  pcall(function() string.format(("%s"):rep(n), unpack(t, 1, n)) end)
  pcall(function() print(select("#", unpack(t, 1, n)) < 0 or nil, error()) end)
  pcall(function() table.pack(unpack(t, 1, n)) end)
end
print("too many: " .. too_many)
