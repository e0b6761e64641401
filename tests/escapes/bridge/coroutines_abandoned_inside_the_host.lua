-- trick: yield out of a host function through __tostring, drop half of the coroutines, collect, and resume the rest
-- expect: ok
-- output: 250	<250>
local waiting, made = {}, 0
for i = 1, 500 do
  local co = coroutine.create(function()
    return tostring(setmetatable({}, {__tostring = function() return "<" .. coroutine.yield() .. ">" end}))
  end)
  assert(coroutine.resume(co))
  if i % 2 == 0 then waiting[#waiting + 1] = co end
end
for i = 1, 20000 do local _ = {("x"):rep(i % 200)} end
local last
for i, co in ipairs(waiting) do
  local ok, text = coroutine.resume(co, tostring(i))
  if ok and coroutine.status(co) == "dead" then made, last = made + 1, text end
end
print(made, last)
