-- trick: the script finds the largest string that still fits, by halving, and keeps it
-- expect: ok
-- expect: limit_exceeded: memory_mib
-- limits: memory_mib=32
-- modes: process, reuse
-- output: within the limit
local keep, total, size = {}, 0, 2 ^ 28
while size >= 1024 do
  local ok, s = pcall(string.rep, "x", size)
  if ok then
    keep[#keep + 1] = s
    total = total + size
  else
    size = size / 2
  end
end
keep = nil
print(total > 4 * 2 ^ 20 and total <= 32 * 2 ^ 20 and "within the limit" or "took " .. total)
