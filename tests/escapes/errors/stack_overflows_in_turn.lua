-- trick: fill the stack again and again, in plain calls, metamethods, coroutines and handlers, and go on each time
-- expect: script_error: stack overflow
-- output: 40 caught
local function plain() return 1 + plain() end
local mt = {}
mt.__index = function(t, k) return t[k .. "x"] .. "" end
local function meta() return setmetatable({}, mt).x end
local function inside() return coroutine.wrap(function() return 1 + plain() end)() end
local function handled() return assert(xpcall(plain, function() return plain() end)) end
local caught = 0
for i = 1, 10 do
  for _, f in ipairs{plain, inside, handled, function() return (tostring(setmetatable({}, {__tostring = plain}))) end} do
    local ok, e = pcall(f)
    if not ok and #tostring(e) < 500 then caught = caught + 1 end
  end
end
print(caught .. " caught")
plain()
