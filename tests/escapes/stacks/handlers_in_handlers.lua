-- trick: each message handler runs xpcall with itself as the handler
-- expect: ok
-- output: false
local function handler(e)
  return select(2, xpcall(error, handler, e))
end
print(tostring((xpcall(error, handler, "x"))))
