-- trick: table.sort, table.remove and table.concat work on libraries and namespaces as on plain tables
-- expect: ok
-- output: the same
local places = {string, table, math, bit, coroutine, os, json, docs, app, app.integrations, app.integrations.devin}
local function listing()
  local out = {}
  for _, place in ipairs(places) do
    for name, v in pairs(place) do
      out[#out + 1] = tostring(name) .. type(v)
    end
    out[#out + 1] = "/"
  end
  table.sort(out)
  return table.concat(out, " ")
end
local before = listing()
for _, place in ipairs(places) do
  pcall(table.sort, place, function() error("called") end)
  pcall(table.remove, place)
  pcall(table.remove, place, 1)
  pcall(table.concat, place)
  pcall(table.concat, place, ",", 1, 5)
end
print(listing() == before and "the same" or listing())
