-- trick: have handlers of xpcall fail, in turn and for ever, and go on
-- expect: ok
-- output: 6 caught
-- output: fine	1
local caught = 0
local function again(e) return xpcall(error, again, e) end
for _, handler in ipairs{error, function() error() end, function(e) return e.x.y end, again, coroutine.yield, function() return nil + 1 end} do
  local ok = xpcall(error, handler, "x")
  if not ok then caught = caught + 1 end
end
print(caught .. " caught")
print("fine", select(2, pcall(function() return 1 end)))
