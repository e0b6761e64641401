-- trick: yield where the host or a C function is in the middle of something, and go on as if nothing had been
-- expect: ok
-- output: sort	false
-- output: gsub	false
-- output: main	false
-- output: print	true	<done>
-- output: dump	true
-- output: after	1	2
local function body(f) return coroutine.wrap(function() return pcall(f) end) end
print("sort", (body(function() table.sort({3, 2, 1}, coroutine.yield) end)()))
print("gsub", (body(function() return ("abc"):gsub("%w", coroutine.yield) end)()))
print("main", (pcall(coroutine.yield, 1)))
local pausing = setmetatable({}, {__tostring = function() return (coroutine.yield()) end})
local co = coroutine.create(function() return tostring(pausing) end)
coroutine.resume(co)
print("print", coroutine.resume(co, "<done>"))
co = coroutine.create(function() return json.encode{tostring(pausing)} end)
coroutine.resume(co)
print("dump", (coroutine.resume(co, "x")))
print("after", unpack{1, 2})
