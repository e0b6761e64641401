-- trick: make every library function fail, and read the host's own files and lines in the messages
-- expect: ok
-- output: 0 shown
-- limits: calls=2000
local shown = {}
local function try(name, f, ...)
  local ok, e = pcall(f, ...)
  if not ok and tostring(e):find("luahost", 1, true) then shown[#shown + 1] = name .. ": " .. #tostring(e) end
end
local skip = {error = true, print = true, dump = true, pcall = true, xpcall = true, sleep = true}
for name, value in pairs(_G) do
  if type(value) == "function" and not skip[name] then
    for _, v in ipairs{false, 1, "x", {}, type, json.null, app} do try(name, value, v) try(name, value, v, v, v) end
    try(name, value)
  elseif type(value) == "table" and value ~= _G and name ~= "app" and name ~= "docs" then
    for key, f in pairs(value) do
      if type(f) == "function" then
        for _, v in ipairs{false, 1, "x", {}, type, json.null, app} do try(key, f, v) try(key, f, v, v, v) end
        try(key, f)
      end
    end
  end
end
print(#shown .. " shown", unpack(shown, 1, math.min(#shown, 8)))
