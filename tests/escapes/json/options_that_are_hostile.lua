-- trick: give json's functions options and values of every wrong kind
-- expect: ok
-- output: still here	[1]
for _, options in ipairs{0, "pretty", true, print, app, json.null, setmetatable({}, {__index = function() return true end})} do
  pcall(json.encode, {1}, options)
  pcall(json.decode, "[1]", options)
  pcall(json.array, options)
end
for _, v in ipairs{print, app, coroutine.create(print), json, string} do pcall(json.encode, v) pcall(json.decode, v) end
pcall(json.encode, setmetatable({}, {__index = function() error("read") end}), setmetatable({}, {__index = error}))
print("still here", json.encode{1})
