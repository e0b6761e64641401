-- trick: reach what was taken away, or a writable copy of json, through require and its cache
-- expect: ok
-- output: found: 0
-- output: {"a":1}
local found = 0
for _, name in ipairs{
  "io", "os", "debug", "package", "ffi", "jit", "jit.util", "jit.opt", "string", "table", "string.buffer", "table.new", "table.clear",
  "python", "bit", "_G", "", ".", "..", "json.", ".json", "lupa", "luahost", "../x", "/etc/passwd", "a\0b",
} do
  if pcall(require, name) then
    found = found + 1
  end
end
pcall(function() require("json").encode = function() return "spoilt" end end)
print("found: " .. found)
print(json.encode({a = 1}))
