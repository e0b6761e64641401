-- trick: give all strings operators of the script's own, so that the host's comparisons and concatenations call it
-- expect: ok
-- output: called: 0
local called = 0
local function spy() called = called + 1 return true end
local mt = getmetatable("")
for _, name in ipairs{"__lt", "__le", "__eq", "__concat", "__call", "__add", "__len", "__tostring", "__gc"} do
  pcall(function() mt[name] = spy end)
  pcall(rawset, mt, name, spy)
end
pcall(function() return "a" < {} end)
pcall(function() return ("a")() end)
pcall(function() return "a" .. {} end)
tostring({b = 1, a = 2})
pcall(app.integrations.devin.get_session, {session_id = ""})
print("called: " .. called)
