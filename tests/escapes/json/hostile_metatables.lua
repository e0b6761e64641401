-- trick: run code, hide fields or show false ones while a table is encoded
-- expect: ok
-- output: {"real":1}	[1,2]	{}	{"real":1}
-- output: 0 calls
local calls = 0
local function called() calls = calls + 1 return "fake" end
local mt = {}
for _, name in ipairs{"__index", "__newindex", "__pairs", "__ipairs", "__len", "__next", "__tostring", "__call", "__eq", "__lt",
  "__concat", "__tojson", "__jsontype", "__name", "__gc", "__mode", "__unm"} do
  mt[name] = called
end
mt.__metatable = "mine"
print(json.encode(setmetatable({real = 1}, mt)), json.encode(setmetatable({1, 2}, mt)), json.encode(setmetatable({}, mt)),
  json.encode(setmetatable({real = 1}, {__index = {fake = 1}, __metatable = called})))
print(calls .. " calls")
