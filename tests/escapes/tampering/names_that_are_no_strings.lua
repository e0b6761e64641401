-- trick: index namespaces with nil, NaN, functions, tables with an evil __tostring, and 10 MB of name
-- expect: ok
-- output: errors: 48 addresses: 0 long: 0
local errors, addresses, long = 0, 0, 0
local keys = {
  0 / 0, 1, -1, 1e300, print, true, json.null, {}, coroutine.create(print), ("x"):rep(1e6), "\255\0\27[2J", "__index",
  setmetatable({}, {__tostring = error}), setmetatable({}, {__tostring = function() return ("y"):rep(1e6) end}), app, "",
}
for _, key in ipairs(keys) do
  for _, place in ipairs{app, app.integrations, app.integrations.devin} do
    local ok, e = pcall(function() return place[key] end)
    errors = errors + (ok and 0 or 1)
    addresses = addresses + (tostring(e):find("0x%x%x%x%x%x") and 1 or 0)
    long = long + (#tostring(e) > 2000 and 1 or 0)
  end
end
print("errors: " .. errors .. " addresses: " .. addresses .. " long: " .. long)
