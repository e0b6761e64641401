-- trick: load(…, nil) writes spies into LuaJIT's own global table, where lupa and the host's files might look
-- expect: ok
-- requests: GET /v3/self
-- requests: GET /v3beta1/organizations/*/members/users/*
-- output: Ada Lovelace
-- output: spied: 0
local spied = 0
local function spy() spied = spied + 1 return "spied" end
local names = "debug type error pcall xpcall select next pairs tostring tonumber string table math setmetatable getmetatable "
  .. "rawget rawset unpack print load loadstring require coroutine json H border python package collectgarbage assert"
for name in names:gmatch("%S+") do
  local value = {traceback = spy, getinfo = spy, format = spy, concat = spy, sub = spy, find = spy, loaded = {}}
  pcall(load(name .. " = ...", "x", "t", nil), setmetatable(value, {__call = spy, __index = spy}))
end
print(app.integrations.devin.get_current_user().name)
pcall(sleep, -1)
pcall(json.decode, "[")
pcall(error, setmetatable({}, {}))
string.format("%s", {1})
coroutine.wrap(function() pcall(function() return nil .. 1 end) end)()
xpcall(function() return nil + 1 end, function(e) return e end)
docs.list()
print("spied: " .. spied)
