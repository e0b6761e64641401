-- trick: memory is full, and gsub nests: the C stack must grow, and no address space is left for it
-- expect: ok
-- expect: limit_exceeded: memory_mib
-- limits: memory_mib=16
-- modes: process, reuse
-- output: survived
local keep = {}
local function grow(size) keep[#keep + 1] = ("x"):rep(size) .. #keep end
local gsub, f = string.gsub, nil
function f() return (gsub("x", "x", f)) end
local function deep(n) return n == 0 and 0 or 1 + deep(n - 1) end
deep(5000) -- Lua's own stack is as large as it will be
for _, size in ipairs{2 ^ 18, 2 ^ 14, 2 ^ 10, 2 ^ 7} do
  while pcall(grow, size) do end
end
pcall(f)
keep = nil
pcall(sleep, 0)
print("survived")
