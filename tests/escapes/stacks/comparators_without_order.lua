-- trick: comparators that are always true, random or change the table lead sort beyond its ends
-- expect: ok
-- output: survived 0
local foreign = 0
for _, order in ipairs{
  function() return true end,
  function() return math.random() < 0.5 end,
  function(a, b) foreign = foreign + ((type(a) == "number" and type(b) == "number") and 0 or (a == nil or b == nil) and 0 or 1) return true end,
} do
  for n = 1, 60 do
    local t = {}
    for i = 1, n do t[i] = i % 7 end
    pcall(table.sort, t, order)
  end
end
local t = {}
for i = 1, 500 do t[i] = -i end
pcall(table.sort, t, function(a, b)
  for i = 1, 500 do t[i] = nil end
  return (a or 0) < (b or 0)
end)
print("survived " .. foreign)
