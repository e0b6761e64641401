-- trick: json.array marks tables whose metatable is protected: errors, namespaces, libraries, the script's own
-- expect: ok
-- output: marked: 0 internal: 0
local marked, internal = 0, 0
local _, err = pcall(sleep, -1)
for _, t in ipairs{err, app, string, json, app.integrations.devin, setmetatable({}, {__metatable = "mine"})} do
  local ok, why = pcall(json.array, t)
  if ok then
    marked = marked + 1
  elseif tostring(why):find("luahost", 1, true) then
    internal = internal + 1
  end
end
print("marked: " .. marked .. " internal: " .. internal)
