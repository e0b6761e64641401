-- trick: keep errors that were raised in coroutines which are gone, and use them after a collection
-- expect: ok
-- output: 200	200
local kept, right = {}, 0
for i = 1, 200 do
  coroutine.wrap(function() kept[i] = select(2, pcall(json.decode, "[" .. i)) end)()
end
for i = 1, 20000 do local _ = {("x"):rep(i % 200)} end
for i = 1, 200 do
  if tostring(kept[i]):find("json.decode", 1, true) and kept[i].code == "invalid_arguments" then right = right + 1 end
end
print(#kept, right)
