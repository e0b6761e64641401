-- trick: memory is full, and print, dump, json and errors of the host go on inside pcall; then they must work as ever
-- expect: ok
-- expect: limit_exceeded: memory_mib
-- limits: memory_mib=32, output_bytes=10000000
-- modes: process, reuse
local keep = {}
for size = 16, 4, -1 do
  pcall(function()
    while true do keep[#keep + 1] = ("x"):rep(2 ^ size) .. #keep end
  end)
  for _, f in ipairs{print, dump, tostring, json.encode, sleep} do
    pcall(f, {a = {1}, b = "x"})
  end
  pcall(json.decode, '{"a": [1, 2, {"b": "c"}]}')
  pcall(load, "return 1")
  pcall(docs.list)
end
keep = nil
pcall(sleep, 0)
if tostring({a = {1}}) ~= "{a = {1}}" or json.encode(json.decode('[1,{"x":[]}]')) ~= '[1,{"x":[]}]' then
  error("they do not")
end
