-- trick: name a module so that its file lies outside the folder
-- expect: ok
-- modules: yes
-- output: 22 refused
-- output: deep	deep
local refused = 0
for _, name in ipairs{
  "..beside", "../beside", "./inside", "/etc/passwd", "sub/deep", "sub\\deep", "...outside.secret", "..", ".", "", ".inside",
  "inside.", "sub..deep", "inside\0", "inside\n", "~.x", "linked%2e", "C:inside", "²", "é", "sub.deep.lua", "hidden.txt",
} do
  local ok, e = pcall(require, name)
  if not ok then refused = refused + 1 else print(name, e) end
end
print(refused .. " refused")
print(require("sub.deep"), require("sub.deep"))
