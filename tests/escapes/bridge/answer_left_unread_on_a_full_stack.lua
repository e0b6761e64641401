-- trick: have the stack overflow between a request and its answer, at each depth where it could
-- expect: ok
-- output: went on	true
local depth, failed = 0, 0
local function probe()
  depth = depth + 1
  return 1 + probe()
end
pcall(probe)
local function at(n)
  if n == 0 then
    if not pcall(docs.list) then failed = failed + 1 end
    return 0
  end
  return 1 + at(n - 1)
end
for n = depth - 60, depth do pcall(at, n) end
print("went on", #docs.list() > 0)
