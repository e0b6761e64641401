-- trick: coroutines resume new coroutines without end, by wrap and by resume: LuaJIT does not look at its C stack
-- expect: ok
-- output: false false
local function wrapped() return coroutine.wrap(wrapped)() end
local function resumed()
  local ok, e = coroutine.resume(coroutine.create(resumed))
  if not ok then
    error(e, 0)
  end
end
print(tostring((pcall(wrapped))) .. " " .. tostring((pcall(resumed))))
