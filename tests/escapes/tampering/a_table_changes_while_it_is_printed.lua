-- trick: a __tostring deep inside empties, grows and reorders the table that is being rendered
-- expect: ok
-- output-contains: done
local t = {}
local function evil()
  for k in pairs(t) do
    t[k] = nil
  end
  for i = 1, 100 do
    t[i], t["k" .. i], t[{}] = i, t, i
  end
  return "evil"
end
for i = 1, 20 do
  t[i] = setmetatable({}, {__tostring = evil})
  t["x" .. i] = t[i]
  t[t[i]] = t[i]
end
dump(t)
tostring(t)
print("done")
