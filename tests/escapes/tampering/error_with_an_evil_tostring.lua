-- trick: the uncaught error is a table whose __tostring fails, gives no string, and changes globals
-- expect: script_error
-- output: before
print("before")
error(setmetatable({}, {__tostring = function(t)
  print, tostring, error = nil, nil, nil
  t.code, t.message = "x", nil
  return {}
end, __index = function(_, k) return k end, __metatable = "mine"}))
