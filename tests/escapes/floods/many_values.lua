-- trick: thousands of values are returned at once, of every kind there is
-- expect: ok
-- output: returning
print("returning")
local t = {}
for i = 1, 7000 do
  t[i] = ({i, 0 / 0, "\255", print, json.null, {}, coroutine.create(print), app, setmetatable({}, {__tostring = error})})[i % 9 + 1]
end
return unpack(t, 1, 7000)
