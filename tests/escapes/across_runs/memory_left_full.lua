-- trick: the script ends with its memory all but full
-- expect: ok
-- expect: limit_exceeded: memory_mib
-- limits: memory_mib=32
-- modes: process, reuse
-- output: left
print("left")
kept = {}
for _, size in ipairs{2 ^ 20, 2 ^ 16, 2 ^ 10} do
  while #kept < 20 and pcall(function() kept[#kept + 1] = ("x"):rep(size) .. #kept end) do end
end
