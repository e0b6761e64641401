-- trick: decode names that have the same hash where LuaJIT looks at few of their bytes
-- expect: ok
-- limits: cpu=2
-- output: 20000
local names = {}
for i = 1, 20000 do
  names[i] = '"' .. ("a"):rep(40) .. ("%06d"):format(i) .. ("b"):rep(160) .. '":1'
end
local n = 0
for _ in pairs(json.decode("{" .. table.concat(names, ",") .. "}")) do n = n + 1 end
print(n)
