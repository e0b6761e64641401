-- trick: __index, __newindex, __call, __concat, __eq, __lt, __unm and __add each trigger themselves
-- expect: ok
-- output: overflows: 8
local mt = {}
mt.__index = function(t, k) return t[k .. "x"] end
mt.__newindex = function(t, k, v) t[k .. "x"] = v end
mt.__call = function(t, ...) return (t(1, ...)) end
mt.__concat = function(a, b) return (a .. b) .. "" end
mt.__eq = function(a, b) return not (a == b) end
mt.__lt = function(a, b) return not (a < b) end
mt.__unm = function(a) return -(-a) end
mt.__add = function(a, b) return (a + b) + 1 end
local a, b = setmetatable({}, mt), setmetatable({}, mt)
local overflows = 0
for _, f in ipairs{
  function() return a.x end, function() a.x = 1 end, function() return a() end, function() return a .. b end,
  function() return a == b end, function() return a < b end, function() return -a end, function() return a + b end,
} do
  overflows = overflows + (pcall(f) and 0 or 1)
end
print("overflows: " .. overflows)
