-- trick: string.format with thousands of values, missing ones, widths beyond measure and tables that fail
-- expect: ok
-- output: 250
-- output: errors: 9
local t = {}
for i = 1, 250 do t[i] = "x" end
print(#string.format(("%s"):rep(250), unpack(t)))
local errors = 0
local evil = setmetatable({}, {__tostring = function() return 1 end})
for _, f in ipairs{
  function() return ("%999999999d"):format(1) end,
  function() return ("%1000.1000f"):format(1) end,
  function() return ("%s"):format(evil) end,
  function() return ("%d"):format("x") end,
  function() return ("%s"):format() end,
  function() return ("%s"):rep(1e4):format(unpack(t)) end,
  function() return ("%y"):format(1) end,
  function() return ("%"):format(1) end,
  function() return ("%c%c"):format(65, {}) end,
} do
  errors = errors + (pcall(f) and 0 or 1)
end
pcall(string.format, "%p", print)
pcall(string.format, "%99.99f", 1e308)
pcall(string.format, "%.99g%.99e%.99a", 1e-308, 1e308, 0.1)
pcall(string.format, ("%q"):rep(100), unpack(t))
print("errors: " .. errors)
