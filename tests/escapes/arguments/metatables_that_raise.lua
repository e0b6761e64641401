-- trick: pass a table whose every metamethod raises, runs for ever or yields
-- expect: ok
-- output: 27 harmless
local get = app.integrations.devin.get_session
local harmless = 0
for _, name in ipairs{"__index", "__newindex", "__pairs", "__ipairs", "__len", "__tostring", "__call", "__eq", "__lt"} do
  for _, f in ipairs{error, function() while true do end end, coroutine.yield} do
    local hostile = setmetatable({}, {[name] = f})
    local _, e = pcall(get, hostile)
    local _, deep = pcall(get, {session_id = hostile})
    if type(e) == "table" and e.code == "invalid_arguments" and deep.code == "invalid_arguments" then harmless = harmless + 1 end
  end
end
print(harmless .. " harmless")
