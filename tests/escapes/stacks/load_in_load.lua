-- trick: loaded chunks load chunks, a hundred thousand deep, by text and by reader
-- expect: ok
-- output: false true
again = function() return load("return again() + 1")() end
local ok = pcall(again)
local depth = 0
local function reader()
  depth = depth + 1
  if depth < 1e5 then
    load(reader)
  end
end
pcall(load, reader)
print(tostring(ok) .. " " .. tostring(depth > 10))
