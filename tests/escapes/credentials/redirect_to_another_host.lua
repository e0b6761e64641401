-- trick: have the API redirect reads and writes to another server, which would be sent the key
-- expect: ok
-- output: 301	false	invalid_response
-- output: 307	false	invalid_response
-- output: 308	false	invalid_response
-- output: write	false	table
-- requests: GET /v3/organizations/*/sessions/devin-a
-- requests: POST /v3/organizations/*/sessions/devin-a/messages
-- fault: {"method": "GET", "status": 301, "headers": {"location": "{elsewhere}/v3/self"}}
-- fault: {"method": "GET", "status": 307, "headers": {"location": "{elsewhere}"}}
-- fault: {"method": "GET", "status": 308, "headers": {"location": "//{elsewhere}/x", "refresh": "0; url={elsewhere}"}}
-- fault: {"method": "POST", "status": 307, "headers": {"location": "{elsewhere}/steal"}, "times": null}
for _, status in ipairs{301, 307, 308} do
  local ok, e = pcall(app.integrations.devin.get_session, "a")
  print(status, ok, e.code)
end
local ok, e = pcall(app.integrations.devin.send_message, "a", "x")
print("write", ok, type(e))
