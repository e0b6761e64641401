-- trick: gsub's replacement is a table whose __index calls gsub, or whose value is read through a chain of tables
-- expect: ok
-- output: false b
local t = setmetatable({}, {})
getmetatable(t).__index = function() return (("x"):gsub("x", t)) end
local ok = pcall(function() return t.y end)
local chain = {a = "b"}
for _ = 1, 90 do
  chain = setmetatable({}, {__index = chain})
end
print(tostring(ok) .. " " .. ("a"):gsub("a", chain):sub(1, 1))
