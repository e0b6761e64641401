-- trick: take the metatable that all values of a basic type, or all host functions, share
-- expect: ok
-- output: nil	nil	nil	nil	nil	nil
-- output: false	false	false
-- output: false	false	false
print(getmetatable(nil), getmetatable(true), getmetatable(1), getmetatable(print),
  getmetatable(app.integrations.devin.get_session), getmetatable(coroutine.create(print)))
print(getmetatable(""), getmetatable(json.null), getmetatable(app))
print((pcall(setmetatable, "", {})), (pcall(setmetatable, json.null, {})), (pcall(setmetatable, print, {})))
