-- trick: require the libraries that LuaJIT has beside Lua's: foreign functions, the compiler, buffers
-- expect: ok
-- output: 13 refused
local refused = 0
for _, name in ipairs{
  "ffi", "jit", "jit.util", "jit.opt", "jit.v", "jit.bc", "string.buffer", "table.new", "table.clear", "table.isempty", "table.clone",
  "thread.exdata", "debug",
} do
  if not pcall(require, name) and load("return " .. name:match("^%w+") .. " and ffi", "n", "t", nil)() == nil then
    refused = refused + 1
  end
end
print(refused .. " refused")
