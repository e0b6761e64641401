-- trick: metatables with spies are left on everything that takes one, and on _G
-- expect: ok
-- output: left
print("left")
local function spy() return "spoilt" end
local mt = {__index = spy, __newindex = spy, __call = spy, __tostring = spy, __concat = spy, __metatable = "left"}
for _, v in pairs{1, "x", true, print, json.null, json.array{}, json.decode("[]"), args, arg, coroutine.create(print), app, string, _G} do
  pcall(setmetatable, v, mt)
end
