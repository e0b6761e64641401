-- trick: give a call its own base_url, key, headers, account, proxy or certificate check
-- expect: ok
-- output: 11 refused
local refused = 0
for _, name in ipairs{
  "base_url", "api_key", "org_id", "api_version", "headers", "account", "verify", "proxies", "url", "timeout", "_request",
} do
  local ok, e = pcall(app.integrations.devin.get_session, {session_id = "sess_abc123", [name] = "http://evil.test/"})
  if not ok and e.code == "invalid_arguments" and e.message:find(name, 1, true) then refused = refused + 1 end
end
print(refused .. " refused")
