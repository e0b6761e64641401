-- trick: encode tables nested deep, and tables that contain themselves by every road
-- expect: ok
-- output: 8 refused
local refused = 0
local deep = {}
for i = 1, 100000 do deep = {deep} end
local itself = {}
itself.a = itself
local list = {1}
list[2] = list
local round = {{{}}}
round[1][1].b = round
local marked = json.array{}
marked[1] = {x = marked}
local name = {}
name[name] = 1
for _, v in ipairs{deep, itself, list, round, marked, name, {a = {b = deep}}, _G} do
  local ok, e = pcall(json.encode, v)
  if not ok and #tostring(e) < 500 then refused = refused + 1 end
  pcall(json.encode, v, {pretty = true})
end
print(refused .. " refused")
