-- trick: name a chunk as the host names its own parts, so that it is left out of tracebacks
-- expect: script_error: mine
local inner
for _, name in ipairs{"=[luahost main]", "@[luahost border]", "[luahost x]", "=<python>", "<python>", "=[C]", "=[builtin#1]"} do
  inner = load("return function(f) f() return 1 end", name)()
end
inner(function() error("mine") end)
