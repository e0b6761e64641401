-- trick: raise with a level that names the line of the host's code that called
-- expect: ok
-- output: 0 shown
local shown = 0
local function check(f)
  for level = 1, 12 do
    local _, e = pcall(f, function() error("x", level) end)
    if tostring(e):find("luahost", 1, true) or tostring(e):find("python", 1, true) then shown = shown + 1 end
  end
end
check(function(raise) tostring(setmetatable({}, {__tostring = raise})) end)
check(function(raise) print(setmetatable({}, {__tostring = raise})) end)
check(function(raise) dump({setmetatable({}, {__tostring = raise})}) end)
check(function(raise) ("x"):gsub("x", raise) end)
check(function(raise) coroutine.wrap(raise)() end)
check(function(raise) error(select(2, coroutine.resume(coroutine.create(raise)))) end)
check(function(raise) string.format("%s", setmetatable({}, {__tostring = raise})) end)
check(function(raise) load(raise)() end)
check(function(raise) error(select(2, xpcall(raise, function(e) return e end))) end)
print(shown .. " shown")
