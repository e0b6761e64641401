-- trick: read settings or code as a page of the documentation
-- expect: ok
-- output: 12 refused
local refused = 0
for _, page in ipairs{
  "../config.toml", "/etc/passwd", "config.toml", "devin.__class__", "devin.handler", "devin.simulator", "devin.create_session.handler",
  "file:///etc/passwd", "{0}", "devin/../../accounts", "devin.create_session\0", ("x"):rep(5000),
} do
  local ok, e = pcall(docs.read, page)
  if not ok and type(e) == "table" then refused = refused + 1 else print(page, e) end
  if not ok and #tostring(e) > 600 then print("long", #tostring(e)) end
end
print(refused .. " refused")
