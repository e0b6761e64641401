-- trick: name an account so that the host's own text formatting would read the key for it
-- expect: ok
-- output: 14 refused
local refused = 0
for _, name in ipairs{
  "{0.api_key}", "{self.api_key}", "%(api_key)s", "%s%s%s%n", "${DEVIN_API_KEY}", "$(env)", "`env`", "api_key", "__class__",
  "__globals__", "default.api_key", "../default", "default\0", "DEFAULT ",
} do
  local ok, e = pcall(function() return app.integrations.devin[name] end)
  local deep, deeper = pcall(function() return app.integrations.devin.default[name] end)
  if not ok and (e.code == "unknown_account" or e.code == "unknown_function") and not deep then refused = refused + 1 end
  if #e.message > 400 or tostring(deeper):find("cog_", 1, true) then print(name, e.message) end
end
print(refused .. " refused")
