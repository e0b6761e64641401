-- trick: have the VM call host functions as metamethods, with operands that no caller would give
-- expect: ok
-- output: __index	false	table
-- output: __newindex	false	table
-- output: __call	false	table
-- output: __concat	false	table
-- output: __unm	false	table
-- output: __eq	false	table
-- output: __lt	false	table
-- output: __add	false	table
local f = app.integrations.devin.get_session
local mt = {__index = f, __newindex = f, __call = f, __concat = f, __unm = f, __eq = f, __lt = f, __add = f}
local a, b = setmetatable({}, mt), setmetatable({}, mt)
local uses = {
  {"__index", function() return a.x end},
  {"__newindex", function() a.x = 1 end},
  {"__call", function() return a(1, 2, 3) end},
  {"__concat", function() return a .. b end},
  {"__unm", function() return -a end},
  {"__eq", function() return a == b end},
  {"__lt", function() return a < b end},
  {"__add", function() return a + 1 end},
}
for _, use in ipairs(uses) do
  local ok, e = pcall(use[2])
  print(use[1], ok, type(e))
end
