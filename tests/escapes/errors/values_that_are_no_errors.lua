-- trick: raise nil, nothing, booleans, numbers, null, functions, coroutines and namespaces
-- expect: ok
-- output: nil	nil	boolean	string	userdata	function	thread	table	table	string
-- output: wrapped	nil	userdata
local kinds = {}
local values = {nil, nil, false, 1, json.null, print, coroutine.create(print), app, {}, ""}
for i = 1, 10 do
  local _, e = pcall(error, values[i])
  kinds[i] = type(e)
end
print(unpack(kinds))
local _, e = pcall(coroutine.wrap(function() error(nil) end))
local _, n = pcall(coroutine.wrap(function() error(json.null) end))
print("wrapped", type(e), type(n))
