-- trick: load(…, nil) gives a chunk LuaJIT's own global table: look there for what was taken away
-- expect: ok
-- output: found: none
local names = {
  "_G", "io", "os", "debug", "package", "require", "jit", "ffi", "python", "getfenv", "setfenv", "loadstring", "dofile",
  "load", "module", "newproxy", "collectgarbage", "string", "table", "print", "type", "rawset", "setmetatable", "error",
}
local found = "none"
for _, name in ipairs(names) do
  local ok, v = pcall(load("return " .. name, "x", "t", nil))
  if ok and v ~= nil then
    found = found .. " " .. name
  end
end
print("found: " .. found)
