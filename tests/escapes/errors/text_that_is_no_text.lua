-- trick: end with an error whose __tostring is no function, or gives no string
-- expect: script_error
-- output: 7 harmless
local harmless = 0
for _, f in ipairs{1, {}, "x", true, json.null, function() end, function() return {} end} do
  local e = setmetatable({}, {__tostring = f})
  local ok, text = pcall(tostring, e)
  if not ok and type(text) ~= "userdata" then harmless = harmless + 1 end
end
print(harmless .. " harmless")
error(setmetatable({}, {__tostring = function() return json.null end}))
