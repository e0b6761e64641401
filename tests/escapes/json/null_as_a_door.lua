-- trick: compute with json.null, index it, call it, and change what it is
-- expect: ok
-- output: 12 refused
-- output: null	true	userdata
-- output: [null]	{"a":null}	1
local null, refused = json.null, 0
for _, f in ipairs{
  function() return null.x end, function() null.x = 1 end, function() return null() end, function() return null .. "" end,
  function() return #null end, function() return null + 1 end, function() return null < 1 end, function() return -null end,
  function() return rawget(null, 1) end, function() return rawset(null, 1, 1) end, function() return setmetatable(null, {}) end,
  function() for _ in pairs(null) do end end,
} do
  if not pcall(f) then refused = refused + 1 end
end
print(refused .. " refused")
pcall(function() json.null = 1 end)
print(tostring(null), null == json.decode("[null]")[1], type(null))
local t = {[null] = 1}
print(json.encode{null}, json.encode{a = null}, t[null])
