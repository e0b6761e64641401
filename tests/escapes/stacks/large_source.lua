-- trick: source with too many locals, upvalues, constants, parameters, labels and jumps that are too long
-- expect: ok
-- output: 70000 300
local function list(n, f)
  local out = {}
  for i = 1, n do out[i] = f(i) end
  return out
end
local names = table.concat(list(300, function(i) return "a" .. i end), ",")
load("local " .. names)
load("return function(" .. names .. ") end")
load("local " .. names:sub(1, 700) .. " return function() return " .. names:sub(1, 700) .. " end")
load(table.concat(list(70000, function(i) return "::l" .. i .. "::" end), " "))
load("while x do " .. ("x = x + 1 "):rep(40000) .. " end")
load("x = " .. ("y."):rep(3e5) .. "z")
load("x = '" .. ("\\z\n"):rep(1e5) .. "'")
load("x = [" .. ("="):rep(1e5) .. "[ ]")
load("x = 0x" .. ("f"):rep(1e5))
load("x = " .. ("9"):rep(1e5) .. "e999999999")
local big = load("return {" .. table.concat(list(70000, function(i) return i + 0.5 end), ",") .. "}")
local many = load("return select('#', " .. table.concat(list(300, tostring), ",") .. ")")
print((big and #big() or 70000) .. " " .. (many and many() or 300))
