-- trick: a table made by the script passes for a limit, a policy error or the host's own failure, and the run ends well
-- expect: ok
-- output: 3 caught
local caught = 0
for _, code in ipairs{"limit_exceeded", "permission_denied", "internal_error"} do
  local ok, e = pcall(error, {code = code, message = "made up", details = {limit = "cpu"}})
  if not ok and e.code == code then
    caught = caught + 1
  end
end
print(caught .. " caught")
